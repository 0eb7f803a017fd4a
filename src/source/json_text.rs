//! Writes a row of an Arrow batch as a line of JSON, for tables with lists, maps or JSON text in their columns.

use arrow_array::{Array, RecordBatch, cast::AsArray};
use arrow_cast::{
    cast,
    display::{ArrayFormatter, FormatOptions},
};
use arrow_schema::DataType;
use vigie_profile::batch::{for_each_number, is_bytes, is_text, texts, whole_digits};

/// Writes row `row` as one JSON object.
pub(super) fn write_row(batch: &RecordBatch, row: usize, line: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let schema = batch.schema();
    line.push(b'{');
    for (place, (field, column)) in schema.fields().iter().zip(batch.columns()).enumerate() {
        if place > 0 {
            line.push(b',');
        }
        serde_json::to_writer(&mut *line, field.name())?;
        line.push(b':');
        write(column.as_ref(), row, line)?;
    }
    line.push(b'}');
    Ok(())
}

fn write(array: &dyn Array, row: usize, line: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    if array.is_null(row) {
        line.extend_from_slice(b"null");
        return Ok(());
    }
    let list = |values: &dyn Array, line: &mut Vec<u8>| {
        line.push(b'[');
        for place in 0..values.len() {
            if place > 0 {
                line.push(b',');
            }
            write(values, place, line)?;
        }
        line.push(b']');
        Ok(())
    };
    match array.data_type() {
        DataType::List(_) => list(array.as_list::<i32>().value(row).as_ref(), line),
        DataType::LargeList(_) => list(array.as_list::<i64>().value(row).as_ref(), line),
        DataType::FixedSizeList(..) => list(array.as_fixed_size_list().value(row).as_ref(), line),
        DataType::Struct(fields) => {
            line.push(b'{');
            for (place, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                if place > 0 {
                    line.push(b',');
                }
                serde_json::to_writer(&mut *line, field.name())?;
                line.push(b':');
                write(column.as_ref(), row, line)?;
            }
            line.push(b'}');
            Ok(())
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            line.push(b'{');
            for place in 0..entries.len() {
                if place > 0 {
                    line.push(b',');
                }
                serde_json::to_writer(&mut *line, &text(keys.as_ref(), place))?;
                line.push(b':');
                write(values.as_ref(), place, line)?;
            }
            line.push(b'}');
            Ok(())
        }
        DataType::Dictionary(_, values) if !is_text(values) => match cast(&array.slice(row, 1), values) {
            Ok(plain) => write(plain.as_ref(), 0, line),
            Err(_) => {
                line.extend_from_slice(b"null");
                Ok(())
            }
        },
        DataType::Float16 | DataType::Float32 | DataType::Float64 => write_real(array, row, line),
        kind => {
            let text = text(array, row);
            let is_number = kind.is_numeric() || *kind == DataType::Boolean;
            if is_number {
                // As an integer if it is one, because a JSON number with a fraction is read as a float.
                line.extend_from_slice(whole_digits(&text).as_bytes());
                Ok(())
            } else {
                serde_json::to_writer(line, &text)
            }
        }
    }
}

/// Writes a float of any width as the same `f64`. NaN becomes null (missing), and infinity its level,
/// which readers parse as that number.
fn write_real(array: &dyn Array, row: usize, line: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let mut real = f64::NAN;
    for_each_number(array.slice(row, 1).as_ref(), &mut |value| real = value);
    if real.is_infinite() {
        return serde_json::to_writer(line, if real > 0.0 { "inf" } else { "-inf" });
    }
    serde_json::to_writer(line, &real)
}

fn text(array: &dyn Array, row: usize) -> String {
    let kind = array.data_type();
    if is_bytes(kind) || kind.is_temporal() {
        let texts = texts(&array.slice(row, 1));
        return if texts.is_null(0) { String::new() } else { texts.value(0).to_owned() };
    }
    ArrayFormatter::try_new(array, &FormatOptions::default())
        .map(|formatter| formatter.value(row).to_string())
        .unwrap_or_default()
}
