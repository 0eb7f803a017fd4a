//! Wasserstein and Jensen–Shannon distances in the report: exact where values are read, from any kind of log.

use std::{fmt::Write as _, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use vigie_stats::{jensen_shannon::jensen_shannon, wasserstein::wasserstein};

use crate::support::{
    draw::Draw,
    lab::distinct,
    world::{World, feature, without_run},
};

const NAMES: [&str; 4] = ["grown", "wider", "missing", "calm"];

/// One column of numbers per name, NaN where missing, and the scores.
struct Columns {
    features: [Vec<f64>; 4],
    scores: Vec<f64>,
}

/// The window's values are larger, more spread, more often missing, or as before; its scores are higher.
fn columns(rows: usize, seed: u64, is_window: bool) -> Columns {
    let mut draw = Draw::seeded(seed);
    let mut columns = Columns { features: Default::default(), scores: Vec::new() };
    let changed = |change: f64| if is_window { change } else { 1.0 };
    for _ in 0..rows {
        let missing = draw.chance(if is_window { 0.4 } else { 0.02 });
        let row = [
            draw.normal().exp() * changed(1.5),
            draw.normal() * changed(2.0),
            if missing { f64::NAN } else { draw.normal() },
            draw.uniform(),
        ];
        columns.features.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        columns.scores.push(draw.uniform().powf(1.0 / changed(2.0)));
    }
    columns
}

impl Columns {
    fn csv(&self) -> String {
        let mut text = format!("{},p\n", NAMES.join(","));
        for (row, score) in self.scores.iter().enumerate() {
            for column in &self.features {
                let value = column[row];
                let _ = if value.is_nan() { write!(text, ",") } else { write!(text, "{value},") };
            }
            let _ = writeln!(text, "{score}");
        }
        text
    }

    fn ndjson(&self) -> String {
        let mut text = String::new();
        for (row, score) in self.scores.iter().enumerate() {
            let inputs: serde_json::Map<String, Value> = NAMES
                .iter()
                .zip(&self.features)
                .map(|(name, column)| ((*name).to_owned(), json!(column[row])))
                .collect();
            let _ = writeln!(
                text,
                "{}",
                json!({ "ts": 1_790_812_800, "id": format!("r{row}"), "inputs": inputs, "p": score })
            );
        }
        text
    }

    fn parquet(&self) -> Vec<u8> {
        let numbers = |values: &[f64]| -> ArrayRef {
            Arc::new(values.iter().map(|value| (!value.is_nan()).then_some(*value)).collect::<Float64Array>())
        };
        let ids: StringArray = (0..self.scores.len()).map(|row| Some(format!("r{row}"))).collect();
        let times: Int64Array = self.scores.iter().map(|_| Some(1_790_812_800)).collect();
        let mut named = vec![("id", Arc::new(ids) as ArrayRef), ("ts", Arc::new(times)), ("p", numbers(&self.scores))];
        named.extend(NAMES.into_iter().zip(self.features.iter().map(|column| numbers(column))));
        let batch = RecordBatch::try_from_iter(named).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }
}

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// Compares a feature or the score of a report with the values that it was made from.
fn compare(printed: &Value, reference: &[f64], window: &[f64]) {
    let name = &printed["name"];
    let expected = wasserstein(&distinct(reference), &distinct(window)).unwrap();
    let distance = &printed["wasserstein"];
    let [value, lower, upper] = ["value", "lower_bound", "upper_bound"].map(|key| float(&distance[key]));
    if distance["exact"] == true {
        assert!((value - expected).abs() <= 1e-9 * expected, "{name}: {distance}, not {expected}");
        assert_eq!((lower, upper), (value, value), "{name}");
    } else {
        assert!(lower <= expected && expected <= upper, "{name}: {distance}, not {expected}");
        assert!(lower <= value && value <= upper, "{name}: {distance}");
    }
    let std = float(&printed["summary"]["reference"]["std"]);
    assert!((float(&distance["normalised"]) * std / value - 1.0).abs() < 1e-15, "{name}: {distance}");
    let bins = printed["bins"].as_array().unwrap();
    let side = |key: &str| -> Vec<u64> { bins.iter().map(|bin| bin[key].as_u64().unwrap()).collect() };
    assert_eq!(printed["jensen_shannon"]["value"].as_f64(), jensen_shannon(&side("reference"), &side("window")));
}

#[test]
fn findings_have_exact_distances_in_every_format() {
    let world = World::new();
    let (reference, window) = (columns(8_000, 1, false), columns(3_000, 2, true));
    world.file("train.csv", reference.csv());
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie", "--probability", "p"]).ok();
    let mut reports = Vec::new();
    for (file, content, features) in
        [("log/a.ndjson", window.ndjson().into_bytes(), "features: inputs, "), ("log/a.parquet", window.parquet(), "")]
    {
        let _ = std::fs::remove_dir_all(world.path("log"));
        world.file(file, content);
        world.config(&format!("path: log\nfields: {{timestamp: ts, {features}probability: p, id: id}}\n"));
        reports.push(without_run(world.check("2026-10-01", "2026-10-02")));
    }
    assert!(reports[0]["features"] == reports[1]["features"], "the format makes no difference");
    let report = &reports[0];
    for ((name, reference), window) in NAMES.iter().zip(&reference.features).zip(&window.features) {
        let printed = feature(report, name);
        compare(printed, reference, window);
        let (severity, exact) = (&printed["severity"], &printed["wasserstein"]["exact"]);
        assert_eq!((severity == "stable", exact == true), (*name == "calm", *name != "calm"), "{name}: {severity}");
    }
    compare(&report["score"], &reference.scores, &window.scores);
    assert_eq!(report["score"]["wasserstein"]["exact"], true);
}

#[test]
fn a_distance_that_cannot_be_computed_is_null_with_a_reason() {
    let world = World::new();
    let rows: String = (0..600).map(|row| format!("1,{row},a\n")).collect();
    world.file("train.csv", format!("constant,number,level\n{rows}"));
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie"]).ok();
    world.config("path: log\nfields: {timestamp: ts}\n");
    let rows: String = (0..200).map(|_| "1790812800,2,,b\n").collect();
    world.file("log/a.csv", format!("ts,constant,number,level\n{rows}"));
    let report = world.check("2026-10-01", "2026-10-02");
    let constant = feature(&report, "constant");
    assert_eq!(constant["wasserstein"]["value"], 1.0);
    assert_eq!(constant["wasserstein"]["normalised"], Value::Null);
    assert_eq!(constant["null_reasons"]["wasserstein.normalised"], "the standard deviation of the reference is 0");
    for (name, reason) in [("number", "one side has no values"), ("level", "not a numeric feature")] {
        let printed = feature(&report, name);
        assert_eq!(printed["wasserstein"], Value::Null);
        assert_eq!(printed["null_reasons"]["wasserstein"], reason);
        assert_eq!(printed["jensen_shannon"]["value"], 1.0, "{name}: no bin in common");
    }
    let empty = world.check("2026-10-02", "2026-10-03");
    let number = feature(&empty, "number");
    assert_eq!(number["jensen_shannon"]["value"], Value::Null);
    assert_eq!(number["null_reasons"]["jensen_shannon.value"], "the window has no used rows");
}
