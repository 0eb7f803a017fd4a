//! `GET /openapi.json`: the endpoints and the inputs of the model in use.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use vigie_models::InputKind;

use super::{endpoint::EndpointProtocol, model::ServedModel, service::ScoringService};

pub(super) async fn openapi(State(service): State<Arc<ScoringService>>) -> Response {
    let model = service.champion.model();
    // It is long, and always the same for a model.
    let text = model.description.get_or_init(|| document(&model).to_string());
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text.clone()).into_response()
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
    add(
        "/predict".to_owned(),
        post(EndpointProtocol::Predict, "Scores one row or several.", &json!({"oneOf": [reference, envelope]})),
    );
    add(
        "/invocations".to_owned(),
        post(
            EndpointProtocol::Invocations,
            "Scores rows, as MLflow's and SageMaker's servers do.",
            &json!({"type": "object", "properties": {
                "dataframe_split": {"type": "object"}, "dataframe_records": list, "instances": {"type": "array"}, "inputs": {},
            }}),
        ),
    );
    add(
        format!("/v1/models/{name}:predict"),
        post(
            EndpointProtocol::Instances,
            "Scores rows, as KServe's first protocol does.",
            &json!({"type": "object", "properties": {"instances": {"type": "array"}}}),
        ),
    );
    add(
        format!("/v2/models/{name}/infer"),
        post(
            EndpointProtocol::Infer,
            "Scores rows by the open inference protocol.",
            &json!({"type": "object", "required": ["inputs"], "properties": {
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
        "security": [{}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas(model, &inputs),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
}

/// The description of an endpoint that scores: its requests, its answers, and the words of its refusals.
fn post(protocol: EndpointProtocol, summary: &str, request: &Value) -> Value {
    let content = |schema: &Value| json!({"application/json": {"schema": schema}});
    let named = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let (answer, refusal) = match protocol {
        EndpointProtocol::Predict => ("PredictAnswer", "PredictRefusal"),
        EndpointProtocol::Invocations => ("Predictions", "InvocationsRefusal"),
        EndpointProtocol::Instances => ("Predictions", "Refusal"),
        EndpointProtocol::Infer => ("InferAnswer", "Refusal"),
    };
    let is_mlflow = protocol == EndpointProtocol::Invocations;
    let mut requests = content(request);
    if is_mlflow && let Some(kinds) = requests.as_object_mut() {
        kinds.insert("text/csv".to_owned(), json!({"schema": {"type": "string"}}));
    }
    let refused = [
        ("400", "The body cannot be read, or, at /invocations, does not fit the model."),
        ("401", "Missing or wrong token."),
        ("403", "Unknown host."),
        ("404", "Not the model of this server, or an id that is not in the feature table."),
        ("408", "The body did not arrive in time."),
        ("409", "An id that is in the feature table more than once."),
        ("413", "The body is too large, or has too many rows."),
        ("414", "The URL is too long."),
        ("415", "A content type or an encoding that the endpoint does not read."),
        ("422", "Inputs that do not fit the model; the answer names them."),
        ("431", "The headers are too large."),
        ("500", "Internal error."),
        ("503", "The request cannot be answered or logged now; try again after `Retry-After` seconds."),
    ];
    let mut responses = Map::from_iter([(
        "200".to_owned(),
        json!({"description": "Scored and logged.", "content": content(&named(answer))}),
    )]);
    for (status, description) in refused {
        if !(is_mlflow && status == "422") {
            responses
                .insert(status.to_owned(), json!({"description": description, "content": content(&named(refusal))}));
        }
    }
    json!({"post": {"summary": summary, "requestBody": {"required": true, "content": requests}, "responses": responses}})
}

/// The schemas of inputs and answers.
fn schemas(model: &ServedModel, inputs: &Value) -> Value {
    let text = json!({"type": "string"});
    let number = json!({"type": "number"});
    let texts = json!({"type": "array", "items": text});
    let reason = json!({"type": "object", "required": ["feature", "contribution"], "properties": {"feature": text, "contribution": number}});
    let mut row = Map::from_iter([
        (model.score_key.to_owned(), number.clone()),
        ("reasons".to_owned(), json!({"type": "array", "items": reason})),
        ("features_age_s".to_owned(), number.clone()),
    ]);
    if model.rule.is_some() {
        row.extend([
            ("score".to_owned(), json!({"type": "integer", "enum": [0, 1]})),
            ("decision".to_owned(), json!({"type": "string", "enum": [model.words.accepted, model.words.refused]})),
            ("threshold".to_owned(), number.clone()),
        ]);
    }
    let required = json!([model.score_key]);
    let rows = json!({"type": "array", "items": {"type": "object", "required": required, "properties": row}});
    let common = json!({
        "request_id": text, "model_name": text, "model_version": {"type": ["string", "null"]}, "model_sha256": text,
        "latency_ms": number, "notes": texts,
    });
    let needed = ["request_id", "model_name", "model_version", "model_sha256", "latency_ms"];
    let with = |more: Map<String, Value>| {
        let own = common.as_object().cloned().unwrap_or_default();
        let keys: Vec<&str> = needed
            .into_iter()
            .chain([if more.contains_key("predictions") { "predictions" } else { model.score_key }])
            .collect();
        json!({"type": "object", "required": keys, "properties": own.into_iter().chain(more.clone()).collect::<Map<_, _>>()})
    };
    let batch = Map::from_iter([("predictions".to_owned(), rows)]);
    let error = json!({
        "type": "object", "required": ["code", "message"], "properties": {
            "code": text, "message": text, "unknown": texts, "absent": texts, "wrong_type": texts, "repeated": texts,
            "unseen_level": texts,
        },
    });
    let output = json!({
        "type": "object", "required": ["name", "shape", "datatype", "data"], "properties": {
            "name": text, "shape": {"type": "array", "items": {"type": "integer"}}, "datatype": text,
            "data": {"type": "array", "items": {"type": ["number", "string"]}},
        },
    });
    json!({
        "Inputs": inputs,
        "PredictAnswer": {"oneOf": [with(row), with(batch)]},
        "PredictRefusal": {"type": "object", "required": ["error", "request_id"], "properties": {"error": error, "request_id": text}},
        "Predictions": {"type": "object", "required": ["predictions"], "properties": {"predictions": {"type": "array", "items": number}}},
        "InvocationsRefusal": {
            "type": "object", "required": ["error_code", "message", "request_id"],
            "properties": {"error_code": text, "message": text, "request_id": text},
        },
        "InferAnswer": {
            "type": "object", "required": ["model_name", "id", "parameters", "outputs"], "properties": {
                "model_name": text, "model_version": text, "id": text,
                "parameters": {"type": "object", "required": ["model_sha256"], "properties": {"model_sha256": text}},
                "outputs": {"type": "array", "items": output},
            },
        },
        "Refusal": {"type": "object", "required": ["error"], "properties": {"error": text}},
    })
}
