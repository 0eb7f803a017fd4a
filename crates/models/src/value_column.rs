//! Columns that were read value by value, such as the rows of a request: they are scored without a conversion to Arrow.

use std::borrow::Cow;

use arrow_array::Float64Array;
use arrow_buffer::ScalarBuffer;

use crate::{
    error::{ModelError, Result},
    feature::{InputPrecision, ModelFeature},
    inputs::{ColumnValues, InputSource},
};

/// A column that was read value by value.
#[derive(Debug, Clone)]
pub enum ValueColumn<'c> {
    /// NaN is missing.
    Numbers(ScalarBuffer<f64>),
    /// Levels as the model spells them; `None` is missing.
    Levels(Vec<Option<Cow<'c, str>>>),
}

impl InputSource for ValueColumn<'_> {
    fn rows(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Levels(levels) => levels.len(),
        }
    }

    fn numbers(&self, feature: &ModelFeature, _: InputPrecision) -> Result<ColumnValues> {
        match self {
            Self::Numbers(numbers) => Ok(ColumnValues::Double(Float64Array::new(numbers.clone(), None))),
            Self::Levels(_) => Err(misfit(feature, "numbers", "levels")),
        }
    }

    fn levels(&self, feature: &ModelFeature, missing: u32, code: impl Fn(&str) -> u32) -> Result<ColumnValues> {
        match self {
            Self::Levels(_) if !feature.used => Ok(ColumnValues::Unused),
            Self::Levels(levels) => {
                let codes = levels.iter().map(|level| level.as_deref().map_or(missing, &code));
                Ok(ColumnValues::Levels(codes.collect()))
            }
            Self::Numbers(_) => Err(misfit(feature, "levels", "numbers")),
        }
    }
}

fn misfit(feature: &ModelFeature, wanted: &str, found: &str) -> ModelError {
    ModelError::new(format!("{}: the model expects {wanted}, but the column holds {found}", feature.name))
}
