//! Asks the registry which version an address means, and for everything that a run needs of it: all of one version, or all
//! that is kept of an earlier one.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use tracing::warn;
use vigie_mlflow::{MlflowClient, MlflowError, MlflowErrorKind, ModelAddress, ResolvedModel, VersionSelector};

use super::{
    address_book::{AddressBook, KeptVersion, ServerAddress},
    client::{connect_to, fault},
    described::{describe, identity, registry_version, stated_reference, texts_of, version_texts},
    fetched_files::{keep_model, keep_reference},
    kept_files::{create_folder, intact_file},
    query_error::QueryError,
    registry_place::{KeptUse, RegistryPlace},
};
use crate::{
    config::{AddressedFile, LocalFile, ModelChoices, RegisteredFile, RegistryOutage},
    fault::{Fault, Result},
};

/// What is needed of a version.
#[derive(Debug, Clone, Default)]
pub(super) struct VersionParts<'a> {
    /// The model's file, with the config's choices for what it leaves open.
    pub model: Option<&'a ModelChoices>,
    pub reference: bool,
    /// Tags of the version, or else tags and parameters of its run.
    pub tags: Vec<&'a str>,
}

/// A question about an address.
#[derive(Debug, Clone)]
pub(super) struct VersionQuery<'a> {
    /// The flag or config key that names the address, for errors.
    pub key: &'a str,
    pub address: &'a ModelAddress,
    pub wanted: VersionParts<'a>,
    pub place: &'a RegistryPlace<'a>,
}

/// The version that an address means, of which everything is there that was wanted.
#[derive(Debug, Clone)]
pub(super) struct FoundVersion {
    pub kept: KeptVersion,
    pub outage: Option<RegistryOutage>,
    configured: String,
    address: String,
    folder: PathBuf,
}

impl FoundVersion {
    /// One of its files; `None` if it was not asked for.
    pub(super) fn file(&self, what: AddressedFile) -> Option<LocalFile> {
        let (sha256, inputs) = match what {
            AddressedFile::Model => (self.kept.model.as_ref()?, self.kept.inputs.clone()),
            AddressedFile::Reference => (self.kept.reference.as_ref()?, Vec::new()),
        };
        let mut version = self.kept.version.clone();
        if let Some(version) = &mut version {
            version.address.clone_from(&self.address);
        }
        let registered = RegisteredFile {
            configured: self.configured.clone(),
            address: self.address.clone(),
            shown: self.kept.shown.clone(),
            version,
            inputs,
            outage: self.outage,
        };
        Some(LocalFile { path: self.folder.join(sha256), registered: Some(registered) })
    }
}

/// Attempts of a call if a kept version can serve instead.
const FEW_ATTEMPTS: u32 = 2;

impl VersionQuery<'_> {
    /// Finds the version. If the registry cannot be reached, the one that the address meant last, if all that is wanted of
    /// it is kept.
    pub(super) fn find(&self) -> Result<FoundVersion> {
        let folder = self.place.folder.as_path();
        let pinned = self.place.run.pinned_address(self.address);
        let asked = pinned.as_ref().unwrap_or(self.address);
        let mut client = connect_to(self.place, None)?;
        let server = server_name(&client);
        let at = ServerAddress { server: &server, address: asked };
        let book = AddressBook::read(folder);
        let serving = match self.place.kept {
            KeptUse::OnOutage => book.meant(at).into_iter().find(|own| self.is_complete(own)).cloned(),
            KeptUse::Never => None,
        };
        if let Some(own) = serving.as_ref().filter(|_| self.place.run.is_away) {
            return Ok(self.served(own, pinned.as_ref(), RegistryOutage::Unreachable, &book, &server));
        }
        if serving.is_some() {
            client = connect_to(self.place, Some(FEW_ATTEMPTS))?;
        }
        let error = match self.ask(&client, asked, &book, &server) {
            Ok((kept, model)) => {
                if let Err(unwritable) = AddressBook::put(folder, at, &kept) {
                    warn!(key = self.key, "{unwritable}");
                }
                let has_alias = pinned.is_none() || has_alias(&model, self.address);
                return Ok(self.found(kept, if has_alias { self.address } else { asked }, None));
            }
            Err(QueryError::Other(fault)) => return Err(fault.context(self.key)),
            Err(QueryError::Missing(fault)) => return Err(self.of_window(fault.context(self.key))),
            Err(QueryError::Registry(error)) => error,
        };
        match serving.filter(|_| error.is_outage()) {
            Some(own) => {
                let shown = &own.shown;
                let (key, address) = (self.key, self.address.to_string());
                let outage = if error.kind() == MlflowErrorKind::Denied {
                    warn!(
                        key,
                        address,
                        "the registry refuses the credentials ({error}); {shown}, which the address meant last, serves until \
                         they are accepted"
                    );
                    RegistryOutage::Denied
                } else {
                    warn!(
                        key,
                        address,
                        "the registry cannot be reached ({error}); {shown}, which the address meant last, serves until it can"
                    );
                    RegistryOutage::Unreachable
                };
                Ok(self.served(&own, pinned.as_ref(), outage, &book, &server))
            }
            None if error.kind() == MlflowErrorKind::NotFound => Err(self.of_window(fault(self.key, &error))),
            None => Err(fault(self.key, &error)),
        }
    }

    /// A window whose version, or a file of it, is gone from the registry can never be checked again.
    fn of_window(&self, fault: Fault) -> Fault {
        match self.place.run.pinned_address(self.address) {
            Some(_) => Fault::skip(fault.to_string()),
            None => fault,
        }
    }

    fn served(
        &self,
        own: &KeptVersion,
        pinned: Option<&ModelAddress>,
        outage: RegistryOutage,
        book: &AddressBook,
        server: &str,
    ) -> FoundVersion {
        let configured = ServerAddress { server, address: self.address };
        let address = pinned.filter(|_| !book.is_latest(configured, &own.identity)).unwrap_or(self.address);
        self.found(own.clone(), address, Some(outage))
    }

    fn found(&self, kept: KeptVersion, address: &ModelAddress, outage: Option<RegistryOutage>) -> FoundVersion {
        let folder = self.place.folder.clone();
        FoundVersion { kept, outage, configured: self.address.to_string(), address: address.to_string(), folder }
    }

    /// Whether everything that is wanted of a version is kept.
    fn is_complete(&self, own: &KeptVersion) -> bool {
        let is_there =
            |sha256: Option<&String>| sha256.is_some_and(|sha256| intact_file(&self.place.folder, sha256).is_some());
        (self.wanted.model.is_none() || is_there(own.model.as_ref()))
            && (!self.wanted.reference || is_there(own.reference.as_ref()))
            && self.wanted.tags.iter().all(|tag| own.values.contains_key(*tag))
    }

    /// Asks which version the address means, and downloads what is not kept of it.
    fn ask(
        &self,
        client: &MlflowClient,
        asked: &ModelAddress,
        book: &AddressBook,
        server: &str,
    ) -> Result<(KeptVersion, ResolvedModel), QueryError> {
        let folder: &Path = &self.place.folder;
        let model = client.resolve(asked)?;
        let identity = identity(server, &model);
        let known = book.version(&identity);
        let mut kept = KeptVersion {
            identity,
            server: server.to_owned(),
            shown: describe(&model),
            version: registry_version(&model),
            model: None,
            inputs: Vec::new(),
            reference: None,
            values: self.values(client, &model)?,
        };
        let place = |key: &str| format!("{key}: {asked} ({})", kept.shown);
        if let Some(choices) = self.wanted.model {
            let own = known.and_then(|own| Some((own.model.clone()?, own.inputs.clone())));
            let own = own.filter(|(sha256, _)| intact_file(folder, sha256).is_some());
            let (sha256, inputs) = match own {
                Some(own) => own,
                None => {
                    create_folder(folder).map_err(QueryError::Other)?;
                    keep_model(client, &model, &place(self.key), choices, folder)?
                }
            };
            (kept.model, kept.inputs) = (Some(sha256), inputs);
        }
        if self.wanted.reference {
            let stated = stated_reference(&model);
            // A reference may be replaced next to the same version.
            let own = known.and_then(|own| own.reference.clone()).filter(|own| stated == Some(own.as_str()));
            let own = own.filter(|sha256| intact_file(folder, sha256).is_some());
            kept.reference = Some(match own {
                Some(own) => own,
                None => {
                    create_folder(folder).map_err(QueryError::Other)?;
                    keep_reference(client, &model, asked, self.place)?
                }
            });
        }
        Ok((kept, model))
    }

    /// The wanted tags of a version. Its run is only read for those that the version lacks.
    fn values(&self, client: &MlflowClient, model: &ResolvedModel) -> Result<BTreeMap<String, String>, MlflowError> {
        let mut texts = version_texts(model);
        if self.wanted.tags.iter().any(|tag| !texts.contains_key(*tag)) {
            texts = texts_of(client, model)?;
        }
        texts.retain(|name, _| self.wanted.tags.contains(&name.as_str()));
        Ok(texts)
    }
}

/// Whether the version has the alias that an address names.
fn has_alias(model: &ResolvedModel, address: &ModelAddress) -> bool {
    match (model, address) {
        (ResolvedModel::Version(version), ModelAddress::Registered { version: VersionSelector::Alias(alias), .. }) => {
            version.aliases.contains(alias)
        }
        _ => false,
    }
}

/// The servers of a client, as the book's keys begin.
fn server_name(client: &MlflowClient) -> String {
    let (server, registry) = (client.server(), client.registry_server());
    if server == registry { server } else { format!("{server} {registry}") }
}
