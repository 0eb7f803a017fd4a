//! SIGKILL under load: every answered request is in the log, none twice, and the daemon finds no gap in the numbers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use super::process::{Served, agent, applicant, log_files, post, start, world};
use crate::support::world::World;

/// Sends requests from four clients until the server has been killed; returns the ids of those that were answered. `next`
/// numbers them.
pub(crate) fn kill_under_load(mut server: Served, after: Duration, next: &AtomicU64) -> BTreeSet<String> {
    let body = Value::Object(applicant()).to_string();
    let answered = Mutex::new(BTreeSet::new());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let client = agent();
                while !is_over.load(Ordering::SeqCst) {
                    let id = format!("r{}", next.fetch_add(1, Ordering::SeqCst));
                    let headers = [("x-request-id", id.as_str())];
                    if post(&client, &server.address, "/predict", &body, &headers).is_ok_and(|own| own.status == 200) {
                        answered.lock().unwrap().insert(id.clone());
                    }
                }
            });
        }
        thread::sleep(after);
        // `Child::kill` needs the child mutably, which the threads only read.
        let pid = server.child.id();
        let killed = std::process::Command::new("sh").arg("-c").arg(format!("kill -9 {pid}")).status().unwrap();
        assert!(killed.success());
        thread::sleep(Duration::from_millis(20));
        is_over.store(true, Ordering::SeqCst);
    });
    let _ = server.child.wait();
    answered.into_inner().unwrap()
}

/// The days around today.
pub(crate) fn around_now() -> (String, String) {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    (today.yesterday().unwrap().to_string(), today.saturating_add(2.days()).to_string())
}

/// What the daemon counts by the sequence numbers of the last days.
#[track_caller]
pub(crate) fn counted(world: &World) -> Value {
    let (from, to) = around_now();
    world.check(&from, &to)["window"]["sequence"].clone()
}

/// The daemon finds no record missing.
#[track_caller]
pub(crate) fn assert_no_gap(world: &World) {
    assert_eq!(counted(world), json!({"dropped": 0, "missing": 0, "writers": 0}));
}

/// 10 kills; as many as `VIGIE_KILLS` says in CI.
#[test]
fn every_answered_request_is_in_the_log() {
    let kills: u64 = std::env::var("VIGIE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10);
    for durability in ["written", "synced"] {
        let world = world(&format!("log: {{dir: log, durability: {durability}}}"));
        let mut answered = BTreeSet::new();
        let next = AtomicU64::new(0);
        for kill in 0..kills / 2 {
            let server = start(&world, &[]);
            answered.extend(kill_under_load(server, Duration::from_millis(20 + 13 * (kill % 12)), &next));
        }
        let mut ids = BTreeMap::new();
        let mut torn = 0;
        for text in log_files(&world, "log") {
            for line in text.lines() {
                let Ok(record) = serde_json::from_str::<Value>(line) else {
                    torn += 1;
                    continue;
                };
                *ids.entry(record["request_id"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            }
        }
        assert!(answered.len() as u64 > kills, "only {} requests were answered", answered.len());
        let lost: Vec<&String> = answered.iter().filter(|id| !ids.contains_key(*id)).collect();
        assert!(lost.is_empty(), "{durability}: answered, but not in the log: {lost:?}");
        assert!(ids.values().all(|count| *count == 1), "{durability}: a request is in the log twice");
        assert_no_gap(&world);
        lose(&world);
        println!(
            "{durability}: {} kills, {} answered, {} logged, {torn} torn lines",
            kills / 2,
            answered.len(),
            ids.len()
        );
    }
}

/// Of each file with three records or more, the first and the one before the last are deleted: the daemon counts them all, those
/// at the beginning of a file because the name of its writer says when it began.
fn lose(world: &World) {
    let mut lost = 0;
    let mut files = 0;
    for day in std::fs::read_dir(world.path("log")).unwrap() {
        for file in std::fs::read_dir(day.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let mut lines: Vec<&str> =
                text.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).collect();
            if lines.len() >= 3 {
                lines.remove(lines.len() - 2);
                lines.remove(0);
                (lost, files) = (lost + 2, files + 1);
            }
            std::fs::write(path, lines.join("\n") + "\n").unwrap();
        }
    }
    assert!(lost > 0);
    assert_eq!(counted(world), json!({"dropped": 0, "missing": lost, "writers": files}));
}
