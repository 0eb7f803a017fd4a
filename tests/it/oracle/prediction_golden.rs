//! Figures of predicted numbers and classes against scikit-learn's: `tests/oracle/prediction_golden.py` makes the file.

use serde_json::Value;
use vigie_stats::{Interval, Multiclass, PredictionErrors};

fn golden(list: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/prediction_golden.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file[list].as_array().unwrap().clone()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Equal to one part in a trillion of the larger of the value and `scale`.
#[track_caller]
fn same(what: &str, got: f64, want: &Value, scale: f64) {
    let want = want.as_f64().unwrap();
    assert!((got - want).abs() <= 1e-12 * want.abs().max(scale), "{what}: {got:?}, not {want:?}");
}

fn errors(row: &Value) -> PredictionErrors {
    PredictionErrors::new(floats(&row["predicted"]).into_iter().zip(floats(&row["actual"]))).unwrap()
}

#[test]
fn errors_of_numbers_are_those_of_scikit_learn() {
    let rows = golden("numbers");
    assert!(rows.len() >= 7);
    for row in &rows {
        let measured = errors(row);
        // The size of the errors, which a large offset does not change but rounds.
        let scale = row["mae"].as_f64().unwrap();
        let rounding = floats(&row["actual"]).into_iter().fold(0.0_f64, |most, actual| most.max(actual.abs())) * 1e-3;
        same("rmse", measured.rmse.value, &row["rmse"], scale);
        same("mae", measured.mae.value, &row["mae"], scale);
        same("mean error", measured.mean_error.value, &row["mean_error"], scale.max(rounding));
        let r2 = measured.r2.unwrap();
        assert!((r2 - row["r2"].as_f64().unwrap()).abs() <= 1e-9, "r2: {r2}, not {}", row["r2"]);
    }
}

#[test]
fn figures_of_classes_are_those_of_scikit_learn() {
    let rows = golden("classes");
    assert!(rows.len() >= 4);
    for row in &rows {
        let own = row["classes"].as_array().unwrap().iter().map(|class| class.as_u64().unwrap() as usize);
        let probabilities = row["probabilities"].as_array().unwrap().iter().map(floats);
        let pairs: Vec<(Vec<f64>, usize)> = probabilities.zip(own).collect();
        let classes = pairs[0].0.len();
        let measured = Multiclass::new(&pairs, classes).unwrap();
        same("auc", measured.auc.unwrap(), &row["auc"], 1.0);
        same("recall", measured.recall, &row["balanced_accuracy"], 1.0);
        same("accuracy", measured.accuracy.value, &row["accuracy"], 1.0);
        for (class, measured) in measured.classes.iter().enumerate() {
            let value = |share: Option<Interval>| share.map_or(0.0, |share| share.value);
            same("auc of a class", measured.auc.unwrap(), &row["by_class"][class], 1.0);
            same("recall of a class", value(measured.recall), &row["recall"][class], 1.0);
            same("precision of a class", value(measured.precision), &row["precision"][class], 1.0);
        }
    }
}

/// Closed forms against 4,000 bootstrap samples, whose own error is about one in a hundred.
#[test]
fn intervals_of_errors_are_as_wide_as_the_bootstrap_says() {
    let rows = golden("spreads");
    assert_eq!(rows.len(), 2);
    for row in &rows {
        let measured = errors(row);
        for (what, interval) in [("rmse", measured.rmse), ("mae", measured.mae), ("mean_error", measured.mean_error)] {
            let error = (interval.high - interval.low) / 2.0 / 1.959_964;
            let off = error / row["errors"][what].as_f64().unwrap() - 1.0;
            assert!(off.abs() < 0.05, "{what}: {:.1} % off the bootstrap", off * 100.0);
        }
    }
}
