//! Figures of performance against scikit-learn's: `tests/oracle/performance_golden.py` makes the file this test reads.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "golden values: a missing one must fail the test")]

use proptest::prelude::*;
use serde_json::Value;
use vigie_stats::{Confusion, Estimate, Isotonic, Outcomes, Price, Ranked, loss, ranking, threshold};

const PRICE: Price = Price { false_negative: 10.0, false_positive: 1.0 };

fn golden(list: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/performance_golden.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file[list].as_array().unwrap().clone()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn outcomes(row: &Value) -> Outcomes {
    let labels = row["labels"].as_array().unwrap().iter().map(|label| label == 1);
    Outcomes::from_rows(floats(&row["scores"]).into_iter().zip(labels))
}

/// Equal to 1e-12, or null on both sides.
#[track_caller]
fn same(what: &str, got: Option<f64>, want: &Value) {
    match (got, want.as_f64()) {
        (None, None) => {}
        (Some(got), Some(want)) => {
            let off = (got - want).abs() / want.abs().max(1.0);
            assert!(off <= 1e-12, "{what}: {got:?}, not {want:?}");
        }
        (got, _) => panic!("{what}: {got:?}, not {want}"),
    }
}

fn cells(confusion: Confusion) -> [f64; 4] {
    [confusion.true_positives, confusion.false_positives, confusion.true_negatives, confusion.false_negatives]
}

#[test]
fn measures_are_those_of_scikit_learn() {
    let rows = golden("measures");
    assert!(rows.len() >= 15);
    assert!(rows.iter().any(|row| row["auc"].is_null()), "a window of one class is among them");
    for row in &rows {
        let outcomes = outcomes(row);
        same("auc", ranking::auc(&outcomes), &row["auc"]);
        same("auc variance", ranking::auc_variance(&outcomes), &row["auc_variance"]);
        same("average precision", ranking::average_precision(&outcomes), &row["average_precision"]);
        let variance = ranking::average_precision_variance(&outcomes);
        match (variance, row["average_precision_variance"].as_f64()) {
            // The oracle's is a difference quotient.
            (Some(got), Some(want)) => assert!((got - want).abs() <= 1e-8 * want.max(1e-3), "{got:?}, not {want:?}"),
            (got, want) => assert_eq!(got, want, "average precision variance"),
        }
        same("brier", loss::brier(&outcomes).map(|interval| interval.value), &row["brier"]);
        same("log loss", loss::log_loss(&outcomes).map(|interval| interval.value), &row["log_loss"]);
        for decided in row["decisions"].as_array().unwrap() {
            let confusion = outcomes.confusion(decided["threshold"].as_f64().unwrap());
            assert_eq!(cells(confusion).to_vec(), floats(&decided["confusion"]));
            same("recall", confusion.recall(), &decided["recall"]);
            same("precision", confusion.precision(), &decided["precision"]);
            same("f1", confusion.f_beta(1.0), &decided["f1"]);
            same("f2", confusion.f_beta(2.0), &decided["f2"]);
            same("cost", Some(confusion.cost(PRICE)), &decided["cost"]);
        }
        let cheapest = threshold::cheapest(&outcomes, PRICE).unwrap();
        same("cheapest", Some(cheapest.cost), &row["cheapest"]["cost"]);
        same("cheapest threshold", cheapest.threshold, &row["cheapest"]["threshold"]);
        if row["curve"].is_object() {
            let curve = loss::calibration_curve(&outcomes, 5);
            let (shares, scores) = (floats(&row["curve"]["share"]), floats(&row["curve"]["mean_score"]));
            assert_eq!(curve.len(), shares.len());
            for (bin, (share, score)) in curve.iter().zip(shares.iter().zip(&scores)) {
                assert!((bin.share - share).abs() <= 1e-12 && (bin.mean_score - score).abs() <= 1e-12, "{bin:?}");
            }
        }
    }
}

/// Closed forms against 4,000 bootstrap samples, whose own error is about one in a hundred.
#[test]
fn intervals_are_as_wide_as_the_bootstrap_says() {
    let rows = golden("spreads");
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let outcomes = outcomes(row);
        let confusion = outcomes.confusion(row["threshold"].as_f64().unwrap());
        let terms = vigie::performance::Terms {
            threshold: 0.4,
            price: PRICE,
            beta: 1.0,
            high_score: vigie_profile::decision::HighScore::Bad,
        };
        let realised = vigie::performance::Realised::new(&outcomes, terms).unwrap();
        let ours = [
            ("auc", realised.auc),
            ("average_precision", realised.average_precision_interval),
            ("brier", realised.brier),
            ("log_loss", realised.log_loss),
            ("recall", realised.recall),
            ("precision", realised.precision),
            ("f1", realised.f_beta),
            ("f2", confusion.f_beta_interval(2.0)),
            ("cost_per_1000", Some(realised.cost_per_1000())),
        ];
        for (what, interval) in ours {
            let interval = interval.unwrap();
            let error = (interval.high - interval.low) / 2.0 / 1.959_964;
            let off = error / row["errors"][what].as_f64().unwrap() - 1.0;
            assert!(off.abs() < 0.05, "{what}: {:.1} % off the bootstrap", off * 100.0);
        }
    }
}

#[test]
fn a_ratio_of_shares_has_the_interval_of_statsmodels() {
    let rows = golden("ratios");
    assert!(rows.len() >= 4);
    for row in rows {
        let counts: Vec<u64> = row["counts"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect();
        let ratio = vigie_stats::proportion::ratio(counts[0], counts[1], counts[2], counts[3]).unwrap();
        same("ratio", Some(ratio.value), &row["ratio"]);
        same("low", Some(ratio.low), &row["low"]);
        same("high", Some(ratio.high), &row["high"]);
    }
    let nobody = vigie_stats::proportion::ratio(0, 50, 40, 50).unwrap();
    assert!(nobody.value == 0.0 && nobody.low == 0.0 && (0.0..0.5).contains(&nobody.high), "{nobody:?}");
    assert_eq!(vigie_stats::proportion::ratio(1, 50, 0, 50), None);
}

#[test]
fn f_beta_of_nothing_right_or_nothing_wrong_still_leaves_room_for_chance() {
    let all_wrong =
        Confusion { false_positives: 30.0, false_negatives: 10.0, true_negatives: 60.0, true_positives: 0.0 };
    let interval = all_wrong.f_beta_interval(1.0).unwrap();
    assert!(interval.value == 0.0 && interval.low == 0.0 && (0.1..0.25).contains(&interval.high), "{interval:?}");
    let all_right = Confusion { true_positives: 40.0, true_negatives: 60.0, ..Confusion::default() };
    let interval = all_right.f_beta_interval(2.0).unwrap();
    assert!(interval.value >= 1.0 && interval.high >= 1.0 && (0.6..0.95).contains(&interval.low), "{interval:?}");
    assert_eq!(Confusion { true_negatives: 9.0, ..Confusion::default() }.f_beta_interval(1.0), None);
}

#[test]
fn calibrated_scores_and_what_is_expected_of_them() {
    for row in golden("isotonic") {
        let learnt = outcomes(&row);
        let curve = Isotonic::fit(&learnt);
        for (asked, chance) in floats(&row["asked"]).into_iter().zip(floats(&row["chances"])) {
            let got = curve.predict(asked).unwrap();
            assert!((got - chance).abs() <= 1e-12, "{asked}: {got}, not {chance}");
        }
        let expected = Outcomes::expected(&Ranked::new(floats(&row["window"])), &curve);
        same("expected auc", ranking::auc(&expected), &row["auc"]);
        for at in row["expected"].as_array().unwrap() {
            let estimate =
                Estimate::new(expected.steps().iter().copied(), at["threshold"].as_f64().unwrap(), learnt.rows());
            for (got, want) in cells(estimate.confusion).into_iter().zip(floats(&at["confusion"])) {
                assert!((got - want).abs() <= 1e-10, "{got}, not {want}");
            }
        }
    }
}

#[test]
fn nothing_is_said_of_nothing() {
    let nothing = Outcomes::from_rows([]);
    assert_eq!(ranking::auc(&nothing), None);
    assert_eq!(ranking::auc_interval(&nothing), None);
    assert_eq!(ranking::average_precision(&nothing), None);
    assert_eq!(loss::brier(&nothing), None);
    assert_eq!(loss::log_loss(&nothing), None);
    assert_eq!(loss::calibration_curve(&nothing, 10), []);
    assert_eq!(threshold::cheapest(&nothing, PRICE), None);
    assert_eq!(nothing.confusion(0.5).recall(), None);
    assert_eq!(nothing.confusion(0.5).cost_per_1000(PRICE), None);
    assert_eq!(Isotonic::fit(&nothing).predict(0.5), None);
    assert_eq!(Outcomes::from_rows([(f64::NAN, true)]), nothing);
}

fn rows() -> impl Strategy<Value = Vec<(f64, bool)>> {
    prop::collection::vec(((0..=40u32).prop_map(|score| f64::from(score) / 40.0), any::<bool>()), 0..200)
}

proptest! {
    #[test]
    fn the_order_of_rows_never_matters(mut rows in rows()) {
        let before = Outcomes::from_rows(rows.clone());
        rows.reverse();
        prop_assert_eq!(Outcomes::from_rows(rows), before);
    }

    #[test]
    fn turning_scores_round_turns_the_auc_round(rows in rows()) {
        let turned = Outcomes::from_rows(rows.iter().map(|(score, is)| (1.0 - score, *is)));
        match (ranking::auc(&Outcomes::from_rows(rows)), ranking::auc(&turned)) {
            (Some(auc), Some(turned)) => prop_assert!((auc + turned - 1.0).abs() < 1e-12),
            (auc, turned) => prop_assert_eq!(auc, turned),
        }
    }

    #[test]
    fn no_threshold_is_cheaper_than_the_cheapest(rows in rows(), asked in 0.0..1.2f64) {
        let outcomes = Outcomes::from_rows(rows);
        if let Some(cheapest) = threshold::cheapest(&outcomes, PRICE) {
            prop_assert!(outcomes.confusion(asked).cost(PRICE) >= cheapest.cost);
            let again = outcomes.confusion(cheapest.threshold.unwrap_or(f64::INFINITY));
            prop_assert!((again.cost(PRICE) - cheapest.cost).abs() < 1e-9);
        }
    }

    #[test]
    fn a_calibration_rises_and_keeps_the_sum(rows in rows()) {
        let outcomes = Outcomes::from_rows(rows.clone());
        let curve = Isotonic::fit(&outcomes);
        let chances: Vec<f64> = (0..=50).filter_map(|step| curve.predict(f64::from(step) / 50.0)).collect();
        prop_assert!(chances.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(chances.iter().all(|chance| (0.0..=1.0).contains(chance)));
        let scores: Vec<f64> = rows.iter().map(|(score, _)| *score).collect();
        let expected = Outcomes::expected(&Ranked::new(scores.clone()), &curve);
        prop_assert!((expected.positives() - outcomes.positives()).abs() < 1e-9);
        prop_assert!((expected.rows() - outcomes.rows()).abs() < 1e-9);
    }

    #[test]
    fn intervals_hold_their_value(rows in rows(), asked in 0.0..1.0f64) {
        let outcomes = Outcomes::from_rows(rows.clone());
        for interval in [ranking::auc_interval(&outcomes), loss::brier(&outcomes), loss::log_loss(&outcomes)].into_iter().flatten() {
            prop_assert!(interval.contains(interval.value), "{:?}", interval);
        }
        let scores: Vec<f64> = rows.iter().map(|(score, _)| *score).collect();
        let expected = Outcomes::expected(&Ranked::new(scores.clone()), &Isotonic::fit(&outcomes));
        let estimate = Estimate::new(expected.steps().iter().copied(), asked, outcomes.rows());
        let of = [estimate.auc, estimate.recall(), estimate.precision(), estimate.f_beta(2.0), Some(estimate.cost(PRICE))];
        for interval in of.into_iter().flatten() {
            prop_assert!(interval.low <= interval.value + 1e-12 && interval.value <= interval.high + 1e-12, "{:?}", interval);
        }
    }
}
