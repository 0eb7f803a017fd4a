//! What stopped a run: one sentence for the operator, and the remedy the caller branches on.

use std::{fmt, io};

/// What a caller may do about a [`Fault`]. Nothing else about a fault is ever branched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The world may heal by itself: a file being rotated, a server that is down.
    Retry,
    /// This window can never be judged; later ones can.
    SkipWindow,
    /// A person has to change the config, the reference or the file.
    FixSetup,
}

/// A run that could not tell (exit code 2). The sentence names the file, line or key and the next step.
#[derive(Debug, Clone)]
pub struct Fault {
    remedy: Remedy,
    sentence: String,
    discreet: Option<String>,
}

/// What a fallible step of vigie returns.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    /// A fault that only a person can mend.
    pub fn setup(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::FixSetup, sentence: sentence.into(), discreet: None }
    }

    /// A fault that a later try may not meet.
    pub fn retry(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::Retry, sentence: sentence.into(), discreet: None }
    }

    /// The window cannot be judged.
    pub fn skip(sentence: impl Into<String>) -> Self {
        Self { remedy: Remedy::SkipWindow, sentence: sentence.into(), discreet: None }
    }

    /// What the caller may do.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        self.remedy
    }

    /// Another sentence for whatever leaves the house (mail, webhook): this one may quote a value of a row.
    #[must_use]
    pub fn discreetly(mut self, sentence: impl Into<String>) -> Self {
        self.discreet = Some(sentence.into());
        self
    }

    /// What may leave the house: the sentence, or the one that was made in its place.
    #[must_use]
    pub fn discreet(&self) -> &str {
        self.discreet.as_deref().unwrap_or(&self.sentence)
    }

    /// Puts where it happened before the sentence.
    #[must_use]
    pub fn context(mut self, place: impl fmt::Display) -> Self {
        self.sentence = format!("{place}: {}", self.sentence);
        self.discreet = self.discreet.map(|discreet| format!("{place}: {discreet}"));
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

/// A machine's complaint about a file, a folder or a socket, in plain words and without its number.
#[must_use]
pub fn spoken(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "it is below what is a file, not a folder".to_owned(),
        _ => {
            let text = error.to_string();
            let Some((said, _)) = text.split_once(" (os error") else { return text };
            let mut letters = said.chars();
            letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::spoken;

    #[test]
    fn a_machine_is_quoted_without_its_number() {
        // EACCES and ENOSPC.
        assert_eq!(spoken(&io::Error::from_raw_os_error(13)), "permission denied");
        assert_eq!(spoken(&io::Error::from_raw_os_error(28)), "no space left on device");
        assert_eq!(spoken(&io::ErrorKind::NotFound.into()), "no such file or folder");
        assert_eq!(spoken(&io::Error::other("Parquet error: no footer")), "Parquet error: no footer");
    }
}
