//! The real daemon: signals, one on a folder of state, what systemd hears, mail to a real socket.

use std::{
    fmt::Write as _,
    fs,
    os::unix::{fs::symlink, net::UnixDatagram},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant as Stopwatch},
};

use crate::{
    postman::{Act, Postman, Step},
    watched::{at, configure, day, watched},
    world::World,
};

struct Daemon {
    child: Child,
}

impl Daemon {
    fn start(world: &World, envs: &[(&str, &str)]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["run", "--config", "vigie.yaml", "--log-format", "json"])
            .current_dir(world.root())
            .envs(envs.iter().copied())
            .stdout(Stdio::null())
            .stderr(fs::File::options().create(true).append(true).open(world.path("stderr")).unwrap())
            .spawn()
            .unwrap();
        Self { child }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status().unwrap();
        assert!(status.success());
    }

    fn end(&mut self, name: &str) -> Option<i32> {
        let started = Stopwatch::now();
        self.signal(name);
        let status = self.child.wait().unwrap();
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        status.code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Stopwatch::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Stopwatch::now() < end, "never: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn said(world: &World) -> String {
    fs::read_to_string(world.path("stderr")).unwrap_or_default()
}

fn mail(port: u16) -> String {
    format!(
        "alerts:\n  after: 1\n  email: {{smtp: \"smtp://127.0.0.1:{port}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n"
    )
}

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
    assert!(status.contains("failed: the run broke down") && status.contains("1 open alerts"), "{status}");
}

#[test]
fn a_bad_config_keeps_the_old_one() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("it watches", || said(&world).contains("\"checked\""));
    let good = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", good.replace("min_rows", "minrows"));
    daemon.signal("HUP");
    eventually("the bad config is named", || {
        said(&world).contains("is not good; the former one stays") && said(&world).contains("did you mean `min_rows`?")
    });
    world.file("vigie.yaml", &good);
    daemon.signal("HUP");
    eventually("the good one is taken", || said(&world).contains("the config was read again\""));
    assert_eq!(daemon.end("TERM"), Some(0));
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

/// What a reload changes holds at once: another model, another token, another address, another reports folder.
#[test]
fn a_reload_reaches_models_and_the_server() {
    let http = |listen: &str| format!("http: {{listen: \"{listen}\", token_file: token}}\n");
    let world = watched("");
    configure(&world, &http("127.0.0.1:0"));
    day(&world, 0, 120, 0);
    world.file("token", "first\n");
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    let reloads = || said(&world).matches("the config was read again\"").count();
    let addresses = || -> Vec<String> {
        let said = said(&world);
        said.split("serving http://").skip(1).map(|rest| rest.split('/').next().unwrap().to_owned()).collect()
    };
    let get = |address: &str, path: &str, token: &str| -> String {
        let Ok(mut stream) = std::net::TcpStream::connect(address) else { return "nobody".to_owned() };
        let ask =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, ask.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = std::io::Read::read_to_string(&mut stream, &mut answer);
        answer.lines().next().unwrap_or("nothing").to_owned()
    };
    eventually("it serves", || addresses().len() == 1);
    let page = "/reports/m/20261001T000000Z_20261002T000000Z/report.html";
    let here = addresses()[0].clone();
    eventually("the page is there", || get(&here, page, "first") == "HTTP/1.1 200 OK");
    // Another token under the same address.
    world.file("token", "second\n");
    daemon.signal("HUP");
    eventually("it is read again", || reloads() == 1);
    eventually("the new token holds", || get(&here, page, "second") == "HTTP/1.1 200 OK");
    assert_eq!(get(&here, page, "first"), "HTTP/1.1 401 Unauthorized");
    // A token that is gone is a bad config: the server stays as it was.
    fs::remove_file(world.path("token")).unwrap();
    daemon.signal("HUP");
    eventually("it is refused", || said(&world).contains("is not good; the former one stays: http.token_file"));
    assert_eq!(get(&here, page, "second"), "HTTP/1.1 200 OK");
    world.file("token", "second\n");
    // Another folder of reports, another model, another address.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    configure(&world, &http(&free));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file(
        "vigie.yaml",
        config.replace("name: m", "name: other").replace("reports: {dir: reports}", "reports: {dir: elsewhere}"),
    );
    daemon.signal("HUP");
    eventually("it serves there", || addresses().last().is_some_and(|address| *address == free));
    let page = page.replace("/m/", "/other/");
    eventually("the other model is looked at", || get(&free, &page, "second") == "HTTP/1.1 200 OK");
    assert!(world.path("elsewhere/other").exists());
    eventually("nobody is left at the former address", || get(&here, "/healthz", "second") == "nobody");
    assert_eq!(daemon.end("TERM"), Some(0));
}

#[test]
fn cron_ticks_find_what_has_become_due() {
    let world = watched("");
    // Windows of a minute that end now: a record every second of the last ten minutes, on the machine's clock.
    let now = vigie::window::Instant::now();
    let mut lines = String::new();
    for (row, one) in crate::applicants::applicants(1_200, 3).iter().enumerate() {
        let time = vigie::window::Instant(now.0 - 300_000_000 + row as i64 * 500_000).to_string();
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
