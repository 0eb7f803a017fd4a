//! The order of the keys of inputs, remembered because the next record usually has the same one.

/// Maximum length of all names in bytes, as a guard against records whose names never come again.
const MAX_BYTES: usize = 1 << 20;

/// Names by position, each with the column that it was found to be. The names are one text, which stays in the cache better
/// than one allocation each.
#[derive(Debug, Default)]
pub(super) struct NameOrder {
    names: Vec<u8>,
    places: Vec<NamePlace>,
}

/// A name at a position.
#[derive(Debug)]
pub(super) struct NamePlace {
    /// Where it is in the text.
    from: usize,
    to: usize,
    /// `None`: it is not that of a column.
    pub column: Option<usize>,
}

impl NameOrder {
    /// Returns what is known of a name; `None` if it is not the name at this position.
    #[inline]
    pub(super) fn get(&self, position: usize, name: &str) -> Option<&NamePlace> {
        let place = self.places.get(position)?;
        (self.names.get(place.from..place.to)? == name.as_bytes()).then_some(place)
    }

    /// Sets the name at a position, which is at most the next one.
    pub(super) fn set(&mut self, position: usize, name: &str, column: Option<usize>) {
        if self.names.len() + name.len() > MAX_BYTES {
            self.names.clear();
            self.places.clear();
        }
        let from = self.names.len();
        self.names.extend_from_slice(name.as_bytes());
        let new = NamePlace { from, to: self.names.len(), column };
        match self.places.get_mut(position) {
            Some(place) => *place = new,
            None => self.places.push(new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_at_its_own_position() {
        let mut order = NameOrder::default();
        order.set(0, "a", Some(7));
        order.set(1, "bc", None);
        assert_eq!(order.get(0, "a").unwrap().column, Some(7));
        assert_eq!(order.get(1, "bc").unwrap().column, None);
        assert!([(0, "b"), (1, "b"), (2, "a")].iter().all(|(position, name)| order.get(*position, name).is_none()));
        order.set(0, "long", Some(1));
        assert_eq!(order.get(0, "long").unwrap().column, Some(1));
        assert_eq!(order.get(1, "bc").unwrap().column, None);
        assert!(order.get(0, "a").is_none());
    }

    #[test]
    fn names_that_never_come_again_take_no_memory() {
        let mut order = NameOrder::default();
        for number in 0..2_000 {
            let name = format!("{number:01000}");
            order.set(0, &name, Some(number));
            assert_eq!(order.get(0, &name).unwrap().column, Some(number));
            assert!(order.names.len() <= MAX_BYTES && order.places.len() == 1);
        }
    }
}
