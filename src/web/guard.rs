//! Request checks (host, method, size, token) and security headers on every response.

use std::sync::Arc;

use axum::{
    extract::{ConnectInfo, Request, State as Shared},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use sha2::{Digest, Sha256};

use super::{
    app::AppState,
    content_policy,
    host::{HostProblem, host_problem},
    places::Place,
    response::refuse,
    timeout::RequestPlace,
};

const MAX_URL: usize = 2_048;
const MAX_HEADERS: usize = 16 * 1_024;

/// Rejects invalid or unauthorised requests and adds security headers to every response.
pub(super) async fn guard(Shared(app): Shared<Arc<AppState>>, request: Request, next: Next) -> Response {
    let place = request.extensions().get::<ConnectInfo<RequestPlace>>().map(|ConnectInfo(place)| Arc::clone(&place.0));
    let _busy = place.as_ref().map(Place::busy);
    if place.is_some_and(|place| place.is_reserve) && !is_health(&request) {
        let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, "too many connections; try again later");
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        harden(response.headers_mut());
        return response;
    }
    let mut response = match refusal(&app, &request) {
        Some((status, message)) => refuse(status, message),
        None => next.run(request).await,
    };
    harden(response.headers_mut());
    response
}

fn is_health(request: &Request) -> bool {
    matches!(request.uri().path(), "/healthz" | "/readyz")
}

fn refusal(app: &AppState, request: &Request) -> Option<(StatusCode, &'static str)> {
    let (headers, uri) = (request.headers(), request.uri());
    let is_open = app.state.token.is_none() && uri.path() != "/healthz";
    match host_problem(&app.state.hosts, is_open, request) {
        None => {}
        Some(HostProblem::Invalid) => {
            return Some((StatusCode::BAD_REQUEST, "exactly one valid Host header is required"));
        }
        Some(HostProblem::Unknown) => {
            return Some((
                StatusCode::FORBIDDEN,
                "unknown Host; add the name to http.hosts in the config of vigie, or set http.token_file",
            ));
        }
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are supported: the server is read-only"));
    }
    if uri.path_and_query().map_or(0, |path| path.as_str().len()) > MAX_URL {
        return Some((StatusCode::URI_TOO_LONG, "the URL is too long"));
    }
    if headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() > MAX_HEADERS {
        return Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the request headers are too large"));
    }
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    if has_body {
        return Some((StatusCode::PAYLOAD_TOO_LARGE, "request bodies are not accepted"));
    }
    if !is_health(request) && !app.state.token.as_deref().is_none_or(|token| has_token(headers, token)) {
        return Some((StatusCode::UNAUTHORIZED, "missing or wrong token; send it as `Authorization: Bearer TOKEN`"));
    }
    None
}

/// Compares digests, so that timing reveals nothing about the token.
pub(crate) fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    sent.is_some_and(|(_, sent)| Sha256::digest(sent.trim()) == Sha256::digest(token))
}

pub(crate) fn harden(headers: &mut HeaderMap) {
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
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(content_policy::NONE));
}
