//! Distribution of the one-sided Kolmogorov–Smirnov distance.

use super::stirling::{error, log1p_minus};

/// Up to twice this number of rows every term is summed; above, between this number and twice as many terms in equal
/// steps.
const TERMS: u64 = 1024;

/// `P(Dₙ⁺ ≥ x)` for `0 < x < 1` (Smirnov 1944; Birnbaum and Tingey 1951):
/// `Σ over j ≤ n(1 − x) of C(n, j) · x · (x + j/n)^(j−1) · (1 − x − j/n)^(n−j)`.
///
/// All terms are positive and each is computed from Stirling errors, so the far tail keeps its precision. For large `n`
/// the terms are samples of a smooth function that vanishes with all its derivatives at both ends, so the trapezoidal
/// rule with a step of `n / 1024` gives the sum to rounding error wherever `n·x² ≥ 2`.
pub(super) fn survival(n: u64, x: f64) -> f64 {
    let rows = super::real::real(n);
    let step = super::real::real((n / TERMS).max(1));
    let shift = rows * x;
    let whole = error(rows);

    let mut sum = (rows * (-x).ln_1p()).exp();
    let mut j = step;
    while rows - j > shift {
        sum += term(rows, j, shift, whole);
        j += step;
    }
    (sum * step).min(1.0)
}

/// Term `j` of the sum, `1 ≤ j < n − shift`; `whole` is the Stirling error of `n`.
fn term(n: f64, j: f64, shift: f64, whole: f64) -> f64 {
    let rest = n - j;
    let exponent = whole - error(j) - error(rest) + j * log1p_minus(shift / j) + rest * log1p_minus(-shift / rest);
    shift / (shift + j) * (n / (std::f64::consts::TAU * j * rest)).sqrt() * exponent.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survival_for_one_row() {
        assert!((survival(1, 0.3) - 0.7).abs() < 1e-15);
    }

    #[test]
    fn survival_for_two_rows() {
        // (1 − x)² + 2x(½ − x) for x ≤ ½.
        assert!((survival(2, 0.3) - (0.49 + 2.0 * 0.3 * 0.2)).abs() < 1e-15);
    }

    #[test]
    fn equal_steps_give_the_full_sum() {
        for (n, x) in [(4096_u64, 0.0235), (4096, 0.05), (4096, 0.2), (50_000, 0.0067), (50_000, 0.02), (50_000, 0.08)]
        {
            let rows = super::super::real::real(n);
            let shift = rows * x;
            let mut every = (rows * (-x).ln_1p()).exp();
            let mut j = 1.0;
            while rows - j > shift {
                every += term(rows, j, shift, error(rows));
                j += 1.0;
            }
            assert!((survival(n, x) / every - 1.0).abs() < 1e-10, "{n} {x}: {} {every}", survival(n, x));
        }
    }
}
