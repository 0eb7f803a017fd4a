//! What every request has to pass and every answer carries: methods, sizes, the token, strict headers.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State as Shared},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::{content_policy, serve::Served};

/// A request has no use for more.
const LONGEST_PATH: usize = 2_048;
const LONGEST_HEADERS: usize = 16 * 1_024;

/// Refuses what nobody should ask, and hardens what is answered.
pub(super) async fn guard(Shared(served): Shared<Arc<Served>>, request: Request, next: Next) -> Response {
    let refused = refusal(&served, &request);
    let mut response = match refused {
        Some((status, sentence)) => refuse(status, sentence),
        None => next.run(request).await,
    };
    harden(response.headers_mut());
    response
}

fn refusal(served: &Served, request: &Request) -> Option<(StatusCode, &'static str)> {
    let (headers, uri) = (request.headers(), request.uri());
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered: nothing can be changed here"));
    }
    if uri.path_and_query().map_or(0, |path| path.as_str().len()) > LONGEST_PATH {
        return Some((StatusCode::URI_TOO_LONG, "the address is too long"));
    }
    if headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() > LONGEST_HEADERS {
        return Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long"));
    }
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    if has_body {
        return Some((StatusCode::PAYLOAD_TOO_LARGE, "no request here has a body"));
    }
    let is_health = matches!(uri.path(), "/healthz" | "/readyz");
    if !is_health && !served.state.token.as_deref().is_none_or(|token| carries(headers, token)) {
        return Some((StatusCode::UNAUTHORIZED, "send the token as `Authorization: Bearer TOKEN`"));
    }
    None
}

/// Compares digests, so that the time it takes tells nothing of the token.
fn carries(headers: &HeaderMap, token: &str) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    sent.is_some_and(|(_, sent)| Sha256::digest(sent.trim()) == Sha256::digest(token))
}

/// A refusal in one line of text.
pub(super) fn refuse(status: StatusCode, sentence: &str) -> Response {
    let mut response = (status, Body::from(format!("{sentence}\n"))).into_response();
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
        // What else it sent is not read.
        StatusCode::PAYLOAD_TOO_LARGE => {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

fn harden(headers: &mut HeaderMap) {
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(content_policy::NOTHING));
}
