//! Operators that select elements: `ArrayFeatureExtractor`, `Gather`, `Slice`.

use crate::{
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Argument, Compiled, Compiler, Computed, across_rows, bad, constant_only, unsupported_form},
        messages::OnnxNode,
        refusal::over_allowance,
        tensor::{Dim, ElementKind, TensorData, TensorElement, TensorShape},
    },
};

/// How elements are selected.
#[derive(Debug)]
pub(crate) enum ElementSelection {
    Pick(Pick),
    Lookup(Lookup),
}

impl ElementSelection {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData, failed: &mut [bool]) {
        match self {
            Self::Pick(pick) => pick.run(read, out),
            Self::Lookup(lookup) => lookup.run(read, out, failed),
        }
    }
}

/// Selects elements of each row, by their places.
#[derive(Debug)]
pub(crate) struct Pick {
    /// Elements per row of the value that is read.
    width: usize,
    places: Vec<usize>,
    kind: ElementKind,
}

/// Selects some of the indices of a dimension.
fn pick<'a>(
    compiler: &Compiler<'_, 'a>,
    node: &OnnxNode<'a>,
    input: Computed,
    axis: usize,
    indices: &[usize],
    shape: TensorShape,
) -> Result<Compiled<ElementSelection>> {
    let along = input.shape.axis_loop(axis).ok_or_else(|| across_rows(node))?;
    if indices.iter().any(|index| *index >= along.size) {
        return Err(bad(node, format_args!("selects column {} of {}", indices.iter().max().unwrap_or(&0), along.size)));
    }
    compiler.allowance.spend(shape.width(), size_of::<usize>()).ok_or_else(over_allowance)?;
    let mut places = Vec::with_capacity(shape.width());
    for outer in 0..along.outer {
        for index in indices {
            let start = outer.saturating_mul(along.size).saturating_add(*index).saturating_mul(along.inner);
            places.extend(start..start.saturating_add(along.inner));
        }
    }
    let pick = Pick { width: input.shape.width(), places, kind: input.kind };
    Ok(Compiled::Step(ElementSelection::Pick(pick), Some(input.slot), input.kind, shape))
}

impl Pick {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match self.kind {
            ElementKind::Single => self.select::<f32>(read, out),
            ElementKind::Double => self.select::<f64>(read, out),
            ElementKind::Integer => self.select::<i64>(read, out),
            ElementKind::Truth => self.select::<bool>(read, out),
            ElementKind::Text => self.select::<u32>(read, out),
        }
    }

    fn select<T: TensorElement>(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        let out = T::write(out, read.rows.saturating_mul(self.places.len()));
        let rows = read.elements::<T>().chunks_exact(self.width.max(1));
        for (row, out) in rows.zip(out.chunks_exact_mut(self.places.len().max(1))) {
            out.iter_mut()
                .zip(&self.places)
                .for_each(|(out, place)| *out = row.get(*place).copied().unwrap_or_default());
        }
    }
}

/// Looks up each element, which is an index, in a table.
#[derive(Debug)]
pub(crate) struct Lookup {
    table: TensorData,
}

impl Lookup {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData, failed: &mut [bool]) {
        match &self.table {
            TensorData::Single(table) => look_up(table, read, out, failed),
            TensorData::Double(table) => look_up(table, read, out, failed),
            TensorData::Integer(table) => look_up(table, read, out, failed),
            TensorData::Truth(table) => look_up(table, read, out, failed),
            TensorData::Text(table) => look_up(table, read, out, failed),
        }
    }
}

fn look_up<T: TensorElement>(table: &[T], read: &RowBlock<'_>, out: &mut TensorData, failed: &mut [bool]) {
    let indices = read.elements::<i64>();
    let width = indices.len().checked_div(read.rows).unwrap_or(0).max(1);
    let out = T::write(out, indices.len());
    for ((indices, out), failed) in indices.chunks_exact(width).zip(out.chunks_exact_mut(width)).zip(failed) {
        for (index, out) in indices.iter().zip(out) {
            let found = usize::try_from(*index).ok().and_then(|index| table.get(index));
            *failed |= found.is_none();
            *out = found.copied().unwrap_or_default();
        }
    }
}

/// `ArrayFeatureExtractor`: selects columns, or looks up computed indices in a constant.
pub(super) fn array_feature_extractor<'a>(
    compiler: &Compiler<'_, 'a>,
    node: &OnnxNode<'a>,
) -> Result<Compiled<ElementSelection>> {
    match &compiler.arguments(node)?[..] {
        [Argument::Computed(input), indices] => {
            let indices = places(compiler, node, indices, None)?;
            let rank = input.shape.dims().len();
            let axis = rank.checked_sub(1).ok_or_else(|| bad(node, "reads a single number"))?;
            let shape = input.shape.with(axis, Some(indices.len())).ok_or_else(|| across_rows(node))?;
            pick(compiler, node, *input, axis, &indices, shape)
        }
        [Argument::Constant(table), Argument::Computed(indices)] if indices.kind == ElementKind::Integer => {
            let (shape, table) = compiler.constant(node, table)?;
            if shape.dims().len() != 1 {
                return Err(unsupported_form(node, "of a constant with several dimensions"));
            }
            // The library makes all indices one dimension, after a first of size 1.
            let shape = TensorShape::new(&[Dim::Size(1), Dim::Rows]).filter(|_| indices.shape.width() == 1);
            let shape = shape.ok_or_else(|| across_rows(node))?;
            let kind = table.kind();
            Ok(Compiled::Step(ElementSelection::Lookup(Lookup { table }), Some(indices.slot), kind, shape))
        }
        [Argument::Constant(_), _] => Err(constant_only(node)),
        _ => Err(bad(node, "does not have two inputs")),
    }
}

/// The indices of a constant. With a size, those below zero count from the end.
fn places<'a>(
    compiler: &Compiler<'_, 'a>,
    node: &OnnxNode<'a>,
    argument: &Argument<'a>,
    size: Option<usize>,
) -> Result<Vec<usize>> {
    let indices = compiler.constant_integers(node, argument)?;
    compiler.allowance.spend(indices.len(), size_of::<usize>()).ok_or_else(over_allowance)?;
    let place = |index: &i64| {
        let size = size.and_then(|size| i64::try_from(size).ok()).filter(|_| *index < 0).unwrap_or(0);
        usize::try_from(index.checked_add(size)?).ok()
    };
    let places: Option<Vec<usize>> = indices.iter().map(place).collect();
    places.filter(|places| !places.is_empty()).ok_or_else(|| bad(node, "selects columns that do not exist"))
}

/// `Gather` with constant indices.
pub(super) fn gather<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<ElementSelection>> {
    let [Argument::Computed(input), indices] = &compiler.arguments(node)?[..] else {
        return Err(unsupported_form(node, "of constants"));
    };
    let axis = node.attribute("axis").map_or(Some(0), |attribute| attribute.integer());
    let axis = axis.and_then(|axis| input.shape.axis(axis)).ok_or_else(|| bad(node, "has no such dimension"))?;
    let along = input.shape.axis_loop(axis).ok_or_else(|| across_rows(node))?;
    let rank = match indices {
        Argument::Constant(tensor) => tensor.dims().take(3).count(),
        Argument::Computed(_) => 1,
    };
    let indices = places(compiler, node, indices, Some(along.size))?;
    let shape = match rank {
        0 => input.shape.with(axis, None),
        1 => input.shape.with(axis, Some(indices.len())),
        _ => return Err(unsupported_form(node, "with indices of several dimensions")),
    };
    let shape = shape.ok_or_else(|| across_rows(node))?;
    pick(compiler, node, *input, axis, &indices, shape)
}

/// `Slice` of one dimension, whose limits are attributes up to version 9 and inputs since.
pub(super) fn slice<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<ElementSelection>> {
    let arguments = compiler.arguments(node)?;
    let Some(Argument::Computed(input)) = arguments.first() else { return Err(constant_only(node)) };
    let read = |place: usize, name: &str| match arguments.get(place) {
        Some(argument) => compiler.constant_integers(node, argument),
        None => compiler.integers(node, name),
    };
    let (starts, ends) = (read(1, "starts")?, read(2, "ends")?);
    let (along, steps) = (read(3, "axes")?, read(4, "steps")?);
    let ([start], [end], [] | [1]) = (&starts[..], &ends[..], &steps[..]) else {
        return Err(unsupported_form(node, "of several dimensions or with steps"));
    };
    let axis =
        input.shape.axis(along.first().copied().unwrap_or(0)).ok_or_else(|| bad(node, "has no such dimension"))?;
    let along = input.shape.axis_loop(axis).ok_or_else(|| across_rows(node))?;
    let limit = |at: i64| {
        let size = i64::try_from(along.size).unwrap_or(i64::MAX);
        usize::try_from(if at < 0 { at.saturating_add(size) } else { at.min(size) }).unwrap_or(0)
    };
    let (start, end) = (limit(*start), limit(*end));
    if start >= end {
        return Err(bad(node, "selects nothing"));
    }
    compiler.allowance.spend(end.saturating_sub(start), size_of::<usize>()).ok_or_else(over_allowance)?;
    let indices: Vec<usize> = (start..end).collect();
    let shape = input.shape.with(axis, Some(indices.len())).ok_or_else(|| across_rows(node))?;
    pick(compiler, node, *input, axis, &indices, shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_selected_by_their_places() {
        let slots = [TensorData::Integer(vec![1, 2, 3, 4, 5, 6])];
        let mut out = TensorData::empty();
        let pick = Pick { width: 3, places: vec![2, 0], kind: ElementKind::Integer };
        pick.run(&RowBlock::of_first(2, &slots), &mut out);
        assert_eq!(out, TensorData::Integer(vec![3, 1, 6, 4]));
    }

    #[test]
    fn a_row_whose_index_is_not_in_the_table_fails() {
        let slots = [TensorData::Integer(vec![1, 0, 2, -1])];
        let (mut out, mut failed) = (TensorData::empty(), [false; 4]);
        let lookup = Lookup { table: TensorData::Double(vec![0.5, 0.25]) };
        lookup.run(&RowBlock::of_first(4, &slots), &mut out, &mut failed);
        assert_eq!(out, TensorData::Double(vec![0.25, 0.5, 0.0, 0.0]));
        assert_eq!(failed, [false, false, true, true]);
    }
}
