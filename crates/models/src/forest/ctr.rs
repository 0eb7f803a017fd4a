//! Categorical features as numbers learnt from counts (CTRs), down to the bin of every key training has seen.
//!
//! A CTR's number depends on nothing but the key of a row's levels, so the bins of all keys are computed when the model
//! is read: scoring is a hash, a look-up, a byte.

use super::bins::Split;

/// Some features whose levels, together, are a key; and what is looked up by that key.
#[derive(Debug, PartialEq)]
pub struct Projection {
    /// Categorical features, among [`super::Forest::features`], in the order of the key.
    pub features: Vec<usize>,
    /// Conditions on bins, which enter the key as 0 or 1.
    pub splits: Vec<Split>,
    pub tables: Vec<CtrTable>,
}

/// From a key to a row of a table, by open addressing, and from there to bins.
#[derive(Debug, PartialEq)]
pub struct CtrTable {
    /// A power of two; [`EMPTY`] where there is none, and at least one is.
    keys: Vec<u64>,
    /// The row of the key in the same place.
    rows: Vec<u32>,
    /// The row of a key that training has not seen: one behind the last.
    unseen: usize,
    pub columns: Vec<CtrColumn>,
}

/// The bins of one column by row of its table.
#[derive(Debug, PartialEq, Eq)]
pub struct CtrColumn {
    /// Among [`super::Binning::columns`].
    pub column: usize,
    /// One a row of the table, and last that of an unseen key.
    pub bins: Vec<u8>,
}

/// Marks a place without a key. A row whose key is this number is unseen, as for CatBoost.
pub const EMPTY: u64 = u64::MAX;

/// Adds one element to a key. Source: CatBoost's `CalcHash`.
#[must_use]
#[inline]
pub fn extend_key(key: u64, element: u64) -> u64 {
    const MULTIPLIER: u64 = 0x4906_ba49_4954_cb65;
    MULTIPLIER.wrapping_mul(key.wrapping_add(MULTIPLIER.wrapping_mul(element)))
}

/// A level's hash as an element of a key: sign-extended.
#[must_use]
#[inline]
pub fn element_of_level(hash: u32) -> u64 {
    i64::from(hash.cast_signed()).cast_unsigned()
}

impl CtrTable {
    /// `None` unless there is a power of two of places, one is empty, and every key's row is below `unseen`.
    pub(crate) fn new(keys: Vec<u64>, rows: Vec<u32>, unseen: usize) -> Option<Self> {
        let sound = |(&key, &row): (&u64, &u32)| key == EMPTY || usize::try_from(row).is_ok_and(|row| row < unseen);
        let whole = keys.len().is_power_of_two() && keys.len() == rows.len() && keys.contains(&EMPTY);
        (whole && keys.iter().zip(&rows).all(sound)).then(|| Self { keys, rows, unseen, columns: Vec::new() })
    }

    /// How many rows there are.
    #[must_use]
    pub fn unseen(&self) -> usize {
        self.unseen
    }

    /// The row of a key, or [`CtrTable::unseen`].
    #[must_use]
    #[inline]
    pub fn row(&self, key: u64) -> usize {
        let last = self.keys.len().wrapping_sub(1);
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits are kept")]
        let mut at = key as usize & last;
        loop {
            match self.keys.get(at) {
                Some(&EMPTY) | None => return self.unseen,
                Some(&found) if found == key => {
                    return self.rows.get(at).map_or(self.unseen, |&row| row as usize);
                }
                Some(_) => at = at.wrapping_add(1) & last,
            }
        }
    }

    /// Whether training has seen a key.
    #[must_use]
    pub fn has(&self, key: u64) -> bool {
        self.row(key) != self.unseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_collide_are_found_and_others_are_unseen() {
        let table = CtrTable::new(vec![8, EMPTY, EMPTY, 4], vec![1, 0, 0, 0], 2);
        assert!(table.is_some_and(|table| table.row(8) == 1 && table.row(EMPTY) == 2 && !table.has(12)));
    }

    #[test]
    fn tables_that_would_never_end_a_search_are_refused() {
        assert_eq!(CtrTable::new(vec![1, 2], vec![0, 0], 1), None);
        assert_eq!(CtrTable::new(vec![1, EMPTY, EMPTY], vec![0; 3], 1), None);
        assert_eq!(CtrTable::new(vec![], vec![], 0), None);
        assert_eq!(CtrTable::new(vec![1, EMPTY], vec![7, 0], 7), None);
    }
}
