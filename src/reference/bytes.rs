//! Integers, floats and texts as bytes, and back without trusting them.

use std::io::Read;

/// More than any reference unpacks to: a crafted one must not fill the memory.
const MOST: u64 = 1 << 30;

/// What zstd has packed; `None` when it is damaged, or a bomb.
pub(super) fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    zstd::stream::Decoder::new(packed).ok()?.take(MOST + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MOST).then_some(bytes)
}

/// Writes.
#[derive(Debug, Default)]
pub(super) struct Writer(pub Vec<u8>);

impl Writer {
    /// LEB128.
    pub fn integer(&mut self, mut value: u64) {
        if value < 0x4000 {
            // Most are: one or two bytes, put down at once.
            #[expect(clippy::cast_possible_truncation, reason = "below 0x4000")]
            let pair = [value as u8 & 0x7f | 0x80, (value >> 7) as u8];
            match value {
                #[expect(clippy::cast_possible_truncation, reason = "below 0x80")]
                0..0x80 => self.0.push(value as u8),
                _ => self.0.extend_from_slice(&pair),
            }
            return;
        }
        while value >= 0x80 {
            #[expect(clippy::cast_possible_truncation, reason = "the low seven bits")]
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 0x80")]
        self.0.push(value as u8);
    }

    pub fn wide(&mut self, value: i128) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn number(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn numbers(&mut self, values: &[f64]) {
        self.integer(values.len() as u64);
        values.iter().for_each(|value| self.number(*value));
    }

    pub fn integers(&mut self, values: &[u64]) {
        self.integer(values.len() as u64);
        values.iter().for_each(|value| self.integer(*value));
    }

    pub fn text(&mut self, text: &str) {
        self.integer(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Reads; `None` when the bytes end or make no sense.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    pub fn integer(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A count of things that take at least `each` bytes: more than there are bytes is a lie.
    pub fn count(&mut self, each: usize) -> Option<usize> {
        let count = usize::try_from(self.integer()?).ok()?;
        (count.checked_mul(each)? <= self.0.len()).then_some(count)
    }

    pub fn wide(&mut self) -> Option<i128> {
        Some(i128::from_le_bytes(self.take(16)?.try_into().ok()?))
    }

    pub fn number(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub fn numbers(&mut self) -> Option<Vec<f64>> {
        let count = self.count(8)?;
        (0..count).map(|_| self.number()).collect()
    }

    pub fn integers(&mut self) -> Option<Vec<u64>> {
        let count = self.count(1)?;
        (0..count).map(|_| self.integer()).collect()
    }

    pub fn text(&mut self) -> Option<String> {
        let count = self.count(1)?;
        String::from_utf8(self.take(count)?.to_vec()).ok()
    }
}
