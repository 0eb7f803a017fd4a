//! How the values of a numeric feature changed: one value instead of others, another unit, a factor.

use vigie_profile::sketch::ValueDistribution;
use vigie_stats::{Mixture, MixturePoint, proportion::binomial_test};

use super::{Change, distinct_values::DistinctValues};

/// Factors between units that any share of the rows may have: powers of ten, years and days, the sign.
const UNITS: [f64; 11] = [10.0, 0.1, 100.0, 0.01, 1_000.0, 0.001, 1_000_000.0, 0.000_001, 365.25, 1.0 / 365.25, -1.0];
/// Factors that all rows must have, because a part of the rows with them looks like another population: months, weekdays.
const WHOLE_UNITS: [f64; 4] = [12.0, 1.0 / 12.0, 7.0, 1.0 / 7.0];
/// Least share of the rows in another unit.
const MIN_SHARE: f64 = 0.02;
/// Least share of the rows for one of [`WHOLE_UNITS`].
const MIN_WHOLE_SHARE: f64 = 0.9;
/// Least excess of a single value.
const MIN_EXCESS: f64 = 0.01;
/// Largest probability of the rows of a single value by chance.
const MAX_P: f64 = 1e-4;
/// A value in less than this share of the reference's rows is a sentinel.
const MAX_SENTINEL_SHARE: f64 = 0.001;
/// Least logarithm of a factor.
const MIN_LOG_FACTOR: f64 = 0.02;
/// Quantiles whose ratios give a factor, and the least number of them.
const RATIOS: u32 = 17;
const MIN_RATIOS: usize = 9;
/// Quantiles of the reference and of the window at which distributions are compared.
const REFERENCE_POINTS: u32 = 200;
const WINDOW_POINTS: u32 = 100;
/// Relative distance at which two values are the same: more than rounding to 32 bits, less than any two prices.
const ROUNDING: f64 = 2e-7;

/// The change that explains the window best; `None` if none does as far as chance allows.
pub(super) fn reshaped(reference: &DistinctValues<'_>, window: &ValueDistribution) -> Option<Change> {
    let (n, m) = (reference.rows(), window.rows());
    if n == 0 || m == 0 {
        return None;
    }
    let fit = |factor: f64, share: Option<f64>| {
        let points = points(reference, window, Some(factor), &|at| reference.multiplied_up_to(factor, at));
        let fit = match share {
            Some(share) => Some(Mixture::with_share(&points, share)),
            None => Mixture::fit(&points),
        };
        fit.filter(|fit| fit.is_accepted(n, m))
    };
    let mut found: Vec<(Mixture, f64, Change)> = Vec::new();
    let mut add = |fit: Option<Mixture>, min_share: f64, change: &dyn Fn(f64) -> Change| {
        if let Some(fit) = fit {
            found.push((fit, min_share, change(fit.share)));
        }
    };
    if let Some((value, is_sentinel)) = single_value(reference, window) {
        let points = points(reference, window, None, &|at| if at >= value { 1.0 } else { 0.0 });
        // No other population has a new value in so many rows, however few they are; a known one may.
        let fit = Mixture::fit(&points).filter(|fit| fit.is_possible(n, m));
        add(fit.filter(|fit| is_sentinel || fit.reach >= fit.residual), 0.0, &|extent| {
            if is_sentinel { Change::Sentinel { value, extent } } else { Change::Atom { value, extent } }
        });
    }
    let all = UNITS.iter().map(|factor| (*factor, MIN_SHARE));
    for (factor, min_share) in all.chain(WHOLE_UNITS.iter().map(|factor| (*factor, MIN_WHOLE_SHARE))) {
        add(fit(factor, None), min_share, &|extent| Change::Unit { factor, extent });
    }
    // A free factor fits better than the unit that chance moved it away from.
    let is_whole_unit = |(fit, _, change): &(Mixture, f64, Change)| {
        matches!(change, Change::Unit { .. }) && fit.share >= MIN_WHOLE_SHARE
    };
    if !found.iter().any(is_whole_unit)
        && let Some(factor) = common_factor(reference, window)
        && let Some(fit) = fit(factor, Some(1.0))
    {
        found.push((fit, 1.0, Change::Factor { factor }));
    }
    // If the best fit has too few rows, a worse one is no explanation.
    let best = found.into_iter().min_by(|a, b| a.0.residual.total_cmp(&b.0.residual));
    best.filter(|(fit, min_share, _)| fit.share >= *min_share).map(|(_, _, change)| change)
}

/// The three distribution functions at quantiles of the reference, multiplied or not, and of the window.
fn points(
    reference: &DistinctValues<'_>,
    window: &ValueDistribution,
    factor: Option<f64>,
    changed: &dyn Fn(f64) -> f64,
) -> Vec<MixturePoint> {
    let quantiles = |count: u32| (0..count).map(move |step| (f64::from(step) + 0.5) / f64::from(count));
    let ours: Vec<f64> = quantiles(REFERENCE_POINTS).filter_map(|q| reference.quantile(q)).collect();
    let theirs = quantiles(WINDOW_POINTS).filter_map(|q| window.quantile(q));
    let multiplied = factor.into_iter().flat_map(|factor| ours.iter().map(move |value| value * factor));
    let at = ours.iter().copied().chain(multiplied).chain(theirs).filter(|value| value.is_finite());
    let point = |at: f64| {
        let at = at + at.abs() * ROUNDING;
        MixturePoint { window: window.share_up_to(at), reference: reference.share_up_to(at), changed: changed(at) }
    };
    at.map(point).collect()
}

/// The value of which the window has the most rows beyond the reference's share, and whether the reference hardly has it.
fn single_value(reference: &DistinctValues<'_>, window: &ValueDistribution) -> Option<(f64, bool)> {
    let (n, m) = (real(reference.rows()), real(window.rows()));
    let excess = |(value, rows): (f64, u64)| {
        let before = reference.rows_with(value);
        let excess = real(rows) / m - real(before) / n;
        let p = binomial_test(rows, window.rows(), (real(before) + 1.0) / (n + 1.0));
        (excess >= MIN_EXCESS && p <= MAX_P).then_some((excess, value, real(before) / n < MAX_SENTINEL_SHARE))
    };
    let found = window.heavy(MIN_EXCESS).into_iter().filter(|(value, _)| value.is_finite()).filter_map(excess);
    found.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, value, is_sentinel)| (value, is_sentinel))
}

/// The median ratio of the window's quantiles to the reference's; `None` if it is about 1.
fn common_factor(reference: &DistinctValues<'_>, window: &ValueDistribution) -> Option<f64> {
    let ratio = |step: u32| {
        let q = f64::from(step) / f64::from(RATIOS + 1);
        let ratio = window.quantile(q)? / reference.quantile(q)?;
        (ratio.is_finite() && ratio > 0.0).then_some(ratio)
    };
    let mut ratios: Vec<f64> = (1..=RATIOS).filter_map(ratio).collect();
    if ratios.len() < MIN_RATIOS {
        return None;
    }
    ratios.sort_unstable_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().filter(|factor| factor.ln().abs() > MIN_LOG_FACTOR)
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use vigie_profile::sketch::Sketch;

    use super::*;

    /// A skewed reference from 1,000 to 20,000.
    fn reference() -> Vec<(f64, u64)> {
        let value = |row: u32| {
            let u = (f64::from(row) + 0.5) / 5_000.0;
            10f64.powf(3.0 + u + 0.3 * u * u)
        };
        (0..5_000).map(|row| (value(row), 1)).collect()
    }

    /// 2,000 rows of the reference, changed by their number.
    fn change(changed: impl Fn(u32, f64) -> f64) -> Option<Change> {
        let reference = reference();
        let mut sketch = Sketch::default();
        for row in 0..2_000_u32 {
            let (value, _) = reference[(row as usize * 7_919 + 11) % reference.len()];
            sketch.observe(changed(row, value));
        }
        reshaped(&DistinctValues::new(&reference), &sketch.distribution())
    }

    fn is_near(extent: f64, expected: f64) -> bool {
        (extent - expected).abs() < 0.01
    }

    #[test]
    fn another_unit_is_found_in_all_rows_or_in_some() {
        let all =
            [(1_000.0, 1.0), (0.001, 1.0), (-1.0, 1.0), (12.0, 1.0), (1.0 / 7.0, 1.0), (1_000.0, 0.3), (0.1, 0.3)];
        for (factor, share) in all {
            let found = change(|row, value| if f64::from(row % 10) < 10.0 * share { value * factor } else { value });
            let Some(Change::Unit { factor: by, extent }) = found else { panic!("{factor}: {found:?}") };
            assert!(by.to_bits() == factor.to_bits() && is_near(extent, share), "{factor}: {by} in {extent}");
        }
    }

    #[test]
    fn months_in_some_rows_look_like_another_population() {
        assert_eq!(change(|row, value| if row % 10 < 3 { value * 12.0 } else { value }), None);
    }

    #[test]
    fn one_value_in_some_rows_is_a_sentinel_or_an_atom() {
        let found = change(|row, value| if row % 50 < 3 { 365_243.0 } else { value });
        let Some(Change::Sentinel { value, extent }) = found else { panic!("{found:?}") };
        assert!(value.to_bits() == 365_243f64.to_bits() && is_near(extent, 0.06), "{value} in {extent}");
        // A fifth of the reference's rows are 0 already.
        let mut known = reference();
        known.insert(0, (0.0, 1_250));
        let mut sketch = Sketch::default();
        for row in 0..2_000_usize {
            let is_zero = row % 5 == 0 || row % 5 == 1;
            sketch.observe(if is_zero { 0.0 } else { known[1 + (row * 7_919 + 11) % 5_000].0 });
        }
        let found = reshaped(&DistinctValues::new(&known), &sketch.distribution());
        let Some(Change::Atom { value, extent }) = found else { panic!("{found:?}") };
        assert!(value == 0.0 && is_near(extent, 0.25), "{value} in {extent}");
    }

    #[test]
    fn a_factor_concerns_all_rows() {
        let found = change(|_, value| value * 1.3);
        let Some(Change::Factor { factor }) = found else { panic!("{found:?}") };
        assert!((factor - 1.3).abs() < 0.01, "{factor}");
    }

    #[test]
    fn unchanged_rows_and_another_population_have_no_shape() {
        assert_eq!(change(|_, value| value), None);
        // Fewer large values, more small ones.
        let tilted = |row: u32, _| {
            let u = ((f64::from(row) + 0.5) / 2_000.0).powf(1.5);
            10f64.powf(3.0 + u + 0.3 * u * u)
        };
        assert_eq!(change(tilted), None);
        assert_eq!(reshaped(&DistinctValues::new(&[]), &Sketch::default().distribution()), None);
    }
}
