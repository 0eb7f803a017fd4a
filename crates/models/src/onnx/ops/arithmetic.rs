//! Operators that combine values element by element: `Add`, `Sub`, `Mul`, `Div` and `Sum`.

use crate::{
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Argument, Compiled, Compiler, across_rows, bad, constant_only, unsupported_form},
        messages::OnnxNode,
        refusal::over_allowance,
        tensor::{Dim, ElementKind, TensorData, TensorElement, TensorShape},
    },
};

/// The operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ArithmeticKind {
    Add,
    Sub,
    Mul,
    Div,
}

/// An operation on two values, or the sum of any number. Smaller ones are repeated.
#[derive(Debug)]
pub(crate) struct Arithmetic {
    operation: ArithmeticKind,
    kind: ElementKind,
    /// Elements per row of the result.
    width: usize,
    /// From left to right.
    terms: Vec<Term>,
}

/// One of the values of an operation.
#[derive(Debug)]
struct Term {
    source: TermSource,
    /// Elements per row; of all of a constant.
    width: usize,
    places: TermPlaces,
}

#[derive(Debug)]
enum TermSource {
    Constant(TensorData),
    Slot(u32),
}

/// Where the element for each one of the result is.
#[derive(Debug)]
enum TermPlaces {
    Same,
    First,
    Listed(Box<[usize]>),
}

/// `Add`, `Sub`, `Mul`, `Div`, and `Sum` of any number of values.
pub(super) fn arithmetic<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Arithmetic>> {
    let operation = match node.operator {
        "Sub" => ArithmeticKind::Sub,
        "Mul" => ArithmeticKind::Mul,
        "Div" => ArithmeticKind::Div,
        _ => ArithmeticKind::Add,
    };
    let arguments = compiler.arguments(node)?;
    if arguments.is_empty() || (node.operator != "Sum" && arguments.len() != 2) {
        return Err(bad(node, "does not have two inputs"));
    }
    let size = size_of::<(TermSource, TensorShape)>().saturating_add(size_of::<Term>());
    compiler.allowance.spend(arguments.len(), size).ok_or_else(over_allowance)?;
    let mut sources = Vec::with_capacity(arguments.len());
    let mut common: Option<(ElementKind, TensorShape)> = None;
    for argument in arguments {
        let (source, kind, shape) = match argument {
            Argument::Computed(computed) => (TermSource::Slot(computed.slot), computed.kind, computed.shape),
            Argument::Constant(tensor) => {
                let (shape, data) = compiler.constant(node, &tensor)?;
                let kind = data.kind();
                (TermSource::Constant(data), kind, shape)
            }
        };
        common = Some(match common {
            None => (kind, shape),
            Some((before, _)) if before != kind => return Err(bad(node, "combines two types")),
            Some((_, before)) => (kind, common_shape(&before, &shape).ok_or_else(|| across_rows(node))?),
        });
        sources.push((source, shape));
    }
    let Some((kind, shape)) = common.filter(|(_, shape)| shape.rows().is_some()) else {
        return Err(constant_only(node));
    };
    let is_integer = kind == ElementKind::Integer && operation != ArithmeticKind::Div;
    if !is_integer && !matches!(kind, ElementKind::Single | ElementKind::Double) {
        return Err(unsupported_form(node, "of another type than floating-point numbers"));
    }
    let mut terms = Vec::with_capacity(sources.len());
    for (source, own) in sources {
        let width = own.width();
        let places = if width == shape.width() {
            TermPlaces::Same
        } else if width == 1 {
            TermPlaces::First
        } else {
            compiler.allowance.spend(shape.width(), size_of::<usize>()).ok_or_else(over_allowance)?;
            TermPlaces::Listed(repeated_places(&own, &shape).into())
        };
        terms.push(Term { source, width, places });
    }
    Ok(Compiled::Step(Arithmetic { operation, kind, width: shape.width(), terms }, None, kind, shape))
}

/// The shape of which both are parts: dimensions are matched from the last one on, and one of size 1 is repeated. `None`
/// if they do not match, or rows would be matched with other dimensions.
fn common_shape(left: &TensorShape, right: &TensorShape) -> Option<TensorShape> {
    let (left, right) = (left.dims(), right.dims());
    let (mut left, mut right) = (left.iter().rev(), right.iter().rev());
    let mut dims = Vec::new();
    loop {
        let dim = match (left.next(), right.next()) {
            (None, None) => break,
            (Some(dim), None | Some(Dim::Size(1))) | (None | Some(Dim::Size(1)), Some(dim)) => *dim,
            (Some(left), Some(right)) if left == right => *left,
            _ => return None,
        };
        dims.push(dim);
    }
    dims.reverse();
    TensorShape::new(&dims)
}

/// For each element of a row of the whole, the place of the element of the part.
fn repeated_places(part: &TensorShape, whole: &TensorShape) -> Vec<usize> {
    // Steps of the part for each dimension of the whole, from the last one on; rows do not count.
    let mut step = 1_usize;
    let (part, whole_dims) = (part.dims(), whole.dims());
    let mut part = part.iter().rev();
    let mut steps = Vec::new();
    for dim in whole_dims.iter().rev() {
        let own = part.next();
        if let Dim::Size(size) = *dim {
            let is_own = own == Some(dim) && size != 1;
            steps.push((size, if is_own { step } else { 0 }));
            step = step.saturating_mul(if is_own { size } else { 1 });
        }
    }
    let place = |mut at: usize| {
        let mut place = 0_usize;
        for (size, step) in &steps {
            place = place.saturating_add(at.checked_rem(*size).unwrap_or(0).saturating_mul(*step));
            at = at.checked_div(*size).unwrap_or(0);
        }
        place
    };
    (0..whole.width()).map(place).collect()
}

impl Term {
    fn row<'r, T: TensorElement>(&'r self, read: &RowBlock<'r>, row: usize) -> &'r [T] {
        match &self.source {
            TermSource::Constant(data) => T::read(data),
            TermSource::Slot(slot) => {
                let start = row.saturating_mul(self.width);
                read.slot(*slot)
                    .map_or(&[][..], T::read)
                    .get(start..start.saturating_add(self.width))
                    .unwrap_or_default()
            }
        }
    }

    fn at<T: TensorElement>(&self, row: &[T], place: usize) -> T {
        let value = match &self.places {
            TermPlaces::Same => row.get(place),
            TermPlaces::First => row.first(),
            TermPlaces::Listed(places) => places.get(place).and_then(|place| row.get(*place)),
        };
        value.copied().unwrap_or_default()
    }
}

impl Arithmetic {
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.terms.iter().filter_map(|term| match term.source {
            TermSource::Slot(slot) => Some(slot),
            TermSource::Constant(_) => None,
        })
    }

    /// Visits per row beyond the elements of the result.
    pub(super) fn work(&self) -> usize {
        self.width.saturating_mul(self.terms.len())
    }

    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match self.kind {
            ElementKind::Single => match self.operation {
                ArithmeticKind::Add => self.compute::<f32>(read, out, |left, right| left + right),
                ArithmeticKind::Sub => self.compute::<f32>(read, out, |left, right| left - right),
                ArithmeticKind::Mul => self.compute::<f32>(read, out, |left, right| left * right),
                ArithmeticKind::Div => self.compute::<f32>(read, out, |left, right| left / right),
            },
            ElementKind::Double => match self.operation {
                ArithmeticKind::Add => self.compute::<f64>(read, out, |left, right| left + right),
                ArithmeticKind::Sub => self.compute::<f64>(read, out, |left, right| left - right),
                ArithmeticKind::Mul => self.compute::<f64>(read, out, |left, right| left * right),
                ArithmeticKind::Div => self.compute::<f64>(read, out, |left, right| left / right),
            },
            _ => match self.operation {
                ArithmeticKind::Sub => self.compute::<i64>(read, out, i64::wrapping_sub),
                ArithmeticKind::Mul => self.compute::<i64>(read, out, i64::wrapping_mul),
                ArithmeticKind::Add | ArithmeticKind::Div => self.compute::<i64>(read, out, i64::wrapping_add),
            },
        }
    }

    fn compute<T: TensorElement>(&self, read: &RowBlock<'_>, out: &mut TensorData, function: impl Fn(T, T) -> T) {
        let out = T::write(out, read.rows.saturating_mul(self.width));
        let Some((first, others)) = self.terms.split_first() else { return };
        for (row, out) in out.chunks_exact_mut(self.width.max(1)).enumerate() {
            let values = first.row::<T>(read, row);
            out.iter_mut().enumerate().for_each(|(place, out)| *out = first.at(values, place));
            for term in others {
                let values = term.row::<T>(read, row);
                out.iter_mut().enumerate().for_each(|(place, out)| *out = function(*out, term.at(values, place)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_value_is_repeated() {
        let shape = |dims: &[Dim]| TensorShape::new(dims).unwrap();
        let table = shape(&[Dim::Rows, Dim::Size(2), Dim::Size(3)]);
        let common = |part: &[Dim]| common_shape(&table, &shape(part));
        assert_eq!(common(&[]), Some(table));
        assert_eq!(common(&[Dim::Size(3)]), Some(table));
        assert_eq!(common(&[Dim::Size(1), Dim::Size(2), Dim::Size(1)]), Some(table));
        assert_eq!(common(&[Dim::Rows, Dim::Size(1)]), None, "rows meet a size");
        assert_eq!(common(&[Dim::Size(2)]), None);
        assert_eq!(repeated_places(&shape(&[Dim::Size(3)]), &table), [0, 1, 2, 0, 1, 2]);
        assert_eq!(repeated_places(&shape(&[Dim::Rows, Dim::Size(2), Dim::Size(1)]), &table), [0, 0, 0, 1, 1, 1]);
    }

    #[test]
    fn constants_are_combined_with_each_row() {
        let term = |source, width, places| Term { source, width, places };
        let constant = TermSource::Constant(TensorData::Single(vec![10.0, 20.0]));
        let arithmetic = Arithmetic {
            operation: ArithmeticKind::Sub,
            kind: ElementKind::Single,
            width: 2,
            terms: vec![term(constant, 2, TermPlaces::Same), term(TermSource::Slot(0), 1, TermPlaces::First)],
        };
        let (slots, mut out) = ([TensorData::Single(vec![1.0, 2.0])], TensorData::empty());
        arithmetic.run(&RowBlock::of_first(2, &slots), &mut out);
        assert_eq!(out, TensorData::Single(vec![9.0, 19.0, 8.0, 18.0]));
    }
}
