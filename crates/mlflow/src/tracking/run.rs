//! Runs: finding, creating and finishing them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::metric::MetricPoint;
use crate::{
    client::{MlflowClient, api, post},
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    json::{filled, integer, list, pairs},
    wire::Call,
};

/// A run with everything logged to it: the latest point of each metric, parameters, tags.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrackedRun {
    /// The id.
    pub run_id: String,
    /// The name shown in MLflow.
    pub name: String,
    /// Its experiment.
    pub experiment_id: String,
    /// `RUNNING`, `FINISHED`, `FAILED`, `KILLED` or `SCHEDULED`.
    pub status: String,
    /// Milliseconds since 1970.
    pub start_ms: i64,
    /// Milliseconds since 1970; absent if it has not ended.
    pub end_ms: Option<i64>,
    /// Where its artefacts are: see [`MlflowClient::run_root`].
    pub artifact_uri: String,
    /// Whether it is in the trash.
    pub is_deleted: bool,
    /// The latest point of each metric.
    pub metrics: BTreeMap<String, MetricPoint>,
    /// Parameters, which never change.
    pub params: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Ids of the models that it logged (MLflow 3).
    pub model_ids: Vec<String>,
}

/// A run to be created, unless there is one with the same value of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The experiment.
    pub experiment_id: String,
    /// The name shown in MLflow.
    pub name: String,
    /// Milliseconds since 1970.
    pub start_ms: i64,
    /// Key and value of the tag by which the run is found again.
    pub identity: (String, String),
    /// Further tags, set only on a new run. `mlflow.note.content` is shown as Markdown on the run's page.
    pub tags: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// Everything was logged.
    Finished,
    /// It failed.
    Failed,
    /// It was abandoned.
    Killed,
}

#[derive(Deserialize)]
struct RunReply {
    run: RunBody,
}

#[derive(Deserialize)]
struct RunsReply {
    #[serde(default)]
    runs: Vec<RunBody>,
}

#[derive(Deserialize)]
struct RunBody {
    info: RunInfo,
    #[serde(default)]
    data: RunData,
    #[serde(default)]
    outputs: RunOutputs,
}

#[derive(Deserialize)]
struct RunInfo {
    run_id: String,
    #[serde(default)]
    run_name: String,
    #[serde(default)]
    experiment_id: String,
    #[serde(default)]
    status: String,
    #[serde(default, deserialize_with = "integer")]
    start_time: i64,
    end_time: Option<Value>,
    #[serde(default)]
    artifact_uri: String,
    #[serde(default, deserialize_with = "filled")]
    lifecycle_stage: Option<String>,
}

#[derive(Deserialize, Default)]
struct RunData {
    #[serde(default)]
    metrics: Vec<MetricPoint>,
    #[serde(default, deserialize_with = "pairs")]
    params: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "pairs")]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct RunOutputs {
    #[serde(default)]
    model_outputs: Vec<ModelLink>,
}

#[derive(Deserialize)]
struct ModelLink {
    model_id: String,
}

impl From<RunBody> for TrackedRun {
    fn from(body: RunBody) -> Self {
        let RunBody { info, data, outputs } = body;
        let end = info.end_time.and_then(|end| match end {
            Value::String(text) => text.parse().ok(),
            end => end.as_i64(),
        });
        Self {
            run_id: info.run_id,
            name: info.run_name,
            experiment_id: info.experiment_id,
            status: info.status,
            start_ms: info.start_time,
            end_ms: end.filter(|end| *end > 0),
            artifact_uri: info.artifact_uri,
            is_deleted: info.lifecycle_stage.as_deref() == Some("deleted"),
            metrics: data.metrics.into_iter().map(|point| (point.key.clone(), point)).collect(),
            params: data.params,
            tags: data.tags,
            model_ids: outputs.model_outputs.into_iter().map(|link| link.model_id).collect(),
        }
    }
}

impl MlflowClient {
    /// A run by its id.
    ///
    /// # Errors
    ///
    /// `NotFound`: no such run; as every call.
    pub fn run(&self, run_id: &str) -> Result<TrackedRun> {
        let purpose = format!("reading the run {run_id:?}");
        let url = api(self.tracking(), "runs/get", &[("run_id", run_id)]);
        Ok(self.tracking().json::<RunReply>(&Call::get(url, &purpose))?.run.into())
    }

    /// The earliest run of an experiment that has this value of a tag; deleted runs do not count.
    ///
    /// # Errors
    ///
    /// `Refused`: the tag cannot be searched for; as every call.
    pub fn find_run(&self, experiment_id: &str, key: &str, value: &str) -> Result<Option<TrackedRun>> {
        let purpose = format!("searching the run with the tag {key:?} = {value:?}");
        let quote = if value.contains('\'') { '"' } else { '\'' };
        if value.contains(quote) || key.contains('`') {
            return Err(MlflowError::new(
                Kind::Refused,
                format!(
                    "{purpose}: MLflow cannot search for both kinds of quotation marks or a backtick; use another value"
                ),
            ));
        }
        let body = json!({
            "experiment_ids": [experiment_id],
            "filter": format!("tags.`{key}` = {quote}{value}{quote}"),
            "order_by": ["attributes.start_time ASC", "attributes.run_id ASC"],
            "run_view_type": "ACTIVE_ONLY",
            "max_results": 10,
        });
        let reply: RunsReply = self.tracking().json(&post(self.tracking(), "runs/search", &body, &purpose)?)?;
        // Some databases compare without regard to case.
        let mut runs = reply.runs.into_iter().map(TrackedRun::from);
        Ok(runs.find(|run| run.tags.get(key).is_some_and(|found| found == value)))
    }

    /// Finds a run by its identity, or creates it. If the reply is lost, the next call finds what was created.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn ensure_run(&self, new: &NewRun) -> Result<TrackedRun> {
        let (key, value) = &new.identity;
        if let Some(found) = self.find_run(&new.experiment_id, key, value)? {
            return Ok(found);
        }
        let purpose = format!("creating the run {:?}", new.name);
        let mut tags = new.tags.clone();
        tags.insert(key.clone(), value.clone());
        let body = json!({
            "experiment_id": new.experiment_id,
            "run_name": new.name,
            "start_time": new.start_ms,
            "tags": list(&tags),
        });
        let call = post(self.tracking(), "runs/create", &body, &purpose)?.once();
        Ok(self.tracking().json::<RunReply>(&call)?.run.into())
    }

    /// Sets status and end of a run. Can be repeated; more can be logged later. `end_ms`: milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn finish_run(&self, run_id: &str, end: RunEnd, end_ms: i64) -> Result<()> {
        let purpose = format!("finishing the run {run_id:?}");
        let status = match end {
            RunEnd::Finished => "FINISHED",
            RunEnd::Failed => "FAILED",
            RunEnd::Killed => "KILLED",
        };
        let body = json!({"run_id": run_id, "status": status, "end_time": end_ms});
        self.tracking().send(&post(self.tracking(), "runs/update", &body, &purpose)?)
    }

    /// Records that a run is about a logged model, so that each page links to the other. Returns whether it is recorded: not if
    /// the server is older than MLflow 3, nor if the user may not change the model.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn link_model(&self, run_id: &str, model_id: &str) -> Result<bool> {
        if !self.server_version()?.has_logged_models() {
            return Ok(false);
        }
        let purpose = format!("linking the run {run_id:?} to the model {model_id:?}");
        let body = json!({"run_id": run_id, "models": [{"model_id": model_id}]});
        match self.tracking().send(&post(self.tracking(), "runs/log-inputs", &body, &purpose)?) {
            Err(error) if error.status() == Some(403) => Ok(false),
            sent => sent.map(|()| true),
        }
    }
}
