//! Levels of a categorical feature in the reference, in canonical spelling.

use std::collections::HashMap;

/// Level names in lexicographic order; a level is identified by its index.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    names: Vec<String>,
    indices: HashMap<String, u32>,
}

impl Levels {
    /// Sorts and deduplicates the names.
    #[must_use]
    pub fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        names.dedup();
        let indices = (0..).zip(&names).map(|(index, name)| (name.clone(), index)).collect();
        Self { names, indices }
    }

    /// Names in lexicographic order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Index of a level; `None` if the reference does not have it.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        self.indices.get(name).map(|&index| index as usize)
    }
}

impl PartialEq for Levels {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}
