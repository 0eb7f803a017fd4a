//! Uploading files.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use ureq::http::Method;

use super::{
    fetch::{proxied, write_file},
    root::{ArtifactRoot, RootAccess, Route},
};
use crate::{
    address::is_plain_path,
    client::MlflowClient,
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    wire::{Call, Payload},
};

impl MlflowClient {
    /// Writes a file below a model or run; one of the same path is replaced. `path`: relative to the root.
    ///
    /// # Errors
    ///
    /// `Unsupported`: the server does not pass files on to its storage; as every call.
    pub fn upload_artifact(&self, root: &ArtifactRoot, path: &str, bytes: &[u8]) -> Result<()> {
        self.put(root, path, Payload::Bytes(bytes), &|file| file.write_all(bytes))
    }

    /// Uploads a file of this machine, as [`upload_artifact`](Self::upload_artifact), without reading it into memory.
    ///
    /// # Errors
    ///
    /// `Unsupported`, `Local`; as every call.
    pub fn upload_file(&self, root: &ArtifactRoot, path: &str, file: &Path) -> Result<()> {
        self.put(root, path, Payload::File(file), &|out| io::copy(&mut File::open(file)?, out).map(|_| ()))
    }

    fn put(
        &self,
        root: &ArtifactRoot,
        path: &str,
        payload: Payload<'_>,
        fill: &dyn Fn(&mut File) -> io::Result<()>,
    ) -> Result<()> {
        let purpose = format!("writing {path:?} below {root}");
        if !is_plain_path(path) {
            return Err(MlflowError::new(
                Kind::Refused,
                format!("{purpose}: the path is not a relative path of a file"),
            ));
        }
        match &root.access {
            RootAccess::Proxy { host, path: folder } => {
                let wire = self.proxy(host.as_deref())?;
                let url = proxied(&wire, folder, path);
                wire.send(&Call { method: Method::PUT, url, payload, is_repeatable: true, purpose: &purpose })
            }
            RootAccess::Folder(folder) => write_file(&folder.join(path), fill),
            RootAccess::Server(route) => {
                let next = match route {
                    Route::Run { path, .. } if path.is_empty() => {
                        "start the server with --serve-artifacts; or, if its artefacts are in a folder of this machine, create \
                         that folder, and let vigie write to it"
                    }
                    _ => {
                        "start the server with --serve-artifacts and log the model again, or put the file elsewhere and name \
                          it by a tag"
                    }
                };
                Err(MlflowError::new(
                    Kind::Unsupported,
                    format!(
                        "{purpose}: only the server's own clients with access to its storage can write there; {next}"
                    ),
                ))
            }
        }
    }
}
