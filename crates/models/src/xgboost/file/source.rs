//! What both formats of XGBoost, JSON and UBJSON, have in common: values, objects and arrays, read one after the other.
//!
//! The schema is read once, by functions that are generic over [`ModelSource`]. Nothing is read into a tree of values, so
//! memory is only taken for what the model keeps.

use std::borrow::Cow;

use crate::{
    allowance::Allowance,
    error::Result,
    xgboost::refusal::{damaged, over_allowance},
};

/// Objects and arrays nested deeper than this are refused. Those of a model are nested to depth 7.
const DEEPEST: usize = 32;

/// A place in a file, at which the next value begins. A copy reads the same values again.
pub(crate) trait ModelSource<'a>: Clone {
    /// The kind of the next value.
    fn kind(&mut self) -> Result<ValueKind>;

    /// Begins an object.
    fn open_object(&mut self) -> Result<Nest>;

    /// The next key of an object, whose value must be read or skipped next; `None` at its end.
    fn next_key(&mut self, object: &mut Nest) -> Result<Option<Cow<'a, str>>>;

    /// Begins an array.
    fn open_array(&mut self) -> Result<Nest>;

    /// Returns true if another element follows, which must be read or skipped next.
    fn next_element(&mut self, array: &mut Nest) -> Result<bool>;

    /// Reads a number or truth value, in an array or elsewhere (`None`).
    fn scalar(&mut self, array: Option<&Nest>) -> Result<ScalarValue>;

    /// Reads a string.
    fn text(&mut self) -> Result<Cow<'a, str>>;

    /// Skips a value that is neither an object nor an array.
    fn skip_simple(&mut self) -> Result<()>;

    /// The memory that may still be taken.
    fn allowance(&self) -> &'a Allowance;

    /// Whether nothing but white space is left of the file.
    fn is_at_end(&mut self) -> bool;
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Object,
    Array,
    Text,
    /// A number, a truth value or null.
    Scalar,
}

/// An object or array that is being read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nest {
    /// Whether an entry of it has been read.
    pub has_begun: bool,
    /// Number of elements left, if the file counts them.
    pub left: Option<usize>,
    /// The type of all elements, if the file declares it.
    pub element: Option<u8>,
}

/// A number or truth value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ScalarValue {
    Integer(i64),
    Single(f32),
    Boolean(bool),
}

/// A number of a known type.
pub(crate) trait FromScalar: Sized {
    fn from_scalar(scalar: ScalarValue) -> Option<Self>;
}

impl FromScalar for f32 {
    fn from_scalar(scalar: ScalarValue) -> Option<Self> {
        match scalar {
            #[expect(clippy::cast_precision_loss, reason = "rounds as XGBoost does")]
            ScalarValue::Integer(value) => Some(value as Self),
            ScalarValue::Single(value) => Some(value),
            ScalarValue::Boolean(_) => None,
        }
    }
}

impl FromScalar for bool {
    fn from_scalar(scalar: ScalarValue) -> Option<Self> {
        match scalar {
            ScalarValue::Integer(value) => Some(value != 0),
            ScalarValue::Boolean(value) => Some(value),
            ScalarValue::Single(_) => None,
        }
    }
}

impl FromScalar for i64 {
    fn from_scalar(scalar: ScalarValue) -> Option<Self> {
        if let ScalarValue::Integer(value) = scalar { Some(value) } else { None }
    }
}

impl FromScalar for i32 {
    fn from_scalar(scalar: ScalarValue) -> Option<Self> {
        i64::from_scalar(scalar)?.try_into().ok()
    }
}

impl FromScalar for u8 {
    /// A byte of text, which the file holds as a signed number.
    fn from_scalar(scalar: ScalarValue) -> Option<Self> {
        let value = i64::from_scalar(scalar)?;
        u8::try_from(value).ok().or_else(|| i8::try_from(value).ok().map(i8::cast_unsigned))
    }
}

/// Skips a value of any kind.
pub(crate) fn skip<'a>(source: &mut impl ModelSource<'a>) -> Result<()> {
    skip_within(source, DEEPEST)
}

fn skip_within<'a>(source: &mut impl ModelSource<'a>, depth: usize) -> Result<()> {
    let inner = || depth.checked_sub(1).ok_or_else(|| damaged("its parts are nested too deeply"));
    match source.kind()? {
        ValueKind::Object => {
            let (depth, mut object) = (inner()?, source.open_object()?);
            while source.next_key(&mut object)?.is_some() {
                skip_within(source, depth)?;
            }
        }
        ValueKind::Array => {
            let (depth, mut array) = (inner()?, source.open_array()?);
            while source.next_element(&mut array)? {
                if array.element.is_some() { _ = source.scalar(Some(&array))? } else { skip_within(source, depth)? }
            }
        }
        ValueKind::Text | ValueKind::Scalar => source.skip_simple()?,
    }
    Ok(())
}

/// Calls `act` with every key of an object; `act` reads or skips its value.
pub(crate) fn for_each_key<'a, S: ModelSource<'a>>(
    source: &mut S,
    mut act: impl FnMut(&mut S, &str) -> Result<()>,
) -> Result<()> {
    let mut object = source.open_object()?;
    while let Some(key) = source.next_key(&mut object)? {
        act(source, &key)?;
    }
    Ok(())
}

/// Reads an array whose elements are objects, strings or arrays, adding what `read` makes of each.
pub(crate) fn for_each_element<'a, T, S: ModelSource<'a>>(
    source: &mut S,
    all: &mut Vec<T>,
    mut read: impl FnMut(&mut S) -> Result<T>,
) -> Result<()> {
    let mut array = source.open_array()?;
    reserve(all, count(source, array)?, source.allowance())?;
    while source.next_element(&mut array)? {
        if array.element.is_some() {
            return Err(damaged("a list has elements of a wrong type"));
        }
        all.push(read(source)?);
    }
    Ok(())
}

/// Number of elements that are left in an array.
fn count<'a>(source: &impl ModelSource<'a>, mut array: Nest) -> Result<usize> {
    if let Some(left) = array.left {
        return Ok(left);
    }
    let (mut ahead, mut count) = (source.clone(), 0_usize);
    while ahead.next_element(&mut array)? {
        skip(&mut ahead)?;
        count = count.saturating_add(1);
    }
    Ok(count)
}

/// Makes room for exactly `count` elements in an empty vector (one that grows by doubling briefly holds three times its
/// content), and charges what it did not have yet.
pub(crate) fn reserve<T>(all: &mut Vec<T>, count: usize, allowance: &Allowance) -> Result<()> {
    let more = count.saturating_sub(all.capacity());
    allowance.spend(more, size_of::<T>()).ok_or_else(over_allowance)?;
    all.reserve_exact(count);
    Ok(())
}

/// Reads an array of numbers into a vector, replacing its content. `what` names the array in error messages.
pub(crate) fn numbers<'a, T: FromScalar, S: ModelSource<'a>>(
    what: &str,
    source: &mut S,
    all: &mut Vec<T>,
) -> Result<()> {
    all.clear();
    let mut array = source.open_array()?;
    reserve(all, count(source, array)?, source.allowance())?;
    while source.next_element(&mut array)? {
        let number = T::from_scalar(source.scalar(Some(&array))?);
        all.push(number.ok_or_else(|| damaged(format_args!("{what} has an element of a wrong type")))?);
    }
    Ok(())
}

/// Reads an array of strings.
pub(crate) fn texts<'a, S: ModelSource<'a>>(source: &mut S) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for_each_element(source, &mut all, owned_text)?;
    Ok(all)
}

/// Reads a string, for keeping.
pub(crate) fn owned_text<'a, S: ModelSource<'a>>(source: &mut S) -> Result<String> {
    Ok(match source.text()? {
        Cow::Borrowed(text) => {
            source.allowance().spend(text.len(), 1).ok_or_else(over_allowance)?;
            text.to_owned()
        }
        Cow::Owned(text) => text,
    })
}

/// Reads a parameter: a number, which XGBoost writes as a string.
pub(crate) fn parameter<'a, T: std::str::FromStr + FromScalar, S: ModelSource<'a>>(
    what: &str,
    source: &mut S,
) -> Result<T> {
    let value = match source.kind()? {
        ValueKind::Text => source.text()?.trim().parse().ok(),
        _ => T::from_scalar(source.scalar(None)?),
    };
    value.ok_or_else(|| damaged(format_args!("its {what} is not a number")))
}
