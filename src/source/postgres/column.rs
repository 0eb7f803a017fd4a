//! A column of the log: its SQL expression, and the conversion of its binary values to JSON.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use tokio_postgres::types::{Kind, Type};
use vigie_profile::{
    batch::{level_of_decimal, text_of_bytes, whole_digits},
    window::Instant,
};

use super::name::quoted;

/// Wire format of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    /// Decimal digits.
    Numeric,
    Text,
    /// Text that is not marked as such, or binary identifiers.
    Bytes,
    /// Any other type, cast to text by the server.
    CastToText,
    Json,
    Jsonb,
    /// Arrays and composite types, converted to JSON by the server.
    CastToJsonb,
    /// An instant (`timestamptz`).
    Zoned,
    /// A wall-clock date and time (`timestamp`).
    Civil,
    Date,
}

/// A column of a table or query.
#[derive(Debug, Clone)]
pub(super) struct TableColumn {
    pub name: String,
    pub wire: Wire,
    /// Name of its type on the server.
    pub type_name: String,
    /// Its JSON key: `"name":`.
    key: Vec<u8>,
}

/// The time from 1970 to PostgreSQL's epoch, 2000.
const EPOCH_US: i64 = 946_684_800_000_000;
const EPOCH_DAYS: i64 = 10_957;
const DAY_US: i64 = 86_400_000_000;

impl TableColumn {
    pub(super) fn new(name: &str, kind: &Type) -> Self {
        let mut key = serde_json::to_vec(name).unwrap_or_default();
        key.push(b':');
        Self { name: name.to_owned(), wire: wire(kind), type_name: kind.name().to_owned(), key }
    }

    /// The expression to select.
    pub(super) fn sql(&self) -> String {
        let name = format!("log.{}", quoted(&self.name));
        match self.wire {
            Wire::Numeric | Wire::CastToText => format!("{name}::text"),
            Wire::CastToJsonb => format!("to_jsonb({name})"),
            _ => name,
        }
    }

    /// Writes `"name":value`.
    pub(super) fn write(&self, value: Option<&[u8]>, line: &mut Vec<u8>) {
        line.extend_from_slice(&self.key);
        let before = line.len();
        if value.and_then(|value| write(self.wire, value, line)).is_none() {
            line.truncate(before);
            line.extend_from_slice(b"null");
        }
    }

    /// Writes `"name":{"key":value,…}` with some keys of a JSONB column.
    pub(super) fn write_object<'v>(&self, members: impl Iterator<Item = (&'v str, &'v [u8])>, line: &mut Vec<u8>) {
        line.extend_from_slice(&self.key);
        line.push(b'{');
        for (place, (key, value)) in members.enumerate() {
            if place > 0 {
                line.push(b',');
            }
            if serde_json::to_writer(&mut *line, key).is_ok() {
                line.push(b':');
                if write(Wire::Jsonb, value, line).is_none() {
                    line.extend_from_slice(b"null");
                }
            }
        }
        line.push(b'}');
    }

    pub(super) fn is_jsonb(&self) -> bool {
        self.wire == Wire::Jsonb
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(
            self.wire,
            Wire::Bool | Wire::Int2 | Wire::Int4 | Wire::Int8 | Wire::Float4 | Wire::Float8 | Wire::Numeric
        )
    }

    /// Converts a value of a numeric column; NaN: missing.
    pub(super) fn number(&self, value: Option<&[u8]>) -> f64 {
        let number = value.and_then(|value| {
            #[expect(clippy::cast_precision_loss, reason = "models compare floats")]
            match self.wire {
                Wire::Bool => Some(f64::from(*value.first()?)),
                Wire::Int2 => Some(f64::from(i16::from_be_bytes(value.try_into().ok()?))),
                Wire::Int4 => Some(f64::from(i32::from_be_bytes(value.try_into().ok()?))),
                Wire::Int8 => Some(i64::from_be_bytes(value.try_into().ok()?) as f64),
                Wire::Float4 => Some(f64::from(f32::from_be_bytes(value.try_into().ok()?))),
                Wire::Float8 => Some(f64::from_be_bytes(value.try_into().ok()?)),
                Wire::Numeric => std::str::from_utf8(value).ok()?.parse().ok(),
                _ => None,
            }
        });
        number.unwrap_or(f64::NAN)
    }

    /// The digits of a number that `f64` rounds to `number`, if it is an integer that may have been rounded.
    pub(super) fn rounded_digits(&self, value: Option<&[u8]>, number: f64) -> Option<String> {
        /// 2^53. It may be the result of rounding 2^53 + 1.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let value = value.filter(|_| number.abs() >= EXACT)?;
        match self.wire {
            Wire::Int8 => Some(i64::from_be_bytes(value.try_into().ok()?).to_string()),
            Wire::Numeric => level_of_decimal(std::str::from_utf8(value).ok()?),
            _ => None,
        }
    }

    /// The text of a time, as the readers of a log see it.
    pub(super) fn text(&self, value: Option<&[u8]>) -> Option<String> {
        let mut json = Vec::new();
        write(self.wire, value?, &mut json)?;
        serde_json::from_slice(&json).ok()
    }
}

fn wire(kind: &Type) -> Wire {
    if let Kind::Domain(base) = kind.kind() {
        return wire(base);
    }
    match *kind {
        Type::BOOL => Wire::Bool,
        Type::INT2 => Wire::Int2,
        Type::INT4 => Wire::Int4,
        Type::INT8 => Wire::Int8,
        Type::FLOAT4 => Wire::Float4,
        Type::FLOAT8 => Wire::Float8,
        Type::NUMERIC => Wire::Numeric,
        Type::TEXT | Type::VARCHAR | Type::NAME => Wire::Text,
        Type::BYTEA => Wire::Bytes,
        Type::JSON => Wire::Json,
        Type::JSONB => Wire::Jsonb,
        Type::TIMESTAMPTZ => Wire::Zoned,
        Type::TIMESTAMP => Wire::Civil,
        Type::DATE => Wire::Date,
        _ => match kind.kind() {
            Kind::Array(_) | Kind::Composite(_) => Wire::CastToJsonb,
            _ => Wire::CastToText,
        },
    }
}

/// Writes a value as JSON. Returns `None` if the bytes do not fit the type; the value is then missing.
fn write(wire: Wire, value: &[u8], line: &mut Vec<u8>) -> Option<()> {
    match wire {
        Wire::Bool => line.extend_from_slice(if *value.first()? == 0 { b"false" } else { b"true" }),
        Wire::Int2 => integer(i16::from_be_bytes(value.try_into().ok()?).into(), line)?,
        Wire::Int4 => integer(i32::from_be_bytes(value.try_into().ok()?).into(), line)?,
        Wire::Int8 => integer(i64::from_be_bytes(value.try_into().ok()?), line)?,
        Wire::Float4 => real(f32::from_be_bytes(value.try_into().ok()?).into(), line)?,
        Wire::Float8 => real(f64::from_be_bytes(value.try_into().ok()?), line)?,
        Wire::Numeric => match value {
            b"NaN" => return None,
            [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] => {
                // As an integer if it is one, because a JSON number with a fraction is read as a float.
                line.extend_from_slice(
                    std::str::from_utf8(value).map_or(value, |digits| whole_digits(digits).as_bytes()),
                );
            }
            _ => infinity(!value.starts_with(b"-"), line)?,
        },
        Wire::Text | Wire::CastToText => text(value, line)?,
        Wire::Bytes => serde_json::to_writer(line, &text_of_bytes(value)).ok()?,
        Wire::Json => line.extend_from_slice(value),
        // A version byte, then the text.
        Wire::Jsonb | Wire::CastToJsonb => line.extend_from_slice(value.strip_prefix(&[1])?),
        Wire::Zoned => match i64::from_be_bytes(value.try_into().ok()?) {
            i64::MAX | i64::MIN => text(b"infinity", line)?,
            micros => text(Instant(micros.checked_add(EPOCH_US)?).to_string().as_bytes(), line)?,
        },
        Wire::Civil => match i64::from_be_bytes(value.try_into().ok()?) {
            i64::MAX | i64::MIN => text(b"infinity", line)?,
            micros => text(civil(micros.checked_add(EPOCH_US)?)?.to_string().as_bytes(), line)?,
        },
        Wire::Date => match i32::from_be_bytes(value.try_into().ok()?) {
            i32::MAX | i32::MIN => text(b"infinity", line)?,
            days => {
                let micros = (i64::from(days) + EPOCH_DAYS).checked_mul(DAY_US)?;
                text(civil(micros)?.date().to_string().as_bytes(), line)?;
            }
        },
    }
    Some(())
}

fn civil(micros: i64) -> Option<DateTime> {
    Some(TimeZone::UTC.to_datetime(Timestamp::from_microsecond(micros).ok()?))
}

fn integer(value: i64, line: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(line, &value).ok()
}

/// Writes a number. NaN becomes null (missing).
fn real(value: f64, line: &mut Vec<u8>) -> Option<()> {
    if value.is_infinite() {
        return infinity(value > 0.0, line);
    }
    serde_json::to_writer(line, &value).ok()
}

/// Writes the level of an infinite number, which readers parse as that number, because JSON has no infinity.
fn infinity(is_positive: bool, line: &mut Vec<u8>) -> Option<()> {
    text(if is_positive { b"inf" } else { b"-inf" }, line)
}

fn text(value: &[u8], line: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(line, &String::from_utf8_lossy(value)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(kind: &Type, value: &[u8]) -> String {
        let mut line = Vec::new();
        TableColumn::new("x", kind).write(Some(value), &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn binary_values_are_written_as_json() {
        assert_eq!(json(&Type::BOOL, &[1]), "\"x\":true");
        assert_eq!(json(&Type::INT8, &(-5_i64).to_be_bytes()), "\"x\":-5");
        assert_eq!(json(&Type::FLOAT8, &1e300_f64.to_be_bytes()), "\"x\":1e+300");
        assert_eq!(json(&Type::FLOAT8, &f64::NAN.to_be_bytes()), "\"x\":null");
        assert_eq!(json(&Type::FLOAT4, &f32::NEG_INFINITY.to_be_bytes()), "\"x\":\"-inf\"");
        for number in ["-0.10", "0.50", "5.1", "7", "12.50"] {
            assert_eq!(json(&Type::NUMERIC, number.as_bytes()), format!("\"x\":{number}"));
        }
        assert_eq!(json(&Type::NUMERIC, b"9007199254740993.00"), "\"x\":9007199254740993");
        assert_eq!(json(&Type::BYTEA, b"{\"a\": 1}"), "\"x\":\"{\\\"a\\\": 1}\"");
        assert_eq!(json(&Type::BYTEA, &[0xff, 0]), "\"x\":\"ff00\"");
        assert_eq!(json(&Type::NUMERIC, b"NaN"), "\"x\":null");
        assert_eq!(json(&Type::NUMERIC, b"-Infinity"), "\"x\":\"-inf\"");
        assert_eq!(json(&Type::TEXT, "a\"é\n".as_bytes()), "\"x\":\"a\\\"é\\n\"");
        assert_eq!(json(&Type::JSONB, b"\x01{\"a\": 1}"), "\"x\":{\"a\": 1}");
        assert_eq!(json(&Type::TIMESTAMPTZ, &0_i64.to_be_bytes()), "\"x\":\"2000-01-01T00:00:00Z\"");
        assert_eq!(json(&Type::TIMESTAMP, &1_500_000_i64.to_be_bytes()), "\"x\":\"2000-01-01T00:00:01.5\"");
        assert_eq!(json(&Type::TIMESTAMPTZ, &i64::MAX.to_be_bytes()), "\"x\":\"infinity\"");
        assert_eq!(json(&Type::DATE, &(-1_i32).to_be_bytes()), "\"x\":\"1999-12-31\"");
        assert_eq!(json(&Type::INT4, b"torn"), "\"x\":1953460846");
        assert_eq!(json(&Type::INT8, b"torn"), "\"x\":null");
    }
}
