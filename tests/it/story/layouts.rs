//! Log layouts seen in practice: the same applicants give the same report as in the service table.

use std::{fmt::Write as _, sync::Arc};

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
    builder::{ListBuilder, StringBuilder},
};
use arrow_schema::{DataType, Field, Fields};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use crate::support::{
    applicants::{Applicant, FEATURES, LEARN, applicants, training_csv},
    world::{World, without_run},
};

const ROWS: usize = 400;

/// A test world with a reference and applicants, but no log yet.
pub(crate) fn world() -> (World, Vec<Applicant>) {
    let world = World::new();
    world.file("train.csv", training_csv(3_000));
    world.vigie(LEARN).ok();
    (world, applicants(ROWS, 7))
}

pub(crate) fn lines(applicants: &[Applicant], line: impl Fn(&Applicant) -> Value) -> String {
    applicants.iter().map(|one| format!("{}\n", line(one))).collect()
}

pub(crate) const SERVICE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: outputs.proba_default, \
                       latency_ms: latency_ms, id: request_id}\n";

pub(crate) fn service_line(one: &Applicant) -> Value {
    json!({
        "ts": one.rfc3339(), "endpoint": "/predict", "status_code": 200, "latency_ms": one.latency_ms,
        "request_id": one.id, "inputs": one.inputs(),
        "outputs": {"proba_default": one.probability, "decision": "ACCEPTED", "timing": {"db_ms": 1.0}}, "error": null,
    })
}

pub(crate) fn report(world: &World) -> Value {
    without_run(world.check("2026-10-01", "2026-10-02"))
}

/// Writes a log and its `source:`, and compares its report with the service table's.
#[track_caller]
pub(crate) fn same(name: &str, source: &str, write: impl Fn(&[Applicant]) -> Vec<u8>) {
    let (world, applicants) = world();
    world.config(SERVICE);
    world.file("log/service.ndjson", lines(&applicants, service_line));
    let wanted = report(&world);
    assert_eq!(wanted["window"]["rows_used"], ROWS, "the service table itself");
    std::fs::remove_file(world.path("log/service.ndjson")).unwrap();
    world.file(&format!("log/{name}"), write(&applicants));
    world.config(source);
    let got = report(&world);
    for part in ["window", "verdict", "features", "score", "latency", "service"] {
        assert_eq!(got[part], wanted[part], "{name}: {part}");
    }
}

#[test]
fn epoch_seconds_as_float_and_nested_output() {
    same(
        "a.jsonl",
        "path: log\nfields: {timestamp: timestamp, features: request_payload, probability: model_output.probability, latency_ms: latency_ms, id: id}\n",
        |applicants| {
            lines(applicants, |one| {
                json!({
                    "timestamp": one.at as f64 / 1e6, "path": "/predict", "latency_ms": one.latency_ms, "id": one.id,
                    "request_payload": one.inputs(), "model_output": {"probability": one.probability, "prediction": 0},
                })
            })
            .into_bytes()
        },
    );
}

#[test]
fn json_text_inside_json() {
    same(
        "a.ndjson",
        "path: log\nfields: {timestamp: timestamp_utc, features: inputs_json, probability: score, latency_ms: latence_ms, id: id}\n",
        |applicants| {
            lines(applicants, |one| {
                json!({
                    "timestamp_utc": one.rfc3339().replace('T', " ").trim_end_matches('Z'), "id": one.id,
                    "inputs_json": one.inputs().to_string(), "score": one.probability, "decision": "Accordé",
                    "latence_ms": one.latency_ms,
                })
            })
            .into_bytes()
        },
    );
}

#[test]
fn a_bare_array_with_names_in_the_config() {
    same(
        "a.ndjson",
        &format!(
            "path: log\nfeature_names: {FEATURES}\nfields: {{timestamp: timestamp, features: features, probability: probability, latency_ms: ms, id: request_id}}\n"
        ),
        |applicants| {
            lines(applicants, |one| {
                json!({"timestamp": one.rfc3339(), "request_id": one.id, "features": one.array(), "probability": one.probability, "ms": one.latency_ms})
            })
            .into_bytes()
        },
    );
}

#[test]
fn bare_nan_tokens_and_numbers_as_text() {
    same(
        "a.ndjson",
        "path: log\nfields: {timestamp: timestamp, features: input, probability: probability, latency_ms: ms, id: id}\n",
        |applicants| {
            lines(applicants, |one| {
                let mut input = one.inputs();
                input["AGE"] = json!(one.age.to_string());
                input["JOB"] = json!(one.job.unwrap_or("__MISSING__"));
                if one.income.is_none() {
                    input["INCOME"] = json!("NAN_TOKEN");
                }
                json!({"timestamp": one.rfc3339(), "input": input, "probability": one.probability.to_string(), "ms": one.latency_ms, "id": one.id})
            })
            .replace("\"NAN_TOKEN\"", "NaN")
            .into_bytes()
        },
    );
}

#[test]
fn response_time_in_seconds() {
    same(
        "a.ndjson",
        "path: log\nfields: {timestamp: [nowhere, timestamp], features: input_data, probability: ml_probability, latency_ms: {path: response_time, scale: 1000}, id: id}\n",
        |applicants| {
            lines(applicants, |one| {
                json!({"timestamp": one.rfc3339(), "input_data": one.inputs(), "ml_probability": one.probability, "response_time": one.latency_ms / 1000.0, "id": one.id})
            })
            .into_bytes()
        },
    );
}

pub(crate) fn flat_csv(applicants: &[Applicant]) -> Vec<u8> {
    let mut csv = String::from("timestamp,id,y_pred_proba,ms,AGE,INCOME,emp.var.rate,JOB,OWNS\n");
    for one in applicants {
        let _ = writeln!(csv, "{},{},{},{},{}", one.rfc3339(), one.id, one.probability, one.latency_ms, one.csv());
    }
    csv.into_bytes()
}

pub(crate) const FLAT: &str =
    "path: log\nfields: {timestamp: timestamp, probability: y_pred_proba, latency_ms: ms, id: id}\n";

#[test]
fn flat_columns_of_csv() {
    same("a.csv", FLAT, flat_csv);
}

#[test]
fn flat_columns_of_compressed_csv() {
    same("a.csv.gz", FLAT, |applicants| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &flat_csv(applicants)).unwrap();
        packed.finish().unwrap()
    });
    same("b.csv.zst", FLAT, |applicants| zstd::encode_all(flat_csv(applicants).as_slice(), 1).unwrap());
}

#[test]
fn a_csv_cell_holding_json_text() {
    same(
        "a.csv",
        "path: log\nfields: {timestamp: when, features: payload, probability: p, latency_ms: ms, id: id}\n",
        |applicants| {
            let mut csv = String::from("when,id,payload,p,ms\n");
            for one in applicants {
                let payload = one.inputs().to_string().replace('"', "\"\"");
                let _ =
                    writeln!(csv, "{},{},\"{payload}\",{},{}", one.rfc3339(), one.id, one.probability, one.latency_ms);
            }
            csv.into_bytes()
        },
    );
}

#[test]
fn sagemaker_data_capture() {
    same(
        "a.jsonl",
        &format!(
            "path: log\nfeature_names: {FEATURES}\nfields: {{timestamp: eventMetadata.inferenceTime, features: captureData.endpointInput.data, probability: captureData.endpointOutput.data, latency_ms: ms, id: eventMetadata.eventId}}\n"
        ),
        |applicants| {
            lines(applicants, |one| {
                json!({
                    "captureData": {
                        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": one.csv(), "encoding": "CSV"},
                        "endpointOutput": {"data": one.probability.to_string(), "encoding": "CSV"},
                    },
                    "eventMetadata": {"eventId": one.id, "inferenceTime": one.rfc3339()}, "eventVersion": "0", "ms": one.latency_ms,
                })
            })
            .into_bytes()
        },
    );
}

#[test]
fn where_separates_two_record_kinds_in_one_file() {
    let (world, applicants) = world();
    world.config(SERVICE);
    world.file("log/a.ndjson", lines(&applicants, service_line));
    let wanted = report(&world);
    let mut mixed = String::new();
    for one in &applicants {
        let mut line = service_line(one);
        line["kind"] = json!("predict");
        let _ = writeln!(mixed, "{line}");
        let _ = writeln!(mixed, "{}", json!({"kind": "batch", "ts": one.rfc3339(), "rows": 12, "mean": 0.2}));
    }
    world.file("log/a.ndjson", mixed);
    world.config(&SERVICE.replace("path: log\n", "path: log\nwhere: {kind: [predict, other]}\n"));
    let mut got = report(&world);
    assert_eq!(got["window"]["filtered"], ROWS);
    got["window"]["filtered"] = json!(0);
    assert_eq!(got, wanted);
}

pub(crate) fn write_parquet(batch: &RecordBatch) -> Vec<u8> {
    let properties =
        parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(150)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

pub(crate) fn inputs_arrays(applicants: &[Applicant]) -> Vec<(&'static str, ArrayRef)> {
    let all = applicants.iter();
    vec![
        ("AGE", Arc::new(all.clone().map(|one| one.age).collect::<Int64Array>())),
        ("INCOME", Arc::new(all.clone().map(|one| one.income).collect::<Float64Array>())),
        ("emp.var.rate", Arc::new(all.clone().map(|one| Some(one.rate)).collect::<Float64Array>())),
        ("JOB", Arc::new(all.clone().map(|one| one.job).collect::<StringArray>())),
        ("OWNS", Arc::new(all.clone().map(|one| Some(one.owns)).collect::<BooleanArray>())),
    ]
}

pub(crate) fn outputs_arrays(applicants: &[Applicant]) -> Vec<(&'static str, ArrayRef)> {
    let all = applicants.iter();
    vec![
        ("timestamp", Arc::new(all.clone().map(|one| Some(one.at)).collect::<TimestampMicrosecondArray>())),
        ("id", Arc::new(all.clone().map(|one| Some(one.id.clone())).collect::<StringArray>())),
        ("y_pred_proba", Arc::new(all.clone().map(|one| Some(one.probability)).collect::<Float64Array>())),
        ("ms", Arc::new(all.clone().map(|one| Some(one.latency_ms)).collect::<Float64Array>())),
    ]
}

#[test]
fn flat_columns_of_parquet() {
    same("a.parquet", FLAT, |applicants| {
        let columns = outputs_arrays(applicants).into_iter().chain(inputs_arrays(applicants));
        write_parquet(
            &RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap(),
        )
    });
}

#[test]
fn a_struct_column_of_parquet() {
    same("a.parquet", &FLAT.replace("fields: {", "fields: {features: inputs, "), |applicants| {
        let inputs = inputs_arrays(applicants);
        let fields: Fields =
            inputs.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
        let inputs = StructArray::new(fields, inputs.into_iter().map(|(_, array)| array).collect(), None);
        let mut columns = outputs_arrays(applicants);
        columns.push(("inputs", Arc::new(inputs)));
        write_parquet(&RecordBatch::try_from_iter(columns).unwrap())
    });
}

#[test]
fn a_list_column_of_parquet() {
    let source = FLAT.replace("fields: {", &format!("feature_names: {FEATURES}\nfields: {{features: values, "));
    same("a.parquet", &source, |applicants| {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for one in applicants {
            for value in one.array().as_array().unwrap() {
                match value {
                    Value::Null => lists.values().append_null(),
                    Value::String(text) => lists.values().append_value(text),
                    other => lists.values().append_value(other.to_string()),
                }
            }
            lists.append(true);
        }
        let mut columns = outputs_arrays(applicants);
        columns.push(("values", Arc::new(lists.finish())));
        write_parquet(&RecordBatch::try_from_iter(columns).unwrap())
    });
}

/// Each row is a batch of requests, which is exploded; ids are numbered.
#[test]
fn an_inference_table() {
    let source = "path: log\nfields: {timestamp: timestamp_ms, features: request.dataframe_records, probability: response.predictions, \
                  latency_ms: execution_time_ms, status: status_code, id: request_id}\n";
    let (world, applicants) = world();
    let batches: Vec<&[Applicant]> = applicants.chunks(4).collect();
    let all = batches.iter();
    let requests = all.clone().map(|batch| {
        let records: Vec<Value> = batch.iter().map(Applicant::inputs).collect();
        Some(json!({"dataframe_records": records}).to_string())
    });
    let responses = all.clone().map(|batch| {
        let answers: Vec<f64> = batch.iter().map(|one| one.probability).collect();
        Some(json!({"predictions": answers}).to_string())
    });
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("request_id", Arc::new(all.clone().map(|batch| Some(batch[0].id.clone())).collect::<StringArray>())),
        ("timestamp_ms", Arc::new(all.clone().map(|batch| Some(batch[0].at / 1000)).collect::<Int64Array>())),
        ("status_code", Arc::new(all.clone().map(|_| Some(200)).collect::<Int64Array>())),
        ("execution_time_ms", Arc::new(all.clone().map(|_| Some(7)).collect::<Int64Array>())),
        ("request", Arc::new(requests.collect::<StringArray>())),
        ("response", Arc::new(responses.collect::<StringArray>())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    assert_eq!(batch.schema().field(1).data_type(), &DataType::Int64);
    world.file("log/a.parquet", write_parquet(&batch));
    world.config(source);
    let got = report(&world);
    std::fs::remove_file(world.path("log/a.parquet")).unwrap();
    world.file("log/service.ndjson", lines(&applicants, service_line));
    world.config(SERVICE);
    let wanted = report(&world);
    for part in ["verdict", "features", "score", "window"] {
        assert_eq!(got[part], wanted[part], "{part}");
    }
}

#[test]
fn hive_partitions_and_globs_are_searched_and_pruned() {
    let (world, applicants) = world();
    world.config(SERVICE);
    world.file("log/all.ndjson", lines(&applicants, service_line));
    let wanted = report(&world);
    std::fs::remove_file(world.path("log/all.ndjson")).unwrap();
    world.file("log/dt=2026-10-01/country=FR/a.ndjson", lines(&applicants[..200], service_line));
    world.file("log/dt=2026-10-02/country=FR/late.ndjson", lines(&applicants[200..], service_line));
    // Opening these would be an error, as they are not gzip files.
    world.file("log/dt=2026-09-12/country=FR/old.ndjson.gz", "not gzip");
    world.file("log/dt=2026-10-01/country=DE/a.ndjson.gz", "not gzip");
    world.file("log/dt=2026-10-01/_SUCCESS", "");
    world.config(&SERVICE.replace("path: log\n", "path: log\nwhere: {country: FR}\n"));
    assert_eq!(report(&world), wanted);
    world.config(&SERVICE.replace("path: log\n", "path: \"log/dt=*/country=FR/*.ndjson\"\n"));
    assert_eq!(report(&world), wanted);
}

#[test]
fn row_groups_outside_the_window_are_not_read() {
    let (world, applicants) = world();
    let columns = outputs_arrays(&applicants).into_iter().chain(inputs_arrays(&applicants));
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
    let mut file = write_parquet(&batch);
    // The last row group's pages are overwritten, so that reading them is an error.
    let groups = parquet::arrow::arrow_reader::ArrowReaderMetadata::load(
        &bytes::Bytes::from(file.clone()),
        parquet::arrow::arrow_reader::ArrowReaderOptions::new(),
    )
    .unwrap();
    let groups = groups.metadata().row_groups().to_vec();
    let last = groups.last().unwrap();
    let (from, _) = last.column(0).byte_range();
    let (to, length) = last.column(last.num_columns() - 1).byte_range();
    file[from as usize..(to + length) as usize].fill(0xee);
    world.file("log/a.parquet", file);
    world.config(FLAT);
    let first_of_last = applicants[300].rfc3339();
    let before = world.check("2026-10-01", &first_of_last);
    assert_eq!(before["window"]["rows_used"], 300);
    assert_eq!(before["window"]["unreadable"], json!([]));
    let whole = report(&world);
    assert_eq!(whole["window"]["rows_used"], 300);
    assert_eq!(whole["window"]["unreadable"].as_array().unwrap().len(), 1);
    assert_eq!(whole["verdict"]["findings"][0]["test"], "source");
}
