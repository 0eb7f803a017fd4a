//! Rows that no longer tell applicants apart, because nearly all have no value or the same one.
//!
//! The evidence is the exact probability of so many such rows at the share that the reference had, so it holds for any
//! number of rows and needs no correction for the number of features: 1e-6 among thousands of them is rare.

use vigie_stats::proportion::binomial_test;

/// Rows that are alike, and all that could be, in the window and in the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlikeRows {
    pub window: (u64, u64),
    pub reference: (u64, u64),
}

/// The other rows are at most one in this many.
const ONE_IN: u64 = 100;
/// They are fewer than in the reference by this factor: from 98.5% to 99.2% missing is not an outage, however many rows show it.
const FEWER: u64 = 10;

impl AlikeRows {
    /// Share of the rows from which they are nearly all.
    pub const SHARE: f64 = 0.99;
    /// Largest probability of such a window at the reference's share.
    pub const MAX_P: f64 = 1e-6;

    /// Returns the shares in the reference and in the window.
    #[must_use]
    pub fn shares(&self) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = |(rows, all): (u64, u64)| rows as f64 / (all as f64).max(1.0);
        (share(self.reference), share(self.window))
    }

    /// Returns whether nearly all rows of the window are alike, those of the reference were not, and chance does not explain it.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.is_new() && self.p_value() <= Self::MAX_P
    }

    /// Returns whether nearly all rows of the window are alike, which those of the reference were not.
    fn is_new(&self) -> bool {
        let others = |(rows, all): (u64, u64)| (u128::from(all.saturating_sub(rows)), u128::from(all));
        let ((window, all), (reference, all_reference)) = (others(self.window), others(self.reference));
        all > 0 && window * u128::from(ONE_IN) <= all && window * u128::from(FEWER) * all_reference <= reference * all
    }

    /// Returns the probability of at least as many in the window. One row more in the reference keeps it above 0.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        let ((rows, all), (before, all_before)) = (self.window, self.reference);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = (before + 1) as f64 / (all_before + 1) as f64;
        binomial_test(rows, all, share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(window: (u64, u64), reference: (u64, u64)) -> bool {
        AlikeRows { window, reference }.is_certain()
    }

    /// Rows without a value that are needed if none has one, by the reference's share.
    #[test]
    fn rows_needed_for_evidence() {
        for (share, needed) in [(2_600, 7), (10_000, 20), (16_200, 66), (18_000, 132)] {
            let least = (1..1_000).find(|rows| alike((*rows, *rows), (share, 20_000)));
            assert_eq!(least, Some(needed), "{share} of 20,000");
        }
        assert!(!alike((0, 0), (0, 20_000)));
        assert!(!alike((5_000, 5_000), (20_000, 20_000)), "nothing changed");
    }

    #[test]
    fn a_few_values_are_no_life() {
        assert!(alike((693, 700), (2_600, 20_000)));
        assert!(!alike((692, 700), (2_600, 20_000)), "more than 1% have a value");
        // The evidence alone would call 98.5% → 99.2% an outage.
        assert!(!alike((99_200, 100_000), (19_700, 20_000)));
        assert!(alike((99_900, 100_000), (19_700, 20_000)));
    }

    #[test]
    fn forty_rows_are_judged_by_their_evidence() {
        assert!(alike((40, 40), (2_600, 20_000)));
        assert!(!alike((40, 40), (18_000, 20_000)), "0.9^40 is 1.5%");
        assert!(!alike((39, 40), (2_600, 20_000)), "one value in forty is more than 1%");
    }
}
