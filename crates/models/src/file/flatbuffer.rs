//! A flatbuffer, read without trusting one of its offsets.
//!
//! A table begins with the signed distance back to its vtable: `u16` length of the vtable, `u16` length of the table,
//! then for each slot the `u16` place of its field (0: absent, the schema's default holds). Vectors, texts and tables
//! stand behind an unsigned distance forward; a vector begins with its count. All little-endian. `None` everywhere
//! means damage: an absent field reads as its default. Source: flatbuffers' internals,
//! <https://flatbuffers.dev/internals/>.

use super::allowance::Allowance;

/// The bytes of one flatbuffer, and what reading it may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffer<'a> {
    bytes: &'a [u8],
    allowance: &'a Allowance,
}

/// One table of a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    buffer: Buffer<'a>,
    at: usize,
    vtable: &'a [u8],
}

impl<'a> Buffer<'a> {
    pub(crate) fn new(bytes: &'a [u8], allowance: &'a Allowance) -> Self {
        Self { bytes, allowance }
    }

    pub(crate) fn root(self) -> Option<Table<'a>> {
        self.table(self.forward(0)?)
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..)?.first_chunk().copied()
    }

    /// Where the distance written at `at` leads.
    fn forward(self, at: usize) -> Option<usize> {
        at.checked_add(usize::try_from(u32::from_le_bytes(self.array(at)?)).ok()?)
    }

    fn table(self, at: usize) -> Option<Table<'a>> {
        let back = i64::from(i32::from_le_bytes(self.array(at)?));
        let start = usize::try_from(i64::try_from(at).ok()?.checked_sub(back)?).ok()?;
        let length = usize::from(u16::from_le_bytes(self.array(start)?));
        let vtable = self.bytes.get(start..start.checked_add(length)?)?;
        Some(Table { buffer: self, at, vtable })
    }

    /// The elements of the vector at `at`, `N` bytes each.
    fn elements<const N: usize>(self, at: usize) -> Option<&'a [[u8; N]]> {
        let count = usize::try_from(u32::from_le_bytes(self.array(at)?)).ok()?;
        let start = at.checked_add(4)?;
        Some(self.bytes.get(start..start.checked_add(count.checked_mul(N)?)?)?.as_chunks().0)
    }
}

impl<'a> Table<'a> {
    /// The place of a field; `Some(None)` when it is absent.
    #[expect(clippy::option_option, reason = "damage and absence differ")]
    fn field(&self, slot: usize) -> Option<Option<usize>> {
        let Some(entry) = slot.checked_mul(2).and_then(|at| self.vtable.get(at.checked_add(4)?..)?.first_chunk())
        else {
            return Some(None);
        };
        match usize::from(u16::from_le_bytes(*entry)) {
            0 => Some(None),
            distance => Some(Some(self.at.checked_add(distance)?)),
        }
    }

    /// A number, by its `from_le_bytes`.
    pub(crate) fn number<T, const N: usize>(&self, slot: usize, default: T, read: fn([u8; N]) -> T) -> Option<T> {
        match self.field(slot)? {
            None => Some(default),
            Some(at) => self.buffer.array(at).map(read),
        }
    }

    pub(crate) fn truth(&self, slot: usize, default: bool) -> Option<bool> {
        self.number(slot, u8::from(default), u8::from_le_bytes).map(|byte| byte != 0)
    }

    /// The table behind a slot that must be there.
    pub(crate) fn table(&self, slot: usize) -> Option<Table<'a>> {
        self.buffer.table(self.buffer.forward(self.field(slot)??)?)
    }

    /// The elements of a vector, none if it is absent. What is made of each takes `each` bytes.
    fn elements<const N: usize>(&self, slot: usize, each: usize) -> Option<&'a [[u8; N]]> {
        let Some(at) = self.field(slot)? else { return Some(&[]) };
        let elements = self.buffer.elements(self.buffer.forward(at)?)?;
        self.buffer.allowance.spend(elements.len(), each)?;
        Some(elements)
    }

    /// A vector of numbers or structs, each read from its bytes.
    pub(crate) fn vector<T, const N: usize>(&self, slot: usize, read: fn([u8; N]) -> T) -> Option<Vec<T>> {
        Some(self.elements(slot, size_of::<T>())?.iter().map(|bytes| read(*bytes)).collect())
    }

    /// How many elements a vector has.
    pub(crate) fn count(&self, slot: usize) -> Option<usize> {
        self.elements::<1>(slot, 0).map(<[_]>::len)
    }

    pub(crate) fn bytes(&self, slot: usize) -> Option<&'a [u8]> {
        self.elements::<1>(slot, 0).map(<[[u8; 1]]>::as_flattened)
    }

    /// A text, empty if it is absent.
    pub(crate) fn text(&self, slot: usize) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(slot)?).ok()
    }

    /// A text to keep.
    pub(crate) fn owned_text(&self, slot: usize) -> Option<String> {
        let text = self.text(slot)?;
        self.buffer.allowance.spend(text.len(), 1)?;
        Some(text.to_owned())
    }

    /// The texts of a vector of texts.
    pub(crate) fn texts(&self, slot: usize) -> Option<Vec<&'a str>> {
        self.elsewhere(slot, size_of::<&str>())?
            .map(|at| std::str::from_utf8(self.buffer.elements::<1>(at?)?.as_flattened()).ok())
            .collect()
    }

    /// What `read` makes of each table of a vector.
    pub(crate) fn tables<T>(&self, slot: usize, read: impl Fn(Table<'a>) -> Option<T>) -> Option<Vec<T>> {
        self.elsewhere(slot, size_of::<T>())?.map(|at| read(self.buffer.table(at?)?)).collect()
    }

    /// Where the elements of a vector of distances lead.
    fn elsewhere(&self, slot: usize, each: usize) -> Option<impl Iterator<Item = Option<usize>>> {
        let Some(at) = self.field(slot)? else { return Some(Forward { buffer: self.buffer, at: 0, left: 0 }) };
        let at = self.buffer.forward(at)?;
        let left = self.buffer.elements::<4>(at)?.len();
        self.buffer.allowance.spend(left, each)?;
        Some(Forward { buffer: self.buffer, at: at.checked_add(4)?, left })
    }
}

/// Walks over a vector of distances.
struct Forward<'a> {
    buffer: Buffer<'a>,
    at: usize,
    left: usize,
}

impl Iterator for Forward<'_> {
    type Item = Option<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let place = self.at;
        self.at = self.at.saturating_add(4);
        Some(self.buffer.forward(place))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads whatever can be read.
    fn visit(bytes: &[u8]) -> Option<usize> {
        let allowance = Allowance::of(bytes);
        let root = Buffer::new(bytes, &allowance).root()?;
        let mut read = 0;
        for slot in 0..20 {
            read += usize::from(root.vector(slot, f64::from_le_bytes).is_some());
            read += usize::from(root.texts(slot).is_some()) + usize::from(root.owned_text(slot).is_some());
            let inner = root.tables(slot, |table| table.table(0)?.number(1, 0.0, f32::from_le_bytes));
            read += inner.map_or(0, |inner| inner.len());
        }
        Some(read)
    }

    #[test]
    fn an_absent_field_reads_as_its_default() {
        // A root at 8 whose vtable, at 4, has no slot.
        let bytes = [8, 0, 0, 0, 4, 0, 4, 0, 4, 0, 0, 0];
        let allowance = Allowance::of(&bytes);
        let root = Buffer::new(&bytes, &allowance).root().unwrap();
        assert_eq!(root.number(3, -1, i32::from_le_bytes), Some(-1));
        assert_eq!(root.vector(3, i32::from_le_bytes), Some(vec![]));
        assert_eq!((root.text(3), root.truth(3, true), root.count(3)), (Some(""), Some(true), Some(0)));
        assert!(root.table(3).is_none(), "a table that must be there");
    }

    proptest! {
        #[test]
        fn any_bytes_end(mut bytes in prop::collection::vec(any::<u8>(), 0..300), small in any::<bool>()) {
            if small {
                // Distances that stay inside more often.
                bytes.iter_mut().enumerate().filter(|(at, _)| at % 4 != 0).for_each(|(_, byte)| *byte = 0);
            }
            let _ = visit(&bytes);
        }
    }
}
