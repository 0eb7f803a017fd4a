//! Names found in a log: the first ones in alphabetical order, so that they do not depend on threads or the order of files.

use std::collections::BTreeSet;

/// Maximum number of names; PostgreSQL allows 1,600 columns.
pub(super) const MAX_NAMES: usize = 2_000;
/// Maximum length of a name in characters; longer names are cut.
pub(super) const MAX_CHARS: usize = 200;

/// A set of names. Merging is commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundNames(BTreeSet<String>);

impl FoundNames {
    /// Adds a name.
    pub(super) fn note(&mut self, name: &str) {
        let end = name.char_indices().nth(MAX_CHARS).map_or(name.len(), |(end, _)| end);
        let name = name.get(..end).unwrap_or(name);
        if !self.0.contains(name) {
            self.0.insert(name.to_owned());
            if self.0.len() > MAX_NAMES {
                self.0.pop_last();
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|name| self.note(name));
    }

    /// The names in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(String::as_str)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_names_are_kept_in_whatever_order_they_come() {
        let all: Vec<String> = (0..3_000).map(|number| format!("n{number:04}")).collect();
        let (mut forwards, mut backwards, mut merged) =
            (FoundNames::default(), FoundNames::default(), FoundNames::default());
        all.iter().for_each(|name| forwards.note(name));
        all.iter().rev().for_each(|name| backwards.note(name));
        for part in all.chunks(700) {
            let mut names = FoundNames::default();
            part.iter().rev().for_each(|name| names.note(name));
            merged.merge(&names);
        }
        assert_eq!((&forwards, &forwards), (&backwards, &merged));
        assert_eq!((forwards.iter().count(), forwards.iter().last()), (MAX_NAMES, Some("n1999")));
        let mut cut = FoundNames::default();
        cut.note(&"é".repeat(1_000));
        cut.note(&"é".repeat(2_000));
        assert_eq!(cut.iter().map(|name| name.chars().count()).collect::<Vec<_>>(), [MAX_CHARS]);
    }
}
