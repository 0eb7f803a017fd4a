//! The error type of vigie: one sentence for the operator, and the remedy that callers branch on.

mod loss;

use std::{fmt, io};

use serde::{Deserialize, Serialize};

pub use loss::{InputShape, LostInput, Packing};

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
    public: Option<PublicCause>,
}

/// What may leave the organisation (email, webhook) about a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicCause {
    /// An error that quotes no value from a row, in the words of the program or library that reported it.
    Text(String),
    /// A panic. Its message may contain values that were read.
    Crashed,
    /// The records of the window cannot be counted. The error may quote one.
    NotCounted,
    /// The records of the window cannot be read a second time. The error may quote one.
    NotReadAgain,
    /// All input is lost for one reason.
    Lost(LostInput),
}

/// Input that could not be read. The run goes on without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The file, or the key of the config; `None` if the cause names it.
    pub place: Option<String>,
    /// The error, which may quote the input; `None` if it has been redacted.
    pub cause: Option<String>,
}

impl LeftOut {
    /// Drops the cause.
    #[must_use]
    pub fn redacted(self) -> Self {
        Self { cause: None, ..self }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, &self.cause) {
            (Some(place), Some(cause)) => write!(f, "{place}: {cause}"),
            (text, None) | (None, text) => f.write_str(text.as_deref().unwrap_or_default()),
        }
    }
}

impl LostInput {
    /// Returns the place, without what it looks like.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        LeftOut { place: Some(self.place.clone()), cause: None }
    }
}

/// Result type of vigie's fallible functions.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    /// A fault that only the operator can fix.
    pub fn setup(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::FixSetup, sentence: sentence.into(), public: None }
    }

    /// A fault that a later attempt may not hit.
    pub fn retry(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::Retry, sentence: sentence.into(), public: None }
    }

    /// A fault that makes this window impossible to judge.
    pub fn skip(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::SkipWindow, sentence: sentence.into(), public: None }
    }

    /// A window whose records cannot be counted. `why` may quote a value from a row, so it is not sent outside.
    pub(crate) fn uncountable(why: &str) -> Self {
        Self::skip(format!("the records of the window cannot be counted: {why}")).with_public(PublicCause::NotCounted)
    }

    /// A window whose records cannot be read a second time. `why` may quote a value from a row, so it is not sent outside.
    pub(crate) fn unreadable_again(why: &str) -> Self {
        Self::skip(format!("the records of the window cannot be read again: {why}"))
            .with_public(PublicCause::NotReadAgain)
    }

    /// Input that is lost as a whole, which would otherwise look like a window without traffic. `example`: one of the rows,
    /// which only the operator may see.
    pub(crate) fn lost(loss: LostInput, example: Option<&str>) -> Self {
        let example = example.map_or(String::new(), |example| format!(", such as {example}"));
        Self::setup(format!("{}{example}; {}", loss.statement(), loss.shape.remedy()))
            .with_public(PublicCause::Lost(loss))
    }

    #[must_use]
    pub fn remedy(&self) -> Remedy {
        self.remedy
    }

    /// Sets what to send outside (email, webhook) instead of the sentence, which may quote a value from a row.
    #[must_use]
    pub fn with_public(mut self, cause: PublicCause) -> Self {
        self.public = Some(cause);
        self
    }

    /// Returns what may be sent outside (email, webhook); `None` if that is the sentence itself.
    #[must_use]
    pub fn public(&self) -> Option<&PublicCause> {
        self.public.as_ref()
    }

    /// Returns the fault as input that was left out, with an error that quotes no row.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        let cause = match &self.public {
            None => Some(self.sentence.clone()),
            Some(PublicCause::Text(text)) => Some(text.clone()),
            Some(PublicCause::Lost(loss)) => Some(loss.to_string()),
            Some(PublicCause::Crashed | PublicCause::NotCounted | PublicCause::NotReadAgain) => None,
        };
        LeftOut { place: None, cause }
    }

    /// Prefixes the sentence with the place where the fault occurred.
    #[must_use]
    pub fn context(mut self, place: impl fmt::Display) -> Self {
        self.sentence = format!("{place}: {}", self.sentence);
        if let Some(PublicCause::Text(text)) = &mut self.public {
            *text = format!("{place}: {text}");
        }
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
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
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
        assert_eq!(describe_io(&io::ErrorKind::NotFound.into()), "no such file or directory");
        assert_eq!(describe_io(&io::Error::other("Parquet error: no footer")), "Parquet error: no footer");
    }

    #[test]
    fn json_errors_are_described_without_their_position() {
        let error = |text: &str| describe_json(&serde_json::from_str::<serde_json::Value>(text).unwrap_err());
        assert_eq!(error("{\"a\":"), "not valid JSON (EOF while parsing a value)");
        assert_eq!(error("1 2"), "not valid JSON (trailing characters)");
    }
}
