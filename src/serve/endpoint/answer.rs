//! Helpers that write answers.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Map, Value, json};

use crate::serve::service::Scored;

/// A response with a JSON body.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
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
    if let Some(Some(age)) = scored.ages.get(index) {
        row.insert("features_age_s".to_owned(), json!((age.as_secs_f64() * 1_000.0).round() / 1_000.0));
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
