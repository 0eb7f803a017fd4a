//! The ledger: one current run a window, damaged or newer files are named and kept, a lost one comes back from the reports.

use std::{fs, time::Duration};

use rusqlite::Connection;
use serde_json::Value;
use vigie::{
    fault::Remedy,
    ledger::{Channel, Fate, Ledger, Queued},
};
use vigie_profile::window::Instant;

use crate::support::watched::{Watcher, at, day, watched};

fn open(world: &crate::support::world::World) -> Result<Ledger, vigie::fault::Fault> {
    Ledger::open(&world.path("state"), Duration::from_millis(200))
}

#[test]
fn a_ledger_of_a_newer_vigie_is_named_and_left_alone() {
    let world = watched("");
    drop(open(&world).unwrap());
    let file = world.path("state/ledger.sqlite");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let fault = open(&world).unwrap_err();
    assert!(fault.to_string().contains("is a ledger of version 99, this vigie knows 4"), "{fault}");
    assert_eq!(fault.remedy(), Remedy::FixSetup);
    for args in [&["status", "--config", "vigie.yaml"][..], &["status", "--config", "vigie.yaml", "--rebuild"]] {
        let ran = world.vigie(args);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        assert!(ran.stderr.contains("version 99"), "{}", ran.stderr);
    }
    let version: i64 =
        Connection::open(&file).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 99);
}

#[test]
fn a_damaged_ledger_is_set_aside_and_runs_come_back_from_the_reports() {
    let world = watched("");
    for number in 0..3 {
        day(&world, number, 100, 0);
    }
    let watcher = Watcher::new(&world);
    assert_eq!(watcher.look(at(3, 6)).told, 3);
    let trend = |watcher: &Watcher| watcher.ledger().view(|entry| entry.trend("m", Some("AGE"), 10)).unwrap();
    let before = trend(&watcher);
    assert_eq!(before.len(), 3);
    let file = world.path("state/ledger.sqlite");
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(world.path(&format!("state/ledger.sqlite{ending}")));
    }
    fs::write(&file, b"this is no database, and long enough to be looked at as one: ............").unwrap();
    let told = world.vigie(&["status", "--config", "vigie.yaml"]);
    assert!(told.stderr.contains("is damaged and is left as it is; `vigie status --rebuild`"), "{}", told.stderr);
    let fault = watcher.try_look(at(4, 6)).unwrap_err();
    assert!(fault.to_string().contains("is damaged"), "{fault}");
    let told = world.vigie(&["status", "--config", "vigie.yaml", "--rebuild"]).ok().stdout;
    assert!(told.contains("was set aside as") && told.contains("m: 3 runs were read"), "{told}");
    let aside: Vec<_> = fs::read_dir(world.path("state"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".damaged-"))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(trend(&watcher), before);
    // What was done is not done again.
    day(&world, 3, 100, 0);
    assert_eq!(watcher.look(at(4, 6)).told, 1);
}

#[test]
fn a_window_has_one_current_run_whatever_is_written() {
    let world = watched("");
    day(&world, 0, 100, 0);
    let watcher = Watcher::new(&world);
    watcher.look(at(1, 6));
    let db = Connection::open(world.path("state/ledger.sqlite")).unwrap();
    let twice = db.execute(
        "INSERT INTO run (model, from_us, to_us, revision, current, outcome, scheduled, attempts, line, created_us, sentence) \
         SELECT model, from_us, to_us, 7, 1, outcome, scheduled, attempts, line, created_us, sentence FROM run",
        [],
    );
    assert!(twice.unwrap_err().to_string().contains("UNIQUE"));
}

#[test]
fn what_is_written_half_is_not_written() {
    let world = watched("");
    let mut ledger = open(&world).unwrap();
    let queued = Queued {
        channel: Channel::Email,
        message_id: "<a@b>".into(),
        subject: "s".into(),
        to: vec!["b".into()],
        letter: vec![1],
    };
    let failed: Result<(), _> = ledger.write(|entry| {
        entry.queue(None, "m", &queued, Instant(1))?;
        Err(vigie::fault::Fault::retry("no"))
    });
    assert!(failed.is_err());
    let waiting = |ledger: &mut Ledger| ledger.view(|entry| entry.undelivered().map(|letters| letters.len())).unwrap();
    assert_eq!(waiting(&mut ledger), 0);
    // The same Message-ID is never queued twice.
    for _ in 0..2 {
        ledger.write(|entry| entry.queue(None, "m", &queued, Instant(1))).unwrap();
    }
    assert_eq!(waiting(&mut ledger), 1);
    let front = ledger.view(|entry| entry.in_front(Channel::Email)).unwrap();
    ledger.write(|entry| entry.settle(front[0].id, "b", Fate::Sent, None, Instant(2))).unwrap();
    ledger.write(|entry| entry.queue(None, "m", &queued, Instant(3))).unwrap();
    assert_eq!(ledger.view(|entry| entry.in_front(Channel::Email)).unwrap(), []);
}

#[test]
fn check_by_hand_waits_for_a_locked_ledger_and_then_writes_the_report_only() {
    let world = watched("");
    day(&world, 0, 100, 0);
    drop(open(&world).unwrap());
    let db = Connection::open(world.path("state/ledger.sqlite")).unwrap();
    db.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let started = std::time::Instant::now();
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    let ran = world.vigie(&args).ok();
    let waited = started.elapsed();
    assert!(waited > Duration::from_secs(4) && waited < Duration::from_secs(15), "{waited:?}");
    assert!(ran.stderr.contains("the report is written, the ledger does not know of it"), "{}", ran.stderr);
    assert!(ran.stderr.contains("is locked by another process"), "{}", ran.stderr);
    let report = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json");
    assert!(serde_json::from_str::<Value>(&fs::read_to_string(report).unwrap()).is_ok());
    let watcher = Watcher::new(&world);
    let fault = watcher.try_look(at(1, 6)).unwrap_err();
    assert_eq!(fault.remedy(), Remedy::Retry, "{fault}");
    // Healed when the cause goes.
    db.execute_batch("ROLLBACK").unwrap();
    assert_eq!(watcher.look(at(1, 6)).told, 1);
}

/// A report that was made before its window was over has judged a part of it: the window is still due.
#[test]
fn a_report_of_an_unfinished_window_settles_nothing_in_a_rebuilt_ledger() {
    let world = watched("");
    day(&world, 0, 100, 0);
    day(&world, 1, 100, 0);
    let early = std::process::Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["check", "--config", "vigie.yaml", "--from", "2026-10-02", "--to", "2026-10-03"])
        .current_dir(world.root())
        .env("VIGIE_NOW", at(1, 12).to_string())
        .output()
        .unwrap();
    assert!(early.status.success(), "{}", String::from_utf8_lossy(&early.stderr));
    let watcher = Watcher::new(&world);
    assert_eq!(watcher.look(at(1, 12)).told, 1);
    fs::remove_dir_all(world.path("state")).unwrap();
    let told = world.vigie(&["status", "--config", "vigie.yaml", "--rebuild"]).ok().stdout;
    assert!(told.contains("m: 2 runs were read"), "{told}");
    day(&world, 1, 150, 0);
    assert_eq!(watcher.look(at(2, 6)).told, 1, "the second day is looked at when it is over");
    let runs = watcher.ledger().view(|entry| entry.latest("m", 10)).unwrap();
    assert_eq!((runs[0].window.from, runs[0].scheduled, runs[0].records), (at(1, 0), true, Some(150)));
}
