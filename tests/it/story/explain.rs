//! `vigie explain`: contributions that add up to the score, ordered and worded for credit officers.

use std::fs;

use serde_json::{Value, json};

use crate::{
    story::replay::{configure, day, example, home_credit, log},
    support::world::World,
};

const ID: &str = "ceea567eef524456ee792426ade59905";

fn explained(world: &World, more: &[&str]) -> Value {
    let args = [&["explain", "--config", "vigie.yaml", "--format", "json"], more].concat();
    serde_json::from_str(&world.vigie(&args).ok().stdout).unwrap()
}

fn row(id: &str) -> Value {
    day("2026-10-01").into_iter().find(|line| line["request_id"] == id).unwrap()
}

#[test]
fn contributions_and_expected_value_add_up_to_the_score() {
    let world = example();
    let told = explained(&world, &["--id", ID]);
    let number = |value: &Value| value.as_f64().unwrap();
    let contributions = told["contributions"].as_array().unwrap();
    assert_eq!(contributions.len(), 125);
    let sum: f64 = contributions.iter().map(|one| number(&one["contribution"])).sum();
    assert!((sum + number(&told["expected_value"]) - number(&told["raw"])).abs() < 1e-12, "{told}");
    let probability = number(&told["probability"]);
    assert!((1.0 / (1.0 + (-number(&told["raw"])).exp()) - probability).abs() < 1e-15);
    let line = row(ID);
    assert_eq!(format!("{probability:.6}"), line["outputs"]["proba_default"].to_string());
    assert_eq!(told["logged"]["decision"], line["outputs"]["decision"]);
    assert_eq!((&told["logged"]["agrees"], &told["decision"]), (&true.into(), &"refused".into()));
    assert_eq!(told["timestamp"], "2026-10-01T05:49:45.014Z");
    let sizes: Vec<f64> = contributions.iter().map(|one| number(&one["contribution"]).abs()).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "largest first");
    for one in contributions {
        let logged = &line["inputs"][one["feature"].as_str().unwrap()];
        let same = match logged {
            Value::Bool(truth) => one["value"].as_f64() == Some(f64::from(u8::from(*truth))),
            Value::Number(_) => one["value"].as_f64() == logged.as_f64(),
            logged => one["value"] == *logged,
        };
        assert!(same, "{one}, logged {logged}");
        let direction = match number(&one["contribution"]) {
            up if up > 0.0 => "raises",
            down if down < 0.0 => "lowers",
            _ => "none",
        };
        assert_eq!(one["direction"], direction);
    }
    // Reasons support the decision.
    let reasons: Vec<&str> = told["reasons"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(reasons.len(), 4);
    assert!(reasons.iter().all(|reason| reason.ends_with(" (towards refusal)")), "{reasons:?}");
}

#[test]
fn a_row_from_a_file_is_explained_like_the_logged_one() {
    let world = example();
    let line = row(ID);
    world.file("record.json", line.to_string());
    world.file("inputs.json", line["inputs"].to_string());
    let by_id = explained(&world, &["--id", ID]);
    for file in ["record.json", "inputs.json"] {
        let told = explained(&world, &["--row", file]);
        assert_eq!((&told["raw"], &told["contributions"]), (&by_id["raw"], &by_id["contributions"]), "{file}");
        assert_eq!((&told["id"], &told["logged"]), (&Value::Null, &Value::Null));
    }
}

#[test]
fn the_list_in_the_terminal() {
    let told = example().vigie(&["explain", "--config", "vigie.yaml", "--id", ID]).ok().stdout;
    insta::assert_snapshot!(told);
}

#[test]
fn a_record_of_another_model_is_marked() {
    let world = World::new();
    let mut line = row(ID);
    line["outputs"]["proba_default"] = json!(0.25);
    log(&world, &[line]);
    assert_eq!(explained(&world, &["--id", ID])["logged"]["agrees"], false);
    let told = world.vigie(&["explain", "--config", "vigie.yaml", "--id", ID]).ok().stdout;
    assert!(told.contains("logged: 0.25, REFUSED; this is not the score of this model file"), "{told}");
}

/// A single value may have fewer digits than the rest of the log.
#[test]
fn a_score_is_compared_at_the_precision_of_the_log() {
    let world = World::new();
    let mut line = row(ID);
    let exact = explained(&example(), &["--id", ID])["probability"].as_f64().unwrap();
    line["outputs"]["proba_default"] = json!((exact * 1e3).round() / 1e3);
    log(&world, &[line.clone()]);
    let alone = explained(&world, &["--id", ID])["logged"].clone();
    assert_eq!((&alone["agrees"], &alone["precision"]), (&true.into(), &"3 decimals".into()));
    let mut lines = day("2026-10-01");
    lines.iter_mut().filter(|one| one["request_id"] == ID).for_each(|one| *one = line.clone());
    log(&world, &lines);
    let among = explained(&world, &["--id", ID])["logged"].clone();
    assert_eq!((&among["agrees"], &among["precision"]), (&false.into(), &"6 decimals".into()));
    let far = (among["probability"].as_f64().unwrap() - exact).abs();
    assert!((among["difference"].as_f64().unwrap() - far).abs() < 1e-15, "{among}");
    let told = world.vigie(&["explain", "--config", "vigie.yaml", "--id", ID]).ok().stdout;
    assert!(
        told.contains(&format!("this is not the score of this model file: off by {far:.1e}, logged to 6 decimals")),
        "{told}"
    );
}

#[track_caller]
fn refused(world: &World, more: &[&str], sentence: &str) {
    let ran = world.vigie(&[&["explain", "--config", "vigie.yaml"], more].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains(sentence), "{}", ran.stderr);
}

#[test]
fn unexplainable_input_is_rejected_in_one_sentence() {
    let world = example();
    refused(
        &world,
        &["--id", "nobody"],
        "--id nobody: no record in the log has this id; ids are read from `request_id`; check the id and `source.path`",
    );
    let days = ["--id", ID, "--from", "2026-10-02", "--to", "2026-10-03"];
    refused(
        &world,
        &days,
        "no record from 2026-10-02T00:00:00Z to 2026-10-03T00:00:00Z has this id; ids are read from `request_id`; widen --from",
    );
    let failed = day("2026-10-01").into_iter().find(|line| line["status_code"] == 404).unwrap();
    refused(&world, &["--id", failed["request_id"].as_str().unwrap()], "the record has no inputs");
    refused(&world, &["--row", "no.json"], "--row no.json: no such file");
    world.file("torn.json", "{\"EXT_SOURCE_1\": 0.");
    refused(&world, &["--row", "torn.json"], "--row torn.json: invalid JSON");
    world.file("list.json", "[1, 2]");
    refused(&world, &["--row", "list.json"], "--row list.json: not a single record");
    let mut inputs = row(ID)["inputs"].clone();
    inputs["AMT_CREDIT"] = json!("a lot");
    world.file("text.json", inputs.to_string());
    refused(&world, &["--row", "text.json"], "`AMT_CREDIT` is \"a lot\", but the model expects a number");
    inputs.as_object_mut().unwrap().remove("AMT_CREDIT");
    world.file("missing.json", inputs.to_string());
    refused(&world, &["--row", "missing.json"], "feature `AMT_CREDIT` is not in the record, but the model uses it");
    refused(&world, &[], "--id <ID>");
    refused(&world, &["--id", ID, "--row", "list.json"], "cannot be used with");
    let shipped = format!("file: {}", home_credit("model.cbm").display());
    configure(&world, |config| config.replace(&shipped, "# no file"));
    refused(&world, &["--id", ID], "model.file: not set in the config");
}

/// Contributions are compared with the official library's elsewhere. Checks that they are assigned to the right feature.
#[test]
fn the_strongest_reason_is_the_feature_that_changes_the_score_most() {
    let world = example();
    let mut inputs = row(ID)["inputs"].clone();
    let before = explained(&world, &["--id", ID]);
    let strongest = before["contributions"][0]["feature"].as_str().unwrap().to_owned();
    inputs[&strongest] = Value::Null;
    world.file("without.json", inputs.to_string());
    let after = explained(&world, &["--row", "without.json"]);
    let missing = after["contributions"].as_array().unwrap().iter().find(|one| one["feature"] == *strongest).unwrap();
    assert_eq!(missing["value"], Value::Null);
    assert!(missing["beside_the_reference"].as_str().unwrap().starts_with("as in "), "{missing}");
    assert_ne!(after["raw"], before["raw"]);
    assert!(fs::metadata(world.path("without.json")).is_ok());
}
