//! A flatbuffer reader that trusts none of the offsets.
//!
//! A table begins with the signed distance back to its vtable. The vtable holds its own length (`u16`), the length of
//! the table (`u16`), then for each slot the offset of its field in the table (`u16`; 0: absent, the schema's default
//! applies). Vectors, strings and tables are reached by an unsigned forward offset; a vector begins with its count.
//! Everything is little-endian. `None` always means a damaged file; an absent field reads as its default. Source:
//! <https://flatbuffers.dev/internals/>.

use crate::allowance::Allowance;

/// The bytes of one flatbuffer, and the allowance for reading it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffer<'a> {
    bytes: &'a [u8],
    allowance: &'a Allowance,
}

/// One table of a [`Buffer`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct FlatTable<'a> {
    buffer: Buffer<'a>,
    at: usize,
    vtable: &'a [u8],
}

/// Splits off a block that is preceded by its length: `u32`, or `u32::MAX` and then `u64`. Returns the block and the
/// remaining bytes.
pub(crate) fn split_sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, bytes) = bytes.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    if length < u32::MAX {
        return bytes.split_at_checked(usize::try_from(length).ok()?);
    }
    let (length, bytes) = bytes.split_first_chunk()?;
    bytes.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

impl<'a> Buffer<'a> {
    pub(crate) fn new(bytes: &'a [u8], allowance: &'a Allowance) -> Self {
        Self { bytes, allowance }
    }

    pub(crate) fn root(self) -> Option<FlatTable<'a>> {
        self.table(self.forward(0)?)
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..)?.first_chunk().copied()
    }

    /// Follows the forward offset stored at `at`.
    fn forward(self, at: usize) -> Option<usize> {
        at.checked_add(usize::try_from(u32::from_le_bytes(self.array(at)?)).ok()?)
    }

    fn table(self, at: usize) -> Option<FlatTable<'a>> {
        let back = i64::from(i32::from_le_bytes(self.array(at)?));
        let start = usize::try_from(i64::try_from(at).ok()?.checked_sub(back)?).ok()?;
        let length = usize::from(u16::from_le_bytes(self.array(start)?));
        let vtable = self.bytes.get(start..start.checked_add(length)?)?;
        Some(FlatTable { buffer: self, at, vtable })
    }

    /// Elements of the vector at `at`, `N` bytes each.
    fn elements<const N: usize>(self, at: usize) -> Option<&'a [[u8; N]]> {
        let count = usize::try_from(u32::from_le_bytes(self.array(at)?)).ok()?;
        let start = at.checked_add(4)?;
        Some(self.bytes.get(start..start.checked_add(count.checked_mul(N)?)?)?.as_chunks().0)
    }
}

impl<'a> FlatTable<'a> {
    /// Position of a field; `Some(None)` if it is absent.
    #[expect(clippy::option_option, reason = "a damaged vtable is not an absent field")]
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

    /// Reads a number with its `from_le_bytes`.
    pub(crate) fn number<T, const N: usize>(&self, slot: usize, default: T, read: fn([u8; N]) -> T) -> Option<T> {
        match self.field(slot)? {
            None => Some(default),
            Some(at) => self.buffer.array(at).map(read),
        }
    }

    pub(crate) fn boolean(&self, slot: usize, default: bool) -> Option<bool> {
        self.number(slot, u8::from(default), u8::from_le_bytes).map(|byte| byte != 0)
    }

    /// The table in a slot, which must be present.
    pub(crate) fn table(&self, slot: usize) -> Option<FlatTable<'a>> {
        self.buffer.table(self.buffer.forward(self.field(slot)??)?)
    }

    /// Elements of a vector, none if it is absent. Charges `each` bytes per element.
    fn elements<const N: usize>(&self, slot: usize, each: usize) -> Option<&'a [[u8; N]]> {
        let Some(at) = self.field(slot)? else { return Some(&[]) };
        let elements = self.buffer.elements(self.buffer.forward(at)?)?;
        self.buffer.allowance.spend(elements.len(), each)?;
        Some(elements)
    }

    /// Reads a vector of numbers or structs.
    pub(crate) fn vector<T, const N: usize>(&self, slot: usize, read: fn([u8; N]) -> T) -> Option<Vec<T>> {
        Some(self.elements(slot, size_of::<T>())?.iter().map(|bytes| read(*bytes)).collect())
    }

    /// Number of elements of a vector.
    pub(crate) fn count(&self, slot: usize) -> Option<usize> {
        self.elements::<1>(slot, 0).map(<[_]>::len)
    }

    pub(crate) fn bytes(&self, slot: usize) -> Option<&'a [u8]> {
        self.elements::<1>(slot, 0).map(<[[u8; 1]]>::as_flattened)
    }

    /// A string, empty if absent.
    pub(crate) fn text(&self, slot: usize) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(slot)?).ok()
    }

    /// A copy of a string, empty if absent.
    pub(crate) fn owned_text(&self, slot: usize) -> Option<String> {
        let text = self.text(slot)?;
        self.buffer.allowance.spend(text.len(), 1)?;
        Some(text.to_owned())
    }

    /// A vector of strings.
    pub(crate) fn texts(&self, slot: usize) -> Option<Vec<&'a str>> {
        self.targets(slot, size_of::<&str>())?
            .map(|at| std::str::from_utf8(self.buffer.elements::<1>(at?)?.as_flattened()).ok())
            .collect()
    }

    /// Reads each table of a vector of tables.
    pub(crate) fn tables<T>(&self, slot: usize, read: impl Fn(FlatTable<'a>) -> Option<T>) -> Option<Vec<T>> {
        self.targets(slot, size_of::<T>())?.map(|at| read(self.buffer.table(at?)?)).collect()
    }

    /// Positions that the elements of a vector of offsets point to.
    fn targets(&self, slot: usize, each: usize) -> Option<impl Iterator<Item = Option<usize>>> {
        let Some(at) = self.field(slot)? else { return Some(Offsets { buffer: self.buffer, at: 0, left: 0 }) };
        let at = self.buffer.forward(at)?;
        let left = self.buffer.elements::<4>(at)?.len();
        self.buffer.allowance.spend(left, each)?;
        Some(Offsets { buffer: self.buffer, at: at.checked_add(4)?, left })
    }
}

/// Iterates over a vector of offsets.
struct Offsets<'a> {
    buffer: Buffer<'a>,
    at: usize,
    left: usize,
}

impl Iterator for Offsets<'_> {
    type Item = Option<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let at = self.at;
        self.at = self.at.saturating_add(4);
        Some(self.buffer.forward(at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads everything that can be read.
    fn visit(bytes: &[u8]) -> Option<usize> {
        let allowance = Allowance::for_file(bytes);
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
        // A root table at 8 whose vtable, at 4, has no slots.
        let bytes = [8, 0, 0, 0, 4, 0, 4, 0, 4, 0, 0, 0];
        let allowance = Allowance::for_file(&bytes);
        let root = Buffer::new(&bytes, &allowance).root().unwrap();
        assert_eq!(root.number(3, -1, i32::from_le_bytes), Some(-1));
        assert_eq!(root.vector(3, i32::from_le_bytes), Some(vec![]));
        assert_eq!((root.text(3), root.boolean(3, true), root.count(3)), (Some(""), Some(true), Some(0)));
        assert!(root.table(3).is_none(), "a table has no default");
    }

    proptest! {
        #[test]
        fn reading_any_bytes_terminates(mut bytes in prop::collection::vec(any::<u8>(), 0..300), small in any::<bool>()) {
            if small {
                // Small offsets stay within the buffer more often.
                bytes.iter_mut().enumerate().filter(|(at, _)| at % 4 != 0).for_each(|(_, byte)| *byte = 0);
            }
            let _ = visit(&bytes);
        }
    }
}
