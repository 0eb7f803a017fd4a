//! How far a numeric feature's values moved as a whole, on a scale that all features share.

use vigie_stats::normal_score::{mean_between, quantile};

use super::{BinCount, FeatureDrift, PsiBinKind};

/// Shift of the mean in normal scores of the reference's ranks: 0.5 is half a standard deviation of a normal feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanShift {
    pub value: f64,
    /// Standard error of `value` if nothing moved.
    pub error: f64,
}

impl FeatureDrift {
    /// Returns the shift; `None` for a categorical feature, and without values on both sides.
    #[must_use]
    pub fn mean_shift(&self) -> Option<MeanShift> {
        mean_shift(&self.bins)
    }
}

/// Computes the shift from bins, whose rows count with the mean score of the reference's rows there. Ten bins show about 97% of
/// a shift.
fn mean_shift(bins: &[BinCount]) -> Option<MeanShift> {
    let is_value = |bin: &&BinCount| {
        matches!(bin.kind, PsiBinKind::Atom | PsiBinKind::Interval | PsiBinKind::Below | PsiBinKind::Above)
    };
    let values = || bins.iter().filter(is_value);
    let (reference, window) =
        values().fold((0_u64, 0_u64), |(ours, theirs), bin| (ours + bin.reference, theirs + bin.window));
    if reference == 0 || window == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let (ours, theirs) = (reference as f64, window as f64);
    let half_a_row = 0.5 / ours;
    let (mut below, mut sum) = (0_u64, 0.0);
    for bin in values() {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let (from, to, rows) = (below as f64 / ours, (below + bin.reference) as f64 / ours, bin.window as f64);
        // A bin without rows of the reference is beyond its range, or between two of its values.
        let score = mean_between(from, to).unwrap_or_else(|| quantile(from.clamp(half_a_row, 1.0 - half_a_row)));
        sum += rows * score;
        below += bin.reference;
    }
    Some(MeanShift { value: sum / theirs, error: (1.0 / ours + 1.0 / theirs).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(bins: &[(PsiBinKind, u64, u64)]) -> Option<MeanShift> {
        let bin = |(kind, reference, window): &(PsiBinKind, u64, u64)| BinCount::new(*kind, "", *reference, *window);
        mean_shift(&bins.iter().map(bin).collect::<Vec<_>>())
    }

    #[test]
    fn a_shift_has_a_sign_and_missing_values_do_not_count() {
        use PsiBinKind::{Above, Below, Interval, Missing};
        let moved = |[first, second, above, missing]: [u64; 4]| {
            shift(&[
                (Below, 0, 0),
                (Interval, 500, first),
                (Interval, 500, second),
                (Above, 0, above),
                (Missing, 9, missing),
            ])
        };
        let halves = (2.0 / std::f64::consts::PI).sqrt();
        assert!(moved([50, 50, 0, 7]).unwrap().value.abs() < 1e-9);
        assert!((moved([0, 100, 0, 0]).unwrap().value - halves).abs() < 1e-9);
        assert!((moved([100, 0, 0, 50]).unwrap().value + halves).abs() < 1e-9);
        // Beyond the maximum: the score of the greatest value.
        assert!((moved([0, 0, 100, 0]).unwrap().value - 3.290_5).abs() < 1e-3);
        assert_eq!(moved([0, 0, 0, 100]), None);
        assert_eq!(shift(&[(PsiBinKind::Level, 5, 5)]), None);
        assert!((moved([50, 50, 0, 0]).unwrap().error - (0.001_f64 + 0.01).sqrt()).abs() < 1e-12);
    }
}
