//! Labels that could not be used, by reason.

use super::LabelCounts;

/// Why labels cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelProblem {
    Malformed,
    NoId,
    Outcome,
    Contradictory,
}

impl LabelCounts {
    /// Returns the labels that could not be used, of those that should have been, and the commonest reason with its number:
    /// either among the window's own labels, or among the lines that belong to no window, whichever share is larger.
    #[must_use]
    pub fn left_out(&self) -> LabelLoss {
        let own = [(LabelProblem::Outcome, self.invalid), (LabelProblem::Contradictory, self.contradictory)];
        let others = [(LabelProblem::Malformed, self.malformed), (LabelProblem::NoId, self.without_id)];
        let loss = |reasons: [(LabelProblem, u64); 2], usable: u64| {
            let [first, second] = reasons;
            let left_out = first.1 + second.1;
            LabelLoss { left_out, of: usable + left_out, reason: if second.1 > first.1 { second } else { first } }
        };
        let own = loss(own, self.matched);
        let others = loss(others, self.read.saturating_sub(self.without_id));
        let is_larger =
            u128::from(others.left_out) * u128::from(own.of) > u128::from(own.left_out) * u128::from(others.of);
        if is_larger { others } else { own }
    }
}

/// Labels that could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelLoss {
    pub left_out: u64,
    pub of: u64,
    /// The commonest reason and its labels.
    pub reason: (LabelProblem, u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_share_counts() {
        let counts = LabelCounts { matched: 300, invalid: 100, read: 40_000, malformed: 2, ..LabelCounts::default() };
        let loss = counts.left_out();
        assert_eq!((loss.left_out, loss.of, loss.reason), (100, 400, (LabelProblem::Outcome, 100)));
        let counts = LabelCounts { without_id: 9_000, malformed: 1_000, contradictory: 1, ..counts };
        let loss = LabelCounts { invalid: 0, ..counts }.left_out();
        assert_eq!((loss.left_out, loss.of, loss.reason), (10_000, 41_000, (LabelProblem::NoId, 9_000)));
        assert_eq!(LabelCounts::default().left_out().of, 0);
    }
}
