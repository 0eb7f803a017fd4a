//! Joins labels that are numbers or classes to predictions by id.

use std::collections::HashMap;

use vigie_profile::batch::level;
use xxhash_rust::xxh3::xxh3_128;

use super::{LabelCounts, OutcomeKind};
use crate::fault::{LeftOut, LostInput};

/// The prediction of a row, and what labels say.
#[derive(Debug)]
struct PredictedRow<P, O> {
    prediction: P,
    outcome: Option<O>,
    /// Number of further labels that say the same, and of those that do not.
    equal: u64,
    other: u64,
}

/// Joins label rows to the predictions `P` of a window; an outcome is an `O`.
pub struct ValueJoin<'a, P, O> {
    rows: HashMap<u128, PredictedRow<P, O>>,
    counts: LabelCounts,
    /// Reads an outcome; `None` if it is none.
    parse: &'a dyn Fn(&str) -> Option<O>,
}

impl<'a, P, O: PartialEq> ValueJoin<'a, P, O> {
    /// Takes the used rows: a 128-bit hash of the id, and the prediction.
    pub fn new(
        rows: impl IntoIterator<Item = (u128, P)>,
        outcome: OutcomeKind,
        parse: &'a dyn Fn(&str) -> Option<O>,
    ) -> Self {
        let unlabelled = |prediction| PredictedRow { prediction, outcome: None, equal: 0, other: 0 };
        let rows = rows.into_iter().map(|(key, prediction)| (key, unlabelled(prediction))).collect();
        Self { rows, counts: LabelCounts { outcome, ..LabelCounts::default() }, parse }
    }

    /// Joins one row of a label file.
    pub fn join(&mut self, id: Option<&str>, target: Option<&str>) {
        self.counts.read += 1;
        let Some(id) = id.and_then(level) else {
            self.counts.without_id += 1;
            return;
        };
        let Some(row) = self.rows.get_mut(&xxh3_128(id.as_bytes())) else {
            let is_known = |id: &str| self.rows.contains_key(&xxh3_128(id.as_bytes()));
            self.counts.add_elsewhere(&id, &is_known);
            return;
        };
        let Some(text) = target.and_then(level) else {
            self.counts.pending += 1;
            return;
        };
        let Some(outcome) = (self.parse)(&text) else {
            self.counts.add_invalid(&id, &text);
            return;
        };
        match &row.outcome {
            None => row.outcome = Some(outcome),
            Some(known) if *known == outcome => row.equal += 1,
            Some(_) => row.other += 1,
        }
    }

    /// Discards everything joined so far, after a read that failed half-way.
    pub fn forget(&mut self) {
        self.counts = LabelCounts { outcome: self.counts.outcome, ..LabelCounts::default() };
        self.rows.values_mut().for_each(|row| (row.outcome, row.equal, row.other) = (None, 0, 0));
    }

    /// Notes that no label has arrived at `place` yet, which is not an error.
    pub fn not_yet(&mut self, place: String) {
        self.counts.not_yet = Some(place);
    }

    /// Adds what was not read.
    pub fn add_problems(&mut self, malformed: u64, unreadable: Vec<LeftOut>, lost: Vec<LostInput>) {
        self.counts.malformed += malformed;
        self.counts.unreadable.extend(unreadable);
        self.counts.lost.extend(lost);
    }

    /// Returns the counts, and the prediction and outcome of each row with exactly one, in any order.
    #[must_use]
    pub fn finish(mut self) -> (LabelCounts, Vec<(P, O)>) {
        let mut known = Vec::with_capacity(self.rows.len());
        // Hash order does not matter: counts add up, and figures do not depend on the order of rows.
        for row in self.rows.into_values() {
            let Some(outcome) = row.outcome else { continue };
            // Whichever label came first, all but one of each outcome repeat it.
            self.counts.duplicates += row.equal + row.other.saturating_sub(1);
            if row.other > 0 {
                self.counts.contradictory += 1;
            } else {
                known.push((row.prediction, outcome));
            }
        }
        self.counts.matched = known.len() as u64;
        (self.counts, known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(labels: &[(&str, &str)]) -> (LabelCounts, Vec<(f64, f64)>) {
        let parse = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
        let rows = [("a", 1.0_f64), ("b", 2.0), ("c", 3.0)].map(|(id, value)| (xxh3_128(id.as_bytes()), value));
        let mut join = ValueJoin::new(rows, OutcomeKind::Number, &parse);
        labels.iter().for_each(|(id, target)| join.join(Some(id), Some(target)));
        let (counts, mut known) = join.finish();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        (counts, known)
    }

    #[test]
    fn numbers_are_joined_and_everything_else_is_counted() {
        let mut labels =
            vec![("a", "1.5"), ("a", "1.50"), ("b", "7"), ("b", "8"), ("b", "8"), ("c", "x"), ("C", "1"), ("d", "")];
        let (counts, known) = joined(&labels);
        assert_eq!(known, [(1.0, 1.5)]);
        assert_eq!((counts.read, counts.matched, counts.elsewhere, counts.misspelled), (8, 1, 2, 1));
        assert_eq!((counts.duplicates, counts.contradictory, counts.invalid), (2, 1, 1));
        assert_eq!(counts.examples, ["c: x"]);
        labels.reverse();
        assert_eq!(joined(&labels), (counts, known), "the order of labels does not matter");
    }
}
