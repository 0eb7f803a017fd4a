//! A daemon that follows an alias: outages of the registry, and promotions.

use std::fs;

use serde_json::Value;
use vigie::{judge::Note, report::Language};

use crate::support::{
    applicants::DAY,
    fake_mlflow::{FakeMlflow, Trouble},
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

/// A model is never compared with the reference of another version.
#[test]
fn an_alias_that_moves_in_the_middle_of_a_run_ends_it() {
    let (world, server) = followed("{after: 1}");
    register(&world, &server, "models:/credit default/2");
    let mut seen = 0;
    server.registry().script = Some(Box::new(move |request| {
        seen += usize::from(request.contains("registered-models/alias"));
        (seen == 2 && request.contains("registered-models/alias")).then_some(Trouble::Promote(2))
    }));
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    let ran = world.vigie(&args);
    let sentence =
        "meant version 1 of credit default and then version 2 of credit default, because it was moved meanwhile";
    assert!(ran.code == Some(2) && ran.stderr.contains(sentence), "{}", ran.stderr);
    world.vigie(&args).ok();
    assert_eq!(report(&world, 0)["run"]["model"]["registered"]["version"], 2);
}
