//! SIGKILL under load: every answered request is in the log, none twice, and sequence numbers have no gap.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use super::process::{agent, applicant, log_files, post, start, world};

/// 10 kills; as many as `VIGIE_KILLS` says in CI.
#[test]
fn every_answered_request_is_in_the_log() {
    let kills: u64 = std::env::var("VIGIE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10);
    for durability in ["written", "synced"] {
        let world = world(&format!("log: {{dir: log, durability: {durability}}}"));
        let body = Value::Object(applicant()).to_string();
        let answered = Mutex::new(BTreeSet::new());
        let next = AtomicU64::new(0);
        for kill in 0..kills / 2 {
            let mut server = start(&world, &[]);
            let is_over = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let client = agent();
                        while !is_over.load(Ordering::SeqCst) {
                            let id = format!("r{}", next.fetch_add(1, Ordering::SeqCst));
                            let headers = [("x-request-id", id.as_str())];
                            if post(&client, &server.address, "/predict", &body, &headers)
                                .is_ok_and(|own| own.status == 200)
                            {
                                answered.lock().unwrap().insert(id.clone());
                            }
                        }
                    });
                }
                thread::sleep(Duration::from_millis(20 + 13 * (kill % 12)));
                // `Child::kill` needs the child mutably, which the threads only read.
                let pid = server.child.id();
                let killed = std::process::Command::new("sh").arg("-c").arg(format!("kill -9 {pid}")).status().unwrap();
                assert!(killed.success());
                thread::sleep(Duration::from_millis(20));
                is_over.store(true, Ordering::SeqCst);
            });
            let _ = server.child.wait();
        }
        let answered = answered.into_inner().unwrap();
        let mut ids = BTreeMap::new();
        let mut torn = 0;
        for text in log_files(&world, "log") {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let mut expected = 1;
            for line in &lines {
                let Ok(record) = serde_json::from_str::<Value>(line) else {
                    torn += 1;
                    continue;
                };
                assert_eq!(record["seq"], expected, "a gap in {}", record["instance"]);
                expected += 1;
                *ids.entry(record["request_id"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            }
        }
        assert!(answered.len() as u64 > kills, "only {} requests were answered", answered.len());
        let lost: Vec<&String> = answered.iter().filter(|id| !ids.contains_key(*id)).collect();
        assert!(lost.is_empty(), "{durability}: answered, but not in the log: {lost:?}");
        assert!(ids.values().all(|count| *count == 1), "{durability}: a request is in the log twice");
        println!(
            "{durability}: {} kills, {} answered, {} logged, {torn} torn lines",
            kills / 2,
            answered.len(),
            ids.len()
        );
    }
}
