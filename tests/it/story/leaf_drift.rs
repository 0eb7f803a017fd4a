//! Drift among the leaves of the model in real runs: a shift of correlation is seen on a day on which nothing else is, and
//! the verdict does not depend on it.

use std::{fs, sync::LazyLock};

use serde_json::{Value, json};
use vigie::{
    monitor::{LearnRequest, learn},
    reference::{ColumnRoles, Holdout, Reference},
};
use vigie_profile::window::Instant;

use crate::{
    story::{
        parity::model,
        replay::{configure, day, home_credit, log, with_another_leaf},
    },
    support::{
        applicants::{LEARN, applicants, training_csv},
        draw::Draw,
        world::{World, without_run},
    },
};

/// A reference of the example with the leaves of its rows.
static REFERENCE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let request = LearnRequest {
        data: vec![home_credit("reference.parquet")],
        database: None,
        csv: vigie::delimited::CsvForm::default(),
        log: None,
        out: folder.path().join("ref.vigie"),
        choice: ColumnRoles { probability: Some("probability".to_owned()), ..ColumnRoles::default() },
        importance: None,
        dictionary: None,
        model: Some(home_credit("model.cbm").into()),
        holdout: Holdout::Yes,
        register: false,
        segments: None,
    };
    learn(&request, Instant(0), &mut |_, _| {}).unwrap();
    fs::read(&request.out).unwrap()
});

/// Replaces the reference in the world's config, and adds to its policy.
fn with_leaves(world: &World, policy: &str) {
    world.file("ref.vigie", &*REFERENCE);
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let shipped = format!("reference: {}", home_credit("reference.vigie").display());
    assert!(config.contains(&shipped));
    let config = config.replace(&shipped, "reference: ref.vigie");
    world.file("vigie.yaml", config.replace("policy:\n", &format!("policy:\n{policy}")));
}

fn on_log(lines: &[Value], policy: &str) -> World {
    let world = World::new();
    log(&world, lines);
    with_leaves(&world, policy);
    world
}

/// Gives the values of a feature to other requests.
fn permute(lines: &mut [Value], feature: &str) {
    let rows: Vec<usize> = (0..lines.len()).filter(|row| lines[*row]["inputs"].get(feature).is_some()).collect();
    let mut values: Vec<Value> = rows.iter().map(|row| lines[*row]["inputs"][feature].clone()).collect();
    Draw::seeded(26).shuffle(&mut values);
    rows.iter().zip(values).for_each(|(row, value)| lines[*row]["inputs"][feature] = value);
}

const QUIET: (&str, &str) = ("2026-10-03", "2026-10-04");

#[test]
fn a_quiet_day_has_no_shift_among_the_leaves() {
    let world = on_log(&day(QUIET.0), "");
    let report = world.check(QUIET.0, QUIET.1);
    let drift = &report["leaf_drift"];
    assert_eq!((&drift["rows"], &drift["reference_rows"]), (&json!(700), &json!(20_000)), "{drift}");
    assert_eq!(drift["reference_small"], false);
    assert!(drift["p_value"].as_f64().unwrap() > 0.001 && drift["reason"].is_null(), "{drift}");
    // Without drift the expectation is 1; its standard deviation is about 0.1.
    assert!((drift["overall"].as_f64().unwrap() - 1.0).abs() < 0.5, "{drift}");
    assert_eq!(report["verdict"]["severity"], "stable");
    assert_eq!(report["replay"]["mismatches"], 0, "the same pass scores the rows");
}

#[test]
fn a_permuted_feature_is_seen_in_the_leaves_only() {
    let mut lines = day(QUIET.0);
    let calm = on_log(&lines, "  parity: off\n").check(QUIET.0, QUIET.1);
    permute(&mut lines, "EXT_SOURCE_3");
    let world = on_log(&lines, "  parity: off\n");
    let report = world.check(QUIET.0, QUIET.1);
    let drift = &report["leaf_drift"];
    assert!(drift["p_value"].as_f64().unwrap() <= 0.01, "{drift}");
    assert_eq!(drift["features"][0]["name"], "EXT_SOURCE_3", "{drift}");
    assert_eq!(drift["pair"][0], "EXT_SOURCE_3", "{drift}");
    let tree = &drift["trees"][0];
    assert!(tree["statistic"].as_f64().unwrap() > 1.5 * tree["dof"].as_f64().unwrap(), "{drift}");
    // Every other number is that of the day as it was.
    let without = |report: &Value| {
        let mut report = without_run(report.clone());
        report.as_object_mut().unwrap().remove("leaf_drift");
        report
    };
    assert_eq!(calm["verdict"]["severity"], "stable");
    assert!(without(&calm) == without(&report), "no other part of the report sees it");
    let folder = "reports/credit-default/20261003T000000Z_20261004T000000Z";
    let page = fs::read_to_string(world.path(&format!("{folder}/report.html"))).unwrap();
    assert!(page.contains("Drift inside the model") && page.contains("It does not affect the verdict."));
    assert!(page.contains("Beyond chance, 700 rows are in other leaves than the reference’s"));
    let args = ["check", "--config", "vigie.yaml", "--from", QUIET.0, "--to", QUIET.1];
    let terminal = world.vigie(&args).ok().stdout;
    assert!(!terminal.contains("leaves") && !terminal.contains("EXT_SOURCE_3"), "{terminal}");
}

#[test]
fn threads_order_and_parity_do_not_change_it() {
    let mut lines = day(QUIET.0);
    let world = on_log(&lines, "");
    let wanted = world.check_with(QUIET.0, QUIET.1, &["--threads", "1"])["leaf_drift"].clone();
    assert!(wanted["p_value"].is_f64(), "{wanted}");
    Draw::seeded(4).shuffle(&mut lines);
    for policy in ["", "  parity: all\n", "  parity: off\n", "  attribution: true\n"] {
        let world = on_log(&lines, policy);
        let report = world.check_with(QUIET.0, QUIET.1, &["--threads", "3"]);
        assert_eq!(report["leaf_drift"], wanted, "{policy}");
    }
}

#[test]
fn few_rows_have_no_p_value() {
    let world = World::new();
    configure(&world, |config| config);
    with_leaves(&world, "");
    let report = world.check("2026-10-04", "2026-10-05");
    let drift = &report["leaf_drift"];
    assert_eq!((&drift["rows"], &drift["p_value"]), (&json!(40), &Value::Null));
    assert_eq!(drift["reason"], "the window has fewer than 500 rows");
    assert!(drift["overall"].is_f64() && drift.get("trees").is_none(), "{drift}");
    let report = world.check("2026-10-11", "2026-10-12");
    assert_eq!(report["leaf_drift"], json!({ "p_value": null, "reason": "the window has no used rows" }));
}

#[test]
fn the_leaves_of_another_model_are_not_compared() {
    let world = on_log(&day(QUIET.0), "");
    world.file("other.cbm", with_another_leaf());
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let shipped = home_credit("model.cbm").display().to_string();
    assert!(config.contains(&shipped));
    world.file("vigie.yaml", config.replace(&shipped, "other.cbm"));
    let drift = world.check(QUIET.0, QUIET.1)["leaf_drift"].clone();
    let reason =
        "the reference was learnt with another model file; learn the reference again with `vigie learn --model`";
    assert_eq!(drift, json!({ "p_value": null, "reason": reason }));
}

/// A small lender's log and model.
fn small(learn: &[&str]) -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.file("model.json", model().to_string());
    world.vigie(learn).ok();
    let lines = applicants(600, 5).into_iter().map(|one| {
        let line = json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": one.probability});
        format!("{line}\n")
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    world.config("path: log\nfields: {timestamp: ts, features: inputs, probability: p, id: id}\n");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("model: {name: m", "model: {file: model.json, name: m"));
    world
}

#[test]
fn a_reference_without_leaves_or_with_few_rows() {
    let report = small(LEARN).check("2026-10-01", "2026-10-02");
    assert!(report["replay"]["compared"].is_u64() && report.get("leaf_drift").is_none(), "{}", report["replay"]);
    let world = small(&["learn", "--data", "train.csv", "--model", "model.json", "--out", "ref.vigie"]);
    let drift = world.check("2026-10-01", "2026-10-02")["leaf_drift"].clone();
    assert_eq!((&drift["rows"], &drift["reference_rows"]), (&json!(600), &json!(1_000)));
    assert_eq!((&drift["p_value"], &drift["reference_small"]), (&Value::Null, &json!(true)));
    assert_eq!(drift["reason"], "the reference has fewer than 10,000 rows");
    // Both are drawn from one population.
    assert!(drift["overall"].as_f64().unwrap() < 5.0, "{drift}");
    // All rows are in a leaf of every tree, and the file reads back as it was written.
    let bytes = fs::read(world.path("ref.vigie")).unwrap();
    let reference = Reference::from_bytes("ref.vigie", &bytes).unwrap();
    let leaves = reference.leaves().unwrap().unwrap();
    assert_eq!(leaves.counts.iter().map(|counts| counts.iter().sum::<u32>()).collect::<Vec<_>>(), [1_000, 1_000]);
    assert!(leaves.draws.iter().all(Vec::is_empty), "too few rows to draw windows from");
    assert_eq!(reference.to_bytes().unwrap(), bytes);
}
