//! Building blocks of binomial probabilities that stay accurate for millions of rows: the Stirling error and
//! `ln(1 + u) − u`.
//!
//! `ln n!` near a million is 1.3e7, so a difference of three of them loses nine digits. The remainder after Stirling's
//! formula is below 0.1 and loses none. Source: Loader, *Fast and Accurate Computation of Binomial Probabilities*
//! (2000).

/// Value from which Stirling's series with the terms below is exact to the last digit.
const SERIES: f64 = 16.0;

/// Stirling error `ln n! − ln(√(2πn) · (n/e)ⁿ)` for `n ≥ 1`.
pub(super) fn error(n: f64) -> f64 {
    // For smaller n: `error(n) = error(n + 1) + (n + ½) · ln(1 + 1/n) − 1`.
    let (mut at, mut below) = (n, 0.0);
    while at < SERIES {
        below += (at + 0.5) * (1.0 / at).ln_1p() - 1.0;
        at += 1.0;
    }
    let inverse = 1.0 / at;
    let square = inverse * inverse;
    let series =
        1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)));
    below + series * inverse
}

/// `ln(1 + u) − u` for `u > −1`, without the cancellation near 0.
pub(super) fn log1p_minus(u: f64) -> f64 {
    if u.abs() > 0.3 {
        return u.ln_1p() - u;
    }
    // ln(1 + u) = 2 · artanh(v) with v = u / (2 + u), and 2v − u = −u·v.
    let v = u / (2.0 + u);
    let square = v * v;
    let mut tail = 0.0;
    for odd in (3..=25).rev().step_by(2) {
        tail = tail * square + 1.0 / f64::from(odd);
    }
    2.0 * v * square * tail - u * v
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stirling_error_of_small_factorials() {
        let mut factorial = 1.0_f64;
        for n in 1..=20 {
            let n = f64::from(n);
            factorial *= n;
            let direct = factorial.ln() - 0.5 * (2.0 * std::f64::consts::PI * n).ln() - n * n.ln() + n;
            assert!((error(n) - direct).abs() < 1e-13, "{n}");
        }
    }

    proptest! {
        #[test]
        fn both_formulas_agree_where_both_are_accurate(u in 0.05_f64..0.9) {
            for u in [u, -u] {
                let direct = u.ln_1p() - u;
                prop_assert!((log1p_minus(u) / direct - 1.0).abs() < 1e-12, "{}", u);
            }
        }

        #[test]
        fn log1p_minus_is_minus_half_the_square_near_zero(u in -1e-6_f64..1e-6) {
            prop_assert!((log1p_minus(u) + u * u / 2.0).abs() <= u.abs().powi(3));
        }
    }
}
