//! The server and its routes.

use std::{future::Future, io, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio::{net::TcpListener, sync::oneshot};
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    endpoint::{infer, instances, invocations, model_metadata, model_ready, predict},
    guard::{RequestGuard, ServerAccess, crashed, guard, not_found, wrong_method},
    metrics::{counter, gauge},
    openapi::openapi,
    service::ScoringService,
};
use crate::web::{ConnectionLimits, PlaceLimits, RequestPlace, TimeoutListener, escape};

/// Callers keep connections open between requests, and a proxy may have all of them.
const LIMITS: ConnectionLimits = ConnectionLimits {
    places: PlaceLimits { all: 1_024, per_address: 1_024 },
    request: Duration::from_secs(75),
    lifetime: Duration::from_hours(24),
};
/// Serves until `shutdown` completes and requests in progress are answered.
pub(super) async fn serve(
    listener: TcpListener,
    service: Arc<ScoringService>,
    access: ServerAccess,
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
        .layer(CatchPanicLayer::custom(crashed))
        .layer(middleware::from_fn_with_state(Arc::new(RequestGuard { access, service: Arc::clone(&service) }), guard))
        .with_state(Arc::clone(&service));
    let router = router.into_make_service_with_connect_info::<RequestPlace>();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        let _ = stop.send(());
    };
    let serving = axum::serve(TimeoutListener::new(listener, LIMITS), router).with_graceful_shutdown(shutdown);
    // Clients that keep a connection without sending a request are not waited for.
    let quiet = async {
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        service.admission.quiet().await;
    };
    tokio::select! {
        served = serving => served,
        () = quiet => Ok(()),
    }
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
    let shed = load(&service.admission.shed);
    counter(&mut text, "shed_total", "Requests refused because too many were in progress.", shed);
    if let Some(features) = &service.features {
        let (asked, remembered) = (load(&features.asked), load(&features.remembered));
        counter(&mut text, "feature_lookups_total", "Ids that were looked up in the feature table.", asked);
        counter(&mut text, "feature_cache_hits_total", "Ids whose features were in the cache.", remembered);
    }
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
