//! What a model file may cost in memory: a few bytes for each of its own, whatever it claims.

use std::cell::Cell;

/// Bytes that reading may still set aside. A flatbuffer's vectors may overlap, so that a small file can describe a
/// large model; everything read is paid from here.
#[derive(Debug)]
pub(crate) struct Allowance(Cell<usize>);

impl Allowance {
    /// Near four times the file, and what the fixed parts of the smallest model take: a deep model whose leaves are mostly
    /// zeros takes three times its JSON.
    pub(crate) fn of(file: &[u8]) -> Self {
        Self(Cell::new((file.len() / 4).saturating_mul(15).saturating_add(1 << 14)))
    }

    /// Pays for `count` things of `each` bytes; `None` when they cannot come from this file.
    pub(crate) fn spend(&self, count: usize, each: usize) -> Option<()> {
        let left = count.checked_mul(each).and_then(|bytes| self.0.get().checked_sub(bytes));
        // Nothing more after that, however small.
        self.0.set(left.unwrap_or(0));
        left.map(|_| ())
    }

    /// Pays for JSON that is built as a whole: between two commas stands one thing, at most.
    pub(crate) fn spend_json(&self, text: &[u8]) -> Option<()> {
        self.spend(text.split(|byte| *byte == b',').count(), 100)
    }

    /// Whether the last that was asked for could not be paid.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_is_there_is_not_paid() {
        let allowance = Allowance::of(&[0; 100]);
        assert_eq!(allowance.spend(1 << 11, 8), Some(()));
        assert_eq!(allowance.spend(374, 1), Some(()));
        assert!(!allowance.is_spent());
        assert_eq!(allowance.spend(2, 1), None);
        assert_eq!((allowance.spend(1, 1), allowance.is_spent()), (None, true));
        assert_eq!(Allowance::of(&[]).spend(usize::MAX, 2), None);
    }
}
