//! Scores that are not the probability of one of two classes: the number of a regression, and the probability of a class.

use std::fs;

use serde_json::{Value, json};

use crate::{
    story::parity::{model, raw as predicted},
    support::{
        applicants::{Applicant, applicants, training_csv},
        world::World,
    },
};

/// The hand-written model as a regression: it predicts the sum of leaves.
pub(crate) fn regression() -> Value {
    let mut regression = model();
    regression["model_info"]["params"]["loss_function"]["type"] = "RMSE".into();
    regression
}

/// Three classes by age and income; every leaf has three values.
pub(crate) fn classes() -> Value {
    json!({
        "features_info": {"float_features": [
            {"feature_index": 0, "flat_feature_index": 0, "feature_id": "AGE", "borders": [40.5]},
            {"feature_index": 1, "flat_feature_index": 1, "feature_id": "INCOME", "borders": [45000.5], "has_nans": true,
             "nan_value_treatment": "AsTrue"},
        ]},
        "oblivious_trees": [
            {"leaf_values": [0.5, 0.0, -0.5, 0.25, 0.125, -0.75, -0.25, 0.5, 0.125, -1.0, 0.25, 0.5],
             "splits": [{"split_index": 0}, {"split_index": 1}], "leaf_weights": [10, 20, 30, 40]},
        ],
        "scale_and_bias": [1, [0, 0, 0]],
        "model_info": {
            "params": {"loss_function": {"type": "MultiClass", "params": {}}},
            "class_params": {"class_label_type": "String", "class_names": ["low", "mid", "high"],
                             "class_to_label": [0, 1, 2], "classes_count": 0},
        },
    })
}

/// The probability of the class `high`, as the log rounds it.
pub(crate) fn high(one: &Applicant) -> f64 {
    let income = one.income.is_none_or(|income| income > 45_000.5);
    let leaf = usize::from(one.age > 40) + 2 * usize::from(income);
    let values = &[[0.5, 0.0, -0.5], [0.25, 0.125, -0.75], [-0.25, 0.5, 0.125], [-1.0, 0.25, 0.5]][leaf];
    let powers = values.map(f64::exp);
    (powers[2] / powers.iter().sum::<f64>() * 1e9).round() / 1e9
}

/// A world whose reference was learnt with a model, and whose log holds what `write` gives as `out`.
pub(crate) fn world(model: &Value, learn: &[&str], write: impl Fn(usize, &Applicant) -> Value) -> World {
    let world = World::new();
    world.file("model.json", model.to_string());
    world.file("train.csv", training_csv(1_000));
    let arguments = ["learn", "--data", "train.csv", "--model", "model.json", "--out", "ref.vigie"];
    world.vigie(&[&arguments[..], learn].concat()).ok();
    let lines = applicants(300, 5).into_iter().enumerate().map(|(row, one)| {
        format!("{}\n", json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "out": write(row, &one)}))
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    world
}

fn config(world: &World, model: &str, field: &str) {
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, file: model.json{model}}}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {{timestamp: ts, \
             features: inputs, {field}: out, id: id}}\npolicy: {{min_rows: 100, attribution: true}}\nreports: {{dir: reports}}\n"
        ),
    );
}

fn checked(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

fn page(world: &World) -> String {
    fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap()
}

#[test]
fn a_predicted_number_is_watched_and_compared() {
    let world = world(&regression(), &[], |_, one| json!(predicted(one)));
    config(&world, "", "prediction");
    let report = checked(&world);
    let score = &report["score"];
    assert!(score["psi"]["value"].as_f64().unwrap() < 0.1, "{score}");
    assert!(score["ks"]["statistic"].as_f64().is_some(), "{score}");
    assert_eq!((&score["refused_share"]["window"], &score["histogram"]), (&Value::Null, &Value::Null));
    assert!(score["null_reasons"]["refused_share.window"].as_str().unwrap().contains("predicted number"), "{score}");
    let replay = &report["replay"];
    assert_eq!((&replay["compared"], &replay["mismatches"]), (&300.into(), &0.into()), "{replay}");
    assert_eq!(replay["refused_share"], json!({"logged": null, "replayed": null}));
    assert_eq!((&report["performance"], &report["cost"]), (&Value::Null, &Value::Null));
    assert_eq!(report["attribution"]["rows"], 300);
    assert!(page(&world).contains("none: the model predicts a number"));

    let id = applicants(300, 5)[7].id.clone();
    let explain = ["explain", "--config", "vigie.yaml", "--id", &id];
    let told = world.vigie(&[&explain[..], &["--format", "json"]].concat());
    // The hand-written leaves have equal weights, so that contributions exist.
    let told: Value = serde_json::from_str(&told.ok().stdout).unwrap();
    assert_eq!(
        (&told["probability"], &told["threshold"], &told["decision"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!((told["prediction"].as_f64().unwrap() - predicted(&applicants(300, 5)[7])).abs() < 1e-12, "{told}");
    assert!(told["reason"].as_str().unwrap().contains("no decision follows"), "{told}");
    let text = world.vigie(&explain).ok().stdout;
    assert!(text.contains("predicted: ") && !text.contains("threshold"), "{text}");
}

#[test]
fn a_predicted_number_that_moves_is_a_finding_of_the_score() {
    let world = world(&regression(), &[], |_, one| json!(predicted(one) + 1.5));
    config(&world, "", "prediction");
    let report = checked(&world);
    let tests: Vec<&str> =
        report["verdict"]["findings"].as_array().unwrap().iter().map(|one| one["test"].as_str().unwrap()).collect();
    assert!(tests.contains(&"parity") && tests.contains(&"score"), "{tests:?}");
    assert!(!tests.contains(&"share_refused"), "{tests:?}");
}

#[test]
fn what_needs_a_probability_is_refused_for_a_number() {
    let world = world(&regression(), &[], |_, one| json!(predicted(one)));
    config(&world, "", "probability");
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("the score of the reference is a predicted number; map `source.fields.prediction`"),
        "{}",
        ran.stderr
    );
    config(&world, "", "prediction");
    let ran = world.vigie(&[
        "replay",
        "--config",
        "vigie.yaml",
        "--from",
        "2026-10-01",
        "--to",
        "2026-10-02",
        "--model",
        "model.json",
    ]);
    assert!(ran.stderr.contains("it makes no decisions to compare with the logged ones"), "{}", ran.stderr);
    let score = ["score", "--model", "model.json", "--data", "train.csv", "--out", "out.csv", "--output"];
    let ran = world.vigie(&[&score[..], &["probability"]].concat());
    assert!(ran.stderr.contains("the model is not a classifier; use --output prediction"), "{}", ran.stderr);
    let ran = world.vigie(&[&score[..], &["decision"]].concat());
    assert!(ran.stderr.contains("the model has no classes"), "{}", ran.stderr);
    world.vigie(&[&score[..], &["raw,prediction"]].concat()).ok();
    let out = fs::read_to_string(world.path("out.csv")).unwrap();
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("raw,prediction"));
    assert!(lines.all(|line| line.split_once(',').is_some_and(|(raw, prediction)| raw == prediction)), "{out}");
}

#[test]
fn the_probability_of_a_class_is_a_score_like_any_other() {
    let world = world(&classes(), &["--class", "high"], |_, one| json!(high(one)));
    config(&world, ", class: high, threshold: 0.3", "probability");
    let report = checked(&world);
    let replay = &report["replay"];
    assert_eq!((&replay["compared"], &replay["mismatches"]), (&300.into(), &0.into()), "{replay}");
    let refused = applicants(300, 5).iter().filter(|one| high(one) >= 0.3).count() as f64 / 300.0;
    let share = report["score"]["refused_share"]["window"].as_f64().unwrap();
    assert!((share - refused).abs() < 1e-12, "{share}, {refused} expected");
    assert_eq!(report["attribution"]["rows"], 300);
    let one = &applicants(300, 5)[7];
    let explain = ["explain", "--config", "vigie.yaml", "--id", &one.id, "--format", "json"];
    let told: Value = serde_json::from_str(&world.vigie(&explain).ok().stdout).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    assert!((number(&told["probability"]) - high(one)).abs() < 1e-9, "{told}");
    let contributions = told["contributions"].as_array().unwrap();
    assert_eq!(contributions.len(), 2);
    let sum: f64 = contributions.iter().map(|one| number(&one["contribution"])).sum();
    assert!((sum + number(&told["expected_value"]) - number(&told["raw"])).abs() < 1e-12, "{told}");

    // Another class is another score.
    config(&world, ", class: low, threshold: 0.3", "probability");
    let other = checked(&world);
    assert_ne!(other["run"]["model"]["sha256"], report["run"]["model"]["sha256"]);
    assert!(other["replay"]["mismatches"].as_u64().unwrap() > 250, "{}", other["replay"]);
    let cause = &other["replay"]["cause"];
    assert_eq!((&cause["kind"], &cause["class"]), (&"another_class".into(), &"high".into()), "{}", other["replay"]);
    config(&world, "", "probability");
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.stderr.contains("the model has the classes `low`, `mid`, `high`"), "{}", ran.stderr);
    config(&world, ", class: hihg", "probability");
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.stderr.contains("the model has no class `hihg`; did you mean `high`?"), "{}", ran.stderr);
}

#[test]
fn logged_probabilities_of_classes_are_compared_by_the_chosen_one() {
    let world = World::new();
    world.file("model.json", classes().to_string());
    world.file("train.csv", training_csv(1_000));
    let learn = ["learn", "--data", "train.csv", "--out", "ref.vigie", "--ignore", "TARGET,p"];
    world.vigie(&learn).ok();
    let lines = applicants(300, 5).into_iter().enumerate().map(|(row, one)| {
        let (high, rest) = (high(&one), 1.0 - high(&one));
        let high = if row == 9 { high / 2.0 } else { high };
        let out = json!({"high": high, "mid": rest / 2.0, "low": rest / 2.0});
        format!("{}\n", json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "out": out}))
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    world.file(
        "vigie.yaml",
        "model: {name: m, file: model.json, class: high}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {timestamp: ts, \
         features: inputs, probabilities: {low: out.low, mid: out.mid, high: out.high}, id: id}\npolicy: {min_rows: 100}\n\
         reports: {dir: reports}\n",
    );
    let replay = checked(&world)["replay"].clone();
    assert_eq!((&replay["compared"], &replay["mismatches"]), (&300.into(), &1.into()), "{replay}");
}

#[test]
fn a_reference_with_one_probability_is_not_compared_with_several() {
    let world = world(&classes(), &["--class", "high"], |_, one| {
        let high = high(one);
        json!({"high": high, "mid": (1.0 - high) / 2.0, "low": (1.0 - high) / 2.0})
    });
    world.file(
        "vigie.yaml",
        "model: {name: m, file: model.json, class: high}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {timestamp: ts, \
         features: inputs, probabilities: {low: out.low, mid: out.mid, high: out.high}, id: id}\npolicy: {min_rows: 100}\n\
         reports: {dir: reports}\n",
    );
    let expected = "source.fields.probabilities: the score of the reference is one probability, that of class `high`; map its path \
                    in `source.fields.probability` instead, or learn the reference without a score (without --model and";
    let check = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    for ran in [world.vigie(&["config", "check", "--config", "vigie.yaml"]), world.vigie(&check)] {
        assert!(ran.code == Some(2) && ran.stderr.contains(expected), "{}{}", ran.stdout, ran.stderr);
    }
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file(
        "vigie.yaml",
        config.replace("probabilities: {low: out.low, mid: out.mid, high: out.high}", "probability: out.high"),
    );
    let replay = checked(&world)["replay"].clone();
    assert_eq!((&replay["compared"], &replay["mismatches"]), (&300.into(), &0.into()), "{replay}");
}
