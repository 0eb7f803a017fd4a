//! Numbers in English sentences.

use crate::{
    judge::{self, percentage, q_value},
    report::words::format::{group_digits, group_number, interval_ends, regroup},
};

/// `0.250`, `1,234`
pub(super) fn number(value: f64) -> String {
    group_number(value, ',').unwrap_or_else(|| judge::number(value))
}

/// A number written with a point, with all of its digits: `365,243`.
pub(super) fn digits(number: &str) -> String {
    regroup(number, ',', ".")
}

/// All digits of a number.
pub(super) fn exact(value: f64) -> String {
    digits(&value.to_string())
}

/// The values of a bin: `27,000 to 49,500`, or one value.
pub(super) fn values(label: &str) -> String {
    match interval_ends(label) {
        Some((from, to)) => format!("{} to {}", digits(from), digits(to)),
        None => digits(label),
    }
}

/// Without decimals.
pub(super) fn rounded(value: f64) -> String {
    group_number(value, ',').unwrap_or_else(|| format!("{value:.0}"))
}

/// `26.2%`
pub(super) fn percent(share: f64) -> String {
    format!("{}%", percentage(share))
}

pub(super) fn four_decimals(value: f64) -> String {
    format!("{value:.4}")
}

pub(super) fn points(share: f64) -> String {
    format!("{} percentage points", number(share * 100.0))
}

pub(super) fn q(value: Option<f64>) -> String {
    q_value(value)
}

/// `1,234,567`
pub(super) fn grouped(number: u64) -> String {
    group_digits(number, ',')
}

/// 0 is plural.
pub(super) fn is_plural(number: u64) -> bool {
    number != 1
}

/// `1 row`, `1,400 rows`
pub(super) fn row_count(rows: u64) -> String {
    format!("{} {}", grouped(rows), plural(rows, "row", "rows"))
}

/// Returns the form of a noun or verb that goes with this number.
pub(super) fn plural<'a>(number: u64, one: &'a str, many: &'a str) -> &'a str {
    if is_plural(number) { many } else { one }
}
