//! How many differences rounding cannot explain, counted before it is known how the log was rounded.

use std::collections::BTreeMap;

use super::{grain::Rounding, written::Need};

/// Rows by what would explain them: integers, so that no order of rows or threads can change a count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Excess(BTreeMap<Need, u64>);

impl Excess {
    pub(super) fn observe(&mut self, need: Need) {
        if !need.never {
            *self.0.entry(need).or_default() += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (need, rows) in &other.0 {
            *self.0.entry(*need).or_default() += rows;
        }
    }

    /// Rows that a log rounded like this does not explain.
    pub(super) fn beyond(&self, rounding: Rounding) -> u64 {
        self.0.iter().filter(|(need, _)| !rounding.explains(**need)).map(|(_, rows)| rows).sum()
    }
}
