//! Reading the registry: from an address to a version.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::model_version::{LoggedModel, ModelVersion, RegisteredModel};
use crate::{
    address::{ModelAddress, VersionSelector},
    client::{MlflowClient, api},
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    json::{integer, pairs},
    tracking::TrackedRun,
    wire::Call,
};

/// What an address means at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolvedModel {
    /// A version of a registered model.
    Version(ModelVersion),
    /// A logged model that was addressed by its id, or by the run that logged it.
    Logged(LoggedModel),
    /// Files below a run's artefacts.
    Run {
        /// The run.
        run_id: String,
        /// Where the run's artefacts are.
        artifact_uri: String,
        /// The model's folder below them.
        path: String,
    },
}

impl ResolvedModel {
    /// Whether both are the same version. Tags, aliases and times may differ.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Version(a), Self::Version(b)) => {
                (&a.name, a.version, a.created_ms, &a.source) == (&b.name, b.version, b.created_ms, &b.source)
            }
            (Self::Logged(a), Self::Logged(b)) => a.model_id == b.model_id,
            (a, b) => a == b,
        }
    }

    /// `m-…`; metrics that carry it appear on the model's page in MLflow 3.
    #[must_use]
    pub fn model_id(&self) -> Option<&str> {
        match self {
            Self::Version(version) => version.model_id.as_deref(),
            Self::Logged(model) => Some(&model.model_id),
            Self::Run { .. } => None,
        }
    }

    /// The run that made the model, whose parameters and tags describe the training.
    #[must_use]
    pub fn run_id(&self) -> Option<&str> {
        match self {
            Self::Version(version) => version.run_id.as_deref(),
            Self::Logged(model) => model.source_run_id.as_deref(),
            Self::Run { run_id, .. } => Some(run_id),
        }
    }
}

#[derive(Deserialize)]
struct VersionReply {
    model_version: ModelVersion,
}

#[derive(Deserialize)]
struct ModelReply {
    registered_model: ModelBody,
}

#[derive(Deserialize)]
struct ModelBody {
    name: String,
    #[serde(default)]
    aliases: Vec<AliasEntry>,
    #[serde(default, deserialize_with = "pairs")]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    latest_versions: Vec<ModelVersion>,
}

#[derive(Deserialize)]
struct AliasEntry {
    alias: String,
    #[serde(deserialize_with = "integer")]
    version: i64,
}

#[derive(Deserialize)]
struct LoggedReply {
    model: LoggedBody,
}

#[derive(Deserialize)]
struct LoggedBody {
    info: LoggedModel,
}

impl MlflowClient {
    /// Says what an address means now. One call for aliases and versions, so it can be repeated at each poll.
    ///
    /// # Errors
    ///
    /// `NotFound`: no such model, version, alias or run; as every call.
    pub fn resolve(&self, address: &ModelAddress) -> Result<ResolvedModel> {
        match address {
            ModelAddress::Registered { name, version } => {
                let version = match version {
                    VersionSelector::Alias(alias) => self.version_of_alias(name, alias)?,
                    VersionSelector::Number(number) => self.model_version(name, *number)?,
                    VersionSelector::Latest => self.newest(name, None)?,
                    VersionSelector::Stage(stage) => self.newest(name, Some(stage))?,
                };
                Ok(ResolvedModel::Version(version))
            }
            ModelAddress::Logged { model_id } => self.logged_model(model_id).map(ResolvedModel::Logged),
            ModelAddress::Run { run_id, path } => self.model_of_run(self.run(run_id)?, path),
        }
    }

    /// A registered model and all its aliases.
    ///
    /// # Errors
    ///
    /// `NotFound`: no such model; as every call.
    pub fn registered_model(&self, name: &str) -> Result<RegisteredModel> {
        let purpose = format!("reading the registered model {name:?}");
        let url = api(self.registry(), "registered-models/get", &[("name", name)]);
        let body = self.registry().json::<ModelReply>(&Call::get(url, &purpose))?.registered_model;
        Ok(RegisteredModel {
            name: body.name,
            aliases: body.aliases.into_iter().map(|entry| (entry.alias, entry.version)).collect(),
            tags: body.tags,
            latest: body.latest_versions.into_iter().map(ModelVersion::normalized).collect(),
        })
    }

    /// A version by its number.
    ///
    /// # Errors
    ///
    /// `NotFound`: no such model or version; as every call.
    pub fn model_version(&self, name: &str, version: u64) -> Result<ModelVersion> {
        let purpose = format!("reading version {version} of the model {name:?}");
        let query = [("name", name), ("version", &version.to_string())];
        let url = api(self.registry(), "model-versions/get", &query);
        let reply: VersionReply = self.registry().json(&Call::get(url, &purpose))?;
        Ok(reply.model_version.normalized())
    }

    /// The version that has an alias now.
    ///
    /// # Errors
    ///
    /// `NotFound`: no such model or alias; as every call.
    pub fn version_of_alias(&self, name: &str, alias: &str) -> Result<ModelVersion> {
        let purpose = format!("reading the alias {alias:?} of the model {name:?}");
        let url = api(self.registry(), "registered-models/alias", &[("name", name), ("alias", alias)]);
        let reply: VersionReply = self.registry().json(&Call::get(url, &purpose)).map_err(|error| {
            // MLflow replies 400 if only the alias is missing.
            if error.status() != Some(400) || !error.to_string().contains("not found") {
                return error;
            }
            let sentence = format!(
                "the model {name:?} has no alias {alias:?}; set it in MLflow, or name a version: models:/{name}/1"
            );
            MlflowError::new(Kind::NotFound, sentence).with_status(400, error.code().map(ToOwned::to_owned))
        })?;
        Ok(reply.model_version.normalized())
    }

    fn newest(&self, name: &str, stage: Option<&str>) -> Result<ModelVersion> {
        let model = self.registered_model(name)?;
        let stage = stage.map(|stage| (stage != "None").then_some(stage));
        let fits = |version: &ModelVersion| stage.is_none_or(|stage| version.stage.as_deref() == stage);
        model.latest.into_iter().filter(fits).max_by_key(|version| version.version).ok_or_else(|| {
            let stage = stage.map_or(String::new(), |stage| format!(" in the stage {}", stage.unwrap_or("None")));
            MlflowError::new(
                Kind::NotFound,
                format!(
                    "the model {name:?} has no version{stage}; register one, or use an alias: models:/{name}@ALIAS"
                ),
            )
        })
    }

    /// A logged model by its id.
    ///
    /// # Errors
    ///
    /// `NotFound`: no such model; `Unsupported`: the server is older than MLflow 3; as every call.
    pub fn logged_model(&self, model_id: &str) -> Result<LoggedModel> {
        let purpose = format!("reading the logged model {model_id:?}");
        let url = api(self.tracking(), &format!("logged-models/{}", crate::server_url::encoded(model_id)), &[]);
        match self.tracking().json::<LoggedReply>(&Call::get(url, &purpose)) {
            Err(error) if error.kind() == Kind::Unsupported => Err(MlflowError::new(
                Kind::Unsupported,
                format!(
                    "{purpose}: addresses of the form models:/m-… need a server of MLflow 3 or newer; use \
                     models:/NAME/VERSION"
                ),
            )
            .with_status(error.status().unwrap_or(404), None)),
            reply => Ok(reply?.model.info),
        }
    }

    /// MLflow 3 keeps models apart from their run, which then names them as its outputs.
    fn model_of_run(&self, run: TrackedRun, path: &str) -> Result<ResolvedModel> {
        for model_id in &run.model_ids {
            let model = self.logged_model(model_id)?;
            if model.name == path {
                return Ok(ResolvedModel::Logged(model));
            }
        }
        Ok(ResolvedModel::Run { run_id: run.run_id, artifact_uri: run.artifact_uri, path: path.to_owned() })
    }
}
