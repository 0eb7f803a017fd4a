//! Numbers and punctuation of English.

use super::{English, numbers};
use crate::report::words::notation::Notation;

impl Notation for English {
    fn code(&self) -> &'static str {
        "en"
    }

    fn localised(&self, number: String) -> String {
        numbers::digits(&number)
    }

    fn percent(&self, share: f64) -> String {
        numbers::percent(share)
    }

    fn whole_percent(&self, share: f64) -> String {
        format!("{:.0}%", share * 100.0)
    }

    fn points(&self, share: f64) -> String {
        format!("{}\u{a0}percentage points", numbers::number(share * 100.0))
    }

    fn number(&self, value: f64) -> String {
        numbers::number(value)
    }

    fn grouped(&self, count: u64) -> String {
        numbers::grouped(count)
    }

    fn semicolon(&self) -> &'static str {
        "; "
    }

    fn colon(&self) -> &'static str {
        ":"
    }

    fn weekdays(&self) -> [&'static str; 7] {
        ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
    }
}
