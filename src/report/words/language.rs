//! The language of the pages, and numbers as its readers write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judge;

/// What people read the pages in. JSON, logs and the terminal are English always.
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

impl Language {
    /// The code of the `lang` attribute.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.pick("en", "fr")
    }

    pub(crate) fn pick<'a>(self, english: &'a str, french: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }

    /// The decimal sign is the only difference.
    fn spelt(self, text: String) -> String {
        match self {
            Self::English => text,
            Self::French => text.replace('.', ","),
        }
    }

    /// Three significant digits.
    pub(crate) fn number(self, value: f64) -> String {
        self.spelt(judge::number(value))
    }

    /// A limit or a tick, as short as it goes: 0.1, 0.25, 10.
    pub(crate) fn number_plain(self, value: f64) -> String {
        self.spelt(value.to_string())
    }

    /// Four decimals, so that figures of a column stand under each other.
    pub(crate) fn four_decimals(self, value: f64) -> String {
        self.spelt(format!("{value:.4}"))
    }

    /// With its sign and so many decimals; nothing is plain 0.
    pub(crate) fn signed(self, value: f64, decimals: usize) -> String {
        let text = format!("{value:+.decimals$}");
        let is_nought = !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        self.spelt(if is_nought { text.trim_start_matches(['+', '-']).to_owned() } else { text.replace('-', "−") })
    }

    /// A difference of scores, with its sign.
    pub(crate) fn signed_six(self, value: f64) -> String {
        self.spelt(format!("{value:+.6}")).replace('-', "−")
    }

    /// The same, of raw scores.
    pub(crate) fn signed_four(self, value: f64) -> String {
        self.spelt(format!("{value:+.4}")).replace('-', "−")
    }

    /// `5.0e-7`, a dash without a value.
    pub(crate) fn tiny(self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| self.spelt(format!("{value:.1e}")))
    }

    pub(crate) fn number_or_dash(self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| self.number(value))
    }

    pub(crate) fn percent(self, share: f64) -> String {
        unbroken(&self.spelt(judge::percent(share)))
    }

    pub(crate) fn percent_or_dash(self, share: Option<f64>) -> String {
        share.map_or("–".to_owned(), |share| self.percent(share))
    }

    pub(crate) fn q_value(self, q: Option<f64>) -> String {
        q.map_or("–".to_owned(), |q| self.spelt(judge::q_value(Some(q))))
    }

    pub(crate) fn milliseconds(self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| format!("{}\u{a0}ms", self.number(value)))
    }
}

/// A number and its unit stay on one line.
pub(crate) fn unbroken(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}
