//! A source that repeats yesterday's rows is found with its block, its share and since when; new rows, and applicants who come
//! again, are not. The same rows give the same counts, however they are split and read.

use std::{fs, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Map, Value, json};
use vigie_profile::window::Instant;

use crate::support::{
    applicants::DAY,
    draw::Draw,
    world::{World, without_run},
};

const DAY_US: i64 = 86_400_000_000;
const BUREAU: usize = 4;
const NAMES: [&str; 10] = [
    "BUREAU_AMOUNT",
    "BUREAU_DAYS",
    "BUREAU_DEBT",
    "BUREAU_SUM",
    "EXT_SOURCE_A",
    "EXT_SOURCE_B",
    "EXT_SOURCE_C",
    "AGE",
    "INCOME",
    "AMOUNT",
];

/// Inputs of a request; the bureau knows nine of ten applicants.
type Row = [Option<f64>; 10];

fn rows(rows: usize, seed: u64) -> Vec<Row> {
    let mut draw = Draw::seeded(seed);
    let one = |number: usize| {
        let known = !number.is_multiple_of(10);
        std::array::from_fn(|feature| {
            let value = (draw.normal() * 1_000.0).round() / 10.0;
            (known || feature >= BUREAU).then_some(value)
        })
    };
    (0..rows).map(one).collect()
}

/// The bureau's answers of `old` in a share of the rows.
fn stale(mut new: Vec<Row>, old: &[Row], share: f64) -> Vec<Row> {
    let copied = (new.len() as f64 * share).round() as usize;
    for (row, old) in new.iter_mut().zip(old).take(copied) {
        row[..BUREAU].copy_from_slice(&old[..BUREAU]);
    }
    new
}

/// The score of a row.
fn score(number: usize) -> f64 {
    (number % 97) as f64 / 100.0
}

fn at(day: i64, row: usize) -> i64 {
    DAY + day * DAY_US + row as i64 * 60_000_000
}

fn date(day: i64) -> String {
    Instant(DAY + day * DAY_US).to_string()[..10].to_owned()
}

fn lines(day: i64, rows: &[Row]) -> Vec<String> {
    let line = |(number, row): (usize, &Row)| {
        let inputs: Map<String, Value> =
            NAMES.iter().zip(row).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let line = json!({"ts": Instant(at(day, number)).to_string(), "inputs": inputs, "p": score(number)});
        format!("{line}\n")
    };
    rows.iter().enumerate().map(line).collect()
}

fn log(world: &World, day: i64, rows: &[Row]) {
    world.file(&format!("log/dt={}/a.ndjson", date(day)), lines(day, rows).concat());
}

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p}\n";

fn world() -> World {
    let world = World::new();
    let header = format!("{},p\n", NAMES.join(","));
    let line = |(number, row): (usize, &Row)| {
        let values = row.iter().map(|value| value.map_or(String::new(), |value| value.to_string()));
        format!("{},{}\n", values.collect::<Vec<_>>().join(","), score(number))
    };
    world.file("train.csv", header + &rows(2_000, 1).iter().enumerate().map(line).collect::<String>());
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie", "--probability", "p"]).ok();
    world.config(SOURCE);
    world
}

fn check(world: &World, day: i64) -> Value {
    world.check(&date(day), &date(day + 1))
}

/// `block severity share` of each finding about repeated rows.
fn findings(report: &Value) -> Vec<String> {
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let stale = findings.iter().filter(|finding| finding["test"] == "stale");
    stale
        .map(|finding| {
            let block = finding["reason"].as_str().unwrap().split(" in ").nth(1).unwrap().split(" (").next().unwrap();
            let share = finding["value"].as_f64().unwrap() * 100.0;
            format!("{block} {} {share:.0}", finding["severity"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn a_source_that_repeats_yesterday_is_an_alarm() {
    let world = world();
    let yesterday = rows(400, 2);
    log(&world, 0, &yesterday);
    assert!(check(&world, 0).get("stale").is_none(), "there is no earlier window");
    let today = stale(rows(400, 3), &yesterday, 1.0);
    log(&world, 1, &today);
    let report = check(&world, 1);
    assert_eq!(findings(&report), ["BUREAU_* alarm 100"]);
    assert_eq!(report["verdict"]["severity"], "alarm");
    let found = &report["stale"]["blocks"][0];
    assert_eq!(
        (&found["block"], &found["features"], &found["since"]),
        (&json!("BUREAU_"), &json!(4), &json!("2026-10-02T00:00:00Z"))
    );
    assert_eq!(report["stale"]["previous"]["from"], "2026-10-01T00:00:00Z");
    let compared: Vec<&Value> =
        report["stale"]["compared"].as_array().unwrap().iter().map(|one| &one["block"]).collect();
    assert_eq!(compared, ["", "BUREAU_", "EXT_"].map(|block| json!(block)).iter().collect::<Vec<_>>());
    // No distribution has moved: nothing else is found.
    assert_eq!(report["verdict"]["findings"].as_array().unwrap().len(), 1, "{}", report["verdict"]);
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-02", "--to", "2026-10-03", "--exit-code"];
    let ran = world.vigie(&args);
    assert!(ran.code == Some(1) && ran.stdout.contains("in BUREAU_* (4 features), since 2026-10-02"), "{}", ran.stdout);
    let said = ran.stdout.lines().filter(|line| line.starts_with("    ") && line.contains("of the previous window"));
    assert_eq!(said.count(), 1, "beneath the finding it is said once: {}", ran.stdout);
    let page = fs::read_to_string(world.path("reports/m/20261002T000000Z_20261003T000000Z/report.html")).unwrap();
    assert!(page.contains("repeat the values of a row of the previous window in BUREAU_* (4 features)"), "{page}");
    // It lasts for another day, and is over.
    log(&world, 2, &stale(rows(400, 4), &today, 1.0));
    assert_eq!(check(&world, 2)["stale"]["blocks"][0]["since"], "2026-10-02T00:00:00Z");
    log(&world, 3, &rows(400, 5));
    assert_eq!(findings(&check(&world, 3)), [""; 0]);
}

#[test]
fn copies_in_a_part_of_the_rows_are_a_watch() {
    let world = world();
    let yesterday = rows(500, 6);
    log(&world, 0, &yesterday);
    check(&world, 0);
    for (share, expected) in [(0.30, vec!["BUREAU_* watch 30"]), (0.05, vec!["BUREAU_* watch 5"]), (0.004, Vec::new())]
    {
        log(&world, 1, &stale(rows(500, 7), &yesterday, share));
        assert_eq!(findings(&check(&world, 1)), expected, "{share}");
    }
}

#[test]
fn applicants_who_come_again_are_not_stale() {
    let world = world();
    let yesterday = rows(400, 8);
    log(&world, 0, &yesterday);
    check(&world, 0);
    let mut today = rows(400, 9);
    today[..200].copy_from_slice(&yesterday[..200]);
    log(&world, 1, &today);
    let report = check(&world, 1);
    assert_eq!(findings(&report), [""; 0]);
    assert!(report["stale"]["compared"][1]["whole_rows"].as_f64().unwrap() > 0.45, "{}", report["stale"]);
}

#[test]
fn the_limits_are_those_of_the_policy() {
    let world = world();
    let yesterday = rows(400, 10);
    log(&world, 0, &yesterday);
    log(&world, 1, &stale(rows(400, 11), &yesterday, 0.3));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let with = |stale: &str| {
        world.file("vigie.yaml", config.replace("min_rows: 100", &format!("min_rows: 100, stale: {stale}")));
        check(&world, 0);
        check(&world, 1)
    };
    assert_eq!(findings(&with("{watch: 0.1, alarm: 0.2}")), ["BUREAU_* alarm 30"]);
    assert_eq!(findings(&with("{watch: 0.4}")), [""; 0]);
    assert!(with("{watch: null, alarm: null}").get("stale").is_none(), "nothing is hashed");
}

/// A hundred days of new rows, each compared with the day before.
#[test]
fn a_hundred_days_without_copies_are_not_stale() {
    let world = world();
    for day in 0..=100 {
        log(&world, day, &rows(110, 100 + day as u64));
    }
    world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", &date(101), "--each", "1d"]).ok();
    let mut compared = 0;
    for day in 1..=100 {
        let folder = format!("{}_{}", Instant(at(day, 0)).compact(), Instant(at(day + 1, 0)).compact());
        let report = fs::read_to_string(world.path(&format!("reports/m/{folder}/report.json"))).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(findings(&report), [""; 0], "{folder}");
        compared += report["stale"]["compared"].as_array().unwrap().len();
    }
    assert_eq!(compared, 300);
}

const FOLDER: &str = "reports/m/20261001T000000Z_20261002T000000Z";

#[test]
fn reports_without_counts_or_with_damaged_ones_are_left_out() {
    let world = world();
    let yesterday = rows(400, 12);
    log(&world, 0, &yesterday);
    log(&world, 1, &stale(rows(400, 13), &yesterday, 1.0));
    check(&world, 0);
    let file = world.path(FOLDER).join("profile.bin");
    let kept = fs::read(&file).unwrap();
    assert_eq!(findings(&check(&world, 1)).len(), 1);
    for damaged in [&kept[..kept.len() / 2], b"VIGIEWIN", b""] {
        fs::write(&file, damaged).unwrap();
        let report = check(&world, 1);
        assert!(report.get("stale").is_none() && findings(&report).is_empty());
    }
    // A report of an earlier version has none.
    fs::remove_file(&file).unwrap();
    assert!(check(&world, 1).get("stale").is_none());
    fs::write(&file, &kept).unwrap();
    assert_eq!(findings(&check(&world, 1)).len(), 1);
}

fn parquet(rows: &[(usize, Row)]) -> Vec<u8> {
    let column =
        |feature: usize| -> ArrayRef { Arc::new(rows.iter().map(|(_, row)| row[feature]).collect::<Float64Array>()) };
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|(number, _)| at(0, *number)));
    let mut columns: Vec<(&str, ArrayRef)> = vec![("ts", Arc::new(times.with_timezone("UTC")))];
    columns.extend((0..NAMES.len()).map(|feature| (NAMES[feature], column(feature))));
    columns.push(("p", Arc::new(rows.iter().map(|(number, _)| Some(score(*number))).collect::<Float64Array>())));
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Whole records and two-phase Parquet, in any order, files and number of threads.
#[test]
fn the_same_rows_give_the_same_counts() {
    let world = world();
    let all: Vec<(usize, Row)> = rows(1_300, 14).into_iter().enumerate().collect();
    let mut lines = lines(0, &all.iter().map(|(_, row)| *row).collect::<Vec<_>>());
    world.file("log/a.ndjson", lines.concat());
    let counts = |threads: &str| {
        let report = without_run(world.check_with("2026-10-01", "2026-10-02", &["--threads", threads]));
        assert_eq!(report["window"]["rows_used"], 1_300);
        fs::read(world.path(FOLDER).join("profile.bin")).unwrap()
    };
    let expected = counts("1");
    let mut draw = Draw::seeded(15);
    for (files, threads) in [(3, "4"), (11, "2")] {
        draw.shuffle(&mut lines);
        fs::remove_dir_all(world.path("log")).unwrap();
        for (number, part) in lines.chunks(lines.len().div_ceil(files)).enumerate() {
            world.file(&format!("log/{number}.ndjson"), part.concat());
        }
        assert!(counts(threads) == expected, "{files} files, {threads} threads");
    }
    fs::remove_dir_all(world.path("log")).unwrap();
    world.config("path: log\nfields: {timestamp: ts, probability: p}\n");
    for (number, part) in all.chunks(500).enumerate() {
        world.file(&format!("log/{number}.parquet"), parquet(part));
    }
    assert!(counts("3") == expected, "Parquet");
    // Another row changes them.
    world.file("log/more.parquet", parquet(&[(1_301, all[0].1)]));
    world.check("2026-10-01", "2026-10-02");
    assert!(fs::read(world.path(FOLDER).join("profile.bin")).unwrap() != expected);
}
