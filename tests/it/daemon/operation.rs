//! The daemon in normal operation: scheduling, alerts, HTTP, systemd notifications, and shutdown.

use std::{
    fmt::Write as _,
    fs,
    os::unix::{fs::symlink, net::UnixDatagram},
    process::Command,
    thread,
    time::{Duration, Instant as StdInstant},
};

use super::process::{Daemon, email_config, eventually, logged};
use crate::support::{
    fake_smtp::FakeSmtp,
    watched::{at, configure, day, watched},
    world::World,
};

#[test]
fn a_daemon_checks_and_notifies_and_excludes_a_second_one() {
    let smtp = FakeSmtp::accepting_all();
    let world = watched(&email_config(smtp.port));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let now = at(2, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("the mail arrives", || smtp.received().len() == 1);
    let second = world.vigie(&["run", "--config", "vigie.yaml"]);
    assert_eq!(second.code, Some(2));
    assert!(second.stderr.contains("another `vigie run` holds"), "{}", second.stderr);
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.starts_with("the daemon is running"), "{status}");
    assert_eq!(daemon.stop("TERM"), Some(0));
    let status = world.vigie(&["status", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["daemon_running"], false);
    assert_eq!(status["undelivered"], serde_json::json!([]));
    assert_eq!(status["open_alerts"][0]["feature"], "AGE");
    let mail = String::from_utf8_lossy(&smtp.received()[0].bytes).into_owned();
    assert!(mail.contains("AGE") && mail.contains("Message-ID: <vigie."), "{mail}");
}

#[test]
fn systemd_is_notified_of_ready_reload_watchdog_and_stop() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let socket = UnixDatagram::bind(world.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let path = world.path("notify");
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(
        &world,
        &[("NOTIFY_SOCKET", path.to_str().unwrap()), ("VIGIE_NOW", &now), ("WATCHDOG_USEC", "900000")],
    );
    let mut received = String::new();
    let mut expect = |wanted: &str| {
        eventually(wanted, || {
            let mut bytes = [0; 4096];
            if let Ok(length) = socket.recv(&mut bytes) {
                received.push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
            received.contains(wanted)
        });
        received.clear();
    };
    expect("READY=1");
    expect("STATUS=m: 1 windows checked");
    expect("WATCHDOG=1");
    expect("WATCHDOG=1");
    daemon.signal("HUP");
    expect("RELOADING=1");
    expect("READY=1");
    daemon.signal("INT");
    expect("STOPPING=1");
    assert_eq!(daemon.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_cron_tick_checks_the_windows_that_are_due() {
    let world = watched("");
    // One-minute windows on the system clock, with two records per second over ten minutes around now.
    let now = vigie_profile::window::Instant::now();
    let mut lines = String::new();
    for (row, one) in crate::support::applicants::applicants(1_200, 3).iter().enumerate() {
        let time = vigie_profile::window::Instant(now.0 - 300_000_000 + row as i64 * 500_000).to_string();
        let record = serde_json::json!({"ts": time, "inputs": one.inputs(), "p": one.probability, "id": one.id});
        let _ = writeln!(lines, "{record}");
    }
    world.file("log/a.ndjson", lines);
    configure(&world, "schedule: {cron: \"*/2 * * * * *\", window: 1m, lateness: 0s}\n");
    let mut daemon = Daemon::start(&world, &[]);
    let reports = || fs::read_dir(world.path("reports/m")).map_or(0, Iterator::count);
    eventually("past windows are checked", || reports() >= 4);
    let before = reports();
    let end = StdInstant::now() + Duration::from_secs(90);
    while reports() <= before {
        assert!(StdInstant::now() < end, "no tick checked a new window");
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(daemon.stop("TERM"), Some(0));
}

#[test]
fn alerts_can_be_acknowledged_and_muted() {
    let smtp = FakeSmtp::accepting_all();
    let world = watched(&email_config(smtp.port));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let once = |number: i64| {
        Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["run", "--once", "--config", "vigie.yaml"])
            .current_dir(world.root())
            .env("VIGIE_NOW", at(number, 6).to_string())
            .output()
            .unwrap()
    };
    assert!(once(2).status.success());
    let list = world.vigie(&["alert", "list", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let alert = list["alerts"].as_array().unwrap().iter().find(|alert| alert["test"] == "values").unwrap().clone();
    assert_eq!((alert["feature"].as_str(), alert["phase"].as_str()), (Some("AGE"), Some("open")));
    let id = alert["id"].to_string();
    assert!(world.vigie(&["alert", "ack", &id, "--config", "vigie.yaml"]).ok().stdout.contains("acknowledged"));
    let unknown = world.vigie(&["alert", "ack", "999", "--config", "vigie.yaml"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("alert 999 is not open"), "{}", unknown.stderr);
    let by_name = world.vigie(&["alert", "ack", "AGE", "--config", "vigie.yaml"]).ok().stdout;
    assert_eq!(by_name, format!("alert {id} acknowledged: no reminders until it recovers\n"));
    let unknown = world.vigie(&["alert", "ack", "AGGE", "--config", "vigie.yaml"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("alert AGGE is not open"), "{}", unknown.stderr);
    let muted = world.vigie(&["alert", "mute", "AGE", "--until", "2999-01-01", "--config", "vigie.yaml"]).ok().stdout;
    assert!(muted.contains("AGE is muted until 2999-01-01"), "{muted}");
    let mute = |subject: &str, until: &str, more: &[&str]| {
        let args = ["alert", "mute", subject, "--until", until, "--config", "vigie.yaml"];
        world.vigie(&[&args, more].concat())
    };
    // A typo would mute nothing.
    for (typo, near) in [("AGGE", "AGE"), ("volum", "volume"), ("latencies", "latency")] {
        let refused = mute(typo, "2999-01-01", &[]);
        let message = format!("no model has a feature, group, segment or test named `{typo}`; did you mean `{near}`?");
        assert!(refused.code == Some(2) && refused.stderr.contains(&message), "{}", refused.stderr);
    }
    // PSI is a test of features, which alerts name by the feature.
    assert_eq!(mute("psi", "2999-01-01", &[]).code, Some(2));
    assert_eq!(mute("volume", "2999-01-01", &["--model", "m"]).ok().stderr, "");
    let listed = world.vigie(&["alert", "list", "--config", "vigie.yaml"]).ok().stdout;
    assert!(listed.contains("muted until 2999-01-01T00:00:00Z: volume (model m)\n"), "{listed}");
    let over = mute("AGGE", "2020-01-01", &[]).ok().stdout;
    assert_eq!(over, "2020-01-01T00:00:00Z is in the past: AGGE is no longer muted\n");
    let listed = world.vigie(&["alert", "list", "--config", "vigie.yaml"]).ok().stdout;
    assert!(!listed.contains("AGGE") && listed.contains(": AGE\n"), "{listed}");
    let other = mute("AGE", "2999-01-01", &["--model", "n"]);
    assert!(
        other.code == Some(2) && other.stderr.contains("no model is named `n`; configured models: m"),
        "{}",
        other.stderr
    );
    let wrong = world.vigie(&["alert", "mute", "AGE", "--until", "soon", "--config", "vigie.yaml"]);
    assert!(wrong.stderr.contains("--until soon: not a valid time"), "{}", wrong.stderr);
    let test = world.vigie(&["alert", "test", "--config", "vigie.yaml"]).ok().stdout;
    assert!(test.contains("the mail server accepted <vigie."), "{test}");
    assert_eq!(smtp.received().len(), 2);
    day(&world, 2, 120, 0);
    assert!(once(3).status.success());
    assert_eq!(smtp.received().len(), 2, "the muted alert recovered without a mail");
}

/// The example's fourteen days with `after: 2`: single-day spikes open nothing; a day without records does.
#[test]
fn the_example_opens_one_alert() {
    let world = World::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    symlink(root.join("reference_data"), world.path("reference_data")).unwrap();
    let shipped = fs::read_to_string(root.join("config/vigie.yaml")).unwrap();
    world.file("config/vigie.yaml", shipped.replace("  lateness: 2h ", "  start: 2026-10-01\n  lateness: 2h "));
    let ran = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["run", "--once"])
        .current_dir(world.root())
        .env("VIGIE_NOW", "2026-10-15T06:15:00Z")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let list = world.vigie(&["alert", "list", "--format", "json"]).ok().stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let opened: Vec<&str> = list["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .chain(list["recovered"].as_array().unwrap())
        .filter(|alert| !alert["opened_at"].is_null())
        .map(|alert| alert["test"].as_str().unwrap())
        .collect();
    assert_eq!(opened, ["no_data"]);
    assert_eq!(fs::read_dir(world.path("reports/credit-default")).unwrap().count(), 14);
}

/// `http.listen`: alerts and reports over a real socket, with a token.
#[test]
fn reports_and_alerts_are_served_over_http() {
    let world = watched("alerts: {after: 1}\nhttp: {listen: \"127.0.0.1:0\", token_file: token}\n");
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let now = at(2, 6).to_string();
    let refused = world.vigie(&["run", "--config", "vigie.yaml"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("http.token_file"), "{}", refused.stderr);
    world.file("token", "s3cret\n");
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    let address = || {
        let log = logged(&world);
        Some(log.split_once("serving http://")?.1.split('/').next()?.to_owned())
    };
    eventually("the server is up", || address().is_some());
    let get = |path: &str, token: &str| {
        let mut stream = std::net::TcpStream::connect(address().unwrap()).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let mut response = String::new();
        std::io::Read::read_to_string(&mut stream, &mut response).unwrap();
        response
    };
    eventually("the alert is open", || get("/api/v1/alerts", "s3cret").contains("\"feature\":\"AGE\""));
    eventually("the index shows the alert", || get("/reports/", "s3cret").contains("AGE"));
    assert!(get("/readyz", "").ends_with("ready\n"));
    assert!(get("/metrics", "wrong").starts_with("HTTP/1.1 401"));
    let metrics = get("/metrics", "s3cret");
    for wanted in [
        "vigie_open_alerts{model=\"m\",severity=\"",
        "vigie_last_success_timestamp_seconds{model=\"m\"}",
        "vigie_next_due_timestamp_seconds{model=\"m\"}",
    ] {
        assert!(metrics.contains(wanted), "{wanted}: {metrics}");
    }
    let models = get("/api/v1/models", "s3cret");
    assert!(models.contains("\"runs\":2") && !models.contains("\"last_success\":null"), "{models}");
    assert_eq!(daemon.stop("TERM"), Some(0));
}
