//! `vigie learn --register`: puts a reference next to the model in the registry.

use std::path::Path;

use vigie_mlflow::{ArtifactRoot, MlflowClient, MlflowError, ModelAddress, ResolvedModel};

use super::{
    client::{address_of, connect_to, fault},
    described::{REFERENCE, REFERENCE_SHA256, describe},
    kept_files::hash_file,
    registry_place::RegistryPlace,
};
use crate::fault::{Fault, Result, describe_io};

/// The flag that asks for it.
const REGISTER: &str = "--register";
/// The tag of the version that names the reference.
const TAG: &str = "vigie.reference";
/// A tag that no version has. Deleting it changes nothing, and needs the permission to set tags.
const NO_TAG: &str = "vigie.permission";

/// The version that a reference will be put next to, which is decided before it is learnt.
pub(crate) struct Registration {
    client: MlflowClient,
    address: ModelAddress,
    model: ResolvedModel,
    root: ArtifactRoot,
}

impl Registration {
    /// Finds the version that `--model` means now, and tests whether a reference can be put next to it.
    pub(crate) fn begin(model: &Path, place: &RegistryPlace<'_>) -> Result<Self> {
        let address = address_of(REGISTER, model)?.ok_or_else(|| {
            Fault::setup(
                "--register: --model names a file; name the model by its address, such as models:/NAME@champion",
            )
        })?;
        let client = connect_to(place, None)?;
        let model = client.resolve(&address).map_err(|error| failed(&error))?;
        let root = client.locate(&model).map_err(|error| failed(&error))?;
        if !root.is_writable() {
            return Err(Fault::setup(format!(
                "{REGISTER}: the server does not pass files on to {root}, where {} is; start it with --serve-artifacts and \
                 log the model again, or learn without --register and name the reference by its path",
                describe(&model)
            )));
        }
        if let ResolvedModel::Version(version) = &model {
            client.delete_version_tag(&version.name, version.version, NO_TAG).map_err(|error| failed(&error))?;
        }
        Ok(Self { client, address, model, root })
    }

    /// Name and number of the version; `None` unless the model is registered.
    pub(crate) fn version(&self) -> Option<(String, u64)> {
        let ResolvedModel::Version(version) = &self.model else { return None };
        Some((version.name.clone(), u64::try_from(version.version).ok()?))
    }

    /// Uploads a reference, and tags the version. Returns what was registered, for people.
    pub(crate) fn finish(&self, reference: &Path) -> Result<String> {
        let Self { client, address, model, root } = self;
        let unreadable = |error| Fault::setup(format!("{REGISTER}: {}: {}", reference.display(), describe_io(&error)));
        let sha256 = hash_file(reference).map_err(unreadable)?;
        let put = || -> Result<(), MlflowError> {
            let ResolvedModel::Version(version) = model else { return client.upload_file(root, REFERENCE, reference) };
            let (name, number) = (version.name.as_str(), version.version);
            // Without the tag, any reference is accepted: at no moment does it state another one than is there.
            client.delete_version_tag(name, number, REFERENCE_SHA256)?;
            client.upload_file(root, REFERENCE, reference)?;
            client.set_version_tag(name, number, REFERENCE_SHA256, &sha256)?;
            client.set_version_tag(name, number, TAG, REFERENCE)
        };
        put().map_err(|error| failed(&error))?;
        Ok(format!("{REFERENCE} is next to {} ({address}, {})", describe(model), client.server()))
    }
}

fn failed(error: &MlflowError) -> Fault {
    fault(REGISTER, error)
}
