//! `vigie check --each`: one run and one report per window, a summary of all, and no message about the past.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    world::World,
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p}\n";

fn log(rows: usize) -> String {
    applicants(rows, 4)
        .iter()
        .map(|one| format!("{}\n", json!({"ts": one.rfc3339(), "inputs": one.inputs(), "p": one.probability})))
        .collect()
}

/// Records on 2026-10-01, -02 and -03; on the second day two features have other names.
fn world() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    let day = |day: &str| log(200).replace("2026-10-01", day);
    let broken = day("2026-10-02").replace("\"AGE\"", "\"AGES\"").replace("\"JOB\"", "\"JOBS\"");
    world.file("log/a.ndjson", log(200) + &broken + &day("2026-10-03"));
    world
}

fn check(world: &World, more: &[&str]) -> crate::support::world::Ran {
    world.vigie(&[&["check", "--config", "vigie.yaml"], more].concat())
}

const RANGE: [&str; 4] = ["--from", "2026-10-01", "--to", "2026-10-05"];

#[test]
fn each_day_has_a_report_and_the_range_a_summary() {
    let world = world();
    let ran = check(&world, &[&RANGE[..], &["--each", "1d", "--format", "json"]].concat()).ok();
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    let folder = world.path("reports/m/replay/20261001T000000Z_20261005T000000Z_1d");
    assert_eq!(fs::read_to_string(folder.join("summary.json")).unwrap(), ran.stdout);
    let windows = summary["windows"].as_array().unwrap();
    let severities: Vec<&str> = windows.iter().map(|window| window["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["stable", "alarm", "stable", "no_data"]);
    assert_eq!(summary["severity"], "alarm");
    assert_eq!(summary["range"]["each"], "1d");
    assert_eq!(summary["sentence"], "4 windows: 1 alarm, 1 no data, 2 stable.");
    for (window, rows) in windows.iter().zip([200, 200, 200, 0]) {
        assert_eq!(window["rows_used"], rows);
        let report = fs::read_to_string(folder.join(window["report"].as_str().unwrap())).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["verdict"]["severity"], window["severity"]);
        assert_eq!(report["window"]["from"], window["from"]);
    }
    // Each report is that of a plain check.
    let report = || fs::read_to_string(world.path("reports/m/20261002T000000Z_20261003T000000Z/report.json")).unwrap();
    let in_range: Value = serde_json::from_str(&report()).unwrap();
    let alone = world.check("2026-10-02", "2026-10-03");
    assert_eq!(alone["run"]["revision"], 0, "the same content");
    assert_eq!(crate::support::world::without_run(in_range), crate::support::world::without_run(alone));
    let page = fs::read_to_string(folder.join("summary.html")).unwrap();
    assert!(page.contains("href=\"../../20261002T000000Z_20261003T000000Z/report.html\""), "{page}");
    assert!(page.contains("4 windows: 1 alarm, 1 no data, 2 stable."), "{page}");
    assert!(!page.contains("rows rescored"), "nothing was scored again");
    let index = fs::read_to_string(world.path("reports/index.html")).unwrap();
    assert!(index.contains("replay/20261001T000000Z_20261005T000000Z_1d/summary.html"), "{index}");
}

#[test]
fn the_worst_window_decides_the_exit_code() {
    let world = world();
    let each = [&RANGE[..], &["--each", "1d"]].concat();
    let ran = check(&world, &each).ok();
    assert!(ran.stdout.contains("2026-10-02T00:00:00Z alarm         200  "), "{}", ran.stdout);
    assert_eq!(check(&world, &[&each[..], &["--exit-code"]].concat()).code, Some(1));
    let calm = ["--from", "2026-10-03", "--to", "2026-10-04", "--each", "1d", "--exit-code"];
    assert_eq!(check(&world, &calm).code, Some(0));
    // It could not be told.
    fs::remove_dir_all(world.path("log")).unwrap();
    assert_eq!(check(&world, &[&each[..], &["--exit-code"]].concat()).code, Some(2));
}

#[test]
fn weeks_and_months_are_those_of_the_calendar() {
    let world = world();
    let starts = |range: [&str; 4], each: &str| -> Vec<String> {
        let ran = check(&world, &[&range[..], &["--each", each, "--format", "json"]].concat()).ok();
        let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
        let windows = summary["windows"].as_array().unwrap();
        windows.iter().map(|window| window["from"].as_str().unwrap()[..10].to_owned()).collect()
    };
    let range = ["--from", "2026-09-15", "--to", "2026-11-10"];
    assert_eq!(starts(range, "month"), ["2026-09-15", "2026-10-01", "2026-11-01"]);
    assert!(world.path("reports/m/20261001T000000Z_20261101T000000Z/report.json").is_file());
    // 2026-10-01 is a Thursday.
    for each in ["7d", "week", "1w"] {
        assert_eq!(
            starts(["--from", "2026-10-01", "--to", "2026-10-15"], each),
            ["2026-10-01", "2026-10-05", "2026-10-12"]
        );
    }
    let refused = |more: &[&str]| {
        let ran = check(&world, &[&RANGE[..], more].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        ran.stderr
    };
    assert!(refused(&["--each", "1y"]).contains("is not a duration"));
    assert!(refused(&["--each", "0s"]).contains("--each 0h: a window must be longer than 0h"));
    assert!(refused(&["--each", "1d", "--send"]).contains("cannot be used with"));
    let without = check(&world, &["--each", "1d"]);
    assert!(without.code == Some(2) && without.stderr.contains("--from"), "{}", without.stderr);
}

/// A month is a window of the schedule, and its reports have trends although months have different lengths.
#[test]
fn a_calendar_month_is_a_window_of_the_schedule() {
    let world = world();
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", format!("{config}schedule: {{window: month}}\n"));
    let shown = world.vigie(&["config", "show", "--config", "vigie.yaml"]).ok().stdout;
    assert!(shown.contains("window: month"), "{shown}");
    let september = log(200).replace("2026-10-01", "2026-09-10");
    let log = fs::read_to_string(world.path("log/a.ndjson")).unwrap();
    world.file("log/a.ndjson", september + &log);
    world.check("2026-09-01", "2026-10-01");
    world.check("2026-10-01", "2026-11-01");
    let page = fs::read_to_string(world.path("reports/m/20261001T000000Z_20261101T000000Z/report.html")).unwrap();
    assert!(!page.contains("there is no earlier report"), "{page}");
    world.file("vigie.yaml", format!("{config}alerts: {{cooldown: month}}\n"));
    let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    let output = ran.stdout + &ran.stderr;
    assert!(output.contains("must be a length of time, not a calendar month"), "{output}");
}

/// The runs are in the ledger, but a year of history opens no alert.
#[test]
fn the_past_is_recorded_without_alerts() {
    let world = world();
    check(&world, &[&RANGE[..], &["--each", "1d"]].concat()).ok();
    let db = Connection::open(world.path("state/ledger.sqlite")).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM run WHERE current = 1"), 4);
    assert_eq!(count("SELECT count(*) FROM run WHERE scheduled = 1"), 0);
    assert_eq!((count("SELECT count(*) FROM alert"), count("SELECT count(*) FROM outbox")), (0, 0));
}
