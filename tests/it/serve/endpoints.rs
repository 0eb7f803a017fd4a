//! Every endpoint gives the same score, to the bit, in the words of its protocol.

use serde_json::{Map, Value, json};

use super::process::{applicant, example_records, logged, start, world};

/// The scores of some applicants by `/predict`, and their inputs.
fn expected(server: &super::process::Served, count: usize) -> (Vec<Map<String, Value>>, Vec<Value>) {
    let inputs: Vec<Map<String, Value>> =
        example_records(count).iter().map(|record| record["inputs"].as_object().unwrap().clone()).collect();
    let scores = inputs.iter().map(|inputs| {
        let answer = server.post("/predict", &Value::Object(inputs.clone()).to_string());
        answer.json()["proba_default"].clone()
    });
    let scores = scores.collect();
    (inputs, scores)
}

#[test]
fn all_protocols_give_the_same_scores() {
    let world = world("");
    let server = start(&world, &[]);
    let (rows, scores) = expected(&server, 3);
    let names: Vec<&String> = rows[0].keys().collect();
    let lists: Vec<Vec<&Value>> = rows.iter().map(|row| names.iter().map(|name| &row[*name]).collect()).collect();
    let columns: Map<String, Value> = names
        .iter()
        .map(|name| ((*name).clone(), rows.iter().map(|row| row[*name].clone()).collect::<Value>()))
        .collect();
    let tensors: Vec<Value> = columns
        .iter()
        .map(|(name, data)| {
            let datatype = if rows.iter().any(|row| row[name].is_string()) { "BYTES" } else { "FP64" };
            json!({"name": name, "shape": [3, 1], "datatype": datatype, "data": data})
        })
        .collect();
    // Lists without names are in the order of the model's features.
    let metadata = server.get("/v2/models/credit-default").json();
    let order: Vec<&str> =
        metadata["inputs"].as_array().unwrap().iter().map(|own| own["name"].as_str().unwrap()).collect();
    let ordered: Vec<Vec<&Value>> = rows.iter().map(|row| order.iter().map(|name| &row[*name]).collect()).collect();
    for (path, body) in [
        ("/invocations", json!({"dataframe_split": {"columns": names, "data": lists, "index": [0, 1, 2]}})),
        ("/invocations", json!({"dataframe_records": rows, "params": {}})),
        ("/invocations", json!({"instances": rows})),
        ("/invocations", json!({"instances": ordered})),
        ("/invocations", json!({"inputs": columns})),
        ("/invocations", json!({"inputs": ordered})),
        ("/invocations?output=probability", json!({"inputs": rows})),
        ("/v1/models/credit-default:predict", json!({"instances": rows})),
    ] {
        let answer = server.post(path, &body.to_string());
        assert_eq!(answer.json(), json!({"predictions": scores}), "{path}");
    }
    let batch = server.post("/predict", &json!({"inputs": rows}).to_string()).json();
    let batch: Vec<&Value> = batch["predictions"].as_array().unwrap().iter().map(|row| &row["proba_default"]).collect();
    assert_eq!(batch, scores.iter().collect::<Vec<_>>());
    for path in ["/v2/models/credit-default/infer", "/v2/models/credit-default/versions/1/infer"] {
        let answer = server.post(path, &json!({"id": "one", "inputs": tensors}).to_string()).json();
        assert_eq!(
            (&answer["model_name"], &answer["model_version"], &answer["id"]),
            (&json!("credit-default"), &json!("1"), &json!("one"))
        );
        assert_eq!(
            answer["outputs"][0],
            json!({"name": "probability", "shape": [3], "datatype": "FP64", "data": scores})
        );
        assert_eq!(answer["outputs"][1]["datatype"], "BYTES");
    }
    let csv = |rows: &[Map<String, Value>]| {
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => format!("\"{text}\""),
            other => other.to_string(),
        };
        let lines = rows.iter().map(|row| names.iter().map(|name| cell(&row[*name])).collect::<Vec<_>>().join(","));
        let head = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",");
        [head].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    };
    let answer = server.post_with("/invocations", &csv(&rows), &[("content-type", "text/csv")]).unwrap();
    assert_eq!(answer.json(), json!({"predictions": scores}));
    let classes = server.post("/invocations?output=class", &json!({"instances": rows}).to_string()).json();
    let refused: Vec<Value> = scores.iter().map(|score| json!(u8::from(score.as_f64().unwrap() >= 0.5))).collect();
    assert_eq!(classes, json!({"predictions": refused}));
    // All of it is in the log, and scored again.
    let records = logged(&world, "log");
    assert_eq!(records.len(), 3 + 8 * 3 + 3 + 2 * 3 + 3 + 3);
    drop(server);
    let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let (from, to) = (today.yesterday().unwrap().to_string(), today.tomorrow().unwrap().to_string());
    let replay = world.vigie(&["replay", "--config", "vigie.yaml", "--from", &from, "--to", &to]).ok();
    assert!(replay.stdout.contains("again give the logged score"), "{}", replay.stdout);
}

#[test]
fn errors_are_in_the_words_of_each_protocol() {
    let world = world("");
    let server = start(&world, &[]);
    let mut inputs = applicant();
    inputs.remove("EXT_SOURCE_1");
    let answer = server.post("/invocations", &json!({"instances": [inputs]}).to_string());
    assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("INVALID_PARAMETER_VALUE")));
    let answer = server.post("/invocations", "{\"rows\": []}");
    assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("BAD_REQUEST")));
    let answer = server.post("/invocations", "{\"instances\": [], \"inputs\": []}");
    assert_eq!(answer.status, 400);
    let answer = server.post_with("/invocations", "x", &[("content-type", "text/plain")]).unwrap();
    assert_eq!(answer.status, 415);
    let answer = server.post("/v2/models/other/infer", "{\"inputs\": []}");
    assert_eq!((answer.status, answer.json()), (404, json!({"error": "the model of this server is credit-default"})));
    let wrong = json!({"inputs": [{"name": "EXT_SOURCE_1", "shape": [2], "datatype": "FP64", "data": [1]}]});
    let answer = server.post("/v2/models/credit-default/infer", &wrong.to_string());
    assert_eq!(answer.status, 422);
    assert!(answer.json()["error"].as_str().unwrap().contains("1 values for a shape of 2"), "{}", answer.text);
    assert_eq!(server.post("/v1/models/other:predict", "{\"instances\": []}").status, 404);
}

#[test]
fn health_metrics_and_description() {
    let world = world("");
    let server = start(&world, &[]);
    for path in ["/healthz", "/health", "/ping", "/readyz", "/v2/health/live", "/v2/health/ready", "/v2", "/version"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    let body = Value::Object(applicant()).to_string();
    assert_eq!(server.post("/predict", &body).status, 200);
    assert_eq!(server.post("/predict", "{}").status, 422);
    let metrics = server.get("/metrics").text;
    for line in [
        "vigie_serve_requests_total{endpoint=\"/predict\",status=\"200\"} 1",
        "vigie_serve_requests_total{endpoint=\"/predict\",status=\"422\"} 1",
        "vigie_serve_rows_total 1",
        "vigie_serve_records_total 2",
        "vigie_serve_duration_seconds_count 2",
        "vigie_serve_ready 1",
    ] {
        assert!(metrics.lines().any(|own| own == line), "{line}\n{metrics}");
    }
    let document = server.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let properties = document["components"]["schemas"]["Inputs"]["properties"].as_object().unwrap();
    assert_eq!(properties["EXT_SOURCE_1"], json!({"type": ["number", "null"]}));
    assert_eq!(properties.len(), 125);
    for (path, item) in document["paths"].as_object().unwrap() {
        let status = match item.get("get") {
            Some(_) => server.get(path).status,
            None => server.post(path, &json!({"instances": [applicant()], "inputs": [applicant()]}).to_string()).status,
        };
        assert_ne!(status, 404, "{path} is described, but not there");
    }
}

#[test]
fn an_explained_answer_has_the_reasons_of_the_official_library() {
    let world = world("");
    let server = start(&world, &[]);
    let answer = server.post("/predict", &json!({"inputs": applicant(), "explain": true}).to_string()).json();
    let reasons = answer["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), 10);
    // `vigie explain` is compared with the official library elsewhere.
    world.file("row.json", Value::Object(applicant()).to_string());
    let explained = world.vigie(&["explain", "--config", "vigie.yaml", "--row", "row.json", "--format", "json"]).ok();
    let explained: Value = serde_json::from_str(&explained.stdout).unwrap();
    let own = explained["contributions"].as_array().unwrap();
    for (reason, own) in reasons.iter().zip(own) {
        assert_eq!((&reason["feature"], &reason["contribution"]), (&own["feature"], &own["contribution"]));
    }
}
