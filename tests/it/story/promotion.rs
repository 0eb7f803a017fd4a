//! A daemon that follows an alias: outages of the registry, and promotions.

use std::fs;

use serde_json::Value;
use vigie::{judge::Note, report::Language};

use crate::support::{
    applicants::DAY,
    fake_mlflow::FakeMlflow,
    registry_world::{CHAMPION, configure, register, registry_world, rows_of_day},
    watched::{Watcher, at},
    world::World,
};

/// A world whose model and reference are V1, with the rows of two days.
fn followed(alerts: &str) -> (World, FakeMlflow) {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    fs::remove_dir_all(world.path("log")).unwrap();
    configure(&world, &server, "", &format!("schedule: {{lateness: 2h}}\nalerts: {alerts}\n"));
    for number in 0..2 {
        rows_of_day(&world, number, 200);
    }
    (world, server)
}

fn report(world: &World, number: i64) -> Value {
    let window = vigie_profile::window::Window { from: at(number, 0), to: at(number + 1, 0) };
    let text = fs::read_to_string(world.path(&format!("reports/m/{}/report.json", window.folder()))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The kept files serve; after `after` windows there is one alert, which is over when the registry is back.
#[test]
fn an_outage_of_the_registry_is_one_alert() {
    let (world, server) = followed("{after: 2, cooldown: 100d}");
    let watcher = Watcher::new(&world);
    watcher.check(at(2, 6));
    server.registry().is_down = true;
    for number in 2..5 {
        rows_of_day(&world, number, 200);
        watcher.check(at(number + 1, 6));
        assert_eq!(report(&world, number)["run"]["kept_version"], "version 1 of credit default");
    }
    assert_eq!(watcher.events(), ["10-04 Opened - registry"]);
    server.registry().is_down = false;
    rows_of_day(&world, 5, 200);
    watcher.check(at(6, 6));
    assert_eq!(watcher.events()[1..], ["10-06 Recovered - registry"]);
    assert_eq!(report(&world, 5)["run"].get("kept_version"), None);
    let reason = {
        let notifications = watcher.notifications.lock().unwrap();
        Language::English.statement(&notifications[0].events[0].finding)
    };
    assert_eq!(reason, "the model registry cannot be reached; version 1 of credit default, which was kept, is in use");
}

#[test]
fn a_promotion_is_in_the_next_message_and_earlier_windows_keep_their_version() {
    // The log has the scores of V1, so V2 has an alarm at once.
    let (world, server) = followed("{after: 1}");
    let watcher = Watcher::new(&world);
    watcher.check(at(2, 6));
    assert_eq!(watcher.events(), Vec::<String>::new());
    let first = report(&world, 1)["run"]["model"].clone();
    assert_eq!((first["registered"]["version"].as_i64(), at(0, 0).0), (Some(1), DAY));
    register(&world, &server, "models:/credit default/2");
    server.registry().aliases.insert("champion".to_owned(), 2);
    rows_of_day(&world, 2, 200);
    // Late rows of a window of V1 are compared with V1's reference, and scored by V1.
    rows_of_day(&world, 1, 220);
    watcher.check(at(3, 6));
    let second = report(&world, 2);
    assert_eq!(second["run"]["model"]["registered"]["version"], 2);
    let late = report(&world, 1);
    assert_eq!((&late["run"]["revision"], &late["replay"]["mismatches"]), (&1.into(), &0.into()));
    assert_eq!(late["run"]["model"]["sha256"], first["sha256"]);
    assert_ne!(late["run"]["reference_id"], second["run"]["reference_id"]);

    let notifications = watcher.notifications.lock().unwrap();
    let note = notifications[0].note.clone().unwrap();
    assert!(matches!(note, Note::Promoted { former: 1, version: 2, new_line: true, .. }), "{note:?}");
    let english = Language::English.note(&note);
    assert_eq!(
        english,
        "version 2 of credit default is champion since the window from 2026-10-03T00:00:00Z, after version 1: trends start \
         over"
    );
    let french = Language::French.note(&note).replace('\u{a0}', " ");
    assert!(french.contains("la version 2 de credit default est") && french.contains("après la version 1"), "{french}");
    let told = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(told.contains("version 2 of credit default is champion"), "{told}");
}

/// Files and reference of both versions are equal; their thresholds, in tags, are not.
fn twins(alerts: &str) -> (World, FakeMlflow) {
    let (world, server) = followed(alerts);
    {
        let mut registry = server.registry();
        for file in ["MLmodel", "model.lgb", "vigie/reference.vigie"] {
            let bytes = registry.files[&format!("1/{file}")].clone();
            registry.files.insert(format!("2/{file}"), bytes);
        }
        let second: Vec<String> = registry.tags.iter().map(|tag| tag.replacen("1 ", "2 ", 1)).collect();
        registry.tags.extend(second);
        registry.tags.extend(["1 limit 0.2", "2 limit 0.6"].map(ToOwned::to_owned));
    }
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replacen("{name: m,", "{name: m, tags: {threshold: limit},", 1));
    (world, server)
}

/// Revision, version and threshold of a report.
fn facts(world: &World, number: i64) -> (u64, i64, f64) {
    let run = report(world, number)["run"].clone();
    let model = &run["model"];
    let version = model["registered"]["version"].as_i64().unwrap();
    (run["revision"].as_u64().unwrap(), version, model["threshold"].as_f64().unwrap())
}

#[test]
fn late_rows_are_checked_with_the_version_of_their_window() {
    let (world, server) = twins("{after: 1}");
    let watcher = Watcher::new(&world);
    let promote = |version: u64| {
        server.registry().aliases.insert("champion".to_owned(), version);
    };
    watcher.check(at(2, 6));
    // V1, V2, V1 and V2 again: the window before each promotion gets late rows after it.
    for (number, version) in [(2, 2), (3, 1), (4, 2)] {
        promote(version);
        rows_of_day(&world, number, 200);
        rows_of_day(&world, number - 1, 220);
        watcher.check(at(number + 1, 6));
        let (own, former) = if version == 2 { (0.6, (1, 1, 0.2)) } else { (0.2, (1, 2, 0.6)) };
        assert_eq!(facts(&world, number), (0, i64::try_from(version).unwrap(), own));
        assert_eq!(facts(&world, number - 1), former);
    }
    // A ledger of an earlier version of vigie does not state the version: the report does.
    let ledger = rusqlite::Connection::open(world.path("state/ledger.sqlite")).unwrap();
    ledger.execute("UPDATE run SET registry_model = NULL, registry_version = NULL", []).unwrap();
    drop(ledger);
    promote(1);
    rows_of_day(&world, 5, 200);
    rows_of_day(&world, 4, 220);
    watcher.check(at(6, 6));
    assert_eq!((facts(&world, 5), facts(&world, 4)), ((0, 1, 0.2), (1, 2, 0.6)));
    // So does a ledger that was rebuilt from reports. The registry's outage changes nothing.
    server.registry().is_down = true;
    rows_of_day(&world, 4, 230);
    watcher.check(at(6, 7));
    assert_eq!(facts(&world, 4), (2, 2, 0.6));
}

#[test]
fn the_report_of_a_version_that_was_deleted_is_kept() {
    let (world, server) = twins("{after: 1}");
    let watcher = Watcher::new(&world);
    watcher.check(at(2, 6));
    {
        let mut registry = server.registry();
        registry.aliases.insert("champion".to_owned(), 2);
        registry.deleted.push(1);
        registry.requests.clear();
    }
    rows_of_day(&world, 2, 200);
    rows_of_day(&world, 1, 220);
    let before = fs::read(world.path("reports/m/20261002T000000Z_20261003T000000Z/report.json")).unwrap();
    for hour in 6..9 {
        let summary = watcher.check(at(3, hour));
        assert_eq!((summary.failed, summary.reported), (0, usize::from(hour == 6)));
    }
    assert_eq!(fs::read(world.path("reports/m/20261002T000000Z_20261003T000000Z/report.json")).unwrap(), before);
    let asked = |request: &&String| request.contains("model-versions/get?") && request.contains("version=1");
    assert_eq!(server.registry().requests.iter().filter(asked).count(), 1);
    assert_eq!(watcher.events(), Vec::<String>::new());
}
