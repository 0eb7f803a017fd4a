//! Reads arrays in NumPy's `.npy` format, including those of structures.

use std::borrow::Cow;

use super::refusal::{damaged, over_allowance, unsupported};
use crate::{allowance::Allowance, error::Result};

/// More than any array of scikit-learn has.
const MAX_FIELDS: usize = 32;
const MAX_DIMENSIONS: usize = 4;

/// An array of numbers, truth values, strings or structures.
#[derive(Debug)]
pub(crate) struct NpyArray<'a> {
    content: Cow<'a, [u8]>,
    /// Position of the first element.
    start: usize,
    fields: Vec<NpyField>,
    /// Bytes per element.
    stride: usize,
    shape: Vec<usize>,
    /// Whether the first index changes fastest.
    is_fortran: bool,
}

/// A field of the elements; the only one, without a name, if they are not structures.
#[derive(Debug, Clone)]
pub(crate) struct NpyField {
    name: String,
    offset: usize,
    kind: NpyKind,
    /// Bytes.
    size: usize,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NpyKind {
    Bool,
    Signed,
    Unsigned,
    Float,
    /// UTF-32, padded with zeros.
    Text,
    /// Padding between fields.
    Void,
}

impl<'a> NpyArray<'a> {
    /// Parses the header, and checks that the content has the size that it claims.
    pub(crate) fn new(content: Cow<'a, [u8]>) -> Result<Self> {
        let rest = content.strip_prefix(b"\x93NUMPY").ok_or_else(|| damaged("an array is not in NumPy's format"))?;
        let header = match rest {
            [1, _, low, high, ..] => Some((10, usize::from(u16::from_le_bytes([*low, *high])))),
            [2 | 3, _, a, b, c, d, ..] => {
                usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok().map(|length| (12, length))
            }
            _ => None,
        };
        let header = header.and_then(|(from, length)| Some(from..length.checked_add(from)?));
        let text = header.clone().and_then(|range| std::str::from_utf8(content.get(range)?).ok());
        let (Some(header), Some(text)) = (header, text) else {
            return Err(damaged("the header of an array is cut short"));
        };
        let (fields, stride, is_fortran, shape) = parse_header(text)?;
        let count = shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length));
        let size = count.and_then(|count| count.checked_mul(stride));
        if size != content.len().checked_sub(header.end) {
            return Err(damaged("an array does not have the size that its header states"));
        }
        Ok(Self { start: header.end, content, fields, stride, shape, is_fortran })
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// A field of structures.
    pub(crate) fn field(&self, name: &str) -> Result<&NpyField> {
        let found = self.fields.iter().find(|field| field.name == name);
        found.ok_or_else(|| damaged(format_args!("an array has no field {name:?}")))
    }

    /// The type of elements that are not structures.
    pub(crate) fn kind(&self) -> Result<NpyKind> {
        Ok(self.field("")?.kind)
    }

    /// Whether the elements are 32-bit floats.
    pub(crate) fn is_single(&self) -> bool {
        matches!(&*self.fields, [NpyField { kind: NpyKind::Float, size: 4, .. }])
    }

    /// The number in a field of an element; truth values are 0 and 1. NaN if there is none.
    pub(crate) fn number(&self, field: &NpyField, element: usize) -> f64 {
        self.bytes(field, element).and_then(|bytes| number(field.kind, bytes)).unwrap_or(f64::NAN)
    }

    /// The number in a field of an element as an index; `None` if it is negative.
    pub(crate) fn index(&self, field: &NpyField, element: usize) -> Option<usize> {
        let number = self.number(field, element);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
        (0.0..1e15).contains(&number).then_some(number as usize)
    }

    /// All numbers; the last index changes fastest.
    pub(crate) fn numbers(&self, allowance: &Allowance) -> Result<Vec<f64>> {
        let field = self.field("")?;
        if matches!(field.kind, NpyKind::Text | NpyKind::Void) {
            return Err(damaged("an array of numbers has elements of another type"));
        }
        allowance.spend(self.len(), size_of::<f64>()).ok_or_else(over_allowance)?;
        Ok((0..self.len()).map(|at| self.number(field, self.position(at))).collect())
    }

    /// All elements as Python's `str` writes them.
    pub(crate) fn texts(&self, allowance: &Allowance) -> Result<Vec<String>> {
        let field = self.field("")?;
        let each = size_of::<String>().saturating_add(field.size).saturating_add(20);
        allowance.spend(self.len(), each).ok_or_else(over_allowance)?;
        (0..self.len()).map(|at| self.text(field, self.position(at))).collect()
    }

    fn text(&self, field: &NpyField, element: usize) -> Result<String> {
        let bytes = self.bytes(field, element).unwrap_or_default();
        match field.kind {
            NpyKind::Text => {
                let units = bytes
                    .chunks_exact(4)
                    .map(|unit| unit.iter().rev().fold(0, |all, byte| all << 8 | u32::from(*byte)));
                let text: Option<String> = units.map(char::from_u32).collect();
                let text = text.ok_or_else(|| damaged("an array has a string that is not valid Unicode"))?;
                Ok(text.trim_end_matches('\0').to_owned())
            }
            NpyKind::Bool => Ok(if bytes == [0] { "False" } else { "True" }.to_owned()),
            NpyKind::Signed | NpyKind::Unsigned => Ok(integer(field.kind, bytes).unwrap_or_default().to_string()),
            NpyKind::Float => Ok(format!("{:?}", self.number(field, element))),
            NpyKind::Void => Err(damaged("an array of strings has elements of another type")),
        }
    }

    /// Position in memory of an element, given its position in the order in which the last index changes fastest.
    fn position(&self, element: usize) -> usize {
        match (&*self.shape, self.is_fortran) {
            ([rows, columns], true) if *columns > 0 => element % columns * rows + element / columns,
            _ => element,
        }
    }

    fn bytes(&self, field: &NpyField, element: usize) -> Option<&[u8]> {
        let at = element.checked_mul(self.stride)?.checked_add(self.start)?.checked_add(field.offset)?;
        self.content.get(at..at.checked_add(field.size)?)
    }
}

#[expect(clippy::cast_precision_loss, reason = "indices and levels are far below 2⁵³")]
fn number(kind: NpyKind, bytes: &[u8]) -> Option<f64> {
    match (kind, bytes) {
        (NpyKind::Float, [a, b, c, d]) => Some(f64::from(f32::from_le_bytes([*a, *b, *c, *d]))),
        (NpyKind::Float, bytes) => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
        (NpyKind::Bool, [byte]) => Some(f64::from(u8::from(*byte != 0))),
        (NpyKind::Signed | NpyKind::Unsigned, bytes) => Some(integer(kind, bytes)? as f64),
        _ => None,
    }
}

fn integer(kind: NpyKind, bytes: &[u8]) -> Option<i128> {
    let unsigned = bytes.iter().rev().fold(0_i128, |all, byte| all << 8 | i128::from(*byte));
    let is_negative = kind == NpyKind::Signed && bytes.last()? & 0x80 != 0;
    Some(if is_negative { unsigned - (1_i128 << (8 * bytes.len())) } else { unsigned })
}

/// Fields, bytes per element, order and shape.
fn parse_header(text: &str) -> Result<(Vec<NpyField>, usize, bool, Vec<usize>)> {
    let wrong = || damaged("the header of an array cannot be read");
    let after = |key: &str| text.split_once(key).map(|(_, rest)| rest.trim_start()).ok_or_else(wrong);
    let is_fortran = after("'fortran_order':")?.starts_with("True");
    let shape =
        after("'shape':")?.strip_prefix('(').and_then(|rest| Some(rest.split_once(')')?.0)).ok_or_else(wrong)?;
    let lengths = shape.split(',').map(str::trim).filter(|length| !length.is_empty());
    let lengths: Option<Vec<usize>> = lengths.take(MAX_DIMENSIONS + 1).map(|length| length.parse().ok()).collect();
    let shape = lengths.filter(|lengths| lengths.len() <= MAX_DIMENSIONS).ok_or_else(wrong)?;
    if is_fortran && shape.len() > 2 {
        return Err(unsupported("has an array of three dimensions in Fortran's order"));
    }
    let described = after("'descr':")?;
    let mut fields = Vec::new();
    if let Some(list) = described.strip_prefix('[') {
        let list = list.split_once(']').ok_or_else(wrong)?.0;
        for pair in list.split('(').skip(1) {
            let mut quoted = pair.split('\'');
            let (name, kind) = (quoted.nth(1), quoted.nth(1));
            if fields.len() == MAX_FIELDS || quoted.next().is_none_or(|rest| !rest.trim_start().starts_with(')')) {
                return Err(wrong());
            }
            fields.push((name.ok_or_else(wrong)?, kind.ok_or_else(wrong)?));
        }
    } else {
        fields.push(("", described.split('\'').nth(1).ok_or_else(wrong)?));
    }
    let mut stride = 0_usize;
    let fields = fields.into_iter().map(|(name, code)| {
        let (kind, size) = parse_kind(code)?;
        let name = if kind == NpyKind::Void { "padding" } else { name };
        let field = NpyField { name: name.to_owned(), offset: stride, kind, size };
        stride = stride.checked_add(size).ok_or_else(wrong)?;
        Ok(field)
    });
    let fields = fields.collect::<Result<Vec<_>>>()?;
    Ok((fields, stride, is_fortran, shape))
}

/// Type and number of bytes of a code such as `<f8`.
fn parse_kind(code: &str) -> Result<(NpyKind, usize)> {
    let unknown =
        || unsupported(format_args!("has an array of type {:?}, which is not read", code.get(..12).unwrap_or(code)));
    let (kind, size) = code.split_at_checked(2).ok_or_else(unknown)?;
    let size: usize = size.parse().map_err(|_| unknown())?;
    Ok(match (kind, size) {
        ("|b", 1) => (NpyKind::Bool, 1),
        ("|i", 1) | ("<i", 2 | 4 | 8) => (NpyKind::Signed, size),
        ("|u", 1) | ("<u", 2 | 4 | 8) => (NpyKind::Unsigned, size),
        ("<f", 4 | 8) => (NpyKind::Float, size),
        ("<U", 0..=0xffff) => (NpyKind::Text, 4 * size),
        ("|V", 0..=0xffff) => (NpyKind::Void, size),
        _ => return Err(unknown()),
    })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values are exact")]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\0", length.as_slice(), header.as_bytes(), data].concat()
    }

    fn numbers(descr: &str, shape: &str, order: &str, data: &[u8]) -> Result<Vec<f64>> {
        let header = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}   \n");
        NpyArray::new(file(&header, data).into())?.numbers(&Allowance::for_file(&[0; 1000]))
    }

    #[test]
    fn numbers_of_every_type_are_widened() {
        let all = |descr: &str, data: &[u8]| numbers(descr, "(2,)", "False", data).unwrap();
        assert_eq!(all("'|b1'", &[0, 1]), [0.0, 1.0]);
        assert_eq!(all("'|i1'", &[0xff, 3]), [-1.0, 3.0]);
        assert_eq!(all("'|u1'", &[0xff, 3]), [255.0, 3.0]);
        assert_eq!(all("'<i4'", &[0xfe, 0xff, 0xff, 0xff, 1, 2, 0, 0]), [-2.0, 513.0]);
        assert_eq!(
            all("'<u8'", &[[1_u8, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0]].concat()),
            [1.0, 4_294_967_296.0]
        );
        assert_eq!(all("'<f4'", &[0.1_f32.to_le_bytes(), 2_f32.to_le_bytes()].concat()), [f64::from(0.1_f32), 2.0]);
        assert_eq!(all("'<f8'", &[0.1_f64.to_le_bytes(), 2_f64.to_le_bytes()].concat()), [0.1, 2.0]);
    }

    #[test]
    fn the_last_index_changes_fastest_whatever_the_order_in_memory() {
        assert_eq!(numbers("'|u1'", "(2, 3)", "False", &[1, 2, 3, 4, 5, 6]).unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(numbers("'|u1'", "(2, 3)", "True", &[1, 4, 2, 5, 3, 6]).unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(numbers("'|u1'", "()", "False", &[7]).unwrap(), [7.0]);
        assert_eq!(numbers("'|u1'", "(0,)", "False", &[]).unwrap(), [0.0; 0]);
    }

    #[test]
    fn fields_of_structures_are_found_by_name() {
        let header = "{'descr': [('a', '|u1'), ('', '|V2'), ('b', '<i8')], 'fortran_order': False, 'shape': (2,), }";
        let data = [&[1_u8, 9, 9][..], &(-5_i64).to_le_bytes(), &[2, 9, 9], &6_i64.to_le_bytes()].concat();
        let array = NpyArray::new(file(header, &data).into()).unwrap();
        let field = array.field("b").unwrap();
        assert_eq!((array.number(field, 0), array.number(field, 1)), (-5.0, 6.0));
        assert_eq!((array.index(field, 0), array.index(field, 1)), (None, Some(6)));
        assert_eq!(array.number(array.field("a").unwrap(), 1), 2.0);
        assert!(array.field("c").is_err() && array.field("").is_err());
    }

    #[test]
    fn texts_are_those_of_python() {
        let texts = |descr: &str, data: &[u8]| {
            let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,), }}");
            NpyArray::new(file(&header, data).into()).unwrap().texts(&Allowance::for_file(&[0; 1000])).unwrap()
        };
        let units: Vec<u8> =
            ['é', 'x', '日', '\0'].into_iter().flat_map(|unit| u32::from(unit).to_le_bytes()).collect();
        assert_eq!(texts("<U2", &units), ["éx", "日"]);
        assert_eq!(texts("|b1", &[0, 1]), ["False", "True"]);
        assert_eq!(texts("|i1", &[0xff, 1]), ["-1", "1"]);
        assert_eq!(texts("<f4", &[0_f32.to_le_bytes(), 1.5_f32.to_le_bytes()].concat()), ["0.0", "1.5"]);
    }

    #[test]
    fn arrays_that_are_not_read_are_named_and_claims_are_checked() {
        let message = |descr: &str, shape: &str| numbers(descr, shape, "False", &[0; 8]).unwrap_err().to_string();
        assert!(message("'|O'", "(1,)").contains("has an array of type \"|O\", which is not read"));
        assert!(message("'>f8'", "(1,)").contains("\">f8\""));
        assert!(message("'<f8'", "(2,)").contains("does not have the size that its header states"));
        assert!(message("'<f8'", "(18446744073709551615, 8)").contains("does not have the size"));
        assert!(message("'<f8'", "(1, 1, 1, 1, 1)").contains("cannot be read"));
        assert!(NpyArray::new(b"\x93NUMPY\x02\0\xff\xff\xff\xff".to_vec().into()).is_err());
        assert!(NpyArray::new(Vec::new().into()).is_err());
    }
}
