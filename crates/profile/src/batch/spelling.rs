//! Canonical spelling of levels, so that `1`, `1.0`, `"1"` and `true` are the same level.
//!
//! A level is its trimmed text, except that a number loses a zero fraction (`1.0` → `1`), a boolean is `1` or `0`, and
//! the texts that pandas, Polars and JSON write for a missing value are missing. Text with a leading zero (`007`) is a
//! code and is not changed.

use std::borrow::Cow;

/// Text parsed as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Missing,
    Value(f64),
    /// Not a number.
    Invalid,
}

/// Whether a text represents a missing value.
fn is_missing(text: &str) -> bool {
    matches!(text, "" | "NaN" | "nan" | "null" | "NULL" | "None" | "<NA>" | "NaT" | "__MISSING__")
}

/// Canonical spelling of a level; `None` is missing.
#[must_use]
pub fn level(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    if is_missing(text) {
        return None;
    }
    match text {
        "true" | "True" | "TRUE" => return Some(Cow::Borrowed("1")),
        "false" | "False" | "FALSE" => return Some(Cow::Borrowed("0")),
        _ => {}
    }
    Some(Cow::Borrowed(without_zero_fraction(text).unwrap_or(text)))
}

/// Canonical spelling of a level that the log stores as a number; `None` is missing (NaN).
#[must_use]
pub fn level_of_number(value: f64) -> Option<String> {
    if value.is_nan() {
        return None;
    }
    // Adding zero converts −0 to 0.
    let text = (value + 0.0).to_string();
    level(&text).map(Cow::into_owned)
}

/// `-?digits.0…` without a leading zero → `-?digits`.
fn without_zero_fraction(text: &str) -> Option<&str> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let plain =
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    let zero = !fraction.is_empty() && fraction.bytes().all(|b| b == b'0');
    (plain && zero).then_some(if whole == "-0" { "0" } else { whole })
}

/// Parses a number: decimal or scientific notation, infinities by name, booleans as 1 and 0.
#[must_use]
pub fn number(text: &str) -> Number {
    let text = text.trim();
    if is_missing(text) {
        return Number::Missing;
    }
    match text {
        "true" | "True" | "TRUE" => return Number::Value(1.0),
        "false" | "False" | "FALSE" => return Number::Value(0.0),
        "NA" | "N/A" | "n/a" | "na" | "-nan" | "NAN" => return Number::Missing,
        _ => {}
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_nan() => Number::Missing,
        Ok(value) => Number::Value(value),
        Err(_) => Number::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_one_are_the_same_level() {
        let spellings = ["1", "1.0", " 1 ", "true", "True", "1.000"].map(|t| level(t).unwrap());
        assert!(spellings.iter().all(|s| s == "1"), "{spellings:?}");
        assert_eq!(level_of_number(1.0).unwrap(), "1");
        assert_eq!(level_of_number(-0.0).unwrap(), "0");
        assert_eq!(level("-0.0").unwrap(), "0");
    }

    #[test]
    fn codes_and_words_are_not_changed() {
        for text in ["007", "00.0", "1.50", "Accordé", "1.0.0", ".0", "1.", "+1.0"] {
            assert_eq!(level(text).unwrap(), text);
        }
    }

    #[test]
    fn all_spellings_of_missing_are_missing() {
        for text in ["", "  ", "NaN", "nan", "null", "None", "__MISSING__"] {
            assert_eq!(level(text), None);
            assert_eq!(number(text), Number::Missing);
        }
    }

    #[test]
    fn numbers_are_parsed_from_text() {
        assert_eq!(number("0.12"), Number::Value(0.12));
        assert_eq!(number(" -1e3 "), Number::Value(-1000.0));
        assert_eq!(number("Infinity"), Number::Value(f64::INFINITY));
        assert_eq!(number("True"), Number::Value(1.0));
        assert_eq!(number("12 EUR"), Number::Invalid);
    }
}
