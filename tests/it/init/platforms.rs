//! Layouts of platforms: SageMaker, the open inference protocol, Databricks, MLflow, `BentoML`, and vigie's own log.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use super::cases::{Case, ROWS, is_refused, lines, proves};
use crate::support::applicants::Applicant;

fn captured(one: &Applicant, [input, output]: [String; 2], encoding: &str) -> Value {
    let encoded = |text: String| if encoding == "BASE64" { STANDARD.encode(text) } else { text };
    let kind = if encoding == "CSV" { "text/csv" } else { "application/json" };
    json!({
        "captureData": {
            "endpointInput": {"observedContentType": kind, "mode": "INPUT", "data": encoded(input), "encoding": encoding},
            "endpointOutput": {"observedContentType": kind, "mode": "OUTPUT", "data": encoded(output), "encoding": encoding},
        },
        "eventMetadata": {"eventId": one.id, "inferenceTime": one.rfc3339()}, "eventVersion": "0",
    })
}

fn tensors(one: &Applicant) -> Vec<Value> {
    let inputs = one.inputs();
    let tensor = |(name, value): (&String, &Value)| json!({"name": name, "shape": [1, 1], "datatype": "FP64", "data": [[value]]});
    inputs.as_object().unwrap().iter().map(tensor).collect()
}

/// Inference tables: a row for each batch of four requests, in Parquet.
fn inference_table(applicants: &[Applicant], request: fn(&[Applicant]) -> Value) -> Vec<u8> {
    let batches: Vec<&[Applicant]> = applicants.chunks(2).collect();
    let texts = |text: &dyn Fn(&[Applicant]) -> String| -> ArrayRef {
        Arc::new(batches.iter().map(|batch| Some(text(batch))).collect::<StringArray>())
    };
    let numbers = |number: &dyn Fn(&[Applicant]) -> i64| -> ArrayRef {
        Arc::new(batches.iter().map(|batch| Some(number(batch))).collect::<Int64Array>())
    };
    let answers = |batch: &[Applicant]| {
        json!({"predictions": batch.iter().map(|one| one.probability).collect::<Vec<_>>()}).to_string()
    };
    let columns = [
        ("databricks_request_id", texts(&|batch| batch[0].id.clone())),
        ("timestamp_ms", numbers(&|batch| batch[0].at / 1000)),
        ("status_code", numbers(&|_| 200)),
        ("execution_time_ms", numbers(&|batch| batch[0].latency_ms as i64)),
        ("request", texts(&|batch| request(batch).to_string())),
        ("response", texts(&answers)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn inference_fields(features: &str) -> Value {
    json!({"timestamp": "timestamp_ms", "features": features, "probability": "response.predictions",
        "latency_ms": "execution_time_ms", "status": "status_code", "id": "databricks_request_id"})
}

/// Number of an applicant among those of both days.
fn number(one: &Applicant) -> usize {
    let own: usize = one.id[one.id.len() - 5..].parse().unwrap();
    own + if one.id.starts_with("r8") { ROWS } else { 0 }
}

const MADE_UP: [&str; 5] = ["feature_1", "feature_2", "feature_3", "feature_4", "feature_5"];

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn layouts_of_platforms() {
    let cases = [
        Case {
            name: "SageMaker, CSV",
            file: "a.jsonl",
            write: |applicants| lines(applicants, |one| captured(one, [one.csv(), one.probability.to_string()], "CSV")),
            fields: json!({"timestamp": "eventMetadata.inferenceTime", "features": "captureData.endpointInput.data",
                "probability": "captureData.endpointOutput.data", "id": "eventMetadata.eventId"}),
            more: json!({"source": {"feature_names": MADE_UP}, "features": MADE_UP}),
        },
        Case {
            name: "SageMaker, JSON in BASE64",
            file: "2026/10/01/08/a.jsonl",
            write: |applicants| {
                lines(applicants, |one| {
                    let label = u8::from(is_refused(one));
                    let answer = json!({"predictions": [{"score": one.probability, "predicted_label": label}]});
                    captured(one, [one.inputs().to_string(), answer.to_string()], "BASE64")
                })
            },
            fields: json!({"timestamp": "eventMetadata.inferenceTime", "features": "captureData.endpointInput.data",
                "probability": "captureData.endpointOutput.data.predictions.score",
                "decision": "captureData.endpointOutput.data.predictions.predicted_label", "id": "eventMetadata.eventId"}),
            more: json!({"model": {"threshold": 0.4}}),
        },
        Case {
            name: "open inference protocol, a tensor for each feature",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"time": one.rfc3339(), "id": one.id, "request": {"inputs": tensors(one)},
                "response": {"model_name": "m", "model_version": "2",
                    "outputs": [{"name": "p", "shape": [1], "datatype": "FP64", "data": [one.probability]}]}})
                })
            },
            fields: json!({"timestamp": "time", "features": "request.inputs", "probability": "response.outputs.0.data", "id": "id",
                "model_version": "response.model_version"}),
            more: json!({"model": {"version": "2"}}),
        },
        Case {
            name: "KServe's logger, one tensor of rows",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"specversion": "1.0", "time": one.rfc3339(), "id": one.id,
                "type": "org.kubeflow.serving.inference.request", "data": {
                    "inputs": [{"name": "input-0", "shape": [1, 5], "datatype": "FP64", "data": [one.array()]}],
                    "outputs": [{"name": "predict", "shape": [1, 1], "datatype": "FP64", "data": [[one.probability]]}]}})
                })
            },
            fields: json!({"timestamp": "time", "features": "data.inputs", "probability": "data.outputs.0.data", "id": "id"}),
            more: json!({"source": {"feature_names": MADE_UP}, "features": MADE_UP}),
        },
        Case {
            name: "Databricks, records",
            file: "a.parquet",
            write: |applicants| {
                inference_table(
                    applicants,
                    |batch| json!({"dataframe_records": batch.iter().map(Applicant::inputs).collect::<Vec<_>>()}),
                )
            },
            fields: inference_fields("request.dataframe_records"),
            more: json!({}),
        },
        Case {
            name: "MLflow serving, split",
            file: "a.parquet",
            write: |applicants| {
                inference_table(applicants, |batch| {
                    let rows: Vec<Value> = batch.iter().map(Applicant::array).collect();
                    json!({"dataframe_split": {"columns": ["AGE", "INCOME", "emp.var.rate", "JOB", "OWNS"], "index": [0, 1], "data": rows}})
                })
            },
            fields: inference_fields("request.dataframe_split"),
            more: json!({}),
        },
        Case {
            name: "MLflow serving, lists of columns, both probabilities",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    let inputs = one.inputs();
                    let columns =
                        inputs.as_object().unwrap().iter().map(|(name, value)| (name.clone(), json!([value])));
                    let body = json!({"inputs": columns.collect::<serde_json::Map<_, _>>()});
                    let reply = json!({"predictions": [[1.0 - one.probability, one.probability]]});
                    json!({"ts": one.rfc3339(), "endpoint": "/invocations", "latency": one.latency_ms, "body": body.to_string(),
                    "reply": reply.to_string()})
                })
            },
            fields: json!({"timestamp": "ts", "features": "body.inputs", "probability": "reply.predictions.0.1", "latency_ms": "latency"}),
            more: json!({}),
        },
        Case {
            name: "BentoML's monitoring",
            file: "data.1.log",
            write: |applicants| {
                lines(applicants, |one| {
                    let mut line = one.inputs();
                    line["prediction_score"] = json!(one.probability);
                    line["timestamp"] = json!(one.rfc3339());
                    line["request_id"] = json!(one.id);
                    line
                })
            },
            fields: json!({"timestamp": "timestamp", "probability": "prediction_score", "id": "request_id"}),
            more: json!({"source": {"format": "ndjson"}}),
        },
        Case {
            name: "vigie's own log",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"instance": "20260930T230000Z-a", "seq": number(one), "ts": one.rfc3339(),
                "request_id": one.id, "endpoint": "/predict", "latency_ms": one.latency_ms, "status_code": 200, "model_name": "m",
                "model_version": "1", "model_sha256": "0", "inputs": one.inputs(),
                "outputs": {"raw": one.probability, "probability": one.probability, "score": u8::from(is_refused(one)),
                    "decision": if is_refused(one) { "REFUSED" } else { "ACCEPTED" }, "threshold": 0.4}, "error": null})
                })
            },
            fields: json!({"timestamp": "ts", "features": "inputs", "probability": ["outputs.proba_default", "outputs.probability"],
                "decision": "outputs.decision", "latency_ms": "latency_ms", "status": "status_code", "error": "error", "id": "request_id",
                "model_version": "model_version", "sequence": "seq", "writer": "instance", "dropped": "dropped"}),
            more: json!({"source": {"kind": "vigie"}, "model": {"threshold": 0.4}}),
        },
    ];
    for case in &cases {
        proves(case, &[]);
    }
}
