//! A peer that never stops sending is cut off, and what it sent is not kept: mail servers, web services, databases.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{
    talker::{Talker, measured},
    watched::{configure, watched},
    world::World,
};

/// The most memory that the program may have, whatever a peer sends.
const MAX_MEMORY: u64 = 64 << 20;

/// Runs a command that talks to the peer, and returns what it says about that.
#[track_caller]
fn said(world: &World, args: &[&str], talker: &Talker) -> String {
    let clock = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
    let (output, memory) = measured(command.args(args).args(["--config", "vigie.yaml"]).current_dir(world.root()));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(memory > 0 && memory < MAX_MEMORY, "{memory} bytes of memory; {said}");
    // What the sockets buffer, and no more.
    assert!(talker.sent() < 64 << 20, "{} bytes sent; {said}", talker.sent());
    assert!(clock.elapsed() < Duration::from_secs(20), "{:?}; {said}", clock.elapsed());
    said
}

#[test]
fn the_memory_for_a_reply_is_bounded() {
    let world = watched("");
    for (start, more) in
        [("", "2"), ("220 ready\r\n", "250-more\r\n"), ("220 ready\r\n250 hello\r\n250 ok\r\n", "250 ok\u{fffd}")]
    {
        let talker = Talker::greeting(start.as_bytes(), more.as_bytes());
        let email = format!("{{smtp: \"smtp://127.0.0.1:{}\", from: v@example.com, to: r@example.com}}", talker.port);
        configure(&world, &format!("alerts: {{email: {email}}}\n"));
        assert!(said(&world, &["alert", "test"], &talker).contains("alerts.email: not sent"), "{start:?} {more:?}");
    }
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    for (start, more) in [
        ("", "x"),
        ("HTTP/1.1 500 Oh\r\n", "x"),
        ("HTTP/1.1 500 Oh\r\n", "x-name: value\r\n"),
        ("HTTP/1.1 200 Ok\r\n\r\n", "x"),
        ("HTTP/1.1 200 Ok\r\ntransfer-encoding: chunked\r\n\r\n", chunk.as_str()),
    ] {
        for channel in ["webhook", "slack", "teams", "pagerduty"] {
            let talker = Talker::new(start.as_bytes(), more.as_bytes());
            world.file("key", "0123456789abcdef0123456789abcdef");
            let key = if channel == "pagerduty" { ", routing_key_file: key" } else { "" };
            let url = format!("url: \"http://127.0.0.1:{}/x\"{key}", talker.port);
            configure(&world, &format!("alerts: {{{channel}: {{{url}}}}}\n"));
            said(&world, &["alert", "test"], &talker);
        }
    }
}

#[test]
fn the_memory_for_an_answer_of_a_database_is_bounded() {
    let world = watched("");
    let authenticated = [b"R\0\0\0\x08\0\0\0\0".as_slice(), b"Z\0\0\0\x05I"].concat();
    let mut notice = b"N\0\x01\0\0SNOTICE\0".to_vec();
    notice.resize(0x10001, b'x');
    for (start, more) in [
        (b"E\x7f\xff\xff\xff".to_vec(), b"x".to_vec()),
        ([authenticated.as_slice(), b"E\x7f\xff\xff\xff"].concat(), b"x".to_vec()),
        (authenticated.clone(), notice),
        ([authenticated.as_slice(), b"d\x7f\xff\xff\xff"].concat(), b"x".to_vec()),
    ] {
        let talker = Talker::new(&start, &more);
        world.config(&format!(
            "kind: postgres\nurl: postgresql://u:p@127.0.0.1:{}/log?sslmode=disable\ntable: log\n\
             fields: {{timestamp: ts, features: inputs, probability: p}}\n",
            talker.port
        ));
        let check = ["check", "--from", "2026-10-01", "--to", "2026-10-02"];
        let said = said(&world, &check, &talker);
        assert!(said.contains("PostgreSQL at 127.0.0.1"), "{said}");
    }
}
