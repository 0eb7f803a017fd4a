//! Reads XGBoost's JSON: the usual grammar, and the tokens `NaN`, `Infinity` and `-Infinity`.

use std::borrow::Cow;

use super::source::{ModelSource, Nest, ScalarValue, ValueKind};
use crate::{
    allowance::Allowance,
    error::{ModelError, Result},
    xgboost::refusal::{damaged, over_allowance},
};

/// A place in a JSON file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonSource<'a> {
    bytes: &'a [u8],
    at: usize,
    allowance: &'a Allowance,
}

impl<'a> JsonSource<'a> {
    pub(crate) fn new(bytes: &'a [u8], allowance: &'a Allowance) -> Self {
        Self { bytes, at: 0, allowance }
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..)?;
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.bytes.get(self.at).copied()
    }

    fn skip_byte(&mut self, byte: u8) -> Result<()> {
        if self.peek() != Some(byte) {
            return Err(self.expected(format_args!("`{}`", char::from(byte))));
        }
        self.at += 1;
        Ok(())
    }

    fn expected(&self, what: impl std::fmt::Display) -> ModelError {
        let at = self.at;
        damaged(format_args!("{what} is missing at byte {at}"))
    }

    /// Moves to the next entry; returns false at `end`.
    fn next_entry(&mut self, nest: &mut Nest, end: u8) -> Result<bool> {
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                return Ok(false);
            }
            Some(b',') if nest.has_begun => self.at += 1,
            _ if nest.has_begun => return Err(self.expected("`,`")),
            _ => {}
        }
        nest.has_begun = true;
        Ok(true)
    }

    /// The bytes between the quotes of a string, still escaped.
    fn escaped_text(&mut self) -> Result<&'a [u8]> {
        self.skip_byte(b'"')?;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut is_escaped = false;
        let end = rest.iter().position(|byte| {
            let ends = *byte == b'"' && !is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            ends
        });
        let text = end.and_then(|end| rest.get(..end)).ok_or_else(|| self.expected("the end of a string"))?;
        self.at += text.len() + 1;
        Ok(text)
    }

    /// A token of letters, digits and signs.
    fn token(&mut self) -> &'a str {
        self.peek();
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let token = rest.get(..length).and_then(|token| std::str::from_utf8(token).ok()).unwrap_or_default();
        self.at += token.len();
        token
    }
}

impl<'a> ModelSource<'a> for JsonSource<'a> {
    fn kind(&mut self) -> Result<ValueKind> {
        match self.peek() {
            Some(b'{') => Ok(ValueKind::Object),
            Some(b'[') => Ok(ValueKind::Array),
            Some(b'"') => Ok(ValueKind::Text),
            Some(byte) if byte.is_ascii_alphanumeric() || byte == b'-' => Ok(ValueKind::Scalar),
            _ => Err(self.expected("a value")),
        }
    }

    fn open_object(&mut self) -> Result<Nest> {
        self.skip_byte(b'{').map(|()| Nest::default())
    }

    fn next_key(&mut self, object: &mut Nest) -> Result<Option<Cow<'a, str>>> {
        if !self.next_entry(object, b'}')? {
            return Ok(None);
        }
        let key = self.text()?;
        self.skip_byte(b':')?;
        Ok(Some(key))
    }

    fn open_array(&mut self) -> Result<Nest> {
        self.skip_byte(b'[').map(|()| Nest::default())
    }

    fn next_element(&mut self, array: &mut Nest) -> Result<bool> {
        self.next_entry(array, b']')
    }

    fn scalar(&mut self, _array: Option<&Nest>) -> Result<ScalarValue> {
        let token = self.token();
        Ok(match token {
            "true" => ScalarValue::Boolean(true),
            "false" => ScalarValue::Boolean(false),
            "NaN" => ScalarValue::Single(f32::NAN),
            "Infinity" => ScalarValue::Single(f32::INFINITY),
            "-Infinity" => ScalarValue::Single(f32::NEG_INFINITY),
            _ => match token.parse() {
                Ok(integer) => ScalarValue::Integer(integer),
                // Rust reads the names of non-finite numbers in any spelling; XGBoost only reads those above.
                Err(_) if token.bytes().all(|byte| !byte.is_ascii_alphabetic() || matches!(byte, b'e' | b'E')) => {
                    ScalarValue::Single(token.parse().map_err(|_| self.expected("a number"))?)
                }
                Err(_) => return Err(self.expected("a number")),
            },
        })
    }

    fn text(&mut self) -> Result<Cow<'a, str>> {
        let text = self.escaped_text()?;
        let text = std::str::from_utf8(text).map_err(|_| damaged("a string is not UTF-8"))?;
        if !text.contains('\\') {
            return Ok(Cow::Borrowed(text));
        }
        self.allowance.spend(text.len(), 1).ok_or_else(over_allowance)?;
        unescape(text).map(Cow::Owned).ok_or_else(|| damaged("a string has a wrong escape sequence"))
    }

    fn skip_simple(&mut self) -> Result<()> {
        if self.peek() == Some(b'"') {
            return self.escaped_text().map(|_| ());
        }
        if matches!(self.bytes.get(self.at..), Some([b'n', b'u', b'l', b'l', ..])) {
            self.at += 4;
            return Ok(());
        }
        self.scalar(None).map(|_| ())
    }

    fn allowance(&self) -> &'a Allowance {
        self.allowance
    }

    fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }
}

/// Replaces escape sequences. The result is never longer than the text.
fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        if next != '\\' {
            plain.push(next);
            continue;
        }
        plain.push(match rest.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            same @ ('"' | '\\' | '/') => same,
            'u' => code_point(&mut rest)?,
            _ => return None,
        });
    }
    Some(plain)
}

/// The character of four hexadecimal digits, or of two surrogates.
fn code_point(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let first = code_unit(rest)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    (rest.next()? == '\\' && rest.next()? == 'u').then_some(())?;
    let second = code_unit(rest)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + second)
}

fn code_unit(rest: &mut std::str::Chars<'_>) -> Option<u32> {
    let digits = rest.as_str().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    let unit = u32::from_str_radix(digits, 16).ok();
    rest.nth(3);
    unit
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::xgboost::file::source::{for_each_key, numbers, skip, texts};

    fn with<T>(text: &str, read: impl FnOnce(&mut JsonSource<'_>) -> Result<T>) -> Result<T> {
        let allowance = Allowance::for_file(text.as_bytes());
        let mut source = JsonSource::new(text.as_bytes(), &allowance);
        let value = read(&mut source)?;
        if source.is_at_end() { Ok(value) } else { Err(damaged("not at the end")) }
    }

    fn floats(text: &str) -> Result<Vec<f32>> {
        with(text, |source| {
            let mut all = Vec::new();
            numbers("numbers", source, &mut all)?;
            Ok(all)
        })
    }

    fn text(json: &str) -> Result<String> {
        with(json, |source| source.text().map(Cow::into_owned))
    }

    #[test]
    fn numbers_are_parsed_as_32_bit_floats() {
        let all = floats("[ 5.131938E-1 ,\n7,-0E0, -3e2,Infinity ,-Infinity, 0.30000000000000000 ]").unwrap();
        assert_eq!(all, [0.513_193_8, 7.0, -0.0, -300.0, f32::INFINITY, f32::NEG_INFINITY, 0.3]);
        assert!(all[2].is_sign_negative() && floats("[NaN]").unwrap()[0].is_nan());
        // Rounding to 64 bits first would give the other neighbour: 1 + 2^-24 + 2^-60 is above the midpoint.
        assert_eq!(floats("[1.000000059604644775390625867361738]").unwrap(), [1.0 + f32::EPSILON]);
        assert_eq!(floats("[9223372036854775808]").unwrap(), [9.223_372e18]);
        for wrong in [
            "[inf]",
            "[nan]",
            "[infinity]",
            "[1.2.3]",
            "[--1]",
            "[]x",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1",
            "[\"1\"]",
            "[true]",
            "[null]",
        ] {
            assert!(floats(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strings_are_unescaped() {
        assert_eq!(text(r#" "a\"\\\/\b\f\n\r\t\u00e9\ud83e\udd80é" "#).unwrap(), "a\"\\/\u{8}\u{c}\n\r\té🦀é");
        assert_eq!(text(r#""""#).unwrap(), "");
        for wrong in [
            r#""\x""#,
            r#""\u12g4""#,
            r#""\ud83e""#,
            r#""\ud83e\u0041""#,
            r#""\udd80""#,
            r#""\u+123""#,
            r#""\"#,
            r#""a"#,
            "a",
        ] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
        assert_eq!(with(r#"["a","\u0062"]"#, |source| texts(source)).unwrap(), ["a", "b"]);
    }

    #[test]
    fn objects_need_commas_and_colons() {
        let keys = |json: &str| {
            let mut keys = Vec::new();
            with(json, |source| {
                for_each_key(source, |source, key| {
                    keys.push(key.to_owned());
                    skip(source)
                })
            })?;
            Ok::<_, ModelError>(keys)
        };
        assert_eq!(keys(r#"{"a":null, "b" : [{}, "]"], "c":-1}"#).unwrap(), ["a", "b", "c"]);
        for wrong in [r#"{"a":1 "b":2}"#, r#"{,"a":1}"#, r#"{"a" 1}"#, r#"{"a":}"#, r#"{"a":1]"#, "{a:1}", r#"{"a":1"#]
        {
            assert!(keys(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        assert!(with(&format!("{}{}", "[".repeat(32), "]".repeat(32)), |source| skip(source)).is_ok());
        let error = with(&"[".repeat(1 << 20), |source| skip(source)).unwrap_err().to_string();
        assert!(error.contains("nested too deeply"), "{error}");
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_of_any_shape_is_skipped_to_its_end(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert!(with(&text, |source| skip(source)).is_ok(), "{text}");
        }

        #[test]
        fn strings_survive(string in any::<String>()) {
            prop_assert_eq!(text(&serde_json::to_string(&string).unwrap()).unwrap(), string);
        }

        #[test]
        fn floats_survive(bits in any::<u32>()) {
            let value = f32::from_bits(bits);
            prop_assume!(value.is_finite());
            let read = floats(&format!("[{value:E},{value}]")).unwrap();
            prop_assert_eq!(read[0].to_bits(), bits);
            prop_assert_eq!(read[1].to_bits(), bits);
        }

        #[test]
        fn reading_any_bytes_terminates(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let allowance = Allowance::for_file(&bytes);
            let _ = skip(&mut JsonSource::new(&bytes, &allowance));
        }
    }
}
