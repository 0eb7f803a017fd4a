//! Rows of features with an id: a sample of the log, or what the feature table holds of the same ids.

use std::collections::HashMap;

use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray, cast::AsArray, types::Int32Type};
use vigie_profile::{
    batch::{for_each_number, level as canonical_level},
    layout::{Feature, Shape},
};

/// Values of one feature, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SkewColumn {
    /// NaN is missing.
    Numbers(Vec<f64>),
    Levels(SkewLevels),
}

/// Levels in canonical spelling.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SkewLevels {
    names: Vec<String>,
    places: HashMap<String, usize>,
    /// By row; `None` is missing.
    rows: Vec<Option<usize>>,
    /// The level that stands for a missing one.
    missing: Option<String>,
}

/// Rows of the features of a layout: numbers, or levels.
#[derive(Debug, Clone)]
pub struct FeatureRows {
    pub(super) columns: Vec<SkewColumn>,
    /// By feature: whether any batch has it.
    pub(super) has_column: Vec<bool>,
    pub(super) rows: usize,
}

impl FeatureRows {
    #[must_use]
    pub fn new(features: &[Feature]) -> Self {
        let empty = |feature: &Feature| match &feature.shape {
            Shape::Numeric(_) => SkewColumn::Numbers(Vec::new()),
            Shape::Categorical(levels) => {
                let missing = levels.missing().and_then(|missing| levels.names().get(missing)).cloned();
                SkewColumn::Levels(SkewLevels { missing, ..SkewLevels::default() })
            }
        };
        Self { columns: features.iter().map(empty).collect(), has_column: vec![false; features.len()], rows: 0 }
    }

    /// Adds rows of a batch, given by ascending numbers: one array for each feature, in the order of the layout; `None`: no row
    /// has the feature. Further arrays are ignored.
    pub fn push(&mut self, rows: &[usize], features: &[Option<ArrayRef>]) {
        for ((column, has), array) in self.columns.iter_mut().zip(&mut self.has_column).zip(features) {
            *has |= array.is_some();
            match column {
                SkewColumn::Numbers(numbers) => push_numbers(numbers, rows, array.as_ref()),
                SkewColumn::Levels(levels) => levels.push(rows, array.as_ref()),
            }
        }
        self.rows += rows.len();
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

fn push_numbers(numbers: &mut Vec<f64>, rows: &[usize], array: Option<&ArrayRef>) {
    let end = numbers.len() + rows.len();
    if let Some(array) = array {
        let mut wanted = rows.iter().peekable();
        let mut row = 0;
        for_each_number(array.as_ref(), &mut |number| {
            if wanted.next_if(|wanted| **wanted == row).is_some() {
                numbers.push(number);
            }
            row += 1;
        });
    }
    numbers.resize(end, f64::NAN);
}

impl SkewLevels {
    fn push(&mut self, rows: &[usize], array: Option<&ArrayRef>) {
        let end = self.rows.len() + rows.len();
        let levels = array.and_then(|array| array.as_dictionary_opt::<Int32Type>());
        if let Some(levels) = levels.and_then(DictionaryArray::downcast_dict::<StringArray>) {
            for row in rows {
                let is_there = *row < levels.len() && levels.is_valid(*row);
                let level = is_there.then(|| arrow_array::ArrayAccessor::value(&levels, *row));
                // Some readers deliver levels as they are written, for models that distinguish the spellings.
                let level = level.and_then(canonical_level);
                let place =
                    level.filter(|level| self.missing.as_deref() != Some(level)).map(|level| self.place(&level));
                self.rows.push(place);
            }
        }
        self.rows.resize(end, None);
    }

    fn place(&mut self, level: &str) -> usize {
        if let Some(place) = self.places.get(level) {
            return *place;
        }
        self.names.push(level.to_owned());
        self.places.insert(level.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    /// The level of a row; `None` if it is missing.
    pub(super) fn level(&self, row: usize) -> Option<&str> {
        self.rows.get(row).copied().flatten().and_then(|place| self.names.get(place)).map(String::as_str)
    }
}
