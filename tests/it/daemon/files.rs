//! The files that vigie writes: who may read them, links in their place, and what a killed run leaves.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use crate::support::{
    watched::{at, configure, day, watched},
    world::World,
};

const FOLDER: &str = "reports/m/20261001T000000Z_20261002T000000Z";

/// Runs the daemon once under this umask.
fn run_once(world: &World, umask: &str, envs: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("umask {umask}; exec {} run --once --config vigie.yaml", env!("CARGO_BIN_EXE_vigie")))
        .current_dir(world.root())
        .env("VIGIE_NOW", at(1, 6).to_string())
        .envs(envs.iter().copied())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A world with a webhook that nobody answers, so that a message stays in the outbox.
fn world() -> World {
    let world = watched("alerts:\n  after: 1\n  webhook: {url: \"http://127.0.0.1:9/hook\"}\n");
    day(&world, 0, 120, 0);
    world
}

#[test]
fn the_state_is_private_whatever_the_umask() {
    for umask in ["000", "022"] {
        let world = world();
        let (code, stderr) = run_once(&world, umask, &[]);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(mode(&world.path("state")), 0o700, "umask {umask}");
        let files: Vec<_> = fs::read_dir(world.path("state")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() > 2, "{files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "umask {umask}: {}", file.display());
        }
        // Reports are for others to read.
        assert_eq!(mode(&world.path(&format!("{FOLDER}/report.html"))) & 0o444, 0o444);
    }
}

#[test]
fn links_are_not_written_through() {
    for name in ["daemon.lock", "webhook.lock", "ledger.sqlite", "ledger.sqlite-wal"] {
        let world = world();
        let victim = world.file("victim", "precious");
        fs::create_dir(world.path("state")).unwrap();
        symlink(&victim, world.path(&format!("state/{name}"))).unwrap();
        let (_, stderr) = run_once(&world, "022", &[]);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious", "{name}");
        assert!(stderr.contains(name) && stderr.contains("symbolic link"), "{name}: {stderr}");
    }
    // In the reports folder: in place of the model's folder, and of a report.
    let world = self::world();
    fs::create_dir_all(world.path("elsewhere")).unwrap();
    fs::create_dir_all(world.path("reports")).unwrap();
    symlink(world.path("elsewhere"), world.path("reports/m")).unwrap();
    let (code, stderr) = run_once(&world, "022", &[]);
    assert!(code == Some(2) && stderr.contains("reports/m is a symbolic link"), "{code:?} {stderr}");
    assert_eq!(fs::read_dir(world.path("elsewhere")).unwrap().count(), 0);
    let world = self::world();
    let victim = world.file("victim", "precious");
    fs::create_dir_all(world.path(FOLDER)).unwrap();
    for name in ["report.html", "report.json", "trend.ndjson", "profile.bin", ".unfinished"] {
        symlink(&victim, world.path(&format!("{FOLDER}/{name}"))).unwrap();
    }
    let (code, stderr) = run_once(&world, "022", &[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

#[test]
fn left_over_temporary_files_are_removed() {
    let world = world();
    let (_, stderr) = run_once(&world, "022", &[("VIGIE_CRASH_AT", "report.html_written:1")]);
    let left = || {
        let files = fs::read_dir(world.path(FOLDER)).unwrap().map(|entry| entry.unwrap().file_name());
        files.filter(|name| name.to_string_lossy().starts_with('.')).count()
    };
    assert_eq!(left(), 2, "{stderr}");
    world.file("reports/.report-index", "");
    let (code, stderr) = run_once(&world, "022", &[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(left(), 0);
    assert!(!world.path("reports/.report-index").exists());
}

#[test]
fn the_index_shows_both_files_of_a_report_or_neither() {
    let world = world();
    let listed = || {
        let settings = vigie::config::Settings::load(&world.path("vigie.yaml")).unwrap();
        vigie::monitor::index(&settings).unwrap();
        fs::read_to_string(world.path("reports/index.html")).unwrap().contains("20261001T000000Z_20261002T000000Z")
    };
    run_once(&world, "022", &[]);
    assert!(listed());
    // A revision of which only the page is in place.
    day(&world, 0, 130, 0);
    run_once(&world, "022", &[("VIGIE_CRASH_AT", "report.html_placed:1")]);
    assert!(!listed(), "the page and the JSON are of different revisions");
    run_once(&world, "022", &[]);
    assert!(listed());
    let json = fs::read_to_string(world.path(&format!("{FOLDER}/report.json"))).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["run"]["revision"], 1);
    // A page that someone has deleted.
    fs::remove_file(world.path(&format!("{FOLDER}/report.html"))).unwrap();
    assert!(!listed());
}

#[test]
fn the_state_and_the_reports_may_not_contain_each_other() {
    let world = World::new();
    for (reports, state, why) in [
        ("reports", "reports", "is the folder of `reports.dir`"),
        ("reports", "reports/state", "is inside `reports.dir`"),
        ("state/reports", "state", "contains `reports.dir`"),
        (".", "state", "is inside `reports.dir`"),
        ("link", "real/state", "is inside `reports.dir`"),
    ] {
        let _ = fs::create_dir(world.path("real"));
        let _ = symlink(world.path("real"), world.path("link"));
        configure(&world, &format!("reports: {{dir: {reports}}}\nstate: {state}\n"));
        let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        assert_eq!(ran.code, Some(2), "{reports} {state}");
        assert!(
            ran.stderr.contains(why) && ran.stderr.contains("next to each other"),
            "{reports} {state}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_readable_password_file_is_warned_of() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let token = world.file("token", "t0ken\n");
    configure(&world, "alerts:\n  webhook: {url: \"http://127.0.0.1:9/hook\", token_file: token}\n");
    for (mode, warned) in [(0o644, true), (0o640, false), (0o600, false)] {
        fs::set_permissions(&token, fs::Permissions::from_mode(mode)).unwrap();
        let checked = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok();
        let (_, logged) = run_once(&world, "022", &[]);
        for text in [checked.stderr, logged] {
            assert_eq!(
                text.contains("alerts.webhook.token_file") && text.contains("every user of this host can read it"),
                warned,
                "{mode:o}: {text}"
            );
        }
    }
}

#[test]
fn other_durations_of_a_few_minutes_ask_for_months() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let check = || world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stderr;
    world.file("labels/a.csv", "id,y\nd0-r0,1\n");
    for (more, asked) in [
        ("reports: {dir: reports, keep: 12m}\n", "`reports.keep`: 12m is 12 minutes; was a month meant?"),
        ("alerts: {cooldown: 1m}\n", "`alerts.cooldown`: 1m is 1 minute; was a month meant?"),
        ("labels: {path: labels, id: id, target: y, revise: 6m}\n", "`labels.revise`: 6m is 6 minutes; was a month"),
    ] {
        configure(&world, more);
        let stderr = check();
        assert!(stderr.contains(asked), "{stderr}");
    }
    // Of two models, each has its own window.
    configure(&world, "");
    let one = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let (schedule, rest): (Vec<&str>, Vec<&str>) = one.lines().partition(|line| line.starts_with("schedule:"));
    assert_eq!(schedule.len(), 1);
    let (reports, rest): (Vec<&str>, Vec<&str>) = rest.into_iter().partition(|line| line.starts_with("reports:"));
    let model = |name: &str, window: &str| {
        let lines = rest.iter().map(|line| format!("    {}\n", line.replace("name: m", &format!("name: {name}"))));
        format!("  -\n{}    schedule: {{window: {window}}}\n", lines.collect::<String>())
    };
    world.file("vigie.yaml", format!("{}\nmodels:\n{}{}", reports[0], model("a", "1d"), model("b", "2m")));
    let stderr = check();
    assert!(stderr.contains("`schedule.window`: 2m is 2 minutes") && stderr.matches("meant?").count() == 1, "{stderr}");
}

#[test]
fn a_window_of_a_minute_asks_for_the_month() {
    let world = watched("");
    day(&world, 0, 120, 0);
    for (window, asked) in [("1m", true), ("3m", true), ("60s", false), ("30m", false), ("1d", false)] {
        configure(&world, &format!("schedule: {{window: {window}, lateness: 0s}}\n"));
        let stderr = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stderr;
        assert_eq!(stderr.contains("was a month meant?"), asked, "{window}: {stderr}");
    }
    configure(&world, "schedule: {window: 1m, lateness: 0s}\n");
    let stderr = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stderr;
    assert!(stderr.contains("vigie.yaml:8: `schedule.window`: 1m is 1 minute"), "{stderr}");
    assert!(stderr.contains("for months write month; for minutes write 60s"), "{stderr}");
}
