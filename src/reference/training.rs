//! Training or hold-out rows as plain columns.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::Float64Array;
use vigie_profile::{
    batch::{Number, number},
    near::instead,
};

use super::columns::{About, Holds, Loaded, Table};
use crate::fault::{Fault, Result};

/// The values of a column; NaN and `None` are missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Numbers(Vec<f64>),
    /// As the file spells them.
    Texts(Vec<Option<String>>),
    /// A time or a nested value: not an input of a model.
    Other,
}

/// One column of a training table.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingColumn {
    pub name: String,
    pub values: Values,
    /// Whether the file stores it as 32-bit floats.
    pub is_single: bool,
    /// Whether the file says what type it is (CSV does not).
    pub is_typed: bool,
}

/// The rows of one or more training files.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    pub rows: usize,
    pub columns: Vec<TrainingColumn>,
}

impl Training {
    /// Adds the rows of another file with the same columns.
    pub fn append(&mut self, mut other: Self, name: &str) -> Result<()> {
        for column in &mut self.columns {
            let more = other.columns.iter_mut().find(|theirs| theirs.name == column.name).ok_or_else(|| {
                Fault::setup(format!("{name}: no column `{}`, which the files before it have", column.name))
            })?;
            match (&mut column.values, &mut more.values) {
                (Values::Numbers(ours), Values::Numbers(theirs)) => ours.append(theirs),
                (Values::Texts(ours), Values::Texts(theirs)) => ours.append(theirs),
                (Values::Other, Values::Other) => {}
                _ => {
                    return Err(Fault::setup(format!(
                        "{name}: column `{}` has another type than in the files before it; make them agree",
                        column.name
                    )));
                }
            }
            column.is_single &= more.is_single;
        }
        self.rows += other.rows;
        Ok(())
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Result<&TrainingColumn> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let there = instead(name, self.columns.iter().map(|column| column.name.as_str()));
            Fault::setup(format!("the table has no column `{name}`; it has: {there}"))
        })
    }
}

impl Table for Training {
    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> Vec<About> {
        let about = |column: &TrainingColumn| About {
            name: column.name.clone(),
            holds: match column.values {
                Values::Numbers(_) => Holds::Numbers,
                Values::Texts(_) => Holds::Texts,
                Values::Other => Holds::Other,
            },
            is_single: column.is_single,
            is_real: !column.is_single,
            is_typed: column.is_typed,
        };
        self.columns.iter().map(about).collect()
    }

    fn load(&self, column: usize) -> Result<Loaded> {
        let column = self.columns.get(column).ok_or_else(|| Fault::setup("the training table has fewer columns"))?;
        Ok(match &column.values {
            Values::Numbers(numbers) => Loaded::Numbers(vec![Arc::new(Float64Array::from(numbers.clone()))]),
            Values::Texts(texts) => {
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
                Loaded::Texts { rows, missing }
            }
            Values::Other => Loaded::Numbers(Vec::new()),
        })
    }

    fn in_order(&self, column: usize) -> Result<Option<Vec<f64>>> {
        let numbered = |text: &Option<String>| match text.as_deref().map_or(Number::Missing, number) {
            Number::Value(value) => Some(value),
            Number::Missing => Some(f64::NAN),
            Number::Not => None,
        };
        Ok(match self.columns.get(column).map(|column| &column.values) {
            Some(Values::Numbers(numbers)) => Some(numbers.clone()),
            // Every cell of CSV is text.
            Some(Values::Texts(texts)) => texts.iter().map(numbered).collect(),
            Some(Values::Other) | None => None,
        })
    }
}
