//! What it does all day: it looks when it is time, tells, serves, says to systemd how it is, and ends when it is told to.

use std::{
    fmt::Write as _,
    fs,
    os::unix::{fs::symlink, net::UnixDatagram},
    process::Command,
    thread,
    time::{Duration, Instant as Stopwatch},
};

use super::process::{Daemon, eventually, mail, said};
use crate::support::{
    postman::Postman,
    watched::{at, configure, day, watched},
    world::World,
};

#[test]
fn it_looks_tells_and_ends_and_another_is_refused() {
    let postman = Postman::polite();
    let world = watched(&mail(postman.port));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let now = at(2, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("the mail arrives", || postman.received().len() == 1);
    let second = world.vigie(&["run", "--config", "vigie.yaml"]);
    assert_eq!(second.code, Some(2));
    assert!(second.stderr.contains("another `vigie run` holds"), "{}", second.stderr);
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.starts_with("the daemon is running"), "{status}");
    assert_eq!(daemon.end("TERM"), Some(0));
    let status = world.vigie(&["status", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["daemon_running"], false);
    assert_eq!(status["undelivered"], serde_json::json!([]));
    assert_eq!(status["open_alerts"][0]["feature"], "AGE");
    let letter = String::from_utf8_lossy(&postman.received()[0].bytes).into_owned();
    assert!(letter.contains("AGE") && letter.contains("Message-ID: <vigie."), "{letter}");
}

#[test]
fn systemd_hears_when_it_is_ready_reloads_feeds_and_stops() {
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
    let mut heard = String::new();
    let mut hear = |wanted: &str| {
        eventually(wanted, || {
            let mut bytes = [0; 4096];
            if let Ok(length) = socket.recv(&mut bytes) {
                heard.push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
            heard.contains(wanted)
        });
        heard.clear();
    };
    hear("READY=1");
    hear("STATUS=m: 1 windows checked");
    hear("WATCHDOG=1");
    hear("WATCHDOG=1");
    daemon.signal("HUP");
    hear("RELOADING=1");
    hear("READY=1");
    daemon.signal("INT");
    hear("STOPPING=1");
    assert_eq!(daemon.child.wait().unwrap().code(), Some(0));
}

#[test]
fn cron_ticks_find_what_has_become_due() {
    let world = watched("");
    // Windows of a minute that end now: a record every second of the last ten minutes, on the machine's clock.
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
    eventually("what is over is caught up with", || reports() >= 4);
    let before = reports();
    let end = Stopwatch::now() + Duration::from_secs(90);
    while reports() <= before {
        assert!(Stopwatch::now() < end, "no tick found a new window");
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(daemon.end("TERM"), Some(0));
}

#[test]
fn alerts_are_looked_after_by_hand() {
    let postman = Postman::polite();
    let world = watched(&mail(postman.port));
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
    let alert = list["alerts"].as_array().unwrap().iter().find(|alert| alert["test"] == "psi").unwrap().clone();
    assert_eq!((alert["feature"].as_str(), alert["phase"].as_str()), (Some("AGE"), Some("open")));
    let id = alert["id"].to_string();
    assert!(world.vigie(&["alert", "ack", &id, "--config", "vigie.yaml"]).ok().stdout.contains("acknowledged"));
    let unknown = world.vigie(&["alert", "ack", "999", "--config", "vigie.yaml"]);
    assert!(
        unknown.code == Some(2) && unknown.stderr.contains("no open alert has the number 999"),
        "{}",
        unknown.stderr
    );
    let muted = world.vigie(&["alert", "mute", "AGE", "--until", "2999-01-01", "--config", "vigie.yaml"]).ok().stdout;
    assert!(muted.contains("nobody is told of AGE until 2999-01-01"), "{muted}");
    let mute = |subject: &str, until: &str, more: &[&str]| {
        let args = ["alert", "mute", subject, "--until", until, "--config", "vigie.yaml"];
        world.vigie(&[&args, more].concat())
    };
    // A slip of the pen would keep nobody's telephone quiet.
    let typo = mute("AGGE", "2999-01-01", &[]).ok().stderr;
    assert!(typo.contains("note: no model has a feature `AGGE`; did you mean `AGE`?"), "{typo}");
    assert_eq!(mute("volume", "2999-01-01", &["--model", "m"]).ok().stderr, "");
    let listed = world.vigie(&["alert", "list", "--config", "vigie.yaml"]).ok().stdout;
    assert!(listed.contains("muted until 2999-01-01T00:00:00Z: volume of m\n"), "{listed}");
    let over = mute("AGGE", "2020-01-01", &[]).ok().stdout;
    assert_eq!(over, "2020-01-01T00:00:00Z is over: people are told of AGGE again\n");
    let listed = world.vigie(&["alert", "list", "--config", "vigie.yaml"]).ok().stdout;
    assert!(!listed.contains("AGGE") && listed.contains(": AGE\n"), "{listed}");
    let other = mute("AGE", "2999-01-01", &["--model", "n"]);
    assert!(other.code == Some(2) && other.stderr.contains("no model is called `n`; there are: m"), "{}", other.stderr);
    let wrong = world.vigie(&["alert", "mute", "AGE", "--until", "soon", "--config", "vigie.yaml"]);
    assert!(wrong.stderr.contains("--until soon: not a time"), "{}", wrong.stderr);
    let test = world.vigie(&["alert", "test", "--config", "vigie.yaml"]).ok().stdout;
    assert!(test.contains("the mail server took <vigie."), "{test}");
    assert_eq!(postman.received().len(), 2);
    day(&world, 2, 120, 0);
    assert!(once(3).status.success());
    assert_eq!(postman.received().len(), 2, "it recovered, and nobody was to be told");
}

/// The example's fourteen days with `after: 2`: one day's spikes open nothing; a day without a record is told.
#[test]
fn the_example_is_quiet() {
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

/// `http.listen`: what the ledger knows and what the reports say, over a real socket; the token is asked for, and a signal ends it.
#[test]
fn it_serves_what_it_knows() {
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
        let said = said(&world);
        Some(said.split_once("serving http://")?.1.split('/').next()?.to_owned())
    };
    eventually("it serves", || address().is_some());
    let get = |path: &str, token: &str| {
        let mut stream = std::net::TcpStream::connect(address().unwrap()).unwrap();
        let ask =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, ask.as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer
    };
    eventually("the alert is open", || get("/api/v1/alerts", "s3cret").contains("\"feature\":\"AGE\""));
    eventually("the list has it", || get("/reports/", "s3cret").contains("AGE"));
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
    assert_eq!(daemon.end("TERM"), Some(0));
}
