//! CTRs: categorical features as numbers learnt from counts, with the bins of every key known from training.
//!
//! The value of a CTR depends only on the key made of a row's levels, so the bins of all keys are computed when the
//! model is read. Scoring a row takes a hash and a table lookup.

use super::split::Split;

/// A combination of features whose levels form a key, and the tables indexed by that key.
#[derive(Debug, PartialEq)]
pub struct Projection {
    /// Indices of categorical features in [`Forest::features`](super::Forest::features), in key order.
    pub features: Vec<usize>,
    /// Conditions on bins, which extend the key by 0 or 1.
    pub splits: Vec<Split>,
    /// Tables indexed by the key.
    pub tables: Vec<CtrTable>,
}

/// An open-addressed hash table from keys to rows, and the bins of every row.
#[derive(Debug, PartialEq)]
pub struct CtrTable {
    /// Slots, a power of two. [`EMPTY_KEY`] marks an empty one; at least one is empty.
    keys: Vec<u64>,
    /// The row of the key in the same slot.
    rows: Vec<u32>,
    /// The row for keys that did not occur in training: the one after the last.
    unseen: usize,
    /// Columns that this table fills.
    pub columns: Vec<CtrColumn>,
}

/// The bins of one column, by row of its table.
#[derive(Debug, PartialEq, Eq)]
pub struct CtrColumn {
    /// Index into [`Binning::columns`](super::Binning::columns).
    pub column: usize,
    /// One bin per row of the table; the last is for unseen keys.
    pub bins: Vec<u8>,
}

/// Marks an empty slot. A row with this key counts as unseen, as in CatBoost.
pub const EMPTY_KEY: u64 = u64::MAX;

/// Adds one element to a key. Source: CatBoost's `CalcHash`.
#[must_use]
#[inline]
pub fn extend_key(key: u64, element: u64) -> u64 {
    const MULTIPLIER: u64 = 0x4906_ba49_4954_cb65;
    MULTIPLIER.wrapping_mul(key.wrapping_add(MULTIPLIER.wrapping_mul(element)))
}

/// Converts the hash of a level to an element of a key, by sign extension.
#[must_use]
#[inline]
pub fn element_of_level(hash: u32) -> u64 {
    i64::from(hash.cast_signed()).cast_unsigned()
}

impl CtrTable {
    /// `None` unless the number of slots is a power of two, one of them is empty, and every row is below `unseen`.
    pub(crate) fn new(keys: Vec<u64>, rows: Vec<u32>, unseen: usize) -> Option<Self> {
        let sound = |(&key, &row): (&u64, &u32)| key == EMPTY_KEY || usize::try_from(row).is_ok_and(|row| row < unseen);
        let whole = keys.len().is_power_of_two() && keys.len() == rows.len() && keys.contains(&EMPTY_KEY);
        (whole && keys.iter().zip(&rows).all(sound)).then(|| Self { keys, rows, unseen, columns: Vec::new() })
    }

    /// The row for unseen keys, which is also the number of rows.
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
                Some(&EMPTY_KEY) | None => return self.unseen,
                Some(&found) if found == key => {
                    return self.rows.get(at).map_or(self.unseen, |&row| row as usize);
                }
                Some(_) => at = at.wrapping_add(1) & last,
            }
        }
    }

    /// Returns true if the key occurred in training.
    #[must_use]
    pub fn contains(&self, key: u64) -> bool {
        self.row(key) != self.unseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colliding_keys_are_found_and_others_are_unseen() {
        let table = CtrTable::new(vec![8, EMPTY_KEY, EMPTY_KEY, 4], vec![1, 0, 0, 0], 2);
        assert!(table.is_some_and(|table| table.row(8) == 1 && table.row(EMPTY_KEY) == 2 && !table.contains(12)));
    }

    #[test]
    fn invalid_tables_are_refused() {
        assert_eq!(CtrTable::new(vec![1, 2], vec![0, 0], 1), None);
        assert_eq!(CtrTable::new(vec![1, EMPTY_KEY, EMPTY_KEY], vec![0; 3], 1), None);
        assert_eq!(CtrTable::new(vec![], vec![], 0), None);
        assert_eq!(CtrTable::new(vec![1, EMPTY_KEY], vec![7, 0], 7), None);
    }
}
