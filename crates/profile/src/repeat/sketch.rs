//! A sample of the row hashes of a window: the smallest ones, each with its number of rows. The same for every split of the
//! rows, and comparable with that of another window.

use std::collections::BTreeMap;

use crate::bytes::{Reader, Writer};

/// Maximum number of distinct hashes of a sketch. With this many, copies of 5% of the rows are found in every window.
pub const SKETCH_SIZE: usize = 1_024;

/// The smallest hashes of the rows of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSketch {
    /// Rows with at least one known value, whether or not their hash is kept.
    rows: u64,
    hashes: BTreeMap<u64, u64>,
    /// All hashes up to here are kept: the largest one once the sketch is full.
    bound: u64,
}

impl Default for RowSketch {
    fn default() -> Self {
        Self { rows: 0, hashes: BTreeMap::new(), bound: u64::MAX }
    }
}

/// How many rows of a window have the hash of a row of an earlier window, among the hashes that both sketches hold.
///
/// Hashes of at least 1% of the rows of either window are left out: such rows are alike because they hold the usual values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RepeatedRows {
    /// Rows of the window and of the earlier one.
    pub rows: u64,
    pub earlier_rows: u64,
    /// Rows of the window whose hash occurs in the earlier one, and the number of their hashes.
    pub matched_rows: u64,
    pub matched_hashes: u64,
    /// Number of hashes that occur at least twice within the window, plus those within the earlier one: how often rows agree
    /// by chance.
    pub repeated_hashes: u64,
    /// Whether all hashes of both windows were compared, not a sample.
    pub is_exact: bool,
}

/// Rows of a window that have one hash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommonRows {
    pub rows: u64,
    /// As many at least: fewer if `rows` is an estimate.
    pub at_least: u64,
}

impl RowSketch {
    /// Counts a row.
    #[inline]
    pub fn observe(&mut self, hash: u64) {
        self.rows += 1;
        self.add(hash, 1);
    }

    #[inline]
    fn add(&mut self, hash: u64, rows: u64) {
        // Once the sketch is full, nearly all hashes are above its largest.
        if hash <= self.bound {
            self.insert(hash, rows);
        }
    }

    fn insert(&mut self, hash: u64, rows: u64) {
        *self.hashes.entry(hash).or_default() += rows;
        if self.hashes.len() > SKETCH_SIZE {
            self.hashes.pop_last();
        }
        if self.hashes.len() == SKETCH_SIZE {
            self.bound = self.hashes.last_key_value().map_or(u64::MAX, |(last, _)| *last);
        }
    }

    /// Adds the other's rows.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        other.hashes.iter().for_each(|(hash, rows)| self.add(*hash, *rows));
    }

    /// Rows with at least one known value.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Number of distinct hashes that are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Returns whether no row was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns the rows with the commonest hash.
    ///
    /// Of a sketch that is full, it may not be kept. Then its rows are those that the kept hashes, with as many rows each, do not
    /// account for, within four standard errors: the number of distinct hashes is known to 3%. They may be of several hashes, of
    /// which few can be common.
    #[must_use]
    pub fn commonest(&self) -> CommonRows {
        let kept = self.hashes.values().copied().max().unwrap_or(0);
        let most = CommonRows { rows: kept, at_least: kept };
        if self.bound == u64::MAX {
            return most;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (bound, hashes, rows) = (self.bound as f64, self.hashes.len() as f64, self.rows as f64);
        let share_kept = bound / 2f64.powi(64);
        // A common hash says nothing about the others.
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let usual = (self.hashes.values().sum::<u64>() - kept) as f64 / (hashes - 1.0).max(1.0);
        let expected = usual * hashes / share_kept;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of rows")]
        let whole = |rows: f64| rows.max(0.0) as u64;
        let hidden = CommonRows {
            rows: whole(rows - expected),
            at_least: whole(rows - expected - 4.0 * expected / hashes.sqrt()),
        };
        if hidden.at_least > kept { hidden } else { most }
    }

    /// Compares with the rows of an earlier window.
    #[must_use]
    pub fn repeats(&self, earlier: &Self) -> RepeatedRows {
        let bound = self.bound.min(earlier.bound);
        let is_common = |hash: &u64| {
            [self, earlier].iter().any(|sketch| {
                let rows = sketch.hashes.get(hash).copied().unwrap_or(0);
                // In a window of a few rows, every hash is 1% of them.
                rows >= 3 && rows.saturating_mul(100) >= sketch.rows
            })
        };
        let mut found = RepeatedRows { is_exact: bound == u64::MAX, ..RepeatedRows::default() };
        for (hash, rows) in self.hashes.range(..=bound).filter(|(hash, _)| !is_common(hash)) {
            found.rows += rows;
            found.repeated_hashes += u64::from(*rows > 1);
            if earlier.hashes.contains_key(hash) {
                found.matched_rows += rows;
                found.matched_hashes += 1;
            }
        }
        for (_, rows) in earlier.hashes.range(..=bound).filter(|(hash, _)| !is_common(hash)) {
            found.earlier_rows += rows;
            found.repeated_hashes += u64::from(*rows > 1);
        }
        found
    }

    /// Hashes ascend, so each is written as its distance from the previous one.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.integer(self.rows);
        out.integer(self.hashes.len() as u64);
        let mut previous = 0;
        for (hash, rows) in &self.hashes {
            out.integer(hash - previous);
            out.integer(*rows);
            previous = *hash;
        }
    }

    /// `None` if the numbers contradict each other.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let rows = reader.integer()?;
        let count = reader.count(2).filter(|count| *count <= SKETCH_SIZE)?;
        let (mut hashes, mut hash, mut kept) = (BTreeMap::new(), 0_u64, 0_u64);
        for number in 0..count {
            let distance = reader.integer().filter(|distance| *distance > 0 || number == 0)?;
            hash = hash.checked_add(distance)?;
            let own = reader.integer().filter(|rows| *rows > 0)?;
            kept = kept.checked_add(own)?;
            hashes.insert(hash, own);
        }
        let is_possible = if count < SKETCH_SIZE { kept == rows } else { kept <= rows };
        let bound = if count < SKETCH_SIZE { u64::MAX } else { hash };
        is_possible.then_some(Self { rows, hashes, bound })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sketch(hashes: impl IntoIterator<Item = u64>) -> RowSketch {
        let mut sketch = RowSketch::default();
        hashes.into_iter().for_each(|hash| sketch.observe(hash));
        sketch
    }

    /// Distinct and well spread.
    fn hash(row: u64) -> u64 {
        (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_sketch(rows in prop::collection::vec(0u64..3_000, 0..5_000), parts in 1usize..5) {
            let whole = sketch(rows.iter().map(|row| hash(*row)));
            let mut merged = RowSketch::default();
            for part in (0..parts).rev() {
                merged.merge(&sketch(rows.iter().skip(part).step_by(parts).map(|row| hash(*row))));
            }
            prop_assert_eq!(&merged, &whole);
            let mut out = Writer::default();
            whole.write(&mut out);
            let mut reader = Reader(&out.0);
            prop_assert_eq!(RowSketch::read(&mut reader), Some(whole));
            prop_assert!(reader.0.is_empty());
        }
    }

    #[test]
    fn copies_are_counted_and_usual_rows_are_not() {
        let yesterday = sketch((0..500).map(hash).chain(std::iter::repeat_n(hash(9_999), 300)));
        let today = sketch((400..900).map(hash).chain(std::iter::repeat_n(hash(9_999), 300)));
        let found = today.repeats(&yesterday);
        let expected = RepeatedRows {
            rows: 500,
            earlier_rows: 500,
            matched_rows: 100,
            matched_hashes: 100,
            repeated_hashes: 0,
            is_exact: true,
        };
        assert_eq!(found, expected);
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn a_sample_estimates_the_share_of_copies() {
        let yesterday = sketch((0..50_000).map(hash));
        let today = sketch((35_000..85_000).map(hash));
        let found = today.repeats(&yesterday);
        assert!(!found.is_exact && found.rows < 1_100);
        let share = found.matched_rows as f64 / found.rows as f64;
        assert!((share - 0.3).abs() < 0.06, "{share}");
    }

    #[test]
    fn a_row_that_came_many_times_is_seen_in_any_number_of_rows() {
        for (distinct, times) in [(600, 100), (40_000, 16_000), (40_000, 0)] {
            // A small hash is kept, a large one is not.
            for common in [3, u64::MAX - 3] {
                let all = sketch((0..distinct).map(hash).chain(std::iter::repeat_n(common, times)));
                let CommonRows { rows, at_least } = all.commonest();
                let times = times as u64;
                assert!(at_least <= times.max(1), "{at_least} of {times}");
                assert!(rows.abs_diff(times) <= times / 4 + 1, "{rows} of {times}");
                assert!(at_least >= times / 2, "{at_least} of {times}");
            }
        }
        assert_eq!(RowSketch::default().commonest(), CommonRows::default());
        // Every row comes three times, so none is common.
        let thrice = sketch((0..30_000).flat_map(|row| [hash(row); 3]));
        assert!(thrice.commonest().at_least <= 3);
    }

    #[test]
    fn a_sketch_that_contradicts_itself_is_refused() {
        let read = |numbers: &[u64]| {
            let mut out = Writer::default();
            numbers.iter().for_each(|number| out.integer(*number));
            RowSketch::read(&mut Reader(&out.0))
        };
        assert!(read(&[3, 2, 0, 1, 5, 2]).is_some());
        assert!(read(&[4, 2, 0, 1, 5, 2]).is_none(), "rows without a hash");
        assert!(read(&[3, 2, 7, 1, 0, 2]).is_none(), "the same hash twice");
        assert!(read(&[3, 2, u64::MAX, 1, 1, 2]).is_none(), "beyond 64 bits");
        assert!(read(&[1, 2, 7, 1, 3, 0]).is_none(), "a hash without rows");
        assert!(read(&[u64::MAX, u64::MAX]).is_none());
    }
}
