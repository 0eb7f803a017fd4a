//! Tests of the comparison with the feature table.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float32Array, Float64Array, types::Int32Type};
use proptest::prelude::*;
use vigie_profile::layout::{Cells, Feature, Levels, Precision, Shape};

use super::*;
use crate::drift::CommonValue;

fn numeric() -> Vec<Feature> {
    let cells = Cells::learn(&[(0.0, 1), (1.0, 1)], Precision::F64);
    vec![Feature { name: "x".to_owned(), shape: Shape::Numeric(cells) }]
}

fn categorical(missing: Option<&str>) -> Vec<Feature> {
    let mut levels = Levels::new(["a", "b", "MISSING"].map(ToOwned::to_owned).into());
    missing.into_iter().for_each(|missing| levels.count_missing_as(missing));
    vec![Feature { name: "x".to_owned(), shape: Shape::Categorical(levels) }]
}

fn rows(features: &[Feature], array: ArrayRef) -> FeatureRows {
    let mut rows = FeatureRows::new(features);
    let all: Vec<usize> = (0..array.len()).collect();
    rows.push(&all, &[Some(array)]);
    rows
}

fn compare(features: &[Feature], logged: ArrayRef, stored: ArrayRef) -> Option<FeatureSkew> {
    let pairs: Vec<(usize, usize)> = (0..logged.len()).map(|row| (row, row)).collect();
    let (logged, stored) = (rows(features, logged), rows(features, stored));
    Skew::compare(features, (&logged, &stored), &pairs).unequal.pop()
}

/// NaN is missing.
fn numbers(pairs: &[(f64, f64)]) -> Option<FeatureSkew> {
    let column = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let (logged, stored) = pairs.iter().copied().unzip();
    compare(&numeric(), column(logged), column(stored))
}

fn kind(pairs: &[(f64, f64)]) -> Option<SkewKind> {
    numbers(pairs).map(|skew| skew.kind)
}

fn levels(missing: Option<&str>, pairs: &[(Option<&str>, Option<&str>)]) -> Option<SkewKind> {
    let column =
        |values: Vec<Option<&str>>| Arc::new(values.into_iter().collect::<DictionaryArray<Int32Type>>()) as ArrayRef;
    let (logged, stored) = pairs.iter().copied().unzip();
    compare(&categorical(missing), column(logged), column(stored)).map(|skew| skew.kind)
}

/// Values of many sizes with all of their digits.
fn values() -> Vec<f64> {
    (1..400).map(|row| (f64::from(row) * 0.7).exp().rem_euclid(1e7) / 3.0 - 9.0).collect()
}

fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap()
}

#[test]
fn numbers_are_equal_at_the_precision_of_the_log() {
    for digits in 3..=17 {
        let pairs: Vec<(f64, f64)> = values().into_iter().map(|value| (rounded(value, digits), value)).collect();
        assert_eq!(numbers(&pairs), None, "{digits} digits");
    }
    for decimals in 0..6 {
        let round = |value: f64| format!("{value:.decimals$}").parse().unwrap();
        let pairs: Vec<(f64, f64)> = values().into_iter().map(|value| (round(value), value)).collect();
        assert_eq!(numbers(&pairs), None, "{decimals} decimals");
    }
    // Last bits of sums in another order.
    let sums: Vec<(f64, f64)> = values().into_iter().map(|value| (value * (1.0 + 3e-12), value)).collect();
    assert_eq!(numbers(&sums), None);
    // Integers are not rounded to tens because many are.
    let off: Vec<(f64, f64)> = (0..50).map(|row| (f64::from(row * 10), f64::from(row * 10 + 1))).collect();
    assert_eq!(kind(&off), Some(SkewKind::Offset { by: -1.0 }));
}

#[test]
fn single_precision_is_equal_with_all_digits_and_in_its_shortest_text() {
    let stored = values();
    let single: Vec<f32> = stored.iter().map(|value| format!("{value}").parse().unwrap()).collect();
    let column = |values: &[f64]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    assert_eq!(compare(&numeric(), Arc::new(Float32Array::from(single.clone())), column(&stored)), None);
    let shortest: Vec<f64> = single.iter().map(|value| value.to_string().parse().unwrap()).collect();
    assert_eq!(compare(&numeric(), column(&shortest), column(&stored)), None);
    // The next single-precision number is another.
    let next: Vec<f32> = single.iter().map(|value| value.next_up()).collect();
    let found = compare(&numeric(), Arc::new(Float32Array::from(next)), column(&stored)).unwrap();
    assert!(found.rows() > 300 && found.kind == SkewKind::Other, "{found:?}");
}

/// Some rows of a service that does not round do not show that the others are not rounded.
#[test]
fn rows_of_two_precisions_are_equal() {
    let mix = |(row, value): (usize, f64)| (if row % 3 == 0 { value } else { rounded(value, 6) }, value);
    assert_eq!(numbers(&values().into_iter().enumerate().map(mix).collect::<Vec<_>>()), None);
}

#[test]
fn factors_and_amounts_are_found_whatever_is_rounded() {
    for factor in [365.0, 1.0 / 365.0, 1000.0, 0.001, 12.0, -1.0, 1.3] {
        for digits in [6, 17] {
            let pairs: Vec<(f64, f64)> =
                values().into_iter().map(|value| (rounded(value * factor, digits), rounded(value, digits))).collect();
            let Some(SkewKind::Factor { factor: found }) = kind(&pairs) else { panic!("{factor}: {:?}", kind(&pairs)) };
            assert!((found / factor - 1.0).abs() < 1e-5, "{found} {factor}");
            let is_exact = found.to_bits() == factor.to_bits();
            assert!(is_exact || factor.to_bits() == 1.3_f64.to_bits(), "well-known factors are exact: {found}");
        }
    }
    // In a tenth of the rows.
    let some: Vec<(f64, f64)> = values()
        .into_iter()
        .enumerate()
        .map(|(row, value)| (if row % 10 == 0 { value * 1e3 } else { value }, value))
        .collect();
    let found = numbers(&some).unwrap();
    assert_eq!((found.kind.clone(), found.different, found.compared), (SkewKind::Factor { factor: 1e3 }, 40, 399));
    let days: Vec<(f64, f64)> = (0..200).map(|row| (f64::from(-row - 1), f64::from(-row))).collect();
    assert_eq!(kind(&days), Some(SkewKind::Offset { by: -1.0 }));
}

#[test]
fn missing_values_and_sentinels_are_told_apart() {
    let nan = f64::NAN;
    let with = |broken: (f64, f64)| -> Vec<(f64, f64)> {
        let equal = values().into_iter().map(|value| (value, value));
        equal.chain(std::iter::repeat_n(broken, 30)).chain([(nan, nan)]).collect()
    };
    assert_eq!(kind(&with((nan, 5.0))), Some(SkewKind::MissingInLog));
    let constant = |value, of_missing| SkewKind::Constant { value: CommonValue::Number(value), of_missing };
    assert_eq!(kind(&with((365_243.0, nan))), Some(constant(365_243.0, true)));
    assert_eq!(kind(&with((-0.0, nan))), Some(constant(0.0, true)));
    assert_eq!(kind(&with((0.0, 1.0))), Some(constant(0.0, false)), "another value of a flag");
    let many: Vec<(f64, f64)> = (0..40).map(|row| (f64::from(row), nan)).collect();
    assert_eq!(kind(&many), Some(SkewKind::MissingInTable));
    let default: Vec<(f64, f64)> = (1..40).map(|row| (0.0, f64::from(row))).collect();
    assert_eq!(kind(&default), Some(constant(0.0, false)));
    let few: Vec<(f64, f64)> = with((nan, nan)).into_iter().chain([(7.0, 8.0), (7.0, 9.0)]).collect();
    assert_eq!(kind(&few), Some(SkewKind::Other), "two rows may be those of one applicant");
}

/// Values of another row are not reported as a factor, an offset or a constant.
#[test]
fn values_of_other_rows_have_no_common_cause() {
    let all = values();
    let other: Vec<(f64, f64)> = all.iter().copied().zip(all.iter().copied().cycle().skip(7)).collect();
    assert_eq!(kind(&other), Some(SkewKind::Other));
    let flags: Vec<(f64, f64)> = (0..200).map(|row| (f64::from(row % 2), f64::from(row / 2 % 2))).collect();
    assert_eq!(kind(&flags), Some(SkewKind::Other));
    let gaps: Vec<(f64, f64)> = (0..200)
        .map(|row| if row % 2 == 0 { (f64::NAN, f64::from(row)) } else { (f64::from(row), f64::NAN) })
        .collect();
    assert_eq!(kind(&gaps), Some(SkewKind::Other));
}

#[test]
fn levels_are_renamed_one_to_one() {
    let named = |pairs: &[(&'static str, &'static str)]| -> Vec<(Option<&'static str>, Option<&'static str>)> {
        pairs.iter().flat_map(|(logged, stored)| std::iter::repeat_n((Some(*logged), Some(*stored)), 10)).collect()
    };
    let Some(SkewKind::Renamed { levels: found, more: 0 }) =
        levels(None, &named(&[("A", "a"), ("b", "b"), ("C", "c")]))
    else {
        panic!()
    };
    let found: Vec<_> =
        found.iter().map(|one| (one.stored.as_deref().unwrap(), one.logged.as_deref().unwrap())).collect();
    assert_eq!(found, [("a", "A"), ("c", "C")]);
    // All rows exchanged, and some rows of other applicants.
    assert!(matches!(levels(None, &named(&[("a", "b"), ("b", "a")])), Some(SkewKind::Renamed { .. })));
    let old = named(&[("a", "b"), ("b", "a"), ("a", "a"), ("b", "b")]);
    assert_eq!(levels(None, &old), Some(SkewKind::Other));
    // Several levels under one name.
    let merged = levels(None, &named(&[("other", "a"), ("other", "b"), ("other", "c")]));
    let value = CommonValue::Level(Some("other".to_owned()));
    assert_eq!(merged, Some(SkewKind::Constant { value, of_missing: false }));
}

#[test]
fn a_missing_level_and_the_word_for_it_are_equal() {
    let pairs = [(None, Some("MISSING")), (Some("MISSING"), None), (Some("a"), Some("a"))];
    assert_eq!(levels(Some("MISSING"), &pairs), None);
    assert_eq!(levels(None, &pairs), Some(SkewKind::Other));
}

/// Readers of Parquet deliver levels as written, readers of JSON in canonical spelling.
#[test]
fn spellings_of_one_level_are_equal() {
    let pairs = [
        (None, Some("__MISSING__")),
        (Some("nan"), None),
        (Some("1"), Some("1.0")),
        (Some("True"), Some("1")),
        (Some("a"), Some("a")),
    ];
    assert_eq!(levels(None, &pairs), None);
    assert_eq!(levels(Some("MISSING"), &pairs), None);
    assert_eq!(levels(None, &[(Some("a"), Some("__MISSING__"))]), Some(SkewKind::MissingInTable));
}

#[test]
fn a_feature_that_the_table_does_not_have_is_not_compared() {
    let features = numeric();
    let mut stored = FeatureRows::new(&features);
    stored.push(&[0, 2], &[None]);
    let logged = rows(&features, Arc::new(Float64Array::from(vec![1.0, 2.0])));
    let skew = Skew::compare(&features, (&logged, &stored), &[(0, 1), (1, 0)]);
    assert_eq!((skew.compared, skew.features, skew.unequal.len()), (2, 0, 0));
    assert_eq!(skew.not_in_table, ["x"]);
}

proptest! {
    /// Equal data have no finding at any rounding.
    #[test]
    fn equal_data_are_equal_at_any_rounding(
        stored in proptest::collection::vec(prop_oneof![
            9 => -1e9..1e9_f64, 3 => -1.0..1.0_f64, 2 => (-30_i32..30).prop_map(f64::from), 1 => Just(f64::NAN)
        ], 1..60),
        digits in 1_usize..=17,
        decimals in 0_usize..9,
        by_digits: bool,
        single: bool,
    ) {
        let round = |value: f64| -> f64 {
            if value.is_nan() {
                value
            } else if single {
                let single: f32 = value.to_string().parse().unwrap();
                if by_digits { f64::from(single) } else { single.to_string().parse().unwrap() }
            } else if by_digits {
                rounded(value, digits)
            } else {
                format!("{value:.decimals$}").parse().unwrap()
            }
        };
        let pairs: Vec<(f64, f64)> = stored.iter().map(|value| (round(*value), *value)).collect();
        prop_assert_eq!(numbers(&pairs), None);
    }

    /// A row that is off by more than the rounding is counted, and no other.
    #[test]
    fn every_unequal_row_is_counted(
        stored in proptest::collection::vec(1.0..1e6_f64, 40..80),
        broken in proptest::collection::btree_set(0_usize..40, 1..20),
    ) {
        let pairs: Vec<(f64, f64)> = stored
            .iter()
            .enumerate()
            .map(|(row, value)| (rounded(if broken.contains(&row) { value * 1.7 + 3.0 } else { *value }, 6), *value))
            .collect();
        prop_assert_eq!(numbers(&pairs).unwrap().rows(), broken.len() as u64);
    }
}
