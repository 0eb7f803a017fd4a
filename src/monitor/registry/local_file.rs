//! From an address to a file on this machine.

use std::path::Path;

use super::{
    client::address_of,
    registry_place::RegistryPlace,
    version_query::{VersionParts, VersionQuery},
};
use crate::{
    config::{AddressedFile, LocalFile, ModelChoices},
    fault::{Fault, Result},
};

/// The file that a path or an address means; `key` is the flag or config key that names it. If the run has looked the address
/// up, the file that was found. If the registry cannot be reached, the file that the address meant last.
///
/// `choices`: what is set for a model's file where that leaves a question open.
pub(crate) fn local_file(
    key: &str,
    path: &Path,
    what: AddressedFile,
    choices: &ModelChoices,
    place: &RegistryPlace<'_>,
) -> Result<LocalFile> {
    let Some(address) = address_of(key, path)? else {
        return Ok(LocalFile { path: path.to_owned(), registered: None });
    };
    if let Some(file) = place.run.file(what, &address.to_string()) {
        return Ok(file.clone());
    }
    let wanted = match what {
        AddressedFile::Model => VersionParts { model: Some(choices), ..VersionParts::default() },
        AddressedFile::Reference => VersionParts { reference: true, ..VersionParts::default() },
    };
    let found = VersionQuery { key, address: &address, wanted, place }.find()?;
    found.file(what).ok_or_else(|| Fault::setup(format!("{key}: {address} has no such file")))
}
