//! `GET /openapi.json`: the endpoints and the inputs of the model in use.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use vigie_models::InputKind;

use super::{model::ServedModel, service::ScoringService};

pub(super) async fn openapi(State(service): State<Arc<ScoringService>>) -> Response {
    Json(document(&service.champion.model())).into_response()
}

fn document(model: &ServedModel) -> Value {
    let properties: Map<String, Value> = model
        .schema
        .features()
        .iter()
        .map(|feature| {
            let kind = match feature.kind {
                InputKind::Numeric => "number",
                InputKind::Categorical => "string",
            };
            (feature.name.clone(), json!({"type": [kind, "null"]}))
        })
        .collect();
    let names: Vec<&String> = properties.keys().collect();
    let inputs = json!({"type": "object", "properties": properties, "required": names});
    let name = &model.name;
    let post = |summary: &str, request: Value| {
        json!({"post": {
            "summary": summary,
            "requestBody": {"required": true, "content": {"application/json": {"schema": request}}},
            "responses": {
                "200": {"description": "Scored and logged."},
                "400": {"description": "The body cannot be read."},
                "401": {"description": "Missing or wrong token."},
                "413": {"description": "The body is too large, or has too many rows."},
                "422": {"description": "Inputs that do not fit the model; the answer names them."},
                "503": {"description": "The request cannot be logged now; try again after `Retry-After` seconds."},
            },
        }})
    };
    let get = |summary: &str| json!({"get": {"summary": summary, "responses": {"200": {"description": "OK"}}}});
    let reference = json!({"$ref": "#/components/schemas/Inputs"});
    let list = json!({"type": "array", "items": reference});
    let envelope = json!({
        "type": "object",
        "required": ["inputs"],
        "properties": {"inputs": {"oneOf": [reference, list]}, "explain": {"type": "boolean"}},
    });
    let tensor = json!({
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": {"type": "string"}, "shape": {"type": "array", "items": {"type": "integer"}},
            "datatype": {"type": "string"}, "data": {"type": "array"},
        },
    });
    let mut paths = Map::new();
    let mut add = |path: String, item: Value| paths.insert(path, item);
    add("/predict".to_owned(), post("Scores one row or several.", json!({"oneOf": [reference, envelope]})));
    add(
        "/invocations".to_owned(),
        post(
            "Scores rows, as MLflow's and SageMaker's servers do.",
            json!({"type": "object", "properties": {
                "dataframe_split": {"type": "object"}, "dataframe_records": list, "instances": {"type": "array"}, "inputs": {},
            }}),
        ),
    );
    add(
        format!("/v1/models/{name}:predict"),
        post(
            "Scores rows, as KServe's first protocol does.",
            json!({"type": "object", "properties": {"instances": {"type": "array"}}}),
        ),
    );
    add(
        format!("/v2/models/{name}/infer"),
        post(
            "Scores rows by the open inference protocol.",
            json!({"type": "object", "required": ["inputs"], "properties": {
                "id": {"type": "string"}, "inputs": {"type": "array", "items": tensor},
            }}),
        ),
    );
    for (path, summary) in [
        (format!("/v2/models/{name}"), "Inputs and outputs of the model."),
        (format!("/v2/models/{name}/ready"), "Whether the model can be called."),
        ("/v2".to_owned(), "The server."),
        ("/v2/health/live".to_owned(), "Whether the process works."),
        ("/v2/health/ready".to_owned(), "Whether requests can be answered."),
        ("/healthz".to_owned(), "Whether the process works."),
        ("/readyz".to_owned(), "Whether requests can be answered, and the model in use."),
        ("/ping".to_owned(), "Whether requests can be answered."),
        ("/metrics".to_owned(), "Counts and times for Prometheus."),
    ] {
        add(path, get(summary));
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": format!("{name}, served by vigie"), "version": env!("CARGO_PKG_VERSION")},
        "paths": paths,
        "components": {
            "schemas": {"Inputs": inputs},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
}
