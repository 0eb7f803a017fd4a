//! Notes about labels: how many were matched, and the problems with the others.

use super::Language;
use crate::performance::LabelCounts;

/// Returns one sentence per note. `rows` is the number of rows used in the window.
pub(crate) fn label_notes(labels: &LabelCounts, rows: u64, language: Language) -> Vec<String> {
    if let Some(place) = &labels.not_yet {
        return vec![language.labels_not_yet(place)];
    }
    let mut notes = vec![language.label_counts(labels, rows)];
    if labels.malformed > 0 {
        notes.push(language.malformed_labels(labels.malformed));
    }
    notes.extend(labels.examples.iter().map(|example| language.invalid_label(example, labels.outcome)));
    notes.extend(labels.unreadable.iter().map(|input| language.unreadable_labels(input)));
    notes
}
