//! Passwords and tokens: read when they are needed, never stored or shown.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::fault::describe_io;

/// Name of the systemd credential that holds the mail server's password.
pub const PASSWORD_CREDENTIAL: &str = "vigie.smtp-password";
/// Name of the systemd credential that holds the webhook's token.
pub const TOKEN_CREDENTIAL: &str = "vigie.webhook-token";

/// Maximum size of a secret file, in bytes.
const MAX_BYTES: u64 = 4096;

/// Reads a secret from a file, without the newline that editors append. The error names the file, never its contents.
pub(super) fn secret(file: &Path) -> Result<String, String> {
    let cannot = |why: &str| format!("{}: {why}", file.display());
    let unreadable = |error: &io::Error| {
        cannot(&format!("{}; it must contain only the secret and be readable by vigie", describe_io(error)))
    };
    let size = fs::metadata(file).map_err(|error| unreadable(&error))?.len();
    if size > MAX_BYTES {
        return Err(cannot("the file is too long; it must contain only the secret"));
    }
    let text = fs::read_to_string(file).map_err(|error| unreadable(&error))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.contains(char::is_control) {
        return Err(cannot("the file is empty or has more than one line; it must contain only the secret"));
    }
    Ok(secret.to_owned())
}

/// Where a secret comes from, for messages: the config key of its file, or the systemd credential.
pub(super) fn secret_key(key: &str, is_configured: bool, credential: &str) -> String {
    if is_configured { key.to_owned() } else { format!("the systemd credential {credential}") }
}

/// Returns the path of a systemd credential passed to this service, if there is one.
#[must_use]
pub fn credential(name: &str) -> Option<PathBuf> {
    let file = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?).join(name);
    file.is_file().then_some(file)
}
