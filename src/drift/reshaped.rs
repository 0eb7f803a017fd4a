//! How the values of a numeric feature changed: one value instead of others, another unit, a factor.

use vigie_profile::sketch::ValueDistribution;
use vigie_stats::proportion::binomial_test;

use super::{
    Change,
    distinct_values::DistinctValues,
    shape_fit::{RowChange, ShapeFit},
};

/// Factors between units that a part of the rows may have: powers of ten, years and days, the sign.
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
/// Quantiles that show a factor or an amount, and the least number of them.
const QUANTILES: u32 = 17;
const MIN_QUANTILES: usize = 9;

/// The change that explains the window best; `None` if none does as far as chance allows.
pub(super) fn reshaped(reference: &DistinctValues<'_>, window: &ValueDistribution) -> Option<Change> {
    if reference.rows() == 0 || window.rows() == 0 {
        return None;
    }
    let by = |factor: f64, share: Option<f64>| ShapeFit::new(reference, window, RowChange::By { factor, share });
    let mut possible: Vec<Reshaping> = single_value(reference, window).into_iter().collect();
    let all = UNITS.iter().map(|factor| (*factor, MIN_SHARE));
    let units = all.chain(WHOLE_UNITS.iter().map(|factor| (*factor, MIN_WHOLE_SHARE)));
    possible.extend(units.filter_map(|(factor, min_share)| {
        let fit = by(factor, None)?;
        let extent = fit.share();
        Some(Reshaping { fit, min_share, change: Change::Unit { factor, extent } })
    }));
    let is_whole = |one: &Reshaping| {
        matches!(one.change, Change::Unit { .. }) && one.fit.is_of_all_rows() && one.fit.is_explanation()
    };
    let has_whole = possible.iter().any(is_whole);
    // A free factor fits better than the unit that chance moved it away from.
    if !has_whole
        && let Some(factor) = common_factor(reference, window)
        && let Some(fit) = by(factor, Some(1.0))
    {
        possible.push(Reshaping { fit, min_share: 1.0, change: Change::Factor { factor } });
    }
    // If few rows changed, how well all values fit depends on chance in the others.
    let by_rare = !has_whole && possible.iter().any(|one| one.fit.explains_rare() && one.is_explanation());
    let best = possible
        .into_iter()
        .filter(|one| by_rare || one.fit.explains_whole() || one.is_explanation())
        .min_by(|a, b| a.fit.residual(by_rare).total_cmp(&b.fit.residual(by_rare)));
    // If the best fit does not explain the change, a worse one does not either.
    best.filter(Reshaping::is_explanation).map(|best| best.change)
}

/// A change that chance does not exclude.
struct Reshaping {
    fit: ShapeFit,
    /// Least share of the rows with which it is an explanation.
    min_share: f64,
    change: Change,
}

impl Reshaping {
    fn is_explanation(&self) -> bool {
        match self.change {
            // No other population has a new value in so many rows, however few they are; a known one may.
            Change::Sentinel { .. } => true,
            Change::Atom { .. } => self.fit.explains_half(),
            _ => self.fit.is_explanation() && self.fit.share() >= self.min_share,
        }
    }
}

/// One value in more rows than the reference leads to expect, at the cost of others: the value with the most.
fn single_value(reference: &DistinctValues<'_>, window: &ValueDistribution) -> Option<Reshaping> {
    let (n, m) = (real(reference.rows()), real(window.rows()));
    let excess = |(value, rows): (f64, u64)| {
        let before = reference.rows_with(value);
        let (from, to) = (real(before) / n, real(rows) / m);
        let p = binomial_test(rows, window.rows(), (real(before) + 1.0) / (n + 1.0));
        (to - from >= MIN_EXCESS && p <= MAX_P).then_some((to - from, from, value))
    };
    let found = window.heavy(MIN_EXCESS).into_iter().filter(|(value, _)| value.is_finite()).filter_map(excess);
    let (excess, from, value) = found.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let extent = excess / (1.0 - from);
    let fit = ShapeFit::new(reference, window, RowChange::To { value, share: extent })?;
    let change =
        if from < MAX_SENTINEL_SHARE { Change::Sentinel { value, extent } } else { Change::Atom { value, extent } };
    Some(Reshaping { fit, min_share: 0.0, change })
}

/// The median ratio of the window's quantiles to the reference's; `None` if it is about 1.
pub(super) fn common_factor(reference: &DistinctValues<'_>, window: &ValueDistribution) -> Option<f64> {
    let ratio = |_, from: f64, to: f64| Some(to / from).filter(|ratio| *ratio > 0.0);
    median_over_quantiles(reference, window, ratio).filter(|factor| factor.ln().abs() > MIN_LOG_FACTOR)
}

/// The median over 17 quantiles of what a move shows at each: `shown` gets the share of rows below, and the quantile of the
/// reference and of the window. `None` if less than 9 show something finite.
pub(super) fn median_over_quantiles(
    reference: &DistinctValues<'_>,
    window: &ValueDistribution,
    shown: impl Fn(f64, f64, f64) -> Option<f64>,
) -> Option<f64> {
    let at = |step: u32| {
        let q = f64::from(step) / f64::from(QUANTILES + 1);
        shown(q, reference.quantile(q)?, window.quantile(q)?).filter(|shown| shown.is_finite())
    };
    let mut all: Vec<f64> = (1..=QUANTILES).filter_map(at).collect();
    if all.len() < MIN_QUANTILES {
        return None;
    }
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
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

    /// Lognormal amounts and zeros, by `SplitMix64`.
    struct Amounts {
        state: u64,
        /// Standard deviation of the logarithms.
        spread: f64,
        /// Share of zeros.
        zeros: f64,
    }

    impl Amounts {
        fn uniform(&mut self) -> f64 {
            self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            real((mixed ^ (mixed >> 31)) >> 11) / real(1 << 53)
        }

        fn draw(&mut self) -> f64 {
            if self.uniform() < self.zeros {
                return 0.0;
            }
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
            (12.0 + self.spread * radius * (std::f64::consts::TAU * self.uniform()).cos()).exp().round()
        }
    }

    /// How many of 60 windows of 700 rows, changed by their number, have a change that is counted. There are three references of
    /// 20,000 rows.
    fn counted(
        (spread, zeros): (f64, f64),
        changed: impl Fn(u32, f64) -> f64,
        is_counted: impl Fn(&Change) -> bool,
    ) -> usize {
        let windows = (1..=3).flat_map(|seed| {
            let mut amounts = Amounts { state: seed, spread, zeros };
            let mut rows: Vec<f64> = (0..20_000).map(|_| amounts.draw()).collect();
            rows.sort_unstable_by(f64::total_cmp);
            let same = rows.chunk_by(|a, b| a.to_bits() == b.to_bits());
            let reference: Vec<(f64, u64)> = same.map(|same| (same[0], same.len() as u64)).collect();
            let changed = &changed;
            (0..20).map(move |_| {
                let mut sketch = Sketch::default();
                (0..700).for_each(|row| sketch.observe(changed(row, amounts.draw())));
                reshaped(&DistinctValues::new(&reference), &sketch.distribution())
            })
        });
        windows.flatten().filter(|change| is_counted(change)).count()
    }

    /// With 5% of the rows, a distribution function moves hardly more than by chance.
    #[test]
    fn another_unit_in_few_rows_is_found_by_their_own_distribution() {
        let cases = [(0.001_f64, 0.0), (1_000.0, 0.0), (0.01, 0.0), (0.001, 0.3), (1_000.0, 0.3)];
        for ((factor, zeros), (percent, share)) in
            cases.into_iter().flat_map(|case| [(5, 0.05), (8, 0.08), (30, 0.3)].map(|share| (case, share)))
        {
            let is_unit = |change: &Change| {
                matches!(change, Change::Unit { factor: by, extent }
                    if by.to_bits() == factor.to_bits() && (extent - share).abs() < 0.4 * share)
            };
            let changed = |row: u32, amount: f64| if row % 100 < percent { amount * factor } else { amount };
            let found = counted((0.7, zeros), changed, is_unit);
            assert!(found >= 59, "{factor} in {share}, with {zeros} zeros: {found} of 60");
        }
    }

    #[test]
    fn what_is_no_unit_is_not_taken_for_one() {
        let units = |spread: f64, changed: &dyn Fn(u32, f64) -> f64| {
            counted((spread, 0.0), changed, |change| matches!(change, Change::Unit { .. }))
        };
        let moved = |amount: f64| (12.0 + 0.3 + 1.3 * (amount.ln() - 12.0)).exp();
        assert_eq!(units(0.7, &|_, amount| amount), 0, "nothing changed");
        assert_eq!(units(0.7, &|_, amount| amount * 1.3), 0);
        assert_eq!(units(0.7, &|_, amount| amount * 0.7), 0);
        assert_eq!(units(0.7, &|_, amount| moved(amount)), 0, "more, and more different");
        assert_eq!(units(0.7, &|row, amount| if row % 100 < 8 { moved(amount) } else { amount }), 0);
        assert_eq!(units(0.7, &|row, amount| if row % 100 < 8 { 160.0 } else { amount }), 0, "one value");
        // A group of applicants with a fifth, or five times as much.
        assert_eq!(units(1.2, &|row, amount| if row % 100 < 20 { amount / 5.0 } else { amount }), 0);
        assert_eq!(units(1.2, &|row, amount| if row % 100 < 20 { amount * 5.0 } else { amount }), 0);
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
