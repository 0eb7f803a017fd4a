//! Which file an address meant when the registry was last asked. It serves while the registry cannot be reached, and saves
//! downloading the same version again.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::{
    fault::{Fault, Result, describe_io},
    report::RegistryVersion,
};

const FILE: &str = "addresses.json";

/// The kept files of a folder, by address.
#[derive(Debug)]
pub(crate) struct AddressBook {
    folder: PathBuf,
    entries: BTreeMap<String, AddressEntry>,
}

/// What an address meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AddressEntry {
    /// SHA-256 of the file, which is its name.
    pub sha256: String,
    /// Version and origin, as text: equal texts mean the same files.
    pub identity: String,
    /// For people: `version 3 of credit-default`.
    pub shown: String,
    /// The version; `None` unless the model is registered.
    #[serde(default)]
    pub version: Option<RegistryVersion>,
    /// Names of the model's inputs by its signature; empty without one.
    #[serde(default)]
    pub inputs: Vec<String>,
}

impl AddressBook {
    /// Opens the book of a folder, which is created. A damaged book is empty: files are then downloaded again.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let fault = |error: &io::Error| cannot_keep(folder, error);
        fs::create_dir_all(folder).map_err(|error| fault(&error))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A model is a trade secret.
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(|error| fault(&error))?;
        }
        let entries = match fs::read(folder.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(fault(&error)),
        };
        Ok(Self { folder: folder.to_owned(), entries })
    }

    /// What an address meant, if its file is still there.
    pub(crate) fn entry(&self, address: &str) -> Option<(&AddressEntry, PathBuf)> {
        let entry = self.entries.get(address)?;
        let file = self.folder.join(&entry.sha256);
        // The name is the hash, so that damage does not go unnoticed.
        let is_intact = hash_file(&file).is_ok_and(|hash| hash == entry.sha256);
        is_intact.then_some((entry, file))
    }

    /// Notes what an address means, and writes the book.
    pub(crate) fn put(&mut self, address: &str, entry: AddressEntry) -> Result<()> {
        self.entries.insert(address.to_owned(), entry);
        write_json(&self.folder, FILE, &self.entries).map_err(|error| cannot_keep(&self.folder, &error))
    }
}

const VALUES: &str = "values.json";

/// The values that an address had when the registry was last asked; `None` if they are not known.
pub(crate) fn read_values(folder: &Path, address: &str) -> Option<BTreeMap<String, String>> {
    all_values(folder).remove(address)
}

/// Notes the values of an address.
pub(crate) fn write_values(folder: &Path, address: &str, values: &BTreeMap<String, String>) -> Result<()> {
    AddressBook::open(folder)?;
    let mut all = all_values(folder);
    if all.insert(address.to_owned(), values.clone()).as_ref() == Some(values) {
        return Ok(());
    }
    write_json(folder, VALUES, &all).map_err(|error| cannot_keep(folder, &error))
}

/// A damaged file is empty.
fn all_values(folder: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let bytes = fs::read(folder.join(VALUES)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Writes a file, complete or not at all.
fn write_json(folder: &Path, name: &str, content: &impl Serialize) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut file, content)?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    Ok(())
}

/// SHA-256 of a file, in hexadecimal.
pub(super) fn hash_file(file: &Path) -> io::Result<String> {
    Ok(Sha256::digest(fs::read(file)?).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn cannot_keep(folder: &Path, error: &io::Error) -> Fault {
    Fault::setup(format!(
        "{}: models of the registry cannot be kept here: {}; choose a folder that this user may write",
        folder.display(),
        describe_io(error)
    ))
}
