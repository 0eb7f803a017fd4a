//! Passwords, tokens and secret URLs: read when they are needed, never stored with a message or shown.

use std::{
    borrow::Cow,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};

use crate::fault::describe_io;

/// A URL that works as a password: scheme and host are all that is ever shown of it, also in `vigie config show`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// The URL itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    fn shown(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}{}", if host.len() == rest.len() { "" } else { "/***" })
    }
}

impl From<String> for SecretUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}

impl JsonSchema for SecretUrl {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SecretUrl".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

/// Where a channel's URL comes from: the config, a file, or a systemd credential.
#[derive(Debug, Clone, Copy)]
pub(super) struct UrlSource<'a> {
    /// `alerts.slack`.
    pub section: &'static str,
    pub url: Option<&'a SecretUrl>,
    pub file: Option<&'a Path>,
    pub credential: &'static str,
}

impl UrlSource<'_> {
    /// Returns the URL and the name of its place, or a sentence that says what to fix.
    pub(super) fn read(&self) -> Result<(String, String), String> {
        let Self { section, credential: name, .. } = self;
        if let Some(url) = self.url {
            return Ok((url.reveal().to_owned(), format!("{section}.url")));
        }
        let place = secret_key(&format!("{section}.url_file"), self.file.is_some(), name);
        let Some(file) = self.file.map(ToOwned::to_owned).or_else(|| credential(name)) else {
            return Err(format!("{section} has no URL; set {section}.url_file or pass the systemd credential {name}"));
        };
        let url = secret(&file).map_err(|why| format!("{place}: {why}"))?;
        if !is_web_url(&url) {
            let file = file.display();
            return Err(format!("{place}: {file}: not an http or https URL; the file must contain only the URL"));
        }
        Ok((url, place))
    }

    /// Whether only the credential can provide the URL.
    pub(super) fn needs_credential(&self) -> bool {
        self.url.is_none() && self.file.is_none()
    }
}

/// Returns whether the text is an http or https URL.
#[must_use]
pub fn is_web_url(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |host: &str| host.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>'));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && is_plain(host))
}

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
