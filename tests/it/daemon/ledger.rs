//! The ledger: one current run per window, handling of damaged and newer files, and rebuilding from reports.

use std::{fs, time::Duration};

use rusqlite::Connection;
use serde_json::Value;
use vigie::{
    fault::Remedy,
    ledger::{FinalState, Ledger, NewMessage},
};
use vigie_profile::window::Instant;

use crate::support::watched::{Watcher, at, day, watched};

fn open(world: &crate::support::world::World) -> Result<Ledger, vigie::fault::Fault> {
    Ledger::open(&world.path("state"), Duration::from_millis(200))
}

#[test]
fn a_ledger_of_a_newer_vigie_is_reported_and_left_unchanged() {
    let world = watched("");
    drop(open(&world).unwrap());
    let file = world.path("state/ledger.sqlite");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let fault = open(&world).unwrap_err();
    assert!(fault.to_string().contains("has ledger version 99, but this vigie supports versions up to 9"), "{fault}");
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
fn a_damaged_ledger_is_set_aside_and_rebuilt_from_reports() {
    let world = watched("");
    for number in 0..3 {
        day(&world, number, 100, 0);
    }
    let watcher = Watcher::new(&world);
    assert_eq!(watcher.check(at(3, 6)).reported, 3);
    let trend = |watcher: &Watcher| watcher.ledger().view(|tx| tx.trend("m", Some("AGE"), 10)).unwrap();
    let before = trend(&watcher);
    assert_eq!(before.len(), 3);
    let file = world.path("state/ledger.sqlite");
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(world.path(&format!("state/ledger.sqlite{ending}")));
    }
    fs::write(&file, b"this is not a database, but long enough to be read as a header: .........").unwrap();
    let status = world.vigie(&["status", "--config", "vigie.yaml"]);
    assert!(status.stderr.contains("is damaged and was left unchanged; `vigie status --rebuild`"), "{}", status.stderr);
    let fault = watcher.try_check(at(4, 6)).unwrap_err();
    assert!(fault.to_string().contains("is damaged"), "{fault}");
    let rebuilt = world.vigie(&["status", "--config", "vigie.yaml", "--rebuild"]).ok().stdout;
    assert!(rebuilt.contains("damaged ledger set aside as") && rebuilt.contains("m: 3 runs rebuilt"), "{rebuilt}");
    let aside: Vec<_> = fs::read_dir(world.path("state"))
        .unwrap()
        .map(|tx| tx.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".damaged-"))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(trend(&watcher), before);
    // Restored runs are not repeated.
    day(&world, 3, 100, 0);
    assert_eq!(watcher.check(at(4, 6)).reported, 1);
}

#[test]
fn a_window_has_at_most_one_current_run() {
    let world = watched("");
    day(&world, 0, 100, 0);
    let watcher = Watcher::new(&world);
    watcher.check(at(1, 6));
    let db = Connection::open(world.path("state/ledger.sqlite")).unwrap();
    let twice = db.execute(
        "INSERT INTO run (model, from_us, to_us, revision, current, outcome, scheduled, attempts, line, created_us, sentence) \
         SELECT model, from_us, to_us, 7, 1, outcome, scheduled, attempts, line, created_us, sentence FROM run",
        [],
    );
    assert!(twice.unwrap_err().to_string().contains("UNIQUE"));
}

#[test]
fn a_failed_transaction_changes_nothing() {
    let world = watched("");
    let mut ledger = open(&world).unwrap();
    let message = NewMessage {
        channel: "email".to_owned(),
        message_id: "<a@b>".into(),
        subject: "s".into(),
        to: vec!["b".into()],
        payload: vec![1],
        is_thread: true,
    };
    let failed: Result<(), _> = ledger.write(|tx| {
        tx.queue(None, "m", &message, Instant(1))?;
        Err(vigie::fault::Fault::retry("no"))
    });
    assert!(failed.is_err());
    let waiting = |ledger: &mut Ledger| ledger.view(|tx| tx.undelivered().map(|messages| messages.len())).unwrap();
    assert_eq!(waiting(&mut ledger), 0);
    // The same Message-ID is never queued twice.
    for _ in 0..2 {
        ledger.write(|tx| tx.queue(None, "m", &message, Instant(1))).unwrap();
    }
    assert_eq!(waiting(&mut ledger), 1);
    let front = ledger.view(|tx| tx.next_messages("email")).unwrap();
    ledger.write(|tx| tx.settle(front[0].id, "b", FinalState::Sent, None, Instant(2))).unwrap();
    ledger.write(|tx| tx.queue(None, "m", &message, Instant(3))).unwrap();
    assert_eq!(ledger.view(|tx| tx.next_messages("email")).unwrap(), []);
}

#[test]
fn check_waits_for_a_locked_ledger_and_then_writes_only_the_report() {
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
    assert!(ran.stderr.contains("the report was written but not recorded in the ledger"), "{}", ran.stderr);
    assert!(ran.stderr.contains("is locked by another process"), "{}", ran.stderr);
    let report = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json");
    assert!(serde_json::from_str::<Value>(&fs::read_to_string(report).unwrap()).is_ok());
    let watcher = Watcher::new(&world);
    let fault = watcher.try_check(at(1, 6)).unwrap_err();
    assert_eq!(fault.remedy(), Remedy::Retry, "{fault}");
    // Works again once the lock is released.
    db.execute_batch("ROLLBACK").unwrap();
    assert_eq!(watcher.check(at(1, 6)).reported, 1);
}

/// A report made before its window was over covers only part of it: the window is still due.
#[test]
fn a_report_of_an_unfinished_window_does_not_settle_it() {
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
    assert_eq!(watcher.check(at(1, 12)).reported, 1);
    fs::remove_dir_all(world.path("state")).unwrap();
    let rebuilt = world.vigie(&["status", "--config", "vigie.yaml", "--rebuild"]).ok().stdout;
    assert!(rebuilt.contains("m: 2 runs rebuilt"), "{rebuilt}");
    day(&world, 1, 150, 0);
    assert_eq!(watcher.check(at(2, 6)).reported, 1, "the second day is checked when it is over");
    let runs = watcher.ledger().view(|tx| tx.latest("m", 10)).unwrap();
    assert_eq!((runs[0].window.from, runs[0].scheduled, runs[0].records), (at(1, 0), true, Some(150)));
}
