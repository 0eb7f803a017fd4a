//! Limits the memory that reading a model may take, in proportion to the size of its file.

use std::cell::Cell;

/// Bytes that reading may still allocate.
///
/// A small file can describe a huge model: the vectors of a flatbuffer may overlap, and a count in a text is only a claim.
/// Everything read is charged here before it is allocated.
#[derive(Debug)]
pub(crate) struct Allowance(Cell<usize>);

impl Allowance {
    /// Allows almost four times the size of the file, plus a fixed amount for the smallest models. (A deep model whose
    /// leaves are mostly zeros takes three times the size of its JSON.)
    pub(crate) fn for_file(file: &[u8]) -> Self {
        Self::for_size(file.len())
    }

    /// Like [`Allowance::for_file`], for a file of `bytes` bytes.
    pub(crate) fn for_size(bytes: usize) -> Self {
        Self(Cell::new((bytes / 4).saturating_mul(15).saturating_add(1 << 14)))
    }

    /// Charges `count` elements of `each` bytes; `None` if the allowance does not cover them.
    pub(crate) fn spend(&self, count: usize, each: usize) -> Option<()> {
        let left = count.checked_mul(each).and_then(|bytes| self.0.get().checked_sub(bytes));
        // After a refusal nothing more is granted, however small.
        self.0.set(left.unwrap_or(0));
        left.map(|_| ())
    }

    /// Charges JSON that is deserialised as a whole: at most one value between two commas.
    pub(crate) fn spend_json(&self, text: &[u8]) -> Option<()> {
        self.spend(text.split(|byte| *byte == b',').count(), 100)
    }

    /// Returns true once a charge has been refused.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.0.get() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_beyond_the_allowance_are_refused() {
        let allowance = Allowance::for_file(&[0; 100]);
        assert_eq!(allowance.spend(1 << 11, 8), Some(()));
        assert_eq!(allowance.spend(374, 1), Some(()));
        assert!(!allowance.is_exhausted());
        assert_eq!(allowance.spend(2, 1), None);
        assert_eq!((allowance.spend(1, 1), allowance.is_exhausted()), (None, true));
        assert_eq!(Allowance::for_file(&[]).spend(usize::MAX, 2), None);
    }
}
