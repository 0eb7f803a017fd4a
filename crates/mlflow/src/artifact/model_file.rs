//! From a model to its file on this machine.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use super::root::ArtifactRoot;
use crate::{
    client::MlflowClient,
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    manifest::{ModelFileCandidate, ModelManifest},
    registry::ResolvedModel,
};

/// Maximum size of `MLmodel`, in bytes; with a signature of 125 columns it has 11 KB.
const MAX_MANIFEST: u64 = 8 << 20;

/// A model's file, kept on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedModel {
    /// The file, named by its SHA-256.
    pub file: PathBuf,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Bytes of the file.
    pub size: u64,
    /// Which file of the model it is.
    pub candidate: ModelFileCandidate,
    /// What `MLmodel` says, including the signature.
    pub manifest: ModelManifest,
}

impl MlflowClient {
    /// Reads the `MLmodel` of a model's folder.
    ///
    /// # Errors
    ///
    /// `NotFound`: the folder is not that of a model; `BadReply`: the file is damaged; as every call.
    pub fn manifest(&self, root: &ArtifactRoot) -> Result<ModelManifest> {
        ModelManifest::parse(&self.read_artifact(root, "MLmodel", MAX_MANIFEST)?)
    }

    /// Downloads the file of a model into a folder, named by its SHA-256: of the first flavour whose
    /// file is not a pickle.
    ///
    /// # Errors
    ///
    /// `Unsupported`: pickles only, or no known flavour; says how to log the model instead. `TooLarge`: more than `limit`
    /// bytes. As every call.
    pub fn fetch_model(&self, model: &ResolvedModel, folder: &Path, limit: u64) -> Result<FetchedModel> {
        let root = self.locate(model)?;
        let manifest = self.manifest(&root)?;
        let mut refused = None;
        for candidate in manifest.model_files()? {
            let (fetched, file) = self.keep_artifact(&root, &candidate.path, limit, folder)?;
            if !begins_as_pickle(&file)? {
                let candidate = candidate.clone();
                return Ok(FetchedModel { file, sha256: fetched.sha256, size: fetched.size, candidate, manifest });
            }
            // Nothing reads it.
            std::fs::remove_file(&file).map_err(|error| unreadable(&file, &error))?;
            refused = Some(candidate.pickle_error());
        }
        Err(refused
            .unwrap_or_else(|| MlflowError::new(Kind::Unsupported, format!("there is no model file below {root}"))))
    }
}

fn begins_as_pickle(file: &Path) -> Result<bool> {
    let mut head = Vec::new();
    let read = File::open(file).and_then(|file| file.take(8).read_to_end(&mut head));
    read.map_err(|error| unreadable(file, &error))?;
    Ok(ModelFileCandidate::is_pickle(&head))
}

fn unreadable(file: &Path, error: &std::io::Error) -> MlflowError {
    MlflowError::new(Kind::Local, format!("{}: {error}", file.display()))
}
