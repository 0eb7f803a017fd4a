//! Spearman's rank correlation of two features.
//!
//! Ties share the mean of their ranks (scipy's `rankdata`) and the correlation is Pearson's correlation of the ranks,
//! so the result equals `scipy.stats.spearmanr` when no value is missing. With missing values each side keeps the ranks
//! among all of its own values.

/// Ranks of the non-NaN values, starting at 1, ties at their mean; NaN stays NaN.
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> =
        values.iter().enumerate().filter(|(_, value)| !value.is_nan()).map(|(row, value)| (value + 0.0, row)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut ranks = vec![f64::NAN; values.len()];
    let mut below = 0.0;
    for same in order.chunk_by(|a, b| a.0.to_bits() == b.0.to_bits()) {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let count = same.len() as f64;
        for (_, row) in same {
            if let Some(rank) = ranks.get_mut(*row) {
                *rank = below + f64::midpoint(count, 1.0);
            }
        }
        below += count;
    }
    ranks
}

/// Pearson's correlation of two rank vectors over the rows where both are present; `None` when one of them is constant
/// there or fewer than two rows have both.
#[must_use]
pub fn correlation(ours: &[f64], theirs: &[f64]) -> Option<f64> {
    let pairs = || ours.iter().zip(theirs).filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let (mut rows, mut sums) = (0.0, (0.0, 0.0));
    for (a, b) in pairs() {
        rows += 1.0;
        sums = (sums.0 + a, sums.1 + b);
    }
    let means = (sums.0 / rows, sums.1 / rows);
    let (mut both, mut left, mut right) = (0.0, 0.0, 0.0);
    for (a, b) in pairs() {
        let (a, b) = (a - means.0, b - means.1);
        both += a * b;
        left += a * a;
        right += b * b;
    }
    (left > 0.0 && right > 0.0).then(|| both / (left * right).sqrt())
}
