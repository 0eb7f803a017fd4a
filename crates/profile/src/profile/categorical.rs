//! Counts of the levels of a categorical feature, including levels that the reference does not have.

use std::collections::BTreeMap;

use arrow_array::{Array, Int32Array, cast::AsArray, types::Int32Type};

use crate::layout::Levels;

/// Maximum number of unseen levels kept by name; the rows of the others, which are lexicographically
/// last, are counted together.
/// Bounds memory when an identifier is mapped as a feature.
const MAX_UNSEEN_NAMES: usize = 65_536;

/// Counts on [`Levels`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelCounts {
    levels: Vec<u64>,
    missing: u64,
    unseen: BTreeMap<String, u64>,
    unseen_unnamed: u64,
}

impl LevelCounts {
    /// Creates empty counts.
    #[must_use]
    pub fn empty(levels: &Levels) -> Self {
        Self::from_parts(vec![0; levels.names().len()], 0)
    }

    /// Restores stored counts (a reference has no unseen levels).
    #[must_use]
    pub fn from_parts(levels: Vec<u64>, missing: u64) -> Self {
        Self { levels, missing, unseen: BTreeMap::new(), unseen_unnamed: 0 }
    }

    /// Restores the rows of levels that the reference does not have: by name, and those without one.
    #[must_use]
    pub fn with_unseen(self, unseen: BTreeMap<String, u64>, unnamed: u64) -> Self {
        Self { unseen, unseen_unnamed: unnamed, ..self }
    }

    /// Counts `rows` rows of one level in canonical spelling; `None` is missing.
    pub fn observe(&mut self, level: Option<&str>, rows: u64, levels: &Levels) {
        let Some(name) = level else {
            match levels.missing().and_then(|index| self.levels.get_mut(index)) {
                Some(count) => *count += rows,
                None => self.missing += rows,
            }
            return;
        };
        match levels.index(name).and_then(|index| self.levels.get_mut(index)) {
            Some(count) => *count += rows,
            None => self.add_unseen(name, rows),
        }
    }

    /// Counts a dictionary column. Each level is looked up once per batch, not once per row.
    pub fn observe_array(&mut self, array: &dyn Array, levels: &Levels) {
        let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() else {
            // Readers produce only dictionaries.
            self.missing += array.len() as u64;
            return;
        };
        let names = dictionary.values().as_string::<i32>();
        let rows = rows_by_key(dictionary.keys(), names.len());
        // The last ones have no level.
        for (name, rows) in names.iter().chain([None]).zip(rows) {
            if rows > 0 {
                self.observe(name, rows, levels);
            }
        }
    }

    /// Counts `rows` rows without a value.
    pub fn observe_missing(&mut self, rows: u64) {
        self.missing += rows;
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.levels.iter_mut().zip(&other.levels) {
            *ours += theirs;
        }
        self.missing += other.missing;
        self.unseen_unnamed += other.unseen_unnamed;
        for (name, rows) in &other.unseen {
            self.add_unseen(name, *rows);
        }
    }

    fn add_unseen(&mut self, name: &str, rows: u64) {
        match self.unseen.get_mut(name) {
            Some(count) => *count += rows,
            None => {
                self.unseen.insert(name.to_owned(), rows);
            }
        }
        if self.unseen.len() > MAX_UNSEEN_NAMES
            && let Some((_, dropped)) = self.unseen.pop_last()
        {
            self.unseen_unnamed += dropped;
        }
    }

    /// Rows per level, in the order of [`Levels::names`].
    #[must_use]
    pub fn levels(&self) -> &[u64] {
        &self.levels
    }

    /// Rows without a value.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Rows of levels that the reference does not have, by name.
    #[must_use]
    pub fn unseen(&self) -> &BTreeMap<String, u64> {
        &self.unseen
    }

    /// Rows of levels that the reference does not have and that are not in [`Self::unseen`], because there are too many.
    #[must_use]
    pub fn unseen_unnamed(&self) -> u64 {
        self.unseen_unnamed
    }

    /// Total rows of levels that the reference does not have.
    #[must_use]
    pub fn unseen_rows(&self) -> u64 {
        self.unseen.values().sum::<u64>() + self.unseen_unnamed
    }

    /// Rows with a value.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.levels.iter().sum::<u64>() + self.unseen_rows()
    }
}

/// Number of rows of each of the keys 0, 1, …, `keys` − 1, and at last of those without one of these. Counted in four tallies
/// in rotation, because equal levels often follow each other, and each increment would wait for the previous one.
fn rows_by_key(column: &Int32Array, keys: usize) -> Vec<u64> {
    let mut tallies = [(); 4].map(|()| vec![0_u64; keys + 1]);
    let [a, b, c, d] = &mut tallies;
    let add = |tally: &mut [u64], key: i32| {
        if let Some(rows) = tally.get_mut(usize::try_from(key).unwrap_or(keys).min(keys)) {
            *rows += 1;
        }
    };
    let known: Vec<i32>;
    let values: &[i32] = match column.nulls().filter(|valid| valid.null_count() > 0) {
        None => column.values(),
        Some(valid) => {
            let of_row = |(key, is_valid): (&i32, bool)| if is_valid { *key } else { -1 };
            known = column.values().iter().zip(valid).map(of_row).collect();
            &known
        }
    };
    let (by_four, rest) = values.as_chunks::<4>();
    for [p, q, r, s] in by_four {
        add(a, *p);
        add(b, *q);
        add(c, *r);
        add(d, *s);
    }
    rest.iter().for_each(|key| add(a, *key));
    let [mut rows, others @ ..] = tallies;
    for tally in others {
        rows.iter_mut().zip(tally).for_each(|(rows, more)| *rows += more);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_by_key_and_those_without_one_at_last() {
        let keys = [0, 2, 2, 2, 1, 7, -1, 2, 0];
        let column = Int32Array::from(keys.to_vec());
        assert_eq!(rows_by_key(&column, 3), [2, 1, 4, 2]);
        let some: Int32Array = keys.iter().map(|key| (*key != 2).then_some(*key)).collect();
        assert_eq!(rows_by_key(&some, 3), [2, 1, 0, 6]);
        assert_eq!(rows_by_key(&Int32Array::from(vec![None, None]), 0), [2]);
    }
}
