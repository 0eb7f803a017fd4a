//! Known pitfalls of drift monitoring, each with the wrong value that it produces and the right one.

use vigie::{
    drift::{FeatureDrift, PsiBinKind},
    judge::{Policy, Severity},
    report::Language,
};
use vigie_stats::chi2;

use crate::support::{
    draw::Draw,
    lab::{Data, judged, learnt, one},
};

fn numbers(parts: &[(f64, usize)]) -> Data {
    Data::Numbers(parts.iter().flat_map(|(value, rows)| std::iter::repeat_n(*value, *rows)).collect())
}

fn near(value: Option<f64>, expected: f64) {
    let value = value.unwrap();
    assert!((value - expected).abs() < 5e-4, "{value} is not {expected}");
}

fn bin(drift: &FeatureDrift, kind: PsiBinKind) -> &vigie::drift::BinCount {
    drift.bins.iter().find(|bin| bin.kind == kind).unwrap()
}

/// The deciles of all rows are [0, 1, 8], so 0 and 1 share a bin and a PSI of 0.28 becomes 0.01.
#[test]
fn collapsed_deciles_of_a_zero_inflated_counter() {
    let reference = numbers(&[(0.0, 700), (1.0, 200), (2.0, 60), (5.0, 30), (8.0, 10)]);
    let window = numbers(&[(0.0, 450), (1.0, 440), (2.0, 68), (5.0, 32), (8.0, 10)]);
    let drift = one(reference, window);
    // The atoms are 0, 1 and 2 (6%). PSI by hand over the bins 0 | 1 | 2 | rest.
    let psi: f64 = [(0.7, 0.45), (0.2, 0.44), (0.06, 0.068), (0.04, 0.042)]
        .iter()
        .map(|(r, w): &(f64, f64)| (w - r) * (w / r).ln())
        .sum();
    assert!(psi > 0.28);
    near(drift.psi.value, psi);
}

/// Equal-width bins detect nothing once one value is 117 million; vigie's bins are cut by rank.
#[test]
fn one_outlier_of_117_million() {
    let mut draw = Draw::seeded(5);
    let mut reference: Vec<f64> = (0..10_000).map(|_| (draw.normal() * 0.5 + 11.5).exp()).collect();
    reference.push(117_000_000.0);
    let window: Vec<f64> = (0..5_000).map(|_| (draw.normal() * 0.5 + 11.95).exp()).collect();
    let equal_width = {
        let share = |values: &[f64], bin: usize| {
            values.iter().filter(|value| (**value / 11_700_000.0) as usize == bin).count() as f64 / values.len() as f64
        };
        (0..10)
            .map(|bin| (share(&reference, bin).max(1e-4), share(&window, bin).max(1e-4)))
            .map(|(r, w): (f64, f64)| (w - r) * (w / r).ln())
            .sum::<f64>()
    };
    assert!(equal_width < 0.03, "the pitfall: {equal_width}");
    let drift = one(Data::Numbers(reference), Data::Numbers(window));
    assert!(drift.psi.value.unwrap() > 0.7, "{:?}", drift.psi);
}

/// Dropping NaN on both sides hides a jump of the missing share.
#[test]
fn missing_from_56_to_43_percent_with_unchanged_values() {
    let mut draw = Draw::seeded(6);
    let mut values = |missing: f64, rows: usize| -> Vec<f64> {
        let gone = (missing * rows as f64).round() as usize;
        (0..rows).map(|row| if row < gone { f64::NAN } else { draw.normal() }).collect()
    };
    let (reference, window) = (values(0.56, 20_000), values(0.43, 4_000));
    let reference = learnt(&[("x".to_owned(), Data::Numbers(reference))]);
    let (drift, verdict) = judged(&reference, &[("x".to_owned(), Data::Numbers(window))], &Policy::default());
    let drift = &drift.features[0];
    assert_eq!(bin(drift, PsiBinKind::Missing).reference, 11_200);
    assert_eq!(bin(drift, PsiBinKind::Missing).window, 1_720);
    near(drift.missing.window_share, 0.43);
    assert!(drift.missing.p_value.unwrap() < 1e-40);
    let by_hand = (0.43f64 - 0.56) * (0.43f64 / 0.56).ln() + (0.57f64 - 0.44) * (0.57f64 / 0.44).ln();
    assert!(drift.psi.value.unwrap() > by_hand - 1e-9, "{:?} < {by_hand}", drift.psi.value);
    assert_eq!(verdict.features[0].severity, Severity::Watch);
    assert!(
        verdict.features[0].opinions.iter().any(|opinion| Language::English.effect(opinion) == "missing 56.0% → 43.0%")
    );
}

#[test]
fn a_constant_feature_is_monitored() {
    let drift = one(numbers(&[(5.0, 1_000)]), numbers(&[(5.0, 500)]));
    near(drift.psi.value, 0.0);
    let drift = one(numbers(&[(5.0, 1_000)]), numbers(&[(5.0, 400), (7.0, 100)]));
    assert_eq!(bin(&drift, PsiBinKind::Above).window, 100);
    assert!(drift.psi.value.unwrap() > 0.25);
    assert!(drift.out_of_range.unwrap().p_value.unwrap() < 1e-20);
    near(drift.ks.map(|ks| ks.statistic), 0.2);
}

#[test]
fn a_feature_that_was_always_missing_is_monitored() {
    let drift = one(numbers(&[(f64::NAN, 1_000)]), numbers(&[(f64::NAN, 500)]));
    near(drift.psi.value, 0.0);
    assert_eq!(drift.ks, None);
    assert_eq!(drift.missing.p_value, None);
    let drift = one(numbers(&[(f64::NAN, 1_000)]), numbers(&[(f64::NAN, 250), (3.0, 250)]));
    assert!(drift.psi.value.unwrap() > 1.0);
    assert!(drift.missing.p_value.unwrap() < 1e-50);
    let drift = one(numbers(&[(3.0, 1_000)]), numbers(&[(f64::NAN, 500)]));
    assert!(drift.psi.value.unwrap() > 1.0);
    assert_eq!(drift.ks, None);
}

fn texts(parts: &[(Option<&str>, usize)]) -> Data {
    Data::Texts(
        parts.iter().flat_map(|(level, rows)| std::iter::repeat_n(level.map(ToOwned::to_owned), *rows)).collect(),
    )
}

#[test]
fn one_level_on_each_side() {
    let drift = one(texts(&[(Some("a"), 1_000)]), texts(&[(Some("a"), 500)]));
    near(drift.psi.value, 0.0);
    assert_eq!(drift.chi2.unwrap().p_value, None);
    let drift = one(texts(&[(Some("a"), 1_000)]), texts(&[(Some("b"), 500)]));
    assert!(drift.psi.value.unwrap() > 1.0);
    near(drift.chi2.map(|chi2| chi2.cramers_v), 1.0);
    assert!(drift.unseen.unwrap().p_value.unwrap() < 1e-100);
}

/// A goodness-of-fit test against the scaled reference divides by zero for one row of a new level.
#[test]
fn one_row_of_a_new_level_is_not_significant() {
    let reference = texts(&[(Some("a"), 6_000), (Some("b"), 3_999), (Some("once"), 1)]);
    let drift = one(reference.clone(), texts(&[(Some("a"), 600), (Some("b"), 399), (Some("new"), 1)]));
    assert!(drift.chi2.unwrap().p_value.unwrap() > 0.05, "{:?}", drift.chi2);
    let unseen = drift.unseen.unwrap();
    assert!(unseen.p_value.unwrap() > 0.05);
    assert_eq!(unseen.levels, [("new".to_owned(), 1)]);
    near(unseen.excess, 0.001 - 0.0001);
    let drift = one(reference, texts(&[(Some("a"), 540), (Some("b"), 340), (Some("new"), 120)]));
    assert!(drift.unseen.unwrap().p_value.unwrap() < 1e-50);
}

/// Yates' correction applies to 2 × 2 tables only, as in `scipy.stats.chi2_contingency` (1.17).
#[test]
fn yates_correction_applies_to_two_by_two_tables_only() {
    let two = chi2::homogeneity(&[700, 300], &[300, 200]).unwrap();
    // chi2_contingency([[700, 300], [300, 200]]).statistic
    assert!((two.statistic.unwrap() - 14.553_374_999_999_999).abs() < 1e-9, "{two:?}");
    // chi2_contingency([[700, 200, 100], [300, 150, 50]]).statistic
    let three = chi2::homogeneity(&[700, 200, 100], &[300, 150, 50]).unwrap();
    assert!((three.statistic.unwrap() - 19.285_714_285_714_285).abs() < 1e-9, "{three:?}");
}

/// Bins are `(lower, upper]`: a value on a cut belongs to the bin below.
#[test]
fn a_value_on_a_cut_belongs_to_the_bin_below() {
    // With 11 rows of 0..=10 the cuts are the integers 1, 2, …, 9.
    let reference = Data::Numbers((0..=10).map(f64::from).collect());
    let drift = one(reference, Data::Numbers(vec![3.0; 50]));
    let hit = drift.bins.iter().find(|bin| bin.window == 50).unwrap();
    // Each of 11 values is an atom with 9% of the rows, so a larger reference is needed for an interval.
    assert_eq!((hit.kind, hit.upper), (PsiBinKind::Atom, Some(3.0)));
    let reference = Data::Numbers((0..=100).map(f64::from).collect());
    let drift = one(reference, Data::Numbers(vec![30.0; 50]));
    let hit = drift.bins.iter().find(|bin| bin.window == 50).unwrap();
    assert_eq!((hit.kind, hit.lower, hit.upper), (PsiBinKind::Interval, Some(20.0), Some(30.0)));
    assert_eq!(hit.reference, 10);
}

#[test]
fn spellings_of_one_level_are_one_level() {
    let reference = texts(&[(Some("1"), 500), (Some("0"), 500)]);
    let window = texts(&[(Some("1"), 100), (Some("0"), 100)]);
    let drift = one(reference, window);
    assert_eq!(drift.unseen.unwrap().distinct, 0);
}
