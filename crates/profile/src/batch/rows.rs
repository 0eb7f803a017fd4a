//! Rows with a usable prediction, which a profile counts.

use arrow_array::{ArrayRef, BooleanArray, Float64Array, cast::AsArray};
use arrow_schema::ArrowError;
use arrow_select::filter::filter;

use super::Records;

/// Inputs and probability of a batch of used rows. Every column has `len` rows.
#[derive(Debug, Default)]
pub struct Rows {
    pub len: usize,
    /// Columns as in [`Records::features`]; `None`: none of the rows has a value.
    pub features: Vec<Option<ArrayRef>>,
    pub probability: Option<Float64Array>,
}

impl Rows {
    /// Selects the rows of `records` where `keep` is true.
    pub fn from_records(records: &Records, keep: &BooleanArray) -> Result<Self, ArrowError> {
        kept(records.len, &records.features, records.probability.as_ref(), keep)
    }

    /// Selects the rows where `keep` is true.
    pub fn filtered(&self, keep: &BooleanArray) -> Result<Self, ArrowError> {
        kept(self.len, &self.features, self.probability.as_ref(), keep)
    }
}

fn kept(
    len: usize,
    features: &[Option<ArrayRef>],
    probability: Option<&Float64Array>,
    keep: &BooleanArray,
) -> Result<Rows, ArrowError> {
    let kept = keep.true_count();
    if kept == len {
        return Ok(Rows { len, features: features.to_vec(), probability: probability.cloned() });
    }
    let features = features
        .iter()
        .map(|column| column.as_ref().map(|column| filter(column, keep)).transpose())
        .collect::<Result<_, _>>()?;
    let probability =
        probability.map(|column| filter(column, keep).map(|column| column.as_primitive().clone())).transpose()?;
    Ok(Rows { len: kept, features, probability })
}
