//! A whole table as plain columns: training rows, or anything else that is learnt from and not watched.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    access::Access,
    column::{Column, Wire},
    copy::copy,
    database::Database,
    relation::Relation,
    session::Session,
};
use crate::{fault::Result, source::Options};

/// The values of a stored column; NaN and `None` are missing.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredValues {
    Numbers(Vec<f64>),
    Texts(Vec<Option<String>>),
    /// JSON, an array or a row, as text.
    Json(Vec<Option<String>>),
    /// Times.
    Other,
}

/// A column by name.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredColumn {
    pub name: String,
    pub values: StoredValues,
    /// Whether it holds 32-bit floats.
    pub is_single: bool,
}

/// Every row of a table, in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTable {
    pub rows: u64,
    pub columns: Vec<StoredColumn>,
    /// The rows' SHA-256 added up, in hexadecimal: a table has no order of rows.
    pub sha256: String,
}

/// Reads `what`, a table's name or a SELECT, from the database of `source:`.
pub fn read_stored(options: &Options, what: &str) -> Result<StoredTable> {
    let is_query = what.trim().contains(char::is_whitespace);
    let (table, query) = if is_query { (None, Some(what)) } else { (Some(what), None) };
    let relation = Relation::of("source", table, query)?;
    let session = Session::open(&Arc::new(Database::of(&Access::of_log(options))?))?;
    let described = relation.describe(&session)?;
    let mut columns: Vec<StoredColumn> = described.iter().map(StoredColumn::new).collect();
    let names: Vec<String> = described.iter().map(Column::sql).collect();
    let select = format!("SELECT {} FROM {}", names.join(", "), relation.from());
    let (mut rows, mut sum) = (0, [0_u8; 32]);
    session.wait(|client| {
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
    let sha256 = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(StoredTable { rows, columns, sha256 })
}

impl StoredColumn {
    fn new(column: &Column) -> Self {
        let values = match column.wire {
            _ if column.is_number() => StoredValues::Numbers(Vec::new()),
            Wire::Json | Wire::Jsonb | Wire::AsJsonb => StoredValues::Json(Vec::new()),
            Wire::Zoned | Wire::Civil | Wire::Date => StoredValues::Other,
            _ => StoredValues::Texts(Vec::new()),
        };
        Self { name: column.name.clone(), values, is_single: column.wire == Wire::Float4 }
    }

    fn push(&mut self, column: &Column, cell: Option<&[u8]>) {
        let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
        match &mut self.values {
            StoredValues::Numbers(numbers) => numbers.push(column.number(cell)),
            StoredValues::Texts(texts) => texts.push(cell.map(text)),
            StoredValues::Json(texts) => {
                // JSONB comes with its version before it.
                let version = usize::from(column.wire != Wire::Json);
                texts.push(cell.and_then(|cell| cell.get(version..)).map(text));
            }
            StoredValues::Other => {}
        }
    }
}

/// Adds 256-bit numbers, what does not fit thrown away.
fn add(sum: &mut [u8; 32], row: &[u8]) {
    let mut carry = 0;
    for (ours, theirs) in sum.iter_mut().zip(row) {
        let both = u16::from(*ours) + u16::from(*theirs) + carry;
        carry = both >> 8;
        *ours = (both & 0xff) as u8;
    }
}
