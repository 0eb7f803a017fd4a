//! Language of pages and messages, and its number format.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{en::English, fr::French, words::Words};
use crate::judge;

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
}

impl Deref for Language {
    type Target = dyn Words;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::English => &English,
            Self::French => &French,
        }
    }
}

impl Language {
    pub(crate) fn pick<'a>(self, english: &'a str, french: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }

    /// Formats with three significant digits.
    pub(crate) fn number(self, value: f64) -> String {
        self.localised(judge::number(value))
    }

    /// Formats a limit or a tick as short as possible: 0.1, 0.25, 10.
    pub(crate) fn number_plain(self, value: f64) -> String {
        self.localised(value.to_string())
    }

    /// Formats with four decimals, so that the figures of a column align.
    pub(crate) fn four_decimals(self, value: f64) -> String {
        self.localised(format!("{value:.4}"))
    }

    /// Formats with a sign and the given number of decimals; zero has no sign.
    pub(crate) fn signed(self, value: f64, decimals: usize) -> String {
        let text = format!("{value:+.decimals$}");
        let is_zero = !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        self.localised(if is_zero { text.trim_start_matches(['+', '-']).to_owned() } else { text.replace('-', "−") })
    }

    /// Formats a difference of scores with its sign.
    pub(crate) fn signed_six(self, value: f64) -> String {
        self.localised(format!("{value:+.6}")).replace('-', "−")
    }

    /// Formats a difference of raw scores with its sign.
    pub(crate) fn signed_four(self, value: f64) -> String {
        self.localised(format!("{value:+.4}")).replace('-', "−")
    }

    /// Formats as `5.0e-7`, or a dash without a value.
    pub(crate) fn tiny(self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| self.localised(format!("{value:.1e}")))
    }

    pub(crate) fn number_or_dash(self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| self.number(value))
    }

    pub(crate) fn percent_or_dash(self, share: Option<f64>) -> String {
        share.map_or("–".to_owned(), |share| self.percent(share))
    }

    pub(crate) fn q_value(self, q: Option<f64>) -> String {
        q.map_or("–".to_owned(), |q| self.localised(judge::q_value(Some(q))))
    }

    pub(crate) fn milliseconds(self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| format!("{}\u{a0}ms", self.number(value)))
    }
}

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
