//! Reads UBJSON as XGBoost writes it: big-endian numbers behind a marker of their type, strings and arrays behind their
//! length, typed arrays without markers. Source: <https://ubjson.org/>.

use std::borrow::Cow;

use super::source::{ModelSource, Nest, ScalarValue, ValueKind};
use crate::{
    allowance::Allowance,
    error::{ModelError, Result},
    xgboost::refusal::damaged,
};

/// A place in a UBJSON file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UbjSource<'a> {
    length: usize,
    rest: &'a [u8],
    allowance: &'a Allowance,
}

impl<'a> UbjSource<'a> {
    pub(crate) fn new(bytes: &'a [u8], allowance: &'a Allowance) -> Self {
        Self { length: bytes.len(), rest: bytes, allowance }
    }

    fn wrong(&self, what: &str) -> ModelError {
        let at = self.length.saturating_sub(self.rest.len());
        damaged(format_args!("{what} at byte {at}"))
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(|| self.wrong("the file ends too early,"))?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn marker(&mut self) -> Result<u8> {
        self.take().map(|[marker]| marker)
    }

    /// Skips a marker if it comes next.
    fn skip_marker(&mut self, marker: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == marker => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn scalar_of(&mut self, marker: u8) -> Result<ScalarValue> {
        Ok(match marker {
            b'i' => ScalarValue::Integer(i8::from_be_bytes(self.take()?).into()),
            b'U' | b'C' => ScalarValue::Integer(u8::from_be_bytes(self.take()?).into()),
            b'I' => ScalarValue::Integer(i16::from_be_bytes(self.take()?).into()),
            b'l' => ScalarValue::Integer(i32::from_be_bytes(self.take()?).into()),
            b'L' => ScalarValue::Integer(i64::from_be_bytes(self.take()?)),
            b'd' => ScalarValue::Single(f32::from_be_bytes(self.take()?)),
            #[expect(clippy::cast_possible_truncation, reason = "rounds as XGBoost does")]
            b'D' => ScalarValue::Single(f64::from_be_bytes(self.take()?) as f32),
            b'T' => ScalarValue::Boolean(true),
            b'F' => ScalarValue::Boolean(false),
            _ => return Err(self.wrong("a number has an unknown type")),
        })
    }

    /// A length, which claims no more than the bytes that are left, each element taking `each` of them.
    fn length(&mut self, each: usize) -> Result<usize> {
        let marker = self.marker()?;
        let ScalarValue::Integer(length) = self.scalar_of(marker)? else {
            return Err(self.wrong("a length is missing"));
        };
        let length = usize::try_from(length)
            .ok()
            .filter(|length| length.checked_mul(each).is_some_and(|bytes| bytes <= self.rest.len()));
        length.ok_or_else(|| self.wrong("a length exceeds the file"))
    }

    /// A length, then the text.
    fn sized_text(&mut self) -> Result<&'a str> {
        let length = self.length(1)?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.wrong("a string exceeds the file"))?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| self.wrong("a string is not UTF-8"))
    }
}

/// Number of bytes of an element of a typed array.
fn width(marker: u8) -> Option<usize> {
    Some(match marker {
        b'i' | b'U' | b'C' => 1,
        b'I' => 2,
        b'l' | b'd' => 4,
        b'L' | b'D' => 8,
        _ => return None,
    })
}

impl<'a> ModelSource<'a> for UbjSource<'a> {
    fn kind(&mut self) -> Result<ValueKind> {
        match self.peek() {
            Some(b'{') => Ok(ValueKind::Object),
            Some(b'[') => Ok(ValueKind::Array),
            Some(b'S') => Ok(ValueKind::Text),
            Some(_) => Ok(ValueKind::Scalar),
            None => Err(self.wrong("the file ends too early,")),
        }
    }

    fn open_object(&mut self) -> Result<Nest> {
        if self.skip_marker(b'{') { Ok(Nest::default()) } else { Err(self.wrong("an object is missing")) }
    }

    fn next_key(&mut self, _object: &mut Nest) -> Result<Option<Cow<'a, str>>> {
        if self.skip_marker(b'}') { Ok(None) } else { self.sized_text().map(|key| Some(Cow::Borrowed(key))) }
    }

    fn open_array(&mut self) -> Result<Nest> {
        if !self.skip_marker(b'[') {
            return Err(self.wrong("an array is missing"));
        }
        let mut array = Nest::default();
        let mut each = 1;
        if self.skip_marker(b'$') {
            let marker = self.marker()?;
            each = width(marker).ok_or_else(|| self.wrong("an array has an unknown type"))?;
            array.element = Some(marker);
        }
        if self.skip_marker(b'#') {
            array.left = Some(self.length(each)?);
        } else if array.element.is_some() {
            return Err(self.wrong("an array has no length"));
        }
        Ok(array)
    }

    fn next_element(&mut self, array: &mut Nest) -> Result<bool> {
        if let Some(left) = &mut array.left {
            let more = left.checked_sub(1);
            *left = more.unwrap_or(0);
            return Ok(more.is_some());
        }
        Ok(!self.skip_marker(b']'))
    }

    fn scalar(&mut self, array: Option<&Nest>) -> Result<ScalarValue> {
        let marker = match array.and_then(|array| array.element) {
            Some(marker) => marker,
            None => self.marker()?,
        };
        self.scalar_of(marker)
    }

    fn text(&mut self) -> Result<Cow<'a, str>> {
        if self.skip_marker(b'S') {
            self.sized_text().map(Cow::Borrowed)
        } else {
            Err(self.wrong("a string is missing"))
        }
    }

    fn skip_simple(&mut self) -> Result<()> {
        match self.peek() {
            Some(b'S') => self.text().map(|_| ()),
            Some(b'Z') => self.marker().map(|_| ()),
            _ => self.scalar(None).map(|_| ()),
        }
    }

    fn allowance(&self) -> &'a Allowance {
        self.allowance
    }

    fn is_at_end(&mut self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::xgboost::file::source::{FromScalar, for_each_key, numbers, skip, texts};

    fn with<T>(bytes: &[u8], read: impl FnOnce(&mut UbjSource<'_>) -> Result<T>) -> Result<T> {
        let allowance = Allowance::for_file(bytes);
        let mut source = UbjSource::new(bytes, &allowance);
        let value = read(&mut source)?;
        if source.is_at_end() { Ok(value) } else { Err(damaged("not at the end")) }
    }

    fn all<T: FromScalar>(bytes: &[u8]) -> Result<Vec<T>> {
        with(bytes, |source| {
            let mut all = Vec::new();
            numbers("numbers", source, &mut all)?;
            Ok(all)
        })
    }

    #[test]
    fn arrays_are_typed_or_counted_or_closed() {
        let expected = [-1_i64, 2];
        for bytes in [
            b"[$i#L\0\0\0\0\0\0\0\x02\xff\x02".as_slice(),
            b"[$I#i\x02\xff\xff\x00\x02",
            b"[$l#U\x02\xff\xff\xff\xff\0\0\0\x02",
            b"[$L#i\x02\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\x02",
            b"[#i\x02i\xffU\x02",
            b"[l\xff\xff\xff\xffi\x02]",
        ] {
            assert_eq!(all::<i64>(bytes).unwrap(), expected, "{bytes:?}");
            assert_eq!(all::<f32>(bytes).unwrap(), [-1.0, 2.0], "{bytes:?}");
            assert!(with(bytes, |source| skip(source)).is_ok(), "{bytes:?}");
        }
        assert_eq!(all::<f32>(b"[$d#i\x01\x3f\x80\0\0").unwrap(), [1.0]);
        assert_eq!(all::<f32>(b"[$D#i\x01\x3f\xf8\0\0\0\0\0\0").unwrap(), [1.5]);
        assert_eq!(all::<bool>(b"[TFi\x01U\x00]").unwrap(), [true, false, true, false]);
        assert_eq!(all::<u8>(b"[$i#i\x02\xc3\x41").unwrap(), *b"\xc3A");
        assert_eq!(with(b"[#i\x02Si\x01aSi\x02\xc3\xa9", |source| texts(source)).unwrap(), ["a", "é"]);
        assert!(all::<i64>(b"[$d#i\x01\x3f\x80\0\0").is_err(), "a float is not an integer");
        assert!(with(b"[$i#i\x02\x01\x02", |source| texts(source)).is_err(), "numbers are not strings");
    }

    #[test]
    fn lengths_beyond_the_file_are_refused() {
        for wrong in [
            b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff".as_slice(),
            b"[$L#L\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            b"[$Z#L\x00\0\0\0\0\0\0\x02",
            b"[$T#i\x02",
            b"[$i\x01",
            b"[#L\xff\xff\xff\xff\xff\xff\xff\xff",
            b"[#i\x7fi\x01",
            b"[i\x01",
            b"Si\x05abc",
            b"Si\xffabc",
            b"Sd\0\0\0\0",
            b"{i\x01a",
            b"{i\x01ai\x01",
            b"H",
            b"",
        ] {
            assert!(with(wrong, |source| skip(source)).is_err(), "{wrong:?}");
        }
        assert!(with(b"{i\x01aZi\x01bSi\x01xi\x01c[]i\x01d{}}", |source| skip(source)).is_ok());
    }

    #[test]
    fn keys_have_no_marker() {
        let mut keys = Vec::new();
        let read = |source: &mut UbjSource<'_>| {
            for_each_key(source, |source, key| {
                keys.push(key.to_owned());
                skip(source)
            })
        };
        with(b"{L\0\0\0\0\0\0\0\x01aTi\x02bc[$U#i\x03\x01\x02\x03}", read).unwrap();
        assert_eq!(keys, ["a", "bc"]);
    }

    proptest! {
        #[test]
        fn typed_arrays_hold_the_same_bits(bits in prop::collection::vec(any::<u32>(), 0..50)) {
            let mut bytes = [b"[$d#L".as_slice(), &(bits.len() as u64).to_be_bytes()].concat();
            bytes.extend(bits.iter().flat_map(|bits| bits.to_be_bytes()));
            let read: Vec<u32> = all::<f32>(&bytes).unwrap().into_iter().map(f32::to_bits).collect();
            prop_assert_eq!(read, bits);
        }

        #[test]
        fn reading_any_bytes_terminates(choices in prop::collection::vec(0..28_usize, 0..200)) {
            // Mostly markers, so that values are read.
            let bytes: Vec<u8> = choices.iter().map(|at| b"{}[]$#SiUIlLdDTFZCN\0\x01\x02\x03\x04\x05\x06\xffa"[*at]).collect();
            let allowance = Allowance::for_file(&bytes);
            let _ = skip(&mut UbjSource::new(&bytes, &allowance));
        }
    }
}
