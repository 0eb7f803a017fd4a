//! The error type: what failed, where, and what to do next.

use std::fmt;

/// What kind of failure an [`MlflowError`] is. Callers branch on nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MlflowErrorKind {
    /// The address, credentials, certificates or another setting is wrong.
    Setup,
    /// There is no connection, no reply in time, or the connection ended in the middle of a reply.
    Unreachable,
    /// The server replied 408, 429 or 5xx.
    Busy,
    /// The server refused the credentials (401), or the user has no permission (403).
    Denied,
    /// The model, version, alias, run, experiment or file does not exist.
    NotFound,
    /// The server rejected the request (other 4xx).
    Refused,
    /// The reply is not what MLflow's documentation says, such as a web page instead of JSON.
    BadReply,
    /// A reply or a file exceeds its size limit.
    TooLarge,
    /// This server, this storage or this kind of model file is not supported.
    Unsupported,
    /// A file on this machine cannot be read or written.
    Local,
}

/// A failed call. The text is one sentence that contains no secret.
#[derive(Debug, Clone)]
pub struct MlflowError {
    kind: MlflowErrorKind,
    sentence: String,
    status: Option<u16>,
    code: Option<String>,
    /// Whether no connection could be made that the certificates allow.
    is_untrusted: bool,
}

impl MlflowError {
    pub(crate) fn new(kind: MlflowErrorKind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into(), status: None, code: None, is_untrusted: false }
    }

    pub(crate) fn setup(sentence: impl Into<String>) -> Self {
        Self::new(MlflowErrorKind::Setup, sentence)
    }

    pub(crate) fn with_status(self, status: u16, code: Option<String>) -> Self {
        Self { status: Some(status), code, ..self }
    }

    pub(crate) fn with_kind(self, kind: MlflowErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> MlflowErrorKind {
        self.kind
    }

    /// The HTTP status, if the server replied.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// MLflow's `error_code`, such as `RESOURCE_DOES_NOT_EXIST`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether the same call may succeed later without a change of the settings.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, MlflowErrorKind::Unreachable | MlflowErrorKind::Busy)
    }

    /// Whether the registry did not reply, or something else did: a proxy, a login page, or a server that refuses the
    /// credentials. What it stated last is then the best that is known. Not if it states that something does not exist, or
    /// rejects a request.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self.kind {
            MlflowErrorKind::Unreachable
            | MlflowErrorKind::Busy
            | MlflowErrorKind::Denied
            | MlflowErrorKind::BadReply => true,
            // A redirect, an unknown host name, and pages of a proxy.
            MlflowErrorKind::Setup => self.is_untrusted || self.status.is_some(),
            MlflowErrorKind::Unsupported => self.status.is_some(),
            MlflowErrorKind::NotFound
            | MlflowErrorKind::Refused
            | MlflowErrorKind::TooLarge
            | MlflowErrorKind::Local => false,
        }
    }

    pub(crate) fn untrusted(self, is_untrusted: bool) -> Self {
        Self { is_untrusted, ..self }
    }

    /// Replaces a secret in the text, in case a server repeated it.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        if self.sentence.contains(secret) {
            self.sentence = self.sentence.replace(secret, "***");
        }
        self.code = self.code.filter(|code| !code.contains(secret));
        self
    }

    /// Whether the server said that something of this name exists already.
    pub(crate) fn is_already_there(&self) -> bool {
        self.code.as_deref() == Some("RESOURCE_ALREADY_EXISTS")
    }
}

impl fmt::Display for MlflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for MlflowError {}

/// Result type of this crate.
pub type Result<T, E = MlflowError> = std::result::Result<T, E>;
