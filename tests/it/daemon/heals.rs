//! Failures: each is named, ends neither the daemon nor another run, and heals when its cause goes.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant as Stopwatch},
};

use super::process::{Daemon, eventually, mail, said};
use crate::support::{
    postman::{Act, Postman, Step},
    watched::{at, configure, day, watched},
};

/// A run in flight that takes too long is dropped: its window is looked at after the next start.
#[test]
fn a_run_that_hangs_is_rolled_back_within_ten_seconds() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now), ("VIGIE_HANG_AT", "ledger.run")]);
    let report = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json");
    eventually("the report is there", || report.exists());
    assert_eq!(daemon.end("TERM"), Some(0));
    assert!(said(&world).contains("is rolled back"), "{}", said(&world));
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("the window is looked at", || said(&world).contains("\"checked\""));
    assert_eq!(daemon.end("TERM"), Some(0));
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(report["run"]["revision"], 0);
}

#[test]
fn a_check_that_panics_is_a_failed_run_and_not_a_dead_daemon() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now), ("VIGIE_PANIC_AT", "window.counted")]);
    eventually("the panic is told", || said(&world).contains("the run broke down (a test asked for it"));
    assert!(daemon.child.try_wait().unwrap().is_none(), "it lives");
    assert_eq!(daemon.end("TERM"), Some(0));
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("failed: the run broke down") && status.contains("1 open alert,"), "{status}");
    assert_eq!(status.matches("the run broke down").count(), 2, "once for the window, once for the alert: {status}");
}

/// A server may take ten minutes for its last reply; a signal is not kept waiting, and the letter goes out later.
#[test]
fn a_slow_mail_server_keeps_no_signal_waiting() {
    let world = watched("");
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let now = at(2, 6).to_string();
    let slow = || Postman::with(|step| (*step == Step::End).then_some(Act::Hang));
    let first = slow();
    configure(&world, &mail(first.port));
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    let wants = |postman: &Postman| postman.heard().iter().any(|line| line == "DATA");
    eventually("the letter is said", || wants(&first));
    assert_eq!(daemon.end("TERM"), Some(0));
    // `--once` too, which is what a timer starts.
    let second = slow();
    configure(&world, &mail(second.port));
    let mut child = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["run", "--once", "--config", "vigie.yaml"])
        .current_dir(world.root())
        .env("VIGIE_NOW", &now)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the letter is said again", || wants(&second));
    let clock = Stopwatch::now();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(clock.elapsed() < Duration::from_secs(10), "{:?}", clock.elapsed());
    let polite = Postman::polite();
    configure(&world, &mail(polite.port));
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("it arrives", || polite.received().len() == 1);
    assert_eq!(daemon.end("TERM"), Some(0));
}

#[test]
fn a_mail_server_that_was_down_gets_every_mail_in_order() {
    let world = watched("");
    // A port at which nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    configure(&world, &mail(port));
    for number in 0..4 {
        day(&world, number, 120, if number % 2 == 1 { 40 } else { 0 });
        let now = at(number + 1, 6).to_string();
        let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
        let folder = at(number, 0).compact();
        eventually("the window is checked", || {
            fs::read_dir(world.path("reports/m"))
                .is_ok_and(|mut all| all.any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with(&folder)))
        });
        thread::sleep(Duration::from_millis(300));
        assert_eq!(daemon.end("TERM"), Some(0));
    }
    let waiting = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(waiting.contains("3 messages wait, 0 were not taken"), "{waiting}");
    let postman = Postman::polite();
    configure(&world, &mail(postman.port));
    let now = at(6, 6).to_string();
    world.file("log/keep.ndjson", "");
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("all mails arrive", || postman.received().len() >= 3);
    daemon.end("TERM");
    let subjects: Vec<String> = postman
        .received()
        .iter()
        .map(|letter| {
            let text = String::from_utf8_lossy(&letter.bytes).into_owned();
            text.lines().find(|line| line.starts_with("Date:")).unwrap().to_owned()
        })
        .collect();
    let days: Vec<&str> = subjects.iter().take(3).map(|date| date.split(' ').nth(2).unwrap()).collect();
    assert_eq!(days, ["03", "04", "05"], "{subjects:?}");
}

#[test]
fn a_refusal_for_good_is_shown_and_does_not_stop_the_next() {
    let postman = Postman::at("RCPT", Act::Say("550 5.1.1 no such user"));
    let world = watched(&mail(postman.port));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let ran = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["run", "--once", "--config", "vigie.yaml"])
        .current_dir(world.root())
        .env("VIGIE_NOW", at(2, 6).to_string())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("email refused") && status.contains("no such user"), "{status}");
}

/// `ulimit -f` makes every write beyond a few blocks fail, as a full disk does.
#[test]
fn a_full_disk_is_named_and_heals() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let run = |limit: &str| {
        Command::new("sh")
            .arg("-c")
            .arg(format!("trap '' XFSZ; {limit} exec {} run --once --config vigie.yaml", env!("CARGO_BIN_EXE_vigie")))
            .current_dir(world.root())
            .env("VIGIE_NOW", at(1, 6).to_string())
            .output()
            .unwrap()
    };
    let full = run("ulimit -f 8;");
    let stderr = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("disk"), "{stderr}");
    let free = run("");
    assert!(free.status.success(), "{}", String::from_utf8_lossy(&free.stderr));
    assert!(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json").exists());
}

/// A reports folder that may not be written to fails the run, and is written to when it may be. As a user without
/// privileges: root may always.
#[test]
fn a_read_only_reports_folder_is_named_and_heals() {
    use std::os::unix::fs::PermissionsExt;
    let world = watched("");
    day(&world, 0, 120, 0);
    let program = world.path("vigie");
    fs::copy(env!("CARGO_BIN_EXE_vigie"), &program).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mode = |path: &std::path::Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for folder in ["reports", "state"] {
        fs::create_dir_all(world.path(folder)).unwrap();
        mode(&world.path(folder), 0o777);
    }
    mode(world.root(), 0o755);
    let run = || {
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        command.args(["run", "--once", "--config", "vigie.yaml"]).current_dir(world.root());
        command.env("VIGIE_NOW", at(1, 6).to_string()).output().unwrap()
    };
    mode(&world.path("reports"), 0o555);
    let stuck = run();
    let said = String::from_utf8_lossy(&stuck.stderr).into_owned();
    assert_eq!(stuck.status.code(), Some(2), "{said}");
    assert!(said.contains("reports") && said.contains("permission denied"), "{said}");
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("failed: ") && status.contains("permission denied"), "{status}");
    mode(&world.path("reports"), 0o777);
    let healed = run();
    assert!(healed.status.success(), "{}", String::from_utf8_lossy(&healed.stderr));
    assert!(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json").exists());
}

/// The ledger held by another process for longer than it is waited for: said, and made good when it is free.
#[test]
fn a_locked_ledger_is_named_and_heals() {
    let world = watched("");
    day(&world, 0, 120, 0);
    drop(vigie::ledger::Ledger::open(&world.path("state"), Duration::from_secs(1)).unwrap());
    let other = rusqlite::Connection::open(world.path("state/ledger.sqlite")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("a look is given up", || {
        said(&world).lines().any(|line| line.contains("ERROR") && line.contains("is locked by another process"))
    });
    assert!(daemon.child.try_wait().unwrap().is_none(), "it lives");
    other.execute_batch("ROLLBACK").unwrap();
    let report = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json");
    eventually("the window is looked at", || report.exists() && said(&world).contains("\"checked\""));
    assert_eq!(daemon.end("TERM"), Some(0));
}
