//! The `OpenAPI` document: well-formed, and each endpoint answers as it describes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    process::{applicant, start, world},
    raw::{request, send},
};
use crate::support::schema::violations;

/// Every `$ref` in a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        found.insert(target.clone());
                    }
                    other => references(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn the_document_is_well_formed() {
    let server_world = world("");
    let server = start(&server_world, &[]);
    let document = server.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() >= 7, "{found:?}");
    for target in &found {
        let target = target.strip_prefix('#').unwrap();
        assert!(document.pointer(target).is_some_and(Value::is_object), "{target}");
    }
    for scheme in document["security"].as_array().unwrap().iter().flat_map(|one| one.as_object().unwrap().keys()) {
        assert!(document["components"]["securitySchemes"][scheme].is_object(), "{scheme}");
    }
    let methods = ["get", "post"];
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with('/') && !path.contains('{'), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            assert!(methods.contains(&method.as_str()), "{path}: {method}");
            assert!(operation["summary"].is_string());
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("200"));
            for (status, response) in responses {
                assert!(status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)), "{path}: {status}");
                assert!(response["description"].is_string());
            }
            assert_eq!(operation["requestBody"]["content"].is_object(), method == "post", "{path}");
        }
    }
}

#[test]
fn endpoints_answer_as_described() {
    let server_world = world("max_rows: 3\nmax_body_kib: 64\ninputs: {unknown: score}");
    let server = start(&server_world, &[]);
    let document = server.get("/openapi.json").json();
    let inputs = Value::Object(applicant());
    let mut wrong = applicant();
    wrong.insert("AMT_CREDIT".to_owned(), json!("much"));
    let mut noted = applicant();
    noted.insert("SHOE_SIZE".to_owned(), json!(42));
    let tensors: Vec<Value> = applicant()
        .into_iter()
        .map(|(name, value)| {
            let datatype = if value.is_string() { "BYTES" } else { "FP64" };
            json!({"name": name, "shape": [1], "datatype": datatype, "data": [value]})
        })
        .collect();
    let (v1, v2) = ("/v1/models/credit-default:predict", "/v2/models/credit-default/infer");
    let large = " ".repeat(70_000);
    let mut statuses = BTreeSet::new();
    for (path, body, status) in [
        ("/predict", inputs.to_string(), 200),
        ("/predict", json!({"inputs": [inputs, inputs], "explain": true}).to_string(), 200),
        ("/predict", Value::Object(noted).to_string(), 200),
        ("/predict", "{".to_owned(), 400),
        ("/predict", json!(wrong).to_string(), 422),
        ("/predict", json!({"inputs": vec![&inputs; 4]}).to_string(), 413),
        ("/predict", large.clone(), 413),
        ("/invocations", json!({"instances": [inputs]}).to_string(), 200),
        ("/invocations", json!({"instances": [wrong]}).to_string(), 400),
        ("/invocations", large.clone(), 413),
        (v1, json!({"instances": [inputs]}).to_string(), 200),
        (v1, json!({"instances": [wrong]}).to_string(), 422),
        (v1, large.clone(), 413),
        (v2, json!({"inputs": tensors}).to_string(), 200),
        (v2, json!({"inputs": []}).to_string(), 422),
        (v2, large, 413),
    ] {
        let answer = send(&server.address, &request(path, "Content-Type: application/json\r\n", body.as_bytes()));
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        let described = &document["paths"][path]["post"]["responses"][status.to_string()];
        let schema = &described["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{path}: {status} is not described");
        assert_eq!(violations(&document, schema, &answer.json()), [""; 0], "{path}, {status}: {}", answer.body);
        statuses.insert(status);
    }
    assert_eq!(statuses.len(), 4);
    for (path, item) in document["paths"].as_object().unwrap() {
        if item.get("get").is_some() {
            assert_eq!(server.get(path).status, 200, "{path}");
        }
    }
}
