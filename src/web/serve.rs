//! The server and its routes.

use std::{future::Future, io, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State as Shared,
    http::{HeaderValue, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;

use super::{
    State, api,
    app::AppState,
    files,
    guard::guard,
    metrics,
    places::PlaceLimits,
    response::{refuse, run_blocking},
    timeout::{ConnectionLimits, RequestPlace, TimeoutListener},
};
use crate::report::to_index;

const LIMITS: ConnectionLimits = ConnectionLimits {
    places: PlaceLimits { all: 256, per_address: 128 },
    request: Duration::from_secs(15),
    lifetime: Duration::from_mins(5),
};

/// Serves until `shutdown` completes and pending requests are answered. Responses come from the reports folder and from
/// [`State::status`]; nothing is written.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = Arc::new(AppState::new(state));
    let router = Router::new()
        .route("/", get(redirect_to_list))
        .route("/reports", get(redirect_to_list))
        .route("/reports/", get(list))
        .route("/reports/{*address}", get(report))
        .route("/api/v1/models", get(api::models))
        .route("/api/v1/runs", get(api::runs))
        .route("/api/v1/runs/{*id}", get(api::run))
        .route("/api/v1/alerts", get(api::alerts))
        .route("/api/v1/openapi.json", get(api::openapi))
        .route("/metrics", get(metrics_page))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app);
    let service = router.into_make_service_with_connect_info::<RequestPlace>();
    axum::serve(TimeoutListener::new(listener, LIMITS), service).with_graceful_shutdown(shutdown).await
}

async fn redirect_to_list() -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, HeaderValue::from_static("/reports/"))]).into_response()
}

async fn list(Shared(app): Shared<Arc<AppState>>) -> Response {
    run_blocking(move || {
        let page = app.page.get(|| to_index(&app.index()).unwrap_or_default().into_bytes());
        files::page(page.to_vec())
    })
    .await
}

async fn report(Shared(app): Shared<Arc<AppState>>, uri: Uri) -> Response {
    let address = uri.path().strip_prefix("/reports/").unwrap_or_default().to_owned();
    if address == "index.html" {
        return list(Shared(app)).await;
    }
    run_blocking(move || files::file(&app.state.reports, &address)).await
}

async fn metrics_page(Shared(app): Shared<Arc<AppState>>) -> Response {
    run_blocking(move || {
        let text = app.metrics.get(|| metrics::metrics(&app.state.reports, &(app.state.status)()));
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        ([(header::CONTENT_TYPE, kind)], text.as_str().to_owned()).into_response()
    })
    .await
}

/// Liveness check.
async fn health() -> &'static str {
    "ok\n"
}

/// Readiness check.
async fn ready(Shared(app): Shared<Arc<AppState>>) -> Response {
    run_blocking(move || match (app.state.status)().not_ready {
        None => "ready\n".into_response(),
        Some(why) => refuse(StatusCode::SERVICE_UNAVAILABLE, &why),
    })
    .await
}

async fn not_found() -> Response {
    refuse(StatusCode::NOT_FOUND, "not found; see /reports/ for the reports and /api/v1/openapi.json for the API")
}
