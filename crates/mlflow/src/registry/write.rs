//! Writing to the registry: models, versions, tags and aliases.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::model_version::ModelVersion;
use crate::{
    client::{MlflowClient, delete, post},
    error::Result,
    json::list,
};

/// A version to be registered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewModelVersion {
    /// The registered model, which must exist.
    pub name: String,
    /// The folder that contains `MLmodel`: `models:/m-…`, `mlflow-artifacts:/…`, `s3://…`.
    pub source: String,
    /// The run whose artefacts contain `source`. The server requires it for `mlflow-artifacts:` and local paths.
    pub run_id: Option<String>,
    /// The logged model (MLflow 3).
    pub model_id: Option<String>,
    /// Tags of the version.
    pub tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Created {
    model_version: ModelVersion,
}

impl MlflowClient {
    /// Creates a registered model; one that exists already is left as it is.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn ensure_registered_model(&self, name: &str) -> Result<()> {
        let purpose = format!("creating the registered model {name:?}");
        let call = post(self.registry(), "registered-models/create", &json!({"name": name}), &purpose)?;
        match self.registry().json::<serde_json::Value>(&call) {
            Err(error) if error.is_already_there() => Ok(()),
            reply => reply.map(|_| ()),
        }
    }

    /// Registers a version. Not repeated after a failure, because each call makes a new version.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn create_model_version(&self, new: &NewModelVersion) -> Result<ModelVersion> {
        let purpose = format!("registering a version of the model {:?}", new.name);
        let mut body = json!({"name": new.name, "source": new.source, "tags": list(&new.tags)});
        for (key, value) in [("run_id", &new.run_id), ("model_id", &new.model_id)] {
            if let (Some(value), Some(body)) = (value, body.as_object_mut()) {
                body.insert(key.to_owned(), value.as_str().into());
            }
        }
        let call = post(self.registry(), "model-versions/create", &body, &purpose)?.once();
        Ok(self.registry().json::<Created>(&call)?.model_version.normalized())
    }

    /// Sets a tag of a version.
    ///
    /// # Errors
    ///
    /// `Denied`: the user may only read the model; as every call.
    pub fn set_version_tag(&self, name: &str, version: i64, key: &str, value: &str) -> Result<()> {
        let purpose = format!("setting the tag {key:?} of version {version} of the model {name:?}");
        let body = json!({"name": name, "version": version.to_string(), "key": key, "value": value});
        self.registry().send(&post(self.registry(), "model-versions/set-tag", &body, &purpose)?)
    }

    /// Deletes a tag of a version. A tag that does not exist is not an error.
    ///
    /// # Errors
    ///
    /// `Denied`: the user may only read the model; as every call.
    pub fn delete_version_tag(&self, name: &str, version: i64, key: &str) -> Result<()> {
        let purpose = format!("deleting the tag {key:?} of version {version} of the model {name:?}");
        let body = json!({"name": name, "version": version.to_string(), "key": key});
        self.registry().send(&delete(self.registry(), "model-versions/delete-tag", &body, &purpose)?)
    }

    /// Points an alias to a version.
    ///
    /// # Errors
    ///
    /// `NotFound`: no such version; as every call.
    pub fn set_alias(&self, name: &str, alias: &str, version: i64) -> Result<()> {
        let purpose = format!("setting the alias {alias:?} of the model {name:?}");
        let body = json!({"name": name, "alias": alias, "version": version.to_string()});
        self.registry().send(&post(self.registry(), "registered-models/alias", &body, &purpose)?)
    }

    /// Deletes an alias. An alias that does not exist is not an error.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        let purpose = format!("deleting the alias {alias:?} of the model {name:?}");
        let body = json!({"name": name, "alias": alias});
        self.registry().send(&delete(self.registry(), "registered-models/alias", &body, &purpose)?)
    }
}
