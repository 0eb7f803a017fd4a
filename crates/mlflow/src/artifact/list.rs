//! Listing files.

use std::{fs, io};

use serde::Deserialize;

use super::root::{ArtifactRoot, RootAccess, Route};
use crate::{
    address::is_plain_path,
    client::{MlflowClient, api},
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    server_url::encoded,
    wire::Call,
};

/// Bounds of a recursive listing, against folders that contain themselves.
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 16;

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactEntry {
    /// Relative to the root, with slashes.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes; absent for folders.
    pub size: Option<u64>,
}

#[derive(Deserialize)]
struct FileList {
    #[serde(default)]
    files: Vec<FileLine>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct FileLine {
    path: String,
    #[serde(default)]
    is_dir: bool,
    file_size: Option<serde_json::Value>,
}

impl MlflowClient {
    /// Lists one folder, sorted by path. `folder`: relative to the root; empty for the root itself.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Unsupported`; as every call.
    pub fn list_artifacts(&self, root: &ArtifactRoot, folder: &str) -> Result<Vec<ArtifactEntry>> {
        let purpose = format!("listing the files below {root}");
        if !folder.is_empty() && !is_plain_path(folder) {
            return Err(MlflowError::new(Kind::Refused, format!("{purpose}: {folder:?} is not a relative path")));
        }
        let joined =
            |a: &str, b: &str| [a, b].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
        let mut entries = match &root.access {
            RootAccess::Folder(path) => list_folder(&path.join(folder), folder).map_err(|error| {
                MlflowError::new(Kind::Local, format!("{purpose}: {}: {error}", path.join(folder).display()))
            })?,
            RootAccess::Proxy { host, path } => {
                let wire = match host {
                    Some(host) => self.artifact_server(host)?,
                    None => self.artifact_server(self.tracking().url().authority())?,
                };
                let query = encoded(&joined(path, folder));
                let url = wire.url().join(&format!("/api/2.0/mlflow-artifacts/artifacts?path={query}"));
                let reply: FileList = wire.json(&Call::get(url, &purpose))?;
                // Paths are relative to the listed folder.
                reply.files.into_iter().map(|line| entry(&joined(folder, &line.path), &line)).collect()
            }
            RootAccess::Server(route) => {
                let (call, parameter, base) = match route {
                    Route::Logged { model_id } | Route::Version { model_id: Some(model_id), .. } => {
                        let call = format!("logged-models/{}/artifacts/directories", encoded(model_id));
                        (call, ("artifact_directory_path", None), String::new())
                    }
                    Route::Run { run_id, path } => {
                        ("artifacts/list".to_owned(), ("path", Some(run_id.clone())), path.clone())
                    }
                    Route::Version { run_id: Some(run_id), .. } => {
                        let base = self.below_run(run_id, root, &purpose)?;
                        ("artifacts/list".to_owned(), ("path", Some(run_id.clone())), base)
                    }
                    Route::Version { .. } => return Err(unlistable(root, &purpose)),
                };
                self.list_by_server(&call, parameter, &base, folder, &purpose)?
            }
        };
        entries.retain(|entry| is_plain_path(&entry.path));
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// Lists all files below the root, in subfolders too, sorted by path.
    ///
    /// # Errors
    ///
    /// `TooLarge`: more than 10,000 files or 16 levels; as [`list_artifacts`](Self::list_artifacts).
    pub fn artifact_files(&self, root: &ArtifactRoot) -> Result<Vec<ArtifactEntry>> {
        let mut files = Vec::new();
        let mut folders = vec![(String::new(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            for entry in self.list_artifacts(root, &folder)? {
                if entry.is_folder {
                    folders.push((entry.path, depth + 1));
                } else {
                    files.push(entry);
                }
            }
            if files.len() + folders.len() > MAX_FILES || depth >= MAX_DEPTH {
                let why =
                    format!("listing the files below {root}: there are too many; check that it is a model's folder");
                return Err(MlflowError::new(Kind::TooLarge, why));
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn list_by_server(
        &self,
        call: &str,
        (parameter, run_id): (&str, Option<String>),
        base: &str,
        folder: &str,
        purpose: &str,
    ) -> Result<Vec<ArtifactEntry>> {
        let path = [base, folder].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
        let mut entries = Vec::new();
        let mut token = String::new();
        loop {
            let mut query = Vec::new();
            query.extend(run_id.as_deref().map(|run_id| ("run_id", run_id)));
            query.extend((!path.is_empty()).then_some((parameter, path.as_str())));
            query.extend((!token.is_empty()).then_some(("page_token", token.as_str())));
            let url = api(self.tracking(), call, &query);
            let reply: FileList = self.tracking().json(&Call::get(url, purpose))?;
            // Paths are relative to the run or logged model.
            let below = |path: &str| match base {
                "" => path.to_owned(),
                base => path.strip_prefix(base).unwrap_or(path).trim_start_matches('/').to_owned(),
            };
            entries.extend(reply.files.iter().map(|line| entry(&below(&line.path), line)));
            match reply.next_page_token.filter(|next| !next.is_empty() && *next != token) {
                Some(next) if entries.len() <= MAX_FILES => token = next,
                _ => return Ok(entries),
            }
        }
    }

    /// The path of a model below its run's artefacts.
    pub(super) fn below_run(&self, run_id: &str, root: &ArtifactRoot, purpose: &str) -> Result<String> {
        let run = self.run(run_id)?;
        let path = root.uri().strip_prefix(run.artifact_uri.trim_end_matches('/'));
        let path = path.filter(|path| path.is_empty() || path.starts_with('/'));
        path.map(|path| path.trim_matches('/').to_owned()).ok_or_else(|| unlistable(root, purpose))
    }
}

fn unlistable(root: &ArtifactRoot, purpose: &str) -> MlflowError {
    MlflowError::new(
        Kind::Unsupported,
        format!(
            "{purpose}: the server cannot read {}, because it belongs to no run or logged model; register the model from \
             a run, or start the server with --serve-artifacts",
            root.uri()
        ),
    )
}

fn entry(path: &str, line: &FileLine) -> ArtifactEntry {
    let size = line.file_size.as_ref().and_then(|size| match size {
        serde_json::Value::String(text) => text.parse().ok(),
        size => size.as_u64(),
    });
    ArtifactEntry { path: path.to_owned(), is_folder: line.is_dir, size: size.filter(|_| !line.is_dir) }
}

fn list_folder(path: &std::path::Path, folder: &str) -> io::Result<Vec<ArtifactEntry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = fs::metadata(entry.path())?;
        // A name that is not text cannot be asked for by path.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        entries.push(ArtifactEntry {
            path,
            is_folder: metadata.is_dir(),
            size: metadata.is_file().then_some(metadata.len()),
        });
    }
    Ok(entries)
}
