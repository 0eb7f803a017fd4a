//! Rows with a usable prediction: what a profile counts.

use arrow::{
    array::{ArrayRef, AsArray, BooleanArray, Float64Array},
    compute::filter,
    error::ArrowError,
};

use super::Records;

/// Inputs and probability of some used rows. Every column has `len` rows.
#[derive(Debug, Default)]
pub struct Rows {
    pub len: usize,
    /// As in [`Records::features`]; `None`: no value in any of these rows.
    pub features: Vec<Option<ArrayRef>>,
    pub probability: Option<Float64Array>,
}

impl Rows {
    /// The rows of `records` where `keep` is true.
    pub fn of(records: &Records, keep: &BooleanArray) -> Result<Self, ArrowError> {
        let len = keep.true_count();
        if len == records.len {
            return Ok(Self { len, features: records.features.clone(), probability: records.probability.clone() });
        }
        let features = records
            .features
            .iter()
            .map(|column| column.as_ref().map(|column| filter(column, keep)).transpose())
            .collect::<Result<_, _>>()?;
        let probability = records
            .probability
            .as_ref()
            .map(|column| filter(column, keep).map(|column| column.as_primitive().clone()))
            .transpose()?;
        Ok(Self { len, features, probability })
    }
}
