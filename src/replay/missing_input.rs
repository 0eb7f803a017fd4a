//! What an application passes to a model in place of a missing level.

/// What an application passes to a model in place of a missing level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingInput {
    /// This word.
    Word(String),
    /// Nothing: it is missing to the library as well.
    Missing,
}

impl MissingInput {
    /// The word, if it is one.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Missing => None,
        }
    }
}
