//! What the registry states about a version, as texts.

use std::collections::BTreeMap;

use vigie_mlflow::{MlflowClient, MlflowError, MlflowErrorKind, ResolvedModel};

use crate::{config::VERSION_NUMBER, report::RegistryVersion};

/// Where `vigie learn --register` puts a reference, below the model's folder.
pub(super) const REFERENCE: &str = "vigie/reference.vigie";
/// The tag of the version with the SHA-256 of its reference, which saves downloading it to see whether it was replaced.
pub(super) const REFERENCE_SHA256: &str = "vigie.reference.sha256";

/// The SHA-256 of the reference next to a version, as its tag states it.
pub(super) fn stated_reference(model: &ResolvedModel) -> Option<&str> {
    match model {
        ResolvedModel::Version(version) => version.tags.get(REFERENCE_SHA256).map(|stated| stated.trim()),
        ResolvedModel::Logged(_) | ResolvedModel::Run { .. } => None,
    }
}

/// A text that is equal for the same files only.
pub(super) fn identity(server: &str, model: &ResolvedModel) -> String {
    match model {
        ResolvedModel::Version(version) => {
            format!("{server}\n{}\n{}\n{}\n{}", version.name, version.version, version.created_ms, version.source)
        }
        ResolvedModel::Logged(model) => format!("{server}\n{}", model.model_id),
        ResolvedModel::Run { run_id, path, .. } => format!("{server}\n{run_id}\n{path}"),
    }
}

/// The version by its number; `None` unless the model is registered.
pub(super) fn registry_version(model: &ResolvedModel) -> Option<RegistryVersion> {
    let ResolvedModel::Version(version) = model else { return None };
    Some(RegistryVersion {
        address: format!("models:/{}/{}", version.name, version.version),
        model_id: version.model_id.clone(),
        name: version.name.clone(),
        run_id: version.run_id.clone(),
        version: version.version,
    })
}

/// A version, for people.
pub(super) fn describe(model: &ResolvedModel) -> String {
    match model {
        ResolvedModel::Version(version) => format!("version {} of {}", version.version, version.name),
        ResolvedModel::Logged(model) => format!("the logged model {}", model.model_id),
        ResolvedModel::Run { run_id, path, .. } => format!("{path} of the run {run_id}"),
    }
}

/// Tags of the version, else tags and parameters of its run, and the version's number. A run that was deleted has none.
pub(super) fn texts_of(client: &MlflowClient, model: &ResolvedModel) -> Result<BTreeMap<String, String>, MlflowError> {
    let mut texts = BTreeMap::new();
    match model.run_id().map(|run_id| client.run(run_id)) {
        Some(Ok(run)) => {
            texts.extend(run.params);
            texts.extend(run.tags);
        }
        Some(Err(error)) if error.kind() != MlflowErrorKind::NotFound => return Err(error),
        Some(Err(_)) | None => {}
    }
    texts.extend(version_texts(model));
    Ok(texts)
}

/// Tags of the version, and its number.
pub(super) fn version_texts(model: &ResolvedModel) -> BTreeMap<String, String> {
    match model {
        ResolvedModel::Version(version) => {
            let number = (VERSION_NUMBER.to_owned(), version.version.to_string());
            version.tags.clone().into_iter().chain([number]).collect()
        }
        ResolvedModel::Logged(logged) => logged.tags.clone(),
        ResolvedModel::Run { .. } => BTreeMap::new(),
    }
}
