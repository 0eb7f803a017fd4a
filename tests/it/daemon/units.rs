//! The systemd units: valid, sandboxed, and with command lines that vigie accepts.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Parser;

use crate::support::world::World;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd")
}

fn unit(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// Returns the keys of a unit with all their values, in order.
fn settings(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in
        text.lines().filter(|line| !line.starts_with(['#', '['])).filter_map(|line| line.split_once('='))
    {
        found.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    found
}

const SERVICES: [&str; 2] = ["vigie.service", "vigie-check.service"];
const SERVING: &str = "vigie-serve.service";

#[test]
fn vigie_accepts_the_command_lines() {
    let mut seen = 0;
    for service in SERVICES.into_iter().chain([SERVING]) {
        for (key, values) in settings(&unit(service)) {
            for line in values.iter().filter(|_| matches!(key.as_str(), "ExecStart" | "ExecStartPre")) {
                let words: Vec<&str> = line.split(' ').collect();
                assert_eq!(words[0], "/usr/local/bin/vigie", "{service}");
                vigie::cli::Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{service}: {line}: {error}"));
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 5);
}

/// User, file access and sandbox are the same in both services.
#[test]
fn both_services_have_the_same_sandbox() {
    let own = [
        "Type",
        "ExecStart",
        "ExecStartPre",
        "ExecReload",
        "Restart",
        "RestartSec",
        "WatchdogSec",
        "TimeoutStopSec",
        "TimeoutStartSec",
        "Description",
        "StartLimitIntervalSec",
        "StartLimitBurst",
        "WantedBy",
    ];
    let shared = |name: &str| {
        let mut all = settings(&unit(name));
        all.retain(|key, _| !own.contains(&key.as_str()));
        all
    };
    assert_eq!(shared(SERVICES[0]), shared(SERVICES[1]));
    let daemon = settings(&unit(SERVICES[0]));
    for (key, value) in [
        ("Type", "notify"),
        ("User", "vigie"),
        ("StateDirectory", "vigie"),
        ("Nice", "10"),
        ("IOSchedulingClass", "idle"),
        ("CPUWeight", "idle"),
        ("MemoryMax", "1G"),
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
    ] {
        assert_eq!(daemon[key], [value], "{key}");
    }
    assert!(daemon.contains_key("WatchdogSec") && daemon.contains_key("ExecReload"));
    let mut credentials: Vec<&str> = vigie::config::Alerts::specs().iter().map(|spec| spec.credential).collect();
    credentials.sort_unstable();
    assert_eq!(daemon["LoadCredential"], credentials);
}

/// The scoring API has the sandbox of the daemon, and comes first where both need the processor.
#[test]
fn the_scoring_api_has_the_same_sandbox_and_more_weight() {
    let sandbox =
        |name: &str| unit(name).split_once("# Sandbox.").unwrap().1.split("[Install]").next().unwrap().to_owned();
    assert_eq!(sandbox(SERVING), sandbox(SERVICES[0]));
    let serving = settings(&unit(SERVING));
    for (key, value) in [
        ("User", "vigie-serve"),
        ("Group", "vigie"),
        ("UMask", "0027"),
        ("CPUWeight", "500"),
        ("StateDirectory", "vigie-serve"),
        ("WorkingDirectory", "%S/vigie-serve"),
    ] {
        assert_eq!(serving[key], [value], "{key}");
    }
    // What the service writes is there, and nowhere else: models of a registry, and the log of the example.
    assert!(!serving.contains_key("ReadWritePaths"));
    let example = fs::read_to_string(folder().join("../config/examples/serve.yaml")).unwrap();
    assert!(example.contains("\n    dir: /var/lib/vigie-serve/log "), "{example}");
    // Requests are answered within 30 seconds, and a stop waits for them.
    assert_eq!(serving["TimeoutStopSec"], ["40s"]);
    assert!(!serving.contains_key("Nice"));
}

/// Runs a tool; `None` if it is not installed, which is an error in CI.
fn tool(name: &str, args: &[&str]) -> Option<(bool, String)> {
    match Command::new(name).args(args).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
        }
        Err(_) if std::env::var_os("VIGIE_CI").is_none() => {
            println!("NOT RUN: {name} is not installed (Debian: apt-get install systemd)");
            None
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

#[test]
fn systemd_accepts_the_units() {
    let world = World::new();
    let mut units = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if [".service", ".timer"].iter().any(|ending| name.ends_with(ending)) {
            // Tests use the binary from the build folder.
            let text = unit(&name).replace("/usr/local/bin/vigie", env!("CARGO_BIN_EXE_vigie"));
            units.push(world.file(&format!("units/{name}"), text).display().to_string());
        }
    }
    assert_eq!(units.len(), 4);
    let args: Vec<&str> = ["verify"].into_iter().chain(units.iter().map(String::as_str)).collect();
    let Some((ok, output)) = tool("systemd-analyze", &args) else { return };
    let warnings: Vec<&str> = output.lines().filter(|line| line.contains("vigie")).collect();
    assert!(ok && warnings.is_empty(), "{output}");
    // The same command detects an invalid unit.
    let broken = world.file("broken/vigie.service", unit("vigie.service").replace("Nice=10", "Nice=kind"));
    let (_, output) = tool("systemd-analyze", &["verify", broken.to_str().unwrap()]).unwrap();
    assert!(output.contains("nice"), "{output}");
}

#[test]
fn the_services_are_sandboxed() {
    for service in SERVICES.into_iter().chain([SERVING]) {
        let path = folder().join(service);
        let args = ["security", "--offline=true", "--no-pager", "--threshold=15", path.to_str().unwrap()];
        let Some((ok, output)) = tool("systemd-analyze", &args) else { return };
        let line =
            output.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_else(|| panic!("{output}"));
        let exposure: f64 = line.split(": ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        println!("{service}: exposure {exposure}");
        assert!(ok && exposure <= 1.5, "{line}");
    }
}

/// Runs the install commands of the documentation with a folder in place of `/`.
#[test]
fn the_install_commands_work() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(here.join("config/examples/service.md")).unwrap();
    let section = page.split("# Running as a service").nth(1).expect("a section about installation");
    let block = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let world = World::new();
    let root = world.root().display().to_string();
    let mut installed = 0;
    for line in block.lines().filter_map(|line| line.strip_prefix("sudo install ")) {
        let words: Vec<String> = line
            .split(" #")
            .next()
            .unwrap()
            .split_whitespace()
            .map(|argument| match argument {
                "target/release/vigie" => env!("CARGO_BIN_EXE_vigie").to_owned(),
                place if place.starts_with('/') && place != "/dev/stdin" => format!("{root}{place}"),
                other => other.to_owned(),
            })
            .collect();
        let ran = Command::new("install").args(&words).current_dir(here).output().unwrap();
        assert!(ran.status.success(), "install {words:?}: {}", String::from_utf8_lossy(&ran.stderr));
        installed += 1;
    }
    assert!(installed >= 5, "{block}");
    let metadata = |path: &str| fs::metadata(world.path(path)).unwrap_or_else(|_| panic!("{path} does not exist"));
    for path in [
        "usr/local/bin/vigie",
        "etc/systemd/system/vigie.service",
        "etc/systemd/system/vigie-check.service",
        "etc/systemd/system/vigie-check.timer",
        "usr/lib/sysusers.d/vigie.conf",
        "usr/lib/tmpfiles.d/vigie.conf",
        "etc/vigie/vigie.yaml",
    ] {
        assert!(metadata(path).is_file(), "{path}");
    }
    // The installed binary runs, and its user and folders can be created.
    let ran = Command::new(world.path("usr/local/bin/vigie")).arg("--version").output().unwrap();
    assert!(ran.status.success());
    let Some((ok, output)) = tool("systemd-sysusers", &[&format!("--root={root}")]) else { return };
    assert!(ok, "{output}");
    let passwd = fs::read_to_string(world.path("etc/passwd")).unwrap();
    assert!(passwd.lines().any(|line| line.starts_with("vigie:") && line.ends_with("/usr/sbin/nologin")), "{passwd}");
    let Some((ok, output)) = tool("systemd-tmpfiles", &["--create", &format!("--root={root}")]) else { return };
    assert!(ok, "{output}");
    assert!(metadata("etc/credstore").is_dir());
}

/// `ExecStartPre` sees the credentials, so a login without a password is reported before the daemon starts.
#[test]
fn a_missing_credential_is_reported_before_the_start() {
    let world = World::new();
    world.file("ref.vigie", "");
    world.file("log/a.ndjson", "");
    world.file(
        "vigie.yaml",
        "model: {name: m}\nreference: ref.vigie\nsource: {path: log, fields: {timestamp: ts}}\n\
         alerts: {email: {smtp: \"smtps://mail.example.com\", from: a@example.com, to: b@example.com, username: vigie}, \
         slack: {}, teams: {}, pagerduty: {}}\n",
    );
    let check = || {
        let mut vigie = Command::new(env!("CARGO_BIN_EXE_vigie"));
        vigie.args(["config", "check", "--config", "vigie.yaml"]).current_dir(world.root());
        let output = vigie.env("CREDENTIALS_DIRECTORY", world.path("credentials")).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, stderr) = check();
    assert_eq!(code, Some(2), "{stderr}");
    for problem in [
        "`alerts.email.username` is set, but there is no password — put it in /etc/credstore/vigie.smtp-password, or set `password_file`",
        "`alerts.slack` has no URL — put it in /etc/credstore/vigie.slack-url, or set `url_file`",
        "`alerts.teams` has no URL — put it in /etc/credstore/vigie.teams-url, or set `url_file`",
        "`alerts.pagerduty` has no routing key — put it in /etc/credstore/vigie.pagerduty-key, or set `routing_key_file`",
    ] {
        assert!(stderr.contains(problem), "{problem}: {stderr}");
    }
    for name in ["vigie.smtp-password", "vigie.slack-url", "vigie.teams-url", "vigie.pagerduty-key"] {
        world.file(&format!("credentials/{name}"), "hunter2");
    }
    let (code, stderr) = check();
    assert!(code == Some(0) && !stderr.contains("hunter2"), "{stderr}");
}
