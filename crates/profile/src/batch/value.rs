//! One scalar value in any representation: the rule by which it becomes a number or a level.
//!
//! | value | as a number | as a level |
//! |---|---|---|
//! | null | missing | missing |
//! | boolean | 1 or 0 | `1` or `0` |
//! | integer of at most 64 bits | nearest `f64` | decimal digits |
//! | float of any width | itself; NaN is missing | shortest digits, without a zero fraction (`1.0` → `1`) |
//! | decimal, longer integer | nearest `f64` | as an integer if it is one of 64 bits, otherwise as a float |
//! | text of a number or boolean (`0.5`, `1e3`, `True`) | that number | as the number or boolean (`1.0` → `1`, `True` → `1`) |
//! | text of a missing value (empty, `NaN`, `None`, …; as a number also `NA`) | missing | missing |
//! | any other text | not a number | the text, blanks around it included |
//! | bytes | as text: UTF-8 if they are printable, otherwise hexadecimal | likewise |
//! | time, date | not a number | its text: RFC 3339, in UTC if it has a time zone |
//! | list, object | not a number | not a level |
//!
//! [`Value`] applies the rule to one scalar, and [`to_numbers`](super::to_numbers) and [`to_levels`](super::to_levels) to
//! Arrow columns. What happens to a value that is not a number depends on where it is: in a log, it is a complaint and
//! counts as missing; in training rows and in single records, it is an error.

use std::{borrow::Cow, fmt};

use super::{Number, level, level_of_number, number, word};

/// A scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    /// Larger than `i64::MAX`, such as a hash used as an id.
    Large(u64),
    Real(f64),
    Text(&'a str),
    /// An object or an array where a scalar is expected.
    Nested,
}

impl<'a> Value<'a> {
    /// The value as a number.
    #[must_use]
    pub fn number(self) -> Number {
        match self {
            Self::Null => Number::Missing,
            Self::Bool(flag) => Number::Value(f64::from(u8::from(flag))),
            #[expect(clippy::cast_precision_loss, reason = "models compare floats")]
            Self::Integer(integer) => Number::Value(integer as f64),
            #[expect(clippy::cast_precision_loss, reason = "models compare floats")]
            Self::Large(large) => Number::Value(large as f64),
            Self::Real(real) if real.is_nan() => Number::Missing,
            Self::Real(real) => Number::Value(real),
            Self::Text(text) => number(text),
            Self::Nested => Number::Invalid,
        }
    }

    /// The canonical spelling as a level of a feature; `None` if missing.
    #[must_use]
    pub fn level(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => level(text),
            other => other.word(),
        }
    }

    /// The canonical spelling as an id, a decision, a version or a filter's value; `None` if missing.
    #[must_use]
    pub fn word(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Null | Self::Nested => None,
            Self::Bool(flag) => Some(Cow::Borrowed(if flag { "1" } else { "0" })),
            Self::Integer(integer) => Some(Cow::Owned(integer.to_string())),
            Self::Large(large) => Some(Cow::Owned(large.to_string())),
            Self::Real(real) => level_of_number(real).map(Cow::Owned),
            Self::Text(text) => word(text),
        }
    }
}

/// Shown to operators as an example in a complaint.
impl fmt::Display for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Bool(flag) => flag.fmt(formatter),
            Self::Integer(integer) => integer.fmt(formatter),
            Self::Large(large) => large.fmt(formatter),
            Self::Real(real) => real.fmt(formatter),
            Self::Text(text) => write!(formatter, "\"{text}\""),
            Self::Nested => formatter.write_str("an object or array"),
        }
    }
}
