//! Counts differences that rounding cannot explain, before it is known how the log was rounded.

use std::collections::BTreeMap;

use super::{logged_value::RequiredPrecision, precision::Rounding};

/// Number of rows by the rounding that would explain their difference. Integers, so that the order of rows does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MismatchCounts(BTreeMap<RequiredPrecision, u64>);

impl MismatchCounts {
    pub(super) fn observe(&mut self, required: RequiredPrecision) {
        if !required.is_zero {
            *self.0.entry(required).or_default() += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (required, rows) in &other.0 {
            *self.0.entry(*required).or_default() += rows;
        }
    }

    /// Number of rows whose difference this rounding does not explain.
    pub(super) fn unexplained(&self, rounding: &Rounding) -> u64 {
        self.0.iter().filter(|(required, _)| !rounding.explains(**required)).map(|(_, rows)| rows).sum()
    }
}
