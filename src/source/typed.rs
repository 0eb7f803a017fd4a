//! Converts Arrow columns of a log to the types needed for counting: numbers, times, ids.

use arrow_array::{Array, ArrayRef, PrimitiveArray, StringArray, cast::AsArray, new_null_array, types::Int64Type};
use arrow_buffer::OffsetBuffer;
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use jiff::{Timestamp, tz::TimeZone};
use vigie_profile::{
    batch::{self, Complaints, Reason, Value, for_each_number, level_of_decimal, level_of_number, texts, word},
    layout::{Column, LevelSpelling},
    window::Instant,
};

use super::clock::{self, TimeRules};

/// Converts a feature to numbers. A value that is not a number becomes missing, with a complaint.
pub(super) fn to_numbers(column: &ArrayRef, name: &str, complaints: &mut Complaints) -> ArrayRef {
    batch::to_numbers(column, &mut |found| complaints.add(Reason::NotANumber, &format!("{name}: {found}")))
}

/// Converts a feature to levels. A list or an object is not a level: it becomes missing, with a complaint.
pub(super) fn to_levels(column: &ArrayRef, wanted: &Column, complaints: &mut Complaints) -> ArrayRef {
    let kind = column.data_type();
    if !kind.is_nested() {
        return match wanted.spelling {
            LevelSpelling::Canonical => batch::to_levels(column),
            LevelSpelling::AsWritten => batch::to_written_levels(column),
        };
    }
    let complaint = format!("{}: a column of {kind}", wanted.name);
    (column.null_count()..column.len()).for_each(|_| complaints.add(Reason::NotANumber, &complaint));
    batch::to_levels(&new_null_array(&DataType::Utf8, column.len()))
}

/// Converts a column to text in canonical spelling: ids, decisions, versions.
pub(super) fn spelled(column: &ArrayRef) -> StringArray {
    if column.data_type().is_floating() {
        let mut spelled = Vec::with_capacity(column.len());
        let wide = cast(column, &DataType::Float64).unwrap_or_else(|_| column.clone());
        for_each_number(wide.as_ref(), &mut |value| spelled.push(level_of_number(value)));
        return spelled.into_iter().collect();
    }
    if column.data_type().is_integer()
        && let Ok(integers) = cast(column, &DataType::Int64)
        // Values that do not fit (a hash as an id) would have become null.
        && integers.null_count() == column.null_count()
    {
        return spelled_integers(integers.as_primitive::<Int64Type>());
    }
    let texts = texts(column);
    if column.data_type().is_decimal() {
        return texts.iter().map(|digits| level_of_decimal(digits?)).collect();
    }
    texts.iter().map(|text| text.and_then(word)).collect()
}

/// Formats integers, whose decimal form is canonical. Writes two digits at a time, which takes a fraction of the time of
/// `fmt` for a million ids.
fn spelled_integers(integers: &PrimitiveArray<Int64Type>) -> StringArray {
    const MAX_DIGITS: usize = 20;
    let mut bytes: Vec<u8> = Vec::with_capacity(integers.len() * 8);
    let mut lengths = Vec::with_capacity(integers.len());
    for integer in integers {
        let before = bytes.len();
        if let Some(integer) = integer {
            let mut digits = [b'-'; MAX_DIGITS];
            let (mut rest, mut first) = (integer.unsigned_abs(), MAX_DIGITS);
            while rest >= 100 {
                first -= 2;
                put(&mut digits, first, pair(rest % 100));
                rest /= 100;
            }
            let last = pair(rest);
            let skipped = usize::from(rest < 10);
            first -= 2;
            put(&mut digits, first, last);
            first += skipped;
            if integer < 0 {
                first -= 1;
                digits.iter_mut().skip(first).take(1).for_each(|sign| *sign = b'-');
            }
            bytes.extend_from_slice(digits.get(first..).unwrap_or_default());
        }
        lengths.push(bytes.len() - before);
    }
    let offsets = OffsetBuffer::from_lengths(lengths);
    StringArray::try_new(offsets, bytes.into(), integers.nulls().cloned())
        .unwrap_or_else(|_| std::iter::repeat_n(None::<&str>, integers.len()).collect())
}

/// The two digits of a number below 100.
fn pair(number: u64) -> [u8; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "below 100")]
    let number = number as u8;
    [b'0' + number / 10, b'0' + number % 10]
}

fn put(digits: &mut [u8], at: usize, pair: [u8; 2]) {
    if let Some(place) = digits.get_mut(at..at + 2) {
        place.copy_from_slice(&pair);
    }
}

/// Converts a column to times in microseconds of UTC; `None`: not a time, or not one of a request.
pub(super) fn instants(column: &ArrayRef, rules: &TimeRules) -> Vec<Option<i64>> {
    let zone = &rules.zone;
    let written = |at: Option<i64>| Some(clock::written(Instant(at?))?.0);
    match column.data_type() {
        DataType::Timestamp(unit, time_zone) => {
            let Ok(ticks) = cast(column, &DataType::Int64) else { return vec![None; column.len()] };
            let micros = |tick: i64| match unit {
                TimeUnit::Second => tick.checked_mul(1_000_000),
                TimeUnit::Millisecond => tick.checked_mul(1_000),
                TimeUnit::Microsecond => Some(tick),
                TimeUnit::Nanosecond => Some(tick.div_euclid(1_000)),
            };
            // Without a zone, the ticks are wall-clock time.
            let is_civil = time_zone.is_none() && *zone != TimeZone::UTC;
            ticks
                .as_primitive::<Int64Type>()
                .iter()
                .map(|tick| written(micros(tick?).and_then(|at| if is_civil { civil(at, zone) } else { Some(at) })))
                .collect()
        }
        DataType::Date32 | DataType::Date64 => {
            let millis = cast(column, &DataType::Date64).and_then(|days| cast(&days, &DataType::Int64));
            let Ok(millis) = millis else { return vec![None; column.len()] };
            let at = |at: i64| written(civil(at.checked_mul(1_000)?, zone));
            millis.as_primitive::<Int64Type>().iter().map(|millis| at(millis?)).collect()
        }
        kind if kind.is_integer() => match cast(column, &DataType::Int64) {
            Ok(epochs) => {
                let epochs = epochs.as_primitive::<Int64Type>();
                epochs.iter().map(|epoch| Some(rules.integer(epoch?)?.0)).collect()
            }
            Err(_) => vec![None; column.len()],
        },
        kind if kind.is_floating() => {
            let wide = cast(column, &DataType::Float64).unwrap_or_else(|_| column.clone());
            let mut at = Vec::with_capacity(column.len());
            for_each_number(wide.as_ref(), &mut |epoch| {
                at.push(clock::instant(Value::Real(epoch), rules).map(|instant| instant.0));
            });
            at
        }
        _ => {
            let texts = texts(column);
            texts.iter().map(|text| Some(clock::instant(Value::Text(text?), rules)?.0)).collect()
        }
    }
}

/// Returns whether a column of times has no time zone; of texts, whether the first one has none.
pub(super) fn is_naive(column: &ArrayRef) -> bool {
    match column.data_type() {
        DataType::Timestamp(_, zone) => zone.is_none(),
        DataType::Date32 | DataType::Date64 => true,
        kind if batch::is_text(kind) => {
            let first = (0..column.len()).find(|row| column.is_valid(*row));
            first.is_some_and(|row| {
                let text = texts(&column.slice(row, 1));
                text.is_valid(0) && clock::is_naive(Value::Text(text.value(0)))
            })
        }
        _ => false,
    }
}

/// Converts wall-clock microseconds to UTC.
fn civil(wall: i64, zone: &TimeZone) -> Option<i64> {
    let civil = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(wall).ok()?);
    let at = zone.to_ambiguous_timestamp(civil).compatible().ok()?;
    Some(Instant::from(at).0)
}

/// Returns whether a column of this type holds one plain value per row.
pub(super) fn is_scalar(kind: &DataType) -> bool {
    !kind.is_nested()
}

/// Returns whether a column of this type may hold JSON text.
pub(super) fn may_hold_json(kind: &DataType) -> bool {
    batch::is_text(kind) || batch::is_bytes(kind)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, UInt64Array};

    use super::*;

    #[test]
    fn integers_are_spelled_in_decimal() {
        let all = [0, 7, -1, 10, 99, 100, i64::MAX, i64::MIN, 1_234_567_890];
        let column: ArrayRef = Arc::new(all.iter().map(|i| Some(*i)).chain([None]).collect::<Int64Array>());
        let wanted: Vec<Option<String>> = all.iter().map(|i| Some(i.to_string())).chain([None]).collect();
        assert_eq!(spelled(&column), StringArray::from(wanted));
        let hashes: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 3]));
        assert_eq!(spelled(&hashes), StringArray::from(vec!["18446744073709551615", "3"]));
    }
}
