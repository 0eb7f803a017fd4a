//! How a language writes numbers, dates and punctuation.

use vigie_profile::window::Instant;

use super::format;
use crate::judge;

/// Numbers, dates and punctuation of a language.
pub trait Notation {
    /// Returns the value of the `lang` attribute.
    fn code(&self) -> &'static str;

    /// Puts separators between groups of digits, and before the decimals, into a number written with a point.
    fn localised(&self, number: String) -> String;

    /// Formats a share as a percentage.
    fn percent(&self, share: f64) -> String;

    /// Formats a share as a percentage without decimals.
    fn whole_percent(&self, share: f64) -> String;

    /// Formats a difference of shares in percentage points.
    fn points(&self, share: f64) -> String;

    /// Separates two clauses, with its spaces.
    fn semicolon(&self) -> &'static str;

    /// Follows a label; a space comes after it.
    fn colon(&self) -> &'static str;

    /// Abbreviated names of the days of the week, Monday first.
    fn weekdays(&self) -> [&'static str; 7];

    /// Groups the digits of a count.
    fn grouped(&self, count: u64) -> String;

    /// Formats a date, and the time unless it is midnight UTC.
    fn day(&self, at: Instant) -> String {
        format::day(at)
    }

    /// Formats a date and time, with seconds only if they are not zero.
    fn minute(&self, at: Instant) -> String {
        format::minute(at)
    }

    /// Formats with three significant digits, and the digits of larger numbers grouped.
    fn number(&self, value: f64) -> String {
        self.localised(judge::number(value))
    }

    fn number_or_dash(&self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| self.number(value))
    }

    /// Formats a limit or a tick as short as possible: 0.1, 0.25, 10.
    fn number_plain(&self, value: f64) -> String {
        self.localised(value.to_string())
    }

    /// Formats with four decimals, so that the figures of a column align.
    fn four_decimals(&self, value: f64) -> String {
        self.localised(format!("{value:.4}"))
    }

    /// Formats with a minus sign if negative, and a plus sign unless zero.
    fn signed(&self, value: f64, decimals: usize) -> String {
        let size = format!("{:.decimals$}", value.abs());
        let is_zero = !size.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        let sign = match value {
            _ if is_zero => "",
            negative if negative < 0.0 => "−",
            _ => "+",
        };
        format!("{sign}{}", self.localised(size))
    }

    /// Formats with a sign, even if it is zero.
    fn signed_always(&self, value: f64, decimals: usize) -> String {
        let sign = if value.is_sign_negative() { "−" } else { "+" };
        format!("{sign}{}", self.localised(format!("{:.decimals$}", value.abs())))
    }

    /// Formats as `5.0e-7`, or a dash without a value.
    fn tiny(&self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| self.localised(format!("{value:.1e}")))
    }

    fn percent_or_dash(&self, share: Option<f64>) -> String {
        share.map_or("–".to_owned(), |share| self.percent(share))
    }

    fn q_value(&self, q: Option<f64>) -> String {
        q.map_or("–".to_owned(), |q| self.localised(judge::q_value(Some(q))))
    }

    fn milliseconds(&self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| format!("{}\u{a0}ms", self.number(value)))
    }
}
