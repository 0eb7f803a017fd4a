//! The interface of training tables: columns are loaded one at a time, on any thread.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use vigie_profile::{
    batch::{for_each_number, to_numbers},
    near::alternatives,
};

use crate::fault::{Fault, Result};

/// Properties of a column that are known before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: String,
    pub kind: ColumnKind,
    /// Whether the file stores it as 32-bit floats.
    pub is_single: bool,
    /// Whether its type can represent fractions.
    pub is_real: bool,
    /// Whether the file format has column types (CSV does not).
    pub is_typed: bool,
}

/// Kind of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    Numbers,
    Texts,
    /// Times: levels if the user or the model says so, never numbers.
    Times,
    /// Nested values, which cannot be model inputs.
    Other,
}

/// The values of a column; NaN and null are missing.
#[derive(Debug, Clone)]
pub enum ColumnData {
    /// Arrays of any numeric or boolean type, as stored.
    Numbers(Vec<ArrayRef>),
    /// Row counts by value, as written in the file.
    Texts { rows: BTreeMap<String, u64>, missing: u64 },
}

/// Training or hold-out rows.
pub trait TrainingTable: Sync {
    /// Name of the (first) file or of the database table, for messages.
    fn name(&self) -> &str;

    fn rows(&self) -> usize;

    /// Columns in table order.
    fn columns(&self) -> Vec<ColumnInfo>;

    /// Loads a column of numbers, texts or times by index.
    fn load(&self, column: usize) -> Result<ColumnData>;

    /// Loads every `step`-th cell of a column of texts.
    fn every_text(&self, column: usize, step: usize) -> Result<Vec<Option<String>>>;

    /// Loads about the first `most` texts of a column, without those that are missing.
    fn first_texts(&self, column: usize, most: usize) -> Result<Vec<String>>;

    /// Loads a column's numbers in row order, NaN where missing; `None` if a text is not a number.
    fn numbers_in_order(&self, column: usize) -> Result<Option<Vec<f64>>> {
        let ColumnData::Numbers(arrays) = self.load(column)? else { return Ok(None) };
        Ok(numbers_in_order(&arrays, self.rows()))
    }

    /// Loads every `step`-th number of a column, NaN where missing; `None` if a text is not a number.
    fn every_number(&self, column: usize, step: usize) -> Result<Option<Vec<f64>>> {
        Ok(self.numbers_in_order(column)?.map(|numbers| numbers.into_iter().step_by(step).collect()))
    }
}

/// Converts arrays of any type to numbers; `None` if a value is not a number.
pub(super) fn numbers_in_order(arrays: &[ArrayRef], rows: usize) -> Option<Vec<f64>> {
    let mut numbers = Vec::with_capacity(rows);
    let mut all = true;
    for array in arrays {
        for_each_number(to_numbers(array, &mut |_| all = false).as_ref(), &mut |value| numbers.push(value));
    }
    (all && numbers.len() == rows).then_some(numbers)
}

/// Index of a column by name; `columns` are those of the table.
pub(super) fn find(table: &dyn TrainingTable, columns: &[ColumnInfo], name: &str) -> Result<usize> {
    columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| no_column(table.name(), name, columns.iter().map(|column| column.name.as_str())))
}

/// The error for a column that a table does not have.
pub(super) fn no_column<'a>(table: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Fault {
    Fault::setup(format!("{table} has no column `{name}`{}", alternatives(name, known)))
}
