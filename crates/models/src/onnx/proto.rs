//! A reader of the protobuf wire format that trusts none of the lengths.
//!
//! A message is a sequence of fields, each with a number and one of four kinds of value; inner messages are bytes. Nothing
//! is copied. `None` always means a damaged message. Source: <https://protobuf.dev/programming-guides/encoding/>.

/// The value of one field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ProtoValue<'a> {
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
    /// Text, packed numbers or an inner message.
    Bytes(&'a [u8]),
}

impl<'a> ProtoValue<'a> {
    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(crate) fn integer(self) -> Option<i64> {
        if let Self::Varint(value) = self { Some(value.cast_signed()) } else { None }
    }
}

/// The fields of a message in order. After a damaged field, which is `None`, nothing follows.
#[derive(Debug, Clone)]
pub(crate) struct ProtoFields<'a> {
    rest: &'a [u8],
}

impl<'a> ProtoFields<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn read(&mut self) -> Option<(u64, ProtoValue<'a>)> {
        let key = varint(&mut self.rest)?;
        let value = match key & 7 {
            0 => ProtoValue::Varint(varint(&mut self.rest)?),
            1 => ProtoValue::Fixed64(fixed(&mut self.rest)?),
            2 => {
                let length = usize::try_from(varint(&mut self.rest)?).ok()?;
                let (bytes, rest) = self.rest.split_at_checked(length)?;
                self.rest = rest;
                ProtoValue::Bytes(bytes)
            }
            5 => ProtoValue::Fixed32(fixed(&mut self.rest)?),
            // Groups, which ONNX does not use.
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

impl<'a> Iterator for ProtoFields<'a> {
    type Item = Option<(u64, ProtoValue<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_none() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Splits off a number of up to 64 bits: seven per byte, the lowest first.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn fixed<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}

/// The values of a repeated integer, whether packed or one per field. Damage is a `None`, after which nothing follows.
#[derive(Debug, Clone)]
pub(crate) struct ProtoIntegers<'a> {
    fields: ProtoFields<'a>,
    number: u64,
    packed: &'a [u8],
}

impl<'a> ProtoIntegers<'a> {
    pub(crate) fn new(message: &'a [u8], number: u64) -> Self {
        Self { fields: ProtoFields::new(message), number, packed: &[] }
    }

    #[expect(clippy::option_option, reason = "the end of the message is not damage")]
    fn read(&mut self) -> Option<Option<i64>> {
        while self.packed.is_empty() {
            match self.fields.next()? {
                Some((number, ProtoValue::Varint(value))) if number == self.number => {
                    return Some(Some(value.cast_signed()));
                }
                Some((number, ProtoValue::Bytes(packed))) if number == self.number => self.packed = packed,
                Some((number, _)) if number != self.number => {}
                _ => return Some(None),
            }
        }
        Some(varint(&mut self.packed).map(u64::cast_signed))
    }
}

impl Iterator for ProtoIntegers<'_> {
    type Item = Option<i64>;

    fn next(&mut self) -> Option<Self::Item> {
        let value = self.read()?;
        if value.is_none() {
            (self.fields, self.packed) = (ProtoFields::new(&[]), &[]);
        }
        Some(value)
    }
}

/// The bytes of a repeated number of fixed width, whether packed or one per field. Damage is a `None`, after which nothing
/// follows.
#[derive(Debug, Clone)]
pub(crate) struct ProtoFloats<'a, const N: usize> {
    fields: ProtoFields<'a>,
    number: u64,
    packed: &'a [[u8; N]],
}

impl<'a, const N: usize> ProtoFloats<'a, N> {
    pub(crate) fn new(message: &'a [u8], number: u64) -> Self {
        Self { fields: ProtoFields::new(message), number, packed: &[] }
    }

    #[expect(clippy::option_option, reason = "the end of the message is not damage")]
    fn read(&mut self) -> Option<Option<[u8; N]>> {
        loop {
            if let Some((first, rest)) = self.packed.split_first() {
                self.packed = rest;
                return Some(Some(*first));
            }
            match self.fields.next()? {
                Some((number, _)) if number != self.number => {}
                Some((_, ProtoValue::Fixed32(bytes))) => return Some(bytes.as_slice().try_into().ok()),
                Some((_, ProtoValue::Fixed64(bytes))) => return Some(bytes.as_slice().try_into().ok()),
                Some((_, ProtoValue::Bytes(packed))) => match packed.as_chunks() {
                    (chunks, []) => self.packed = chunks,
                    _ => return Some(None),
                },
                _ => return Some(None),
            }
        }
    }
}

impl<const N: usize> Iterator for ProtoFloats<'_, N> {
    type Item = Option<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        let value = self.read()?;
        if value.is_none() {
            (self.fields, self.packed) = (ProtoFields::new(&[]), &[]);
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(message: &[u8]) -> Vec<Option<(u64, ProtoValue<'_>)>> {
        ProtoFields::new(message).collect()
    }

    #[test]
    fn fields_have_numbers_and_values() {
        let message = [0x08, 0x96, 0x01, 0x12, 2, b'h', b'i', 0x1d, 0, 0, 0x80, 0x3f];
        let one = 1.0_f32.to_le_bytes();
        let expected =
            [(1, ProtoValue::Varint(150)), (2, ProtoValue::Bytes(b"hi")), (3, ProtoValue::Fixed32(one))].map(Some);
        assert_eq!(fields(&message), expected);
        assert_eq!(fields(&[]), []);
    }

    #[test]
    fn damage_ends_the_message() {
        // A length beyond the end, a group, a number without end.
        for damaged in [[0x12, 5, b'a'].as_slice(), &[0x0b, 0x08, 1], &[0xff; 12], &[0x0d, 1, 2]] {
            assert_eq!(fields(damaged), [None], "{damaged:?}");
        }
    }

    #[test]
    fn repeated_numbers_may_be_packed() {
        let negative = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        let mut message = vec![0x40, 7, 0x08, 9, 0x42, 12, 3, 4];
        message.extend(negative);
        let all: Vec<_> = ProtoIntegers::new(&message, 8).collect();
        assert_eq!(all, [7, 3, 4, -1].map(Some));
        assert_eq!(ProtoIntegers::new(&[0x42, 1, 0x80, 0x40, 1], 8).collect::<Vec<_>>(), [None]);

        let halves = [0.5_f32.to_le_bytes(), 2.0_f32.to_le_bytes()];
        let mut message = vec![0x3d];
        message.extend(halves[0]);
        message.extend([0x3a, 8]);
        message.extend(halves.as_flattened());
        let all: Vec<_> = ProtoFloats::<4>::new(&message, 7).collect();
        assert_eq!(all, [halves[0], halves[0], halves[1]].map(Some));
        assert_eq!(ProtoFloats::<8>::new(&message, 7).collect::<Vec<_>>(), [None], "a single is not a double");
        assert_eq!(ProtoFloats::<4>::new(&[0x3a, 3, 0, 0, 0], 7).collect::<Vec<_>>(), [None]);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200), number in 0..10_u64) {
            // Each value takes at least one byte.
            prop_assert!(fields(&bytes).len() <= bytes.len());
            prop_assert!(ProtoIntegers::new(&bytes, number).count() <= bytes.len());
            prop_assert!(ProtoFloats::<4>::new(&bytes, number).count() <= bytes.len());
        }
    }
}
