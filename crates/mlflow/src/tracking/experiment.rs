//! Experiments.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::{
    client::{MlflowClient, api, post},
    error::{MlflowErrorKind as Kind, Result},
    json::{list, pairs},
    wire::Call,
};

/// A group of runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Experiment {
    /// The id.
    pub experiment_id: String,
    /// The name.
    pub name: String,
    /// Where the artefacts of its runs are.
    #[serde(default)]
    pub artifact_location: String,
    #[serde(default)]
    lifecycle_stage: String,
    /// Whether it was deleted, and [`MlflowClient::ensure_experiment`] has restored it.
    #[serde(skip)]
    pub is_restored: bool,
    /// Tags of the experiment.
    #[serde(default, deserialize_with = "pairs")]
    pub tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ExperimentReply {
    experiment: Experiment,
}

impl MlflowClient {
    /// An experiment by its name; `None` if there is none. A deleted one is found, too.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn experiment(&self, name: &str) -> Result<Option<Experiment>> {
        let purpose = format!("reading the experiment {name:?}");
        let url = api(self.tracking(), "experiments/get-by-name", &[("experiment_name", name)]);
        match self.tracking().json::<ExperimentReply>(&Call::get(url, &purpose)) {
            Ok(reply) => Ok(Some(reply.experiment)),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Finds an experiment, restores it if it was deleted, or creates it. `tags` are only set on a new one.
    ///
    /// # Errors
    ///
    /// `Denied`: the user may not create or restore it; as every call.
    pub fn ensure_experiment(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<Experiment> {
        if let Some(found) = self.experiment(name)? {
            if found.lifecycle_stage != "deleted" {
                return Ok(found);
            }
            let purpose = format!("restoring the deleted experiment {name:?}");
            let body = json!({"experiment_id": found.experiment_id});
            self.tracking().send(&post(self.tracking(), "experiments/restore", &body, &purpose)?)?;
            return Ok(Experiment { lifecycle_stage: "active".to_owned(), is_restored: true, ..found });
        }
        let purpose = format!("creating the experiment {name:?}");
        let body = json!({"name": name, "tags": list(tags)});
        match self.tracking().send(&post(self.tracking(), "experiments/create", &body, &purpose)?) {
            Err(error) if !error.is_already_there() => return Err(error),
            // Another client, or an earlier attempt whose reply was lost.
            _ => {}
        }
        self.experiment(name)?.ok_or_else(|| {
            let why = format!("{purpose}: the server created it but does not find it; try again");
            crate::error::MlflowError::new(Kind::BadReply, why)
        })
    }

    /// Sets a tag of an experiment.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn set_experiment_tag(&self, experiment_id: &str, key: &str, value: &str) -> Result<()> {
        let purpose = format!("setting the tag {key:?} of the experiment {experiment_id}");
        let body = json!({"experiment_id": experiment_id, "key": key, "value": value});
        self.tracking().send(&post(self.tracking(), "experiments/set-experiment-tag", &body, &purpose)?)
    }
}
