//! Operators that arrange elements without changing them.

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

/// `Reshape`: the sizes are a constant, in which −1 is the rest and 0 the size before. The rows stay rows.
pub(super) fn reshape<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Computed> {
    let (input, sizes) = match &compiler.arguments(node)?[..] {
        [Argument::Computed(input), sizes] => (*input, compiler.constant_integers(node, sizes)?),
        [Argument::Constant(_), ..] => return Err(constant_only(node)),
        _ => return Err(bad(node, "does not have two inputs")),
    };
    let mut dims = Vec::new();
    let mut rest = None;
    for (place, size) in sizes.iter().enumerate() {
        dims.push(match usize::try_from(*size) {
            Ok(0) => {
                input.shape.dims().get(place).copied().ok_or_else(|| bad(node, "keeps a size that does not exist"))?
            }
            Ok(size) => Dim::Size(size),
            Err(_) if *size == -1 && rest.is_none() => {
                rest = Some(place);
                Dim::Size(1)
            }
            Err(_) => return Err(bad(node, "has a negative size")),
        });
    }
    let shape = match rest {
        None => TensorShape::new(&dims),
        Some(rest) => {
            let others = TensorShape::new(&dims).ok_or_else(|| across_rows(node))?;
            // The rest is the rows, unless these are kept.
            let remaining = match others.rows() {
                None if others.width() == input.shape.width() => Some(Dim::Rows),
                None => None,
                Some(_) => {
                    let exact =
                        others.width().checked_mul(input.shape.width().checked_div(others.width()).unwrap_or(0));
                    let size = input.shape.width().checked_div(others.width());
                    size.filter(|_| exact == Some(input.shape.width())).map(Dim::Size)
                }
            };
            match (dims.get_mut(rest), remaining) {
                (Some(dim), Some(remaining)) => {
                    *dim = remaining;
                    TensorShape::new(&dims)
                }
                _ => None,
            }
        }
    };
    match shape {
        Some(shape) if shape.rows().is_some() && shape.width() == input.shape.width() => {
            Ok(Computed { shape, ..input })
        }
        _ => Err(unsupported_form(
            node,
            format_args!("to {sizes:?}, which splits or joins rows of {} values", input.shape.width()),
        )),
    }
}

/// `Flatten` at the dimension after the rows.
pub(super) fn flatten<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Computed> {
    let input = compiler.sole(node)?;
    let axis = node.attribute("axis").map_or(Some(1), |attribute| attribute.integer());
    if input.shape.rows() != Some(0) || axis != Some(1) {
        return Err(across_rows(node));
    }
    let shape = TensorShape::table(input.shape.width()).ok_or_else(|| across_rows(node))?;
    Ok(Computed { shape, ..input })
}

/// `Squeeze`, whose axes are an attribute up to version 12 and an input since.
pub(super) fn squeeze<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Computed> {
    let (input, chosen) = input_and_axes(compiler, node)?;
    if chosen.iter().any(|axis| input.shape.axis(*axis).is_none()) {
        return Err(bad(node, "removes a dimension that does not exist"));
    }
    let is_chosen = |axis: usize| chosen.iter().any(|own| input.shape.axis(*own) == Some(axis));
    let mut dims = Vec::new();
    for (axis, dim) in input.shape.dims().iter().enumerate() {
        let is_dropped = if chosen.is_empty() { *dim == Dim::Size(1) } else { is_chosen(axis) };
        match dim {
            Dim::Size(1) if is_dropped => {}
            _ if is_dropped => return Err(across_rows(node)),
            dim => dims.push(*dim),
        }
    }
    let shape = TensorShape::new(&dims).ok_or_else(|| across_rows(node))?;
    Ok(Computed { shape, ..input })
}

/// The input of a node, and its axes, from an attribute or a second input.
pub(super) fn input_and_axes<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<(Computed, Vec<i64>)> {
    match &compiler.arguments(node)?[..] {
        [Argument::Computed(input)] => Ok((*input, compiler.integers(node, "axes")?)),
        [Argument::Computed(input), axes] => Ok((*input, compiler.constant_integers(node, axes)?)),
        [Argument::Constant(_), ..] => Err(constant_only(node)),
        _ => Err(bad(node, "has no inputs")),
    }
}

/// Joins values along a dimension.
#[derive(Debug)]
pub(crate) struct Concat {
    /// Product of the sizes between the rows and the dimension.
    outer: usize,
    /// For each value, its slot, and the product of its sizes from the dimension on.
    parts: Vec<(u32, usize)>,
    kind: ElementKind,
}

pub(super) fn concat<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Concat>> {
    let axis = node.attribute("axis").and_then(|attribute| attribute.integer());
    let arguments = compiler.arguments(node)?;
    let Some(Argument::Computed(first)) = arguments.first() else { return Err(bad(node, "has no inputs")) };
    let axis =
        axis.and_then(|axis| first.shape.axis(axis)).ok_or_else(|| bad(node, "has no dimension to join along"))?;
    let along = first.shape.axis_loop(axis).ok_or_else(|| across_rows(node))?;
    compiler.allowance.spend(arguments.len(), size_of::<(u32, usize)>()).ok_or_else(over_allowance)?;
    let (mut parts, mut total) = (Vec::with_capacity(arguments.len()), 0_usize);
    for argument in &arguments {
        let Argument::Computed(part) = argument else {
            return Err(unsupported_form(node, "of constants and computed values"));
        };
        let own = part.shape.axis_loop(axis).ok_or_else(|| across_rows(node))?;
        if part.shape.with(axis, Some(1)) != first.shape.with(axis, Some(1)) || part.kind != first.kind {
            return Err(bad(node, "joins values of different shapes or types"));
        }
        parts.push((part.slot, own.size.saturating_mul(own.inner)));
        total = total.saturating_add(own.size);
    }
    let kind = first.kind;
    let shape = first.shape.with(axis, Some(total)).ok_or_else(|| bad(node, "joins too many values"))?;
    let operator = Concat { outer: along.outer, parts, kind };
    Ok(Compiled::Step(operator, None, kind, shape))
}

impl Concat {
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().map(|part| part.0)
    }

    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match self.kind {
            ElementKind::Single => self.join::<f32>(read, out),
            ElementKind::Double => self.join::<f64>(read, out),
            ElementKind::Integer => self.join::<i64>(read, out),
            ElementKind::Truth => self.join::<bool>(read, out),
            ElementKind::Text => self.join::<u32>(read, out),
        }
    }

    fn join<T: TensorElement>(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        let stride: usize = self.parts.iter().map(|part| part.1).sum();
        let out = T::write(out, read.rows.saturating_mul(self.outer).saturating_mul(stride));
        let mut start = 0_usize;
        for (slot, chunk) in &self.parts {
            let range = start..start.saturating_add(*chunk);
            let to = out.chunks_exact_mut(stride.max(1)).filter_map(|row| row.get_mut(range.clone()));
            let from = read.slot(*slot).map_or(&[][..], T::read);
            to.zip(from.chunks_exact((*chunk).max(1))).for_each(|(to, from)| to.copy_from_slice(from));
            start = range.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_joined_within_each_row() {
        let slots = [TensorData::Single(vec![1.0, 2.0, 5.0, 6.0]), TensorData::Single(vec![3.0, 7.0])];
        let mut out = TensorData::empty();
        let concat = |outer| Concat { outer, parts: vec![(0, 2), (1, 1)], kind: ElementKind::Single };
        concat(1).run(&RowBlock::of_first(2, &slots), &mut out);
        assert_eq!(out, TensorData::Single(vec![1.0, 2.0, 3.0, 5.0, 6.0, 7.0]));
        // Two rows of the second value are two outer indices of the only row.
        concat(2).run(&RowBlock::of_first(1, &slots), &mut out);
        assert_eq!(out, TensorData::Single(vec![1.0, 2.0, 3.0, 5.0, 6.0, 7.0]));
    }
}
