//! Snapshots of user-facing output: help, the terminal table, the JSON report and the text of the page.

use serde_json::json;

use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    world::{World, without_run},
};

#[test]
fn help() {
    let world = World::new();
    for verb in ["", "init", "learn", "check", "replay", "explain", "score", "config"] {
        let args: Vec<&str> = [verb, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect();
        insta::assert_snapshot!(format!("help-{verb}"), world.vigie(&args).ok().stdout);
    }
}

/// A day on which incomes doubled and one job is new.
pub(crate) fn drifted() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(2_000));
    world.vigie(LEARN).ok();
    world.config(
        "path: log\nfields: {timestamp: ts, features: inputs, probability: p, latency_ms: ms, status: status, id: id}\n",
    );
    let log: String = applicants(600, 21)
        .into_iter()
        .enumerate()
        .map(|(row, mut one)| {
            one.income = one.income.map(|income| income * 2.0);
            one.job = if row % 6 == 0 { Some("Astronaut") } else { one.job };
            let line = json!({
                "ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": one.probability, "ms": one.latency_ms,
                "status": if row % 100 == 0 { 500 } else { 200 },
            });
            format!("{line}\n")
        })
        .collect();
    world.file("log/a.ndjson", log + "torn\n");
    world
}

#[test]
fn the_table_in_the_terminal() {
    let world = drifted();
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok();
    let root = std::fs::canonicalize(world.root()).unwrap();
    insta::assert_snapshot!(ran.stdout.replace(&root.display().to_string(), "DIR"));
}

#[test]
fn the_report_as_json() {
    let mut report = without_run(drifted().check("2026-10-01", "2026-10-02"));
    // The reference records when it was learnt and by which version.
    report.as_object_mut().unwrap().remove("reference");
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap());
}

/// The text of the page without style, charts and tags.
#[test]
fn the_text_of_the_page() {
    let world = drifted();
    world.check("2026-10-01", "2026-10-02");
    let path = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html");
    let page = std::fs::read_to_string(path).unwrap();
    let body = page.split("</style>").nth(1).unwrap().split("<section id=\"provenance\">").next().unwrap();
    let mut text = String::new();
    let mut inside = false;
    for c in body.chars() {
        match c {
            '<' => {
                inside = true;
                text.push('\n');
            }
            '>' => inside = false,
            _ if !inside => text.push(c),
            _ => (),
        }
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
