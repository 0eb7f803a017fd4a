//! Tests of the comparison of logged scores with a model’s own, at every precision of a log.

use proptest::prelude::*;
use vigie_profile::decision::{DecisionRule, HighScore};

use super::{
    ScoreTolerance,
    parity::{Pair, ParityOptions, ParityTally},
    precision::LoggedPrecision,
};

const RULE: DecisionRule = DecisionRule { threshold: 0.5, high_score: HighScore::Bad };
const OPTIONS: ParityOptions =
    ParityOptions { rule: Some(RULE), scale: 1.0, tolerance: ScoreTolerance { within: 0.0, is_single: false } };

fn tally(pairs: &[(f64, f64)], first: usize) -> ParityTally {
    let mut tally = ParityTally::default();
    for (row, (logged, replayed)) in pairs.iter().enumerate() {
        let name = format!("r{}", first + row);
        let (key, refused) = ((first + row) as u128, None);
        let pair = Pair { name: &name, key, logged: *logged, replayed: *replayed, refused };
        tally.observe(pair, OPTIONS);
    }
    tally
}

#[test]
fn differing_rows_are_reported_largest_difference_first() {
    let parity = tally(&[(0.25, 0.25), (0.123_456, 0.123_456_4), (0.75, 0.25), (0.6, 0.61)], 0).finish(9);
    assert_eq!((parity.rows, parity.compared, parity.mismatches, parity.decisions_flipped), (9, 4, 2, 1));
    assert_eq!(parity.max_abs_difference, Some(0.5));
    assert_eq!((parity.refused_logged, parity.refused_replayed), (2, 1));
    let ids: Vec<&str> = parity.examples.iter().map(|example| example.id.as_str()).collect();
    assert_eq!(ids, ["r2", "r3"]);
}

#[test]
fn the_logged_decision_counts_where_there_is_one() {
    let mut tally = ParityTally::default();
    for (key, refused) in [None, Some(false), Some(true)].into_iter().enumerate() {
        tally.observe(Pair { name: "r", key: key as u128, logged: 0.25, replayed: 0.25, refused }, OPTIONS);
    }
    let parity = tally.finish(3);
    assert_eq!((parity.mismatches, parity.decisions_flipped), (0, 1));
    assert_eq!((parity.refused_logged, parity.refused_replayed), (1, 0));
}

#[test]
fn a_decision_at_the_threshold_is_compared_at_the_precision_of_the_log() {
    let parity = tally(&[(0.5, 0.499_999_7), (0.123_456, 0.123_456)], 0).finish(2);
    assert_eq!((parity.mismatches, parity.decisions_flipped), (0, 0));
    assert_eq!((parity.refused_logged, parity.refused_replayed), (1, 0));
}

/// Scores of a model, from 0.2% to 95%.
fn scores() -> Vec<f64> {
    (0..4000).map(|row| 1.0 / (1.0 + (6.0 - f64::from(row).sqrt() / 7.01).exp())).collect()
}

/// Mismatches of a log that writes these scores in units of `scale`, as they are and moved by `break_by` units.
fn mismatches(write: &dyn Fn(f64) -> f64, scale: f64, break_by: f64) -> (u64, u64, Vec<LoggedPrecision>) {
    let count = |by: f64| {
        let mut tally = ParityTally::default();
        for (row, exact) in scores().into_iter().enumerate() {
            let (logged, replayed) = (write(exact / scale) * scale, exact + by * scale);
            let pair = Pair { name: "r", key: row as u128, logged, replayed, refused: None };
            tally.observe(pair, ParityOptions { scale, ..OPTIONS });
        }
        tally.finish(1)
    };
    (count(0.0).mismatches, count(break_by).mismatches, count(0.0).precision)
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
fn single(value: f64) -> f32 {
    value as f32
}

/// The unit of the last of this number of decimals.
fn unit(places: usize) -> f64 {
    format!("1e-{places}").parse().unwrap()
}

#[test]
fn rounding_is_never_a_mismatch_and_a_mismatch_shows_under_any_rounding() {
    let all = scores().len() as u64;
    let parsed = |text: String| text.parse::<f64>().unwrap();
    for decimals in [3, 6, 9, 12, 14, 15, 16_usize] {
        let break_by = 2.1 * unit(decimals) + 3e-16;
        let write = |value: f64| parsed(format!("{value:.decimals$}"));
        let (sound, broken, precision) = mismatches(&write, 1.0, break_by);
        assert_eq!((sound, broken), (0, all), "{decimals} decimals ({precision:?})");
        assert_eq!(precision, [LoggedPrecision::Decimals(i8::try_from(decimals).unwrap())]);
    }
    // From 0.1 up, 17 decimals are the full precision of a double.
    let write = |value: f64| parsed(format!("{value:.17}"));
    assert_eq!(mismatches(&write, 1.0, 4e-16), (0, all, vec![LoggedPrecision::Full]));
    for digits in [5, 7, 10, 15, 16, 17_usize] {
        let write = |value: f64| parsed(format!("{value:.0$e}", digits - 1));
        let break_by = 2.1 * unit(digits) + 3e-16;
        let (sound, broken, precision) = mismatches(&write, 1.0, break_by);
        assert_eq!((sound, broken), (0, all), "{digits} significant digits ({precision:?})");
    }
    let cast = |value: f64| f64::from(single(value));
    let text = |value: f64| parsed(single(value).to_string());
    for (write, what) in [(&cast as &dyn Fn(f64) -> f64, "cast"), (&text, "text")] {
        let (sound, broken, precision) = mismatches(write, 1.0, 1e-6);
        assert_eq!((sound, broken, precision), (0, all, vec![LoggedPrecision::Single]), "{what}");
    }
    assert_eq!(mismatches(&|value| value, 1.0, 3e-16), (0, all, vec![LoggedPrecision::Full]));
}

/// Amounts that a service rounds to tens or thousands.
#[test]
fn predictions_rounded_to_powers_of_ten_are_compared_at_them() {
    for power in 1..=4_i8 {
        let unit = 10f64.powi(power.into());
        let amounts = (0..500).map(|row| f64::from(row).sqrt() * 31_415.9);
        let broken = |by: f64| {
            let mut tally = ParityTally::default();
            let options = ParityOptions { rule: None, ..OPTIONS };
            for (key, amount) in amounts.clone().enumerate() {
                let (logged, replayed) = ((amount / unit).round() * unit, amount + by);
                tally.observe(Pair { name: "r", key: key as u128, logged, replayed, refused: None }, options);
            }
            let parity = tally.finish(500);
            (parity.mismatches, parity.precision)
        };
        assert_eq!(broken(0.0), (0, vec![LoggedPrecision::Decimals(-power)]));
        assert_eq!(broken(1.01 * unit).0, 500);
    }
    // Whole numbers stay whole numbers, and a few round ones prove nothing.
    let tally = tally(&[(1_234.0, 1_238.0), (300.0, 300.2), (0.0, 0.4)], 0).finish(3);
    assert_eq!((tally.mismatches, tally.precision), (1, vec![LoggedPrecision::Decimals(0)]));
}

/// A service that logs 0 on errors, and one that cuts scores off at bounds.
#[test]
fn constants_next_to_unrounded_scores_are_compared_as_such() {
    for (write, wrong) in [
        (
            &(|row: usize, score: f64| if row.is_multiple_of(30) { 0.0 } else { score }) as &dyn Fn(usize, f64) -> f64,
            134,
        ),
        (&|row, score| if row == 7 { 1.0 } else { score }, 1),
        (&|_, score| score.clamp(0.1, 0.9), scores().iter().filter(|score| !(0.1..=0.9).contains(*score)).count()),
    ] {
        let pairs: Vec<(f64, f64)> =
            scores().into_iter().enumerate().map(|(row, score)| (write(row, score), score)).collect();
        let parity = tally(&pairs, 0).finish(1);
        assert_eq!((parity.mismatches, parity.precision), (wrong as u64, vec![LoggedPrecision::Full]));
    }
}

/// numpy rounds arrays of 32-bit floats, whose values are widened or written as their shortest texts.
#[test]
fn rounded_floats_of_32_bits_are_compared_at_their_decimals() {
    let all = scores().len() as u64;
    for decimals in [3, 4, 5, 6_usize] {
        let rounded = |value: f64| format!("{value:.decimals$}").parse::<f64>().unwrap();
        let cast = |value: f64| f64::from(single(rounded(value)));
        let text = |value: f64| single(rounded(value)).to_string().parse::<f64>().unwrap();
        for write in [&cast as &dyn Fn(f64) -> f64, &text] {
            let (sound, broken, precision) = mismatches(write, 1.0, 2.1 * unit(decimals));
            assert_eq!((sound, broken), (0, all), "{decimals} decimals ({precision:?})");
            assert_eq!(precision, [LoggedPrecision::Decimals(i8::try_from(decimals).unwrap())]);
        }
    }
}

#[test]
fn floats_of_16_bits_are_compared_as_such() {
    let all = scores().len() as u64;
    // Rounds to 11 significant bits.
    let half = |value: f64| {
        let unit = (value.log2().floor() - 10.0).exp2();
        (value / unit).round() * unit
    };
    let (sound, broken, precision) = mismatches(&half, 1.0, 1e-3);
    assert_eq!((sound, broken), (0, all), "{precision:?}");
    assert_eq!(precision, [LoggedPrecision::Half]);
}

#[test]
fn logs_in_percent_are_compared_in_the_same_way() {
    let all = scores().len() as u64;
    let parsed = |text: String| text.parse::<f64>().unwrap();
    for scale in [0.01, 0.001] {
        for decimals in 0..=11_usize {
            let write = |value: f64| parsed(format!("{value:.decimals$}"));
            let (sound, broken, precision) = mismatches(&write, scale, 2.1 * unit(decimals));
            assert_eq!((sound, broken), (0, all), "{decimals} decimals of {scale} ({precision:?})");
        }
        assert_eq!(mismatches(&|value| f64::from(single(value)), scale, 1e-6 / scale).0, 0);
        let (sound, broken, precision) = mismatches(&|value| value, scale, 1e-12 / scale);
        assert_eq!((sound, broken), (0, all), "all digits of {scale} ({precision:?})");
    }
}

#[test]
fn a_model_is_judged_by_its_promise() {
    let logged = 0.331_812_228_3;
    let broken = |within: f64, is_single: bool, replayed: f64| {
        let options = ParityOptions { tolerance: ScoreTolerance { within, is_single }, ..OPTIONS };
        let mut tally = ParityTally::default();
        // A log that does not round.
        for (key, value) in [logged, 1.0 / 3.0, 2.0 / 7.0].into_iter().enumerate() {
            let replayed = if key == 0 { replayed } else { value };
            tally.observe(Pair { name: "r", key: key as u128, logged: value, replayed, refused: None }, options);
        }
        tally.finish(3).mismatches
    };
    assert_eq!(broken(0.0, false, logged + 1e-12), 1);
    assert_eq!(broken(2e-12, false, logged + 1e-12), 0);
    assert_eq!(broken(2e-12, false, logged + 3e-12), 1);
    // The last bit of a 32-bit float.
    assert_eq!(broken(0.0, true, logged + 2e-8), 0);
    assert_eq!(broken(0.0, true, logged + 2e-7), 1);
}

/// XGBoost returns 32-bit floats: services log their shortest texts, or the same numbers widened.
#[test]
fn scores_of_single_precision_are_compared_in_it() {
    let all = scores().len() as u64;
    let tolerance = ScoreTolerance { within: 0.0, is_single: true };
    let options = ParityOptions { tolerance, ..OPTIONS };
    let text = |value: f32| value.to_string().parse::<f64>().unwrap();
    for write in [&text as &dyn Fn(f32) -> f64, &|value: f32| f64::from(value)] {
        let count = |steps: usize| {
            let mut tally = ParityTally::default();
            for (row, exact) in scores().into_iter().enumerate() {
                let score = single(exact);
                let replayed = f64::from((0..steps).fold(score, |score, _| score.next_up()));
                let pair = Pair { name: "r", key: row as u128, logged: write(score), replayed, refused: None };
                tally.observe(pair, options);
            }
            tally.finish(1).mismatches
        };
        // The last bit depends on the implementation of `exp`.
        assert_eq!((count(0), count(1), count(5)), (0, 0, all));
    }
}

#[test]
fn a_predicted_number_is_compared_without_decisions() {
    let mut tally = ParityTally::default();
    let options = ParityOptions { rule: None, ..OPTIONS };
    for (key, (logged, replayed)) in [(1_234.5, 1_234.5), (17.25, 17.5), (-3.125, -3.125)].into_iter().enumerate() {
        tally.observe(Pair { name: "r", key: key as u128, logged, replayed, refused: Some(true) }, options);
    }
    tally.leave_out(2);
    let parity = tally.finish(5);
    assert_eq!((parity.compared, parity.not_scorable, parity.mismatches), (3, 2, 1));
    assert_eq!((parity.decided, parity.decisions_flipped, parity.refused()), (0, 0, (None, None)));
}

proptest! {
    #[test]
    fn row_order_and_merging_do_not_change_the_result(
        pairs in prop::collection::vec((0.0f64..1.0, 0.0f64..1.0, any::<bool>()), 1..60),
        at in 0usize..60,
    ) {
        let pairs: Vec<(f64, f64)> = pairs
            .into_iter()
            .map(|(logged, other, same)| {
                let logged = (logged * 1e4).round() / 1e4;
                (logged, if same { logged + 2e-5 } else { other })
            })
            .collect();
        let at = at % pairs.len();
        let whole = tally(&pairs, 0).finish(1);
        let mut merged = tally(&pairs[at..], at);
        merged.merge(&tally(&pairs[..at], 0));
        prop_assert_eq!(merged.finish(1), whole);
    }
}
