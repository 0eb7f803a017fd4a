//! Downloads the files of a version, and keeps them only if they are what they should be.

use std::{fs, path::Path};

use vigie_mlflow::{MlflowClient, MlflowErrorKind, ModelAddress, ResolvedModel};
use vigie_profile::shown::shown;

use super::{
    described::{REFERENCE, REFERENCE_SHA256, describe, stated_reference},
    learn_command::learn_command_on,
    query_error::QueryError,
    registry_place::RegistryPlace,
};
use crate::{
    config::ModelChoices,
    fault::{Fault, Result},
    monitor::model::read_model_as,
    reference::Reference,
};

/// Maximum size of a model or reference, in bytes.
pub(super) const LIMIT: u64 = 4 << 30;

/// Downloads the file of a model, which must be readable. Returns its SHA-256, and the inputs by the signature.
pub(super) fn keep_model(
    client: &MlflowClient,
    model: &ResolvedModel,
    place: &str,
    choices: &ModelChoices,
    folder: &Path,
) -> Result<(String, Vec<String>), QueryError> {
    let fetched = client.fetch_model(model, folder, LIMIT)?;
    if let Err(fault) = read_model_as(place, &fetched.file, choices) {
        return Err(discarded(&fetched.file, fault));
    }
    let signature = fetched.manifest.signature.as_ref();
    let inputs = signature
        .map_or_else(Vec::new, |signature| signature.inputs.iter().filter_map(|column| column.name.clone()).collect());
    Ok((fetched.sha256, inputs))
}

/// Downloads the reference next to a model, which must be the one that the version's tag states. Returns its SHA-256.
pub(super) fn keep_reference(
    client: &MlflowClient,
    model: &ResolvedModel,
    address: &ModelAddress,
    place: &RegistryPlace<'_>,
) -> Result<String, QueryError> {
    let version = describe(model);
    let root = client.locate(model)?;
    let learn = || learn_command_on(client, place, &address.to_string());
    let (fetched, file) = match client.keep_artifact(&root, REFERENCE, LIMIT, &place.folder) {
        Err(error) if error.kind() == MlflowErrorKind::NotFound => {
            return Err(QueryError::Missing(Fault::setup(format!(
                "{version} has no reference ({REFERENCE}); create it with `{}`",
                learn()
            ))));
        }
        kept => kept?,
    };
    if let Some(stated) = stated_reference(model).filter(|stated| *stated != fetched.sha256) {
        let fault = Fault::setup(format!(
            "the reference of {version} ({REFERENCE}) has the SHA-256 {}, but the version's tag {REFERENCE_SHA256} states {}: \
             one of them was replaced; register the reference again with `{}`, or delete the tag if the file is right",
            fetched.sha256,
            shown(stated),
            learn()
        ));
        return Err(discarded(&file, fault));
    }
    let opened = fs::File::open(&file).map_err(|error| Fault::retry(format!("{}: {error}", file.display())));
    let name = format!("{address} ({version})");
    if let Err(fault) = opened.and_then(|open| Reference::open(&name, Box::new(open))) {
        return Err(discarded(&file, fault));
    }
    Ok(fetched.sha256)
}

/// Removes a file that is not what it should be: nothing reads it.
fn discarded(file: &Path, fault: Fault) -> QueryError {
    let _ = fs::remove_file(file);
    QueryError::Other(fault)
}
