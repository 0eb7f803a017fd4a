//! The model in use, and how another version takes its place while requests are answered.

use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt as _,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tracing::{error, info};

use super::model::ServedModel;
use crate::{
    config::{InputPolicy, LocalFile, ModelSection, Settings},
    fault::{Fault, Result},
    monitor::{configured_model_file, with_registry_values},
};

/// What the settings name now: while it is the same, the file need not be read again.
#[derive(Debug, PartialEq)]
struct FoundModel {
    file: Option<LocalFile>,
    /// With the values that the registry states.
    section: ModelSection,
    /// `None` without a file.
    stamp: Option<FileIdentity>,
}

/// What differs between two files, or two states of one, even if their size and time of modification are the same.
#[derive(Debug, PartialEq)]
struct FileIdentity {
    device: u64,
    number: u64,
    size: u64,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

impl FileIdentity {
    fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            number: found.ino(),
            size: found.len(),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

impl FoundModel {
    fn find(settings: &Settings) -> Result<Self> {
        let settings = with_registry_values(settings)?;
        let file = configured_model_file(&settings)?;
        let found = file.as_ref().and_then(|file| file.path.metadata().ok());
        // Opening a pipe would wait for its writer, and no other model would ever be looked up.
        if found.as_ref().is_some_and(|found| !found.is_file() && !found.is_dir()) {
            return Err(Fault::setup("model.file: it is a pipe or a device; set it to a file"));
        }
        let stamp = found.as_ref().map(FileIdentity::of);
        Ok(Self { file, section: settings.model.clone(), stamp })
    }
}

/// A model that can be replaced. Requests keep the one they began with.
#[derive(Debug)]
pub(super) struct ModelSlot {
    settings: Settings,
    current: RwLock<Arc<ServedModel>>,
    /// Why the latest version is not in use.
    refused: Mutex<Option<String>>,
    /// What was found at the last lookup.
    found: Mutex<Option<FoundModel>>,
}

impl ModelSlot {
    /// Opens the model of the settings.
    pub(super) fn open(settings: &Settings) -> Result<Self> {
        let found = FoundModel::find(settings)?;
        let model = ServedModel::open(settings)?;
        Ok(Self {
            settings: settings.clone(),
            current: RwLock::new(Arc::new(model)),
            refused: Mutex::new(None),
            found: Mutex::new(Some(found)),
        })
    }

    /// The model in use.
    pub(super) fn model(&self) -> Arc<ServedModel> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the latest version is not in use; `None` if it is.
    pub(super) fn refusal(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks up the address or the file, and puts another version in use once it has been opened and tried. One for
    /// which callers would have to send other inputs than now is refused. Blocks.
    pub(super) fn refresh(&self, policy: InputPolicy) {
        crate::crash::point("serve.refresh");
        let found = FoundModel::find(&self.settings);
        let mut last = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.as_ref().is_ok_and(|found| last.as_ref() == Some(found)) {
            return;
        }
        let current = self.model();
        // After a lookup that fails, the next one that succeeds tries what it finds, although it may be what was found before.
        *last = None;
        let opened = found.and_then(|found| {
            // A version that cannot be used is not tried again until something changes.
            *last = Some(found);
            let model = ServedModel::open(&self.settings)?;
            match model.schema.refused_inputs(&current.schema, policy) {
                None => Ok(model),
                Some(why) => Err(Fault::setup(format!(
                    "{}: {why}; restart vigie serve when callers send what it reads",
                    model.origin
                ))),
            }
        });
        match opened {
            Ok(model) => {
                let is_same =
                    model.sha256 == current.sha256 && model.version == current.version && model.rule == current.rule;
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
                if !is_same {
                    info!(from = current.sha256, to = model.sha256, "{} is in use now", model.origin);
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(model);
                }
            }
            Err(fault) => {
                let why = fault.to_string();
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                if refused.as_ref() != Some(&why) {
                    error!("{} stays in use, because the latest version cannot be: {why}", current.origin);
                }
                *refused = Some(why);
            }
        }
    }
}
