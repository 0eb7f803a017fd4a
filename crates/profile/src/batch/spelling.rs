//! Canonical spelling of levels, so that `1`, `1.0`, `"1"` and `true` are the same level.
//!
//! A level is its text, except that a number loses blanks around it and a zero fraction (`1.0` → `1`), a boolean is `1` or
//! `0`, and the texts that pandas, Polars and JSON write for a missing value are missing. Text with a leading zero (`007`)
//! is a code and is not changed. Blanks around a word are part of the level (` Private`), because models distinguish them.

use std::borrow::Cow;

/// Text parsed as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Missing,
    Value(f64),
    /// Not a number.
    Invalid,
}

/// Texts that represent a missing value.
pub const MISSING_WORDS: [&str; 9] = ["", "NaN", "nan", "null", "NULL", "None", "<NA>", "NaT", "__MISSING__"];

/// Whether a text represents a missing value.
fn is_missing(text: &str) -> bool {
    matches!(text, "" | "NaN" | "nan" | "null" | "NULL" | "None" | "<NA>" | "NaT" | "__MISSING__")
}

/// Canonical spelling of a level; `None` is missing. Blanks around a word are kept.
#[must_use]
pub fn level(text: &str) -> Option<Cow<'_, str>> {
    let trimmed = text.trim();
    let word = spelled(trimmed)?;
    let is_kept = trimmed.len() < text.len() && word == trimmed && trimmed.parse::<f64>().is_err();
    Some(if is_kept { Cow::Borrowed(text) } else { word })
}

/// Canonical spelling of an id, a decision, a version or a filter's value: like a level, but without blanks around it.
#[must_use]
pub fn word(text: &str) -> Option<Cow<'_, str>> {
    spelled(text.trim())
}

/// Canonical spelling of a text without blanks around it.
fn spelled(text: &str) -> Option<Cow<'_, str>> {
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

/// Canonical spelling of a level that the log stores as a decimal, given its digits: exact if it is an integer of 64 bits,
/// otherwise that of the nearest `f64`, as if it had been written in JSON.
#[must_use]
pub fn level_of_decimal(digits: &str) -> Option<String> {
    let whole = whole_digits(digits);
    if whole.parse::<i64>().is_ok() || whole.parse::<u64>().is_ok() {
        return Some(if whole == "-0" { "0".to_owned() } else { whole.to_owned() });
    }
    level_of_number(digits.trim().parse().unwrap_or(f64::NAN))
}

/// The digits of a decimal without a fraction of zeros: `12.00` → `12`.
#[must_use]
pub fn whole_digits(digits: &str) -> &str {
    let digits = digits.trim();
    without_zero_fraction(digits).unwrap_or(digits)
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

/// Returns whether a text would be a number if its only comma were a decimal point, as in `13361,20`.
#[must_use]
pub fn has_decimal_comma(text: &str) -> bool {
    let text = text.trim();
    let Some((whole, fraction)) = text.split_once(',') else { return false };
    let whole = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let (fraction, exponent) = fraction.split_once(['e', 'E']).unwrap_or((fraction, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(fraction) && exponent.parse::<i32>().is_ok()
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
    fn blanks_belong_to_words_but_not_to_numbers() {
        for text in [" Private", "a ", " ?", " 12 EUR"] {
            assert_eq!(level(text).unwrap(), text);
            assert_eq!(word(text).unwrap(), text.trim());
        }
        assert_eq!(level(" 1.5\t").unwrap(), "1.5");
        assert_eq!(level(" True ").unwrap(), "1");
    }

    #[test]
    fn whole_decimals_of_64_bits_are_exact() {
        let of = |digits| level_of_decimal(digits).unwrap();
        assert_eq!(of("9007199254740993"), "9007199254740993");
        assert_eq!(of("9007199254740993.00"), "9007199254740993");
        assert_eq!(of("18446744073709551615"), "18446744073709551615");
        assert_eq!(of("-0.00"), "0");
        assert_eq!(of("1.50"), "1.5");
        assert_eq!(of("36893488147419103233"), level_of_number(2_f64.powi(65)).unwrap());
        assert_eq!(level_of_decimal("NaN"), None);
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

    #[test]
    fn decimal_commas_are_recognised() {
        for text in ["13361,20", " -0,5 ", "1,5e-3"] {
            assert!(has_decimal_comma(text), "{text}");
            assert_eq!(number(text), Number::Invalid);
        }
        for text in ["", ",5", "5,", "1,2,3", "1.234,5", "a,b", "1,5 EUR"] {
            assert!(!has_decimal_comma(text), "{text}");
        }
    }
}
