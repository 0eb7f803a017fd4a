//! `POST /predict`: the inputs of one applicant, or of several, by name.
//!
//! The body is the object of inputs itself, or has it under `inputs`, or has a list of such objects there.

use std::{sync::Arc, time::Instant as Monotonic};

use axum::{
    extract::{Extension, State},
    http::StatusCode,
    response::Response,
};
use memchr::memmem;
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::{
    answer::{model, row},
    protocol::EndpointProtocol,
    read::{not_json, unchecked_json_text},
};
use crate::serve::{
    admission::AdmittedBody,
    model::ServedModel,
    refusal::ScoringRefusal,
    request_id::RequestId,
    service::{Scored, ScoringRequest, ScoringService},
};

/// Number of reasons of an explained answer.
const REASONS: usize = 10;

/// A body that is not the object of inputs itself.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    inputs: Option<&'a RawValue>,
    #[serde(default)]
    explain: bool,
}

/// What a body asks for.
struct PredictBody<'a> {
    rows: Vec<&'a str>,
    is_list: bool,
    explain: bool,
}

pub(in crate::serve) async fn predict(
    State(service): State<Arc<ScoringService>>,
    Extension(RequestId(id)): Extension<RequestId>,
    body: AdmittedBody,
) -> Response {
    let started = Monotonic::now();
    let answer = body.run(answer(&service, &id, started, &body)).await;
    EndpointProtocol::Predict.finish(&service, (&id, started), answer).await
}

async fn answer(
    service: &Arc<ScoringService>,
    id: &str,
    started: Monotonic,
    body: &AdmittedBody,
) -> Result<Value, ScoringRefusal> {
    let text = unchecked_json_text(&body.bytes)?;
    let answer = score(service, id, started, body, &text).await;
    answer.map_err(|refusal| not_json(&text).filter(|_| refusal.status == StatusCode::BAD_REQUEST).unwrap_or(refusal))
}

async fn score(
    service: &Arc<ScoringService>,
    id: &str,
    started: Monotonic,
    body: &AdmittedBody,
    text: &str,
) -> Result<Value, ScoringRefusal> {
    let model = service.model_for(id);
    let PredictBody { rows, is_list, explain } = read(text, &model)?;
    body.limits.check(rows.len(), 0)?;
    let endpoint = EndpointProtocol::Predict.endpoint();
    let reasons = if explain { REASONS } else { 0 };
    let request = ScoringRequest { endpoint, request_id: id, started, rows, reasons, is_large: body.is_large };
    let scored = service.score(&request, model).await?;
    Ok(written(&scored, id, is_list))
}

fn read<'t>(text: &'t str, model: &ServedModel) -> Result<PredictBody<'t>, ScoringRefusal> {
    let plain = PredictBody { rows: vec![text], is_list: false, explain: false };
    if !text.trim_start().starts_with('{') {
        let why = "the body is not an object; send the inputs by name, or rows as {\"inputs\": [{…}, {…}]}";
        return Err(ScoringRefusal::unreadable(why));
    }
    // A feature may have the name of a key. A text without quoted names of keys, and without escapes, has no such key.
    let may_have = |key: &[u8]| memmem::find(text.as_bytes(), key).is_some();
    let is_envelope = may_have(b"\"inputs\"") || may_have(b"\"explain\"") || may_have(b"\\");
    if !is_envelope || model.schema.has("inputs") || model.schema.has("explain") {
        return Ok(plain);
    }
    let envelope: Envelope<'_> =
        serde_json::from_str(text).map_err(|error| ScoringRefusal::misread("the body", &error))?;
    let Some(inputs) = envelope.inputs else { return Ok(plain) };
    if inputs.get().starts_with('[') {
        let rows: Vec<&RawValue> =
            serde_json::from_str(inputs.get()).map_err(|error| ScoringRefusal::misread("`inputs`", &error))?;
        let rows = rows.into_iter().map(RawValue::get).collect();
        return Ok(PredictBody { rows, is_list: true, explain: envelope.explain });
    }
    Ok(PredictBody { rows: vec![inputs.get()], is_list: false, explain: envelope.explain })
}

fn written(scored: &Scored, id: &str, is_list: bool) -> Value {
    let mut body = Map::from_iter([("request_id".to_owned(), json!(id))]);
    if is_list {
        let rows = (0..scored.scores.len()).map(|index| Value::Object(row(scored, index)));
        body.insert("predictions".to_owned(), rows.collect());
    } else {
        body.extend(row(scored, 0));
    }
    body.extend(model(scored).map(|(key, value)| (key.to_owned(), value)));
    body.insert("latency_ms".to_owned(), json!(scored.latency_ms));
    if !scored.notes.is_empty() {
        body.insert("notes".to_owned(), json!(scored.notes));
    }
    Value::Object(body)
}
