//! Drift among the leaves of the model in English.

use vigie_profile::shown::shown;

use super::numbers::{grouped, number, q, row_count};
use crate::replay::{LeafDrift, NoPValue};

pub(super) fn leaf_shift(drift: &LeafDrift) -> String {
    let (rows, overall, strongest) =
        (row_count(drift.rows), number(drift.shift.overall), number(drift.shift.strongest));
    let figures = format!(
        "the shift of all trees is {overall} times what chance alone gives, and the mean standardized shift of the 5% of trees \
         with the largest is {strongest}"
    );
    let shift = match drift.p_value {
        Ok(p) if drift.is_beyond_chance() => {
            format!("Beyond chance, {rows} are in other leaves than the reference’s (p = {}): {figures}.", q(Some(p)))
        }
        Ok(p) => format!("The leaves of {rows} show no shift beyond chance (p = {}): {figures}.", q(Some(p))),
        Err(why) => format!("For {rows}, {figures}. There is no p-value: {}.", no_p_value(why)),
    };
    if drift.p_value.is_err() || !drift.is_reference_small() {
        return shift;
    }
    format!(
        "{shift} The reference has {}, less than ten times as many: its own noise is the same for every window and makes p \
         smaller, or larger, than it should be.",
        row_count(drift.reference_rows)
    )
}

pub(super) fn changed_tie(pair: &[String; 2]) -> String {
    let [first, other] = pair;
    format!("What has changed is probably the tie between {} and {}, or the first alone.", shown(first), shown(other))
}

pub(super) fn no_p_value(why: NoPValue) -> String {
    match why {
        NoPValue::FewRows(least) => format!("the window has fewer than {} rows", grouped(least)),
        NoPValue::FewReferenceRows(least) => format!("the reference has fewer than {} rows", grouped(least)),
    }
}
