//! A log that cannot be written: requests are refused, nothing is answered unlogged, and it heals by itself.

use std::{
    collections::BTreeSet,
    fs,
    process::Command,
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::Value;

use super::process::{Served, applicant, log_files, logged, start, start_by, world};

/// Limits the size of files that the server may write, as a full disk would: writes fail, some of them half way.
fn limit(server: &Served, bytes: &str) {
    let pid = server.child.id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status().unwrap().success());
}

pub(super) fn eventually_ready(server: &Served) {
    let end = StdInstant::now() + Duration::from_secs(20);
    while server.get("/readyz").status != 200 {
        assert!(StdInstant::now() < end, "not ready again");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_full_disk_refuses_requests_and_heals() {
    for durability in ["written", "synced"] {
        let world = world(&format!("log: {{dir: log, durability: {durability}}}"));
        // The signal would end the process, where a full disk only fails.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_vigie")]);
        let server = start_by(&world, command, &[]);
        let body = Value::Object(applicant()).to_string();
        let mut answered = 0;
        assert_eq!(server.post("/predict", &body).status, 200);
        answered += 1;
        // In the middle of the second record, and less than the file that is written to see whether the disk is still full.
        let bytes = log_files(&world, "log")[0].len() * 3 / 2;
        assert!(bytes < 8_192, "{bytes}");
        limit(&server, &bytes.to_string());
        let mut refused = 0;
        let mut last = 200;
        for _ in 0..6 {
            let answer = server.post("/predict", &body);
            last = answer.status;
            match answer.status {
                // In a new file, in which one record has its place.
                200 => answered += 1,
                503 => {
                    refused += 1;
                    assert_eq!(answer.retry_after.as_deref(), Some("1"));
                    assert!(answer.text.contains("cannot be logged"), "{}", answer.text);
                }
                other => panic!("{other}: {}", answer.text),
            }
        }
        // A file that could not be synced is not appended to; one that could not be written is, where its last record ends.
        assert_eq!(refused, if durability == "written" { 6 } else { 3 }, "{durability}");
        let ready = server.get("/readyz");
        assert_eq!(ready.status, last, "{}", ready.text);
        if ready.status == 503 {
            assert!(ready.json()["log"].as_str().unwrap().contains("serve.log.dir"), "{}", ready.text);
        }
        assert_eq!(server.get("/healthz").status, 200);
        limit(&server, "unlimited");
        eventually_ready(&server);
        for _ in 0..3 {
            assert_eq!(server.post("/predict", &body).status, 200);
            answered += 1;
        }
        server.stop();
        let records = logged(&world, "log");
        assert_eq!(records.len(), answered, "{durability}: {records:?}");
        let sequence: Vec<u64> = records.iter().map(|record| record["seq"].as_u64().unwrap()).collect();
        assert_eq!(sequence, (1..=answered as u64).collect::<Vec<_>>(), "{durability}");
        let log = fs::read_to_string(world.path("serve.log")).unwrap();
        assert!(log.contains("requests are refused until it can be written"), "{log}");
    }
}

/// A writer that panics is a log that cannot be written: its requests are refused, and the next ones are tried again.
#[test]
fn a_panic_of_the_writer_is_told_and_heals() {
    for durability in ["written", "synced"] {
        let world = world(&format!("log: {{dir: log, durability: {durability}}}"));
        let server = start(&world, &[("VIGIE_PANIC_AT", "serve.written")]);
        let body = Value::Object(applicant()).to_string();
        // The log may be tried again between the two requests.
        let is_told = (0..20).any(|_| {
            let answer = server.post("/predict", &body);
            assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("1")), "{}", answer.text);
            let ready = server.get("/readyz");
            ready.status == 503 && ready.json()["log"].as_str().unwrap().contains("panicked")
        });
        assert!(is_told, "{durability}");
        eventually_ready(&server);
        assert_eq!(server.post("/predict", &body).status, 503);
        server.stop();
        // These records were written before the panic, so none of their numbers may be used again.
        let records = logged(&world, "log");
        let numbers: BTreeSet<String> =
            records.iter().map(|record| format!("{} {}", record["instance"], record["seq"])).collect();
        assert!(records.len() >= 2 && numbers.len() == records.len(), "{durability}: {numbers:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_stops_the_start() {
    let world = world("log: {dir: log}");
    world.file("log", "a file in its place");
    let ran = world.vigie(&["serve", "--config", "vigie.yaml"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("serve.log.dir: cannot write to"), "{}", ran.stderr);
}

/// The folder is moved away, and something else takes its place: requests are refused until it is back.
#[test]
fn a_day_that_cannot_begin_refuses_requests_until_it_can() {
    let world = world("");
    let shift = world.file("shift", "0");
    let server = start(&world, &[("VIGIE_CLOCK_SHIFT", shift.to_str().unwrap())]);
    let body = Value::Object(applicant()).to_string();
    assert_eq!(server.post("/predict", &body).status, 200);
    fs::rename(world.path("log"), world.path("moved")).unwrap();
    world.file("log", "a file in its place");
    fs::write(&shift, "86400").unwrap();
    assert_eq!(server.post("/predict", &body).status, 503);
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.json()["log"].as_str().unwrap().contains("serve.log.dir"), "{}", ready.text);
    fs::remove_file(world.path("log")).unwrap();
    fs::rename(world.path("moved"), world.path("log")).unwrap();
    eventually_ready(&server);
    assert_eq!(server.post("/predict", &body).status, 200);
    server.stop();
    let sequence: Vec<Value> = logged(&world, "log").iter().map(|record| record["seq"].clone()).collect();
    assert_eq!(sequence, [1, 2]);
    assert_eq!(fs::read_dir(world.path("log")).unwrap().count(), 2, "one folder a day");
}
