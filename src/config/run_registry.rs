//! What addresses of the registry mean in one run: decided when the run begins, so that all of it uses one version.

use std::path::PathBuf;

use vigie_mlflow::{ModelAddress, VersionSelector};

use crate::report::RegistryVersion;

/// The registry in one run.
#[derive(Debug, Clone, Default)]
pub struct RunRegistry {
    /// Name and number of the version to use instead of the one that addresses of this model mean now: that of a window which
    /// is checked again.
    pub pinned: Option<(String, u64)>,
    /// Whether the registry did not reply earlier in the same check, and is not asked again.
    pub is_away: bool,
    /// The files of the model and the reference, each with what it is, as far as they have addresses. Empty until they are
    /// looked up.
    pub files: Vec<(AddressedFile, LocalFile)>,
}

impl RunRegistry {
    /// The address of the version to use for another address; `None` if that is the address itself.
    #[must_use]
    pub fn pinned_address(&self, address: &ModelAddress) -> Option<ModelAddress> {
        let (model, number) = self.pinned.as_ref()?;
        let ModelAddress::Registered { name, .. } = address else { return None };
        let version = VersionSelector::Number(*number);
        (name == model).then(|| ModelAddress::Registered { name: name.clone(), version })
    }

    /// A file that was found for an address.
    #[must_use]
    pub fn file(&self, what: AddressedFile, address: &str) -> Option<&LocalFile> {
        let is_it = |file: &LocalFile| file.registered.as_ref().is_some_and(|own| own.configured == address);
        self.files.iter().find(|(own, file)| *own == what && is_it(file)).map(|(_, file)| file)
    }
}

/// What an address stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressedFile {
    Model,
    /// The reference next to a model.
    Reference,
}

/// A file that is named by its path, or by an address of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    pub path: PathBuf,
    /// The version that the address means; `None` for a path.
    pub registered: Option<RegisteredFile>,
}

impl LocalFile {
    /// What the file is called in reports: its address and the version that this means, or the name of the file.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.registered {
            Some(registered) => registered.name(),
            None => {
                let whole = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
                let name = self.path.file_name().or_else(|| whole.file_name());
                name.unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
            }
        }
    }

    /// What errors call the file: its address and the version that this means, or its path.
    #[must_use]
    pub fn shown(&self) -> String {
        self.registered.as_ref().map_or_else(|| self.path.display().to_string(), RegisteredFile::name)
    }
}

/// A file of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredFile {
    /// The address in the config or on the command line.
    pub configured: String,
    /// The address that means the version: `configured`, or that of the number if another version is used.
    pub address: String,
    /// `version 3 of credit-default`.
    pub shown: String,
    /// The version; `None` unless the model is registered.
    pub version: Option<RegistryVersion>,
    /// Names of the model's inputs by its signature; empty without one.
    pub inputs: Vec<String>,
    /// Why a kept file is in use; `None` if the registry stated the version now.
    pub outage: Option<RegistryOutage>,
}

impl RegisteredFile {
    fn name(&self) -> String {
        format!("{} ({})", self.address, self.shown)
    }
}

/// Why the registry did not state a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryOutage {
    /// There was no reply, or none of a registry.
    Unreachable,
    /// The credentials were refused, or lack a permission.
    Denied,
}
