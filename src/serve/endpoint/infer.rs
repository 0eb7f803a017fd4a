//! The open inference protocol, version 2, of `KServe`, Triton and others: `/v2/models/NAME/infer`.

use std::{sync::Arc, time::Instant as Monotonic};

use axum::{
    extract::{Extension, Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use vigie_models::InputKind;

use super::{
    answer::json_response,
    protocol::{EndpointProtocol, refused},
    read::{json_text, objects},
};
use crate::serve::{
    admission::{AdmittedBody, RowLimits},
    model::ServedModel,
    refusal::ScoringRefusal,
    request_id::RequestId,
    service::{Scored, ScoringRequest, ScoringService},
};

#[derive(Deserialize)]
struct InferBody<'a> {
    id: Option<String>,
    #[serde(borrow)]
    inputs: Vec<Tensor<'a>>,
}

#[derive(Deserialize)]
struct Tensor<'a> {
    name: String,
    shape: Vec<usize>,
    datatype: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The model and, if it is named, the version.
#[derive(Debug, Deserialize)]
pub(in crate::serve) struct ModelPath {
    model: String,
    version: Option<String>,
}

impl ModelPath {
    /// Fails unless it names the model in use.
    fn check(&self, model: &ServedModel) -> Result<(), ScoringRefusal> {
        let refuse = |why: String| Err(ScoringRefusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", why));
        if self.model != model.name {
            return refuse(format!("the model of this server is {}", model.name));
        }
        match (&self.version, &model.version) {
            (Some(wanted), own) if own.as_ref() != Some(wanted) => {
                let own = own.as_deref().unwrap_or("none");
                refuse(format!("the version in use is {own}; leave the version out to call whichever is in use"))
            }
            _ => Ok(()),
        }
    }
}

pub(in crate::serve) async fn infer(
    State(service): State<Arc<ScoringService>>,
    Extension(RequestId(id)): Extension<RequestId>,
    Path(path): Path<ModelPath>,
    body: AdmittedBody,
) -> Response {
    let started = Monotonic::now();
    let answer = body.run(answer(&service, &id, started, &path, &body)).await;
    EndpointProtocol::Infer.finish(&service, (&id, started), answer).await
}

async fn answer(
    service: &Arc<ScoringService>,
    id: &str,
    started: Monotonic,
    path: &ModelPath,
    body: &AdmittedBody,
) -> Result<Value, ScoringRefusal> {
    // A version in the path is that of the model which answers all requests, or all but the challenger's share.
    let model = if path.version.is_some() { service.champion.model() } else { service.model_for(id) };
    path.check(&model)?;
    let text = json_text(&body.bytes)?;
    let read: InferBody<'_> =
        serde_json::from_str(&text).map_err(|error| ScoringRefusal::misread("the body", &error))?;
    let rows = rows(&read.inputs, &model, body.limits)?;
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let endpoint = EndpointProtocol::Infer.endpoint();
    let request = ScoringRequest { endpoint, request_id: id, started, rows, reasons: 0, is_large: body.is_large };
    let scored = service.score(&request, model).await?;
    Ok(written(&scored, &read.id.unwrap_or_else(|| id.to_owned())))
}

fn written(scored: &Scored, id: &str) -> Value {
    let rows = scored.scores.len();
    let tensor = |name: &str, datatype: &str, data: Vec<Value>| json!({"name": name, "shape": [rows], "datatype": datatype, "data": data});
    let name = if scored.model.rule.is_some() { "probability" } else { "prediction" };
    let values = scored.scores.iter().map(|score| json!(score.score)).collect();
    let mut outputs = vec![tensor(name, "FP64", values)];
    let decisions: Vec<Value> =
        scored.scores.iter().filter_map(|score| Some(json!(scored.model.decision(score.refused?)))).collect();
    if decisions.len() == rows {
        outputs.push(tensor("decision", "BYTES", decisions));
    }
    let mut body = Map::from_iter([
        ("model_name".to_owned(), json!(scored.model.name)),
        ("id".to_owned(), json!(id)),
        ("parameters".to_owned(), json!({"model_sha256": scored.model.sha256})),
        ("outputs".to_owned(), json!(outputs)),
    ]);
    if let Some(version) = &scored.model.version {
        body.insert("model_version".to_owned(), json!(version));
    }
    Value::Object(body)
}

/// Rows of one tensor for each feature, or of one matrix with a column for each.
fn rows(inputs: &[Tensor<'_>], model: &ServedModel, limits: RowLimits) -> Result<Vec<String>, ScoringRefusal> {
    let features = model.schema.features();
    if let [matrix] = inputs
        && matrix.shape.len() == 2
        && (features.len() > 1 || !model.schema.has(&matrix.name))
    {
        let (rows, width) = (matrix.shape.first().copied().unwrap_or(0), matrix.shape.get(1).copied().unwrap_or(0));
        if width != features.len() {
            let want = features.len();
            return Err(ScoringRefusal::invalid(format!(
                "`{}` has {width} columns, but the model has {want} features",
                matrix.name
            )));
        }
        let values = matrix.values(rows.saturating_mul(width))?;
        let rows: Vec<Vec<&RawValue>> = values.chunks(width.max(1)).map(<[&RawValue]>::to_vec).collect();
        let names: Vec<String> = features.iter().map(|feature| feature.name.clone()).collect();
        return objects(&names, &rows, limits);
    }
    let length = |tensor: &Tensor<'_>| match *tensor.shape.as_slice() {
        [rows] | [rows, 1] => Ok(rows),
        _ => Err(ScoringRefusal::invalid(format!("`{}` must have the shape [n] or [n, 1]", tensor.name))),
    };
    let rows = inputs.first().map_or(Ok(0), length)?;
    let mut columns = Vec::with_capacity(inputs.len());
    for tensor in inputs {
        if length(tensor)? != rows {
            return Err(ScoringRefusal::invalid("the inputs have different numbers of rows"));
        }
        columns.push(tensor.values(rows)?);
    }
    let names: Vec<String> = inputs.iter().map(|tensor| tensor.name.clone()).collect();
    let rows: Vec<Vec<&RawValue>> =
        (0..rows).map(|row| columns.iter().filter_map(|column| column.get(row).copied()).collect()).collect();
    objects(&names, &rows, limits)
}

impl<'a> Tensor<'a> {
    /// Its values in row order; nested lists are flattened.
    fn values(&self, count: usize) -> Result<Vec<&'a RawValue>, ScoringRefusal> {
        const KNOWN: [&str; 12] =
            ["BOOL", "BYTES", "FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"];
        if !KNOWN.contains(&self.datatype.as_str()) {
            return Err(ScoringRefusal::invalid(format!(
                "`{}` has an unknown datatype; use one of {}",
                self.name,
                KNOWN.join(", ")
            )));
        }
        let unreadable = |_| ScoringRefusal::unreadable(format!("the data of `{}` is not a list", self.name));
        let outer: Vec<&'a RawValue> = serde_json::from_str(self.data.get()).map_err(unreadable)?;
        let mut values = Vec::with_capacity(outer.len());
        for value in outer {
            if value.get().starts_with('[') {
                values.extend(serde_json::from_str::<Vec<&'a RawValue>>(value.get()).map_err(unreadable)?);
            } else {
                values.push(value);
            }
        }
        if values.len() != count {
            let have = values.len();
            return Err(ScoringRefusal::invalid(format!("`{}` has {have} values for a shape of {count}", self.name)));
        }
        Ok(values)
    }
}

/// `GET /v2/models/NAME`.
pub(in crate::serve) async fn model_metadata(
    State(service): State<Arc<ScoringService>>,
    Path(path): Path<ModelPath>,
) -> Response {
    let model = service.champion.model();
    if let Err(refusal) = path.check(&model) {
        return refused(&refusal, &json!({"error": refusal.message}));
    }
    let inputs = model.schema.features().iter().map(|feature| {
        let datatype = match feature.kind {
            InputKind::Numeric => "FP64",
            InputKind::Categorical => "BYTES",
        };
        json!({"name": feature.name, "datatype": datatype, "shape": [-1]})
    });
    let mut outputs = vec![json!({
        "name": if model.rule.is_some() { "probability" } else { "prediction" }, "datatype": "FP64", "shape": [-1]
    })];
    if model.rule.is_some() {
        outputs.push(json!({"name": "decision", "datatype": "BYTES", "shape": [-1]}));
    }
    let body = json!({
        "name": model.name,
        "versions": model.version.iter().collect::<Vec<_>>(),
        "platform": "vigie",
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": outputs,
    });
    json_response(StatusCode::OK, &body)
}

/// `GET /v2/models/NAME/ready`.
pub(in crate::serve) async fn model_ready(
    State(service): State<Arc<ScoringService>>,
    Path(path): Path<ModelPath>,
) -> Response {
    match path.check(&service.champion.model()) {
        Ok(()) => json_response(StatusCode::OK, &json!({"ready": service.log.status.failure().is_none()})),
        Err(refusal) => refused(&refusal, &json!({"error": refusal.message})),
    }
}
