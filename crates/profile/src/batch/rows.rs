//! Rows with a usable prediction, which a profile counts.

use arrow_array::{ArrayRef, BooleanArray, Float64Array, cast::AsArray};
use arrow_schema::ArrowError;
use arrow_select::filter::filter;

use super::Records;

/// Inputs, probability and decision of a batch of used rows. Every column has `len` rows.
#[derive(Debug, Default)]
pub struct Rows {
    pub len: usize,
    /// Columns as in [`Records::features`]; `None`: none of the rows has a value.
    pub features: Vec<Option<ArrayRef>>,
    pub probability: Option<Float64Array>,
    /// Whether the applicant was refused as logged, as in [`Records::refused`].
    pub refused: Option<BooleanArray>,
}

impl Rows {
    /// Selects the rows of `records` where `keep` is true.
    pub fn from_records(records: &Records, keep: &BooleanArray) -> Result<Self, ArrowError> {
        kept(records.len, &records.features, records.probability.as_ref(), records.refused.as_ref(), keep)
    }

    /// Selects the rows where `keep` is true.
    pub fn filtered(&self, keep: &BooleanArray) -> Result<Self, ArrowError> {
        kept(self.len, &self.features, self.probability.as_ref(), self.refused.as_ref(), keep)
    }
}

fn kept(
    len: usize,
    features: &[Option<ArrayRef>],
    probability: Option<&Float64Array>,
    refused: Option<&BooleanArray>,
    keep: &BooleanArray,
) -> Result<Rows, ArrowError> {
    let kept = keep.true_count();
    if kept == len {
        return Ok(Rows {
            len,
            features: features.to_vec(),
            probability: probability.cloned(),
            refused: refused.cloned(),
        });
    }
    let features = features
        .iter()
        .map(|column| column.as_ref().map(|column| filter(column, keep)).transpose())
        .collect::<Result<_, _>>()?;
    let probability =
        probability.map(|column| filter(column, keep).map(|column| column.as_primitive().clone())).transpose()?;
    let refused = refused.map(|column| filter(column, keep).map(|column| column.as_boolean().clone())).transpose()?;
    Ok(Rows { len: kept, features, probability, refused })
}
