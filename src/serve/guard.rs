//! What is checked of every request before it reaches its endpoint, and the words in which it is refused.

use std::{
    sync::Arc,
    time::{Duration, Instant as Monotonic},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use super::{
    endpoint::{EndpointProtocol, plainly_refused},
    refusal::ScoringRefusal,
    request_id::{REQUEST_ID, RequestId},
    service::ScoringService,
};
use crate::web::{HostProblem, Place, RequestPlace, harden, has_token, host_problem};

/// Time to read a request and to answer it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_URL: usize = 2_048;
const MAX_HEADERS: usize = 16 << 10;

/// Who may call the server.
pub(super) struct ServerAccess {
    /// Token that clients must send; `None` allows everyone. Health checks need no token.
    pub token: Option<String>,
    /// Names by which clients may reach the server without a token.
    pub hosts: Vec<String>,
}

/// What every request is checked with.
pub(super) struct RequestGuard {
    pub access: ServerAccess,
    pub service: Arc<ScoringService>,
}

/// Checks who calls, gives the request an id, and hardens the response.
pub(super) async fn guard(State(guard): State<Arc<RequestGuard>>, mut request: Request, next: Next) -> Response {
    let started = Monotonic::now();
    let service = &guard.service;
    let _in_progress = service.admission.enter();
    let place = request.extensions().get::<ConnectInfo<RequestPlace>>().map(|ConnectInfo(place)| Arc::clone(&place.0));
    // A client that has yet to send its body is waited for: its connection may be given up for another.
    let _busy = place.as_ref().filter(|_| request.method() != Method::POST).map(Place::busy);
    let RequestId(id) = RequestId::of(request.headers());
    let path = request.uri().path().to_owned();
    // A message with a length and with chunks can be read in two ways: after a chunked request, the connection is closed.
    let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let is_crowded = place.is_some_and(|place| place.is_reserve) && !is_health(&path);
    let refusal = if is_crowded {
        Some(ScoringRefusal::unlogged("too many connections; try again in a second"))
    } else {
        refusal(&guard.access, &request)
    };
    let protocol = EndpointProtocol::of(&path).filter(|_| request.method() == Method::POST);
    let answered = match refusal {
        Some(refusal) => Err(refusal),
        None => {
            request.extensions_mut().insert(RequestId(Arc::clone(&id)));
            match timeout(REQUEST_TIMEOUT, next.run(request)).await {
                Ok(response) => answer(response),
                Err(_) => {
                    let seconds = REQUEST_TIMEOUT.as_secs();
                    Err(ScoringRefusal::unlogged(format!("there was no answer within {seconds} s; try again later")))
                }
            }
        }
    };
    let mut response = match (answered, protocol) {
        (Ok(response), _) => response,
        (Err(refusal), Some(protocol)) => protocol.refuse(service, (&*id, started), refusal).await,
        (Err(refusal), None) => plainly_refused(&path, &refusal),
    };
    harden(response.headers_mut());
    if is_chunked {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn is_health(path: &str) -> bool {
    matches!(path, "/healthz" | "/health" | "/readyz" | "/ping" | "/v2/health/live" | "/v2/health/ready")
}

/// A response, or the refusal that it stands for.
fn answer(mut response: Response) -> Result<Response, ScoringRefusal> {
    if let Some(refusal) = response.extensions_mut().remove::<ScoringRefusal>() {
        return Err(refusal);
    }
    let status = response.status();
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if (status.is_client_error() || status.is_server_error()) && !is_json {
        // A refusal by the framework, for example of a path that is not text.
        return Err(unlogged(status, "BAD_REQUEST", "the request cannot be read; see /openapi.json"));
    }
    Ok(response)
}

/// A refusal of a request that is not one to score.
fn unlogged(status: StatusCode, code: &'static str, why: &str) -> ScoringRefusal {
    ScoringRefusal { is_logged: false, ..ScoringRefusal::new(status, code, why) }
}

/// A response that stands for a refusal, which is written in the words of the endpoint.
fn standing_for(refusal: ScoringRefusal) -> Response {
    let mut response = refusal.status.into_response();
    response.extensions_mut().insert(refusal);
    response
}

/// The response to a request whose handler panicked.
pub(super) fn crashed(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let why = "internal error; see the log of vigie";
    standing_for(ScoringRefusal::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", why))
}

pub(super) async fn not_found() -> Response {
    standing_for(unlogged(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such endpoint; see /openapi.json"))
}

pub(super) async fn wrong_method() -> Response {
    let why = "this endpoint has another method; see /openapi.json";
    standing_for(unlogged(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", why))
}

fn refusal(access: &ServerAccess, request: &Request) -> Option<ScoringRefusal> {
    let (path, headers) = (request.uri().path(), request.headers());
    let is_open = access.token.is_none() && !is_health(path);
    match host_problem(&access.hosts, is_open, request) {
        None => {}
        Some(HostProblem::Invalid) => {
            return Some(unlogged(StatusCode::BAD_REQUEST, "BAD_REQUEST", "exactly one valid Host header is required"));
        }
        Some(HostProblem::Unknown) => {
            return Some(unlogged(
                StatusCode::FORBIDDEN,
                "FORBIDDEN",
                "unknown Host; add the name to serve.hosts in the config of vigie, or set serve.token_file",
            ));
        }
    }
    if let Some((status, why)) = malformed(request.uri().path_and_query().map_or(0, |own| own.as_str().len()), headers)
    {
        return Some(unlogged(status, "BAD_REQUEST", why));
    }
    let token = access.token.as_deref().filter(|_| !is_health(path))?;
    (!has_token(headers, token)).then(|| {
        let why = "missing or wrong token; send it as `Authorization: Bearer TOKEN`";
        unlogged(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", why)
    })
}

fn malformed(url: usize, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    if url > MAX_URL {
        return Some((StatusCode::URI_TOO_LONG, "the URL is too long"));
    }
    if headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() > MAX_HEADERS {
        return Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the request headers are too large"));
    }
    let has = |name| headers.contains_key(name);
    if has(header::TRANSFER_ENCODING) && has(header::CONTENT_LENGTH) {
        return Some((StatusCode::BAD_REQUEST, "the request has a Content-Length and a Transfer-Encoding; send one"));
    }
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let is_encoded = encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    is_encoded.then_some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must not be compressed"))
}
