//! A training table as learning takes it: a column at a time, on any thread, the order of rows forgotten where it may be.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use vigie_profile::{batch::for_each_number, near::instead};

use crate::fault::{Fault, Result};

/// What is known of a column before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub name: String,
    pub holds: Holds,
    /// Whether the file stores it as 32-bit floats.
    pub is_single: bool,
    /// Whether its type has room for fractions.
    pub is_real: bool,
    /// Whether the file says what type it is (CSV does not).
    pub is_typed: bool,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Numbers,
    Texts,
    /// Times or nested values: not an input of a model.
    Other,
}

/// The values of a column; NaN and null are missing.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// Of any number or truth type.
    Numbers(Vec<ArrayRef>),
    /// As the file spells them, with how often each comes.
    Texts { rows: BTreeMap<String, u64>, missing: u64 },
}

/// Training or hold-out rows.
pub trait Table: Sync {
    fn rows(&self) -> usize;

    /// In the order of the table.
    fn columns(&self) -> Vec<About>;

    /// Reads a column that holds numbers or texts, by its number.
    fn load(&self, column: usize) -> Result<Loaded>;

    /// A column's numbers in the order of the rows, NaN where there is none; `None` where a text is no number.
    fn in_order(&self, column: usize) -> Result<Option<Vec<f64>>> {
        let Loaded::Numbers(arrays) = self.load(column)? else { return Ok(None) };
        let mut numbers = Vec::with_capacity(self.rows());
        arrays.iter().for_each(|array| for_each_number(array.as_ref(), &mut |value| numbers.push(value)));
        Ok((numbers.len() == self.rows()).then_some(numbers))
    }
}

/// The number of a column, by name.
pub(super) fn find(columns: &[About], name: &str) -> Result<usize> {
    columns.iter().position(|column| column.name == name).ok_or_else(|| {
        let there = instead(name, columns.iter().map(|column| column.name.as_str()));
        Fault::setup(format!("the table has no column `{name}`; it has: {there}"))
    })
}
