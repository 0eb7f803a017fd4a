//! Reads a whole table into plain columns, for `vigie learn`.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use vigie_profile::batch::{level_of_number, text_of_bytes};

use super::{
    access::Access,
    column::{TableColumn, Wire},
    connect::endless_row,
    copy::copy,
    database::Database,
    relation::Relation,
    session::Session,
};
use crate::{fault::Result, source::SourceOptions};

/// The values of a column; NaN and `None` are missing.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredValues {
    Numbers(Vec<f64>),
    /// Numbers of which `f64` would round some, as digits.
    Digits(Vec<Option<String>>),
    Texts(Vec<Option<String>>),
    /// Times as text.
    Times(Vec<Option<String>>),
    /// JSON, an array or a composite value, as text.
    Json(Vec<Option<String>>),
}

/// A column of a [`StoredTable`].
#[derive(Debug, Clone, PartialEq)]
pub struct StoredColumn {
    pub name: String,
    pub values: StoredValues,
    /// Whether the values are 32-bit floats.
    pub is_single: bool,
}

/// All rows of a table, in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTable {
    pub rows: u64,
    pub columns: Vec<StoredColumn>,
    /// The sum of the SHA-256 of all rows, in hexadecimal. It does not depend on the order of rows, which a table lacks.
    pub sha256: String,
}

/// Reads a table, given its name or a SELECT, from the database of `source:`.
pub(in crate::source) fn read_stored(options: &SourceOptions, table_or_query: &str) -> Result<StoredTable> {
    let is_query = table_or_query.trim().contains(char::is_whitespace);
    let (table, query) = if is_query { (None, Some(table_or_query)) } else { (Some(table_or_query), None) };
    let relation = Relation::new("source", table, query)?;
    let session = Session::open(&Arc::new(Database::new(&Access::for_log(options))?))?;
    let described = relation.describe(&session)?;
    let mut columns: Vec<StoredColumn> = described.iter().map(StoredColumn::new).collect();
    let names: Vec<String> = described.iter().map(TableColumn::sql).collect();
    let select = format!("SELECT {} FROM {}", names.join(", "), relation.from());
    let (mut rows, mut sum) = (0, [0_u8; 32]);
    let is_whole = session.wait(|client| {
        copy(client, &select, |cells| {
            rows += 1;
            let mut row = Sha256::new();
            for ((column, stored), cell) in described.iter().zip(&mut columns).zip(cells) {
                row.update([u8::from(cell.is_some())]);
                row.update(cell.unwrap_or_default());
                stored.push(column, cell);
            }
            add(&mut sum, &row.finalize());
        })
    })?;
    if !is_whole {
        return Err(endless_row(session.database()));
    }
    let sha256 = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(StoredTable { rows, columns, sha256 })
}

impl StoredColumn {
    fn new(column: &TableColumn) -> Self {
        let values = match column.wire {
            _ if column.is_number() => StoredValues::Numbers(Vec::new()),
            Wire::Json | Wire::Jsonb | Wire::CastToJsonb => StoredValues::Json(Vec::new()),
            Wire::Zoned | Wire::Civil | Wire::Date => StoredValues::Times(Vec::new()),
            _ => StoredValues::Texts(Vec::new()),
        };
        Self { name: column.name.clone(), values, is_single: column.wire == Wire::Float4 }
    }

    fn push(&mut self, column: &TableColumn, cell: Option<&[u8]>) {
        let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
        match &mut self.values {
            StoredValues::Numbers(numbers) => {
                let number = column.number(cell);
                match column.rounded_digits(cell, number) {
                    None => numbers.push(number),
                    Some(digits) => {
                        let before = numbers.iter().map(|number| level_of_number(*number));
                        self.values = StoredValues::Digits(before.chain([Some(digits)]).collect());
                    }
                }
            }
            StoredValues::Digits(digits) => {
                let number = column.number(cell);
                digits.push(column.rounded_digits(cell, number).or_else(|| level_of_number(number)));
            }
            StoredValues::Texts(texts) if column.wire == Wire::Bytes => {
                texts.push(cell.map(|cell| text_of_bytes(cell).into_owned()));
            }
            StoredValues::Texts(texts) => texts.push(cell.map(text)),
            StoredValues::Times(texts) => texts.push(column.text(cell)),
            StoredValues::Json(texts) => {
                // JSONB has a version byte in front.
                let version = usize::from(column.wire != Wire::Json);
                texts.push(cell.and_then(|cell| cell.get(version..)).map(text));
            }
        }
    }
}

/// Adds 256-bit numbers, wrapping on overflow.
fn add(sum: &mut [u8; 32], row: &[u8]) {
    let mut carry = 0;
    for (ours, theirs) in sum.iter_mut().zip(row) {
        let both = u16::from(*ours) + u16::from(*theirs) + carry;
        carry = both >> 8;
        *ours = (both & 0xff) as u8;
    }
}
