//! `vigie learn --register`: puts a reference next to the model in the registry.

use std::path::Path;

use vigie_mlflow::{ModelAddress, ResolvedModel};

use super::{
    address_book::hash_file,
    client::{address_of, connect, fault},
    local_file::{REFERENCE, REFERENCE_SHA256, RegistryPlace},
};
use crate::fault::{Fault, Result, describe_io};

/// The flag that asks for it.
const REGISTER: &str = "--register";
/// The tag of the version that names the reference.
const TAG: &str = "vigie.reference";

/// The address that `--model` is, where `--register` needs one.
pub(crate) fn required_address(model: &Path) -> Result<ModelAddress> {
    address_of(REGISTER, model)?.ok_or_else(|| {
        Fault::setup("--register: --model names a file; name the model by its address, such as models:/NAME@champion")
    })
}

/// Uploads a reference next to the model that `address` means now, and tags the version. Returns what was registered, for
/// people.
pub(crate) fn register_reference(address: &Path, reference: &Path, place: &RegistryPlace<'_>) -> Result<String> {
    let parsed = required_address(address)?;
    let unreadable = |error| Fault::setup(format!("{REGISTER}: {}: {}", reference.display(), describe_io(&error)));
    let sha256 = hash_file(reference).map_err(unreadable)?;
    let client = connect(place.options)?;
    let failed = |error| fault(REGISTER, &error);
    let model = client.resolve(&parsed).map_err(failed)?;
    let root = client.locate(&model).map_err(failed)?;
    client.upload_file(&root, REFERENCE, reference).map_err(failed)?;
    if let ResolvedModel::Version(version) = &model {
        for (tag, value) in [(REFERENCE_SHA256, sha256.as_str()), (TAG, REFERENCE)] {
            client.set_version_tag(&version.name, version.version, tag, value).map_err(failed)?;
        }
    }
    Ok(format!("{REFERENCE} is next to {} ({})", address.display(), client.server()))
}
