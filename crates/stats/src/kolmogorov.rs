//! Distribution of the two-sided Kolmogorov–Smirnov distance: selects among four formulas by sample size and distance.
//!
//! Source: Simard and L'Ecuyer, *Computing the Two-Sided Kolmogorov–Smirnov Distribution*, Journal of Statistical
//! Software 39(11), 2011, with the limits of scipy's `_kolmogn`. Pomeranz' recursion replaces the Durbin matrix
//! algorithm of that paper; both give the exact values.

use std::f64::consts::PI;

use super::{pomeranz, real::real, smirnov, stirling};

/// Largest sample size for which the exact recursion is used everywhere but in the tail.
const SMALL: u64 = 140;
/// Largest sample size for which the exact recursion is used for very small distances, where the expansion is least
/// precise.
const MEDIUM: u64 = 500;

/// `P(Dₙ ≥ d)`, equal to `scipy.stats.kstwo.sf(d, n)` for `n` up to a million; `n ≥ 1`, `d` not NaN.
///
/// Above a million rows scipy approximates the tail with an error of up to 1e-3; this function keeps to the defining
/// sum.
pub(super) fn survival(n: u64, d: f64) -> f64 {
    let rows = real(n);
    let (steps, square) = (rows * d, rows * d * d);
    let p = if d >= 1.0 {
        0.0
    } else if steps <= 0.5 {
        1.0
    } else if steps <= 1.0 {
        1.0 - one_step(rows, steps)
    } else if steps >= rows - 1.0 {
        2.0 * (rows * (-d).ln_1p()).exp()
    } else if d >= 0.5 {
        2.0 * smirnov::survival(n, d)
    } else if n <= SMALL {
        if square <= 4.0 { 1.0 - pomeranz::cumulative(n, d) } else { 2.0 * smirnov::survival(n, d) }
    } else if square >= 370.0 {
        0.0
    } else if square >= 2.2 {
        2.0 * smirnov::survival(n, d)
    } else if n <= MEDIUM && steps * d.sqrt() <= 1.4 {
        1.0 - pomeranz::cumulative(n, d)
    } else {
        1.0 - pelz_good(rows, d)
    };
    p.clamp(0.0, 1.0)
}

/// `P(Dₙ ≤ d) = n! · ((2·n·d − 1) / n)ⁿ` for `½ < n·d ≤ 1` (Ruben and Gambino 1982).
fn one_step(n: f64, steps: f64) -> f64 {
    let stirling = 0.5 * (2.0 * PI * n).ln() - n + stirling::error(n);
    (stirling + n * (2.0 * steps - 1.0).ln()).exp()
}

/// `P(Dₙ ≤ d)` by the expansion of Pelz and Good (1976): Kolmogorov's limit and three terms in `1/√n`.
///
/// With `z = √n·d` the terms are theta-like sums in `q = exp(−π²/8z²)`, evaluated by Horner's scheme.
#[expect(clippy::many_single_char_names, reason = "the paper's names")]
fn pelz_good(n: f64, d: f64) -> f64 {
    let z = n.sqrt() * d;
    let (z2, z4) = (z * z, z.powi(4));
    let (z6, z8) = (z4 * z2, z4 * z4);
    let (pi2, pi4, pi6) = (PI.powi(2), PI.powi(4), PI.powi(6));
    let base = -pi2 / 8.0 / z2;
    if base < -708.0 {
        return 0.0;
    }

    let (mut k0, mut k1, mut k2, mut k3) = (0.0, 0.0, 0.0, 0.0);
    let (mut even2, mut even3) = (0.0, 0.0);
    let mut k = (16.0 * z / PI).ceil();
    while k >= 1.0 {
        let power = (base * 8.0 * k).exp();
        let m2 = (2.0 * k - 1.0).powi(2);
        let (m4, m6) = (m2 * m2, m2 * m2 * m2);
        k0 = k0 * power + 1.0;
        k1 = k1 * power - z2 + pi2 / 4.0 * m2;
        k2 = k2 * power
            + 6.0 * z6
            + 2.0 * z4
            + (2.0 * z4 - 5.0 * z2) * pi2 / 4.0 * m2
            + pi4 * (1.0 - 2.0 * z2) / 16.0 * m4;
        k3 = k3 * power - 30.0 * z6 - 90.0 * z8
            + pi2 * (135.0 * z4 - 96.0 * z6) / 4.0 * m2
            + pi4 * (-60.0 * z2 + 212.0 * z4) / 16.0 * m4
            + pi6 * (5.0 - 30.0 * z2) / 64.0 * m6;

        let squared = k * k;
        let even = squared * (base * 4.0 * squared).exp();
        even2 += even;
        even3 += (3.0 * z2 - pi2 * squared) * even;
        k -= 1.0;
    }

    let q = base.exp();
    let term1 = k1 * q / (6.0 * z4);
    let term2 = k2 * q / (72.0 * z6 * z) - pi2 * even2 / (36.0 * z2 * z);
    let term3 = k3 * q / (6480.0 * z8 * z2) + pi2 * even3 / (216.0 * z6);
    (2.0 * PI).sqrt() * (k0 * q / z + term1 / n.sqrt() + term2 / n + term3 / (n * n.sqrt()))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn expansion_agrees_with_the_recursion_at_the_switch() {
        for n in [MEDIUM, 1000, 2000] {
            for d in [0.3, 0.4, 0.5].map(|z: f64| z / real(n).sqrt()) {
                let (exact, near) = (1.0 - pomeranz::cumulative(n, d), 1.0 - pelz_good(real(n), d));
                assert!((near / exact - 1.0).abs() < 5e-7, "{n} {d}: {near} {exact}");
            }
        }
    }

    #[test]
    fn expansion_agrees_with_the_tail_at_the_switch() {
        for n in [141, 2000, 1_000_000] {
            let d = (2.2 / real(n)).sqrt();
            let (tail, near) = (2.0 * smirnov::survival(n, d), 1.0 - pelz_good(real(n), d));
            assert!((near / tail - 1.0).abs() < 1e-4, "{n}: {near} {tail}");
        }
    }

    #[test]
    fn survival_at_the_limits() {
        assert_eq!(survival(10, 0.0), 1.0);
        assert_eq!(survival(10, -1.0), 1.0);
        assert_eq!(survival(10, 0.05), 1.0);
        assert_eq!(survival(10, 1.0), 0.0);
        assert_eq!(survival(u64::MAX, 0.5), 0.0);
    }

    proptest! {
        #[test]
        fn survival_decreases_with_the_distance(n in 1_u64..5000, d in 0.0_f64..1.0, more in 0.0_f64..0.1) {
            let (near, far) = (survival(n, d), survival(n, d + more));
            prop_assert!((0.0..=1.0).contains(&near));
            prop_assert!(far <= near * (1.0 + 1e-5), "{} {}", near, far);
        }
    }
}
