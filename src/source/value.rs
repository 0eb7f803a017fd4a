//! One scalar value of a record, in any representation.

use std::{borrow::Cow, fmt};

use vigie_profile::batch::{Number, level, level_of_number, number};

/// A scalar in a log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
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
    pub(super) fn number(self) -> Number {
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
            Self::Nested => Number::Not,
        }
    }

    /// The canonical spelling as a level or an id; `None` if missing.
    pub(super) fn level(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Null | Self::Nested => None,
            Self::Bool(flag) => Some(Cow::Borrowed(if flag { "1" } else { "0" })),
            Self::Integer(integer) => Some(Cow::Owned(integer.to_string())),
            Self::Large(large) => Some(Cow::Owned(large.to_string())),
            Self::Real(real) => level_of_number(real).map(Cow::Owned),
            Self::Text(text) => level(text),
        }
    }

    /// Returns whether an error field with this value means that the request failed.
    pub(super) fn is_set(self) -> bool {
        match self {
            Self::Nested => true,
            value => value.level().is_some_and(|level| level != "0"),
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
