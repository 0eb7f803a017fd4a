//! The log: lines for people, JSON for machines, fields for the journal.

use std::{
    os::unix::{
        fs::MetadataExt,
        net::{UnixDatagram, UnixStream},
    },
    process::Command,
};

use serde_json::Value;

use crate::{page::snapshots::drifted, support::world::World};

const CHECK: &[&str] = &["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    CHECK.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn json_is_an_object_a_line() {
    let world = drifted();
    let ran = world.vigie(&with(&["--log-format", "json"])).ok();
    let lines: Vec<Value> = ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{}", ran.stderr);
    let line = &lines[0];
    assert_eq!((&line["level"], &line["model"], &line["severity"]), (&"INFO".into(), &"m".into(), &"alarm".into()));
    assert!(line["message"].as_str().unwrap().starts_with("Alarm: "), "{line}");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z') && line["rows"].as_u64().unwrap() > 500, "{line}");
    // What a command could not tell is an event too.
    let ran = world.vigie(&["--log-format", "json", "check", "--config", "none\u{1b}[31m.yaml"]);
    assert_eq!(ran.code, Some(2));
    let line: Value = serde_json::from_str(ran.stderr.trim_end()).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(line["message"].as_str().unwrap().contains("the config cannot be read: no such file"), "{line}");
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains("\\u001b"), "{}", ran.stderr);
}

#[test]
fn people_at_a_terminal_are_told_once() {
    let world = drifted();
    for format in [&[][..], &["--log-format", "human"], &["--log-format", "auto"]] {
        assert_eq!(world.vigie(&with(format)).ok().stderr, "");
    }
    let ran = world.vigie(&["check", "--config", "none.yaml"]);
    assert!(ran.stderr.starts_with("vigie: ") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
}

/// `JOURNAL_STREAM` counts only when standard error is that stream. A pair of sockets stands in for the journal's.
#[test]
fn the_journal_is_known_by_its_stream() {
    let world = World::new();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let fd = std::os::fd::OwnedFd::from(theirs);
    let metadata = std::fs::metadata(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&fd))).unwrap();
    let stream = format!("{}:{}", metadata.dev(), metadata.ino());
    let there = UnixDatagram::unbound().unwrap().connect("/run/systemd/journal/socket").is_ok();
    let status = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["check", "--config", "none.yaml"])
        .current_dir(world.root())
        .env("JOURNAL_STREAM", stream)
        .stderr(fd)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut { ours }, &mut said).unwrap();
    // With a journal the sentence went there; without one it is not lost.
    assert_eq!(said.is_empty(), there, "{said}");
    assert!(there || said.starts_with("vigie: none.yaml: the config cannot be read"), "{said}");
    // Redirected elsewhere: lines.
    let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["check", "--config", "none.yaml"])
        .current_dir(world.root())
        .env("JOURNAL_STREAM", "1:1")
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("vigie: "));
}

#[test]
fn the_journal_gets_fields() {
    // Where no journal is, the journal's own way of writing cannot be seen: said, not skipped in silence.
    let world = World::new();
    let ran = world.vigie(&["--log-format", "journald", "check", "--config", "none.yaml"]);
    assert_eq!(ran.code, Some(2));
    if UnixDatagram::unbound().unwrap().connect("/run/systemd/journal/socket").is_err() {
        assert!(
            ran.stderr.contains("there is no journal to write to") && ran.stderr.contains("vigie: none.yaml"),
            "{}",
            ran.stderr
        );
    }
}
