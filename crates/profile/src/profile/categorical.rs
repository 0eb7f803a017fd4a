//! Counts of the levels of a categorical feature, including levels that the reference does not have.

use std::collections::BTreeMap;

use arrow_array::{Array, cast::AsArray, types::Int32Type};

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
        let mut hits = vec![0u64; names.len()];
        let mut missing = 0;
        for key in dictionary.keys() {
            match key.and_then(|key| usize::try_from(key).ok()).and_then(|key| hits.get_mut(key)) {
                Some(hit) => *hit += 1,
                None => missing += 1,
            }
        }
        self.observe(None, missing, levels);
        for (name, hit) in names.iter().zip(hits) {
            if hit > 0 {
                self.observe(name, hit, levels);
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
