//! Gauss–Legendre quadrature, which integrates polynomials exactly from a few of their values.
//!
//! With `n` points, polynomials up to degree `2n − 1` are integrated exactly, except for rounding. Shapley weights are
//! such integrals: `s! (k − s − 1)! / k! = ∫₀¹ tˢ (1 − t)ᵏ⁻ˢ⁻¹ dt`.

use std::f64::consts::PI;

/// Points in (0, 1) and their weights, which sum to 1.
pub(crate) fn points(count: usize) -> Vec<(f64, f64)> {
    let whole = f64::from(u16::try_from(count).unwrap_or(u16::MAX));
    let root = |number: u16| {
        // Newton's method on [−1, 1], from the usual first guess. Roots are simple, so it converges to the last bits.
        let mut x = (PI * (f64::from(number) + 0.75) / (whole + 0.5)).cos();
        for _ in 0..8 {
            let (value, slope) = legendre(count, x);
            x -= value / slope;
        }
        let (_, slope) = legendre(count, x);
        let weight = 2.0 / ((1.0 - x * x) * slope * slope);
        ((1.0 - x) / 2.0, weight / 2.0)
    };
    (0..u16::MAX).take(count).map(root).collect()
}

/// Value and slope of the Legendre polynomial of a degree, inside (−1, 1).
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value, mut n) = (0.0, 1.0, 0.0);
    for _ in 0..degree {
        (before, value) = (value, ((2.0 * n + 1.0) * x * value - n * before) / (n + 1.0));
        n += 1.0;
    }
    (value, n * (before - x * value) / (1.0 - x * x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in 1..=32 {
            let points = points(count);
            for degree in 0..2 * i32::try_from(count).unwrap() {
                let sum: f64 = points.iter().map(|(t, weight)| weight * t.powi(degree)).sum();
                let off = sum * f64::from(degree + 1) - 1.0;
                assert!(off.abs() < 5e-14, "{count} points, degree {degree}: {off:e}");
            }
            assert!(points.iter().all(|&(t, weight)| 0.0 < t && t < 1.0 && weight > 0.0));
        }
    }

    #[test]
    fn shapley_weights_are_integrals() {
        let factorial = |n: i32| (1..=n).map(f64::from).product::<f64>();
        for k in 1..=16_i32 {
            let points = points(usize::try_from(k).unwrap().div_ceil(2));
            for s in 0..k {
                let sum: f64 = points.iter().map(|(t, w)| w * t.powi(s) * (1.0 - t).powi(k - s - 1)).sum();
                let weight = factorial(s) * factorial(k - s - 1) / factorial(k);
                assert!((sum / weight - 1.0).abs() < 1e-11, "{s} of {k}");
            }
        }
    }
}
