//! The log of the scoring API as the daemon reads it without a mapping: answers, refusals, decisions, and a challenger's scores.

use serde_json::{Value, json};

use super::{
    kills::around_now,
    process::{Served, configure, example_records, home_credit, start, world},
};
use crate::support::world::World;

fn with_challenger(more: &str) -> World {
    let world = world(&format!("challenger: {{file: next.txt, version: \"3\", {more}}}"));
    std::fs::copy(home_credit("challengers").join("lightgbm.txt"), world.path("next.txt")).unwrap();
    world
}

fn send(api: &Served, rows: usize) {
    for record in example_records(rows) {
        assert_eq!(api.post("/predict", &record["inputs"].to_string()).status, 200);
    }
}

#[track_caller]
fn check(world: &World) -> Value {
    let (from, to) = around_now();
    let report = world.check(&from, &to);
    assert_eq!(report["window"]["sequence"], json!({"dropped": 0, "missing": 0, "writers": 0}));
    assert_eq!(report["replay"]["mismatches"], 0, "{}", report["replay"]);
    report
}

#[test]
fn answers_refusals_and_the_challengers_log_are_read() {
    let world = with_challenger("log_dir: aside");
    let api = start(&world, &[]);
    send(&api, 30);
    for body in ["{\"a\": 1}", "{", "{\"AMT_CREDIT\": \"much\"}"] {
        assert!([400, 422].contains(&api.post("/predict", body).status));
    }
    api.stop();
    let report = check(&world);
    let (window, service) = (&report["window"], &report["service"]);
    assert_eq!((&window["rows_used"], &window["rejected"]["failed"]), (&json!(30), &json!(3)), "{window}");
    assert_eq!((&service["requests"], &service["errors"]), (&json!(33), &json!(3)));
    assert_eq!((&service["by_status"]["200"], &service["by_status"]["422"]), (&json!(30), &json!(2)), "{service}");
    assert_eq!(window["fields_not_found"], json!([]));
    let decisions = &report["decisions"];
    let count = |key: &str| decisions[key].as_u64().unwrap();
    assert_eq!((count("accepted") + count("refused"), &decisions["unknown"]["rows"]), (30, &json!(0)), "{decisions}");
    // What the challenger would have answered.
    configure(&world, "version: \"3\", file: next.txt", "");
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("path: log}", "path: aside}"));
    let aside = check(&world);
    assert_eq!((&aside["window"]["rows_used"], &aside["replay"]["compared"]), (&json!(30), &json!(30)));
}

#[test]
fn a_challenger_that_answers_is_another_version_in_the_log() {
    let world = with_challenger("share: 0.5");
    let api = start(&world, &[]);
    send(&api, 40);
    api.stop();
    let report = check(&world);
    let (own, other) = (&report["window"]["rows_used"], &report["window"]["rejected"]["model_version"]);
    let (own, other) = (own.as_u64().unwrap(), other.as_u64().unwrap());
    assert!(own > 0 && other > 0 && own + other == 40, "{own} and {other}");
    assert_eq!(report["replay"]["compared"], own);
}
