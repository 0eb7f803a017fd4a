//! `vigie check --against-from`: another window takes the place of the reference, on its cells and with its own values.

use std::fs;

use serde_json::{Value, json};
use vigie_stats::{EmptyBins, ks, psi::psi};

use crate::support::{
    applicants::{Applicant, LEARN, applicants, training_csv},
    lab::distinct,
    world::{World, feature},
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p}\n";
const FOLDER: &str = "reports/m/replay/20261002T000000Z_20261003T000000Z_against_20261001T000000Z_20261002T000000Z";

fn lines(rows: &[Applicant], day: &str) -> String {
    let line = |one: &Applicant| {
        let line = json!({"ts": one.rfc3339(), "inputs": one.inputs(), "p": one.probability});
        format!("{line}\n").replace("2026-10-01", day)
    };
    rows.iter().map(line).collect()
}

/// Yesterday's applicants, and today's with incomes a third higher.
fn days() -> (Vec<Applicant>, Vec<Applicant>) {
    let mut today = applicants(500, 6);
    today.iter_mut().for_each(|one| one.income = one.income.map(|income| (income * 133.0).round() / 100.0));
    (applicants(400, 5), today)
}

fn world() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(2_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    let (yesterday, today) = days();
    world.file("log/a.ndjson", lines(&yesterday, "2026-10-01") + &lines(&today, "2026-10-02"));
    world
}

const YESTERDAY: [&str; 4] = ["--against-from", "2026-10-01", "--against-to", "2026-10-02"];

fn against(world: &World) -> Value {
    world.check_with("2026-10-02", "2026-10-03", &YESTERDAY)
}

fn incomes(rows: &[Applicant]) -> Vec<f64> {
    rows.iter().filter_map(|one| one.income).collect()
}

#[test]
fn the_other_window_is_the_reference() {
    let world = world();
    let report = against(&world);
    let (yesterday, today) = days();
    let expected = json!({"exact": true, "from": "2026-10-01T00:00:00Z", "rows": 400, "to": "2026-10-02T00:00:00Z"});
    assert_eq!(report["against"], expected);
    assert_eq!(report["reference"]["provenance"]["rows"], 400);
    for one in report["features"].as_array().unwrap() {
        assert_eq!((&one["n_reference"], &one["n_window"]), (&json!(400), &json!(500)), "{}", one["name"]);
        let side = |side: &str| -> Vec<u64> {
            one["bins"].as_array().unwrap().iter().map(|bin| bin[side].as_u64().unwrap()).collect()
        };
        let (ours, theirs) = (side("reference"), side("window"));
        assert_eq!((ours.iter().sum::<u64>(), theirs.iter().sum::<u64>()), (400, 500));
        let value = psi(&ours, &theirs, EmptyBins::HalfCount).unwrap();
        assert!((one["psi"]["value"].as_f64().unwrap() - value).abs() < 1e-12, "{}", one["name"]);
    }
    // The finding's distance is that of the values of both days.
    let income = feature(&report, "INCOME");
    let (ours, theirs) = (distinct(&incomes(&yesterday)), distinct(&incomes(&today)));
    assert_eq!(income["ks"]["exact"], true);
    assert!((income["ks"]["statistic"].as_f64().unwrap() - ks::exact(&ours, &theirs).unwrap()).abs() < 1e-12);
    assert_ne!(income["severity"], "stable");
    let missing = yesterday.iter().filter(|one| one.income.is_none()).count();
    assert_eq!(income["missing"]["reference_share"], missing as f64 / 400.0);
    // The refusal rate, too.
    let refused = yesterday.iter().filter(|one| one.probability >= 0.5).count();
    assert_eq!(report["score"]["refused_share"]["reference"], refused as f64 / 400.0);
}

#[test]
fn a_window_against_itself_has_not_drifted() {
    let world = world();
    let report = world.check_with("2026-10-01", "2026-10-02", &YESTERDAY);
    assert_eq!(report["verdict"]["severity"], "stable");
    for one in report["features"].as_array().unwrap() {
        assert_eq!(one["psi"]["value"], 0.0, "{}", one["name"]);
        assert_eq!(one["reasons"], json!([]));
    }
}

/// The report of the window, the ledger and alerts stay as they are; the page says what was compared with what.
#[test]
fn the_report_is_kept_apart() {
    let world = world();
    let ran = world.vigie(
        &[&["check", "--config", "vigie.yaml", "--from", "2026-10-02", "--to", "2026-10-03"], &YESTERDAY[..]].concat(),
    );
    assert!(ran.ok().stdout.contains("_against_"), "the path of the report");
    let page = fs::read_to_string(world.path(FOLDER).join("report.html")).unwrap();
    let sentence = "The window from 2026-10-01 00:00 to 2026-10-02 00:00 (400 rows) takes the place of the reference";
    assert!(page.contains(sentence), "{page}");
    assert!(!world.path("reports/m/20261002T000000Z_20261003T000000Z").exists());
    assert!(!world.path("state").exists() && !world.path(FOLDER).join("profile.bin").exists());
    // The reference's own verdict is another one, and mentions no window.
    let own = world.check("2026-10-02", "2026-10-03");
    let index = fs::read_to_string(world.path("reports/index.html")).unwrap();
    assert!(index.contains(&format!("{}/report.html", FOLDER.trim_start_matches("reports/"))), "{index}");
    assert!(own.get("against").is_none());
    assert_eq!(own["reference"]["provenance"]["rows"], 2_000);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let world = world();
    let refused = |more: &[&str]| {
        let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-02", "--to", "2026-10-03"];
        let ran = world.vigie(&[&args[..], more].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        ran.stderr
    };
    let empty = refused(&["--against-from", "2026-09-01", "--against-to", "2026-09-02"]);
    assert!(empty.contains("--against-from: there are no usable rows from 2026-09-01T00:00:00Z"), "{empty}");
    let reversed = refused(&["--against-from", "2026-10-02", "--against-to", "2026-10-01"]);
    assert!(reversed.contains("--against-to 2026-10-01 must be after --against-from 2026-10-02"), "{reversed}");
    assert!(refused(&["--against-from", "2026-10-01"]).contains("--against-to"));
    assert!(refused(&[&YESTERDAY[..], &["--send"]].concat()).contains("cannot be used with"));
    assert!(refused(&[&YESTERDAY[..], &["--each", "1d"]].concat()).contains("cannot be used with"));
}
