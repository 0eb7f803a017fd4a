//! Operators that combine elements of a row: sums, positions of extremes, shares.

use super::{layout::input_and_axes, post_transform::softmax as shares};
use crate::{
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Compiled, Compiler, across_rows, bad, unsupported_form},
        messages::OnnxNode,
        numbers::{FloatElement, from_integer, to_single},
        tensor::{AxisLoop, ElementKind, TensorData, TensorElement},
    },
};

/// Combines the elements along a dimension.
#[derive(Debug)]
pub(crate) struct Reduction {
    operation: ReductionKind,
    along: AxisLoop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReductionKind {
    Sum,
    /// The position of the largest or smallest value: the last of equals if `is_last`.
    Extreme {
        is_largest: bool,
        is_last: bool,
    },
}

/// `ReduceSum`, `ArgMax` and `ArgMin` along one dimension.
pub(super) fn reduce<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Reduction>> {
    let flag =
        |name: &str, default: i64| node.attribute(name).and_then(|attribute| attribute.integer()).unwrap_or(default);
    let (input, operation, axis) = if node.operator == "ReduceSum" {
        let (input, axes) = input_and_axes(compiler, node)?;
        let [only] = axes[..] else {
            return Err(unsupported_form(node, "along no dimension or several"));
        };
        (input, ReductionKind::Sum, only)
    } else {
        let is_last = flag("select_last_index", 0) != 0;
        let operation = ReductionKind::Extreme { is_largest: node.operator == "ArgMax", is_last };
        (compiler.sole(node)?, operation, flag("axis", 0))
    };
    let axis = input.shape.axis(axis).ok_or_else(|| bad(node, "has no such dimension"))?;
    let along = input.shape.axis_loop(axis).ok_or_else(|| across_rows(node))?;
    if !matches!(input.kind, ElementKind::Single | ElementKind::Double) {
        return Err(unsupported_form(node, "of another type than floating-point numbers"));
    }
    let size = (flag("keepdims", 1) != 0).then_some(1);
    let shape = input.shape.with(axis, size).ok_or_else(|| across_rows(node))?;
    let kind = if operation == ReductionKind::Sum { input.kind } else { ElementKind::Integer };
    Ok(Compiled::Step(Reduction { operation, along }, Some(input.slot), kind, shape))
}

impl Reduction {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match read.input() {
            Some(TensorData::Single(values)) => self.reduce(values, out),
            Some(TensorData::Double(values)) => self.reduce(values, out),
            _ => {}
        }
    }

    fn reduce<T: FloatElement>(&self, values: &[T], out: &mut TensorData) {
        let AxisLoop { size, inner, .. } = self.along;
        let count = values.len().checked_div(size).unwrap_or(0);
        let each = |place: usize| {
            let start = place.checked_div(inner).unwrap_or(0).saturating_mul(size).saturating_mul(inner);
            let start = start.saturating_add(place.checked_rem(inner).unwrap_or(0));
            values.get(start..).unwrap_or_default().iter().copied().step_by(inner.max(1)).take(size)
        };
        match self.operation {
            ReductionKind::Sum => {
                let sum = |values: &mut dyn Iterator<Item = T>| {
                    values.fold(T::ZERO, |sum, value| T::rounded(sum.wide() + value.wide()))
                };
                let out = T::write(out, count);
                out.iter_mut().enumerate().for_each(|(place, out)| *out = sum(&mut each(place)));
            }
            ReductionKind::Extreme { is_largest, is_last } => {
                let out = i64::write(out, count);
                for (place, out) in out.iter_mut().enumerate() {
                    let mut best: Option<(i64, T)> = None;
                    for (at, value) in (0..).zip(each(place)) {
                        let is_better = best.is_none_or(|(_, best)| {
                            (if is_largest { value > best } else { value < best }) || (is_last && value == best)
                        });
                        if is_better {
                            best = Some((at, value));
                        }
                    }
                    *out = best.map_or(0, |best| best.0);
                }
            }
        }
    }
}

/// Shares of the sum of exponentials.
#[derive(Debug)]
pub(crate) struct Softmax {
    /// Number of contiguous elements that are shares of one sum.
    size: usize,
}

/// `Softmax`: along the last dimension; up to version 12 along all from the given one on.
pub(super) fn softmax<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Softmax>> {
    let input = compiler.sole(node)?;
    let is_old = compiler.versions.general < 13;
    let default = if is_old { 1 } else { -1 };
    let axis = node.attribute("axis").map_or(Some(default), |attribute| attribute.integer());
    let axis = axis.and_then(|axis| input.shape.axis(axis)).ok_or_else(|| bad(node, "has no such dimension"))?;
    let along = input.shape.axis_loop(axis).ok_or_else(|| across_rows(node))?;
    if (!is_old && along.inner != 1) || !matches!(input.kind, ElementKind::Single | ElementKind::Double) {
        return Err(unsupported_form(node, "along another dimension than the last, or of another type than floats"));
    }
    let operator = Softmax { size: along.size.saturating_mul(along.inner) };
    Ok(Compiled::Step(operator, Some(input.slot), input.kind, input.shape))
}

impl Softmax {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match read.input() {
            Some(TensorData::Single(values)) => self.apply(values, out),
            Some(TensorData::Double(values)) => self.apply(values, out),
            _ => {}
        }
    }

    fn apply<T: FloatElement>(&self, values: &[T], out: &mut TensorData) {
        let out = T::write(out, values.len());
        out.copy_from_slice(values);
        out.chunks_exact_mut(self.size.max(1)).for_each(shares);
    }
}

/// `Normalizer`: divides the columns of a row by their norm.
#[derive(Debug)]
pub(crate) struct Normalizer {
    norm: Norm,
    columns: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Norm {
    /// The largest value, which may be negative.
    Max,
    /// The sum of absolute values.
    L1,
    /// The root of the sum of squares.
    L2,
}

pub(super) fn normalizer<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Normalizer>> {
    let input = compiler.sole(node)?;
    let columns = input.shape.columns().ok_or_else(|| unsupported_form(node, "of something else than a table"))?;
    let norm = match node.attribute("norm").and_then(|attribute| attribute.text()) {
        None | Some("MAX") => Norm::Max,
        Some("L1") => Norm::L1,
        Some("L2") => Norm::L2,
        _ => return Err(bad(node, "has an unknown norm")),
    };
    if !matches!(input.kind, ElementKind::Single | ElementKind::Double | ElementKind::Integer) {
        return Err(bad(node, "reads something else than numbers"));
    }
    let operator = Normalizer { norm, columns };
    Ok(Compiled::Step(operator, Some(input.slot), ElementKind::Single, input.shape))
}

impl Normalizer {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match read.input() {
            Some(TensorData::Single(values)) => self.apply(values, out, |value| value, |value| value * value),
            Some(TensorData::Double(values)) => self.apply(values, out, to_single, |value| to_single(value * value)),
            Some(TensorData::Integer(values)) => {
                let square = |value: i64| to_single(from_integer(value.wrapping_mul(value)));
                self.apply(values, out, |value| to_single(from_integer(value)), square);
            }
            _ => {}
        }
    }

    fn apply<T: Copy>(&self, values: &[T], out: &mut TensorData, single: impl Fn(T) -> f32, square: impl Fn(T) -> f32) {
        let out = f32::write(out, values.len());
        let columns = self.columns.max(1);
        for (values, out) in values.chunks_exact(columns).zip(out.chunks_exact_mut(columns)) {
            let norm = match self.norm {
                Norm::Max => values.iter().fold(f32::MIN, |max, value| {
                    let value = single(*value);
                    if max < value { value } else { max }
                }),
                Norm::L1 => values.iter().fold(0.0, |sum, value| sum + single(*value).abs()),
                Norm::L2 => values.iter().fold(0.0, |sum, value| sum + square(*value)),
            };
            for (value, out) in values.iter().zip(out) {
                let own = single(*value);
                *out = match self.norm {
                    _ if norm == 0.0 => own,
                    Norm::Max | Norm::L1 => own / norm,
                    Norm::L2 => {
                        let share = (square(*value) / norm).sqrt();
                        if own < 0.0 { -share } else { share }
                    }
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(values: TensorData, compute: impl Fn(&RowBlock<'_>, &mut TensorData)) -> TensorData {
        let (slots, mut out) = ([values], TensorData::empty());
        compute(&RowBlock::of_first(1, &slots), &mut out);
        out
    }

    fn reduced(operation: ReductionKind, along: AxisLoop, values: Vec<f32>) -> TensorData {
        run(TensorData::Single(values), |read, out| Reduction { operation, along }.run(read, out))
    }

    #[test]
    fn elements_are_combined_along_a_dimension() {
        let last = AxisLoop { outer: 1, size: 3, inner: 1 };
        let sum = |along, values| reduced(ReductionKind::Sum, along, values);
        assert_eq!(sum(last, vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0]), TensorData::Single(vec![7.0, 56.0]));
        let middle = AxisLoop { outer: 1, size: 2, inner: 2 };
        assert_eq!(sum(middle, vec![1.0, 2.0, 4.0, 8.0]), TensorData::Single(vec![5.0, 10.0]));
    }

    #[test]
    fn the_first_of_equal_extremes_counts() {
        let along = AxisLoop { outer: 1, size: 3, inner: 1 };
        let extreme = |is_largest, is_last, values: [f32; 3]| {
            reduced(ReductionKind::Extreme { is_largest, is_last }, along, values.to_vec())
        };
        assert_eq!(extreme(true, false, [1.0, 3.0, 3.0]), TensorData::Integer(vec![1]));
        assert_eq!(extreme(true, true, [1.0, 3.0, 3.0]), TensorData::Integer(vec![2]));
        assert_eq!(extreme(false, false, [1.0, 3.0, 1.0]), TensorData::Integer(vec![0]));
        assert_eq!(extreme(false, false, [f32::NAN; 3]), TensorData::Integer(vec![0]));
    }

    #[test]
    fn shares_add_up_to_one() {
        let shares = run(TensorData::Double(vec![0.0, 0.0, 5.0, 5.0]), |read, out| Softmax { size: 2 }.run(read, out));
        assert_eq!(shares, TensorData::Double(vec![0.5; 4]));
    }

    #[test]
    fn rows_are_divided_by_their_norm() {
        let normalize = |norm, values: Vec<f32>| {
            let columns = values.len();
            run(TensorData::Single(values), |read, out| Normalizer { norm, columns }.run(read, out))
        };
        assert_eq!(normalize(Norm::L1, vec![1.0, -3.0]), TensorData::Single(vec![0.25, -0.75]));
        assert_eq!(normalize(Norm::L2, vec![3.0, -4.0]), TensorData::Single(vec![0.6, -0.8]));
        assert_eq!(normalize(Norm::Max, vec![2.0, -4.0]), TensorData::Single(vec![1.0, -2.0]));
        for norm in [Norm::L1, Norm::L2, Norm::Max] {
            assert_eq!(normalize(norm, vec![0.0, -0.0]), TensorData::Single(vec![0.0, -0.0]));
        }
    }
}
