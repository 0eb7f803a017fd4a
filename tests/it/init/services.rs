//! Layouts of services' own logs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::cases::{Case, is_refused, lines, plain_time, proves};
use crate::support::applicants::Applicant;

fn refused_as(one: &Applicant, refused: &str, accepted: &str) -> Value {
    json!(if is_refused(one) { refused } else { accepted })
}

/// Requests, failed requests and health checks in one table.
fn service(applicants: &[Applicant]) -> Vec<u8> {
    let mut log = Vec::new();
    for (row, one) in applicants.iter().enumerate() {
        let mut add = |line: Value| log.extend(format!("{line}\n").into_bytes());
        add(json!({
            "ts": one.rfc3339(), "endpoint": "/predict", "status_code": 200, "latency_ms": one.latency_ms, "request_id": one.id,
            "sk_id_curr": (100_000 + row).to_string(), "inputs": one.inputs(),
            "outputs": {"proba_default": one.probability, "score": u8::from(is_refused(one)),
                "decision": refused_as(one, "REFUSED", "ACCEPTED"), "threshold": 0.4,
                "timing": {"db_ms": 1.0, "inference_ms": 1.2}}, "error": null,
        }));
        if row % 25 == 0 {
            add(json!({"ts": one.rfc3339(), "endpoint": "/predict", "status_code": 404, "latency_ms": 1.0,
                "inputs": {"SK_ID_CURR": 9}, "outputs": {"details": "unknown"}, "error": "NOT_FOUND"}));
            add(
                json!({"ts": one.rfc3339(), "endpoint": "/health", "status_code": 200, "latency_ms": 0.3, "inputs": null,
                "outputs": null}),
            );
        }
    }
    log
}

fn flat(applicants: &[Applicant]) -> Vec<u8> {
    let mut csv = String::from("timestamp,id,y_pred_proba,y_pred,AGE,INCOME,emp.var.rate,JOB,OWNS\n");
    for one in applicants {
        let (p, refused) = (one.probability, u8::from(is_refused(one)));
        let _ = writeln!(csv, "{},{},{p},{refused},{}", one.rfc3339(), one.id, one.csv());
    }
    csv.into_bytes()
}

fn json_cells(applicants: &[Applicant]) -> Vec<u8> {
    let mut csv = String::from("when,payload,p\n");
    for one in applicants {
        let payload = one.inputs().to_string().replace('"', "\"\"");
        let _ = writeln!(csv, "{},\"{payload}\",{}", plain_time(one), one.probability);
    }
    csv.into_bytes()
}

fn kinds(applicants: &[Applicant]) -> Vec<u8> {
    let mut log = Vec::new();
    for (row, one) in applicants.iter().enumerate() {
        let own =
            json!({"kind": "prediction", "ts": one.rfc3339(), "features": one.inputs(), "score": one.probability});
        log.extend(format!("{own}\n").into_bytes());
        if row % 20 == 0 {
            let batch = json!({"kind": "batch", "ts": one.rfc3339(), "rows": 20, "mean_score": 0.2});
            log.extend(format!("{batch}\n").into_bytes());
        }
    }
    log
}

fn bare_nan(applicants: &[Applicant]) -> Vec<u8> {
    let line = |one: &Applicant| {
        let mut inputs = one.inputs();
        inputs["AGE"] = json!(one.age.to_string());
        if one.income.is_none() {
            inputs["INCOME"] = json!("NAN_TOKEN");
        }
        json!({"timestamp": one.rfc3339(), "inputs": inputs, "probability": one.probability.to_string()})
    };
    String::from_utf8(lines(applicants, line)).unwrap().replace("\"NAN_TOKEN\"", "NaN").into_bytes()
}

const MADE_UP: [&str; 5] = ["feature_1", "feature_2", "feature_3", "feature_4", "feature_5"];

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn layouts_of_services() {
    let cases = [
        Case {
            name: "service table",
            file: "a.ndjson",
            write: service,
            fields: json!({"timestamp": "ts", "features": "inputs", "probability": "outputs.proba_default", "decision": "outputs.decision",
                "latency_ms": "latency_ms", "status": "status_code", "error": "error", "id": "request_id"}),
            more: json!({"source": {"where": {"endpoint": "/predict"}}, "model": {"threshold": 0.4, "event": "default"}}),
        },
        Case {
            name: "epoch seconds, nested output",
            file: "a.jsonl",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"timestamp": one.at as f64 / 1e6, "path": "/predict", "status_code": 200,
                "latency_ms": one.latency_ms, "request_payload": one.inputs(),
                "model_output": {"probability": one.probability, "prediction": u8::from(is_refused(one))}})
                })
            },
            fields: json!({"timestamp": "timestamp", "features": "request_payload", "probability": "model_output.probability",
                "decision": "model_output.prediction", "latency_ms": "latency_ms", "status": "status_code"}),
            more: json!({"model": {"threshold": 0.4, "high_score": null}}),
        },
        Case {
            name: "JSON text",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"timestamp_utc": plain_time(one).replace('T', " "),
                "inputs_json": one.inputs().to_string(), "score": one.probability,
                "decision": refused_as(one, "Refusé", "Accordé"), "latence_ms": one.latency_ms})
                })
            },
            fields: json!({"timestamp": "timestamp_utc", "features": "inputs_json", "probability": "score", "decision": "decision",
                "latency_ms": "latence_ms"}),
            more: json!({"model": {"threshold": 0.4}}),
        },
        Case {
            name: "a bare array",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"timestamp": plain_time(one), "request_id": one.id,
                "features": one.array(), "probability": one.probability})
                })
            },
            fields: json!({"timestamp": "timestamp", "features": "features", "probability": "probability", "id": "request_id"}),
            more: json!({"source": {"feature_names": MADE_UP}, "features": MADE_UP}),
        },
        Case {
            name: "time with a space, prediction as text",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"timestamp": plain_time(one).replace('T', " "), "input": one.inputs(),
                "probability": one.probability, "prediction": u8::from(is_refused(one)).to_string()})
                })
            },
            fields: json!({"timestamp": "timestamp", "features": "input", "probability": "probability", "decision": "prediction"}),
            more: json!({"model": {"threshold": 0.4}}),
        },
        Case {
            name: "bare NaN, numbers as text",
            file: "a.ndjson",
            write: bare_nan,
            fields: json!({"timestamp": "timestamp", "features": "inputs", "probability": "probability"}),
            more: json!({}),
        },
        Case {
            name: "dots and signs",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"timestamp": one.rfc3339(),
                "features": {"emp.var.rate": one.rate, "%EC": one.age}, "probability_yes": one.probability})
                })
            },
            fields: json!({"timestamp": "timestamp", "features": "features", "probability": "probability_yes"}),
            more: json!({"features": ["%EC", "emp.var.rate"]}),
        },
        Case {
            name: "seconds",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"timestamp": one.rfc3339(), "input_data": one.inputs(),
                "ml_probability": one.probability, "response_time": one.latency_ms / 1000.0})
                })
            },
            fields: json!({"timestamp": "timestamp", "features": "input_data", "probability": "ml_probability",
                "latency_ms": {"path": "response_time", "scale": 1000.0}}),
            more: json!({}),
        },
        Case {
            name: "flat CSV",
            file: "a.csv",
            write: flat,
            fields: json!({"timestamp": "timestamp", "probability": "y_pred_proba", "decision": "y_pred", "id": "id"}),
            more: json!({"model": {"threshold": 0.4}}),
        },
        Case {
            name: "JSON in a CSV cell",
            file: "a.csv",
            write: json_cells,
            fields: json!({"timestamp": "when", "features": "payload", "probability": "p"}),
            more: json!({}),
        },
        Case {
            name: "two kinds of records",
            file: "a.ndjson",
            write: kinds,
            fields: json!({"timestamp": "ts", "features": "features", "probability": "score"}),
            more: json!({"source": {"where": {"kind": "prediction"}}}),
        },
        Case {
            name: "a good event, by its name",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"ts": one.rfc3339(), "inputs": one.inputs(),
                "probability_repaid": one.probability, "decision": refused_as(one, "approved", "declined")})
                })
            },
            fields: json!({"timestamp": "ts", "features": "inputs", "probability": "probability_repaid", "decision": "decision"}),
            more: json!({"model": {"event": "repaid", "threshold": 0.4}}),
        },
        Case {
            name: "low scores are refused, by the decisions",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"ts": one.rfc3339(), "inputs": one.inputs(), "score": one.probability,
                "decision": refused_as(one, "OK", "KO")})
                })
            },
            fields: json!({"timestamp": "ts", "features": "inputs", "probability": "score", "decision": "decision"}),
            more: json!({"model": {"high_score": "good", "threshold": 0.4}}),
        },
        Case {
            name: "words without a meaning, in files of another name",
            file: "api.log.1",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"@timestamp": one.rfc3339(), "inputs": one.inputs(), "score": one.probability,
                "verdict": refused_as(one, "B", "A")})
                })
            },
            fields: json!({"timestamp": "@timestamp", "features": "inputs", "probability": "score", "decision": "verdict"}),
            more: json!({"source": {"format": "ndjson"}, "model": {"threshold": 0.4,
                "decisions": {"accepted": ["A"], "refused": ["B"]}}}),
        },
        Case {
            name: "a regression",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"ts": one.rfc3339(), "inputs": one.inputs(),
                "prediction": one.probability * 1000.0})
                })
            },
            fields: json!({"timestamp": "ts", "features": "inputs", "prediction": "prediction"}),
            more: json!({}),
        },
        Case {
            name: "several classes",
            file: "a.ndjson",
            write: |applicants| {
                lines(applicants, |one| {
                    json!({"ts": one.rfc3339(), "inputs": one.inputs(),
                "probabilities": {"a": one.probability / 2.0, "b": one.probability / 2.0, "c": 1.0 - one.probability}})
                })
            },
            fields: json!({"timestamp": "ts", "features": "inputs",
                "probabilities": {"a": "probabilities.a", "b": "probabilities.b", "c": "probabilities.c"}}),
            more: json!({}),
        },
        Case {
            name: "percent",
            file: "a.ndjson",
            write: |applicants| {
                lines(
                    applicants,
                    |one| json!({"ts": one.rfc3339(), "inputs": one.inputs(), "pd": one.probability * 100.0}),
                )
            },
            fields: json!({"timestamp": "ts", "features": "inputs", "probability": {"path": "pd", "scale": 0.01}}),
            more: json!({}),
        },
    ];
    for case in &cases {
        proves(case, &[]);
    }
}
