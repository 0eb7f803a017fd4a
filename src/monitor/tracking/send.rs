//! The calls that log a window. Every step can be repeated, so an attempt that ended anywhere is simply made again: runs are
//! found by a tag, points that MLflow has are not sent again, files and tags replace themselves.

use std::{collections::BTreeMap, fs, io};

use tracing::warn;
use vigie_mlflow::{
    Experiment, MetricPoint, MlflowClient, MlflowError, MlflowErrorKind as Kind, NewRun, RunBatch, RunEnd, TrackedRun,
};

use super::{
    message::{NOT_TRACKED, TrackedWindow, experiment, is_tracked},
    place::{LoggedFigures, PlacedFigures},
};
use crate::{
    alert::{Delivery, link},
    config::Settings,
    fault::{Fault, Remedy},
    monitor::registry::client::connect,
    report::revision,
    web::own_host_name,
};

/// The tag by which a run is found again.
const WINDOW: &str = "vigie.window";
/// The value of that tag for the run with the main figures of all windows, and its name.
const TREND: &str = "trend";
/// The tag with the id of the model that a run was last linked to. A search states tags, but no links.
const LINKED: &str = "vigie.model_id";
/// The tag of an experiment that each installation sets once, followed by its id; the value is the name of its host.
const INSTALLATION: &str = "vigie.installation.";
/// Digits of an installation's id in its tag.
const ID_DIGITS: usize = 12;

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

/// What MLflow rejects is refused, which the sender takes as final only after many attempts; everything else may succeed later,
/// some of it after a change of the setup.
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
        let own = installation_tag(tracked);
        let experiment = client.ensure_experiment(&experiment(&tracked.model), &own.clone().into_iter().collect())?;
        if experiment.is_restored {
            warn!(
                model = tracked.model,
                "the experiment {} was deleted in MLflow and is restored, because runs are logged to it; set \
                 mlflow.tracking to false to log none",
                experiment.name
            );
        }
        if let Some((key, host)) = own {
            introduce(client, &experiment, &key, &host)?;
        }
        let exchange = Self { client, settings, tracked, experiment_id: experiment.experiment_id };
        let run = exchange.log_window()?;
        exchange.upload_report(&run)?;
        exchange.finish(&run, milliseconds(tracked.window.to.0))?;
        if let Some(number) = tracked.number {
            exchange.log_trend(number)?;
        }
        exchange.tag_version(&run)
    }

    /// The run of a window: all figures. Whatever was logged before, they are the latest points.
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
        let figures = tracked.head.iter().chain(&tracked.features).map(|(key, value)| (key.clone(), *value)).collect();
        let PlacedFigures { place: step, missing } = LoggedFigures::by_step(&run).place(0, &figures);
        let metrics = missing.into_iter().map(|figure| point(figure, end, step, None)).collect();
        tags.extend(self.link_model(&run)?);
        self.client.log_missing(&run, &RunBatch { metrics, params, tags })?;
        Ok(run)
    }

    /// The run with the main figures of all windows. Of the points of a window, MLflow shows the one with the latest time.
    fn log_trend(&self, number: i64) -> Result<(), MlflowError> {
        let tracked = self.tracked;
        let run = self.ensure_run(TREND)?;
        let end = milliseconds(tracked.window.to.0);
        let logged = LoggedFigures::by_time(self.client, &run, number, &tracked.head)?;
        let PlacedFigures { place: time, missing } = logged.place(end, &tracked.head);
        let metrics = missing.into_iter().map(|figure| point(figure, time, number, self.model_id())).collect();
        let tags = self.link_model(&run)?.into_iter().collect();
        self.client.log_missing(&run, &RunBatch { metrics, tags, ..RunBatch::default() })?;
        self.finish(&run, run.end_ms.map_or(end, |logged| logged.max(end)))
    }

    /// Links a run to the model, unless it has the tag that says so. Returns the tag.
    fn link_model(&self, run: &TrackedRun) -> Result<Option<(String, String)>, MlflowError> {
        let Some(model_id) = self.model_id() else { return Ok(None) };
        let is_linked = run.tags.get(LINKED).is_some_and(|linked| linked == model_id)
            || self.client.link_model(&run.run_id, model_id)?;
        Ok(is_linked.then(|| (LINKED.to_owned(), model_id.to_owned())))
    }

    fn finish(&self, run: &TrackedRun, end: i64) -> Result<(), MlflowError> {
        if run.status == "FINISHED" && run.end_ms == Some(end) {
            return Ok(());
        }
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

    /// Uploads the files as they are, from the folder where the run has written them. If they belong to another revision, which
    /// has a message of its own, nothing is uploaded.
    fn upload_report(&self, run: &TrackedRun) -> Result<(), MlflowError> {
        let tracked = self.tracked;
        let folder = tracked.reports.as_ref().unwrap_or(&self.settings.reports).join(&tracked.folder);
        let read = |name: &str| fs::read(folder.join(name)).map_err(|error| (folder.join(name), error));
        let (json, page) = match (read("report.json"), read("report.html")) {
            (Ok(json), Ok(page)) => (json, page),
            (Err((file, error)), _) | (_, Err((file, error))) => {
                // Figures stay true when reports are removed. Otherwise the files may be there at the next attempt, but later
                // windows must not wait for them.
                let why = if error.kind() == io::ErrorKind::NotFound {
                    "it is not there".to_owned()
                } else {
                    error.to_string()
                };
                let file = file.display();
                warn!(
                    model = tracked.model,
                    "MLflow has the figures of {} without the report: {file}: {why}", tracked.window
                );
                return Ok(());
            }
        };
        let is_own = std::str::from_utf8(&json).ok().and_then(revision) == Some(tracked.revision);
        if !is_own {
            return Ok(());
        }
        let uploaded = self.client.run_root(run).and_then(|root| {
            self.client.upload_artifact(&root, "report.html", &page)?;
            self.client.upload_artifact(&root, "report.json", &json)
        });
        match uploaded {
            // The figures are worth more than the files.
            Err(error) if matches!(error.kind(), Kind::Unsupported | Kind::Refused | Kind::TooLarge | Kind::Local) => {
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

/// The tag by which an installation is known in an experiment.
fn installation_tag(tracked: &TrackedWindow) -> Option<(String, String)> {
    let id: String = tracked.installation.as_ref()?.chars().take(ID_DIGITS).collect();
    let host = own_host_name().unwrap_or_else(|| "unknown host".to_owned());
    Some((format!("{INSTALLATION}{id}"), host))
}

/// Tags an experiment with this installation. If others have, their windows and ours become points of the same runs, so the one
/// that comes later says so.
fn introduce(client: &MlflowClient, experiment: &Experiment, key: &str, host: &str) -> Result<(), MlflowError> {
    if experiment.tags.contains_key(key) {
        return Ok(());
    }
    let others = experiment.tags.iter().filter(|(key, _)| key.starts_with(INSTALLATION));
    let others: Vec<String> =
        others.map(|(key, host)| format!("{} on {host}", key.trim_start_matches(INSTALLATION))).collect();
    let name = &experiment.name;
    if !others.is_empty() {
        warn!(
            "another installation of vigie ({}) logs to the experiment {name} of MLflow, or the ledger of this one was lost; \
             MLflow shows what was logged last, so two installations need two values of model.name",
            others.join(", ")
        );
    }
    match client.set_experiment_tag(&experiment.experiment_id, key, host) {
        // Who may log runs but not change the experiment.
        Err(error) if error.kind() == Kind::Denied => {
            warn!("the experiment {name} is not tagged with this installation: {error}");
            Ok(())
        }
        tagged => tagged,
    }
}

fn point((key, value): (&str, f64), time: i64, step: i64, model_id: Option<&str>) -> MetricPoint {
    let model_id = model_id.map(ToOwned::to_owned);
    MetricPoint { key: key.to_owned(), value, timestamp_ms: time, step, model_id }
}

fn milliseconds(microseconds: i64) -> i64 {
    microseconds.div_euclid(1_000)
}
