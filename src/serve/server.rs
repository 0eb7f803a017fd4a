//! The server and its routes.

use std::{future::Future, io, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio::net::TcpListener;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use super::{
    endpoint::{infer, instances, invocations, model_metadata, model_ready, predict},
    metrics::{counter, gauge},
    openapi::openapi,
    request_id::{REQUEST_ID, RequestId},
    service::ScoringService,
};
use crate::web::{
    ConnectionLimits, HostProblem, Place, PlaceLimits, RequestPlace, TimeoutListener, escape, harden, has_token,
    host_problem,
};

/// Callers keep connections open between requests, and a proxy may have all of them.
const LIMITS: ConnectionLimits = ConnectionLimits {
    places: PlaceLimits { all: 1_024, per_address: 1_024 },
    request: Duration::from_secs(75),
    lifetime: Duration::from_hours(24),
};
/// Time to read a request and to answer it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Who may call the server.
#[derive(Debug, Clone)]
pub(super) struct ServerAccess {
    /// Token that clients must send; `None` allows everyone. Health checks need no token.
    pub token: Option<String>,
    /// Names by which clients may reach the server without a token.
    pub hosts: Vec<String>,
}

/// Serves until `shutdown` completes and pending requests are answered.
pub(super) async fn serve(
    listener: TcpListener,
    service: Arc<ScoringService>,
    access: ServerAccess,
    max_body: usize,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/predict", post(predict))
        .route("/invocations", post(invocations))
        .route("/v1/models/{model}", post(instances))
        .route("/v2/models/{model}/infer", post(infer))
        .route("/v2/models/{model}/versions/{version}/infer", post(infer))
        .route("/v2/models/{model}", get(model_metadata))
        .route("/v2/models/{model}/versions/{version}", get(model_metadata))
        .route("/v2/models/{model}/ready", get(model_ready))
        .route("/v2/models/{model}/versions/{version}/ready", get(model_ready))
        .route("/v2", get(server_metadata))
        .route("/v2/health/live", get(live))
        .route("/v2/health/ready", get(ready))
        .route("/healthz", get(live))
        .route("/health", get(live))
        .route("/readyz", get(ready))
        .route("/ping", get(ready))
        .route("/version", get(version))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(max_body))
        .layer(middleware::from_fn_with_state(Arc::new(access), guard))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(crashed))
        .with_state(service);
    let service = router.into_make_service_with_connect_info::<RequestPlace>();
    axum::serve(TimeoutListener::new(listener, LIMITS), service).with_graceful_shutdown(shutdown).await
}

/// Checks who calls, gives the request an id, and hardens the response.
async fn guard(State(access): State<Arc<ServerAccess>>, mut request: Request, next: Next) -> Response {
    let place = request.extensions().get::<ConnectInfo<RequestPlace>>().map(|ConnectInfo(place)| Arc::clone(&place.0));
    let _busy = place.as_ref().map(Place::busy);
    let id = RequestId::of(request.headers());
    let is_crowded = place.is_some_and(|place| place.is_reserve) && !is_health(request.uri().path());
    let mut response = if is_crowded {
        refuse(StatusCode::SERVICE_UNAVAILABLE, "NOT_READY", "too many connections; try again later")
    } else if let Some(refusal) = refusal(&access, &request) {
        refusal
    } else {
        request.extensions_mut().insert(id.clone());
        next.run(request).await
    };
    harden(response.headers_mut());
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn is_health(path: &str) -> bool {
    matches!(path, "/healthz" | "/health" | "/readyz" | "/ping" | "/v2/health/live" | "/v2/health/ready")
}

fn refusal(access: &ServerAccess, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let is_open = access.token.is_none() && !is_health(path);
    match host_problem(&access.hosts, is_open, request) {
        None => {}
        Some(HostProblem::Invalid) => {
            return Some(refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", "exactly one valid Host header is required"));
        }
        Some(HostProblem::Unknown) => {
            return Some(refuse(
                StatusCode::FORBIDDEN,
                "FORBIDDEN",
                "unknown Host; add the name to serve.hosts in the config of vigie, or set serve.token_file",
            ));
        }
    }
    let token = access.token.as_deref().filter(|_| !is_health(path))?;
    if has_token(request.headers(), token) {
        return None;
    }
    let why = "missing or wrong token; send it as `Authorization: Bearer TOKEN`";
    let mut response = refuse(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", why);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vigie\""));
    Some(response)
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, axum::Json(json!({"error": {"code": code, "message": message}}))).into_response()
}

fn crashed(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "internal error; see the log of vigie")
}

async fn not_found() -> Response {
    refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such endpoint; see /openapi.json")
}

async fn wrong_method() -> Response {
    refuse(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "this endpoint has another method; see /openapi.json")
}

async fn live() -> &'static str {
    "ok\n"
}

/// Whether requests can be answered, with which model, and why the latest version is not in use.
async fn ready(State(service): State<Arc<ScoringService>>) -> Response {
    let failure = service.log.status.failure();
    let model = service.champion.model();
    let status = if failure.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut body = json!({
        "ready": failure.is_none(),
        "model": {"name": model.name, "version": model.version, "sha256": model.sha256, "origin": model.origin},
    });
    if let Some(body) = body.as_object_mut() {
        body.extend(failure.map(|why| ("log".to_owned(), json!(why))));
        body.extend(service.champion.refusal().map(|why| ("refused_model".to_owned(), json!(why))));
        if let Some(challenger) = &service.challenger {
            let model = challenger.slot.model();
            let mut own = json!({"version": model.version, "sha256": model.sha256, "origin": model.origin, "share": challenger.share});
            if let (Some(own), Some(why)) = (own.as_object_mut(), challenger.slot.refusal()) {
                own.insert("refused_model".to_owned(), json!(why));
            }
            body.insert("challenger".to_owned(), own);
        }
    }
    (status, axum::Json(body)).into_response()
}

async fn version() -> &'static str {
    concat!(env!("CARGO_PKG_VERSION"), "\n")
}

async fn server_metadata() -> Response {
    axum::Json(json!({"name": "vigie", "version": env!("CARGO_PKG_VERSION"), "extensions": []})).into_response()
}

async fn metrics(State(service): State<Arc<ScoringService>>) -> Response {
    let mut text = String::new();
    service.metrics.write(&mut text);
    let status = &service.log.status;
    let load = |count: &std::sync::atomic::AtomicU64| count.load(std::sync::atomic::Ordering::Relaxed);
    counter(&mut text, "records_total", "Records written to the log.", load(&status.written));
    counter(
        &mut text,
        "dropped_records_total",
        "Records that are not in the log because too many waited.",
        load(&status.dropped),
    );
    counter(&mut text, "log_failures_total", "Failed attempts to write to the log.", load(&status.failures));
    gauge(&mut text, "ready", "Whether requests can be answered.", "", u64::from(status.failure().is_none()));
    let model = service.champion.model();
    let labels = format!(
        "{{model=\"{}\",version=\"{}\",sha256=\"{}\"}}",
        escape(&model.name),
        escape(model.version.as_deref().unwrap_or_default()),
        model.sha256
    );
    gauge(&mut text, "model", "The model in use.", &labels, 1);
    let is_refused = u64::from(service.champion.refusal().is_some());
    gauge(&mut text, "model_refused", "Whether the latest version of the model cannot be used.", "", is_refused);
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"))], text)
        .into_response()
}
