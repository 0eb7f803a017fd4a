//! Alerts on missing data, also by `vigie check --send` alone, and on findings that need history.

use std::{fs, process::Command};

use serde_json::Value;

use crate::support::{
    fake_smtp::FakeSmtp,
    watched::{Watcher, at, configure, day, watched},
    world::World,
};

fn sent(world: &World, now: vigie_profile::window::Instant) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["check", "--send", "--config", "vigie.yaml", "--format", "json"])
        .current_dir(world.root())
        .env("VIGIE_NOW", now.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn check_with_send_reports_a_day_without_records() {
    let smtp = FakeSmtp::accepting_all();
    let world = watched("");
    configure(
        &world,
        &format!(
            "alerts:\n  email: {{smtp: \"smtp://127.0.0.1:{}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n",
            smtp.port
        ),
    );
    day(&world, 0, 120, 0);
    sent(&world, at(1, 6));
    assert_eq!(smtp.received().len(), 0);
    // The report is about the latest day with records; the alert is about the latest day, which has none.
    let report = sent(&world, at(2, 6));
    assert_eq!(report["window"]["from"], "2026-10-01T00:00:00Z");
    let letters = smtp.received();
    assert_eq!(letters.len(), 1);
    let text = String::from_utf8_lossy(&letters[0].bytes).into_owned();
    assert!(text.contains("no data"), "{text}");
    // One message, and another on recovery.
    sent(&world, at(2, 7));
    assert_eq!(smtp.received().len(), 1);
    day(&world, 2, 120, 0);
    sent(&world, at(3, 6));
    let letters = smtp.received();
    assert_eq!(letters.len(), 2);
    assert!(String::from_utf8_lossy(&letters[1].bytes).contains("recovered"));
    let silent = world.path("reports/m/20261002T000000Z_20261003T000000Z/report.json");
    let silent: Value = serde_json::from_str(&fs::read_to_string(silent).unwrap()).unwrap();
    assert_eq!(silent["verdict"]["severity"], "no_data");
}

#[test]
fn low_volume_and_an_old_reference_are_reported() {
    let world = watched("");
    configure(&world, "alerts: {after: 1, reference_age: 3650d}\n");
    let watcher = Watcher::new(&world);
    for number in 0..22 {
        day(&world, number, 200, 0);
        watcher.check(at(number + 1, 6));
    }
    assert_eq!(watcher.events(), Vec::<String>::new());
    // Below half of the median; then above, but not by enough to recover; then clearly above.
    for (number, rows) in [(22, 90), (23, 110), (24, 160)] {
        day(&world, number, rows, 0);
        watcher.check(at(number + 1, 6));
    }
    let story: Vec<String> = watcher.events().into_iter().filter(|line| line.contains("volume")).collect();
    assert_eq!(story, ["10-23 Noted - volume", "10-25 Recovered - volume"]);
    configure(&world, "alerts: {after: 1, reference_age: 1d}\n");
    let watcher = Watcher::new(&world);
    day(&world, 25, 200, 0);
    // The reference was created today, by the machine's clock.
    watcher.check(vigie_profile::window::Instant(
        vigie_profile::window::Instant::now().0.max(at(26, 6).0) + 2 * 86_400_000_000,
    ));
    assert!(watcher.events().iter().any(|line| line.ends_with("Noted - stale_reference")), "{:?}", watcher.events());
}

/// Problems of the service or the model open alerts: failing and slow responses after two windows, scores that differ from
/// the model's at once.
#[test]
fn service_problems_are_reported() {
    let world = watched("");
    world.file("model.json", crate::story::parity::model().to_string());
    configure(&world, "");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file(
        "vigie.yaml",
        config
            .replace("model: {name: m}", "model: {name: m, file: model.json}")
            .replace("probability: p,", "probability: p, latency_ms: ms, status: code,")
            .replace(
                "min_rows: 50,",
                "min_rows: 50, latency_p95_ms: {watch: 50, alarm: 100}, error_rate: {watch: 0.01, alarm: 0.05},",
            ),
    );
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        let date = at(number, 0).to_string()[..10].to_owned();
        let path = format!("log/dt={date}/a.ndjson");
        let lines = fs::read_to_string(world.path(&path)).unwrap();
        let ill = number < 2;
        let lines = lines.lines().enumerate().map(|(row, line)| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            record["ms"] = if ill { 300.into() } else { 3.into() };
            record["code"] = if ill && row % 5 == 0 { 500.into() } else { 200.into() };
            format!("{record}\n")
        });
        world.file(&path, lines.collect::<String>());
        watcher.check(at(number + 1, 6));
    }
    let story: Vec<String> = watcher
        .events()
        .into_iter()
        .filter(|line| ["parity", "latency", "error_rate"].iter().any(|test| line.ends_with(test)))
        .filter(|line| !line.contains("Reminded"))
        .collect();
    assert_eq!(
        story,
        [
            "10-01 Opened - parity",
            "10-02 Opened - latency",
            "10-02 Opened - error_rate",
            "10-03 Recovered - latency",
            "10-03 Recovered - error_rate"
        ]
    );
}

/// A day on which every response fails says nothing about the applicants, so earlier drift has not recovered.
#[test]
fn an_outage_does_not_end_drift() {
    let world = watched("");
    configure(&world, "alerts: {after: 1}\n");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("probability: p,", "probability: p, status: code,"));
    let watcher = Watcher::new(&world);
    let fails = |number: i64, fails: bool| {
        let date = at(number, 0).to_string()[..10].to_owned();
        let path = format!("log/dt={date}/a.ndjson");
        let lines = fs::read_to_string(world.path(&path)).unwrap();
        let lines = lines.lines().map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            record["code"] = if fails { 500.into() } else { 200.into() };
            format!("{record}\n")
        });
        world.file(&path, lines.collect::<String>());
    };
    for (number, shift, is_down) in [(0, 0, false), (1, 40, false), (2, 40, true), (3, 40, false), (4, 0, false)] {
        day(&world, number, 600, shift);
        fails(number, is_down);
        watcher.check(at(number + 1, 6));
    }
    let story = watcher.events();
    let is_news = |line: &&String| !line.contains("Reminded");
    let of =
        |what: &str| -> Vec<&String> { story.iter().filter(|line| line.ends_with(what)).filter(is_news).collect() };
    assert_eq!(of(" AGE values"), ["10-02 Opened AGE values", "10-05 Recovered AGE values"], "{story:?}");
    assert_eq!(of("error_rate"), ["10-03 Opened - error_rate", "10-04 Recovered - error_rate"], "{story:?}");
}
