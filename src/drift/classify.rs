//! Classifies what happened to a feature, by the first rule that fits.

use vigie_profile::{layout::Levels, profile::LevelCounts, sketch::ValueDistribution};
use vigie_stats::proportion::binomial_test;

use super::{
    Change, FeatureDrift, PsiBinKind, distinct_values::DistinctValues, merged::merged, reshaped::reshaped,
    respelled::unseen_levels,
};

/// Least change of the missing share, and the largest q-value of its test.
const MIN_MISSING_CHANGE: f64 = 0.05;
const MAX_MISSING_Q: f64 = 0.01;
/// Least share of rows with unknown levels, and the largest probability of them by chance.
const MIN_UNSEEN: f64 = 0.01;
const MAX_UNSEEN_P: f64 = 0.01;
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

/// What is known of the values of the reference and of the window.
#[derive(Debug, Clone, Copy)]
pub enum CountsOfBoth<'a> {
    Numeric {
        /// The reference's sorted distinct values with their rows; `None` if it has only bins.
        values: Option<&'a [(f64, u64)]>,
        /// The window's.
        distribution: &'a ValueDistribution,
    },
    Categorical {
        levels: &'a Levels,
        reference: &'a LevelCounts,
        window: &'a LevelCounts,
    },
}

/// What happened to a feature.
#[must_use]
pub fn classify(case: &ChangeCase<'_>) -> Change {
    if case.is_absent {
        return Change::Absent;
    }
    let found = missing(case).or_else(|| unseen(case)).or_else(|| constant(case)).or_else(|| merged_levels(case));
    found.or_else(|| values(case)).unwrap_or(Change::Shift)
}

fn missing(case: &ChangeCase<'_>) -> Option<Change> {
    let empty = case.drift.rows_without_value();
    let (before, after) = empty.shares();
    let is_evident = case.missing_q.is_some_and(|q| q <= MAX_MISSING_Q);
    if empty.is_certain() || is_evident && after - before >= MIN_MISSING_CHANGE {
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
    let commonest = case.drift.commonest.as_ref()?;
    let is_constant = case.drift.rows_with(commonest).is_certain();
    is_constant.then(|| Change::Constant { value: commonest.value.clone() })
}

fn merged_levels(case: &ChangeCase<'_>) -> Option<Change> {
    let CountsOfBoth::Categorical { levels, reference, window } = case.counts else { return None };
    merged(levels, reference, window)
}

/// Another shape of the values, if they moved far enough.
fn values(case: &ChangeCase<'_>) -> Option<Change> {
    let CountsOfBoth::Numeric { values, distribution } = case.counts else { return None };
    let drift = case.drift;
    let has_moved = drift.psi.value.is_some_and(|psi| psi >= MIN_DISTANCE)
        || drift.ks.as_ref().is_some_and(|ks| ks.statistic >= MIN_DISTANCE)
        || is_outside(case);
    if has_moved { reshaped(&DistinctValues::new(values?), distribution) } else { None }
}

/// Exact test of the values outside the reference's range, where thin bins may hide them from PSI and KS. The reference has
/// none, which is compatible with three.
fn is_outside(case: &ChangeCase<'_>) -> bool {
    let drift = case.drift;
    let reference = drift.n_reference - drift.empty.reference;
    let window = drift.n_window - drift.empty.window;
    let is_guard = |kind| matches!(kind, PsiBinKind::Below | PsiBinKind::Above);
    let outside: u64 = drift.bins.iter().filter(|bin| is_guard(bin.kind)).map(|bin| bin.window).sum();
    real(outside) >= MIN_OUTSIDE * real(window).max(1.0)
        && binomial_test(outside, window, 3.0 / real(reference).max(3.0)) <= MAX_OUTSIDE_P
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use vigie_profile::{
        layout::{Cells, Precision},
        profile::{CellCounts, scale},
        sketch::Sketch,
    };
    use vigie_stats::EmptyBins;

    use super::*;
    use crate::drift::{CommonValue, categorical, numeric};

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
        let mut drift = numeric::compare("x", &cells, &reference, &window, Precision::F64, EmptyBins::HalfCount);
        drift.set_commonest(&reference, &distribution);
        let counts = CountsOfBoth::Numeric { values: Some(&values), distribution: &distribution };
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
        assert_eq!(change(&constant, None), Change::Constant { value: CommonValue::Number(1_007.0) });
        // Between values of the reference, and not in all rows.
        let mut nearly = constant;
        nearly.iter_mut().flatten().for_each(|value| *value = 1_007.25);
        nearly.iter_mut().flatten().step_by(150).for_each(|value| *value = 1_500.0);
        assert_eq!(change(&nearly, None), Change::Constant { value: CommonValue::Number(1_007.25) });
        nearly.iter_mut().flatten().step_by(70).for_each(|value| *value = 1_500.0);
        assert_ne!(change(&nearly, None), Change::Constant { value: CommonValue::Number(1_007.25) });
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
    fn a_word_for_missing_levels_is_no_value() {
        let mut levels = Levels::new(["a", "b", "none"].map(ToOwned::to_owned).into());
        levels.count_missing_as("none");
        let count = |rows: &[(Option<&str>, u64)]| {
            let mut counts = LevelCounts::empty(&levels);
            rows.iter().for_each(|(level, rows)| counts.observe(*level, *rows, &levels));
            counts
        };
        let (reference, window) =
            (count(&[(Some("a"), 600), (Some("b"), 200), (None, 200)]), count(&[(Some("none"), 900), (None, 100)]));
        let drift = categorical::compare("x", &levels, &reference, &window, EmptyBins::HalfCount);
        let counts = CountsOfBoth::Categorical { levels: &levels, reference: &reference, window: &window };
        let change = classify(&ChangeCase { drift: &drift, is_absent: false, missing_q: None, counts });
        assert_eq!(change, Change::Gap { extent: 1.0 });
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
        assert_eq!(
            change(&[("a", 999), ("b", 1)]),
            Change::Constant { value: CommonValue::Level(Some("a".to_owned())) }
        );
        let new = Change::NewLevel { level: Some("Platform work".to_owned()), others: 0, extent: 0.12 };
        assert_eq!(change(&[("a", 500), ("b", 380), ("Platform work", 120)]), new);
        assert_eq!(change(&[("a", 300), ("b", 700)]), Change::Shift);
    }
}
