//! Logs from a broken writer or an attacker: each is read as far as possible, and nothing is counted twice.

use std::{fs, os::unix, process::Command, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use crate::support::{
    applicants::{Applicant, LEARN, applicants, training_csv},
    world::{World, feature, without_run},
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p, id: id}\n";

fn world() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(2_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    world
}

fn record(one: &Applicant) -> Value {
    json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": one.probability})
}

fn lines(applicants: &[Applicant]) -> String {
    applicants.iter().map(|one| format!("{}\n", record(one))).collect()
}

fn used(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")["window"]["rows_used"].clone()
}

/// Applicants with shifted incomes, so that distances are refined from the rows.
fn moved(rows: usize) -> Vec<Applicant> {
    let mut moved = applicants(rows, 5);
    moved.iter_mut().for_each(|one| one.income = one.income.map(|income| (income * 130.0).round() / 100.0));
    moved
}

#[test]
fn a_log_written_twice_has_the_same_distances() {
    let world = world();
    let lines = lines(&moved(900));
    world.file("log/a.ndjson", &lines);
    let once = world.check("2026-10-01", "2026-10-02");
    assert_eq!(feature(&once, "INCOME")["ks"]["exact"], true);
    world.file("log/b.ndjson", &lines);
    let twice = world.check("2026-10-01", "2026-10-02");
    assert_eq!(twice["window"]["rejected"]["duplicate"], 900);
    assert_eq!(twice["features"], once["features"]);
}

/// Scalars in structs that are null in failed rows, as the service table has them in Parquet.
#[test]
fn structs_that_are_null_in_some_rows() {
    let world = world();
    let applicants = applicants(400, 6);
    world.file(
        "log/a.ndjson",
        lines(&applicants)
            .lines()
            .enumerate()
            .map(|(row, line)| {
                if row % 10 == 0 {
                    format!("{}\n", json!({"ts": applicants[row].rfc3339(), "id": applicants[row].id}))
                } else {
                    format!("{line}\n")
                }
            })
            .collect::<String>(),
    );
    let wanted = world.check("2026-10-01", "2026-10-02");
    fs::remove_file(world.path("log/a.ndjson")).unwrap();

    let present = NullBuffer::from((0..applicants.len()).map(|row| row % 10 != 0).collect::<Vec<_>>());
    let texts = |get: &dyn Fn(&Applicant) -> Option<String>| -> ArrayRef {
        Arc::new(applicants.iter().map(get).collect::<StringArray>())
    };
    let numbers = |get: &dyn Fn(&Applicant) -> Option<f64>| -> ArrayRef {
        Arc::new(applicants.iter().map(get).collect::<Float64Array>())
    };
    let inputs: Vec<(&str, ArrayRef)> = vec![
        ("AGE", numbers(&|one| Some(one.age as f64))),
        ("INCOME", numbers(&|one| one.income)),
        ("emp.var.rate", numbers(&|one| Some(one.rate))),
        ("JOB", texts(&|one| one.job.map(ToOwned::to_owned))),
        ("OWNS", numbers(&|one| Some(f64::from(u8::from(one.owns))))),
    ];
    let fields = |columns: &[(&str, ArrayRef)]| -> Fields {
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect()
    };
    let below = |columns: Vec<(&str, ArrayRef)>| -> ArrayRef {
        let fields = fields(&columns);
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        // A child may have a value although its parent is null.
        Arc::new(StructArray::new(fields, columns, Some(present.clone())))
    };
    let outputs = below(vec![("p", numbers(&|one| Some(one.probability)))]);
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("ts", texts(&|one| Some(one.rfc3339())), true),
        ("id", texts(&|one| Some(one.id.clone())), true),
        ("inputs", below(inputs), true),
        ("outputs", outputs, true),
    ])
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    world.file("log/a.parquet", bytes);
    world.config(&SOURCE.replace("probability: p", "probability: outputs.p"));
    let got = world.check("2026-10-01", "2026-10-02");
    assert_eq!(got["window"]["rejected"]["no_features"], 40);
    assert_eq!(without_run(got), without_run(wanted));
}

#[test]
fn deeply_nested_lists() {
    let world = world();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let at = applicants(1, 8)[0].rfc3339();
    let log = [
        lines(&applicants(300, 7)),
        format!("{{\"ts\": \"{at}\", \"id\": \"a\", \"inputs\": {{}}, \"p\": {deep}}}\n"),
        format!("{{\"ts\": \"{at}\", \"id\": \"b\", \"inputs\": {deep}, \"p\": 0.5}}\n"),
        format!("{{\"ts\": {deep}, \"id\": \"c\", \"inputs\": {{}}, \"p\": 0.5}}\n"),
    ]
    .concat();
    world.file("log/a.ndjson", log);
    assert_eq!(used(&world), 300);
}

#[test]
fn symlink_loops_are_not_followed() {
    let world = world();
    world.file("log/sub/a.ndjson", lines(&applicants(300, 7)));
    world.config(&SOURCE.replace(", id: id", ""));
    for (link, target) in
        [("log/sub/loop", ".."), ("log/one", "."), ("log/two", "."), ("log/again.ndjson", "sub/a.ndjson")]
    {
        unix::fs::symlink(target, world.path(link)).unwrap();
    }
    assert_eq!(used(&world), 300);
    world.config(&SOURCE.replace(", id: id", "").replace("path: log", "path: \"l*g/**/*\""));
    assert_eq!(used(&world), 300);
}

#[test]
fn ids_beyond_the_precision_of_a_float() {
    let world = world();
    let log: String = applicants(300, 7)
        .iter()
        .zip(0u64..)
        .map(|(one, number)| {
            let mut record = record(one);
            record["id"] = json!((1u64 << 63) + number);
            format!("{record}\n")
        })
        .collect();
    world.file("log/a.ndjson", log);
    assert_eq!(used(&world), 300);
}

/// The unit of an epoch follows from its magnitude, so one odd value must not rule out its row group.
#[test]
fn one_invalid_time_does_not_hide_a_row_group() {
    let world = world();
    let applicants = applicants(300, 7);
    let at =
        applicants.iter().enumerate().map(|(row, one)| if row == 7 { 999_999_999_999_999 } else { one.at / 1_000 });
    let number = |get: &dyn Fn(&Applicant) -> f64| -> ArrayRef {
        Arc::new(applicants.iter().map(get).collect::<Float64Array>())
    };
    let batch = RecordBatch::try_from_iter([
        ("ts", Arc::new(at.collect::<Int64Array>()) as ArrayRef),
        ("AGE", number(&|one| one.age as f64)),
        ("p", number(&|one| one.probability)),
    ])
    .unwrap();
    assert_eq!(batch.schema().field(0).data_type(), &DataType::Int64);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    world.file("log/a.parquet", bytes);
    world.config("path: log\nfields: {timestamp: ts, probability: p}\n");
    assert_eq!(used(&world), 299);
}

/// Records excluded by `where` are counted in their own window, however rows are distributed over files.
#[test]
fn records_filtered_on_another_day_are_not_counted_today() {
    let world = world();
    world.config(&(SOURCE.to_owned() + "where: {kind: score}\n"));
    let kinds = |applicants: &[Applicant], kind: &str| -> String {
        applicants
            .iter()
            .map(|one| {
                let mut record = record(one);
                record["kind"] = json!(kind);
                format!("{record}\n")
            })
            .collect()
    };
    let mut tomorrow = applicants(150, 8);
    tomorrow.iter_mut().for_each(|one| one.at += 86_400_000_000);
    let parts = [kinds(&applicants(300, 7), "score"), kinds(&applicants(20, 9), "health"), kinds(&tomorrow, "health")];
    world.file("log/all.ndjson", parts.concat());
    let together = world.check("2026-10-01", "2026-10-02");
    assert_eq!(together["window"]["filtered"], 20);
    fs::remove_file(world.path("log/all.ndjson")).unwrap();
    for (part, day) in parts.iter().zip(["2026-10-01/a", "2026-10-01/b", "2026-10-02/a"]) {
        world.file(&format!("log/date={day}.ndjson"), part);
    }
    assert_eq!(without_run(world.check("2026-10-01", "2026-10-02")), without_run(together));
}

#[test]
fn a_very_long_line_is_one_malformed_line() {
    let world = world();
    let log = lines(&applicants(300, 7));
    let (before, after) = log.split_at(log.find('\n').unwrap() + 1);
    world.file("log/a.ndjson", format!("{before}{}\n{after}", "x".repeat(40 << 20)));
    let report = world.check("2026-10-01", "2026-10-02");
    assert_eq!(report["window"]["rows_used"], 300);
    assert_eq!(report["window"]["rejected"]["malformed"], 1);
}

#[test]
fn a_log_without_readable_times_is_an_error() {
    let world = world();
    world.file("log/a.ndjson", lines(&applicants(300, 7)).replace("\"ts\":\"2026", "\"ts\":\"the year 2026"));
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert_eq!(ran.code, Some(2));
    let said = "source.fields.timestamp: none of 300 records has a readable time in `ts`, such as \"the year 2026";
    assert!(ran.stderr.contains(said) && ran.stderr.contains("; expected RFC 3339"), "{}", ran.stderr);
}

#[test]
fn files_that_are_not_read_are_named() {
    let world = world();
    world.file("log/a.ndjson", lines(&applicants(300, 7)));
    world.file("log/a.ndjson.bak", lines(&applicants(300, 8)));
    let report = world.check("2026-10-01", "2026-10-02");
    assert!(report["run"]["passed_over"].as_str().unwrap().ends_with(": a.ndjson.bak"), "{}", report["run"]);
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok();
    assert!(ran.stdout.contains("files skipped"), "{}", ran.stdout);
}

/// Runs as another user if the test runs as root, as permissions do not apply to root.
#[test]
fn a_file_without_read_permission_is_named_and_left_out() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let world = world();
    world.file("log/a.ndjson", lines(&applicants(300, 7)));
    let secret = world.file("log/secret.ndjson", lines(&applicants(100, 8)));
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::metadata(&secret).unwrap().uid() == 0;
    fs::copy(env!("CARGO_BIN_EXE_vigie"), world.path("vigie")).unwrap();
    fs::create_dir(world.path("reports")).unwrap();
    for (path, mode) in [("", 0o755), ("vigie", 0o755), ("reports", 0o777)] {
        fs::set_permissions(world.path(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let program = world.path("vigie");
    let check = || {
        let mut command = if is_root { Command::new("setpriv") } else { Command::new(&program) };
        if is_root {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        }
        command
            .args(["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02", "--format", "json"])
            .current_dir(world.root())
            .output()
            .unwrap()
    };
    let output = check();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["window"]["rows_used"], 300);
    let findings = report["verdict"]["findings"].to_string();
    assert!(findings.contains("secret.ndjson: permission denied"), "{findings}");
    // No other file.
    fs::remove_file(world.path("log/a.ndjson")).unwrap();
    let output = check();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("source.path: no file of the log could be read: "), "{said}");
    assert!(said.contains("secret.ndjson: permission denied"), "{said}");
}

#[test]
fn a_closed_output_pipe_is_not_an_error() {
    let world = world();
    let program = env!("CARGO_BIN_EXE_vigie");
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("{program} config schema | head -c 1"))
        .current_dir(world.root())
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
