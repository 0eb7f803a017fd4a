//! Log formats: plain lines, JSON, and fields for the journal.

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
fn json_writes_one_object_per_line() {
    let world = drifted();
    let ran = world.vigie(&with(&["--log-format", "json"])).ok();
    let lines: Vec<Value> = ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{}", ran.stderr);
    let line = &lines[0];
    assert_eq!((&line["level"], &line["model"], &line["severity"]), (&"INFO".into(), &"m".into(), &"alarm".into()));
    assert!(line["message"].as_str().unwrap().starts_with("Alarm: "), "{line}");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z') && line["rows"].as_u64().unwrap() > 500, "{line}");
    // An error of a command is logged as well.
    let ran = world.vigie(&["--log-format", "json", "check", "--config", "none\u{1b}[31m.yaml"]);
    assert_eq!(ran.code, Some(2));
    let line: Value = serde_json::from_str(ran.stderr.trim_end()).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(line["message"].as_str().unwrap().contains("cannot read the config: no such file"), "{line}");
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains("\\u001b"), "{}", ran.stderr);
}

#[test]
fn terminals_get_each_message_once() {
    let world = drifted();
    for format in [&[][..], &["--log-format", "human"], &["--log-format", "auto"]] {
        assert_eq!(world.vigie(&with(format)).ok().stderr, "");
    }
    let ran = world.vigie(&["check", "--config", "none.yaml"]);
    assert!(ran.stderr.starts_with("vigie: ") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
}

/// `JOURNAL_STREAM` counts only if standard error is that stream. A socket pair takes the place of the journal's.
#[test]
fn the_journal_is_detected_by_its_stream() {
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
    // The message goes to the journal if there is one, and is not lost otherwise.
    assert_eq!(said.is_empty(), there, "{said}");
    assert!(there || said.starts_with("vigie: none.yaml: cannot read the config"), "{said}");
    // Plain lines if standard error is redirected elsewhere.
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
    // Without a journal, its format cannot be tested; only the error message is.
    let world = World::new();
    let ran = world.vigie(&["--log-format", "journald", "check", "--config", "none.yaml"]);
    assert_eq!(ran.code, Some(2));
    if UnixDatagram::unbound().unwrap().connect("/run/systemd/journal/socket").is_err() {
        assert!(
            ran.stderr.contains("cannot connect to the journal") && ran.stderr.contains("vigie: none.yaml"),
            "{}",
            ran.stderr
        );
    }
}
