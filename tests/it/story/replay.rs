//! `vigie replay` on the example: all logged scores match the model, and any that do not are reported.

use std::{fs, io::Read, path::PathBuf};

use serde_json::Value;
use vigie_models::catboost::Forest;

use crate::support::world::{Ran, World};

pub(crate) fn home_credit(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reference_data/home_credit").join(name)
}

/// The shipped config on the example, with its own reports and state.
pub(crate) fn example() -> World {
    let world = World::new();
    configure(&world, |config| config);
    world
}

pub(crate) fn configure(world: &World, edit: impl Fn(String) -> String) {
    let shipped = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/vigie.yaml")).unwrap();
    let data = home_credit("");
    let config = shipped
        .replace("../reference_data/home_credit/", &data.display().to_string())
        .replace("dir: ../reports", "dir: reports")
        .replace("state: ../.vigie", "state: state");
    world.file("vigie.yaml", edit(config));
}

/// Lines of a day's log.
pub(crate) fn day(date: &str) -> Vec<Value> {
    let packed = fs::File::open(home_credit(&format!("log/predictions-{date}.ndjson.gz"))).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Inputs of a line; failed requests have none.
fn inputs(line: &mut Value) -> Option<&mut serde_json::Map<String, Value>> {
    line.get_mut("inputs")?.as_object_mut().filter(|inputs| inputs.contains_key("AMT_CREDIT"))
}

/// Writes a log for this test world, and configures it.
pub(crate) fn log(world: &World, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    world.file("log/day.ndjson", text);
    let shipped = format!("path: {}", home_credit("log").display());
    configure(world, |config| {
        assert!(config.contains(&shipped));
        config.replace(&shipped, "path: log")
    });
}

/// The example's model with a changed value in a leaf that many rows reach.
pub(crate) fn with_another_leaf() -> Vec<u8> {
    let mut bytes = fs::read(home_credit("model.cbm")).unwrap();
    let forest = Forest::from_bytes("model.cbm", &bytes).unwrap();
    let heaviest = forest.leaf_weights().iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    let value = forest.leaf_values()[heaviest];
    let places: Vec<usize> =
        bytes.windows(8).enumerate().filter(|(_, eight)| *eight == value.to_le_bytes()).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 1, "the leaf's bytes are unique in the file");
    bytes[places[0]..places[0] + 8].copy_from_slice(&(value + 0.25).to_le_bytes());
    bytes
}

fn replay(world: &World, more: &[&str]) -> Ran {
    world.vigie(&[&["replay", "--config", "vigie.yaml", "--format", "json"], more].concat())
}

fn one_day(world: &World, more: &[&str]) -> Value {
    let days = ["--from", "2026-10-01", "--to", "2026-10-02"];
    serde_json::from_str(&replay(world, &[&days, more].concat()).ok().stdout).unwrap()
}

#[test]
fn all_scores_of_fourteen_days_match_the_model() {
    let world = example();
    let ran = replay(&world, &["--from", "2026-10-01", "--to", "2026-10-15", "--each", "1d"]).ok();
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    let whole = &summary["replay"];
    assert_eq!((&whole["rows"], &whole["compared"]), (&8_440.into(), &8_440.into()));
    assert_eq!((&whole["mismatches"], &whole["decisions_flipped"]), (&0.into(), &0.into()));
    assert_eq!(whole["precision"]["decimals"], 6);
    assert_eq!(whole["examples"], Value::Array(Vec::new()));
    assert!(whole["max_abs_difference"].as_f64().unwrap() <= 0.500_001e-6, "{whole}");
    assert_eq!(whole["refused_share"]["logged"], whole["refused_share"]["replayed"]);
    let windows = summary["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 14);
    let folder = world.path("reports/credit-default/replay/20261001T000000Z_20261015T000000Z");
    for window in windows {
        assert_eq!(window["mismatches"], 0, "{window}");
        let report: Value =
            serde_json::from_str(&fs::read_to_string(folder.join(window["report"].as_str().unwrap())).unwrap())
                .unwrap();
        assert_eq!(report["replay"]["compared"], window["compared"]);
        assert_eq!(report["verdict"]["severity"], window["severity"]);
        assert_eq!(report["replay"]["challenger"], Value::Null);
    }
    let page = fs::read_to_string(folder.join("summary.html")).unwrap();
    assert!(page.contains("All 8,440 rows scored again give the logged score"), "{page}");
    assert_eq!(fs::read_to_string(folder.join("summary.json")).unwrap(), ran.stdout);
    // The daemon's files are not touched.
    let mut beside: Vec<String> = fs::read_dir(world.path("reports"))
        .unwrap()
        .chain(fs::read_dir(world.path("reports/credit-default")).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    beside.sort();
    assert_eq!(beside, ["credit-default", "replay"]);
    assert!(!world.path("state").exists());
}

#[test]
fn a_changed_leaf_is_reported_with_examples() {
    let world = example();
    world.file("model.cbm", with_another_leaf());
    let shipped = format!("file: {}", home_credit("model.cbm").display());
    configure(&world, |config| config.replace(&shipped, "file: model.cbm"));
    let summary = one_day(&world, &[]);
    let parity = &summary["replay"];
    let mismatches = parity["mismatches"].as_u64().unwrap();
    assert!((100..=700).contains(&mismatches), "{parity}");
    assert!(parity["decisions_flipped"].as_u64().unwrap() > 0, "{parity}");
    assert!(parity["max_abs_difference"].as_f64().unwrap() > 0.01, "{parity}");
    let examples = parity["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 5);
    let logged = day("2026-10-01");
    for example in examples {
        let line = logged.iter().find(|line| line["request_id"] == example["id"]).unwrap();
        assert_eq!(line["outputs"]["proba_default"], example["logged"]);
        assert!(example["replayed"].as_f64().unwrap() > example["logged"].as_f64().unwrap(), "{example}");
    }
    assert_eq!((&parity["cause"]["kind"], &parity["cause"]["tree"]), (&"changed_leaf".into(), &159.into()), "{parity}");
    assert_eq!(summary["severity"], "alarm");
    let days = ["--from", "2026-10-01", "--to", "2026-10-02"];
    assert_eq!(replay(&world, &[&days[..], &["--exit-code"]].concat()).code, Some(1));
    let told = world.vigie(&[&["replay", "--config", "vigie.yaml"], &days[..]].concat()).ok().stdout;
    assert!(told.contains("700 logged scores differ from those of the model file."), "{told}");
    assert!(told.contains("One leaf of tree 159 probably has another value"), "{told}");
    assert!(told.contains("largest differences:") && told.contains(examples[0]["id"].as_str().unwrap()), "{told}");
    // A plain check finds it as well.
    let ran = world.vigie(&[&["check", "--config", "vigie.yaml", "--exit-code"], &days[..]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(ran.stdout.starts_with("credit-default") && ran.stdout.contains("parity"), "{}", ran.stdout);
}

#[test]
fn swapped_columns_are_reported() {
    let world = World::new();
    let mut lines = day("2026-10-01");
    for line in &mut lines {
        if let Some(inputs) = inputs(line) {
            let credit = inputs["AMT_CREDIT"].clone();
            let annuity = std::mem::replace(&mut inputs["AMT_ANNUITY"], credit);
            inputs["AMT_CREDIT"] = annuity;
        }
    }
    log(&world, &lines);
    let summary = one_day(&world, &[]);
    assert!(summary["replay"]["mismatches"].as_u64().unwrap() > 500, "{}", summary["replay"]);
    assert_eq!(summary["replay"]["examples"].as_array().unwrap().len(), 5);
    let cause = &summary["replay"]["cause"];
    let mut names: Vec<&str> =
        cause["features"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(
        (&cause["kind"], &names[..]),
        (&"swapped_columns".into(), &["AMT_ANNUITY", "AMT_CREDIT"][..]),
        "{cause}"
    );
    let ran = replay(&world, &["--from", "2026-10-01", "--to", "2026-10-02", "--exit-code"]);
    assert_eq!(ran.code, Some(1));
}

/// Logged scores with those of `vigie score`, which CI compares with the official library.
fn scores(world: &World, model: &str, lines: &[Value]) -> Vec<(f64, f64)> {
    let answered: Vec<&Value> = lines.iter().filter(|line| line["outputs"]["proba_default"].is_number()).collect();
    let names: Vec<&String> = answered[0]["inputs"].as_object().unwrap().keys().collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(&names).unwrap();
    for line in &answered {
        let cell = |name: &&String| match &line["inputs"][name.as_str()] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Bool(truth) => u8::from(*truth).to_string(),
            value => value.to_string(),
        };
        table.write_record(names.iter().map(cell)).unwrap();
    }
    world.file("rows.csv", table.into_inner().unwrap());
    world.vigie(&["score", "--model", model, "--data", "rows.csv", "--out", "scores.csv"]).ok();
    let scores = fs::read_to_string(world.path("scores.csv")).unwrap();
    let scores = scores.lines().skip(1).map(|line| line.parse::<f64>().unwrap());
    answered.iter().map(|line| line["outputs"]["proba_default"].as_f64().unwrap()).zip(scores).collect()
}

#[test]
fn a_challengers_decisions_are_counted_with_their_cost() {
    let world = example();
    world.file("new.cbm", with_another_leaf());
    let summary = one_day(&world, &["--model", "new.cbm"]);
    let pairs = scores(&world, "new.cbm", &day("2026-10-01"));
    assert_eq!(pairs.len(), 700);
    let challenger = &summary["challenger"];
    let close = |value: &Value, expected: f64| {
        let value = value.as_f64().unwrap();
        assert!((value - expected).abs() < 1e-9 * expected.abs().max(1.0), "{value}, expected {expected}");
    };
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / 700.0;
    close(&challenger["mean_score"]["logged"], mean(&|pair| pair.0));
    close(&challenger["mean_score"]["replayed"], mean(&|pair| pair.1));
    close(&challenger["refused_share"]["replayed"], mean(&|pair| f64::from(u8::from(pair.1 >= 0.5))));
    let refused: Vec<&(f64, f64)> = pairs.iter().filter(|pair| pair.0 < 0.5 && pair.1 >= 0.5).collect();
    let accepted: Vec<&(f64, f64)> = pairs.iter().filter(|pair| pair.0 >= 0.5 && pair.1 < 0.5).collect();
    assert!(!refused.is_empty());
    let changed = &challenger["decisions_changed"];
    let way = &changed["accepted_to_refused"];
    assert_eq!(way["rows"], refused.len());
    // An accepted default costs ten, a refused good applicant one.
    let by_logged = &way["expected_cost"]["by_logged"];
    close(&by_logged["logged_decision"], refused.iter().map(|pair| 10.0 * pair.0).sum());
    close(&by_logged["new_decision"], refused.iter().map(|pair| 1.0 - pair.0).sum());
    let by_replayed = &way["expected_cost"]["by_replayed"];
    close(&by_replayed["logged_decision"], refused.iter().map(|pair| 10.0 * pair.1).sum());
    close(&by_replayed["new_decision"], refused.iter().map(|pair| 1.0 - pair.1).sum());
    assert_eq!(changed["refused_to_accepted"]["rows"], accepted.len());
    // Segments of one feature add up to the whole.
    let segments = challenger["segments"].as_array().unwrap();
    let mut features: Vec<&str> = segments.iter().map(|one| one["feature"].as_str().unwrap()).collect();
    features.dedup();
    assert_eq!(features.len(), 6, "{features:?}");
    for feature in features {
        let of: Vec<&Value> = segments.iter().filter(|one| one["feature"] == feature).collect();
        let sum = |key: &str| of.iter().map(|one| one[key].as_u64().unwrap()).sum::<u64>();
        assert!(of.len() > 1, "{feature}");
        assert_eq!((sum("rows"), sum("accepted_to_refused")), (700, refused.len() as u64), "{feature}");
        let cost: f64 = of.iter().map(|one| one["expected_cost_change"]["by_logged"].as_f64().unwrap()).sum();
        close(&challenger["expected_cost_change"]["by_logged"], cost);
    }
    let sha = summary["run"]["model"]["sha256"].as_str().unwrap();
    let folder = format!("reports/credit-default/replay/20261001T000000Z_20261002T000000Z_{}", &sha[..8]);
    let page = fs::read_to_string(world.path(&folder).join("summary.html")).unwrap();
    assert!(page.contains("What this model would have decided") && page.contains("now refused"), "{page}");
    let report = world.path(&folder).join("20261001T000000Z_20261002T000000Z/report.html");
    assert!(fs::read_to_string(report).unwrap().contains("What this model would have decided"));
}

#[test]
fn the_first_and_last_window_are_cut_to_the_range() {
    let world = example();
    let ran = replay(&world, &["--from", "2026-10-01T08:00:00Z", "--to", "2026-10-03T10:30:00Z", "--each", "1d"]).ok();
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    let ends: Vec<&str> =
        summary["windows"].as_array().unwrap().iter().map(|window| window["from"].as_str().unwrap()).collect();
    assert_eq!(ends, ["2026-10-01T08:00:00Z", "2026-10-02T00:00:00Z", "2026-10-03T00:00:00Z"]);
    assert_eq!(summary["windows"][2]["to"], "2026-10-03T10:30:00Z");
    assert_eq!(summary["replay"]["mismatches"], 0);
}

/// Asserts exit code 2, one line with this sentence, and no summary.
#[track_caller]
fn refused(world: &World, more: &[&str], sentence: &str) {
    let days = ["--from", "2026-10-01", "--to", "2026-10-02"];
    let ran = replay(world, &[&days, more].concat());
    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(sentence), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(!world.path("reports/credit-default/replay").exists(), "nothing is written");
}

#[test]
fn invalid_replays_are_rejected_in_one_sentence() {
    let world = example();
    refused(&world, &["--model", "no.cbm"], "--model no.cbm: no such file");
    refused(&world, &["--each", "0d"], "--each 0d: a window must be longer than 0d");
    refused(&world, &["--each", "1s"], "--each 1s: the range has more than 5000 windows");
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forest");
    let regression = golden.join("regression.cbm").display().to_string();
    refused(&world, &["--model", &regression], "the model predicts a number, so that it makes no decisions");
    let other_model = golden.join("home_credit_like.cbm").display().to_string();
    refused(&world, &["--model", &other_model], "`, which the model reads; map it, or replay days that have it");
    let shipped = format!("file: {}", home_credit("model.cbm").display());
    configure(&world, |config| config.replace(&shipped, &format!("file: {other_model}")));
    refused(&world, &[], "which the reference does not have; learn the reference again with `vigie learn --model`");
    configure(&world, |config| config.replace("probability: outputs.proba_default", "# no probability"));
    refused(&world, &[], "source.fields.probability: not mapped");

    let edited = |edit: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let world = World::new();
        let mut lines = day("2026-10-01");
        lines.iter_mut().filter_map(inputs).for_each(edit);
        log(&world, &lines);
        world
    };
    let missing = edited(&|inputs| {
        inputs.remove("AMT_CREDIT");
    });
    refused(
        &missing,
        &[],
        "no record from 2026-10-01T00:00:00Z to 2026-10-02T00:00:00Z has `AMT_CREDIT`, which the model",
    );
    let text = edited(&|inputs| {
        inputs["AMT_CREDIT"] = "a lot".into();
    });
    refused(&text, &[], "`AMT_CREDIT` holds text such as `a lot`, but the model expects a number");
}
