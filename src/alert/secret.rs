//! Passwords and tokens: read at the moment they are needed, never kept, never shown.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::fault::spoken;

/// The name of systemd's credential that holds the mail server's password.
pub const PASSWORD_CREDENTIAL: &str = "vigie.smtp-password";
/// The name of systemd's credential that holds the webhook's token.
pub const TOKEN_CREDENTIAL: &str = "vigie.webhook-token";

/// More is no password.
const LONGEST: u64 = 4096;

/// What a file holds, without the line end that editors add. The error is a sentence that names the file, never what is in it.
pub(super) fn secret(file: &Path) -> Result<String, String> {
    let cannot = |why: &str| format!("{}: {why}", file.display());
    let size = fs::metadata(file).map_err(|error| cannot(&spoken(&error)))?.len();
    if size > LONGEST {
        return Err(cannot("too long for a secret; it holds the secret and nothing else"));
    }
    let text = fs::read_to_string(file).map_err(|error| cannot(&spoken(&error)))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.contains(char::is_control) {
        return Err(cannot("it is empty, or holds more than one line; it holds the secret and nothing else"));
    }
    Ok(secret.to_owned())
}

/// Where systemd put a credential for this service, if it did.
#[must_use]
pub fn credential(name: &str) -> Option<PathBuf> {
    let file = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?).join(name);
    file.is_file().then_some(file)
}
