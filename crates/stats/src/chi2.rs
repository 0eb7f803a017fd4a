//! Chi-square test of homogeneity with Cramér's V, and the chi-square distribution.

use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF};

use super::real::{columns, length, real, total};

/// Expected window rows below which a column is pooled.
const RARE: u128 = 5;

/// Result of the homogeneity test of two rows of counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homogeneity {
    /// Pearson's chi-square, Yates-corrected when the table is 2 × 2; `None` with fewer than two columns.
    pub statistic: Option<f64>,
    /// Degrees of freedom: columns minus one; 0 with fewer than two columns.
    pub dof: usize,
    /// Probability of a statistic this large or larger when both rows come from one distribution.
    pub p_value: Option<f64>,
    /// Cramér's V with both rows scaled to equal weight: 0 (equal shares) to 1 (no common column).
    pub cramers_v: f64,
    /// Number of columns that were pooled.
    pub pooled: usize,
}

/// Chi-square test of homogeneity, as `scipy.stats.chi2_contingency` computes it, after pooling rare columns.
///
/// A column is one level of the union of both sides. Columns that are empty on both sides are dropped. Columns whose
/// expected window count `m · (r + w) / (n + m)` is below 5 are pooled into one, which is kept even if it stays that
/// rare. The statistic is `Σ (observed − expected)² / expected`; `cramers_v = sqrt(½ Σ (r − w)² / (r + w))` over the
/// shares of the pooled table. `None` when one side has no rows. Source: Pearson (1900); Yates (1934) for 2 × 2;
/// Cochran (1954) for the limit of 5.
#[must_use]
pub fn homogeneity(reference: &[u64], window: &[u64]) -> Option<Homogeneity> {
    let (n, m) = (total(reference), total(window));
    if n == 0 || m == 0 {
        return None;
    }
    let (table, pooled) = pool(reference, window, n, m);
    let statistic = (table.len() > 1).then(|| pearson(&table, real(n), real(m)));
    let dof = table.len().saturating_sub(1);
    Some(Homogeneity {
        statistic,
        dof,
        p_value: statistic.map(|value| survival(value, dof)),
        cramers_v: cramers_v(&table, real(n), real(m)),
        pooled,
    })
}

/// Drops empty columns and sums rare ones into a last column; returns the table and the number of pooled columns.
fn pool(reference: &[u64], window: &[u64], n: u64, m: u64) -> (Vec<(f64, f64)>, usize) {
    let (n, m) = (u128::from(n), u128::from(m));
    let (mut table, mut rest, mut pooled) = (Vec::new(), (0.0, 0.0), 0);
    for (r, w) in columns(reference, window).filter(|&column| column != (0, 0)) {
        // Integer arithmetic for m · (r + w) / (n + m) < 5, so that rounding cannot change the result.
        if m.saturating_mul(u128::from(r) + u128::from(w)) < RARE * (n + m) {
            rest = (rest.0 + real(r), rest.1 + real(w));
            pooled += 1;
        } else {
            table.push((real(r), real(w)));
        }
    }
    if pooled > 0 {
        table.push(rest);
    }
    (table, pooled)
}

/// Pearson's statistic of a table with row sums `n` and `m`; Yates' correction for two columns, as scipy applies it.
pub(super) fn pearson(table: &[(f64, f64)], n: f64, m: f64) -> f64 {
    let yates = table.len() == 2;
    let part = |observed: f64, expected: f64| {
        let difference = (observed - expected).abs();
        let corrected = if yates { difference - difference.min(0.5) } else { difference };
        corrected * corrected / expected
    };
    table
        .iter()
        .map(|&(r, w)| part(r, (r + w) * n / (n + m)) + part(w, (r + w) * m / (n + m)))
        .fold(0.0, |sum, value| sum + value)
}

/// `sqrt(½ Σ (r − w)² / (r + w))` over the shares of both rows.
fn cramers_v(table: &[(f64, f64)], n: f64, m: f64) -> f64 {
    let sum = table.iter().fold(0.0, |sum, &(in_reference, in_window)| {
        let (r, w) = (in_reference / n, in_window / m);
        sum + (r - w) * (r - w) / (r + w)
    });
    (sum / 2.0).sqrt().min(1.0)
}

/// `P(χ²(dof) ≥ statistic)`, the regularised upper incomplete gamma function `Q(dof / 2, statistic / 2)`.
///
/// Keeps its relative accuracy down to 1e-300. Returns 1 at or below 0, NaN for NaN, and with 0 degrees of freedom 0
/// for any statistic above 0. Source: Abramowitz and Stegun (1964), 26.4.19, computed by statrs.
#[must_use]
pub fn survival(statistic: f64, dof: usize) -> f64 {
    if statistic.is_nan() {
        return f64::NAN;
    }
    if statistic <= 0.0 {
        return 1.0;
    }
    ChiSquared::new(length(dof)).map_or(0.0, |chi2| chi2.sf(statistic).clamp(0.0, 1.0))
}

/// Quantile of `χ²(dof)`: the inverse of its distribution function at `p`.
///
/// 0 for `p ≤ 0` or 0 degrees of freedom, infinity for `p ≥ 1`, NaN for NaN. Source: see [`survival`].
#[must_use]
pub fn quantile(p: f64, dof: usize) -> f64 {
    if p.is_nan() {
        return f64::NAN;
    }
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    ChiSquared::new(length(dof)).map_or(0.0, |chi2| {
        let near = chi2.inverse_cdf(p);
        // statrs stops at ten digits; one more Newton step gives full precision.
        let step = (chi2.cdf(near) - p) / chi2.pdf(near);
        if step.abs() < near * 1e-6 { near - step } else { near }
    })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rare_columns_are_pooled_and_counted() {
        let got = homogeneity(&[500, 480, 1, 1, 0, 0], &[480, 500, 0, 0, 2, 0]).unwrap();
        assert_eq!((got.pooled, got.dof), (3, 2), "the column that is empty on both sides is dropped");
    }

    #[test]
    fn a_single_pooled_column_has_no_p_value() {
        let got = homogeneity(&[1, 2, 1], &[1, 1, 1]).unwrap();
        assert_eq!((got.statistic, got.p_value, got.dof, got.pooled), (None, None, 0, 3));
        assert_eq!(got.cramers_v, 0.0);
    }

    #[test]
    fn a_side_without_rows_is_not_tested() {
        assert_eq!(homogeneity(&[0, 0], &[1, 2]), None);
        assert_eq!(homogeneity(&[1, 2], &[]), None);
    }

    #[test]
    fn cramers_v_does_not_depend_on_the_size_of_the_reference() {
        let small = homogeneity(&[500, 500], &[300, 700]).unwrap().cramers_v;
        let large = homogeneity(&[50_000, 50_000], &[300, 700]).unwrap().cramers_v;
        assert!((small - large).abs() < 1e-15);
    }

    #[test]
    fn cramers_v_is_one_without_common_columns() {
        assert_eq!(homogeneity(&[100, 0], &[0, 100]).unwrap().cramers_v, 1.0);
    }

    #[test]
    fn survival_and_quantile_at_the_limits() {
        assert_eq!(survival(0.0, 3), 1.0);
        assert_eq!(survival(1.0, 0), 0.0);
        assert_eq!(survival(f64::INFINITY, 3), 0.0);
        assert!(survival(f64::NAN, 3).is_nan());
        assert_eq!(quantile(0.0, 3), 0.0);
        assert_eq!(quantile(1.0, 3), f64::INFINITY);
        assert_eq!(quantile(0.5, 0), 0.0);
        assert!(quantile(f64::NAN, 3).is_nan());
    }

    proptest! {
        #[test]
        fn equal_rows_do_not_differ(row in prop::collection::vec(0_u64..1000, 1..30)) {
            prop_assume!(total(&row) > 0);
            let got = homogeneity(&row, &row).unwrap();
            prop_assert!(got.statistic.is_none_or(|value| value < 1e-9));
            prop_assert!(got.cramers_v < 1e-9);
        }

        #[test]
        fn any_counts_give_a_probability(rows in prop::collection::vec((any::<u64>(), any::<u64>()), 1..10)) {
            let (a, b): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
            if let Some(got) = homogeneity(&a, &b) {
                prop_assert!(got.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)));
                prop_assert!((0.0..=1.0).contains(&got.cramers_v));
            }
        }

        #[test]
        fn survival_and_quantile_accept_any_number(value in prop::num::f64::ANY, dof in 0_usize..5000) {
            prop_assert!(value.is_nan() || (0.0..=1.0).contains(&survival(value, dof)));
            prop_assert!(value.is_nan() || quantile(value, dof) >= 0.0);
        }

        #[test]
        fn quantile_inverts_survival(p in 0.001_f64..0.999, dof in 1_usize..500) {
            prop_assert!((survival(quantile(p, dof), dof) - (1.0 - p)).abs() < 1e-9);
        }
    }
}
