//! The reports as JSON for scripts: `/api/v1/…`, described by openapi.json.

use std::sync::Arc;

use axum::{
    extract::State as Shared,
    http::{StatusCode, Uri},
    response::Response,
};
use serde_json::{Value, json};
use vigie_profile::window::Window;

use super::{
    files::{self, decoded},
    guard::refuse,
    serve::{Served, aside},
};
use crate::report::{Listed, OpenAlert};

/// Runs in one answer.
const MOST: usize = 1_000;
const USUALLY: usize = 100;

/// Every model with its latest run.
pub(super) async fn models(Shared(served): Shared<Arc<Served>>) -> Response {
    aside(move || {
        let index = served.index();
        let standing = (served.state.standing)();
        let mut runs: Vec<&Listed> = index.runs.iter().collect();
        runs.sort_by(|a, b| (&a.head.model, a.head.window.to).cmp(&(&b.head.model, b.head.window.to)));
        let models: Vec<Value> = runs
            .chunk_by(|a, b| a.head.model == b.head.model)
            .filter_map(|runs| {
                let latest = runs.last()?;
                let about = standing.models.iter().find(|about| about.model == latest.head.model);
                Some(json!({
                    "name": latest.head.model,
                    "runs": runs.len(),
                    "latest": run_json(latest),
                    "last_success": about.and_then(|about| about.last_success),
                    "last_failure": about.and_then(|about| about.last_failure.as_ref()).map(|(at, sentence)| json!({ "at": at, "sentence": sentence })),
                    "next_due": about.and_then(|about| about.next_due),
                }))
            })
            .collect();
        told(&json!({ "models": models }))
    })
    .await
}

/// Runs, newest window first; `?model=` and `?limit=` narrow it.
pub(super) async fn runs(Shared(served): Shared<Arc<Served>>, uri: Uri) -> Response {
    let asked = |name: &str| {
        let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.replace('+', " "))
    };
    let model = match asked("model").map(|model| decoded(&model)) {
        None => None,
        Some(Some(model)) => Some(model),
        Some(None) => return refuse(StatusCode::BAD_REQUEST, "model: not UTF-8 in percent-encoding"),
    };
    let limit = match asked("limit").map(|limit| limit.parse::<usize>()) {
        None => USUALLY,
        Some(Ok(limit @ 1..=MOST)) => limit,
        Some(_) => return refuse(StatusCode::BAD_REQUEST, "limit: a number from 1 to 1000"),
    };
    aside(move || {
        let index = served.index();
        let mut runs: Vec<&Listed> =
            index.runs.iter().filter(|run| model.as_ref().is_none_or(|model| run.head.model == *model)).collect();
        runs.sort_by(|a, b| b.head.window.to.cmp(&a.head.window.to).then_with(|| a.link.cmp(&b.link)));
        let all = runs.len();
        let runs: Vec<Value> = runs.into_iter().take(limit).map(run_json).collect();
        told(&json!({ "all": all, "runs": runs }))
    })
    .await
}

/// One report, `/api/v1/runs/credit-default/20261014T000000Z_20261015T000000Z`: its report.json.
pub(super) async fn run(Shared(served): Shared<Arc<Served>>, uri: Uri) -> Response {
    let id = uri.path().strip_prefix("/api/v1/runs/").unwrap_or_default().to_owned();
    let window = id.split_once('/').map(|(_, window)| window);
    if window.and_then(Window::of_folder).is_none() {
        return refuse(StatusCode::BAD_REQUEST, "a run's id is MODEL/FROM_TO, as /api/v1/runs lists it");
    }
    aside(move || files::file(&served.state.reports, &format!("{id}/report.json"))).await
}

/// Alerts that are open.
pub(super) async fn alerts(Shared(served): Shared<Arc<Served>>) -> Response {
    aside(move || {
        let alerts: Vec<Value> = (served.state.standing)().alerts.iter().map(alert_json).collect();
        told(&json!({ "alerts": alerts }))
    })
    .await
}

/// What all this is, for machines.
pub(super) async fn openapi() -> Response {
    files::json(include_str!("openapi.json"))
}

fn told(value: &Value) -> Response {
    files::json(format!("{value}\n"))
}

fn run_json(run: &Listed) -> Value {
    let head = &run.head;
    json!({
        "id": run.link.strip_suffix("/report.html"),
        "model": head.model,
        "from": head.window.from,
        "to": head.window.to,
        "revision": head.revision,
        "severity": head.severity,
        "sentence": head.sentence,
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
    json!({
        "id": alert.id,
        "model": alert.model,
        "feature": alert.feature,
        "test": alert.test,
        "severity": alert.severity,
        "since": alert.since,
        "sentence": alert.sentence,
        "acknowledged": alert.is_acknowledged,
        "report": alert.report.as_ref().map(|report| format!("/reports/{report}")),
    })
}
