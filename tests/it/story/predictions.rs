//! Models that predict a number or one of several classes: their performance once labels are there.

use std::{fmt::Write as _, fs};

use serde_json::{Value, json};

use crate::{
    story::performance::near,
    support::{
        draw::Draw,
        world::{World, feature},
    },
};

/// A reference of one feature, and a log of these outputs as `fields` map them.
fn world(fields: &str, outputs: &[Value]) -> World {
    let world = World::new();
    let train = (0..2_000).fold("x\n".to_owned(), |csv, row| format!("{csv}{}\n", row % 97));
    world.file("train.csv", train);
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie"]).ok();
    let mut log = String::new();
    for (row, output) in outputs.iter().enumerate() {
        let record =
            json!({"ts": "2026-10-01T00:00:01Z", "id": format!("r{row}"), "inputs": {"x": row % 97}, "out": output});
        let _ = writeln!(log, "{record}");
    }
    world.file("log/a.ndjson", log);
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m}}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {{timestamp: ts, features: inputs, id: \
             id, {fields}}}\nlabels: {{path: labels, id: id, target: y}}\npolicy: {{min_rows: 100}}\nreports: {{dir: reports}}\n"
        ),
    );
    world.file("labels/.keep", "");
    world
}

fn check(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

fn page(world: &World) -> String {
    fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap()
}

fn labels(world: &World, rows: impl Iterator<Item = (usize, String)>) {
    let csv = rows.fold("id,y\n".to_owned(), |csv, (row, outcome)| format!("{csv}r{row},{outcome}\n"));
    world.file("labels/a.csv", csv);
}

#[test]
fn errors_of_a_regression() {
    let mut draw = Draw::seeded(5);
    let actual: Vec<f64> = (0..600).map(|_| (draw.normal() * 50.0 + 200.0).round()).collect();
    let predicted: Vec<f64> = actual.iter().map(|value| value + (draw.normal() * 10.0 + 2.0).round()).collect();
    let mut outputs: Vec<Value> = predicted.iter().map(|value| json!({"price": value / 1000.0})).collect();
    // Three rows without a usable prediction, of 603.
    outputs.extend([json!({"price": null}), json!({"price": "n/a"}), json!({})]);
    let world = world("prediction: {path: out.price, scale: 1000}", &outputs);
    fs::remove_file(world.path("labels/.keep")).unwrap();
    let report = check(&world);
    assert_eq!(
        (&report["window"]["rows_used"], &report["window"]["rejected"]),
        (&json!(600), &json!({"no_prediction": 3}))
    );
    assert_eq!((&report["performance"], &report["score"]), (&Value::Null, &Value::Null));
    let predictions = &report["predictions"];
    assert_eq!((&predictions["regression"], &predictions["rows"]), (&Value::Null, &json!(600)));
    assert!(predictions["labels"]["not_yet"].as_str().unwrap().ends_with("labels"), "{predictions}");
    // Labels of two thirds arrive, one of them twice, one twice with other values, and one that is not a number.
    let known = |row: usize| row < 400 && row != 7 && row != 9;
    let rows = (0..400).map(|row| (row, if row == 7 { "unknown".to_owned() } else { actual[row].to_string() }));
    labels(&world, rows.chain([(3, actual[3].to_string()), (9, "1".to_owned())]));
    let report = check(&world);
    let regression = &report["predictions"]["regression"];
    let errors: Vec<f64> = (0..400).filter(|row| known(*row)).map(|row| predicted[row] - actual[row]).collect();
    let mean =
        |values: &dyn Fn(f64) -> f64| errors.iter().map(|error| values(*error)).sum::<f64>() / errors.len() as f64;
    assert_eq!(regression["rows"], 398);
    let value = |key: &str| regression[key]["value"].as_f64().unwrap();
    assert!((value("rmse") - mean(&|error| error * error).sqrt()).abs() < 1e-9, "{regression}");
    assert!((value("mae") - mean(&f64::abs)).abs() < 1e-9 && (value("mean_error") - mean(&|error| error)).abs() < 1e-9);
    assert!((0.9..1.0).contains(&regression["r2"].as_f64().unwrap()), "{regression}");
    let counts = &report["predictions"]["labels"];
    assert_eq!(
        [&counts["matched"], &counts["invalid"], &counts["duplicates"], &counts["contradictory"]],
        [&json!(398), &json!(1), &json!(1), &json!(1)]
    );
    let page = page(&world);
    assert!(page.contains("RMSE") && page.contains("mean error (predicted − actual)"));
    assert!(page.contains("1 is not a number") && page.contains("Not a number: r7: unknown."), "{page}");
}

#[test]
fn figures_of_several_classes() {
    let mut draw = Draw::seeded(6);
    let names = ["high", "low", "mid"];
    let (mut outputs, mut own) = (Vec::new(), Vec::new());
    for row in 0..500 {
        let class = if draw.chance(0.6) { row % 3 } else { 0 };
        let mut odds = [draw.uniform(), draw.uniform(), draw.uniform()];
        odds[class] += 0.4;
        let whole: f64 = odds.iter().sum();
        outputs.push(json!({"proba": odds.map(|one| one / whole)}));
        own.push(class);
    }
    outputs.push(json!({"proba": [0.5, 0.5]}));
    let mapped = "probabilities: {low: out.proba.1, mid: out.proba.2, high: out.proba.0}";
    let world = world(mapped, &outputs);
    labels(&world, own.iter().map(|class| names[*class].to_owned()).enumerate().chain([(499, "none".to_owned())]));
    let report = check(&world);
    assert_eq!(report["window"]["rejected"], json!({"no_probability": 1}));
    assert_eq!(feature(&report, "x")["severity"], "stable");
    let multiclass = &report["predictions"]["multiclass"];
    assert_eq!(multiclass["rows"], 500);
    let probabilities: Vec<[f64; 3]> = outputs
        .iter()
        .take(500)
        .map(|output| [0, 1, 2].map(|class| output["proba"][class].as_f64().unwrap()))
        .collect();
    let highest = |row: &[f64; 3]| (0..3).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
    let hits = |class: usize| {
        let rows = own.iter().zip(&probabilities).filter(|(own, _)| **own == class);
        (rows.clone().filter(|(_, row)| highest(row) == class).count(), rows.count())
    };
    let listed = multiclass["classes"].as_array().unwrap();
    let order: Vec<&str> = listed.iter().map(|class| class["class"].as_str().unwrap()).collect();
    assert_eq!(order, ["high", "low", "mid"]);
    let mut recalls = 0.0;
    for (class, of) in listed.iter().enumerate() {
        let (hits, rows) = hits(class);
        near(&of["recall"]["value"], hits as f64 / rows as f64);
        assert_eq!(of["rows"], rows);
        // Pairs of a row of the class and another, by hand.
        let scores = |is_own: bool| {
            let rows = own.iter().zip(&probabilities).filter(move |(own, _)| (**own == class) == is_own);
            rows.map(|(_, row)| row[class]).collect::<Vec<f64>>()
        };
        let (ours, others) = (scores(true), scores(false));
        let won = ours.iter().map(|one| others.iter().filter(|other| one > other).count()).sum::<usize>();
        near(&of["auc"], won as f64 / (ours.len() * others.len()) as f64);
        recalls += hits as f64 / rows as f64;
    }
    near(&multiclass["recall_macro"], recalls / 3.0);
    let aucs: f64 = listed.iter().map(|class| class["auc"].as_f64().unwrap()).sum();
    near(&multiclass["auc_macro"], aucs / 3.0);
    assert_eq!(report["predictions"]["labels"]["invalid"], 1);
    let page = page(&world);
    assert!(page.contains("AUC, mean over classes") && page.contains("recall: high"), "{page}");
}

#[test]
fn a_model_has_one_kind_of_output() {
    let both = world("probability: out.p, prediction: out.price", &[json!({"p": 0.1})]);
    let ran = both.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("`source.fields` has `probability` and `prediction` — keep the one that the model returns"),
        "{}",
        ran.stderr
    );
    let one = world("probabilities: {low: out.p}", &[json!({"p": 0.1})]);
    let ran = one.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert!(ran.stderr.contains("must have between 2 and 1000 classes, not 1"), "{}", ran.stderr);
    let missing = world("prediction: out.price", &[json!({"p": 0.1})]);
    let ran = missing.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("source.fields.prediction: no record has `out.price`"), "{}", ran.stderr);
}
