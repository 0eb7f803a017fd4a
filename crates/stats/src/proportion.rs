//! Tests on proportions: missing values, refusals, unseen levels, values outside the reference's range.

use super::{
    Interval,
    binomial::upper_tail,
    chi2::{pearson, survival},
    real::real,
};

/// p-value of the Yates-corrected 2 × 2 chi-square test that the shares `a / n` and `b / m` are equal.
///
/// Equal to `scipy.stats.chi2_contingency([[a, n − a], [b, m − b]]).pvalue`. `None` when a margin is 0: a side without
/// rows, or a share that is 0 or 1 on both sides. Source: Yates (1934).
#[must_use]
pub fn two_by_two(a: u64, n: u64, b: u64, m: u64) -> Option<f64> {
    let table = TwoByTwo::new(a, n, b, m)?;
    let columns = [(table.a, table.b), (table.n - table.a, table.m - table.b)];
    Some(survival(pearson(&columns, table.n, table.m), 1))
}

/// Two-sided p-value of the pooled two-proportion z test, without a continuity correction.
///
/// `z = (a/n − b/m) / sqrt(p(1 − p)(1/n + 1/m))` with `p = (a + b) / (n + m)`; `P(|Z| ≥ |z|) = P(χ²(1) ≥ z²)`. `None`
/// when a margin is 0. Source: Fleiss, *Statistical Methods for Rates and Proportions*; statsmodels'
/// `proportions_ztest`.
#[must_use]
pub fn two_proportions(a: u64, n: u64, b: u64, m: u64) -> Option<f64> {
    let TwoByTwo { a, n, b, m } = TwoByTwo::new(a, n, b, m)?;
    let pooled = (a + b) / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    let difference = a / n - b / m;
    Some(survival(difference * difference / variance, 1))
}

/// Ratio of the shares `a / n` and `b / m` with its 95% interval (Katz 1978: normal on the log scale). `None` when `n`
/// is 0 or the second share is 0 or undefined.
///
/// Equal to statsmodels' `confint_proportions_2indep(a, n, b, m, method="log", compare="ratio")`. When `a` is 0, the
/// interval is computed with 0.5 added to all four counts (Walter 1975).
#[must_use]
pub fn ratio(a: u64, n: u64, b: u64, m: u64) -> Option<Interval> {
    let (a, n, b, m) = (real(a.min(n)), real(n), real(b.min(m)), real(m));
    if n <= 0.0 || b <= 0.0 {
        return None;
    }
    let value = (a / n) / (b / m);
    let more = if a > 0.0 { 0.0 } else { 0.5 };
    let [a, n, b, m] = [a, n, b, m].map(|rows| rows + more);
    let reach = Interval::normal(0.0, 1.0 / a - 1.0 / n + 1.0 / b - 1.0 / m).high;
    let middle = ((a / n) / (b / m)).ln();
    Some(Interval { value, low: (middle - reach).exp().min(value), high: (middle + reach).exp().max(value) })
}

/// One-sided binomial test: the probability of at least `hits` successes in `rows` trials with this success
/// probability.
///
/// Equal to `scipy.stats.binomtest(hits, rows, probability, "greater").pvalue`.
#[must_use]
pub fn binomial_test(hits: u64, rows: u64, probability: f64) -> f64 {
    match probability {
        _ if hits == 0 || probability >= 1.0 => 1.0,
        _ if probability > 0.0 => upper_tail(rows, probability, hits),
        _ => 0.0,
    }
}

/// p-value for more rows of unseen levels in the window than the reference's singleton levels predict.
///
/// The reference estimates how often a row brings a new level: `singletons / n` (Good–Turing). Without drift each of
/// the `singletons + unseen` such rows is in the window with probability `m / (n + m)`, so the p-value is
/// `P(Bin(singletons + unseen, m / (n + m)) ≥ unseen)`. `None` when both counts are 0 or a side has no rows. Source:
/// Good (1953); Przyborowski and Wilenski (1940) for the comparison of two Poisson counts.
#[must_use]
pub fn unseen_excess(singletons: u64, n: u64, unseen: u64, m: u64) -> Option<f64> {
    if n == 0 || m == 0 || (singletons == 0 && unseen == 0) {
        return None;
    }
    let share = real(m) / (real(n) + real(m));
    Some(upper_tail(singletons.saturating_add(unseen), share, unseen))
}

/// p-value of the window rows outside the reference's range: `below` its minimum, `above` its maximum.
///
/// If the `n + m` rows are exchangeable, the `below` smallest are all in the window with probability
/// `Π over i < below of (m − i) / (n + m − i)`; likewise for `above`. The smaller of the two is doubled for a two-sided
/// test. `None` when a side has no rows. Approximate under ties. Source: the exceedance test of Gumbel and von
/// Schelling (1950).
#[must_use]
pub fn outside_range(below: u64, above: u64, n: u64, m: u64) -> Option<f64> {
    if n == 0 || m == 0 {
        return None;
    }
    let least = all_from_window(below, n, m).min(all_from_window(above, n, m));
    Some((2.0 * least).min(1.0))
}

/// Probability that the `count` smallest of `n + m` exchangeable rows are all among the `m`.
fn all_from_window(count: u64, n: u64, m: u64) -> f64 {
    if count > m {
        return 0.0;
    }
    let (rows, window, extremes) = (real(n), real(m), real(count));
    // C(m, c) / C(n + m, c) = C(n + m − c, n) / C(n + m, n): take the shorter product.
    let (factors, top) = if count <= n { (extremes, window) } else { (rows, rows + window - extremes) };
    let (mut product, mut done) = (1.0, 0.0);
    // Factors after the first million are left out, which can only make the p-value larger.
    while done < factors.min(1e6) && product > 0.0 {
        product *= (top - done) / (rows + window - done);
        done += 1.0;
    }
    product
}

/// A 2 × 2 table without empty margins.
struct TwoByTwo {
    a: f64,
    n: f64,
    b: f64,
    m: f64,
}

impl TwoByTwo {
    /// Counts above their total are clamped to it; `None` when a margin is 0.
    fn new(a: u64, n: u64, b: u64, m: u64) -> Option<Self> {
        let (a, b) = (a.min(n), b.min(m));
        let degenerate = n == 0 || m == 0 || (a == 0 && b == 0) || (a == n && b == m);
        (!degenerate).then(|| Self { a: real(a), n: real(n), b: real(b), m: real(m) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_margin_gives_no_p_value() {
        for (a, n, b, m) in [(0, 10, 0, 20), (10, 10, 20, 20), (0, 0, 1, 20), (1, 10, 0, 0)] {
            assert_eq!(two_by_two(a, n, b, m), None);
            assert_eq!(two_proportions(a, n, b, m), None);
        }
    }

    #[test]
    fn unseen_rows_compared_with_singletons() {
        assert_eq!(unseen_excess(0, 100, 0, 100), None);
        assert_eq!(unseen_excess(5, 0, 1, 100), None);
        assert_eq!(unseen_excess(5, 100, 0, 100), Some(1.0));
        assert!((unseen_excess(0, 100, 3, 100).unwrap() - 0.125).abs() < 1e-15);
    }

    #[test]
    fn rows_outside_the_range() {
        assert_eq!(outside_range(0, 0, 100, 100), Some(1.0));
        assert_eq!(outside_range(1, 0, 0, 100), None);
        // Two of four rows are in the window and are the two smallest: 2/4 · 1/3, doubled.
        assert!((outside_range(2, 0, 2, 2).unwrap() - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(outside_range(3, 0, 2, 2), Some(0.0), "more rows than the window has");
        // The short and the long product are equal: C(5, 4) / C(8, 4) = C(4, 3) / C(8, 3).
        assert!((all_from_window(4, 3, 5) - 5.0 / 70.0).abs() < 1e-16);
    }

    proptest! {
        #[test]
        fn any_counts_give_a_probability(a in any::<u64>(), n in any::<u64>(), b in any::<u64>(), m in any::<u64>()) {
            for p in [two_by_two(a, n, b, m), two_proportions(a, n, b, m)].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&p), "{}", p);
            }
        }

        #[test]
        fn any_counts_give_a_tail_probability(a in any::<u64>(), n in any::<u64>(), b in any::<u64>(), m in any::<u64>()) {
            prop_assert!(outside_range(a, b, n, m).is_none_or(|p| (0.0..=1.0).contains(&p)));
            prop_assert!(unseen_excess(a >> 40, n, b >> 40, m).is_none_or(|p| (0.0..=1.0).contains(&p)));
        }

        #[test]
        fn more_unseen_rows_are_less_likely(singletons in 0_u64..500, n in 1_u64..9000, unseen in 1_u64..500, m in 1_u64..9000) {
            let (here, next) = (unseen_excess(singletons, n, unseen, m), unseen_excess(singletons, n, unseen + 1, m));
            prop_assert!(next.unwrap() <= here.unwrap() + 1e-12);
        }

        #[test]
        fn more_rows_outside_are_less_likely(n in 1_u64..500, m in 1_u64..500, below in 0_u64..500, above in 0_u64..500) {
            let (here, next) = (outside_range(below, above, n, m), outside_range(below + 1, above, n, m));
            prop_assert!(next.unwrap() <= here.unwrap());
        }
    }
}
