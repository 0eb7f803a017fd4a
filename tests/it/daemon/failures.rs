//! Failures: each is reported, affects neither the daemon nor other runs, and is recovered from once its cause is gone.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant as StdInstant},
};

use super::process::{Daemon, email_config, eventually, logged};
use crate::support::{
    fake_smtp::{Act, FakeSmtp, Step},
    watched::{at, configure, day, watched},
};

/// A run that takes too long to finish is abandoned; its window is checked after the next start.
#[test]
fn a_run_that_hangs_is_rolled_back_within_ten_seconds() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now), ("VIGIE_HANG_AT", "ledger.run")]);
    let report = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json");
    eventually("the report exists", || report.exists());
    assert_eq!(daemon.stop("TERM"), Some(0));
    assert!(logged(&world).contains("will be rolled back"), "{}", logged(&world));
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("the window is checked", || logged(&world).contains("\"checked\""));
    assert_eq!(daemon.stop("TERM"), Some(0));
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(report["run"]["revision"], 0);
}

#[test]
fn a_check_that_panics_is_a_failed_run() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now), ("VIGIE_PANIC_AT", "window.counted")]);
    eventually("the panic is logged", || logged(&world).contains("the run crashed (panic requested by a test"));
    assert!(daemon.child.try_wait().unwrap().is_none(), "the daemon is still running");
    assert_eq!(daemon.stop("TERM"), Some(0));
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("failed: the run crashed") && status.contains("1 open alert,"), "{status}");
    assert_eq!(status.matches("the run crashed").count(), 2, "once for the window, once for the alert: {status}");
}

/// A server may take ten minutes for its final reply. Signals take effect meanwhile, and the message is sent later.
#[test]
fn a_slow_mail_server_does_not_delay_signals() {
    let world = watched("");
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let now = at(2, 6).to_string();
    let slow = || FakeSmtp::with(|step| (*step == Step::End).then_some(Act::Hang));
    let first = slow();
    configure(&world, &email_config(first.port));
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    let has_data = |smtp: &FakeSmtp| smtp.commands().iter().any(|line| line == "DATA");
    eventually("the message is being sent", || has_data(&first));
    assert_eq!(daemon.stop("TERM"), Some(0));
    // The same with `--once`, which the timer uses.
    let second = slow();
    configure(&world, &email_config(second.port));
    let mut child = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["run", "--once", "--config", "vigie.yaml"])
        .current_dir(world.root())
        .env("VIGIE_NOW", &now)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the message is being sent again", || has_data(&second));
    let clock = StdInstant::now();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(clock.elapsed() < Duration::from_secs(10), "{:?}", clock.elapsed());
    let working = FakeSmtp::accepting_all();
    configure(&world, &email_config(working.port));
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("the mail arrives", || working.received().len() == 1);
    assert_eq!(daemon.stop("TERM"), Some(0));
}

#[test]
fn mails_are_delivered_in_order_after_an_outage_of_the_server() {
    let world = watched("");
    // A port without a listener.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    configure(&world, &email_config(port));
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
        assert_eq!(daemon.stop("TERM"), Some(0));
    }
    let waiting = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(waiting.contains("3 messages pending, 0 rejected"), "{waiting}");
    let smtp = FakeSmtp::accepting_all();
    configure(&world, &email_config(smtp.port));
    let now = at(6, 6).to_string();
    world.file("log/keep.ndjson", "");
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("all emails arrive", || smtp.received().len() >= 3);
    daemon.stop("TERM");
    let dates: Vec<String> = smtp
        .received()
        .iter()
        .map(|mail| {
            let text = String::from_utf8_lossy(&mail.bytes).into_owned();
            text.lines().find(|line| line.starts_with("Date:")).unwrap().to_owned()
        })
        .collect();
    let days: Vec<&str> = dates.iter().take(3).map(|date| date.split(' ').nth(2).unwrap()).collect();
    assert_eq!(days, ["03", "04", "05"], "{dates:?}");
}

#[test]
fn a_permanent_refusal_is_shown_by_status() {
    let smtp = FakeSmtp::at("RCPT", Act::Reply("550 5.1.1 no such user"));
    let world = watched(&email_config(smtp.port));
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

/// `ulimit -f` makes every write beyond a few blocks fail, like a full disk.
#[test]
fn a_full_disk_is_reported_and_recovered_from() {
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

/// A read-only reports folder fails the run until it is writable. Runs without privileges, because root can always write.
#[test]
fn a_read_only_reports_folder_is_reported_and_recovered_from() {
    use std::os::unix::fs::PermissionsExt;
    let world = watched("");
    day(&world, 0, 120, 0);
    let program = world.path("vigie");
    fs::copy(env!("CARGO_BIN_EXE_vigie"), &program).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let set_mode = |path: &std::path::Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for folder in ["reports", "state"] {
        fs::create_dir_all(world.path(folder)).unwrap();
        set_mode(&world.path(folder), 0o777);
    }
    set_mode(world.root(), 0o755);
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
    set_mode(&world.path("reports"), 0o555);
    let stuck = run();
    let stderr = String::from_utf8_lossy(&stuck.stderr).into_owned();
    assert_eq!(stuck.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("reports") && stderr.contains("permission denied"), "{stderr}");
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("failed: ") && status.contains("permission denied"), "{status}");
    set_mode(&world.path("reports"), 0o777);
    let recovered = run();
    assert!(recovered.status.success(), "{}", String::from_utf8_lossy(&recovered.stderr));
    assert!(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json").exists());
}

/// A ledger locked by another process for longer than the timeout is reported; the check is repeated once it is free.
#[test]
fn a_locked_ledger_is_reported_and_recovered_from() {
    let world = watched("");
    day(&world, 0, 120, 0);
    drop(vigie::ledger::Ledger::open(&world.path("state"), Duration::from_secs(1)).unwrap());
    let other = rusqlite::Connection::open(world.path("state/ledger.sqlite")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("a check fails", || {
        logged(&world).lines().any(|line| line.contains("ERROR") && line.contains("is locked by another process"))
    });
    assert!(daemon.child.try_wait().unwrap().is_none(), "the daemon is still running");
    other.execute_batch("ROLLBACK").unwrap();
    let report = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.json");
    eventually("the window is checked", || report.exists() && logged(&world).contains("\"checked\""));
    assert_eq!(daemon.stop("TERM"), Some(0));
}
