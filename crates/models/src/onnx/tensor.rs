//! Tensors: their elements, and shapes of which one dimension may be the rows.

use super::messages::{OnnxTensor, element};
use crate::allowance::Allowance;

/// Type of the elements of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementKind {
    Single,
    Double,
    /// 32 or 64 bits.
    Integer,
    Truth,
    /// Codes of texts: see [`TextTable`](super::texts::TextTable).
    Text,
}

impl ElementKind {
    /// From the number in a file; `None` if it is not supported.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            element::FLOAT => Self::Single,
            element::DOUBLE => Self::Double,
            element::INT32 | element::INT64 => Self::Integer,
            element::BOOL => Self::Truth,
            element::STRING => Self::Text,
            _ => return None,
        })
    }
}

/// The elements of a tensor, the last dimension varying fastest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TensorData {
    Single(Vec<f32>),
    Double(Vec<f64>),
    Integer(Vec<i64>),
    Truth(Vec<bool>),
    Text(Vec<u32>),
}

/// Reads elements of one type, none if they have another, and fills a tensor with elements of that type.
pub(crate) trait TensorElement: Copy + Default {
    fn read(data: &TensorData) -> &[Self];
    /// Makes `data` a tensor of this many elements of this type, whose values are arbitrary.
    fn write(data: &mut TensorData, count: usize) -> &mut [Self];
}

macro_rules! element {
    ($type:ty, $variant:ident) => {
        impl TensorElement for $type {
            fn read(data: &TensorData) -> &[Self] {
                if let TensorData::$variant(values) = data { values } else { &[] }
            }

            fn write(data: &mut TensorData, count: usize) -> &mut [Self] {
                if !matches!(data, TensorData::$variant(_)) {
                    *data = TensorData::$variant(Vec::new());
                }
                if let TensorData::$variant(values) = data {
                    values.resize(count, Self::default());
                    values
                } else {
                    &mut []
                }
            }
        }
    };
}

element!(f32, Single);
element!(f64, Double);
element!(i64, Integer);
element!(bool, Truth);
element!(u32, Text);

impl TensorData {
    pub(crate) fn empty() -> Self {
        Self::Single(Vec::new())
    }

    pub(crate) fn kind(&self) -> ElementKind {
        match self {
            Self::Single(_) => ElementKind::Single,
            Self::Double(_) => ElementKind::Double,
            Self::Integer(_) => ElementKind::Integer,
            Self::Truth(_) => ElementKind::Truth,
            Self::Text(_) => ElementKind::Text,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Single(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Truth(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Decodes the numbers of a constant; `None` if they do not match its dimensions or the allowance, or are texts.
    pub(crate) fn decode(tensor: &OnnxTensor<'_>, count: usize, allowance: &Allowance) -> Option<Self> {
        let kind = ElementKind::from_number(tensor.element)?;
        let raw = tensor.raw().filter(|raw| !raw.is_empty());
        let integers = |values: super::proto::ProtoIntegers<'_>| -> Option<Vec<i64>> {
            allowance.spend(count, size_of::<i64>())?;
            collect(count, values)
        };
        Some(match kind {
            ElementKind::Single => {
                allowance.spend(count, size_of::<f32>())?;
                Self::Single(match raw {
                    Some(raw) => exact(raw, count, f32::from_le_bytes)?,
                    None => collect(count, tensor.floats().map(|value| value.map(f32::from_le_bytes)))?,
                })
            }
            ElementKind::Double => {
                allowance.spend(count, size_of::<f64>())?;
                Self::Double(match raw {
                    Some(raw) => exact(raw, count, f64::from_le_bytes)?,
                    None => collect(count, tensor.doubles().map(|value| value.map(f64::from_le_bytes)))?,
                })
            }
            ElementKind::Integer => {
                let is_small = tensor.element == element::INT32;
                Self::Integer(match raw {
                    None => integers(if is_small { tensor.small_integers() } else { tensor.integers() })?,
                    Some(raw) => {
                        allowance.spend(count, size_of::<i64>())?;
                        if is_small {
                            exact(raw, count, |bytes| i64::from(i32::from_le_bytes(bytes)))?
                        } else {
                            exact(raw, count, i64::from_le_bytes)?
                        }
                    }
                })
            }
            ElementKind::Truth => {
                allowance.spend(count, 1)?;
                Self::Truth(match raw {
                    Some(raw) => exact(raw, count, |[byte]| byte != 0)?,
                    None => collect(count, tensor.small_integers().map(|value| value.map(|value| value != 0)))?,
                })
            }
            ElementKind::Text => return None,
        })
    }
}

/// The values of an iterator, which must be this many.
fn collect<T>(count: usize, mut values: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(values.next()??);
    }
    values.next().is_none().then_some(all)
}

fn exact<T, const N: usize>(raw: &[u8], count: usize, read: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
    match raw.as_chunks() {
        (chunks, []) if chunks.len() == count => Some(chunks.iter().map(|bytes| read(*bytes)).collect()),
        _ => None,
    }
}

/// One dimension of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dim {
    /// As many as there are rows.
    Rows,
    Size(usize),
}

/// The dimensions of a tensor, at most four.
///
/// One of them may be the rows; those before it then have size 1, so that the elements of a row are contiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TensorShape {
    /// The size of each dimension; 0 for rows.
    sizes: [u32; 4],
    rank: u8,
    /// Number of elements, per row if there are rows.
    width: usize,
}

/// A dimension as loops see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AxisLoop {
    /// Product of the sizes between the rows and the axis.
    pub outer: usize,
    pub size: usize,
    /// Product of the sizes after the axis.
    pub inner: usize,
}

impl TensorShape {
    /// `None` if there are too many dimensions, rows are not contiguous or occur twice, or a size is 0 or too large.
    pub(crate) fn new(dims: &[Dim]) -> Option<Self> {
        let mut shape = Self { sizes: [0; 4], rank: u8::try_from(dims.len()).ok()?, width: 1 };
        let mut has_rows = false;
        for (place, dim) in dims.iter().enumerate() {
            let size = shape.sizes.get_mut(place)?;
            match dim {
                Dim::Size(0) => return None,
                Dim::Size(length) => {
                    *size = u32::try_from(*length).ok()?;
                    shape.width = shape.width.checked_mul(*length)?;
                }
                Dim::Rows if has_rows || shape.width != 1 => return None,
                Dim::Rows => has_rows = true,
            }
        }
        Some(shape)
    }

    /// Two dimensions: rows, and the elements of each.
    pub(crate) fn table(width: usize) -> Option<Self> {
        Self::new(&[Dim::Rows, Dim::Size(width)])
    }

    pub(crate) fn dims(&self) -> Vec<Dim> {
        let dim = |size: &u32| match usize::try_from(*size) {
            Ok(size @ 1..) => Dim::Size(size),
            _ => Dim::Rows,
        };
        self.sizes.iter().take(self.rank.into()).map(dim).collect()
    }

    /// Number of elements per row; of all elements of a constant.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The dimension of the rows.
    pub(crate) fn rows(&self) -> Option<usize> {
        self.dims().iter().position(|dim| *dim == Dim::Rows)
    }

    /// Number of columns, if the only other dimension is that of the rows, before them.
    pub(crate) fn columns(&self) -> Option<usize> {
        if let [Dim::Rows, Dim::Size(columns)] = self.dims()[..] { Some(columns) } else { None }
    }

    /// A dimension by its number, from the end if negative; `None` if it does not exist.
    pub(crate) fn axis(&self, number: i64) -> Option<usize> {
        let rank = i64::from(self.rank);
        let axis = usize::try_from(if number < 0 { number.checked_add(rank)? } else { number }).ok()?;
        (axis < self.rank.into()).then_some(axis)
    }

    /// How to loop over a dimension after that of the rows; `None` if it is another.
    pub(crate) fn axis_loop(&self, axis: usize) -> Option<AxisLoop> {
        let (dims, start) = (self.dims(), self.rows()?);
        let Some(Dim::Size(size)) = dims.get(axis).copied() else { return None };
        let product = |dims: Option<&[Dim]>| -> Option<usize> {
            let size = |dim: &Dim| if let Dim::Size(size) = dim { *size } else { 1 };
            Some(dims?.iter().map(size).product())
        };
        Some(AxisLoop {
            outer: product(dims.get(start..axis))?,
            size,
            inner: product(dims.get(axis.checked_add(1)?..))?,
        })
    }

    /// The same shape with another size of one dimension, or without it.
    pub(crate) fn with(&self, axis: usize, size: Option<usize>) -> Option<Self> {
        let mut dims = self.dims();
        match size {
            Some(size) => *dims.get_mut(axis)? = Dim::Size(size),
            None if axis < dims.len() => _ = dims.remove(axis),
            None => return None,
        }
        Self::new(&dims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_first_apart_from_ones() {
        let shape = TensorShape::new;
        assert_eq!(shape(&[Dim::Size(1), Dim::Rows]).unwrap().rows(), Some(1));
        assert_eq!(shape(&[Dim::Rows, Dim::Size(3), Dim::Size(2)]).unwrap().width(), 6);
        assert!(shape(&[Dim::Size(2), Dim::Rows]).is_none() && shape(&[Dim::Rows, Dim::Rows]).is_none());
        assert!(shape(&[Dim::Rows, Dim::Size(0)]).is_none());
        assert!(shape(&[Dim::Size(u32::MAX as usize); 3]).is_none() && shape(&[Dim::Size(1); 5]).is_none());
    }

    #[test]
    fn axes_count_from_either_end() {
        let shape = TensorShape::new(&[Dim::Rows, Dim::Size(3), Dim::Size(2)]).unwrap();
        assert_eq!((shape.axis(-1), shape.axis(2), shape.axis(3), shape.axis(-4)), (Some(2), Some(2), None, None));
        assert_eq!(shape.axis_loop(1), Some(AxisLoop { outer: 1, size: 3, inner: 2 }));
        assert_eq!(shape.axis_loop(2), Some(AxisLoop { outer: 3, size: 2, inner: 1 }));
        assert_eq!((shape.axis_loop(0), shape.axis_loop(3)), (None, None));
        assert_eq!(shape.with(1, None), TensorShape::table(2));
        assert_eq!((shape.columns(), shape.with(2, None).unwrap().columns()), (None, Some(3)));
    }

    #[test]
    fn constants_match_their_dimensions() {
        let allowance = Allowance::for_file(&[0; 100]);
        let decode =
            |message: &[u8], count| TensorData::decode(&OnnxTensor::parse(message).unwrap(), count, &allowance);
        let raw = [0x10, 7, 0x4a, 8, 5, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(decode(&raw, 1), Some(TensorData::Integer(vec![5])));
        assert_eq!(decode(&raw, 2), None);
        let listed = [0x10, 6, 0x2a, 2, 3, 4];
        assert_eq!(decode(&listed, 2), Some(TensorData::Integer(vec![3, 4])));
        assert_eq!((decode(&listed, 1), decode(&listed, 3)), (None, None));
        let single = [0x10, 1, 0x22, 4, 0, 0, 0x80, 0x3f];
        assert_eq!(decode(&single, 1), Some(TensorData::Single(vec![1.0])));
        assert_eq!(decode(&[0x10, 10, 0x4a, 2, 0, 0], 1), None, "16-bit floats are not read");
    }
}
