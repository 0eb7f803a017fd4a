//! What a model file may cost in memory: a few bytes for each of its own, whatever it claims.

use std::cell::Cell;

/// Bytes that reading may still set aside. A flatbuffer's vectors may overlap, so that a small file can describe a
/// large model; everything read is paid from here.
#[derive(Debug)]
pub(super) struct Allowance(Cell<usize>);

impl Allowance {
    /// Three times the file, and what the fixed parts of the smallest model take.
    pub fn of(file: &[u8]) -> Self {
        Self(Cell::new(file.len().saturating_mul(3).saturating_add(1 << 14)))
    }

    /// Pays for `count` things of `each` bytes; `None` when they cannot come from this file.
    pub fn spend(&self, count: usize, each: usize) -> Option<()> {
        self.0.set(self.0.get().checked_sub(count.checked_mul(each)?)?);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_is_there_is_not_paid() {
        let allowance = Allowance::of(&[0; 100]);
        assert_eq!(allowance.spend(usize::MAX, 2), None);
        assert_eq!(allowance.spend(1 << 11, 8), Some(()));
        assert_eq!(allowance.spend(301, 1), None);
        assert_eq!(allowance.spend(300, 1), Some(()));
    }
}
