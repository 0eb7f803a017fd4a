//! Counts of labels in English.

use super::numbers::{grouped, plural};
use crate::performance::{LabelCounts, OutcomeKind};

/// States how many of the used rows have a label, and what is wrong with the label rows that were not matched.
pub(super) fn label_counts(labels: &LabelCounts, rows: u64) -> String {
    let have = plural(labels.matched, "has", "have");
    let matched = format!("{} of {} rows used {have} one.", grouped(labels.matched), grouped(rows));
    format!("Labels: {matched}{}", others(labels))
}

/// Describes the label rows that were not matched, with a leading space; empty if there are none.
fn others(labels: &LabelCounts) -> String {
    let part = |count: u64, one: &str, many: &str| {
        (count > 0).then(|| format!("{} {}", grouped(count), plural(count, one, many)))
    };
    let invalid = match labels.outcome {
        OutcomeKind::Event => ("is neither 0 nor 1", "are neither 0 nor 1"),
        OutcomeKind::Number => ("is not a number", "are not numbers"),
        OutcomeKind::Class => ("is not one of the classes", "are not one of the classes"),
    };
    let parts: Vec<String> = [
        part(
            labels.elsewhere,
            "has an id that is not among these rows (another window, or unknown)",
            "have an id that is not among these rows (other windows, or unknown)",
        ),
        part(labels.duplicates, "is a duplicate", "are duplicates"),
        part(labels.invalid, invalid.0, invalid.1),
        part(labels.pending, "has no outcome yet", "have no outcome yet"),
        part(labels.without_id, "has no id", "have no id"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let contradictory = part(
        labels.contradictory,
        "id has contradictory outcomes and is not used.",
        "ids have contradictory outcomes and are not used.",
    );
    let contradictory = contradictory.map_or(String::new(), |words| format!(" {words}"));
    if parts.is_empty() {
        return contradictory;
    }
    let label_rows = plural(labels.read, "label row", "label rows");
    format!(" Of {} {label_rows}, {}.{contradictory}", grouped(labels.read), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_zero_are_omitted() {
        let labels = LabelCounts { matched: 1_400, read: 1_402, ..LabelCounts::default() };
        assert_eq!(label_counts(&labels, 1_500), "Labels: 1,400 of 1,500 rows used have one.");
        let labels = LabelCounts { duplicates: 1, pending: 2, contradictory: 1, ..labels };
        assert_eq!(
            label_counts(&labels, 1_500),
            "Labels: 1,400 of 1,500 rows used have one. Of 1,402 label rows, 1 is a duplicate, 2 have no outcome yet. \
             1 id has contradictory outcomes and is not used."
        );
    }
}
