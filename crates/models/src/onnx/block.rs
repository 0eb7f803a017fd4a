//! The values of a block of rows while a program runs.

use super::tensor::{TensorData, TensorElement};

/// What a step reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowBlock<'r> {
    /// Number of rows.
    pub rows: usize,
    slots: &'r [TensorData],
    input: Option<u32>,
}

impl<'r> RowBlock<'r> {
    /// The value that the step reads.
    pub(crate) fn input(&self) -> Option<&'r TensorData> {
        self.slot(self.input?)
    }

    pub(crate) fn slot(&self, slot: u32) -> Option<&'r TensorData> {
        self.slots.get(usize::try_from(slot).ok()?)
    }

    /// The elements of the value that the step reads.
    pub(crate) fn elements<T: TensorElement>(&self) -> &'r [T] {
        self.input().map_or(&[], T::read)
    }

    pub(crate) fn new(rows: usize, slots: &'r [TensorData], input: Option<u32>) -> Self {
        Self { rows, slots, input }
    }

    /// What a step reads whose input is the first value.
    #[cfg(test)]
    pub(crate) fn of_first(rows: usize, slots: &'r [TensorData]) -> Self {
        Self::new(rows, slots, Some(0))
    }
}
