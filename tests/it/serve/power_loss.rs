//! A power loss: with `durability: synced`, every answered request is in what had been synced when it was answered.

use std::{collections::BTreeSet, sync::atomic::AtomicU64, time::Duration};

use serde_json::{Value, json};

use super::{
    kills::{assert_no_gap, kill_under_load},
    process::{log_files, world},
    storage::{lose_power, start_on_storage},
};
use crate::support::world::World;

/// Requests that were answered before power losses, and those that are in the log afterwards.
fn answered_and_logged(durability: &str, mode: &str, losses: u64) -> (World, BTreeSet<String>, BTreeSet<String>) {
    let world = world(&format!("log: {{dir: log, durability: {durability}}}"));
    let next = AtomicU64::new(0);
    let mut answered = BTreeSet::new();
    for loss in 0..losses {
        let server = start_on_storage(&world, mode);
        answered.extend(kill_under_load(server, Duration::from_millis(120 + 37 * (loss % 9)), &next));
        lose_power(&world);
    }
    let files = log_files(&world, "log");
    let records =
        files.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let logged = records.map(|record| record["request_id"].as_str().unwrap().to_owned()).collect();
    (world, answered, logged)
}

/// 3 losses; a tenth of `VIGIE_KILLS` in CI.
#[test]
fn synced_answers_survive() {
    let losses =
        std::env::var("VIGIE_KILLS").ok().and_then(|kills| kills.parse::<u64>().ok()).map_or(3, |kills| kills / 10);
    let (world, answered, logged) = answered_and_logged("synced", "", losses.max(1));
    assert!(answered.len() as u64 > losses, "only {} requests were answered", answered.len());
    let lost: Vec<&String> = answered.difference(&logged).collect();
    assert!(lost.is_empty(), "answered, and lost with the power: {lost:?}");
    assert_no_gap(&world);
    println!("{losses} power losses, {} answered, {} logged", answered.len(), logged.len());
}

/// The simulation finds what is not synced: nothing is, syncs come after the answer, or the entries of folders are left out.
#[test]
fn the_simulation_loses_what_is_not_synced() {
    for (durability, mode) in [("written", ""), ("synced", "late"), ("synced", "flat")] {
        let (_, answered, logged) = answered_and_logged(durability, mode, 3);
        let lost = answered.difference(&logged).count();
        assert!(lost > 0, "{durability} {mode}: {} answered, none lost", answered.len());
        assert!(mode != "flat" || logged.is_empty(), "no file is an entry of its folder");
    }
}

/// Storage that has become read-only, or is full: requests are refused until it is writable, and no answer is without its record.
#[test]
fn storage_that_cannot_be_written_refuses_requests_until_it_can() {
    for (durability, fault) in [("written", "r"), ("synced", "r"), ("written", "full"), ("synced", "full")] {
        let world = world(&format!("log: {{dir: log, durability: {durability}}}"));
        let server = start_on_storage(&world, "");
        let body = Value::Object(super::process::applicant()).to_string();
        let ask = |status: u16| {
            let answer = server.post("/predict", &body);
            assert_eq!(answer.status, status, "{durability} {fault}: {}", answer.text);
            answer
        };
        (0..2).for_each(|_| drop(ask(200)));
        world.file("fault", fault);
        for _ in 0..3 {
            assert_eq!(ask(503).retry_after.as_deref(), Some("1"));
        }
        let ready = server.get("/readyz");
        assert_eq!(ready.status, 503);
        let why = if fault == "r" { "read-only" } else { "no space" };
        let shown = ready.json()["log"].as_str().unwrap().to_lowercase();
        assert!(shown.contains("serve.log.dir") && shown.contains(why), "{shown}");
        assert_eq!(server.get("/healthz").status, 200);
        std::fs::remove_file(world.path("fault")).unwrap();
        super::log_failures::eventually_ready(&server);
        (0..2).for_each(|_| drop(ask(200)));
        server.stop();
        let records = super::process::logged(&world, "log");
        let sequence: Vec<&Value> = records.iter().map(|record| &record["seq"]).collect();
        assert_eq!(sequence, [&json!(1), &json!(2), &json!(3), &json!(4)], "{durability} {fault}");
        assert_no_gap(&world);
    }
}
