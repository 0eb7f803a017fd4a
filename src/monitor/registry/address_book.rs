//! Which versions are kept in a folder, and what each address meant last. They serve while the registry cannot be reached, and
//! save downloading the same version again.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use serde::{Deserialize, Serialize};
use vigie_mlflow::{ModelAddress, VersionSelector};

use super::{
    kept_files::{cannot_keep, make_folder},
    leftover_files::remove_leftover_files,
};
use crate::{fault::Result, report::RegistryVersion};

const FILE: &str = "book.json";
/// Held while the book is changed, so that no process overwrites what another one has added.
const LOCK: &str = "book.lock";
/// Number of versions of a model that are kept: late rows and labels are checked with the version of their window.
const KEPT_VERSIONS: usize = 20;
/// Number of versions that an address remembers, because the latest ones may be incomplete.
const REMEMBERED: usize = 3;

/// The book of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AddressBook {
    /// Least recently changed first.
    #[serde(default)]
    versions: Vec<KeptVersion>,
    /// Identities of the versions that an address meant, latest last. The key begins with the server, because two servers may
    /// give one address to different models.
    #[serde(default)]
    addresses: BTreeMap<String, Vec<String>>,
}

/// A version, and what is kept of it. Everything belongs together: no file or value of another version is ever mixed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptVersion {
    /// Server, version and origin, as text: equal texts mean the same files.
    pub identity: String,
    /// The server.
    pub server: String,
    /// For people: `version 3 of credit-default`.
    pub shown: String,
    /// The version; `None` unless the model is registered.
    #[serde(default)]
    pub version: Option<RegistryVersion>,
    /// SHA-256 of the model's file, which is its name.
    #[serde(default)]
    pub model: Option<String>,
    /// Names of the model's inputs by its signature; empty without one.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// SHA-256 of the reference.
    #[serde(default)]
    pub reference: Option<String>,
    /// Tags of the version or its run that were asked for.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// An address on a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerAddress<'a> {
    pub server: &'a str,
    pub address: &'a ModelAddress,
}

impl ServerAddress<'_> {
    fn key(&self) -> String {
        format!("{} {}", self.server, self.address)
    }

    /// The name and number that the address consists of.
    fn number(&self) -> Option<(&str, i64)> {
        match self.address {
            ModelAddress::Registered { name, version: VersionSelector::Number(number) } => {
                Some((name, i64::try_from(*number).ok()?))
            }
            _ => None,
        }
    }
}

impl AddressBook {
    /// Reads the book of a folder. A missing or damaged one is empty: files are then downloaded again.
    pub(super) fn read(folder: &Path) -> Self {
        fs::read(folder.join(FILE)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// The version of this identity.
    pub(super) fn version(&self, identity: &str) -> Option<&KeptVersion> {
        self.versions.iter().find(|version| version.identity == identity)
    }

    /// The versions that an address meant, latest first.
    pub(super) fn meant(&self, at: ServerAddress<'_>) -> Vec<&KeptVersion> {
        if let Some((name, number)) = at.number() {
            let is_it = |own: &&KeptVersion| {
                let version = own.version.as_ref();
                own.server == at.server && version.is_some_and(|own| own.name == name && own.version == number)
            };
            return self.versions.iter().rev().filter(is_it).collect();
        }
        let identities = self.addresses.get(&at.key()).map_or(&[][..], Vec::as_slice);
        identities.iter().rev().filter_map(|identity| self.version(identity)).collect()
    }

    /// Whether this is the latest version that an alias meant.
    pub(super) fn is_latest(&self, at: ServerAddress<'_>, identity: &str) -> bool {
        self.addresses.get(&at.key()).and_then(|identities| identities.last()).is_some_and(|last| last == identity)
    }

    /// Notes what an address means, and removes files that nothing names any more.
    pub(super) fn put(folder: &Path, at: ServerAddress<'_>, version: &KeptVersion) -> Result<()> {
        let mut known = Self::read(folder);
        let before = known.clone();
        known.add(at, version);
        if known != before {
            known = change(folder, |book| book.add(at, version)).map_err(|error| cannot_keep(folder, &error))?;
        }
        remove_leftover_files(folder, &known.files());
        Ok(())
    }

    /// Names of the files that versions consist of.
    fn files(&self) -> Vec<&str> {
        self.versions.iter().flat_map(|own| own.model.iter().chain(&own.reference)).map(String::as_str).collect()
    }

    fn add(&mut self, at: ServerAddress<'_>, version: &KeptVersion) {
        let known = self.versions.iter().position(|own| own.identity == version.identity);
        let mut merged = version.clone();
        if let Some(known) = known.and_then(|place| self.versions.get(place)) {
            merged.complete(known);
        }
        let is_known = self.version(&version.identity) == Some(&merged);
        let mut is_latest = true;
        if at.number().is_none() {
            let identities = self.addresses.entry(at.key()).or_default();
            is_latest = identities.last() == Some(&version.identity);
            if !is_latest {
                identities.retain(|own| *own != version.identity);
                identities.push(version.identity.clone());
                identities.drain(..identities.len().saturating_sub(REMEMBERED));
            }
        }
        if is_known && is_latest {
            return;
        }
        if let Some(place) = known {
            self.versions.remove(place);
        }
        self.versions.push(merged);
        self.forget_old();
    }

    /// Forgets versions, except the latest of each address and the last ones of each model.
    fn forget_old(&mut self) {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let latest: Vec<&String> = self.addresses.values().filter_map(|identities| identities.last()).collect();
        let mut kept: Vec<KeptVersion> = Vec::new();
        for version in self.versions.iter().rev() {
            let name = version.version.as_ref().map_or(String::new(), |own| own.name.clone());
            let count = counts.entry((version.server.clone(), name)).or_default();
            *count += 1;
            if *count <= KEPT_VERSIONS || latest.contains(&&version.identity) {
                kept.push(version.clone());
            }
        }
        kept.reverse();
        self.versions = kept;
        for identities in self.addresses.values_mut() {
            identities.retain(|identity| self.versions.iter().any(|own| own.identity == *identity));
        }
        self.addresses.retain(|_, identities| !identities.is_empty());
    }
}

impl KeptVersion {
    /// Adds what is known of the same version, without replacing anything.
    fn complete(&mut self, known: &Self) {
        if self.model.is_none() {
            self.model.clone_from(&known.model);
            self.inputs.clone_from(&known.inputs);
        }
        if self.reference.is_none() {
            self.reference.clone_from(&known.reference);
        }
        for (name, value) in &known.values {
            self.values.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// Changes the book as it is now, alone. Returns the new one.
fn change(folder: &Path, change: impl FnOnce(&mut AddressBook)) -> io::Result<AddressBook> {
    make_folder(folder)?;
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
    lock.lock()?;
    let mut book = AddressBook::read(folder);
    change(&mut book);
    let mut file = tempfile::Builder::new().prefix(".book-").suffix(".part").tempfile_in(folder)?;
    serde_json::to_writer_pretty(&mut file, &book)?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist(folder.join(FILE)).map_err(|error| error.error)?;
    Ok(book)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, thread, time::Duration};

    use super::*;

    fn version(number: i64) -> KeptVersion {
        let text = |text: &str| format!("{text}{number:063}");
        KeptVersion {
            identity: format!("s\nm\n{number}"),
            server: "s".to_owned(),
            shown: format!("version {number} of m"),
            version: Some(RegistryVersion {
                address: format!("models:/m/{number}"),
                model_id: None,
                name: "m".to_owned(),
                run_id: None,
                version: number,
            }),
            model: Some(text("a")),
            inputs: Vec::new(),
            reference: Some(text("b")),
            values: BTreeMap::new(),
        }
    }

    fn put(folder: &Path, address: &str, version: &KeptVersion) {
        let address = address.parse().unwrap();
        AddressBook::put(folder, ServerAddress { server: "s", address: &address }, version).unwrap();
    }

    fn meant(folder: &Path, address: &str) -> Vec<String> {
        let address = address.parse().unwrap();
        let book = AddressBook::read(folder);
        let found = book.meant(ServerAddress { server: "s", address: &address });
        found.into_iter().map(|own| own.shown.clone()).collect()
    }

    #[test]
    fn entries_of_several_writers_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for writer in 0..8 {
                let folder = folder.path();
                scope.spawn(move || {
                    for entry in 0..4 {
                        put(folder, &format!("models:/m@a{writer}-{entry}"), &version(writer));
                    }
                });
            }
        });
        for writer in 0..8 {
            for entry in 0..4 {
                let found = meant(folder.path(), &format!("models:/m@a{writer}-{entry}"));
                assert_eq!(found, [format!("version {writer} of m")]);
            }
        }
    }

    #[test]
    fn versions_and_files_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let recently = folder.join("recently");
        let old = File::create(&recently).unwrap().metadata().unwrap().modified().unwrap() - Duration::from_hours(2);
        let file = |name: &str| {
            let file = File::create(folder.join(name)).unwrap();
            file.set_modified(old).unwrap();
        };
        put(folder, "models:/m@first", &version(1));
        for number in 1..=30 {
            put(folder, "models:/m@champion", &version(number));
            let own = version(number);
            own.model.iter().chain(&own.reference).for_each(|name| file(name));
        }
        let unnamed = "c".repeat(64);
        [unnamed.as_str(), ".mlflow-x.part", ".book-x.part", "notes.txt"].into_iter().for_each(file);
        let recent = "d".repeat(64);
        fs::write(folder.join(&recent), "").unwrap();
        put(folder, "models:/m@champion", &version(30));
        // The latest version of each address, and the last twenty.
        assert_eq!(meant(folder, "models:/m@champion"), [30, 29, 28].map(|number| format!("version {number} of m")));
        assert_eq!(meant(folder, "models:/m@first"), ["version 1 of m"]);
        assert_eq!(meant(folder, "models:/m/11"), ["version 11 of m"]);
        assert_eq!(meant(folder, "models:/m/10"), Vec::<String>::new());
        let is_there = |name: &str| folder.join(name).exists();
        for number in [1, 11, 30] {
            assert!(is_there(version(number).model.as_ref().unwrap()), "{number}");
        }
        assert!(!is_there(version(10).reference.as_ref().unwrap()));
        assert!(![unnamed.as_str(), ".mlflow-x.part", ".book-x.part"].into_iter().any(is_there));
        assert!(is_there("notes.txt") && is_there(&recent));
    }

    #[test]
    fn what_is_known_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        put(folder, "models:/m@champion", &version(1));
        // The book cannot be changed any more.
        fs::remove_file(folder.join(LOCK)).unwrap();
        fs::create_dir(folder.join(LOCK)).unwrap();
        put(folder, "models:/m@champion", &KeptVersion { reference: None, ..version(1) });
        let address = "models:/m@champion".parse().unwrap();
        let refused = AddressBook::put(folder, ServerAddress { server: "s", address: &address }, &version(2));
        assert!(refused.unwrap_err().to_string().contains("cannot be kept here"));
    }
}
