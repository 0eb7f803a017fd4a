//! Reports are published completely or not at all, and previous versions with other content are kept.

use std::{fs, process::Command, thread, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    world::World,
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p}\n";

fn log(rows: usize) -> String {
    applicants(rows, 4)
        .iter()
        .map(|one| format!("{}\n", json!({"ts": one.rfc3339(), "inputs": one.inputs(), "p": one.probability})))
        .collect()
}

fn world() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    world.file("log/a.ndjson", log(200));
    world
}

const FOLDER: &str = "reports/m/20261001T000000Z_20261002T000000Z";

fn published(world: &World) -> Value {
    serde_json::from_str(&fs::read_to_string(world.path(FOLDER).join("report.json")).unwrap()).unwrap()
}

#[test]
fn the_printed_report_equals_the_published_one() {
    let world = world();
    let printed = world.check("2026-10-01", "2026-10-02");
    assert_eq!(published(&world), printed);
    let html = fs::read_to_string(world.path(FOLDER).join("report.html")).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    let index = fs::read_to_string(world.path("reports/index.html")).unwrap();
    assert!(index.contains("m/20261001T000000Z_20261002T000000Z/report.html"), "{index}");
    let left: Vec<_> = fs::read_dir(world.path(FOLDER)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "report.json, report.html, trend.ndjson, profile.bin: {left:?}");
}

#[test]
fn a_changed_report_is_a_revision() {
    let world = world();
    let first = world.check("2026-10-01", "2026-10-02");
    world.file("log/a.ndjson", log(210));
    let second = world.check("2026-10-01", "2026-10-02");
    assert_eq!((&first["run"]["revision"], &second["run"]["revision"]), (&json!(0), &json!(1)));
    let kept = fs::read_to_string(world.path(FOLDER).join("report.r0.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), first);
    assert!(world.path(FOLDER).join("report.r0.html").exists());
    assert_eq!(published(&world), second);
}

/// Unwritable folder. See `a_full_disk_leaves_only_the_previous_report` for a full disk.
#[test]
fn an_unwritable_folder_leaves_the_previous_report() {
    let world = world();
    let previous = world.check("2026-10-01", "2026-10-02");
    world.file("log/a.ndjson", log(210));
    world.file("blocked", "a file where the folder should be");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("dir: reports", "dir: blocked"));
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("blocked"), "{}", ran.stderr);
    assert_eq!(published(&world), previous);
}

/// `ulimit -f` makes every write beyond a few blocks fail, like a full disk.
#[test]
fn a_full_disk_leaves_only_the_previous_report() {
    let world = world();
    let previous = world.check("2026-10-01", "2026-10-02");
    world.file("log/a.ndjson", log(210));
    let output = Command::new("sh")
        .arg("-c")
        // If the signal is ignored, the write fails as on a full disk.
        .arg(format!(
            "trap '' XFSZ; ulimit -f 8; exec {} check --config vigie.yaml --from 2026-10-01 --to 2026-10-02",
            env!("CARGO_BIN_EXE_vigie")
        ))
        .current_dir(world.root())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("cannot write in") && stderr.contains(FOLDER), "{stderr}");
    assert_eq!(published(&world), previous);
    let left: Vec<_> = fs::read_dir(world.path(FOLDER)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "report.json, report.html, trend.ndjson, profile.bin: {left:?}");
}

/// A run killed at any moment leaves either the previous report or the new one, complete.
#[test]
fn a_killed_run_leaves_a_complete_report() {
    let world = world();
    let previous = world.check("2026-10-01", "2026-10-02");
    world.file("log/a.ndjson", log(20_000));
    let mut killed = 0;
    for delay in [1u64, 5, 10, 20, 40, 60, 80, 120, 160, 240] {
        let mut run = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"])
            .current_dir(world.root())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(delay));
        let running = run.try_wait().unwrap().is_none();
        killed += u32::from(running);
        run.kill().unwrap();
        run.wait().unwrap();
        let report = published(&world);
        assert!(report == previous || report["window"]["rows"] == 20_000);
        let html = fs::read_to_string(world.path(FOLDER).join("report.html")).unwrap();
        assert!(html.trim_end().ends_with("</html>"));
    }
    assert!(killed > 0, "no run was killed, so nothing was tested");
}

#[test]
fn the_exit_code_signals_an_alarm_only_on_request() {
    let world = world();
    let log = log(200).replace("\"AGE\"", "\"AGES\"").replace("\"JOB\"", "\"JOBS\"");
    world.file("log/a.ndjson", log);
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    assert_eq!(world.vigie(&args).code, Some(0));
    let mut asked = args.to_vec();
    asked.push("--exit-code");
    assert_eq!(world.vigie(&asked).code, Some(1));
}

/// Trends come from small files next to the reports; a lost or outdated one is replaced from the report itself.
#[test]
fn a_page_shows_earlier_windows_even_without_trend_files() {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    let days = (1..=3).map(|day| log(200).replace("2026-10-01", &format!("2026-10-0{day}"))).collect::<String>();
    world.file("log/a.ndjson", days);
    let page = || {
        world.check("2026-10-03", "2026-10-04");
        fs::read_to_string(world.path("reports/m/20261003T000000Z_20261004T000000Z/report.html")).unwrap()
    };
    assert!(page().contains("there is no earlier report"));
    world.check("2026-10-01", "2026-10-02");
    world.check("2026-10-02", "2026-10-03");
    // A window of another length is not part of the trend.
    world.check("2026-09-30", "2026-10-02");
    let with = page();
    assert!(with.contains("at least: 3 windows in a row") || with.contains("3 windows in a row"), "no trend");
    fs::remove_file(world.path(FOLDER).join("trend.ndjson")).unwrap();
    world.file(&format!("reports/m/{}/trend.ndjson", "20261002T000000Z_20261003T000000Z"), "{torn");
    let body = |page: String| page.split("<section id=\"provenance\">").next().unwrap().to_owned();
    assert_eq!(body(page()), body(with));
}
