//! Nested shapes, values in paths, two events per request, and doubled names: the same report as the service table's.

use std::fmt::Write as _;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use parquet::{
    arrow::ArrowWriter,
    basic::{BrotliLevel, Compression},
    file::properties::WriterProperties,
};
use serde_json::{Map, Value, json};

use crate::{
    story::layouts::{
        FLAT, SERVICE, flat_csv, inputs_arrays, lines, outputs_arrays, report, same, service_line, world, write_parquet,
    },
    support::{
        applicants::{Applicant, FEATURES},
        world::World,
    },
};

const PARTS: [&str; 6] = ["window", "verdict", "features", "score", "latency", "service"];

/// Compares the report of whatever `write` writes with the service table's.
#[track_caller]
fn same_files(name: &str, source: &str, write: impl Fn(&World, &[Applicant])) {
    let (world, applicants) = world();
    world.config(SERVICE);
    world.file("log/service.ndjson", lines(&applicants, service_line));
    let wanted = report(&world);
    std::fs::remove_file(world.path("log/service.ndjson")).unwrap();
    write(&world, &applicants);
    world.config(source);
    let got = report(&world);
    for part in PARTS {
        assert_eq!(got[part], wanted[part], "{name}: {part}");
    }
}

fn each_input(one: &Applicant, value: impl Fn(&Value) -> Value) -> Value {
    let inputs = one.inputs();
    let inputs = inputs.as_object().unwrap().iter().map(|(name, input)| (name.clone(), value(input)));
    Value::Object(inputs.collect::<Map<_, _>>())
}

#[test]
fn one_tensor_per_feature() {
    let source = "path: log\nfields: {timestamp: time, features: request.inputs, probability: response.outputs.0.data.0, \
                  latency_ms: ms, id: id}\n";
    same("a.jsonl", source, |applicants| {
        lines(applicants, |one| {
            let inputs = one.inputs();
            let tensor = |(name, value): (&String, &Value)| json!({"name": name, "shape": [1, 1], "datatype": "FP64", "data": [[value]]});
            json!({
                "time": one.rfc3339(), "id": one.id, "ms": one.latency_ms,
                "request": {"inputs": inputs.as_object().unwrap().iter().map(tensor).collect::<Vec<_>>()},
                "response": {"model_name": "m", "outputs": [{"name": "p", "shape": [1], "datatype": "FP64", "data": [one.probability]}]},
            })
        })
        .into_bytes()
    });
}

#[test]
fn one_tensor_of_rows() {
    let source = format!(
        "path: log\nfeature_names: {FEATURES}\nfields: {{timestamp: time, features: inputs, probability: p, latency_ms: ms, id: id}}\n"
    );
    same("a.jsonl", &source, |applicants| {
        lines(applicants, |one| {
            let tensor = json!({"name": "input-0", "shape": [1, 5], "datatype": "FP64", "data": one.array()});
            json!({"time": one.rfc3339(), "id": one.id, "ms": one.latency_ms, "inputs": [tensor], "p": one.probability})
        })
        .into_bytes()
    });
}

/// A request is one row, not one per tensor, even if its tensors are not understood.
#[test]
fn tensors_without_names_are_counted_once() {
    let (world, applicants) = world();
    world.config(SERVICE);
    let odd = |one: &Applicant| {
        let mut line = service_line(one);
        let tensor = |data: Value| json!({"name": "x", "shape": [1, 2], "datatype": "FP64", "data": data});
        line["inputs"] = json!([tensor(json!([1, 2])), tensor(json!([3, 4]))]);
        line
    };
    world.file("log/a.ndjson", lines(&applicants[..300], service_line) + &lines(&applicants[300..], odd));
    let report = report(&world);
    assert_eq!(report["window"]["rows"], 400);
    assert_eq!(report["window"]["rejected"], json!({"unknown_inputs": 100}));
}

const BODY: &str = "path: log\nfields: {timestamp: ts, features: body, probability: p, latency_ms: ms, id: id}\n";

fn with_body(applicants: &[Applicant], body: impl Fn(&Applicant) -> Value) -> Vec<u8> {
    let line = |one: &Applicant| json!({"ts": one.rfc3339(), "id": one.id, "ms": one.latency_ms, "body": body(one), "p": [one.probability]});
    lines(applicants, line).into_bytes()
}

#[test]
fn bodies_by_columns() {
    same("a.jsonl", BODY, |applicants| with_body(applicants, |one| each_input(one, |value| json!([value]))));
    same("b.jsonl", BODY, |applicants| with_body(applicants, |one| each_input(one, |value| json!({"0": value}))));
}

#[test]
fn a_body_of_two_rows_by_columns() {
    let (world, applicants) = world();
    world.config(BODY);
    let pairs = applicants.chunks(2).fold(String::new(), |mut text, pair| {
        let (a, b) = (pair[0].inputs(), pair[1].inputs());
        let columns: Map<String, Value> =
            a.as_object().unwrap().iter().map(|(name, value)| (name.clone(), json!([value, b[name]]))).collect();
        let p = [pair[0].probability, pair[1].probability];
        let _ =
            writeln!(text, "{}", json!({"ts": pair[0].rfc3339(), "id": pair[0].id, "ms": 1, "body": columns, "p": p}));
        text
    });
    world.file("log/a.jsonl", pairs);
    let got = report(&world);
    world.file(
        "log/a.jsonl",
        lines(
            &applicants,
            |one| json!({"ts": one.rfc3339(), "id": one.id, "ms": 1, "body": one.inputs(), "p": one.probability}),
        ),
    );
    let wanted = report(&world);
    for part in ["window", "features", "score"] {
        assert_eq!(got[part], wanted[part], "{part}");
    }
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |bytes: &[u8]| {
        let bits = bytes.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
        let digit = |place: usize| {
            if place <= bytes.len() { DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char } else { '=' }
        };
        (0..4).map(digit).collect::<String>()
    };
    text.as_bytes().chunks(3).map(encode).collect()
}

#[test]
fn bodies_in_base64() {
    same("a.jsonl", BODY, |applicants| with_body(applicants, |one| json!(base64(&one.inputs().to_string()))));
    let source = format!(
        "path: log\nfeature_names: {FEATURES}\nfields: {{timestamp: ts, features: in.data, probability: out.data, latency_ms: ms, id: id}}\n"
    );
    same("b.jsonl", &source, |applicants| {
        lines(applicants, |one| {
            let body = |text: &str| json!({"encoding": "BASE64", "data": base64(text)});
            let score = format!("{:.6}", one.probability);
            json!({"ts": one.rfc3339(), "id": one.id, "ms": one.latency_ms, "in": body(&one.csv()), "out": body(&score)})
        })
        .into_bytes()
    });
}

#[test]
fn inputs_and_outputs_as_two_events() {
    let halves = |one: &Applicant| {
        let (mut inputs, mut outputs) = (service_line(one), service_line(one));
        inputs.as_object_mut().unwrap().retain(|key, _| ["ts", "inputs", "request_id"].contains(&key.as_str()));
        outputs.as_object_mut().unwrap().remove("inputs");
        (inputs, outputs)
    };
    same("a.ndjson", SERVICE, |applicants| {
        (lines(applicants, |one| halves(one).1) + &lines(applicants, |one| halves(one).0)).into_bytes()
    });
    // Both in one field.
    let source =
        SERVICE.replace("features: inputs, probability: outputs.proba_default", "features: data, probability: data.p");
    let event = |one: &Applicant, kind: &str, data: Value| json!({"ts": one.rfc3339(), "request_id": one.id, "type": kind, "latency_ms": one.latency_ms, "data": [data]});
    same_files("two files", &source, |world, applicants| {
        world.file("log/inputs/x.jsonl", lines(applicants, |one| event(one, "inputs", one.inputs())));
        world
            .file("log/outputs/x.jsonl", lines(applicants, |one| event(one, "outputs", json!({"p": one.probability}))));
    });
    // A half without the other is counted once, with a reason.
    let (world, applicants) = world();
    world.config(SERVICE);
    let inputs = lines(&applicants, |one| halves(one).0);
    world.file("log/a.ndjson", inputs + &lines(&applicants[..390], |one| halves(one).1));
    let report = report(&world);
    assert_eq!(report["window"]["rows_used"], 390);
    assert_eq!(report["window"]["rejected"], json!({"no_probability": 10}));
}

/// Feedback, for example, has the id of a request as well: it is neither a repetition, nor does it keep the halves apart.
#[test]
fn a_third_event_of_a_request_is_a_part_of_it() {
    let (world, applicants) = world();
    world.config(SERVICE);
    let part = |keys: &[&str]| {
        lines(&applicants, |one| {
            let mut line = service_line(one);
            line.as_object_mut().unwrap().retain(|key, _| keys.contains(&key.as_str()));
            line
        })
    };
    let halves = part(&["ts", "request_id", "inputs"]) + &part(&["ts", "request_id", "outputs"]);
    world.file("log/a.ndjson", part(&["ts", "request_id", "status_code"]) + &halves);
    let got = report(&world);
    assert_eq!((&got["window"]["rows_used"], &got["window"]["rejected"]), (&json!(400), &json!({})));
    // Without an id, nothing can be joined.
    world.file("log/a.ndjson", halves);
    world.config(&SERVICE.replace(", id: request_id", ""));
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    let expected = "source.fields.id: some rows have only inputs and the others only a score";
    assert!(ran.stderr.contains(expected) && ran.stderr.contains("map `source.fields.id`"), "{}", ran.stderr);
}

/// As Spark encodes a value in a path, and more.
fn encoded(value: Option<&str>) -> String {
    let Some(value) = value else { return "__HIVE_DEFAULT_PARTITION__".to_owned() };
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() || byte == b' ' { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    value.bytes().map(byte).collect()
}

fn by_job(applicants: &[Applicant]) -> Vec<(Option<&'static str>, Vec<Applicant>)> {
    let mut jobs: Vec<Option<&'static str>> = applicants.iter().map(|one| one.job).collect();
    jobs.sort_unstable();
    jobs.dedup();
    let of = |job| applicants.iter().filter(|one| one.job == job).cloned().collect();
    jobs.into_iter().map(|job| (job, of(job))).collect()
}

#[test]
fn a_feature_in_the_path() {
    same_files("parquet", FLAT, |world, applicants| {
        for (job, some) in by_job(applicants) {
            let columns =
                outputs_arrays(&some).into_iter().chain(inputs_arrays(&some)).filter(|(name, _)| *name != "JOB");
            let batch =
                RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
            world.file(&format!("log/JOB={}/a.parquet", encoded(job)), write_parquet(&batch));
        }
    });
    same_files("ndjson", SERVICE, |world, applicants| {
        for (job, some) in by_job(applicants) {
            let line = |one: &Applicant| {
                let mut line = service_line(one);
                line["inputs"].as_object_mut().unwrap().remove("JOB");
                line
            };
            world.file(&format!("log/JOB={}/a.ndjson", encoded(job)), lines(&some, line));
        }
    });
}

#[test]
fn the_time_and_a_filter_in_the_path() {
    let hour = |one: &Applicant| one.rfc3339()[..13].to_owned() + ":00:00";
    let by_hour = |world: &World, applicants: &[Applicant]| {
        let mut hours: Vec<String> = applicants.iter().map(hour).collect();
        hours.dedup();
        for own in hours {
            let line = |one: &Applicant| {
                let mut line = service_line(one);
                line.as_object_mut().unwrap().remove("ts");
                line
            };
            let some: Vec<Applicant> = applicants.iter().filter(|one| hour(one) == own).cloned().collect();
            world.file(&format!("log/ts={}/K%C3%BC=a%2Fb/a.ndjson", encoded(Some(&own))), lines(&some, line));
        }
    };
    let (world, applicants) = world();
    by_hour(&world, &applicants);
    world.file("log/ts=2026-10-01 08%3A00%3A00/K%C3%BC=other/a.ndjson", lines(&applicants, service_line));
    world.config(&SERVICE.replace("path: log\n", "path: log\nwhere: {Kü: a/b}\n"));
    let got = world.check("2026-10-01T08:00:00Z", "2026-10-01T09:00:00Z");
    let wanted = applicants.iter().filter(|one| hour(one).ends_with("T08:00:00")).count();
    assert_eq!(got["window"]["rows_used"], wanted);
    assert_eq!(report(&world)["window"]["rows_used"], 400);
}

/// Of a JSON key the last counts, of a column the first; both are told once.
#[test]
fn names_that_occur_twice() {
    let told = |source: &str, name: &str, content: Vec<u8>| {
        let (world, applicants) = world();
        world.config(SERVICE);
        world.file("log/service.ndjson", lines(&applicants, service_line));
        let wanted = report(&world);
        std::fs::remove_file(world.path("log/service.ndjson")).unwrap();
        world.file(&format!("log/{name}"), content);
        world.config(source);
        let mut got = report(&world);
        let told = got["window"].as_object_mut().unwrap().remove("doubled_names").unwrap();
        for part in PARTS {
            assert_eq!(got[part], wanted[part], "{name}: {part}");
        }
        let text = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok();
        assert_eq!(text.stdout.matches("occur twice").count(), 1, "{}", text.stdout);
        told
    };
    let (_, applicants) = world();
    let json = lines(&applicants, service_line);
    let inputs = json.replace("\"inputs\":{", "\"inputs\":{\"AGE\":99,");
    assert_eq!(told(SERVICE, "a.ndjson", inputs.into_bytes()), json!(["AGE"]));
    let whole = json.lines().fold(String::new(), |text, line| {
        let rest = line.strip_prefix('{').unwrap();
        text + &format!("{{\"ts\":\"2026-10-09\",\"outputs\":{{\"proba_default\":0.9}},{rest}\n")
    });
    assert_eq!(told(SERVICE, "a.ndjson", whole.into_bytes()), json!(["outputs", "ts"]));
    let csv = String::from_utf8(flat_csv(&applicants)).unwrap();
    let csv = csv.lines().enumerate().fold(String::new(), |text, (row, line)| {
        text + line + if row == 0 { ",AGE,y_pred_proba\n" } else { ",99,0.9\n" }
    });
    assert_eq!(told(FLAT, "a.csv", csv.into_bytes()), json!(["AGE", "y_pred_proba"]));
    let columns = outputs_arrays(&applicants).into_iter().chain(inputs_arrays(&applicants));
    let age: ArrayRef = std::sync::Arc::new(Int64Array::from(vec![99; applicants.len()]));
    let score: ArrayRef = std::sync::Arc::new(Float64Array::from(vec![0.9; applicants.len()]));
    let columns = columns.chain([("AGE", age), ("y_pred_proba", score)]).map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    assert_eq!(told(FLAT, "a.parquet", write_parquet(&batch)), json!(["AGE", "y_pred_proba"]));
}

#[test]
fn parquet_in_every_compression() {
    let brotli = Compression::BROTLI(BrotliLevel::default());
    for compression in [
        brotli,
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::SNAPPY,
        Compression::GZIP(parquet::basic::GzipLevel::default()),
    ] {
        same("a.parquet", FLAT, |applicants| {
            let columns = outputs_arrays(applicants).into_iter().chain(inputs_arrays(applicants));
            let columns = columns.map(|(name, array)| (name, array, true));
            let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
            let properties = WriterProperties::builder().set_compression(compression).build();
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
            writer.write(&batch).unwrap();
            writer.into_inner().unwrap()
        });
    }
}
