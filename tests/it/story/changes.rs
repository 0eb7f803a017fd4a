//! What happened to features, since when, and their quantiles: the same from any kind of log.

use std::{fmt::Write as _, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use vigie::reference::Reference;

use crate::support::{
    draw::Draw,
    lab::{Data, learnt},
    world::{World, feature, without_run},
};

/// 2026-10-01T00:00:00Z, and 14:20, in seconds.
const DAY: i64 = 1_790_812_800;
const FROM: i64 = 14 * 3_600 + 20 * 60;
const NUMBERS: [&str; 6] = ["AMOUNT", "DAYS", "BUREAU_A", "BUREAU_B", "INCOME", "CALM"];

struct Row {
    second: i64,
    numbers: [Option<f64>; 6],
    job: &'static str,
    score: f64,
}

/// Rows spread over a day. From 14:20 on, AMOUNT is in thousandths and BUREAU_* are empty; all day, 6% of DAYS are 365243,
/// INCOME is multiplied by 1.3, and a job is in capitals.
fn rows(count: usize, seed: u64, is_window: bool) -> Vec<Row> {
    let mut draw = Draw::seeded(seed);
    let row = |place: usize| {
        let second = 86_400 * i64::try_from(place).unwrap() / i64::try_from(count).unwrap();
        let is_broken = is_window && second >= FROM;
        let is_known = !draw.chance(0.1) && !is_broken;
        let amount = (9.0 + 0.8 * draw.normal()).exp().round();
        let days = -(draw.uniform() * 15_000.0).round();
        let is_sentinel = is_window && draw.chance(0.06);
        let income = (10.0 + 0.5 * draw.normal()).exp().round();
        let numbers = [
            Some(if is_broken { amount * 1_000.0 } else { amount }),
            Some(if is_sentinel { 365_243.0 } else { days }),
            is_known.then(|| draw.normal()),
            is_known.then(|| draw.uniform()),
            Some(if is_window { income * 1.3 } else { income }),
            Some(draw.normal()),
        ];
        let job = match draw.below(10) {
            0..4 if is_window => "WORKING",
            0..4 => "Working",
            4..7 => "Pensioner",
            _ => "State servant",
        };
        Row { second, numbers, job, score: draw.uniform() }
    };
    (0..count).map(row).collect()
}

fn training(rows: &[Row]) -> String {
    let mut text = format!("{},JOB,p\n", NUMBERS.join(","));
    for row in rows {
        for number in row.numbers {
            let _ = write!(text, "{},", number.map_or(String::new(), |number| number.to_string()));
        }
        let _ = writeln!(text, "{},{}", row.job, row.score);
    }
    text
}

fn ndjson(rows: &[Row]) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        let mut inputs: serde_json::Map<String, Value> =
            NUMBERS.iter().zip(row.numbers).map(|(name, number)| ((*name).to_owned(), json!(number))).collect();
        inputs.insert("JOB".to_owned(), json!(row.job));
        let _ = writeln!(text, "{}", json!({ "ts": DAY + row.second, "inputs": inputs, "p": row.score }));
    }
    text.into_bytes()
}

fn parquet(rows: &[Row]) -> Vec<u8> {
    let times: Int64Array = rows.iter().map(|row| Some(DAY + row.second)).collect();
    let scores: Float64Array = rows.iter().map(|row| Some(row.score)).collect();
    let jobs: StringArray = rows.iter().map(|row| Some(row.job)).collect();
    let mut named: Vec<(&str, ArrayRef)> =
        vec![("ts", Arc::new(times)), ("p", Arc::new(scores)), ("JOB", Arc::new(jobs))];
    for (place, name) in NUMBERS.into_iter().enumerate() {
        let numbers: Float64Array = rows.iter().map(|row| row.numbers[place]).collect();
        named.push((name, Arc::new(numbers)));
    }
    let batch = RecordBatch::try_from_iter(named).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// numpy's default quantile.
fn numpy(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = (sorted.len() - 1) as f64 * q;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// Report of the broken day with this log.
fn report(world: &World, file: &str, content: Vec<u8>, features: &str) -> Value {
    let _ = std::fs::remove_dir_all(world.path("log"));
    world.file(file, content);
    world.config(&format!("path: log\nfields: {{timestamp: ts, {features}probability: p}}\n"));
    without_run(world.check("2026-10-01", "2026-10-02"))
}

fn learned() -> World {
    let world = World::new();
    world.file("train.csv", training(&rows(8_000, 1, false)));
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie", "--probability", "p"]).ok();
    world
}

fn share(value: &Value, expected: f64) -> bool {
    (value.as_f64().unwrap() - expected).abs() < 0.03
}

#[test]
fn changes_and_their_onset_are_reported_from_every_kind_of_log() {
    let (world, window) = (learned(), rows(3_000, 2, true));
    let lines = report(&world, "log/a.ndjson", ndjson(&window), "features: inputs, ");
    let columns = report(&world, "log/a.parquet", parquet(&window), "");
    assert!(lines["features"] == columns["features"], "the format makes no difference");

    let change = |name: &str| feature(&lines, name)["change"].clone();
    let onset = |name: &str| feature(&lines, name)["onset"].clone();
    let amount = change("AMOUNT");
    assert_eq!((&amount["kind"], &amount["factor"]), (&json!("unit"), &json!(1_000.0)), "{amount}");
    assert!(share(&amount["extent"], 0.403), "{amount}");
    let since = onset("AMOUNT");
    assert_eq!((&since["at"], &since["of"]), (&json!("2026-10-01T14:20:00Z"), &json!("high")), "{since}");
    assert_eq!(since["resolution_s"], 60);

    for name in ["BUREAU_A", "BUREAU_B"] {
        let (gap, since) = (change(name), onset(name));
        assert_eq!(gap["kind"], "gap");
        assert!(share(&gap["extent"], 0.403), "{gap}");
        assert_eq!((&since["at"], &since["of"]), (&json!("2026-10-01T14:20:00Z"), &json!("missing")), "{since}");
        assert_eq!(since["after"], 1.0);
        assert!(share(&since["before"], 0.1), "{since}");
    }

    let days = change("DAYS");
    assert_eq!((&days["kind"], &days["value"]), (&json!("sentinel"), &json!(365_243.0)), "{days}");
    assert!(share(&days["extent"], 0.06), "{days}");
    let income = change("INCOME");
    assert_eq!(income["kind"], "factor", "{income}");
    assert!(share(&income["factor"], 1.3), "{income}");
    let job = change("JOB");
    assert_eq!(job["kind"], "spelling", "{job}");
    assert_eq!((&job["levels"][0]["known"], &job["levels"][0]["found"]), (&json!("Working"), &json!("WORKING")));
    assert!(share(&job["extent"], 0.4), "{job}");
    for name in ["DAYS", "INCOME", "JOB", "CALM"] {
        assert_eq!(onset(name), Value::Null, "{name} did not change during the day");
    }
    assert_eq!(change("CALM"), Value::Null);

    let page = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html");
    let page = std::fs::read_to_string(page).unwrap();
    for sentence in ["× 1,000 in 40.", "365,243 in ", "“WORKING” for “Working”", "14:20"] {
        assert!(page.contains(sentence), "{sentence}");
    }
}

#[test]
fn quantiles_of_features_in_findings_are_those_of_their_values() {
    let (world, window) = (learned(), rows(3_000, 2, true));
    let report = report(&world, "log/a.parquet", parquet(&window), "");
    for (place, name) in NUMBERS.iter().enumerate() {
        let summary = &feature(&report, name)["summary"]["window"];
        if *name == "CALM" {
            assert_eq!(summary["quantile_source"], "cells");
            continue;
        }
        assert_eq!(summary["quantile_source"], "values", "{name}");
        let values: Vec<f64> = window.iter().filter_map(|row| row.numbers[place]).collect();
        for (key, q) in [("p01", 0.01), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p99", 0.99)] {
            let (got, expected) = (summary["quantiles"][key].as_f64().unwrap(), numpy(&values, q));
            assert!((got - expected).abs() <= 0.01 * expected.abs(), "{name} {key}: {got}, not {expected}");
        }
    }
    // Beyond the reference's maximum, its cells know nothing.
    let top = feature(&report, "AMOUNT")["summary"]["window"]["quantiles"]["p75"].as_f64().unwrap();
    let most = feature(&report, "AMOUNT")["summary"]["reference"]["max"].as_f64().unwrap();
    assert!(top > 5.0 * most, "{top} {most}");
}

#[test]
fn a_reference_knows_which_features_belong_together() {
    let rows = rows(12_000, 3, false);
    let column = |place: usize| -> Vec<f64> { rows.iter().map(|row| row.numbers[place].unwrap_or(f64::NAN)).collect() };
    let mut columns: Vec<(String, Data)> =
        NUMBERS.iter().enumerate().map(|(place, name)| ((*name).to_owned(), Data::Numbers(column(place)))).collect();
    let doubled = column(4).iter().zip(column(5)).map(|(income, calm)| income.ln() + 0.2 * calm).collect();
    columns.push(("BUREAU_TIED".to_owned(), Data::Numbers(doubled)));
    columns.push(("JOB".to_owned(), Data::Texts(rows.iter().map(|row| Some(row.job.to_owned())).collect())));
    let learnt = learnt(&columns);
    let read = Reference::from_bytes("r", &learnt.to_bytes().unwrap()).unwrap();
    assert_eq!(read.relations(), learnt.relations());
    assert_eq!(read.id(), learnt.id());
    let relations = read.relations().unwrap();
    assert_eq!(relations.rows(), 6_000, "every second row");
    assert_eq!(relations.missing_together(), [vec![2, 3]]);
    // The correlation of x and x + 0.4 y, where x has the deviation 1 of a normal variable.
    let tied = relations.correlation(4, 6).unwrap();
    assert!((tied - 1.0 / 1.16_f64.sqrt()).abs() < 0.02, "{tied}");
    assert_eq!(relations.correlated(4)[0].0, 6);
    assert_eq!(relations.correlation(4, 7), None, "levels have no rank");
    let blocks = read.name_blocks();
    assert_eq!((blocks.len(), blocks[0].prefix.as_str(), &blocks[0].features), (1, "BUREAU_", &vec![2, 3, 6]));

    let former = Reference::from_bytes("former", include_bytes!("../../fixtures/former/ref.vigie")).unwrap();
    assert!(former.relations().is_none(), "files of earlier versions have none");
}
