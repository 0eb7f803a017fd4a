//! Helpers for responses.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::task;

/// Runs work that may block on a thread outside the async runtime.
pub(super) async fn run_blocking(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal error; see the log of vigie"),
    }
}

/// Builds an error response with a one-line message.
pub(super) fn refuse(status: StatusCode, message: &str) -> Response {
    let mut response = (status, Body::from(format!("{message}\n"))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vigie\""));
        }
        // The body is not read.
        StatusCode::PAYLOAD_TOO_LARGE => {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}
