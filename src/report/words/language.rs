//! Language of pages and messages.

use std::{fmt, ops::Deref};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{en::English, fr::French, terminal_words::TerminalWords, words::Words};

/// Language of the pages. JSON, logs and the terminal are always in English.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// A language that is not built in. The config cannot name it.
    #[serde(skip)]
    Custom(&'static dyn Words),
}

impl Deref for Language {
    type Target = dyn Words;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::English => &English,
            Self::French => &French,
            Self::Custom(words) => *words,
        }
    }
}

/// Returns the words of the terminal, which are English.
#[must_use]
pub fn terminal_words() -> &'static dyn TerminalWords {
    &English
}

impl fmt::Debug for dyn Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialEq for dyn Words {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for dyn Words {}

#[cfg(test)]
mod tests {
    use super::Language::{English, French};

    #[test]
    fn percentages_and_counts_follow_the_language() {
        let percent = |language: super::Language| [0.0, 0.262, 1.0].map(|share| language.percent(share));
        assert_eq!(percent(English), ["0%", "26.2%", "100%"]);
        assert_eq!(percent(French), ["0\u{a0}%", "26,2\u{a0}%", "100\u{a0}%"]);
        let rows = |language: super::Language| [0, 1, 1_400, 1_234_567].map(|rows| language.row_count(rows));
        assert_eq!(rows(English), ["0 rows", "1 row", "1,400 rows", "1,234,567 rows"]);
        assert_eq!(rows(French), ["0 ligne", "1 ligne", "1\u{202f}400 lignes", "1\u{202f}234\u{202f}567 lignes"]);
    }
}
