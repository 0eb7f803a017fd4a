//! Classifies what happened to a feature, by the first rule that fits.

use vigie_profile::{
    layout::Levels,
    profile::{CellCounts, LevelCounts},
    sketch::ValueDistribution,
};
use vigie_stats::proportion::binomial_test;

use super::{
    Change, FeatureDrift, LoneValue, PsiBinKind, distinct_values::DistinctValues, reshaped::reshaped,
    respelled::unseen_levels,
};

/// A share of missing values from which an input is dead, and the largest probability of that by chance.
const DEAD_SHARE: f64 = 0.99;
const DEAD_P: f64 = 1e-6;
/// Least change of the missing share, and the largest q-value of its test.
const MIN_MISSING_CHANGE: f64 = 0.05;
const MAX_MISSING_Q: f64 = 0.01;
/// Least share of rows with unknown levels, and the largest probability of them by chance.
const MIN_UNSEEN: f64 = 0.01;
const MAX_UNSEEN_P: f64 = 0.01;
/// Share of the values from which one value makes a feature constant, and the largest probability of that by chance.
const CONSTANT_SHARE: f64 = 0.99;
const CONSTANT_P: f64 = 1e-6;
/// Least PSI or KS distance of values that are searched for another shape.
const MIN_DISTANCE: f64 = 0.10;
/// Least share of values outside the reference's range, and the largest probability of them by chance.
const MIN_OUTSIDE: f64 = 0.01;
const MAX_OUTSIDE_P: f64 = 1e-6;

/// A feature, or the score, whose change is to be classified.
#[derive(Debug, Clone, Copy)]
pub struct ChangeCase<'a> {
    pub drift: &'a FeatureDrift,
    /// Whether no record has the feature.
    pub is_absent: bool,
    /// q-value of the missing share.
    pub missing_q: Option<f64>,
    pub counts: CountsOfBoth<'a>,
}

/// Counts of the reference and of the window.
#[derive(Debug, Clone, Copy)]
pub enum CountsOfBoth<'a> {
    Numeric {
        reference: &'a CellCounts,
        window: &'a CellCounts,
        /// The reference's sorted distinct values with their rows; `None` if it has only bins.
        values: Option<&'a [(f64, u64)]>,
        distribution: &'a ValueDistribution,
    },
    Categorical {
        levels: &'a Levels,
        reference: &'a LevelCounts,
        window: &'a LevelCounts,
    },
}

/// Rows of a side with a value and without.
#[derive(Clone, Copy)]
struct SideRows {
    present: u64,
    missing: u64,
}

impl SideRows {
    fn rows(self) -> u64 {
        self.present + self.missing
    }

    fn missing_share(self) -> f64 {
        real(self.missing) / real(self.rows()).max(1.0)
    }
}

/// What happened to a feature.
#[must_use]
pub fn classify(case: &ChangeCase<'_>) -> Change {
    if case.is_absent {
        return Change::Absent;
    }
    missing(case).or_else(|| unseen(case)).or_else(|| constant(case)).or_else(|| values(case)).unwrap_or(Change::Shift)
}

impl CountsOfBoth<'_> {
    /// Reference and window.
    fn sides(&self) -> (SideRows, SideRows) {
        match self {
            Self::Numeric { reference, window, .. } => (
                SideRows { present: reference.present(), missing: reference.missing() },
                SideRows { present: window.present(), missing: window.missing() },
            ),
            Self::Categorical { reference, window, .. } => (
                SideRows { present: reference.present(), missing: reference.missing() },
                SideRows { present: window.present(), missing: window.missing() },
            ),
        }
    }
}

fn missing(case: &ChangeCase<'_>) -> Option<Change> {
    let (reference, window) = case.counts.sides();
    let (before, after) = (reference.missing_share(), window.missing_share());
    let expected = (real(reference.missing) + 1.0) / (real(reference.rows()) + 1.0);
    let is_dead =
        after >= DEAD_SHARE && before < DEAD_SHARE && binomial_test(window.missing, window.rows(), expected) <= DEAD_P;
    let is_evident = case.missing_q.is_some_and(|q| q <= MAX_MISSING_Q);
    if is_dead || is_evident && after - before >= MIN_MISSING_CHANGE {
        return Some(Change::Gap { extent: (after - before) / (1.0 - before) });
    }
    (is_evident && before - after >= MIN_MISSING_CHANGE).then(|| Change::Filled { extent: (before - after) / before })
}

fn unseen(case: &ChangeCase<'_>) -> Option<Change> {
    let CountsOfBoth::Categorical { levels, reference, window } = case.counts else { return None };
    let unseen = case.drift.unseen.as_ref()?;
    let is_evident = unseen.excess? >= MIN_UNSEEN && unseen.p_value? <= MAX_UNSEEN_P;
    if is_evident { unseen_levels(levels, reference, window) } else { None }
}

fn constant(case: &ChangeCase<'_>) -> Option<Change> {
    let (reference, window) = case.counts.sides();
    let (rows, most_before, value) = match case.counts {
        CountsOfBoth::Numeric { values, distribution, .. } => {
            let (value, rows) = distribution.heavy(CONSTANT_SHARE).pop().filter(|(value, _)| value.is_finite())?;
            (rows, DistinctValues::new(values?).most_rows(), LoneValue::Number(value))
        }
        CountsOfBoth::Categorical { levels, reference, window } => {
            let known = levels.names().iter().zip(window.levels().iter().copied());
            let unseen = window.unseen().iter().map(|(name, rows)| (name, *rows));
            let (name, rows) = known.chain(unseen).max_by_key(|(_, rows)| *rows)?;
            let most_before = reference.levels().iter().copied().max().unwrap_or(0);
            (rows, most_before, LoneValue::Level(Some(name.clone())))
        }
    };
    let usual = real(most_before) / real(reference.present).max(1.0);
    let is_constant =
        real(rows) >= CONSTANT_SHARE * real(window.present) && binomial_test(rows, window.present, usual) <= CONSTANT_P;
    is_constant.then_some(Change::Constant { value })
}

/// Another shape of the values, if they moved far enough.
fn values(case: &ChangeCase<'_>) -> Option<Change> {
    let CountsOfBoth::Numeric { values, distribution, .. } = case.counts else { return None };
    let drift = case.drift;
    let has_moved = drift.psi.value.is_some_and(|psi| psi >= MIN_DISTANCE)
        || drift.ks.as_ref().is_some_and(|ks| ks.statistic >= MIN_DISTANCE)
        || is_outside(case);
    if has_moved { reshaped(&DistinctValues::new(values?), distribution) } else { None }
}

/// Exact test of the values outside the reference's range, where thin bins may hide them from PSI and KS. The reference has
/// none, which is compatible with three.
fn is_outside(case: &ChangeCase<'_>) -> bool {
    let (reference, window) = case.counts.sides();
    let is_guard = |kind| matches!(kind, PsiBinKind::Below | PsiBinKind::Above);
    let outside: u64 = case.drift.bins.iter().filter(|bin| is_guard(bin.kind)).map(|bin| bin.window).sum();
    real(outside) >= MIN_OUTSIDE * real(window.present).max(1.0)
        && binomial_test(outside, window.present, 3.0 / real(reference.present).max(3.0)) <= MAX_OUTSIDE_P
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use vigie_profile::{
        layout::{Cells, Precision},
        profile::scale,
        sketch::Sketch,
    };
    use vigie_stats::EmptyBins;

    use super::*;
    use crate::drift::{categorical, numeric};

    /// 1,000 rows of which every fourth has no value.
    fn reference() -> Vec<Option<f64>> {
        (0..1_000).map(|row| (row % 4 > 0).then(|| 1_000.0 + f64::from(row))).collect()
    }

    fn change(window: &[Option<f64>], missing_q: Option<f64>) -> Change {
        let values: Vec<(f64, u64)> = reference().into_iter().flatten().map(|value| (value, 1)).collect();
        let cells = Cells::learn(&values, Precision::F64);
        let count = |rows: &[Option<f64>]| {
            let mut counts = CellCounts::empty(&cells);
            for row in rows {
                match row {
                    Some(value) => counts.observe_n(*value, 1, &cells, &scale(&cells)),
                    None => counts.observe_missing(1),
                }
            }
            counts
        };
        let mut sketch = Sketch::default();
        window.iter().flatten().for_each(|value| sketch.observe(*value));
        let (reference, window, distribution) = (count(&reference()), count(window), sketch.distribution());
        let drift = numeric::compare("x", &cells, &reference, &window, Precision::F64, EmptyBins::HalfCount);
        let counts = CountsOfBoth::Numeric {
            reference: &reference,
            window: &window,
            values: Some(&values),
            distribution: &distribution,
        };
        classify(&ChangeCase { drift: &drift, is_absent: false, missing_q, counts })
    }

    #[test]
    fn a_dead_input_is_a_gap_if_chance_cannot_explain_it() {
        assert_eq!(change(&[None; 100], None), Change::Gap { extent: 1.0 });
        assert_eq!(change(&[None; 5], None), Change::Shift, "so few rows may be missing by chance");
    }

    #[test]
    fn missing_values_come_and_go() {
        let half: Vec<Option<f64>> = reference().into_iter().step_by(2).collect();
        assert_eq!(change(&half, Some(0.001)), Change::Gap { extent: 0.25 / 0.75 });
        assert_eq!(change(&half, Some(0.02)), Change::Shift, "no evidence");
        let full: Vec<Option<f64>> = (0..500).map(|row| Some(1_000.0 + 2.0 * f64::from(row))).collect();
        assert_eq!(change(&full, Some(0.001)), Change::Filled { extent: 1.0 });
    }

    #[test]
    fn one_value_everywhere_is_constant() {
        let constant: Vec<Option<f64>> = reference().into_iter().map(|value| value.map(|_| 1_007.0)).collect();
        assert_eq!(change(&constant, None), Change::Constant { value: LoneValue::Number(1_007.0) });
    }

    #[test]
    fn a_few_values_outside_the_range_are_searched_for_a_sentinel() {
        let mut window = reference();
        window.iter_mut().filter(|value| value.is_some()).step_by(40).for_each(|value| *value = Some(365_243.0));
        let found = change(&window, None);
        let Change::Sentinel { value, extent } = found else { panic!("{found:?}") };
        assert!(value.to_bits() == 365_243f64.to_bits() && (extent - 0.025).abs() < 0.005, "{value} in {extent}");
    }

    #[test]
    fn levels_are_constant_or_new() {
        let levels = Levels::new(vec!["a".to_owned(), "b".to_owned()]);
        let count = |rows: &[(&str, u64)]| {
            let mut counts = LevelCounts::empty(&levels);
            rows.iter().for_each(|(level, rows)| counts.observe(Some(level), *rows, &levels));
            counts
        };
        let change = |rows: &[(&str, u64)]| {
            let (reference, window) = (count(&[("a", 600), ("b", 400)]), count(rows));
            let drift = categorical::compare("x", &levels, &reference, &window, EmptyBins::HalfCount);
            let counts = CountsOfBoth::Categorical { levels: &levels, reference: &reference, window: &window };
            classify(&ChangeCase { drift: &drift, is_absent: false, missing_q: None, counts })
        };
        assert_eq!(change(&[("a", 999), ("b", 1)]), Change::Constant { value: LoneValue::Level(Some("a".to_owned())) });
        let new = Change::NewLevel { level: Some("Platform work".to_owned()), others: 0, extent: 0.12 };
        assert_eq!(change(&[("a", 500), ("b", 380), ("Platform work", 120)]), new);
        assert_eq!(change(&[("a", 300), ("b", 700)]), Change::Shift);
    }
}
