//! The calls that log a window. Every step can be repeated, so an attempt that ended anywhere is simply made again: runs are
//! found by a tag, points that MLflow has are not sent again, files and tags replace themselves.

use std::{collections::BTreeMap, fs};

use tracing::warn;
use vigie_mlflow::{
    MetricPoint, MlflowClient, MlflowError, MlflowErrorKind as Kind, NewRun, RunBatch, RunEnd, TrackedRun,
};

use super::{
    figures::Figures,
    message::{NOT_TRACKED, TrackedWindow, experiment, is_tracked},
};
use crate::{
    alert::{Delivery, link},
    config::Settings,
    fault::{Fault, Remedy},
    monitor::registry::client::connect,
    report::revision,
};

/// The tag by which a run is found again.
const WINDOW: &str = "vigie.window";
/// The value of that tag for the run with the main figures of all windows, and its name.
const TREND: &str = "trend";

/// Logs a window. `to`: the recipients of the message.
pub fn send_tracked(settings: &Settings, to: &[String], payload: &[u8]) -> Delivery {
    let delivery = if is_tracked(settings) {
        let tracked = TrackedWindow::from_payload(payload);
        match tracked.and_then(|tracked| Ok((connect(settings.mlflow.as_ref())?, tracked))) {
            Ok((client, tracked)) => match TrackedExchange::log(&client, settings, &tracked) {
                Ok(()) => Delivery::Accepted { refused: Vec::new() },
                Err(error) => failed(&error),
            },
            Err(fault) => not_connected(&fault),
        }
    } else {
        Delivery::setup(NOT_TRACKED)
    };
    delivery.waiting_for(to)
}

fn not_connected(fault: &Fault) -> Delivery {
    match fault.remedy() {
        Remedy::Retry => Delivery::later(&fault.to_string(), None),
        _ => Delivery::setup(&fault.to_string()),
    }
}

/// A request that MLflow rejects would be rejected again; everything else may succeed later, some of it after a change of the
/// setup.
fn failed(error: &MlflowError) -> Delivery {
    match error.kind() {
        Kind::Unreachable | Kind::Busy => Delivery::later(&error.to_string(), None),
        Kind::Refused | Kind::TooLarge => Delivery::refused(&error.to_string()),
        _ => Delivery::setup(&error.to_string()),
    }
}

/// Logging one window.
struct TrackedExchange<'a> {
    client: &'a MlflowClient,
    settings: &'a Settings,
    tracked: &'a TrackedWindow,
    experiment_id: String,
}

impl<'a> TrackedExchange<'a> {
    fn log(client: &'a MlflowClient, settings: &'a Settings, tracked: &'a TrackedWindow) -> Result<(), MlflowError> {
        let experiment = client.ensure_experiment(&experiment(&tracked.model), &BTreeMap::new())?;
        let exchange = Self { client, settings, tracked, experiment_id: experiment.experiment_id };
        let run = exchange.log_window()?;
        exchange.upload_report(&run)?;
        client.finish_run(&run.run_id, RunEnd::Finished, milliseconds(tracked.window.to.0))?;
        if let Some(number) = tracked.number {
            exchange.log_trend(number)?;
        }
        exchange.tag_version(&run)
    }

    /// The run of a window: all figures. A revision is one more point of each.
    fn log_window(&self) -> Result<TrackedRun, MlflowError> {
        let tracked = self.tracked;
        let name = tracked.window.folder();
        let run = self.ensure_run(&name)?;
        let end = milliseconds(tracked.window.to.0);
        let mut params = tracked.params.clone();
        let mut tags = self.tags();
        // Parameters cannot be changed; a revision may have been made with another model.
        for (key, value) in &tracked.params {
            if run.params.get(key).is_some_and(|logged| logged != value) {
                params.remove(key);
                tags.insert(format!("vigie.{key}"), value.clone());
            }
        }
        let figures = [&tracked.head, &tracked.features];
        let metrics = figures.into_iter().flat_map(|figures| points(figures, end, i64::from(tracked.revision), None));
        self.client.log_missing(&run.run_id, &RunBatch { metrics: metrics.collect(), params, tags })?;
        if let Some(model_id) = self.model_id() {
            self.client.link_model(&run.run_id, model_id)?;
        }
        Ok(run)
    }

    /// The run with the main figures of all windows. Of a window's revisions, MLflow shows the point with the latest time.
    fn log_trend(&self, number: i64) -> Result<(), MlflowError> {
        let tracked = self.tracked;
        let run = self.ensure_run(TREND)?;
        let end = milliseconds(tracked.window.to.0);
        let metrics = points(&tracked.head, end + i64::from(tracked.revision), number, self.model_id()).collect();
        self.client.log_missing(&run.run_id, &RunBatch { metrics, ..RunBatch::default() })?;
        if let Some(model_id) = self.model_id() {
            self.client.link_model(&run.run_id, model_id)?;
        }
        let end = run.end_ms.map_or(end, |logged| logged.max(end));
        self.client.finish_run(&run.run_id, RunEnd::Finished, end)
    }

    fn ensure_run(&self, identity: &str) -> Result<TrackedRun, MlflowError> {
        let source = [("mlflow.source.name", "vigie"), ("mlflow.source.type", "JOB"), ("mlflow.user", "vigie")];
        self.client.ensure_run(&NewRun {
            experiment_id: self.experiment_id.clone(),
            name: identity.to_owned(),
            start_ms: milliseconds(self.tracked.window.from.0),
            identity: (WINDOW.to_owned(), identity.to_owned()),
            tags: source.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        })
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let tracked = self.tracked;
        let tags = [
            ("vigie.severity", Some(tracked.severity.to_string())),
            ("vigie.revision", Some(tracked.revision.to_string())),
            ("vigie.verdict", Some(tracked.verdict.clone()).filter(|verdict| !verdict.is_empty())),
            ("vigie.report", self.link()),
        ];
        tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    /// URL of the page, if the reports folder has one.
    fn link(&self) -> Option<String> {
        link(self.settings.base_url.as_deref()?, &format!("{}/report.html", self.tracked.folder))
    }

    fn model_id(&self) -> Option<&str> {
        self.tracked.registered.as_ref()?.model_id.as_deref()
    }

    /// Uploads the files as they are. If they have been removed, or belong to a later revision, which has a message of its
    /// own, nothing is uploaded.
    fn upload_report(&self, run: &TrackedRun) -> Result<(), MlflowError> {
        let folder = self.settings.reports.join(&self.tracked.folder);
        let read = |name: &str| fs::read(folder.join(name)).ok();
        let (Some(json), Some(page)) = (read("report.json"), read("report.html")) else { return Ok(()) };
        let is_own = std::str::from_utf8(&json).ok().and_then(revision) == Some(self.tracked.revision);
        if !is_own {
            return Ok(());
        }
        let uploaded = self.client.run_root(run).and_then(|root| {
            self.client.upload_artifact(&root, "report.html", &page)?;
            self.client.upload_artifact(&root, "report.json", &json)
        });
        match uploaded {
            // The figures are worth more than the files.
            Err(error) if matches!(error.kind(), Kind::Unsupported | Kind::Refused | Kind::TooLarge) => {
                warn!(model = self.tracked.model, "MLflow has the figures without the report: {error}");
                Ok(())
            }
            uploaded => uploaded,
        }
    }

    /// Tags the model's version, if it is the newest window. Who may only read the model cannot; that is not a failure.
    fn tag_version(&self, run: &TrackedRun) -> Result<(), MlflowError> {
        let tracked = self.tracked;
        let Some(version) = tracked.registered.as_ref().filter(|_| tracked.is_newest) else { return Ok(()) };
        let report = self.link().unwrap_or_else(|| format!("runs:/{}/report.html", run.run_id));
        let tags = [
            ("vigie.severity", tracked.severity.to_string()),
            ("vigie.window", tracked.window.folder()),
            ("vigie.report", report),
        ];
        for (key, value) in tags {
            match self.client.set_version_tag(&version.name, version.version, key, &value) {
                Err(error) if error.is_retryable() => return Err(error),
                Err(error) => {
                    warn!(model = tracked.model, "the run is logged, but the model's version is not tagged: {error}");
                    return Ok(());
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

fn points(figures: &Figures, time: i64, step: i64, model_id: Option<&str>) -> impl Iterator<Item = MetricPoint> {
    figures.iter().map(move |(key, value)| MetricPoint {
        key: key.clone(),
        value: *value,
        timestamp_ms: time,
        step,
        model_id: model_id.map(ToOwned::to_owned),
    })
}

fn milliseconds(microseconds: i64) -> i64 {
    microseconds.div_euclid(1_000)
}
