//! Training or hold-out rows as plain columns.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, StringArray};
use vigie_profile::batch::{Number, level_of_number, number};

use super::columns::{ColumnData, ColumnInfo, ColumnKind, TrainingTable, no_column};
use crate::fault::{Fault, Result};

/// The values of a column; NaN and `None` are missing.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingValues {
    Numbers(Vec<f64>),
    /// Numbers of which `f64` would round some, such as hashes of 64 bits, as digits.
    Digits(Vec<Option<String>>),
    /// As written in the file.
    Texts(Vec<Option<String>>),
    /// Times as text.
    Times(Vec<Option<String>>),
    /// Nested values, which cannot be model inputs.
    Other,
}

impl TrainingValues {
    /// Appends the values of another file; false if they are of another type.
    fn append(&mut self, more: &mut Self) -> bool {
        match (&mut *self, &mut *more) {
            (Self::Numbers(ours), Self::Numbers(theirs)) => ours.append(theirs),
            (Self::Numbers(numbers), Self::Digits(_)) => {
                *self = Self::Digits(digits(numbers));
                return self.append(more);
            }
            (Self::Digits(ours), Self::Numbers(numbers)) => ours.append(&mut digits(numbers)),
            (Self::Digits(ours), Self::Digits(theirs))
            | (Self::Texts(ours), Self::Texts(theirs))
            | (Self::Times(ours), Self::Times(theirs)) => ours.append(theirs),
            (Self::Other, Self::Other) => {}
            _ => return false,
        }
        true
    }
}

fn digits(numbers: &[f64]) -> Vec<Option<String>> {
    numbers.iter().map(|number| level_of_number(*number)).collect()
}

/// One column of a training table.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingColumn {
    pub name: String,
    pub values: TrainingValues,
    /// Whether the file stores it as 32-bit floats.
    pub is_single: bool,
    /// Whether the file format has column types (CSV does not).
    pub is_typed: bool,
}

impl TrainingColumn {
    /// The values as an Arrow column; `None` for nested values.
    #[must_use]
    pub fn array(&self) -> Option<ArrayRef> {
        match &self.values {
            TrainingValues::Numbers(numbers) => Some(Arc::new(Float64Array::from(numbers.clone()))),
            TrainingValues::Digits(texts) | TrainingValues::Texts(texts) | TrainingValues::Times(texts) => {
                Some(Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>()))
            }
            TrainingValues::Other => None,
        }
    }
}

/// The rows of one or more training files.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// Name of the (first) file or of the database table, for messages.
    pub name: String,
    pub rows: usize,
    pub columns: Vec<TrainingColumn>,
}

impl Training {
    /// Appends the rows of another file with the same columns.
    pub fn append(&mut self, mut other: Self, name: &str) -> Result<()> {
        for column in &mut self.columns {
            let more = other.columns.iter_mut().find(|theirs| theirs.name == column.name).ok_or_else(|| {
                Fault::setup(format!("{name}: column `{}` is missing, but the previous files have it", column.name))
            })?;
            if !column.values.append(&mut more.values) {
                return Err(Fault::setup(format!(
                    "{name}: column `{}` has a different type than in the previous files; make the types match",
                    column.name
                )));
            }
            column.is_single &= more.is_single;
        }
        self.rows += other.rows;
        Ok(())
    }

    /// Returns a column by name.
    pub fn column(&self, name: &str) -> Result<&TrainingColumn> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| self.no_column(name))
    }

    /// Returns the index of a column.
    pub fn place(&self, name: &str) -> Result<usize> {
        self.columns.iter().position(|column| column.name == name).ok_or_else(|| self.no_column(name))
    }

    fn no_column(&self, name: &str) -> Fault {
        no_column(&self.name, name, self.columns.iter().map(|column| column.name.as_str()))
    }
}

impl TrainingTable for Training {
    fn name(&self) -> &str {
        &self.name
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> Vec<ColumnInfo> {
        let info = |column: &TrainingColumn| ColumnInfo {
            name: column.name.clone(),
            kind: match column.values {
                TrainingValues::Numbers(_) | TrainingValues::Digits(_) => ColumnKind::Numbers,
                TrainingValues::Texts(_) => ColumnKind::Texts,
                TrainingValues::Times(_) => ColumnKind::Times,
                TrainingValues::Other => ColumnKind::Other,
            },
            is_single: column.is_single,
            is_real: !column.is_single,
            is_typed: column.is_typed,
        };
        self.columns.iter().map(info).collect()
    }

    fn load(&self, column: usize) -> Result<ColumnData> {
        let column = self
            .columns
            .get(column)
            .ok_or_else(|| Fault::setup(format!("internal error: the training table has no column {column}")))?;
        Ok(match &column.values {
            TrainingValues::Numbers(numbers) => {
                ColumnData::Numbers(vec![Arc::new(Float64Array::from(numbers.clone()))])
            }
            TrainingValues::Digits(texts) | TrainingValues::Texts(texts) | TrainingValues::Times(texts) => {
                let mut rows: BTreeMap<String, u64> = BTreeMap::new();
                let mut missing = 0;
                for text in texts {
                    match text {
                        None => missing += 1,
                        Some(text) => match rows.get_mut(text) {
                            Some(count) => *count += 1,
                            None => {
                                rows.insert(text.clone(), 1);
                            }
                        },
                    }
                }
                ColumnData::Texts { rows, missing }
            }
            TrainingValues::Other => ColumnData::Numbers(Vec::new()),
        })
    }

    fn every_text(&self, column: usize, step: usize) -> Result<Vec<Option<String>>> {
        Ok(match self.columns.get(column).map(|column| &column.values) {
            Some(TrainingValues::Digits(texts) | TrainingValues::Texts(texts) | TrainingValues::Times(texts)) => {
                texts.iter().step_by(step).cloned().collect()
            }
            Some(TrainingValues::Numbers(_) | TrainingValues::Other) | None => Vec::new(),
        })
    }

    fn first_texts(&self, column: usize, most: usize) -> Result<Vec<String>> {
        Ok(match self.columns.get(column).map(|column| &column.values) {
            Some(TrainingValues::Digits(texts) | TrainingValues::Texts(texts) | TrainingValues::Times(texts)) => {
                texts.iter().flatten().take(most).cloned().collect()
            }
            Some(TrainingValues::Numbers(_) | TrainingValues::Other) | None => Vec::new(),
        })
    }

    fn numbers_in_order(&self, column: usize) -> Result<Option<Vec<f64>>> {
        self.every_number(column, 1)
    }

    fn every_number(&self, column: usize, step: usize) -> Result<Option<Vec<f64>>> {
        let number_or_nan = |text: &Option<String>| match text.as_deref().map_or(Number::Missing, number) {
            Number::Value(value) => Some(value),
            Number::Missing => Some(f64::NAN),
            Number::Invalid => None,
        };
        Ok(match self.columns.get(column).map(|column| &column.values) {
            Some(TrainingValues::Numbers(numbers)) => Some(numbers.iter().copied().step_by(step).collect()),
            // CSV cells are always text.
            Some(TrainingValues::Texts(texts) | TrainingValues::Digits(texts)) => {
                texts.iter().step_by(step).map(number_or_nan).collect()
            }
            Some(TrainingValues::Times(_) | TrainingValues::Other) | None => None,
        })
    }
}
