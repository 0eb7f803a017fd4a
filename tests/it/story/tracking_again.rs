//! Windows that are logged again to MLflow: with other values, by another installation, or after their reports were removed.
//! What was logged last is shown, and equals the report that MLflow has; no message is refused.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use serde_json::{Value, json};

use super::tracking::{WINDOW, check, figures, head, report_of, tracked_world};
use crate::support::{
    fake_mlflow::{FakeMlflow, Registry, Trouble},
    fake_tracking::FakeRun,
    registry_world::{rows, rows_of_day},
    world::{Ran, World},
};

/// What MLflow shows of a run.
fn shown(run: &FakeRun) -> BTreeMap<String, f64> {
    run.points.iter().map(|point| (point.key.clone(), run.latest(&point.key).unwrap().value)).collect()
}

/// What MLflow shows of a step of the trend, and of the page of the model.
fn shown_at(run: &FakeRun, step: i64) -> BTreeMap<String, f64> {
    let points: Vec<_> = run.points.iter().filter(|point| point.step == step).cloned().collect();
    shown(&FakeRun { points, ..FakeRun::default() })
}

fn uploaded(registry: &Registry) -> Value {
    let run = registry.tracking.run(WINDOW);
    serde_json::from_slice(&registry.files[&format!("1/{}/artifacts/report.json", run.id)]).unwrap()
}

/// The figures are those of the report that MLflow has, which is the one that was just made.
fn assert_shown(ran: &Ran, registry: &Registry, report: &Value) {
    assert!(!ran.stderr.contains("mlflow to "), "{}", ran.stderr);
    assert_eq!(uploaded(registry), *report);
    let store = &registry.tracking;
    assert_eq!(store.runs.len(), 2);
    assert_eq!(shown(store.run(WINDOW)), figures(report));
    assert_eq!(shown(store.run("trend")), head(report));
    assert_eq!(store.run(WINDOW).tags["vigie.revision"], report["run"]["revision"].to_string());
}

fn count(server: &FakeMlflow, part: &str) -> usize {
    server.registry().requests.iter().filter(|request| request.contains(part)).count()
}

/// Revisions start again at 0 with other figures: fewer rows, then more, then those of the beginning.
#[test]
fn removed_reports_are_logged_again() {
    let (world, server) = tracked_world();
    rows(&world, "b", 200);
    let ran = check(&world).ok();
    assert_shown(&ran, &server.registry(), &report_of(&world, "m"));
    // A revision before they are removed, so that revision 1 is logged when revision 0 comes again.
    for (count, is_removed) in [(250, false), (20, true), (300, true), (200, true), (210, false)] {
        if is_removed {
            fs::remove_dir_all(world.path("reports")).unwrap();
        }
        rows(&world, "b", count);
        let ran = check(&world).ok();
        let report = report_of(&world, "m");
        assert_eq!(report["run"]["revision"], u32::from(!is_removed), "{count}");
        assert_shown(&ran, &server.registry(), &report);
        assert!(!ran.stderr.contains("another installation"), "{}", ran.stderr);
    }
    let histories = count(&server, "metrics/get-history");
    assert_eq!(histories, 0, "the search states what is needed");
}

/// The run of the window was deleted in MLflow, but not the trend.
#[test]
fn a_window_whose_run_was_deleted_is_logged_again() {
    let (world, server) = tracked_world();
    check(&world).ok();
    rows(&world, "b", 100);
    check(&world).ok();
    server.registry().tracking.runs.retain(|run| run.name == "trend");
    fs::remove_dir_all(world.path("reports")).unwrap();
    rows(&world, "b", 40);
    let ran = check(&world).ok();
    assert_shown(&ran, &server.registry(), &report_of(&world, "m"));
}

/// Two installations with one model: each logs what it has found, the second one says once that there is another.
#[test]
fn two_installations_are_noticed() {
    let (world, server) = tracked_world();
    let ran = check(&world).ok();
    assert!(!ran.stderr.contains("another installation"), "{}", ran.stderr);
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let other = config.replace("dir: reports", "dir: other/reports").replace("path: log", "path: other/log");
    world.file("vigie.yaml", format!("{other}state: other/state\n"));
    fs::create_dir_all(world.path("other/log")).unwrap();
    let mut warnings = 0;
    for count in [300, 310] {
        rows(&world, "c", count);
        fs::rename(world.path("log/c.ndjson"), world.path("other/log/c.ndjson")).unwrap();
        let ran = check(&world).ok();
        warnings += ran.stderr.matches("another installation of vigie (").count();
        let text = fs::read_to_string(world.path(&format!("other/reports/m/{WINDOW}/report.json"))).unwrap();
        assert_shown(&ran, &server.registry(), &serde_json::from_str(&text).unwrap());
    }
    assert_eq!(warnings, 1);
    assert_eq!(server.registry().tracking.experiment_tags.len(), 2);
    // The first one goes on, and nothing is refused.
    world.file("vigie.yaml", config);
    rows(&world, "b", 50);
    let ran = check(&world).ok();
    assert_shown(&ran, &server.registry(), &report_of(&world, "m"));
    assert!(!ran.stderr.contains("another installation"), "{}", ran.stderr);
}

/// An older window is revised: its history is read once for each figure of the trend, not for those of features.
#[test]
fn an_older_window_is_revised_with_few_requests() {
    let (world, server) = tracked_world();
    check(&world).ok();
    rows_of_day(&world, 1, 300);
    let day = ["check", "--config", "vigie.yaml", "--from", "2026-10-02", "--to", "2026-10-03"];
    world.vigie_with(&day, &[("VIGIE_NOW", "2026-10-03T06:00:00Z".to_owned())]).ok();
    let newest = shown(server.registry().tracking.run("trend"));
    fs::remove_dir_all(world.path(&format!("reports/m/{WINDOW}"))).unwrap();
    rows(&world, "b", 80);
    server.registry().requests.clear();
    let ran = check(&world).ok();
    assert!(!ran.stderr.contains("mlflow to "), "{}", ran.stderr);
    let report = report_of(&world, "m");
    let histories = count(&server, "metrics/get-history");
    assert_eq!(histories, head(&report).len());
    let registry = server.registry();
    let trend = registry.tracking.run("trend");
    assert_eq!(shown(trend), newest);
    assert_eq!(shown_at(trend, 20_727), head(&report));
    assert_eq!(shown(registry.tracking.run(WINDOW)), figures(&report));
}

/// What a window costs: no request is made that is not needed.
#[test]
fn a_window_is_logged_in_few_requests() {
    let (world, server) = tracked_world();
    check(&world).ok();
    let requests = |server: &FakeMlflow| -> Vec<String> {
        let is_tracking = |request: &&String| {
            ["/version", "experiments/", "runs/", "metrics/", "set-tag", "PUT "]
                .iter()
                .any(|part| request.contains(part))
        };
        let registry = server.registry();
        let own = registry.requests.iter().filter(is_tracking);
        own.map(|request| request.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned()).collect()
    };
    let window = [
        "get-by-name",
        "search",
        "create",
        "version",
        "log-inputs",
        "log-batch",
        "report.html",
        "report.json",
        "update",
    ];
    let tags = ["set-tag"; 3];
    let first =
        [&["get-by-name", "create"][..], &window, &["search", "create", "log-inputs", "log-batch", "update"], &tags];
    assert_eq!(requests(&server), first.concat());

    // The next window.
    rows_of_day(&world, 1, 300);
    server.registry().requests.clear();
    let day = ["check", "--config", "vigie.yaml", "--from", "2026-10-02", "--to", "2026-10-03"];
    world.vigie_with(&day, &[("VIGIE_NOW", "2026-10-03T06:00:00Z".to_owned())]).ok();
    assert_eq!(requests(&server), [&window[..], &["search", "log-batch", "update"], &tags].concat());

    // A revision of it.
    rows_of_day(&world, 1, 320);
    server.registry().requests.clear();
    world.vigie_with(&day, &[("VIGIE_NOW", "2026-10-03T06:00:00Z".to_owned())]).ok();
    let again = ["get-by-name", "search", "log-batch", "report.html", "report.json", "search", "version", "log-batch"];
    assert_eq!(requests(&server), [&again[..], &tags].concat());
}

/// The run is recorded and queued while MLflow is away.
fn close_experiments(server: &FakeMlflow) {
    server.registry().script = Some(Box::new(|request| request.contains("experiments/").then_some(Trouble::Close)));
}

/// Another config with the same state sends what is queued: the report is where the run has written it.
#[test]
fn the_report_is_sent_from_the_folder_of_its_run() {
    let (world, server) = tracked_world();
    close_experiments(&server);
    check(&world).ok();
    server.registry().script = None;
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("dir: reports", "dir: elsewhere"));
    let now = [("VIGIE_NOW", "2026-10-02T07:00:00Z".to_owned())];
    world.vigie_with(&["run", "--once", "--config", "vigie.yaml"], &now).ok();
    assert_eq!(uploaded(&server.registry()), report_of(&world, "m"));
}

#[test]
fn a_report_that_was_removed_is_stated() {
    let (world, server) = tracked_world();
    close_experiments(&server);
    check(&world).ok();
    let report = report_of(&world, "m");
    server.registry().script = None;
    fs::remove_file(world.path(&format!("reports/m/{WINDOW}/report.html"))).unwrap();
    let now = [("VIGIE_NOW", "2026-10-02T07:00:00Z".to_owned())];
    let ran = world.vigie_with(&["run", "--once", "--config", "vigie.yaml"], &now).ok();
    let part = "without the report:";
    assert!(ran.stderr.contains(part) && ran.stderr.contains("report.html: it is not there"), "{}", ran.stderr);
    assert_eq!(shown(server.registry().tracking.run(WINDOW)), figures(&report));
}

/// Two features whose names become the same key have a figure each.
#[test]
fn features_with_similar_names_have_keys_of_their_own() {
    let (world, server) = (World::new(), FakeMlflow::start());
    let other = vigie_mlflow::safe_key("psi/a(b)").replace("psi/", "");
    let value = |row: usize, index: usize| (row * 7_919 + index * 104_729) % 1_000;
    let mut csv = format!("a(b),{other}\n");
    let mut log = String::new();
    for row in 0..200 {
        writeln!(csv, "{},{}", value(row, 1), value(row, 2)).unwrap();
        let inputs = json!({"a(b)": value(row, 1), other.as_str(): value(row, 2) / 4});
        writeln!(log, "{}", json!({"ts": "2026-10-01T12:00:00Z", "inputs": inputs})).unwrap();
    }
    world.file("train.csv", csv);
    world.file("log/a.ndjson", log);
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie"]).ok();
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m}}\nreference: ref.vigie\nmlflow: {{tracking_uri: \"{}\", tracking: true}}\n\
             source:\n  path: log\n  fields: {{timestamp: ts, features: inputs}}\npolicy: {{min_rows: 100}}\n\
             reports: {{dir: reports}}\n",
            server.url()
        ),
    );
    check(&world).ok();
    let report = report_of(&world, "m");
    let psi = |name: &str| {
        let features = report["features"].as_array().unwrap();
        features.iter().find(|feature| feature["name"] == name).unwrap()["psi"]["value"].as_f64().unwrap()
    };
    assert!(psi(&other) > psi("a(b)") + 0.1);
    let registry = server.registry();
    let shown = shown(registry.tracking.run(WINDOW));
    let of_psi: BTreeMap<&str, f64> =
        shown.iter().filter(|(key, _)| key.starts_with("psi/")).map(|(key, value)| (key.as_str(), *value)).collect();
    assert_eq!(of_psi.len(), 2, "{of_psi:?}");
    let own = format!("psi/{other}");
    assert_eq!(of_psi[own.as_str()].to_bits(), psi(&other).to_bits());
    assert!(of_psi.iter().any(|(key, value)| **key != own && value.to_bits() == psi("a(b)").to_bits()), "{of_psi:?}");
}

#[test]
fn a_deleted_experiment_is_restored_and_that_is_logged() {
    let (world, server) = tracked_world();
    check(&world).ok();
    server.registry().tracking.is_deleted = true;
    rows(&world, "b", 60);
    let ran = check(&world).ok();
    assert!(ran.stderr.contains("the experiment vigie/m was deleted in MLflow and is restored"), "{}", ran.stderr);
    assert!(!server.registry().tracking.is_deleted);
    assert_shown(&ran, &server.registry(), &report_of(&world, "m"));
}
