//! Training or hold-out rows as plain columns.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, StringArray};
use vigie_profile::batch::{Number, number};

use super::columns::{ColumnData, ColumnInfo, ColumnKind, TrainingTable, no_column};
use crate::fault::{Fault, Result};

/// The values of a column; NaN and `None` are missing.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingValues {
    Numbers(Vec<f64>),
    /// As written in the file.
    Texts(Vec<Option<String>>),
    /// Times or nested values, which cannot be model inputs.
    Other,
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
    /// The values as an Arrow column; `None` for times and nested values.
    #[must_use]
    pub fn array(&self) -> Option<ArrayRef> {
        match &self.values {
            TrainingValues::Numbers(numbers) => Some(Arc::new(Float64Array::from(numbers.clone()))),
            TrainingValues::Texts(texts) => Some(Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())),
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
            match (&mut column.values, &mut more.values) {
                (TrainingValues::Numbers(ours), TrainingValues::Numbers(theirs)) => ours.append(theirs),
                (TrainingValues::Texts(ours), TrainingValues::Texts(theirs)) => ours.append(theirs),
                (TrainingValues::Other, TrainingValues::Other) => {}
                _ => {
                    return Err(Fault::setup(format!(
                        "{name}: column `{}` has a different type than in the previous files; make the types match",
                        column.name
                    )));
                }
            }
            column.is_single &= more.is_single;
        }
        self.rows += other.rows;
        Ok(())
    }

    /// Returns a column by name.
    pub fn column(&self, name: &str) -> Result<&TrainingColumn> {
        let known = self.columns.iter().map(|column| column.name.as_str());
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| no_column(&self.name, name, known))
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
                TrainingValues::Numbers(_) => ColumnKind::Numbers,
                TrainingValues::Texts(_) => ColumnKind::Texts,
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
            TrainingValues::Texts(texts) => {
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

    fn numbers_in_order(&self, column: usize) -> Result<Option<Vec<f64>>> {
        let number_or_nan = |text: &Option<String>| match text.as_deref().map_or(Number::Missing, number) {
            Number::Value(value) => Some(value),
            Number::Missing => Some(f64::NAN),
            Number::Invalid => None,
        };
        Ok(match self.columns.get(column).map(|column| &column.values) {
            Some(TrainingValues::Numbers(numbers)) => Some(numbers.clone()),
            // CSV cells are always text.
            Some(TrainingValues::Texts(texts)) => texts.iter().map(number_or_nan).collect(),
            Some(TrainingValues::Other) | None => None,
        })
    }
}
