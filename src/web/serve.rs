//! The server: who answers which address.

use std::{future::Future, io, sync::Arc};

use axum::{
    Router,
    extract::State as Shared,
    http::{HeaderValue, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, task};

use super::{
    State, api,
    brief::Brief,
    files,
    guard::{guard, refuse},
    metrics,
    patient::Patient,
};
use crate::{
    archive,
    report::{Index, to_index},
};

/// What requests share.
pub(super) struct Served {
    pub state: State,
    pub index: Brief<Index>,
    page: Brief<Vec<u8>>,
    metrics: Brief<String>,
}

impl Served {
    /// The list of reports with the alerts that are open.
    pub(super) fn index(&self) -> Arc<Index> {
        self.index.get(|| {
            let State { reports, language, standing, .. } = &self.state;
            archive::index(reports, *language, Some(standing().alerts))
        })
    }
}

/// Serves until `shutdown` is done and the requests under way are answered. Every answer is made from the reports folder and
/// from [`State::standing`]; nothing is written.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let served = Arc::new(Served { state, index: Brief::default(), page: Brief::default(), metrics: Brief::default() });
    let router = Router::new()
        .route("/", get(home))
        .route("/reports", get(home))
        .route("/reports/", get(list))
        .route("/reports/{*address}", get(report))
        .route("/api/v1/models", get(api::models))
        .route("/api/v1/runs", get(api::runs))
        .route("/api/v1/runs/{*id}", get(api::run))
        .route("/api/v1/alerts", get(api::alerts))
        .route("/api/v1/openapi.json", get(api::openapi))
        .route("/metrics", get(figures))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .fallback(nowhere)
        .layer(middleware::from_fn_with_state(Arc::clone(&served), guard))
        .with_state(served);
    axum::serve(Patient::new(listener), router).with_graceful_shutdown(shutdown).await
}

/// Does what may wait for a disk away from the threads that answer.
pub(super) async fn aside(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made; the log of vigie says why"),
    }
}

async fn home() -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, HeaderValue::from_static("/reports/"))]).into_response()
}

async fn list(Shared(served): Shared<Arc<Served>>) -> Response {
    aside(move || {
        let page = served.page.get(|| to_index(&served.index()).unwrap_or_default().into_bytes());
        files::page(page.to_vec())
    })
    .await
}

async fn report(Shared(served): Shared<Arc<Served>>, uri: Uri) -> Response {
    let address = uri.path().strip_prefix("/reports/").unwrap_or_default().to_owned();
    if address == "index.html" {
        return list(Shared(served)).await;
    }
    aside(move || files::file(&served.state.reports, &address)).await
}

async fn figures(Shared(served): Shared<Arc<Served>>) -> Response {
    aside(move || {
        let text = served.metrics.get(|| metrics::metrics(&served.state.reports, &(served.state.standing)()));
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        ([(header::CONTENT_TYPE, kind)], text.as_str().to_owned()).into_response()
    })
    .await
}

/// The process answers.
async fn health() -> &'static str {
    "ok\n"
}

/// The daemon can do its work.
async fn ready(Shared(served): Shared<Arc<Served>>) -> Response {
    aside(move || match (served.state.standing)().not_ready {
        None => "ready\n".into_response(),
        Some(why) => refuse(StatusCode::SERVICE_UNAVAILABLE, &why),
    })
    .await
}

async fn nowhere() -> Response {
    refuse(StatusCode::NOT_FOUND, "nothing here; /reports/ lists all reports, /api/v1/openapi.json describes the rest")
}
