//! JSON API below `/api/v1/`, described by openapi.json.

use std::sync::{Arc, LazyLock};

use axum::{
    extract::State as Shared,
    http::{StatusCode, Uri},
    response::Response,
};
use serde_json::{Value, json};
use vigie_profile::window::Window;

use super::{
    app::AppState,
    files::{self, percent_decode},
    response::{refuse, run_blocking},
};
use crate::report::{Language, ListedReport, OpenAlert, report_schemas};

/// Runs per response.
const MAX_LIMIT: usize = 1_000;
const DEFAULT_LIMIT: usize = 100;

/// Lists every model with its latest run.
pub(super) async fn models(Shared(app): Shared<Arc<AppState>>) -> Response {
    run_blocking(move || {
        let index = app.index();
        let status = (app.state.status)();
        let mut runs: Vec<&ListedReport> = index.runs.iter().collect();
        runs.sort_by(|a, b| (&a.head.model, a.head.window.to).cmp(&(&b.head.model, b.head.window.to)));
        let models: Vec<Value> = runs
            .chunk_by(|a, b| a.head.model == b.head.model)
            .filter_map(|runs| {
                let latest = runs.last()?;
                let model = status.models.iter().find(|model| model.model == latest.head.model);
                Some(json!({
                    "name": latest.head.model,
                    "runs": runs.len(),
                    "latest": run_json(latest),
                    "last_success": model.and_then(|model| model.last_success),
                    "last_failure": model
                        .and_then(|model| model.last_failure.as_ref())
                        .map(|(at, headline)| json!({ "at": at, "sentence": Language::English.headline(headline) })),
                    "next_due": model.and_then(|model| model.next_due),
                }))
            })
            .collect();
        json_response(&json!({ "models": models }))
    })
    .await
}

/// Lists runs, newest window first, filtered by `?model=` and `?limit=`.
pub(super) async fn runs(Shared(app): Shared<Arc<AppState>>, uri: Uri) -> Response {
    let parameter = |name: &str| {
        let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.replace('+', " "))
    };
    let model = match parameter("model").map(|model| percent_decode(&model)) {
        None => None,
        Some(Some(model)) => Some(model),
        Some(None) => return refuse(StatusCode::BAD_REQUEST, "model: must be percent-encoded UTF-8"),
    };
    let limit = match parameter("limit").map(|limit| limit.parse::<usize>()) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit @ 1..=MAX_LIMIT)) => limit,
        Some(_) => return refuse(StatusCode::BAD_REQUEST, "limit: must be a number from 1 to 1000"),
    };
    run_blocking(move || {
        let index = app.index();
        let mut runs: Vec<&ListedReport> =
            index.runs.iter().filter(|run| model.as_ref().is_none_or(|model| run.head.model == *model)).collect();
        runs.sort_by(|a, b| b.head.window.to.cmp(&a.head.window.to).then_with(|| a.link.cmp(&b.link)));
        let all = runs.len();
        let runs: Vec<Value> = runs.into_iter().take(limit).map(run_json).collect();
        json_response(&json!({ "all": all, "runs": runs }))
    })
    .await
}

/// Returns the report.json of a run, such as `/api/v1/runs/credit-default/20261014T000000Z_20261015T000000Z`.
pub(super) async fn run(Shared(app): Shared<Arc<AppState>>, uri: Uri) -> Response {
    let id = uri.path().strip_prefix("/api/v1/runs/").unwrap_or_default().to_owned();
    let window = id.split_once('/').map(|(_, window)| window);
    if window.and_then(Window::from_folder).is_none() {
        return refuse(StatusCode::BAD_REQUEST, "invalid run id; use MODEL/FROM_TO as listed by /api/v1/runs");
    }
    run_blocking(move || files::file(&app.state.reports, &format!("{id}/report.json"))).await
}

/// Lists open alerts.
pub(super) async fn alerts(Shared(app): Shared<Arc<AppState>>) -> Response {
    run_blocking(move || {
        let alerts: Vec<Value> = (app.state.status)().alerts.iter().map(alert_json).collect();
        json_response(&json!({ "alerts": alerts }))
    })
    .await
}

/// The `OpenAPI` description: openapi.json, completed by the schemas of `report.json`.
static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
    const PATH: &str = "/components/schemas";
    let mut description: Value = serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    if let Some(schemas) = description.pointer_mut(PATH).and_then(Value::as_object_mut) {
        schemas.append(&mut report_schemas(PATH));
    }
    format!("{description:#}\n")
});

/// Returns the `OpenAPI` description.
pub(super) async fn openapi() -> Response {
    files::json(DESCRIPTION.as_str())
}

fn json_response(value: &Value) -> Response {
    files::json(format!("{value}\n"))
}

fn run_json(run: &ListedReport) -> Value {
    let head = &run.head;
    json!({
        "id": run.link.strip_suffix("/report.html"),
        "model": head.model,
        "from": head.window.from,
        "to": head.window.to,
        "revision": head.revision,
        "severity": head.severity,
        "sentence": Language::English.headline(&head.headline),
        "rows_used": head.rows,
        "requests": head.requests,
        "findings": head.findings,
        "drifted_share": head.drifted_share,
        "score_psi": head.score_psi,
        "refused_share": head.refused_share,
        "error_rate": head.error_rate,
        "latency_p95_ms": head.latency_p95_ms,
        "report": format!("/reports/{}", run.link),
    })
}

fn alert_json(alert: &OpenAlert) -> Value {
    let finding = &alert.finding;
    json!({
        "id": alert.id,
        "model": alert.model,
        "subject": finding.subject,
        "feature": finding.subject.feature(),
        "test": finding.test,
        "severity": finding.severity,
        "since": alert.since,
        "sentence": Language::English.statement(finding),
        "acknowledged": alert.is_acknowledged,
        "report": alert.report.as_ref().map(|report| format!("/reports/{report}")),
    })
}
