//! `vigie learn --model`: importance, scores and contributions in the reference, and the effect of drift on the score.

use std::{fmt::Write as _, fs};

use serde_json::Value;
use vigie::reference::Reference;
use vigie_models::Model;

use crate::{
    story::replay::{configure, example, home_credit},
    support::world::{World, feature},
};

fn learn(world: &World, data: &str, more: &[&str]) -> crate::support::world::Ran {
    let model = home_credit("model.cbm").display().to_string();
    world.vigie(&[&["learn", "--data", data, "--out", "ref.vigie", "--model", &model], more].concat())
}

fn read(path: &std::path::Path) -> Reference {
    Reference::from_bytes("ref.vigie", &fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_model_determines_features_and_score() {
    let world = World::new();
    let data = home_credit("reference.parquet").display().to_string();
    // TARGET and probability are not features of the model, so no option is needed to exclude them.
    let ran = learn(&world, &data, &[]).ok();
    assert!(
        ran.stdout.contains("125 features (119 numeric, 6 categorical) and the score from 20000 rows"),
        "{}",
        ran.stdout
    );
    let learnt = read(&world.path("ref.vigie"));
    let committed = read(&home_credit("reference.vigie"));
    let names = |reference: &Reference| {
        reference.layout().features().iter().map(|feature| (feature.name.clone(), feature.kind())).collect::<Vec<_>>()
    };
    assert_eq!(names(&learnt), names(&committed));
    // The probability column holds the model's own scores.
    assert!(learnt.score_values().unwrap() == committed.score_values().unwrap());
    let bytes = fs::read(home_credit("model.cbm")).unwrap();
    let scorer = Model::from_bytes("model.cbm", &bytes).unwrap();
    let model = learnt.provenance().model.clone().unwrap();
    assert_eq!((model.name.as_str(), model.sha256), ("model.cbm", scorer.sha256_hex()));
    let importance: Vec<f64> = learnt.importance().iter().map(|one| one.unwrap()).collect();
    for (importance, feature) in importance.iter().zip(scorer.features()) {
        assert_eq!(*importance > 0.0, feature.used, "{}", feature.name);
    }
    let mut ranked: Vec<(f64, &str)> =
        importance.iter().copied().zip(scorer.features().iter().map(|feature| feature.name.as_str())).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let five: Vec<&str> = ranked.iter().take(5).map(|one| one.1).collect();
    for name in ["EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"] {
        assert!(five.contains(&name), "{five:?}");
    }
    // Contributions survive a round trip.
    assert_eq!(
        learnt.contributions(),
        Reference::from_bytes("r", &learnt.to_bytes().unwrap()).unwrap().contributions()
    );
    assert_eq!(learnt.contributions().unwrap().rows, 10_000);
}

#[test]
fn invalid_training_data_is_rejected_in_one_sentence() {
    let world = World::new();
    world.file("rows.csv", "a,b\n1,2\n");
    let ran = learn(&world, "rows.csv", &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--data: rows.csv has no column `EXT_SOURCE_3`"), "{}", ran.stderr);
    let ran = learn(&world, "rows.csv", &["--features", "a"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--features: the model names its features; remove --features"), "{}", ran.stderr);
    assert!(!world.path("ref.vigie").exists());
}

#[test]
fn importance_weights_the_verdict() {
    let world = example();
    let report = world.check("2026-10-02", "2026-10-03");
    let importance: Vec<f64> =
        report["features"].as_array().unwrap().iter().map(|one| one["importance"].as_f64().unwrap()).collect();
    let moved = feature(&report, "EXT_SOURCE_2")["importance"].as_f64().unwrap();
    let share = moved / importance.iter().sum::<f64>();
    let told = report["verdict"]["weighted_drifted_share"].as_f64().unwrap();
    assert!((told - share).abs() < 1e-12, "{told}, {share} expected");
    assert!((report["verdict"]["drifted_share"].as_f64().unwrap() - 1.0 / 125.0).abs() < 1e-12);
    // An alarm on one of the ten most important features makes the run an alarm.
    assert_eq!(report["verdict"]["severity"], "alarm");
}

#[test]
fn contribution_drift_is_reported_along_with_input_drift() {
    let world = example();
    assert_eq!(world.check("2026-10-02", "2026-10-03")["attribution"], Value::Null);
    configure(&world, |config| config.replace("policy:\n", "policy:\n  attribution: true\n"));
    let report = world.check("2026-10-02", "2026-10-03");
    assert_eq!(report["attribution"]["rows"], 700);
    let moved = |name: &str| {
        let of = &feature(&report, name)["attribution"];
        let mean = |side: &str| of["mean"][side].as_f64().unwrap();
        (of["psi"].as_f64().unwrap(), (mean("window") - mean("reference")).abs())
    };
    let (psi, shift) = moved("EXT_SOURCE_2");
    assert!(psi > 0.05 && shift > 0.05, "{psi} {shift}");
    for one in report["features"].as_array().unwrap() {
        let name = one["name"].as_str().unwrap();
        // (PSI ignores size: negligible contributions may move from one value to another.)
        assert!(name == "EXT_SOURCE_2" || moved(name).1 < shift, "{name} moved the score more than EXT_SOURCE_2");
    }
    // Mean absolute contribution of the window, computed independently with the scorer.
    let scorer = Model::from_bytes("model.cbm", &fs::read(home_credit("model.cbm")).unwrap()).unwrap();
    let lines = crate::story::replay::day("2026-10-02");
    let rows: Vec<&Value> =
        lines.iter().map(|line| &line["inputs"]).filter(|one| one.get("AMT_CREDIT").is_some()).collect();
    let columns: Vec<Option<arrow_array::ArrayRef>> = scorer
        .features()
        .iter()
        .map(|feature| {
            let cells = rows.iter().map(|row| &row[feature.name.as_str()]);
            let column: arrow_array::ArrayRef = match feature.kind {
                vigie_models::InputKind::Numeric => std::sync::Arc::new(
                    cells
                        .map(|cell| cell.as_f64().or(cell.as_bool().map(|truth| f64::from(u8::from(truth)))))
                        .collect::<arrow_array::Float64Array>(),
                ),
                vigie_models::InputKind::Categorical => {
                    std::sync::Arc::new(cells.map(Value::as_str).collect::<arrow_array::StringArray>())
                }
            };
            Some(column)
        })
        .collect();
    let inputs = scorer.inputs(rows.len(), &columns).unwrap();
    let sizes = scorer.explainer().unwrap().importance(&scorer, &inputs, 0..rows.len()).unwrap();
    for (size, feature) in sizes.iter().zip(report["features"].as_array().unwrap()) {
        let told = feature["attribution"]["mean_abs"]["window"].as_f64().unwrap();
        assert!((told - size).abs() < 1e-9, "{}: {told}, {size} expected", feature["name"]);
    }
    let html = fs::read_to_string(world.path("reports/credit-default/20261002T000000Z_20261003T000000Z/report.html"));
    assert!(html.unwrap().contains("Contributions to the score (SHAP)"));
}

#[test]
fn unavailable_attribution_has_a_reason() {
    let world = example();
    world.file("model.cbm", crate::story::replay::with_another_leaf());
    let shipped = format!("file: {}", home_credit("model.cbm").display());
    configure(&world, |config| {
        config.replace("policy:\n", "policy:\n  attribution: true\n").replace(&shipped, "file: model.cbm")
    });
    let report = world.check("2026-10-01", "2026-10-02");
    let reason = report["attribution"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the reference was learnt with another model file"), "{reason}");
    assert_eq!(report["verdict"]["findings"][0]["test"], "parity");
    configure(&world, |config| {
        config.replace("policy:\n", "policy:\n  attribution: true\n").replace(&shipped, "# no file")
    });
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("policy.attribution: attribution needs the model file"), "{}", ran.stderr);
}

#[test]
fn a_challengers_contributions_are_not_compared_with_another_models() {
    let world = example();
    world.file("new.cbm", crate::story::replay::with_another_leaf());
    configure(&world, |config| config.replace("policy:\n", "policy:\n  attribution: true\n"));
    let report = |model: &str| -> Value {
        let days = ["--from", "2026-10-01", "--to", "2026-10-02"];
        let ran = world.vigie(&[&["replay", "--config", "vigie.yaml", "--model", model], &days[..]].concat()).ok();
        drop(ran);
        let folder = fs::read_dir(world.path("reports/credit-default/replay")).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(folder.join("20261001T000000Z_20261002T000000Z/report.json")).unwrap();
        fs::remove_dir_all(folder).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let told = report("new.cbm");
    let reason = told["attribution"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the reference was learnt with another model file"), "{reason}");
    let own = report(&home_credit("model.cbm").display().to_string());
    assert_eq!(own["attribution"]["rows"], 700);
}

#[test]
fn scores_that_differ_from_the_model_are_noted_for_every_file_format() {
    let world = World::new();
    let rows = crate::story::replay::day("2026-10-01");
    let rows: Vec<&Value> = rows.iter().filter(|line| line["inputs"].get("AMT_CREDIT").is_some()).collect();
    let names: Vec<&String> = rows[0]["inputs"].as_object().unwrap().keys().collect();
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => format!("\"{text}\""),
        value => value.to_string(),
    };
    let (mut csv, mut ndjson) =
        (format!("{},logged\n", names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",")), String::new());
    for (place, row) in rows.iter().enumerate() {
        let logged = if place < 3 { 0.987_654 } else { row["outputs"]["proba_default"].as_f64().unwrap() };
        let cells: Vec<String> = names.iter().map(|name| cell(&row["inputs"][name.as_str()])).collect();
        writeln!(csv, "{},{logged}", cells.join(",")).unwrap();
        let mut inputs = row["inputs"].clone();
        inputs["logged"] = logged.into();
        writeln!(ndjson, "{inputs}").unwrap();
    }
    world.file("rows.csv", csv);
    world.file("rows.ndjson", ndjson);
    for data in ["rows.csv", "rows.ndjson"] {
        let ran = learn(&world, data, &["--probability", "logged"]).ok();
        let note = "3 of 700 scores in column `logged` differ from the model's";
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains(note), "{data}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_corrected_target_changes_the_reference_id() {
    let world = World::new();
    let learnt = |swapped: bool| {
        let mut csv = "x,p,y\n".to_owned();
        for row in 0..200 {
            // Two outcomes are swapped: the same number of positives, at different scores.
            let outcome = match row {
                7 => swapped,
                8 => !swapped,
                row => row % 2 == 0,
            };
            writeln!(csv, "{row},{},{}", f64::from(row) / 256.0, u8::from(outcome)).unwrap();
        }
        world.file("train.csv", csv);
        world
            .vigie(&["learn", "--data", "train.csv", "--target", "y", "--probability", "p", "--out", "ref.vigie"])
            .ok();
        read(&world.path("ref.vigie"))
    };
    let (before, after) = (learnt(false), learnt(true));
    assert_eq!(before.layout().id(), after.layout().id());
    assert_ne!(before.id(), after.id());
    assert_eq!(before.id(), learnt(false).id());
}
