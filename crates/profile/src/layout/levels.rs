//! Levels of a categorical feature in the reference, in canonical spelling.

use std::collections::HashMap;

/// Level names in lexicographic order; a level is identified by its index.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    names: Vec<String>,
    indices: HashMap<String, u32>,
    /// The level that stands for a missing value.
    missing: Option<u32>,
}

impl Levels {
    /// Sorts and deduplicates the names.
    #[must_use]
    pub fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        names.dedup();
        let indices = (0..).zip(&names).map(|(index, name)| (name.clone(), index)).collect();
        Self { names, indices, missing: None }
    }

    /// Counts missing values as this level from now on, because the application replaces them by it. Does nothing if there
    /// is no such level. The layout and its hash stay the same.
    pub fn count_missing_as(&mut self, name: &str) {
        self.missing = self.indices.get(name).copied();
    }

    /// Index of the level that missing values count as.
    #[must_use]
    pub fn missing(&self) -> Option<usize> {
        self.missing.map(|index| index as usize)
    }

    /// Names in lexicographic order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Index of a level; `None` if the reference does not have it. Blanks around a level are ignored only if the reference
    /// has it without blanks but not with them.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        let found = self.indices.get(name).or_else(|| {
            let trimmed = name.trim();
            if trimmed.len() < name.len() { self.indices.get(trimmed) } else { None }
        });
        found.map(|&index| index as usize)
    }
}

impl PartialEq for Levels {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_ignored_only_if_the_reference_does_not_distinguish_them() {
        let levels = Levels::new(vec![" a".to_owned(), "a".to_owned(), "b".to_owned(), " c".to_owned()]);
        let name = |level: &str| levels.index(level).map(|index| levels.names()[index].as_str());
        assert_eq!([" a", "a", "a "].map(name), [Some(" a"), Some("a"), Some("a")]);
        assert_eq!([" b", "b"].map(name), [Some("b"), Some("b")]);
        // A model that was trained on ` c` does not know `c`.
        assert_eq!([" c", "c"].map(name), [Some(" c"), None]);
    }
}
