//! The committed example: its reference matches `learn`, each day has the expected verdict, and PSI matches an independent
//! implementation.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;
use vigie::{
    monitor::{LearnRequest, learn},
    reference::{ColumnRoles, Holdout, Reference},
};

use crate::support::world::World;

fn home_credit(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reference_data/home_credit").join(name)
}

/// With `VIGIE_REGENERATE=1`, the file is regenerated instead.
#[test]
fn the_committed_reference_matches_learn() {
    let committed = home_credit("reference.vigie");
    let bytes = fs::read(&committed).unwrap();
    let now = Reference::from_bytes("reference.vigie", &bytes).unwrap().provenance().created_at;
    let folder = tempfile::tempdir().unwrap();
    let request = LearnRequest {
        data: vec![home_credit("reference.parquet")],
        database: None,
        csv: vigie::delimited::CsvForm::default(),
        log: None,
        out: folder.path().join("again.vigie"),
        choice: ColumnRoles {
            target: Some("TARGET".to_owned()),
            probability: Some("probability".to_owned()),
            ..ColumnRoles::default()
        },
        model: Some(home_credit("model.cbm").into()),
        importance: None,
        dictionary: None,
        holdout: Holdout::Yes,
        register: false,
        segments: None,
    };
    learn(&request, now, &mut |_, _| {}).unwrap();
    if std::env::var_os("VIGIE_REGENERATE").is_some() {
        fs::copy(&request.out, &committed).unwrap();
    }
    let again = fs::read(&request.out).unwrap();
    assert!(
        again == fs::read(&committed).unwrap(),
        "learn writes a different file: VIGIE_REGENERATE=1 cargo test example"
    );
}

/// A copy of the shipped config with its own reports folder.
fn world() -> World {
    let world = World::new();
    let shipped = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/vigie.yaml")).unwrap();
    let data = home_credit("");
    let config = shipped
        .replace("../reference_data/home_credit/", &data.display().to_string())
        .replace("dir: ../reports", "dir: reports")
        .replace("state: ../.vigie", "state: state");
    assert!(config.contains("dir: reports\n"));
    world.file("vigie.yaml", config);
    world
}

fn expected() -> Value {
    serde_json::from_str(&fs::read_to_string(home_credit("expected.json")).unwrap()).unwrap()
}

fn ten_most_important() -> Vec<String> {
    let reference =
        Reference::from_bytes("reference.vigie", &fs::read(home_credit("reference.vigie")).unwrap()).unwrap();
    let features = reference.layout().features().iter().map(|feature| feature.name.clone());
    let mut ranked: Vec<(f64, String)> =
        reference.importance().iter().map(|importance| importance.unwrap()).zip(features).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(10).map(|(_, name)| name).collect()
}

/// PSI by date and feature, computed by `psi.py`.
fn golden_psi() -> BTreeMap<(String, String), f64> {
    let text = fs::read_to_string(home_credit("psi.csv")).unwrap();
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            ((cells[0].to_owned(), cells[1].to_owned()), cells[2].parse().unwrap())
        })
        .collect()
}

#[test]
fn every_day_has_the_expected_verdict() {
    let world = world();
    let golden = golden_psi();
    let top = ten_most_important();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for day in expected()["days"].as_array().unwrap() {
        let date = day["date"].as_str().unwrap();
        let report = world.check(day["from"].as_str().unwrap(), day["to"].as_str().unwrap());
        if report["window"]["rows_used"] != day["rows"] {
            wrong.push(format!("{date}: {} rows, {} used", day["rows"], report["window"]["rows_used"]));
        }
        let verdict = &report["verdict"];
        // The table states a run's severity on quiet days, and the severities of features and service on others.
        if !day["verdict"].is_null() && verdict["severity"] != day["verdict"] {
            wrong.push(format!(
                "{date}: {} expected, got {}: {}",
                day["verdict"], verdict["severity"], verdict["findings"]
            ));
        }
        // On other days it is an alarm if one of the ten most important features is, otherwise a watch.
        if day["verdict"].is_null() {
            let alarms = day["features"].as_object().unwrap().iter().filter(|(_, severity)| **severity == "alarm");
            let is_alarm = alarms.into_iter().any(|(name, _)| top.contains(name));
            let wanted = if is_alarm { "alarm" } else { "watch" };
            if verdict["severity"] != wanted {
                wrong.push(format!("{date}: {wanted} expected, got {}", verdict["severity"]));
            }
        }
        if verdict["severity"] != "too_few" && verdict["severity"] != "no_data" {
            for feature in report["features"].as_array().unwrap() {
                let name = feature["name"].as_str().unwrap();
                let wanted = day["features"][name].as_str().unwrap_or("stable");
                if feature["severity"] != wanted {
                    wrong.push(format!(
                        "{date} {name}: {wanted} expected, got {}: {}",
                        feature["severity"], feature["reasons"]
                    ));
                }
            }
            let mut service: BTreeMap<String, String> = BTreeMap::new();
            for finding in verdict["findings"].as_array().unwrap() {
                // The score follows from the inputs; the table does not state it.
                let of_score = finding["test"] == "score" || finding["test"] == "share_refused";
                if finding["feature"].is_null() && !of_score {
                    service
                        .insert(finding["test"].as_str().unwrap().into(), finding["severity"].as_str().unwrap().into());
                }
            }
            let wanted: BTreeMap<String, String> = serde_json::from_value(day["service"].clone()).unwrap();
            if service != wanted {
                wrong.push(format!("{date} service: {wanted:?} expected, got {service:?}"));
            }
        }
        for feature in report["features"].as_array().unwrap().iter().chain([&report["score"]]) {
            let name = if feature["name"] == "score" { "probability" } else { feature["name"].as_str().unwrap() };
            let Some(golden) = golden.get(&(date.to_owned(), name.to_owned())) else { continue };
            let psi = feature["psi"]["value"].as_f64().unwrap();
            compared += 1;
            if (psi - golden).abs() > 1e-6 {
                wrong.push(format!("{date} {name}: PSI {psi}, but {golden} by psi.py"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(compared, golden.len(), "every golden PSI was compared");
}

/// A new user sees the last day with records, and that later days are empty.
#[test]
fn without_dates_the_latest_day_with_records_is_checked() {
    let world = world();
    let ran = world.vigie(&["check", "--config", "vigie.yaml"]).ok();
    assert!(ran.stdout.starts_with("credit-default  2026-10-14T00:00:00Z to 2026-10-15T00:00:00Z\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("later windows are empty: 2026-10-15T00:00:00Z to "), "{}", ran.stdout);
    assert!(ran.stdout.contains("AMT_ANNUITY"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "no colours in a pipe");
    let html = world.path("reports/credit-default/20261014T000000Z_20261015T000000Z/report.html");
    let size = fs::metadata(&html).unwrap().len();
    assert!(size < 600_000, "{size} bytes");
    let html = fs::read_to_string(html).unwrap();
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "the page asks for {outside}");
    }
}
