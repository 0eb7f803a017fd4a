//! Passwords and tokens: read from files, never shown.

use std::{fmt, fs, path::Path};

use crate::error::{MlflowError, Result};

/// A password or token. `Debug` shows `***`; there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Maximum size of a secret file, in bytes. Tokens of identity providers have up to 3 KB.
const MAX_BYTES: u64 = 16_384;

impl Secret {
    /// Keeps a value that the caller has already read.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Reads a file that contains only the secret; a newline at its end does not belong to it.
    ///
    /// # Errors
    ///
    /// The file is unreadable, empty, too long, or has more than one line. The error names the file, never its content.
    pub fn from_file(file: &Path) -> Result<Self> {
        let cannot =
            |why: &str| MlflowError::setup(format!("{}: {why}; the file must contain only the secret", file.display()));
        let size = fs::metadata(file).map_err(|error| cannot(&error.to_string()))?.len();
        if size > MAX_BYTES {
            return Err(cannot("the file is too long"));
        }
        let text = fs::read_to_string(file).map_err(|error| cannot(&error.to_string()))?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() || secret.contains(char::is_control) {
            return Err(cannot("the file is empty or has more than one line"));
        }
        Ok(Self(secret.to_owned()))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_without_its_newline_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, "s3cret\r\n").unwrap();
        let secret = Secret::from_file(&file).unwrap();
        assert_eq!(secret.reveal(), "s3cret");
        assert_eq!(format!("{secret:?}"), "***");
        for text in ["", "\n", "two\nlines", "nul\0"] {
            fs::write(&file, text).unwrap();
            let error = Secret::from_file(&file).unwrap_err().to_string();
            assert!(error.contains("only the secret") && !error.contains("lines\""), "{error}");
        }
        fs::write(&file, "x".repeat(20_000)).unwrap();
        assert!(Secret::from_file(&file).unwrap_err().to_string().contains("too long"));
        assert!(Secret::from_file(&folder.path().join("absent")).is_err());
    }
}
