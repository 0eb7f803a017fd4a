//! Levels of a categorical feature in the reference, in canonical spelling.

use std::collections::HashMap;

/// Level names in text order; a level's number is its index.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    names: Vec<String>,
    number: HashMap<String, u32>,
}

impl Levels {
    /// Sorts and deduplicates the names.
    #[must_use]
    pub fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        names.dedup();
        let number = (0..).zip(&names).map(|(number, name)| (name.clone(), number)).collect();
        Self { names, number }
    }

    /// Names in text order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of a level; `None` if the reference does not have it.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        self.number.get(name).map(|&number| number as usize)
    }
}

impl PartialEq for Levels {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}
