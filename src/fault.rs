//! The error type of vigie: one sentence for the operator, and the remedy that callers branch on.

use std::{fmt, io};

/// How a caller can react to a [`Fault`]. Callers branch on nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The cause may go away by itself: a file being rotated, a server that is down.
    Retry,
    /// This window can never be judged; later ones can.
    SkipWindow,
    /// The operator has to change the config, the reference or the file.
    FixSetup,
}

/// A run that reached no verdict (exit code 2). The sentence names the file, line or key and the next step.
#[derive(Debug, Clone)]
pub struct Fault {
    remedy: Remedy,
    sentence: String,
    redacted: Option<String>,
}

/// Result type of vigie's fallible functions.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    /// A fault that only the operator can fix.
    pub fn setup(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::FixSetup, sentence: sentence.into(), redacted: None }
    }

    /// A fault that a later attempt may not hit.
    pub fn retry(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::Retry, sentence: sentence.into(), redacted: None }
    }

    /// A fault that makes this window impossible to judge.
    pub fn skip(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::SkipWindow, sentence: sentence.into(), redacted: None }
    }

    #[must_use]
    pub fn remedy(&self) -> Remedy {
        self.remedy
    }

    /// Sets the sentence to send outside (mail, webhook) instead, because this one may quote a value from a row.
    #[must_use]
    pub fn with_redacted(mut self, sentence: impl Into<String>) -> Self {
        self.redacted = Some(sentence.into());
        self
    }

    /// The sentence that may be sent outside (mail, webhook).
    #[must_use]
    pub fn redacted(&self) -> &str {
        self.redacted.as_deref().unwrap_or(&self.sentence)
    }

    /// Prefixes the sentence with the place where the fault occurred.
    #[must_use]
    pub fn context(mut self, place: impl fmt::Display) -> Self {
        self.sentence = format!("{place}: {}", self.sentence);
        self.redacted = self.redacted.map(|redacted| format!("{place}: {redacted}"));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Fault {}

impl From<vigie_models::ModelError> for Fault {
    fn from(error: vigie_models::ModelError) -> Self {
        Self::setup(error.to_string())
    }
}

/// Describes an I/O error in plain words, without the OS error number.
#[must_use]
pub fn describe_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a parent of this path is a file, not a folder".to_owned(),
        _ => {
            let text = error.to_string();
            let Some((message, _)) = text.split_once(" (os error") else { return text };
            let mut chars = message.chars();
            chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::describe_io;

    #[test]
    fn io_errors_are_described_without_their_number() {
        // EACCES and ENOSPC.
        assert_eq!(describe_io(&io::Error::from_raw_os_error(13)), "permission denied");
        assert_eq!(describe_io(&io::Error::from_raw_os_error(28)), "no space left on device");
        assert_eq!(describe_io(&io::ErrorKind::NotFound.into()), "no such file or folder");
        assert_eq!(describe_io(&io::Error::other("Parquet error: no footer")), "Parquet error: no footer");
    }
}
