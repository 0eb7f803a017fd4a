//! Products of rows and constant matrices: `MatMul`, `Gemm`, `LinearClassifier`, `LinearRegressor`.

use super::post_transform::PostTransform;
use crate::{
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Argument, Compiled, Compiler, Computed, across_rows, bad, constant_only, unsupported_form},
        messages::OnnxNode,
        numbers::{FloatElement, single_from_integer, to_single},
        refusal::{USE_SKOPS, damaged},
        tensor::{Dim, ElementKind, TensorData, TensorElement, TensorShape},
    },
};

/// `scale · x · weights + bias`, then a function of the scores.
#[derive(Debug)]
pub(crate) struct MatrixProduct {
    /// One line of [`MatrixProduct::columns`] per element of a row.
    weights: TensorData,
    columns: usize,
    scale: f64,
    /// One per column, or none.
    bias: TensorData,
    post: PostTransform,
    /// The only score s becomes 1 − s and s.
    adds_class: bool,
}

pub(super) fn matmul<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<MatrixProduct>> {
    let (input, lines, columns, weights) = match &compiler.arguments(node)?[..] {
        [Argument::Computed(input), Argument::Constant(tensor)] => {
            let (shape, weights) = compiler.constant(node, tensor)?;
            let [Dim::Size(lines), Dim::Size(columns)] = shape.dims()[..] else {
                return Err(unsupported_form(node, "by something else than a matrix"));
            };
            (*input, lines, columns, weights)
        }
        [Argument::Constant(_), Argument::Constant(_)] => return Err(constant_only(node)),
        _ => return Err(unsupported_form(node, "by something else than a constant matrix")),
    };
    let bias = TensorData::empty();
    product(
        node,
        input,
        lines,
        MatrixProduct { weights, columns, scale: 1.0, bias, post: PostTransform::None, adds_class: false },
    )
}

/// Checks types and sizes.
fn product(
    node: &OnnxNode<'_>,
    input: Computed,
    lines: usize,
    product: MatrixProduct,
) -> Result<Compiled<MatrixProduct>> {
    let axis = input.shape.dims().len().checked_sub(1).ok_or_else(|| bad(node, "reads a single number"))?;
    let along = input.shape.axis_loop(axis).ok_or_else(|| across_rows(node))?;
    if along.size != lines {
        let what = format_args!("multiplies {} columns by a matrix with {lines} lines", along.size);
        return Err(bad(node, what));
    }
    if product.weights.kind() != input.kind || !matches!(input.kind, ElementKind::Single | ElementKind::Double) {
        return Err(bad(node, "multiplies values of two types, or of another type than floating-point numbers"));
    }
    let shape = input.shape.with(axis, Some(product.columns)).ok_or_else(|| bad(node, "computes too many values"))?;
    Ok(Compiled::Step(product, Some(input.slot), input.kind, shape))
}

pub(super) fn gemm<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<MatrixProduct>> {
    let arguments = compiler.arguments(node)?;
    let [Argument::Computed(input), Argument::Constant(matrix), bias @ ..] = &arguments[..] else {
        return Err(unsupported_form(node, "of something else than rows and a constant matrix"));
    };
    let flag = |name: &str| node.attribute(name).and_then(|attribute| attribute.integer()).unwrap_or(0) != 0;
    let factor = |name: &str| node.attribute(name).and_then(|attribute| attribute.float()).map_or(1.0, f64::from);
    if flag("transA") || input.shape.dims().len() != 2 {
        return Err(across_rows(node));
    }
    let (shape, mut weights) = compiler.constant(node, matrix)?;
    let [Dim::Size(mut lines), Dim::Size(mut columns)] = shape.dims()[..] else {
        return Err(bad(node, "multiplies by something else than a matrix"));
    };
    if flag("transB") {
        weights = transposed(compiler, &weights, columns)?;
        (lines, columns) = (columns, lines);
    }
    let beta = factor("beta");
    let bias = match bias {
        [] => TensorData::empty(),
        [Argument::Constant(bias)] => {
            let (shape, data) = compiler.constant(node, bias)?;
            let is_line = shape.width() == columns && matches!(shape.dims()[..], [Dim::Size(_)] | [Dim::Size(1), _]);
            match (data, shape.width()) {
                (TensorData::Single(values), 1) => TensorData::Single(repeat(compiler, &values, columns, beta)?),
                (TensorData::Double(values), 1) => TensorData::Double(repeat(compiler, &values, columns, beta)?),
                (TensorData::Single(values), _) if is_line => TensorData::Single(repeat(compiler, &values, 1, beta)?),
                (TensorData::Double(values), _) if is_line => TensorData::Double(repeat(compiler, &values, 1, beta)?),
                _ => return Err(bad(node, "adds something that does not match its columns")),
            }
        }
        _ => return Err(unsupported_form(node, "that adds computed values")),
    };
    if bias.len() != 0 && bias.kind() != weights.kind() {
        return Err(bad(node, "combines two types"));
    }
    let scale = factor("alpha");
    product(
        node,
        *input,
        lines,
        MatrixProduct { weights, columns, scale, bias, post: PostTransform::None, adds_class: false },
    )
}

fn repeat<T: FloatElement>(compiler: &Compiler<'_, '_>, values: &[T], times: usize, beta: f64) -> Result<Vec<T>> {
    let count = values.len().saturating_mul(times);
    compiler.allowance.spend(count, size_of::<T>()).ok_or_else(crate::onnx::refusal::over_allowance)?;
    let all = values.iter().cycle().take(count);
    Ok(all.map(|value| T::rounded(T::rounded(beta).wide() * value.wide())).collect())
}

/// Exchanges the lines and columns of a matrix, of which `columns` is the number of columns before.
fn transposed(compiler: &Compiler<'_, '_>, weights: &TensorData, columns: usize) -> Result<TensorData> {
    let charge =
        |each: usize| compiler.allowance.spend(weights.len(), each).ok_or_else(crate::onnx::refusal::over_allowance);
    Ok(match weights {
        TensorData::Single(values) => {
            charge(size_of::<f32>())?;
            TensorData::Single(exchanged(values, columns))
        }
        TensorData::Double(values) => {
            charge(size_of::<f64>())?;
            TensorData::Double(exchanged(values, columns))
        }
        other => other.clone(),
    })
}

fn exchanged<T: Copy>(values: &[T], columns: usize) -> Vec<T> {
    let mut all = Vec::with_capacity(values.len());
    for column in 0..columns {
        all.extend(values.iter().skip(column).step_by(columns.max(1)));
    }
    all
}

/// `LinearClassifier` and `LinearRegressor`: one line of coefficients per class or target.
pub(super) fn linear<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<MatrixProduct>> {
    let input = compiler.sole(node)?;
    let (coefficients, intercepts) = (compiler.floats(node, "coefficients")?, compiler.floats(node, "intercepts")?);
    let is_classifier = node.is_classifier();
    let targets = node.attribute("targets").and_then(|attribute| attribute.integer()).unwrap_or(1);
    let scores = if is_classifier { intercepts.len() } else { usize::try_from(targets).unwrap_or(0) };
    let post = PostTransform::of(node)?;
    if !is_classifier && post != PostTransform::None {
        return Err(unsupported_form(node, "with a post_transform"));
    }
    let columns = input.shape.columns().ok_or_else(|| unsupported_form(node, "of something else than a table"))?;
    let count = coefficients.len();
    if scores == 0 || columns.checked_mul(scores) != Some(count) {
        return Err(damaged(format_args!(
            "its {} has {count} coefficients for {scores} scores, but reads {columns} columns (skl2onnx drops the \
             indicator columns of `SimpleImputer(add_indicator=True)`; {USE_SKOPS})",
            node.operator
        )));
    }
    // The regressor ignores intercepts that do not match.
    let bias = if intercepts.len() == scores { intercepts } else { Vec::new() };
    let weights = transposed(compiler, &TensorData::Single(coefficients), columns)?;
    let labels = ["classlabels_strings", "classlabels_ints"].map(|name| node.attribute(name));
    let labels = labels.map(|labels| labels.map_or(0, |labels| labels.texts().count().max(labels.integers().count())));
    let adds_class = is_classifier && scores == 1 && labels.contains(&2);
    let is_number = matches!(input.kind, ElementKind::Single | ElementKind::Double | ElementKind::Integer);
    if !is_number || (!is_classifier && input.kind != ElementKind::Single) {
        return Err(bad(node, "reads values of a type that it cannot multiply"));
    }
    // One score is never transformed.
    let post = if scores == 1 { PostTransform::None } else { post };
    let product =
        MatrixProduct { weights, columns: scores, scale: 1.0, bias: TensorData::Single(bias), post, adds_class };
    let width = if adds_class { 2 } else { scores };
    let shape = TensorShape::table(width).ok_or_else(|| bad(node, "has too many scores"))?;
    Ok(Compiled::Step(product, Some(input.slot), ElementKind::Single, shape))
}

impl MatrixProduct {
    pub(super) fn work(&self) -> usize {
        self.weights.len()
    }

    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match (&self.weights, read.input()) {
            (TensorData::Double(weights), Some(TensorData::Double(values))) => {
                self.multiply(weights, f64::read(&self.bias), values, out, |value| value);
            }
            (TensorData::Single(weights), Some(values)) => {
                let bias = f32::read(&self.bias);
                match values {
                    TensorData::Single(values) => self.multiply(weights, bias, values, out, |value| value),
                    TensorData::Double(values) => self.multiply(weights, bias, values, out, to_single),
                    TensorData::Integer(values) => self.multiply(weights, bias, values, out, single_from_integer),
                    _ => {}
                }
                self.finish(out);
            }
            _ => {}
        }
    }

    /// Sums products in the order of the lines, as the library does. It adds up blocks of lines separately; see
    /// [`block_lines`].
    fn multiply<T: FloatElement, V: Copy>(
        &self,
        weights: &[T],
        bias: &[T],
        values: &[V],
        out: &mut TensorData,
        convert: impl Fn(V) -> T,
    ) {
        let columns = self.columns.max(1);
        let lines = weights.len().checked_div(columns).unwrap_or(0).max(1);
        let block = block_lines(lines, columns);
        let out = T::write(out, values.len().checked_div(lines).unwrap_or(0).saturating_mul(columns));
        let scale = T::rounded(self.scale).wide();
        let mut sums = vec![T::ZERO; columns];
        for (values, out) in values.chunks_exact(lines).zip(out.chunks_exact_mut(columns)) {
            out.fill(T::ZERO);
            out.iter_mut().zip(bias).for_each(|(out, bias)| *out = *bias);
            let blocks = values.chunks(block).zip(weights.chunks(block.saturating_mul(columns)));
            for (values, weights) in blocks {
                sums.fill(T::ZERO);
                for (value, weights) in values.iter().zip(weights.chunks_exact(columns)) {
                    let value = convert(*value);
                    sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum = T::fused(value, *weight, *sum));
                }
                for (out, sum) in out.iter_mut().zip(&sums) {
                    *out = T::rounded(T::rounded(scale * sum.wide()).wide() + out.wide());
                }
            }
        }
    }

    /// Turns scores into probabilities.
    fn finish(&self, out: &mut TensorData) {
        if self.adds_class {
            let scores = f32::read(out).len();
            let all = f32::write(out, scores.saturating_mul(2));
            for row in (0..scores).rev() {
                let score = all.get(row).copied().unwrap_or_default();
                let pair = all.iter_mut().skip(row.saturating_mul(2)).take(2);
                pair.zip([1.0 - score, score]).for_each(|(out, score)| *out = score);
            }
        } else if self.post != PostTransform::None {
            let count = f32::read(out).len();
            f32::write(out, count).chunks_exact_mut(self.columns.max(1)).for_each(|scores| self.post.apply(scores));
        }
    }
}

/// How many lines the library's `MlasSgemm` sums before it adds to the result: its panel of 128 × 128, made longer for
/// narrow matrices.
fn block_lines(lines: usize, columns: usize) -> usize {
    let (mut block, mut width) = (128_usize, 128_usize);
    if columns < lines {
        while width > 16 && width / 2 >= columns {
            (block, width) = (block * 2, width / 2);
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(product: &MatrixProduct, rows: usize, values: TensorData) -> TensorData {
        let (slots, mut out) = ([values], TensorData::empty());
        product.run(&RowBlock::of_first(rows, &slots), &mut out);
        out
    }

    #[test]
    fn rows_are_multiplied() {
        let weights = || TensorData::Single(vec![1.0, 10.0, 2.0, 20.0]);
        let mut product = MatrixProduct {
            weights: weights(),
            columns: 2,
            scale: 1.0,
            bias: TensorData::Single(vec![0.5, 0.0]),
            post: PostTransform::None,
            adds_class: false,
        };
        let values = || TensorData::Single(vec![1.0, 1.0, 0.0, 3.0]);
        assert_eq!(run(&product, 2, values()), TensorData::Single(vec![3.5, 30.0, 6.5, 60.0]));
        assert_eq!(run(&product, 2, TensorData::Integer(vec![1, 1, 0, 3])), run(&product, 2, values()));
        product.scale = 2.0;
        assert_eq!(run(&product, 1, TensorData::Double(vec![1.0, 1.0])), TensorData::Single(vec![6.5, 60.0]));
        let double =
            MatrixProduct { weights: TensorData::Double(vec![3.0]), columns: 1, bias: TensorData::empty(), ..product };
        assert_eq!(run(&double, 1, TensorData::Double(vec![0.5])), TensorData::Double(vec![3.0]));
    }

    #[test]
    fn a_single_score_becomes_two() {
        let product = MatrixProduct {
            weights: TensorData::Single(vec![0.25]),
            columns: 1,
            scale: 1.0,
            bias: TensorData::Single(vec![0.0]),
            post: PostTransform::None,
            adds_class: true,
        };
        let out = run(&product, 3, TensorData::Single(vec![1.0, 2.0, 4.0]));
        assert_eq!(out, TensorData::Single(vec![0.75, 0.25, 0.5, 0.5, 0.0, 1.0]));
    }

    #[test]
    fn matrices_are_transposed() {
        assert_eq!(exchanged(&[1, 2, 3, 4, 5, 6], 3), [1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn narrow_matrices_are_summed_in_longer_blocks() {
        assert_eq!(block_lines(1000, 2), 1024);
        assert_eq!(block_lines(1000, 100), 128);
        assert_eq!(block_lines(1000, 64), 256);
        assert_eq!(block_lines(100, 200), 128);
    }
}
