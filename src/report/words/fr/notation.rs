//! Numbers and punctuation of French.

use super::{French, numbers};
use crate::report::words::notation::Notation;

impl Notation for French {
    fn code(&self) -> &'static str {
        "fr"
    }

    fn localised(&self, number: String) -> String {
        numbers::digits(&number)
    }

    fn percent(&self, share: f64) -> String {
        numbers::percent(share)
    }

    fn whole_percent(&self, share: f64) -> String {
        format!("{:.0}\u{a0}%", share * 100.0)
    }

    fn points(&self, share: f64) -> String {
        numbers::points(share)
    }

    fn number(&self, value: f64) -> String {
        numbers::number(value)
    }

    fn grouped(&self, count: u64) -> String {
        numbers::grouped(count)
    }

    fn semicolon(&self) -> &'static str {
        "\u{a0}; "
    }

    fn colon(&self) -> &'static str {
        "\u{a0}:"
    }

    fn weekdays(&self) -> [&'static str; 7] {
        ["lu", "ma", "me", "je", "ve", "sa", "di"]
    }
}
