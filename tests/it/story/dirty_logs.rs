//! Dirty logs never stop a run, and every unusable row is counted under a reason.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{
    applicants::{Applicant, LEARN, applicants, training_csv},
    watched::{Watcher, at, day, watched},
    world::{World, feature},
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p, latency_ms: ms, id: id, status: status, error: error, model_version: version}\n";

fn line(one: &Applicant) -> Value {
    json!({
        "ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": one.probability, "ms": one.latency_ms,
        "status": 200, "error": null, "version": "1",
    })
}

/// Report on a log of 300 clean rows followed by `dirt`.
fn checked(dirt: impl AsRef<[u8]>) -> Value {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    let clean: String = applicants(300, 21).iter().map(|one| format!("{}\n", line(one))).collect();
    let mut log = clean.into_bytes();
    log.extend_from_slice(dirt.as_ref());
    world.file("log/a.ndjson", log);
    world.check("2026-10-01", "2026-10-02")
}

#[track_caller]
fn rejected(report: &Value, reason: &str, count: u64) {
    assert_eq!(report["window"]["rejected"][reason], count, "{}", report["window"]);
    assert_eq!(report["window"]["rows_used"], 300);
    assert_eq!(report["window"]["rows"], 300 + count);
    let examples = report["window"]["complaints"][reason]["examples"].as_array().unwrap();
    assert!(!examples.is_empty() && examples.len() <= 5, "{examples:?}");
    assert!(examples.iter().all(|example| example.as_str().unwrap().chars().count() <= 80), "{examples:?}");
}

fn other(edit: impl Fn(&mut Value)) -> String {
    applicants(8, 22)
        .iter()
        .map(|one| {
            let mut line = line(one);
            edit(&mut line);
            format!("{line}\n")
        })
        .collect()
}

#[test]
fn a_torn_last_line() {
    rejected(&checked("{\"ts\": \"2026-10-01T08:00:00Z\", \"inputs\": {\"AG"), "malformed", 1);
}

#[test]
fn invalid_utf8_and_lines_that_are_not_objects() {
    rejected(&checked(b"{\"ts\": \"\xff\xfe\"}\n[1, 2]\n42\nhello\n"), "malformed", 4);
}

#[test]
fn blank_lines_are_ignored() {
    let report = checked("\n   \n\r\n");
    assert_eq!(report["window"]["rows"], 300);
}

#[test]
fn a_line_of_20_kilobytes() {
    rejected(&checked(format!("{{\"x\": \"{}\n", "y".repeat(20_000))), "malformed", 1);
    let long = other(|line| line["comment"] = json!("z".repeat(20_000)));
    assert_eq!(checked(long)["window"]["rows_used"], 308);
}

#[test]
fn the_same_id_twice() {
    let twins: String = applicants(300, 21).iter().take(6).map(|one| format!("{}\n", line(one))).collect();
    rejected(&checked(twins), "duplicate", 6);
}

#[test]
fn invalid_times() {
    rejected(&checked(other(|line| line["ts"] = json!("yesterday"))), "timestamp", 8);
    rejected(&checked(other(|line| line["ts"] = Value::Null)), "timestamp", 8);
}

#[test]
fn late_and_out_of_order_rows_are_used_in_their_own_window() {
    let late = other(|line| line["ts"] = json!("2026-10-02T00:00:00Z"));
    assert_eq!(checked(late)["window"]["rows"], 300, "a window is half-open");
    let last = other(|line| line["ts"] = json!("2026-10-01T23:59:59.999999Z"));
    assert_eq!(checked(last)["window"]["rows"], 308);
    let zone = other(|line| line["ts"] = json!("2026-10-02T01:30:00+02:00"));
    assert_eq!(checked(zone)["window"]["rows"], 308);
}

#[test]
fn failed_requests_count_in_the_service_section() {
    let report = checked(other(|line| {
        line["status"] = json!(503);
        line["inputs"] = json!({"SK_ID_CURR": 9});
    }));
    rejected(&report, "failed", 8);
    assert_eq!(report["service"]["requests"], 308);
    assert_eq!(report["service"]["errors"], 8);
    assert_eq!(report["service"]["by_status"], json!({"200": 300, "503": 8}));
    assert_eq!(report["latency"]["n"], 300);
    rejected(&checked(other(|line| line["error"] = json!("TIMEOUT"))), "failed", 8);
}

#[test]
fn rows_without_inputs_or_probability() {
    rejected(&checked(other(|line| line["inputs"] = Value::Null)), "no_features", 8);
    rejected(&checked(other(|line| line["p"] = Value::Null)), "no_probability", 8);
    rejected(&checked(other(|line| line["p"] = json!(1.5))), "no_probability", 8);
    rejected(&checked(other(|line| line["p"] = json!("high"))), "no_probability", 8);
}

#[test]
fn another_version_is_measured_separately_and_reported_above_one_percent() {
    let report = checked(other(|line| line["version"] = json!("2")));
    rejected(&report, "model_version", 8);
    assert_eq!(report["other_version"]["rows"], 8);
    let finding = &report["verdict"]["findings"][0];
    assert_eq!((finding["test"].as_str(), finding["severity"].as_str()), (Some("model_version"), Some("watch")));
    // A number is the same version as its text.
    assert_eq!(checked(other(|line| line["version"] = json!(1)))["window"]["rows_used"], 308);
}

#[test]
fn values_that_are_not_numbers_are_missing_with_a_complaint() {
    let report = checked(other(|line| {
        line["inputs"]["AGE"] = json!("forty");
        line["inputs"]["INCOME"] = json!({"amount": 3});
        line["inputs"]["JOB"] = json!("");
        line["ms"] = json!("fast");
    }));
    assert_eq!(report["window"]["rows_used"], 308);
    assert_eq!(report["window"]["complaints"]["not_a_number"]["count"], 16);
    assert_eq!(report["window"]["complaints"]["unreadable_field"]["count"], 8);
    let missing = &feature(&report, "AGE")["missing"]["window_share"];
    assert!((missing.as_f64().unwrap() - 8.0 / 308.0).abs() < 1e-12);
}

#[test]
fn a_column_that_changes_type_half_way() {
    let report = checked(other(|line| {
        line["inputs"]["AGE"] = json!(line["inputs"]["AGE"].to_string());
        line["inputs"]["OWNS"] = json!(i32::from(line["inputs"]["OWNS"] == json!(true)));
        line["inputs"]["JOB"] = json!(12);
    }));
    assert_eq!(report["window"]["rows_used"], 308);
    assert_eq!(report["window"]["complaints"], json!({}));
    assert_eq!(feature(&report, "JOB")["unseen"]["levels"], json!([{"level": "12", "rows": 8}]));
}

#[test]
fn broken_files_are_named_and_left_out() {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    let clean: String = applicants(300, 21).iter().map(|one| format!("{}\n", line(one))).collect();
    world.file("log/a.ndjson", &clean);
    world.file("log/empty.ndjson", "");
    world.file("log/empty.parquet", "");
    world.file("log/empty.csv.gz", "");
    world.file("log/notes.txt", "not a log");
    let report = world.check("2026-10-01", "2026-10-02");
    assert_eq!(report["window"]["unreadable"], json!([]));
    world.file("log/broken.parquet", "PAR1 but not really");
    world.file("log/broken.ndjson.gz", "not gzip at all");
    world.file("log/cut.ndjson.zst", &zstd::encode_all(clean.as_bytes(), 1).unwrap()[..50]);
    let report = world.check("2026-10-01", "2026-10-02");
    assert_eq!(report["window"]["rows_used"], 300);
    let unreadable = report["window"]["unreadable"].as_array().unwrap();
    assert_eq!(unreadable.len(), 3, "{unreadable:?}");
    assert_eq!(report["verdict"]["severity"], "watch");
    assert!(report["verdict"]["findings"].as_array().unwrap().iter().all(|finding| finding["test"] == "source"));
}

/// Megabytes of nothing in a small file.
fn bomb(megabytes: usize) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut long = vec![b'x'; 1 << 20];
    long.push(b'\n');
    for _ in 0..megabytes {
        std::io::Write::write_all(&mut packed, &long).unwrap();
    }
    packed.finish().unwrap()
}

/// The run goes on without the rest of the file, and says so.
#[test]
fn a_compressed_file_that_expands_without_end_is_cut_off() {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    let clean: String = applicants(1_000, 21).iter().map(|one| format!("{}\n", line(one))).collect();
    world.file("log/a.ndjson", &clean);
    let packed = bomb(1_000);
    // Ten megabytes would be allowed to be a gigabyte.
    assert!(packed.len() < 8 << 20, "{}", packed.len());
    let limit = (packed.len() as u64 * 100).max(256 << 20) >> 20;
    world.file("log/bomb.ndjson.gz", &packed);
    let started = std::time::Instant::now();
    let report = world.check("2026-10-01", "2026-10-02");
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    assert_eq!(report["window"]["rows_used"], 1_000);
    let unreadable = report["window"]["unreadable"].as_array().unwrap();
    assert_eq!(unreadable.len(), 1, "{unreadable:?}");
    let why = unreadable[0].to_string();
    assert!(why.contains("bomb.ndjson.gz") && why.contains(&format!("it expands to more than {limit} MB")), "{why}");
}

#[test]
fn the_daemon_goes_on_after_a_file_that_expands_without_end() {
    let world = watched("alerts: {after: 1}\n");
    let watcher = Watcher::new(&world);
    for number in 0..2 {
        day(&world, number, 120, 0);
    }
    world.file("log/dt=2026-10-01/bomb.ndjson.gz", bomb(300));
    for number in 1..3 {
        let looked = watcher.check(at(number, 6));
        assert_eq!((looked.reported, looked.failed), (1, 0));
    }
    // Its lines have no time, so they concern each window until the file is gone.
    let events =
        ["10-01 Opened - left_out", "10-01 Noted - source", "10-02 Reminded - left_out", "10-02 Reminded - source"];
    assert_eq!(watcher.events(), events);
}

#[test]
fn csv_rows_with_too_few_cells() {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config("path: log\nfields: {timestamp: timestamp, probability: p}\n");
    let mut csv = String::from("\u{feff}timestamp,p,AGE,INCOME,emp.var.rate,JOB,OWNS\n");
    for one in applicants(300, 21) {
        let _ = writeln!(csv, "{},{},{}", one.rfc3339(), one.probability, one.csv());
    }
    csv.push_str("2026-10-01T08:00:00Z,0.5,41\n");
    world.file("log/a.csv", csv);
    rejected(&world.check("2026-10-01", "2026-10-02"), "malformed", 1);
}
