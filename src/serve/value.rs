//! A value of an input as JSON has it, and how it becomes a scalar of the value layer, which the readers of logs use too.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use vigie_profile::batch::Value;

/// A value of an input.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum InputValue<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Large(u64),
    Real(f64),
    Text(Cow<'a, str>),
    /// An object or a list.
    Nested,
}

impl InputValue<'_> {
    /// The value as readers of logs see it, so that a request and its record are read alike.
    pub(super) fn scalar(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Integer(integer) => Value::Integer(*integer),
            Self::Large(large) => Value::Large(*large),
            Self::Real(real) => Value::Real(*real),
            Self::Text(text) => Value::Text(text),
            Self::Nested => Value::Nested,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for InputValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InputVisitor)
    }
}

struct InputVisitor;

impl<'de> Visitor<'de> for InputVisitor {
    type Value = InputValue<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, a text, true, false or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(InputValue::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(InputValue::Bool(flag))
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<Self::Value, E> {
        Ok(InputValue::Integer(integer))
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(integer).map_or(InputValue::Large(integer), InputValue::Integer))
    }

    fn visit_f64<E: Error>(self, real: f64) -> Result<Self::Value, E> {
        Ok(InputValue::Real(real))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(InputValue::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(InputValue::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(InputValue::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(InputValue::Nested)
    }
}

#[cfg(test)]
mod tests {
    use super::InputValue;

    #[test]
    fn values_keep_their_json_type() {
        let read = |text: &str| serde_json::from_str::<InputValue<'_>>(text).map(|value| format!("{value:?}"));
        for (text, value) in [
            ("null", "Null"),
            ("true", "Bool(true)"),
            ("-3", "Integer(-3)"),
            ("9223372036854775807", "Integer(9223372036854775807)"),
            ("9223372036854775808", "Large(9223372036854775808)"),
            ("1.5", "Real(1.5)"),
            ("\"F\"", "Text(\"F\")"),
            ("\"\\u00e9\"", "Text(\"\u{e9}\")"),
            ("[1, {\"a\": 2}]", "Nested"),
            ("{\"a\": [1]}", "Nested"),
        ] {
            assert_eq!(read(text).unwrap(), value, "{text}");
        }
        assert!(read("1e999").is_err() && read("NaN").is_err());
    }
}
