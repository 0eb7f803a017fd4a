//! From an address to a file on this machine.

use std::path::{Path, PathBuf};

use tracing::warn;
use vigie_mlflow::{MlflowClient, MlflowError, MlflowErrorKind, ModelAddress, ResolvedModel};

use super::{
    address_book::{AddressBook, AddressEntry},
    client::{address_of, connect, fault},
};
use crate::{
    config::{MlflowOptions, Settings},
    fault::{Fault, Result},
    report::RegistryVersion,
};

/// Where `vigie learn --register` puts a reference, below the model's folder.
pub(crate) const REFERENCE: &str = "vigie/reference.vigie";
/// The tag of the version with the SHA-256 of its reference, which saves downloading it to see whether it was replaced.
pub(super) const REFERENCE_SHA256: &str = "vigie.reference.sha256";
/// Maximum size of a model or reference, in bytes.
pub(super) const LIMIT: u64 = 4 << 30;

/// What an address stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressedFile {
    Model,
    /// The reference next to a model.
    Reference,
}

/// A file that is named by its path, or by an address of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalFile {
    pub path: PathBuf,
    /// The version that the address means; `None` for a path.
    pub registered: Option<RegisteredFile>,
}

impl LocalFile {
    /// What the file is called: its address and the version that this means, or the name of the file.
    pub(crate) fn name(&self) -> String {
        match &self.registered {
            Some(RegisteredFile { address, shown, .. }) => format!("{address} ({shown})"),
            None => {
                let whole = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
                let name = self.path.file_name().or_else(|| whole.file_name());
                name.unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
            }
        }
    }
}

/// A file of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegisteredFile {
    pub address: String,
    /// `version 3 of credit-default`.
    pub shown: String,
    /// The version; `None` unless the model is registered.
    pub version: Option<RegistryVersion>,
    /// Names of the model's inputs by its signature; empty without one.
    pub inputs: Vec<String>,
    /// Whether the registry could not be reached, so that this is the file that the address meant last.
    pub is_kept: bool,
}

/// The registry that a config names, and the folder in which its files are kept.
#[derive(Debug, Clone)]
pub(crate) struct RegistryPlace<'a> {
    pub options: Option<&'a MlflowOptions>,
    pub folder: PathBuf,
}

impl<'a> RegistryPlace<'a> {
    /// That of a config: files are kept with the state.
    pub(crate) fn of(settings: &'a Settings) -> Self {
        Self { options: settings.mlflow.as_ref(), folder: settings.state.join("models") }
    }

    /// Without a config: the server of the environment, and the user's cache.
    pub(crate) fn of_environment() -> RegistryPlace<'static> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
        let folder = cache.unwrap_or_else(std::env::temp_dir).join("vigie").join("models");
        RegistryPlace { options: None, folder }
    }
}

/// The file that a path or an address means now; `key` is the flag or config key that names it. If the registry cannot be
/// reached, the file that the address meant last.
pub(crate) fn local_file(key: &str, path: &Path, what: AddressedFile, place: &RegistryPlace<'_>) -> Result<LocalFile> {
    let Some(address) = address_of(key, path)? else {
        return Ok(LocalFile { path: path.to_owned(), registered: None });
    };
    let text = path.display().to_string();
    let name = match what {
        AddressedFile::Model => text.clone(),
        AddressedFile::Reference => format!("{text} {REFERENCE}"),
    };
    let mut book = AddressBook::open(&place.folder).map_err(|fault| fault.context(key))?;
    let client = connect(place.options)?;
    // Two servers may give one address to different models.
    let name = format!("{} {name}", client.server());
    let found = find(&client, &address, what, &name, &mut book, &place.folder);
    let is_kept = found.is_err();
    let (entry, file) = match found {
        Ok(found) => found,
        Err(FindError::Other(fault)) => return Err(fault.context(key)),
        Err(FindError::Registry(error)) => match book.entry(&name).filter(|_| error.is_retryable()) {
            Some((entry, file)) => {
                warn!(
                    key,
                    address = text,
                    "the registry cannot be reached ({error}); {}, which the address meant last, serves until it can",
                    entry.shown
                );
                (entry.clone(), file)
            }
            None => return Err(fault(key, &error)),
        },
    };
    let registered =
        RegisteredFile { address: text, shown: entry.shown, version: entry.version, inputs: entry.inputs, is_kept };
    Ok(LocalFile { path: file, registered: Some(registered) })
}

/// Why a file was not found.
enum FindError {
    Registry(MlflowError),
    Other(Fault),
}

impl From<MlflowError> for FindError {
    fn from(error: MlflowError) -> Self {
        Self::Registry(error)
    }
}

/// Asks the registry, and downloads the file unless it is kept.
fn find(
    client: &MlflowClient,
    address: &ModelAddress,
    what: AddressedFile,
    name: &str,
    book: &mut AddressBook,
    folder: &Path,
) -> Result<(AddressEntry, PathBuf), FindError> {
    let model = client.resolve(address)?;
    let identity = identity(&model);
    let version = registry_version(address, &model);
    let is_current = |entry: &AddressEntry| {
        // A reference may be replaced next to the same version.
        let is_stated = || stated_reference(&model) == Some(&entry.sha256);
        entry.identity == identity && entry.version == version && (what == AddressedFile::Model || is_stated())
    };
    if let Some((entry, file)) = book.entry(name).filter(|(entry, _)| is_current(entry)) {
        return Ok((entry.clone(), file));
    }
    let shown = describe(&model);
    let (file, entry) = match what {
        AddressedFile::Model => {
            let fetched = client.fetch_model(&model, folder, LIMIT)?;
            let signature = fetched.manifest.signature.as_ref();
            let inputs = signature.map_or_else(Vec::new, |signature| {
                signature.inputs.iter().filter_map(|column| column.name.clone()).collect()
            });
            (fetched.file, AddressEntry { sha256: fetched.sha256, identity, shown, version, inputs })
        }
        AddressedFile::Reference => {
            let root = client.locate(&model)?;
            let kept = client.keep_artifact(&root, REFERENCE, LIMIT, folder);
            let (fetched, file) = kept.map_err(|error| without_reference(error, &shown))?;
            (file, AddressEntry { sha256: fetched.sha256, identity, shown, version, inputs: Vec::new() })
        }
    };
    book.put(name, entry.clone()).map_err(FindError::Other)?;
    Ok((entry, file))
}

/// The SHA-256 of the reference next to a version, as its tag states it.
fn stated_reference(model: &ResolvedModel) -> Option<&String> {
    match model {
        ResolvedModel::Version(version) => version.tags.get(REFERENCE_SHA256),
        ResolvedModel::Logged(_) | ResolvedModel::Run { .. } => None,
    }
}

/// A text that is equal for the same files only.
fn identity(model: &ResolvedModel) -> String {
    match model {
        ResolvedModel::Version(version) => {
            format!("{}\n{}\n{}\n{}", version.name, version.version, version.created_ms, version.source)
        }
        ResolvedModel::Logged(model) => model.model_id.clone(),
        ResolvedModel::Run { run_id, path, .. } => format!("{run_id}\n{path}"),
    }
}

/// The version that an address means; `None` unless the model is registered.
fn registry_version(address: &ModelAddress, model: &ResolvedModel) -> Option<RegistryVersion> {
    let ResolvedModel::Version(version) = model else { return None };
    Some(RegistryVersion {
        address: address.to_string(),
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

/// States how to put a reference next to a model, if it has none.
fn without_reference(error: MlflowError, version: &str) -> FindError {
    if error.kind() != MlflowErrorKind::NotFound {
        return FindError::Registry(error);
    }
    FindError::Other(Fault::setup(format!(
        "{version} has no reference ({REFERENCE}); create it with `vigie learn --model ADDRESS --data FILE --register`"
    )))
}
