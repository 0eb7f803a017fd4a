//! Encodes integers, floats and strings as bytes, and decodes untrusted bytes.

/// Encoder.
#[derive(Debug, Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// LEB128.
    pub fn integer(&mut self, mut value: u64) {
        while value >= 0x80 {
            #[expect(clippy::cast_possible_truncation, reason = "the low seven bits")]
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 0x80")]
        self.0.push(value as u8);
    }

    /// LEB128 for many values, eight at a time.
    pub fn run<T>(&mut self, things: &[T], mut value: impl FnMut(&T) -> u64) {
        const BUFFER: usize = 512;
        // Each write stores eight bytes; the next one starts after the bytes actually used.
        let mut buffer = [0; BUFFER + 2 * 64];
        let mut filled = 0;
        let (eights, rest) = things.as_chunks::<8>();
        for eight in eights {
            let mut values = [0; 8];
            values.iter_mut().zip(eight).for_each(|(slot, thing)| *slot = value(thing));
            let any = values.iter().fold(0, |any, value| any | value);
            if any < 0x80 {
                #[expect(clippy::cast_possible_truncation, reason = "below 0x80")]
                let bytes = values.map(|value| value as u8);
                put(&mut buffer, filled, bytes);
                filled += 8;
            } else if any >> 56 == 0 {
                for value in values {
                    let last = (value | 1).ilog2() / 7;
                    // All bytes but the last have their top bit set.
                    let more = 0x8080_8080_8080_8080 & !(u64::MAX << (8 * last));
                    put(&mut buffer, filled, (spread(value) | more).to_le_bytes());
                    filled += last as usize + 1;
                }
            } else {
                self.0.extend_from_slice(buffer.get(..filled).unwrap_or_default());
                filled = 0;
                values.into_iter().for_each(|value| self.integer(value));
            }
            if filled >= BUFFER {
                self.0.extend_from_slice(buffer.get(..filled).unwrap_or_default());
                filled = 0;
            }
        }
        self.0.extend_from_slice(buffer.get(..filled).unwrap_or_default());
        rest.iter().for_each(|thing| self.integer(value(thing)));
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
        self.run(values, |value| *value);
    }

    pub fn text(&mut self, text: &str) {
        self.integer(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Joins the low seven bits of each byte.
#[inline]
fn join_sevens(word: u64) -> u64 {
    let word = word & 0x7f7f_7f7f_7f7f_7f7f;
    let word = word & 0x007f_007f_007f_007f | (word & 0x7f00_7f00_7f00_7f00) >> 1;
    let word = word & 0x0000_3fff_0000_3fff | (word & 0x3fff_0000_3fff_0000) >> 2;
    word & 0x0fff_ffff | (word & 0x0fff_ffff_0000_0000) >> 4
}

#[inline]
fn put(buffer: &mut [u8], at: usize, bytes: [u8; 8]) {
    if let Some(slot) = buffer.get_mut(at..at + 8) {
        slot.copy_from_slice(&bytes);
    }
}

/// Spreads 56 bits over eight bytes, seven bits each.
#[inline]
fn spread(value: u64) -> u64 {
    let word = value & 0x0fff_ffff | (value & 0x00ff_ffff_f000_0000) << 4;
    let word = word & 0x0000_3fff_0000_3fff | (word & 0x0fff_c000_0fff_c000) << 2;
    word & 0x007f_007f_007f_007f | (word & 0x3f80_3f80_3f80_3f80) << 1
}

/// Floats that have not been decoded yet.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a>(&'a [[u8; 8]]);

impl Numbers<'_> {
    #[must_use]
    pub fn len(self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn to_vec(self) -> Vec<f64> {
        self.0.iter().map(|number| f64::from_le_bytes(*number)).collect()
    }
}

/// Decoder. Methods return `None` if the bytes end early or are invalid.
#[derive(Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    #[inline]
    pub fn integer(&mut self) -> Option<u64> {
        if let Some((word, _)) = self.0.split_first_chunk::<8>() {
            let word = u64::from_le_bytes(*word);
            // Nearly all end within eight bytes, at the first byte without the top bit.
            let end = (!word & 0x8080_8080_8080_8080).trailing_zeros();
            if end < 64 {
                self.0 = self.0.get(end as usize / 8 + 1..).unwrap_or_default();
                return Some(join_sevens(word & (u64::MAX >> (63 - end))));
            }
        }
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

    /// Reads a count of items of at least `each` bytes; rejects more than the remaining bytes can hold.
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

    pub fn numbers(&mut self) -> Option<Numbers<'a>> {
        let count = self.count(8)?;
        let (numbers, _) = self.take(count * 8)?.as_chunks();
        Some(Numbers(numbers))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_round_trip(values: &[u64]) -> Result<(), TestCaseError> {
        let mut writer = Writer::default();
        writer.run(values, |value| *value);
        let mut plain = Writer::default();
        values.iter().for_each(|value| plain.integer(*value));
        prop_assert_eq!(&writer.0, &plain.0);
        let mut reader = Reader(&writer.0);
        for value in values {
            prop_assert_eq!(reader.integer(), Some(*value));
        }
        prop_assert_eq!(reader.integer(), None);
        Ok(())
    }

    proptest! {
        #[test]
        fn integers_of_every_length_round_trip(
            values in prop::collection::vec((any::<u64>(), 0u32..64).prop_map(|(value, shift)| value >> shift), 0..40),
            most in 0u32..64,
        ) {
            check_round_trip(&values)?;
            // More than fit in the buffer, and small enough for the eight-at-a-time path.
            let many: Vec<u64> = values.iter().cycle().take(50 * values.len()).map(|value| value >> most).collect();
            check_round_trip(&many)?;
        }

        #[test]
        fn fast_decoding_equals_bytewise_decoding(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let slow = |bytes: &[u8]| {
                let mut value = 0u64;
                for (place, byte) in bytes.iter().take(10).enumerate() {
                    value |= u64::from(byte & 0x7f) << (7 * place);
                    if *byte < 0x80 {
                        return Some((value, place + 1));
                    }
                }
                None
            };
            let mut reader = Reader(&bytes);
            let read = reader.integer().map(|value| (value, bytes.len() - reader.0.len()));
            prop_assert_eq!(read, slow(&bytes));
        }
    }
}
