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

/// Sentence sent outside when the records of a window cannot be counted. Pages and messages translate it.
pub(crate) const UNCOUNTABLE: &str = "the records of the window cannot be counted; run `vigie status` for the reason";
/// Sentence sent outside when the records of a window cannot be read a second time. Pages and messages translate it.
pub(crate) const UNREADABLE_AGAIN: &str =
    "the records of the window cannot be read again; run `vigie status` for the reason";

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

    /// A window whose records cannot be counted. `why` may quote a value from a row, so it is not sent outside.
    pub(crate) fn uncountable(why: &str) -> Self {
        Self::skip(format!("the records of the window cannot be counted: {why}")).with_redacted(UNCOUNTABLE)
    }

    /// A window whose records cannot be read a second time. `why` may quote a value from a row, so it is not sent outside.
    pub(crate) fn unreadable_again(why: &str) -> Self {
        Self::skip(format!("the records of the window cannot be read again: {why}")).with_redacted(UNREADABLE_AGAIN)
    }

    #[must_use]
    pub fn remedy(&self) -> Remedy {
        self.remedy
    }

    /// Sets the sentence to send outside (email, webhook) instead, because this one may quote a value from a row.
    #[must_use]
    pub fn with_redacted(mut self, sentence: impl Into<String>) -> Self {
        self.redacted = Some(sentence.into());
        self
    }

    /// The sentence that may be sent outside (email, webhook).
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

/// Describes a JSON error without its position, for text that is only a part of a file.
#[must_use]
pub fn describe_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
    format!("not valid JSON ({why})")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{describe_io, describe_json};

    #[test]
    fn io_errors_are_described_without_their_number() {
        // EACCES and ENOSPC.
        assert_eq!(describe_io(&io::Error::from_raw_os_error(13)), "permission denied");
        assert_eq!(describe_io(&io::Error::from_raw_os_error(28)), "no space left on device");
        assert_eq!(describe_io(&io::ErrorKind::NotFound.into()), "no such file or folder");
        assert_eq!(describe_io(&io::Error::other("Parquet error: no footer")), "Parquet error: no footer");
    }

    #[test]
    fn json_errors_are_described_without_their_position() {
        let error = |text: &str| describe_json(&serde_json::from_str::<serde_json::Value>(text).unwrap_err());
        assert_eq!(error("{\"a\":"), "not valid JSON (EOF while parsing a value)");
        assert_eq!(error("1 2"), "not valid JSON (trailing characters)");
    }
}
