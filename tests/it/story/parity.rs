//! Parity in every check: a deterministic sample, logs of any precision, features of any kind.

use std::{fs, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt32Array};
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};
use serde_json::{Value, json};

use crate::{
    story::replay::home_credit,
    support::{
        applicants::{Applicant, LEARN, applicants, training_csv},
        draw::Draw,
        world::{World, without_run},
    },
};

/// A hand-written model of an applicant's age, income, job and home ownership: a sum of leaf values such as 0.4 for
/// `AGE > 40` and low income.
pub(crate) fn model() -> Value {
    let hash = |level: &str| vigie_models::catboost::level_hash(level).cast_signed();
    json!({
        "features_info": {
            "float_features": [
                {"feature_index": 0, "flat_feature_index": 0, "feature_id": "AGE", "borders": [40.5]},
                {"feature_index": 1, "flat_feature_index": 1, "feature_id": "INCOME", "borders": [45000.5],
                 "has_nans": true, "nan_value_treatment": "AsTrue"},
                {"feature_index": 2, "flat_feature_index": 4, "feature_id": "OWNS", "borders": [0.5]},
            ],
            "categorical_features": [
                {"feature_index": 0, "flat_feature_index": 3, "feature_id": "JOB", "values": [hash("Accordé"), hash("none")]},
            ],
        },
        "oblivious_trees": [
            {"leaf_values": [-0.2, 0.4, -0.5, 0.125], "splits": [{"split_index": 0}, {"split_index": 1}],
             "leaf_weights": [1, 1, 1, 1]},
            {"leaf_values": [0.0625, -0.7, 0.3, 0.9], "splits": [{"split_index": 3}, {"split_index": 2}],
             "leaf_weights": [1, 1, 1, 1]},
        ],
        "model_info": {"params": {"loss_function": {"type": "Logloss"}}},
    })
}

/// Raw output of that model.
pub(crate) fn raw(one: &Applicant) -> f64 {
    let income = one.income.is_none_or(|income| income > 45_000.5);
    let first: f64 = [-0.2, 0.4, -0.5, 0.125][usize::from(one.age > 40) + 2 * usize::from(income)];
    let second = [0.0625, -0.7, 0.3, 0.9][usize::from(one.job == Some("Accordé")) + 2 * usize::from(one.owns)];
    first + second
}

/// Probability by that model.
pub(crate) fn probability(one: &Applicant) -> f64 {
    1.0 / (1.0 + (-raw(one)).exp())
}

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p, id: id}\n";

/// A test world whose log holds each applicant's probability as `write` writes it.
fn world(write: impl Fn(usize, f64) -> Value) -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.file("model.json", model().to_string());
    let lines = applicants(300, 5).into_iter().enumerate().map(|(row, one)| {
        let line =
            json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": write(row, probability(&one))});
        format!("{line}\n")
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    config(&world, SOURCE, "");
    world
}

fn config(world: &World, source: &str, policy: &str) {
    let source: String = source.lines().map(|line| format!("  {line}\n")).collect();
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, version: \"1\", file: model.json}}\nreference: ref.vigie\nsource:\n{source}\
             policy: {{min_rows: 100{policy}}}\nreports: {{dir: reports}}\n"
        ),
    );
}

fn checked(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

#[track_caller]
fn agrees(report: &Value, precision: &str) {
    let replay = &report["replay"];
    assert_eq!((&replay["compared"], &replay["mismatches"]), (&300.into(), &0.into()), "{replay}");
    assert_eq!(replay["precision"]["words"], precision);
    assert!(report["run"]["model"]["sha256"].as_str().is_some_and(|sha| sha.len() == 64));
    let findings = report["verdict"]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["test"] != "parity"), "{findings:?}");
}

#[test]
fn logs_of_every_precision_agree_with_their_model() {
    agrees(&checked(&world(|_, p| json!(p))), "full precision");
    for decimals in [2, 4, 6, 9] {
        let rounded = world(|_, p| json!(format!("{p:.decimals$}").parse::<f64>().unwrap()));
        agrees(&checked(&rounded), &format!("{decimals} decimals"));
    }
    agrees(&checked(&world(|_, p| json!(format!("{p:.6}")))), "6 decimals");
    agrees(&checked(&world(|_, p| json!(p as f32))), "single precision");
    let percent = world(|_, p| json!(format!("{:.3}", p * 100.0).parse::<f64>().unwrap()));
    config(&percent, &SOURCE.replace("probability: p,", "probability: {path: p, scale: 0.01},"), "");
    agrees(&checked(&percent), "3 decimals");
}

#[test]
fn one_wrong_score_is_an_alarm_with_its_id() {
    let world = world(|row, p| json!(((p + if row == 77 { 0.01 } else { 0.0 }) * 1e6).round() / 1e6));
    let report = checked(&world);
    assert_eq!(report["replay"]["mismatches"], 1);
    assert_eq!(report["replay"]["examples"][0]["id"], "r5-00077");
    let finding = &report["verdict"]["findings"][0];
    assert_eq!((&finding["test"], &finding["severity"]), (&"parity".into(), &"alarm".into()), "{finding}");
    assert!(
        finding["reason"].as_str().unwrap().starts_with("1 of 300 logged scores (0.3%) differs from that"),
        "{finding}"
    );
    assert_eq!(report["verdict"]["severity"], "alarm");
    let html = fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    assert!(html.contains("r5-00077") && html.contains("1 of 300 logged scores differs from that of the model file."));
}

#[test]
fn too_few_rows_for_drift_are_enough_for_parity() {
    let world = world(|_, p| json!(1.0 - p));
    let policy = fs::read_to_string(world.path("vigie.yaml")).unwrap().replace("min_rows: 100", "min_rows: 5000");
    world.file("vigie.yaml", policy);
    let report = checked(&world);
    assert_eq!(report["verdict"]["severity"], "alarm");
    let tests: Vec<&str> =
        report["verdict"]["findings"].as_array().unwrap().iter().map(|one| one["test"].as_str().unwrap()).collect();
    assert_eq!(tests, ["parity", "too_few"]);
}

#[test]
fn parity_can_be_turned_off() {
    let world = world(|_, p| json!(1.0 - p));
    config(&world, SOURCE, ", parity: off");
    let report = checked(&world);
    assert_eq!(report["replay"], Value::Null);
    assert_eq!(report["run"]["model"]["sha256"].as_str().unwrap().len(), 64);
    config(&world, "path: log\nfields: {timestamp: ts, features: inputs}\n", "");
    assert_eq!(checked(&world)["replay"], Value::Null, "nothing is mapped that could be compared");
}

#[test]
fn levels_match_the_spelling_of_training() {
    // A model trained with `1.0` and `True` and a log with 1 and true, and vice versa.
    for (trained, logged) in [("1.0", json!(1)), ("True", json!(true)), ("1", json!(1.0)), ("1", json!("1.0"))] {
        let world = World::new();
        world.file("train.csv", "CODE,p\n1,0.1\n2,0.2\n1,0.3\n");
        world
            .vigie(&[
                "learn",
                "--data",
                "train.csv",
                "--out",
                "ref.vigie",
                "--probability",
                "p",
                "--categorical",
                "CODE",
            ])
            .ok();
        let hash = vigie_models::catboost::level_hash(trained).cast_signed();
        let model = json!({
            "features_info": {"categorical_features": [
                {"feature_index": 0, "flat_feature_index": 0, "feature_id": "CODE", "values": [hash]}]},
            "oblivious_trees": [{"leaf_values": [0.5, -1.5], "splits": [{"split_index": 0}]}],
            "model_info": {"params": {"loss_function": {"type": "Logloss"}}},
        });
        world.file("model.json", model.to_string());
        let line = |id: usize, code: &Value, raw: f64| json!({"ts": "2026-10-01T08:00:00Z", "id": id, "inputs": {"CODE": code}, "p": 1.0 / (1.0 + (-raw).exp())});
        world.file("log/a.ndjson", format!("{}\n{}\n", line(1, &logged, -1.5), line(2, &json!(2), 0.5)));
        config(&world, SOURCE, "");
        let replay = checked(&world)["replay"].clone();
        assert_eq!(
            (&replay["compared"], &replay["mismatches"]),
            (&2.into(), &0.into()),
            "{trained} {logged}: {replay}"
        );
    }
}

#[test]
fn a_model_that_does_not_match_the_reference_is_rejected() {
    let world = world(|_, p| json!(p));
    let refused = |model: &Value, sentence: &str| {
        world.file("model.json", model.to_string());
        let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        assert!(ran.stderr.contains(sentence), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(!world.path("reports/m").exists());
    };
    let mut unknown = model();
    unknown["features_info"]["float_features"][0]["feature_id"] = "AGE_IN_DAYS".into();
    refused(&unknown, "the model reads `AGE_IN_DAYS`, which the reference does not have; learn the reference again");
    let mut other = model();
    let job = other["features_info"]["categorical_features"][0]["feature_id"].take();
    other["features_info"]["categorical_features"][0]["feature_id"] =
        other["features_info"]["float_features"][2]["feature_id"].take();
    other["features_info"]["float_features"][2]["feature_id"] = job;
    refused(&other, "in the model but");
    fs::remove_file(world.path("model.json")).unwrap();
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("vigie.yaml:1: model.file: /") && ran.stderr.contains("no such file"),
        "{}",
        ran.stderr
    );
    world.file("model.json", "CBM1 and no more");
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.stderr.contains("vigie.yaml:1: model.file: /") && ran.stderr.contains("is damaged"), "{}", ran.stderr);
}

/// The example's hold-out as a Parquet log of one day, in the given order of its rows.
fn hold_out(world: &World, order: &[u32]) {
    let file = fs::File::open(home_credit("reference.parquet")).unwrap();
    let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(30_000).build().unwrap();
    let batches: Vec<RecordBatch> = batches.map(Result::unwrap).collect();
    let all = arrow_select::concat::concat_batches(&batches[0].schema(), &batches).unwrap();
    let order = UInt32Array::from(order.to_vec());
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (field, column) in all.schema().fields().iter().zip(all.columns()) {
        columns.push((field.name().clone(), arrow_select::take::take(column, &order, None).unwrap()));
    }
    let ids: StringArray = order.values().iter().map(|row| Some(format!("h-{row}"))).collect();
    columns.push(("request_id".to_owned(), Arc::new(ids)));
    let times: Float64Array = order.values().iter().map(|row| Some(1_790_812_800.0 + f64::from(*row))).collect();
    columns.push(("ts".to_owned(), Arc::new(times)));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let properties =
        parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(3_000)).build();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    world.file("log/rows.parquet", bytes);
}

fn hold_out_config(world: &World, policy: &str) {
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, file: {}}}\nreference: {}\nsource:\n  path: log\n  fields: {{timestamp: ts, probability: probability, id: request_id}}\n\
             policy: {{min_rows: 100{policy}}}\nreports: {{dir: reports}}\n",
            home_credit("model.cbm").display(),
            home_credit("reference.vigie").display()
        ),
    );
}

#[test]
fn the_sample_does_not_depend_on_row_order_or_threads() {
    let world = World::new();
    let mut order: Vec<u32> = (0..20_000).collect();
    hold_out(&world, &order);
    hold_out_config(&world, "");
    let check = |threads: &str| without_run(world.check_with("2026-10-01", "2026-10-02", &["--threads", threads]));
    let report = check("1");
    let replay = &report["replay"];
    assert_eq!(replay["rows"], 20_000);
    let compared = replay["compared"].as_u64().unwrap();
    assert!((9_000..=10_000).contains(&compared), "{compared}");
    assert_eq!(replay["mismatches"], 0, "{replay}");
    assert_eq!(replay["precision"]["words"], "full precision");
    assert!(replay["max_abs_difference"].as_f64().unwrap() < 1e-15, "{replay}");
    assert!(report == check("4"), "threads change the report");
    Draw::seeded(3).shuffle(&mut order);
    hold_out(&world, &order);
    assert_eq!(*replay, check("2")["replay"], "the order of rows changes the sample");
    hold_out_config(&world, ", parity: all");
    assert_eq!(check("2")["replay"]["compared"], 20_000);
}

/// The sample is kept while records are counted. If an id occurs twice, it is read in a second pass.
#[test]
fn a_sample_kept_while_counting_equals_one_from_a_second_pass() {
    let world = World::new();
    let mut lines: Vec<Value> = (1..15)
        .filter(|date| *date != 11)
        .flat_map(|date| crate::story::replay::day(&format!("2026-10-{date:02}")))
        .collect();
    let again = lines.iter().map(|line| {
        let mut line = line.clone();
        line["request_id"] = format!("{}-again", line["request_id"].as_str().unwrap()).into();
        line
    });
    lines = lines.iter().cloned().chain(again).collect();
    let check = |lines: &[Value], threads: &str| {
        crate::story::replay::log(&world, lines);
        let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
        world.file("vigie.yaml", config.replace("policy:\n", "policy:\n  attribution: true\n"));
        let report = without_run(world.check_with("2026-10-01", "2026-10-15", &["--threads", threads]));
        let drift: Vec<Value> =
            report["features"].as_array().unwrap().iter().map(|one| one["attribution"].clone()).collect();
        (report["replay"].clone(), report["attribution"].clone(), drift)
    };
    let taken = check(&lines, "1");
    assert_eq!((&taken.0["rows"], &taken.0["mismatches"]), (&16_880.into(), &0.into()));
    let compared = taken.0["compared"].as_u64().unwrap();
    assert!((9_000..=10_000).contains(&compared), "{compared}");
    assert_eq!(taken.1["rows"], compared);
    let mut order: Vec<u32> = (0..u32::try_from(lines.len()).unwrap()).collect();
    Draw::seeded(5).shuffle(&mut order);
    let shuffled: Vec<Value> = order.iter().map(|place| lines[*place as usize].clone()).collect();
    assert!(taken == check(&shuffled, "3"), "the order of rows, or threads, change the sample");
    lines.push(lines[1].clone());
    assert!(taken == check(&lines, "2"), "the second pass finds other rows");
}
