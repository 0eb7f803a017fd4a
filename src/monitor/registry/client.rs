//! The connection to the registry: from the config, and the environment as MLflow's own clients read it.

use std::path::Path;

use vigie_mlflow::{MlflowClient, MlflowError, MlflowSettings, ModelAddress, VersionSelector};

use super::registry_place::RegistryPlace;
use crate::{
    config::MlflowOptions,
    fault::{Fault, Result},
};

/// Connects, without a call. The environment fills in what the config does not set.
pub(crate) fn connect(options: Option<&MlflowOptions>) -> Result<MlflowClient> {
    connect_within(options, true, None)
}

/// Connects to the registry of a place. `attempts`: at most so many of each call.
pub(super) fn connect_to(place: &RegistryPlace<'_>, attempts: Option<u32>) -> Result<MlflowClient> {
    connect_within(place.options, place.has_config, attempts)
}

fn connect_within(options: Option<&MlflowOptions>, has_config: bool, attempts: Option<u32>) -> Result<MlflowClient> {
    let settings = options.map_or_else(MlflowSettings::default, settings);
    let mut settings = settings.or_env(&|name| std::env::var(name).ok()).map_err(|error| fault("mlflow", &error))?;
    if settings.tracking_uri.is_none() {
        return Err(Fault::setup(if has_config {
            "mlflow: the address of the MLflow server is not set; set mlflow.tracking_uri in the config, or \
             MLFLOW_TRACKING_URI"
        } else {
            "mlflow: the address of the MLflow server is not set; set MLFLOW_TRACKING_URI, such as http://host:5000"
        }));
    }
    if let Some(attempts) = attempts {
        settings.limits.attempts = settings.limits.attempts.min(attempts);
    }
    MlflowClient::new(settings).map_err(|error| fault("mlflow", &error))
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

/// A failed call; `key` is the flag or config key that it is about.
pub(crate) fn fault(key: &str, error: &MlflowError) -> Fault {
    let sentence = format!("{key}: {error}");
    if error.is_retryable() { Fault::retry(sentence) } else { Fault::setup(sentence) }
}
