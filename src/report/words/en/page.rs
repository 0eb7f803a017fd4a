//! Sentences of the pages in English.

use vigie_profile::shown::{harmless, shown};
use vigie_stats::{Interval, Price};

use super::numbers::{four_decimals, number, percent_on_page as percent};
use crate::{
    drift::NotCompared,
    performance::{CostCurve, EstimateCheck, Expected, LabelCounts, NoEstimate, Realised},
    replay::{Parity, ScoreShift},
    report::{
        report::SkippedFiles,
        words::{
            format::grouped,
            typed::{ChangedDecisions, Restored, Since},
        },
    },
};

pub(super) fn since(since: &Since, severity_word: &str) -> String {
    match since {
        Since::First => "Unknown: there is no earlier report of this model.".to_owned(),
        Since::StableAgain { was: _ } => format!("Stable again: the previous window was “{severity_word}”."),
        Since::New { day, subject, windows } => {
            let windows = if *windows == 1 { "window".to_owned() } else { format!("{windows} windows") };
            match subject {
                Some(name) => format!("New in this window ({day}): {name} had not drifted in the previous {windows}."),
                None => format!("New in this window ({day}): the verdict was different in the previous {windows}."),
            }
        }
        Since::Stable { day, windows } => format!("Stable since at least {day}: {windows} windows in a row."),
        Since::Lasting { day, subject, windows } => {
            let what = subject.as_deref().unwrap_or("the same verdict");
            format!("Since {day}: {what}, {windows} windows in a row.")
        }
    }
}

pub(super) fn names(names: &[String], more: usize) -> String {
    let listed = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

pub(super) fn pooled_levels(levels: usize) -> String {
    format!("{levels} rare levels pooled")
}

pub(super) fn cost_curve(curve: &CostCurve) -> String {
    let at = |threshold: Option<f64>| threshold.map_or("refusing nobody".to_owned(), four_decimals);
    let used = curve.terms.threshold.to_string();
    let (cheapest, low, high) = (at(curve.cheapest.threshold), at(curve.near.low), at(curve.near.high));
    format!(
        "On the {} rows of the reference, the threshold in use ({used}) costs {} per 1,000 rows; the cheapest \
         ({cheapest}) costs {}. Thresholds from {low} to {high} are not significantly more expensive (5 %), and {used} is \
         {} that range.",
        grouped(whole(curve.rows)),
        number(curve.used),
        number(curve.least),
        if curve.is_used_near() { "within" } else { "outside" }
    )
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
fn whole(rows: f64) -> u64 {
    rows as u64
}

pub(super) fn surprise(check: &EstimateCheck) -> String {
    let band = |of: Interval| format!("{} to {}", number(of.low), number(of.high));
    let mut parts = Vec::new();
    if !check.is_cost_inside() {
        parts.push(format!(
            "a cost of {} per 1,000 rows where {} was expected",
            number(check.cost_realised),
            band(check.cost_expected)
        ));
    }
    if let (Some(false), Some(expected), Some(realised)) =
        (check.is_auc_inside(), check.auc_expected, check.auc_realised)
    {
        parts.push(format!("an AUC of {} where {} was expected", number(realised), band(expected)));
    }
    format!(
        "The labels show what no estimate without them can see: {}. The same scores no longer have the same outcomes \
         as in the reference: this is concept drift, or a change that the score does not capture.",
        parts.join(" and ")
    )
}

pub(super) fn expected_cost(expected: &Expected, price: Price) -> String {
    let moved = expected.cost_moved().map_or(String::new(), |moved| {
        let more = if moved < 0.0 { "less" } else { "more" };
        let own = number(expected.reference.per_1000);
        format!(", {} {more} than in the reference ({own})", percent(moved.abs()))
    });
    format!(
        "The expected cost of these decisions is {} per 1,000 rows{moved}, with {} for each row wrongly accepted and {} for each \
         row wrongly refused.",
        number(expected.cost_per_1000.value),
        price.false_negative,
        price.false_positive
    )
}

pub(super) fn realised_cost(realised: &Realised) -> String {
    let threshold = realised.cheapest.and_then(|at| at.threshold);
    let cheapest =
        threshold.map_or("refusing nobody".to_owned(), |threshold| format!("threshold {}", four_decimals(threshold)));
    format!(
        "According to their labels, the decisions on {} rows cost {}; the cheapest choice ({cheapest}) would have saved {}.",
        grouped(realised.rows),
        number(realised.cost.value),
        number(realised.saving().unwrap_or(0.0))
    )
}

pub(super) fn by_labels_of(share: Option<f64>) -> String {
    format!("by labels, {} of rows (95\u{a0}%)", share.map_or("–".to_owned(), percent))
}

pub(super) fn no_estimate(reason: NoEstimate) -> String {
    format!("There is no estimate without labels: {reason}.")
}

pub(super) fn labels_not_yet(place: &str) -> String {
    format!(
        "Labels: none have arrived yet ({}). The report will be revised when they do.",
        harmless(place)
    )
}

pub(super) fn label_counts(labels: &LabelCounts, rows: u64) -> String {
    let LabelCounts { matched, read, elsewhere, duplicates, invalid, pending, without_id, contradictory, .. } = labels;
    format!(
        "Labels: {} of {} rows used have one. Of {} label rows, {} have an id that is not among these \
         rows (other windows, or unknown), {} are duplicates, {} are neither 0 nor 1, {} have no \
         outcome yet, {} have no id; {} ids have contradictory outcomes and are not used.",
        grouped(*matched),
        grouped(rows),
        grouped(*read),
        grouped(*elsewhere),
        grouped(*duplicates),
        grouped(*invalid),
        grouped(*pending),
        grouped(*without_id),
        grouped(*contradictory)
    )
}

pub(super) fn malformed_labels(lines: u64) -> String {
    format!("Labels: {} lines are not valid records.", grouped(lines))
}

pub(super) fn invalid_label(example: &str) -> String {
    format!("Neither 0 nor 1: {}.", shown(example))
}

pub(super) fn field_not_found(field: &str) -> String {
    format!("No record has the mapped field {}.", shown(field))
}

/// Without the word for files and the full stop.
pub(super) fn skipped_files(skipped: &SkippedFiles) -> String {
    let mut names = skipped.names.clone();
    if skipped.more > 0 {
        names.push(format!("and {} more", skipped.more));
    }
    format!("skipped, because their names do not end in {}: {}", skipped.endings, names.join(", "))
}

pub(super) fn empty_later(from: &str, to: &str) -> String {
    format!("Later windows have no records ({from} to {to}).")
}

pub(super) fn other_version(rows: u64) -> String {
    format!("{} rows were answered by a different model version and are measured separately.", grouped(rows))
}

pub(super) fn parity(parity: &Parity, precision: &str) -> String {
    let (compared, mismatches) = (grouped(parity.compared), grouped(parity.mismatches));
    match (parity.compared, parity.mismatches) {
        (0, _) => "No row could be scored again.".to_owned(),
        (_, 0) => format!(
            "All {compared} rows scored again give the logged score, at the precision of the log ({precision})."
        ),
        _ => format!("{mismatches} of {compared} logged scores differ from those of the model file."),
    }
}

pub(super) fn challenge(changed: ChangedDecisions) -> String {
    let ChangedDecisions { refused, accepted, rows } = changed;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |part: u64| percent(part as f64 / (rows as f64).max(1.0));
    format!(
        "The new model would refuse {} rows that were accepted ({}) and accept {} that were refused ({}).",
        grouped(refused),
        share(refused),
        grouped(accepted),
        share(accepted)
    )
}

pub(super) fn cost_by_both(logged: &str, new: &str) -> String {
    format!("{logged} by the logged score, {new} by the new one")
}

pub(super) fn restored(restored: &Restored) -> String {
    let names: Vec<String> = restored.names.iter().map(|name| shown(name)).collect();
    let names = match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, second] => format!("{first} and {second}"),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
    };
    let (now, then) = restored.refused;
    let cost = restored.cost.map_or(String::new(), |(now, then)| {
        format!(", expected cost per 1,000 {} → {}", number(now), number(then))
    });
    let all = restored.all_refused.map_or(String::new(), |refused| {
        format!(" (with all drifted features restored: refusal rate {})", percent(refused))
    });
    format!("With {names} restored to the reference: refusal rate {} → {}{cost}{all}", percent(now), percent(then))
}

pub(super) fn restored_without_effect(features: usize) -> String {
    format!(
        "{features} important features without drift were checked as well: restoring their values changes nothing beyond chance."
    )
}

pub(super) fn not_restored(features: usize) -> String {
    format!("The values of {features} further drifted features were not restored.")
}

pub(super) fn restored_window(shift: &ScoreShift) -> String {
    let (now, known) = (&shift.now, &shift.reference);
    let score = |value: Option<f64>| value.map_or("–".to_owned(), four_decimals);
    let cost = |value: Option<f64>| value.map_or("–".to_owned(), number);
    let refused = |value: Option<f64>| value.map_or("–".to_owned(), percent);
    format!(
        "The window’s {} rows have a mean score of {} (reference {}), a refusal rate of {} (reference {}) and an expected cost \
         of {} per 1,000 rows (reference {}). The table shows the same rows scored again with the reference’s values restored, \
         largest change in mean score first; ± is the range of 95 % of other draws of the reference’s values.",
        grouped(shift.rows),
        score(Some(now.mean_score)),
        score(known.mean_score),
        refused(Some(now.share_refused)),
        refused(known.share_refused),
        cost(now.cost_per_1000),
        cost(known.cost_per_1000)
    )
}

pub(super) fn segments_not_compared(reason: NotCompared, segments: usize, min_rows: u64) -> String {
    let least = grouped(min_rows);
    match reason {
        NotCompared::NotInReference => format!(
            "{segments} of them are not in the reference, so their scores are not compared: learn the reference again with vigie \
             learn --segments."
        ),
        NotCompared::TooFewRows => format!("{segments} have fewer than {least} rows and are not judged."),
        NotCompared::TooFewReferenceRows => format!("{segments} have fewer than {least} rows in the reference."),
    }
}

pub(super) fn levels_left_out(column: &str, levels: usize) -> String {
    format!("{} has {levels} more levels, which are not segments.", shown(column))
}

pub(super) fn findings_in_total(findings: usize) -> String {
    format!("{findings} findings in total; the full list is in the report.")
}

pub(super) fn and_more(number: usize) -> String {
    format!("and {number} more")
}
