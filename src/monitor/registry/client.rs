//! The connection to the registry: from the config, and the environment as MLflow's own clients read it.

use std::path::{Path, PathBuf};

use vigie_mlflow::{MlflowClient, MlflowError, MlflowSettings, ModelAddress, VersionSelector};

use crate::{
    config::{MlflowOptions, Settings},
    fault::{Fault, Result},
};

/// Connects, without a call. The environment fills in what the config does not set.
pub(crate) fn connect(options: Option<&MlflowOptions>) -> Result<MlflowClient> {
    let settings = options.map_or_else(MlflowSettings::default, settings);
    let settings = settings.or_env(&|name| std::env::var(name).ok());
    settings.and_then(MlflowClient::new).map_err(|error| fault("mlflow", &error))
}

fn settings(options: &MlflowOptions) -> MlflowSettings {
    MlflowSettings {
        tracking_uri: options.tracking_uri.clone(),
        registry_uri: options.registry_uri.clone(),
        username: options.username.clone(),
        password_file: options.password_file.clone(),
        token_file: options.token_file.clone(),
        ca_file: options.ca_file.clone(),
        client_certificate: options.client_certificate.clone(),
        workspace: options.workspace.clone(),
        artifact_hosts: options.artifact_hosts.clone(),
        ..MlflowSettings::default()
    }
}

/// The address that a path is; `None` for the path of a file. `key`: the flag or config key, for errors.
pub(crate) fn address_of(key: &str, path: &Path) -> Result<Option<ModelAddress>> {
    let Some(text) = path.to_str().filter(|text| ModelAddress::is_address(text)) else { return Ok(None) };
    text.parse().map(Some).map_err(|error| fault(key, &error))
}

/// The alias that an address names; `None` if it names a version in another way.
pub(crate) fn alias_of(address: &str) -> Option<String> {
    match address.parse() {
        Ok(ModelAddress::Registered { version: VersionSelector::Alias(alias), .. }) => Some(alias),
        _ => None,
    }
}

/// The settings with the addresses of the model's file and reference replaced by those of one version of it.
#[must_use]
pub fn pinned_settings(settings: &Settings, version: u64) -> Settings {
    let mut pinned = settings.clone();
    let one = |path: &Path| match path.to_str().map(str::parse) {
        Some(Ok(ModelAddress::Registered { name, version: _ })) => {
            let address = ModelAddress::Registered { name, version: VersionSelector::Number(version) };
            PathBuf::from(address.to_string())
        }
        _ => path.to_owned(),
    };
    pinned.model.file = pinned.model.file.as_deref().map(one);
    pinned.reference = one(&pinned.reference);
    pinned
}

/// A failed call; `key` is the flag or config key that it is about.
pub(crate) fn fault(key: &str, error: &MlflowError) -> Fault {
    let sentence = format!("{key}: {error}");
    if error.is_retryable() { Fault::retry(sentence) } else { Fault::setup(sentence) }
}
