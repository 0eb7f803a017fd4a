//! Decimal columns, as databases export them, give the same reference and the same report as floating point.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use vigie::reference::Reference;

use crate::support::world::{World, without_run};

const ROWS: i128 = 2_000;

/// Rows starting at `first`, with amounts and scores as decimals or doubles.
fn rows(first: i128, as_decimals: bool) -> Vec<u8> {
    let numbers = |integers: &dyn Fn(i128) -> Option<i128>, scale: i8| -> ArrayRef {
        let integers: Vec<Option<i128>> = (first..first + ROWS).map(integers).collect();
        let decimals = Decimal128Array::from(integers).with_precision_and_scale(30, scale).unwrap();
        if as_decimals {
            return Arc::new(decimals);
        }
        let texts = (0..decimals.len()).map(|row| decimals.is_valid(row).then(|| decimals.value_as_string(row)));
        Arc::new(texts.map(|text| text.map(|text| text.parse::<f64>().unwrap())).collect::<Float64Array>())
    };
    let ids: StringArray = (first..first + ROWS).map(|row| Some(format!("r{row}"))).collect();
    let times: Int64Array = (0..ROWS).map(|row| Some(1_790_812_800 + i64::try_from(row).unwrap())).collect();
    let batch = RecordBatch::try_from_iter([
        ("id", Arc::new(ids) as ArrayRef),
        ("ts", Arc::new(times) as ArrayRef),
        ("amount", numbers(&|row| (row % 11 != 0).then_some(row * row * 7_919 % 1_000_003), 2)),
        // More digits than a double has.
        ("long", numbers(&|row| Some((row + 1) * 123_456_789_012_345_678_901), 18)),
        ("grade", numbers(&|row| Some(row * row % 5 * 100), 2)),
        ("p", numbers(&|row| Some(row * 7_919 % 1_000_000), 6)),
    ])
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn run(as_decimals: bool) -> (String, Value) {
    let world = World::new();
    world.file("train.parquet", rows(0, as_decimals));
    world.file("log/a.parquet", rows(ROWS, as_decimals));
    let learn = [
        "learn",
        "--data",
        "train.parquet",
        "--out",
        "ref.vigie",
        "--probability",
        "p",
        "--features",
        "amount,long,grade",
        "--categorical",
        "grade",
    ];
    world.vigie(&learn).ok();
    world.config("path: log\nfields: {timestamp: ts, id: id, probability: p}\n");
    let report = without_run(world.check("2026-10-01", "2026-10-02"));
    let reference = Reference::from_bytes("r", &std::fs::read(world.path("ref.vigie")).unwrap()).unwrap();
    (reference.id().to_owned(), report["features"].clone())
}

#[test]
fn decimals_are_numbers_in_training_and_in_the_log() {
    let (decimals, doubles) = (run(true), run(false));
    assert_eq!(decimals.0, doubles.0);
    assert!(decimals.1 == doubles.1, "{:#}\n{:#}", decimals.1, doubles.1);
    let names: Vec<&str> = decimals.1.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["amount", "long", "grade"]);
    assert_eq!(decimals.1[2]["kind"], "categorical");
    assert_eq!(decimals.1[2]["unseen_share"]["window"], doubles.1[2]["unseen_share"]["window"]);
}
