//! Dates as pages show them, and grouped digits.

use vigie_profile::window::Instant;

/// Formats the date, and the time unless it is midnight UTC.
pub(crate) fn day(at: Instant) -> String {
    let text = minute(at);
    text.strip_suffix(" 00:00").map_or(text.clone(), ToOwned::to_owned)
}

/// Formats as `2026-10-01 00:00`, with seconds only if they are not zero.
pub(crate) fn minute(at: Instant) -> String {
    let text = at.to_string();
    let text = text.trim_end_matches('Z').replace('T', " ");
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}

/// Formats a number of four or more digits as a whole number with a separator; `None` for smaller and for huge ones.
pub(super) fn group_number(value: f64, separator: char) -> Option<String> {
    let size = value.abs().round();
    if !(1e3..1e15).contains(&size) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and below 10^15")]
    let digits = group_digits(size as u64, separator);
    Some(if value < 0.0 { format!("-{digits}") } else { digits })
}

/// Puts a separator between groups of three digits.
pub(super) fn group_digits(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}
