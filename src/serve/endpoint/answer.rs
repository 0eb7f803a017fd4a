//! Helpers that write answers.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Map, Value, json};

use crate::serve::{refusal::ScoringRefusal, service::Scored};

/// A response with a JSON body.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The response to a refused request, with a body in the words of its protocol.
pub(super) fn refused(refusal: &ScoringRefusal, body: &Value) -> Response {
    let mut response = json_response(refusal.status, body);
    if refusal.is_temporary() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// What an answer says about one row.
pub(super) fn row(scored: &Scored, index: usize) -> Map<String, Value> {
    let mut row = Map::new();
    let Some(score) = scored.scores.get(index) else { return row };
    row.insert(scored.model.score_key.to_owned(), json!(score.score));
    if let (Some(refused), Some(rule)) = (score.refused, scored.model.rule) {
        row.insert("score".to_owned(), json!(u8::from(refused)));
        row.insert("decision".to_owned(), json!(scored.model.decision(refused)));
        row.insert("threshold".to_owned(), json!(rule.threshold));
    }
    if let Some(reasons) = scored.reasons.get(index) {
        let reasons =
            reasons.iter().map(|reason| json!({"feature": reason.feature, "contribution": reason.contribution}));
        row.insert("reasons".to_owned(), reasons.collect());
    }
    row
}

/// Which model answered.
pub(super) fn model(scored: &Scored) -> [(&'static str, Value); 3] {
    let model = &scored.model;
    [("model_name", json!(model.name)), ("model_version", json!(model.version)), ("model_sha256", json!(model.sha256))]
}
