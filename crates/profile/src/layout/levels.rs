//! The levels of a categorical feature that the reference holds, in canonical spelling.

use std::collections::HashMap;

/// Sorted by text; a level's number is its place.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    names: Vec<String>,
    number: HashMap<String, u32>,
}

impl Levels {
    /// Sorts and de-duplicates.
    #[must_use]
    pub fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        names.dedup();
        let number = (0..).zip(&names).map(|(number, name)| (name.clone(), number)).collect();
        Self { names, number }
    }

    /// In text order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// `None`: the reference never had it.
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
