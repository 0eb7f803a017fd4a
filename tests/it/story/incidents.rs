//! The example's further days, one cause each: their stories are those that were written down before vigie read a row.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use crate::support::{
    stories::{ExpectedStory, Outcome, assess},
    world::World,
};

#[derive(Deserialize)]
struct Expected {
    onset_tolerance_minutes: i64,
    days: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    date: String,
    from: String,
    to: String,
    kind: String,
    what: String,
    rows_used: u64,
    /// Of the run.
    severity: String,
    stories: Vec<ExpectedStory>,
    /// Severities of the findings about the run, by test.
    findings: std::collections::BTreeMap<String, String>,
}

/// Tests whose findings follow from what happened to the inputs or the decisions; they are not promised.
const CONSEQUENCES: &[&str] = &["score", "share_refused", "cost", "auc"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn expected() -> Expected {
    let path: PathBuf = root().join("reference_data/home_credit/incidents/expected.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The shipped config of these days, with its own reports and state.
fn world() -> World {
    let world = World::new();
    let shipped = fs::read_to_string(root().join("config/examples/incidents.yaml")).unwrap();
    let config = shipped
        .replace("../../reference_data", &root().join("reference_data").display().to_string())
        .replace("../../reports", "reports")
        .replace("../../.vigie", "state");
    assert!(!config.contains("../"), "{config}");
    world.file("vigie.yaml", config);
    world
}

fn feature_names(report: &Value) -> Vec<String> {
    let names = report["features"].as_array().unwrap().iter();
    names.map(|feature| feature["name"].as_str().unwrap().to_owned()).collect()
}

/// What a report says that it should not, and what it should say.
fn differences(report: &Value, day: &Day, tolerance_minutes: i64) -> Vec<String> {
    let mut wrong = Vec::new();
    let verdict = &report["verdict"];
    if report["window"]["rows_used"] != day.rows_used {
        wrong.push(format!("{} rows are used, not {}", report["window"]["rows_used"], day.rows_used));
    }
    if verdict["severity"] != *day.severity {
        wrong.push(format!("the run is {}, not {}", verdict["severity"], day.severity));
    }
    match assess(report, &feature_names(report), &day.stories, tolerance_minutes) {
        Outcome::Right => {}
        Outcome::CannotBeTold => wrong.push("a side is not clear".to_owned()),
        Outcome::Wrong(why) => wrong.push(why),
    }
    let of_run = |finding: &&Value| finding["subject"]["kind"] == "run" || finding["subject"]["kind"] == "score";
    let found: Vec<&Value> = verdict["findings"].as_array().unwrap().iter().filter(of_run).collect();
    for (test, severity) in &day.findings {
        if !found.iter().any(|finding| finding["test"] == **test && finding["severity"] == **severity) {
            wrong.push(format!("no {severity} of {test}"));
        }
    }
    for finding in found {
        let test = finding["test"].as_str().unwrap();
        // What the story of a stale source says is a finding of the run.
        let is_told = test == "stale" && day.stories.iter().any(|story| story.kind.iter().any(|kind| kind == "stale"));
        if !is_told && !day.findings.contains_key(test) && (day.kind == "quiet" || !CONSEQUENCES.contains(&test)) {
            wrong.push(format!("also found: {finding}"));
        }
    }
    wrong
}

/// The days are checked in their order, because a table is stale only compared with the day before.
#[test]
fn each_incident_gives_its_story_and_quiet_days_are_stable() {
    let (world, expected) = (world(), expected());
    let mut wrong = Vec::new();
    for day in &expected.days {
        let report = world.check(&day.from, &day.to);
        for difference in differences(&report, day, expected.onset_tolerance_minutes) {
            wrong.push(format!("{} ({}): {difference}", day.date, day.what));
        }
    }
    assert_eq!(expected.days.len(), 8);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As `--exit-code` and the first lines of the terminal say it.
#[test]
fn an_outage_of_the_bureau_is_one_finding() {
    let (world, expected) = (world(), expected());
    let day =
        expected.days.iter().find(|day| day.stories.iter().any(|story| story.block.as_deref() == Some("BUREAU_")));
    let day = day.unwrap();
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", &day.from, "--to", &day.to, "--exit-code"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    let is_row = |line: &&str| (line.starts_with("alarm") || line.starts_with("watch")) && line.contains("BUREAU_");
    let rows: Vec<&str> = ran.stdout.lines().filter(is_row).collect();
    assert_eq!(rows.len(), 1, "one row of the table is about the bureau:\n{}", ran.stdout);
    let headline = ran.stdout.lines().nth(1).unwrap();
    assert!(headline.contains("25") && headline.contains("BUREAU_"), "{headline}");
    let page = world.path("reports/credit-default-later/20261015T000000Z_20261016T000000Z/report.html");
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("BUREAU_") && !page.contains("learn a new reference"),
        "a new reference would hide the outage"
    );
}
