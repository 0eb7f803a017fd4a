//! Pomeranz' recursion: the exact Kolmogorov–Smirnov distribution for small samples or small distances.

use super::real::{length, real};

/// Exponent of the power of two that rescales intermediate results to avoid underflow and overflow.
const SCALE: i32 = 128;

/// `P(Dₙ ≤ x)` for `1/n < x < 1`, in about `8·n·(n·x)²` steps.
///
/// Source: Pomeranz, *Exact Cumulative Distribution of the Kolmogorov–Smirnov Statistic for Small Samples*, CACM
/// algorithm 487 (1974); laid out as in scipy's `_kolmogn_Pomeranz`. All sums are of positive numbers.
pub(super) fn cumulative(n: u64, x: f64) -> f64 {
    let grid = Staircase::new(n, x);
    let rows = real(n);
    let narrow = grid.fraction.min(1.0 - grid.fraction);
    let width = usize::try_from(2 * (grid.whole + 1)).unwrap_or(0);
    let ends = powers(narrow / rows, width);
    let odd = powers(2.0 * narrow / rows, width);
    let even = powers((1.0 - 2.0 * narrow) / rows, width);

    let (mut start, _) = grid.span(0);
    let mut line = vec![1.0];
    let mut exponent = 0_i32;
    let last = 2 * grid.rows + 1;
    for step in 1..=last {
        let weights = match step {
            _ if step == 1 || step == last => &ends,
            _ if step % 2 == 1 => &odd,
            _ => &even,
        };
        let (from, to) = grid.span(step);
        line = (from..=to).map(|column| convolve(&line, weights, column - start)).collect();
        start = from;
        let largest = line.iter().copied().fold(0.0, f64::max);
        if largest > 0.0 && largest < power_of_two(-SCALE) {
            for value in &mut line {
                *value *= power_of_two(SCALE);
            }
            exponent -= SCALE;
        }
    }

    let reached = usize::try_from(grid.rows - start).ok().and_then(|index| line.get(index).copied());
    let mut answer = reached.unwrap_or(0.0);
    for factor in 1..=n {
        if answer > power_of_two(SCALE) {
            answer *= power_of_two(-SCALE);
            exponent += SCALE;
        }
        answer *= real(factor);
    }
    // In two halves: the power itself may exceed the range of f64 while the product does not.
    (answer * power_of_two(exponent / 2) * power_of_two(exponent - exponent / 2)).clamp(0.0, 1.0)
}

/// Geometry of the recursion: `n·x` split into its integer and fractional part.
struct Staircase {
    rows: i64,
    whole: i64,
    fraction: f64,
}

impl Staircase {
    fn new(n: u64, x: f64) -> Self {
        let steps = real(n) * x;
        #[expect(clippy::cast_possible_truncation, reason = "n·x stays below n, a few hundred")]
        let whole = steps.floor() as i64;
        Self { rows: i64::try_from(n).unwrap_or(0), whole, fraction: steps - steps.floor() }
    }

    /// First and last reachable column of a line.
    fn span(&self, step: i64) -> (i64, i64) {
        let up = i64::from(self.fraction > 0.0);
        let half = i64::from(self.fraction > 0.5);
        let middle = (step + 1) / 2;
        let (low, high) = if step == 0 {
            (-self.whole - up - 1, self.whole + up - 1)
        } else if (step + 1) % 2 == 1 {
            (middle - self.whole - 2, middle + self.whole + half - 1)
        } else if middle == self.rows + 1 {
            (self.rows - self.whole - up - 1, self.rows + self.whole + up - 1)
        } else {
            (middle - self.whole - half - 2, middle + self.whole + up - 2)
        };
        ((low + 2).max(0), high.min(self.rows))
    }
}

/// `Σ weights[b] · line[reach − b]`.
fn convolve(line: &[f64], weights: &[f64], reach: i64) -> f64 {
    let Ok(reach) = usize::try_from(reach) else { return 0.0 };
    let skipped = (reach + 1).saturating_sub(line.len());
    let usable = line.get(..(reach + 1).min(line.len())).unwrap_or_default();
    usable.iter().rev().zip(weights.iter().skip(skipped)).map(|(value, weight)| value * weight).sum()
}

/// `1, base, base²/2!, base³/3!, …`
fn powers(base: f64, width: usize) -> Vec<f64> {
    let next = |power: &mut f64, index: usize| {
        if index > 0 {
            *power *= base / length(index);
        }
        Some(*power)
    };
    (0..width).scan(1.0, next).collect()
}

fn power_of_two(exponent: i32) -> f64 {
    2.0_f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cumulative_for_two_rows() {
        // P(D₂ ≤ x) = 1 − 2(1 − x)² for x ≥ ½, and 2(2x − ½)² for ¼ ≤ x ≤ ½.
        assert!((cumulative(2, 0.7) - 0.82).abs() < 1e-15);
    }

    #[test]
    fn cumulative_for_three_rows_at_a_step() {
        // P(D₃ ≤ ⅓) = 3! · (1/3)³.
        assert!((cumulative(3, 1.0 / 3.0 + 1e-12) - 6.0 / 27.0).abs() < 1e-9);
    }
}
