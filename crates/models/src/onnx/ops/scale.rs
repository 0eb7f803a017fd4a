//! Operators that prepare columns of numbers: `Scaler` and `Imputer`.

use crate::{
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Compiled, Compiler, bad, unsupported_form},
        messages::OnnxNode,
        numbers::{single_from_integer, to_single},
        tensor::{ElementKind, TensorData, TensorElement},
    },
};

/// `(x − offset) · scale`, in single precision unless the input is double; the result is single.
#[derive(Debug)]
pub(crate) struct Scaler {
    /// One per column, or one for all.
    offset: Vec<f32>,
    scale: Vec<f32>,
}

pub(super) fn scaler<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Scaler>> {
    let input = compiler.sole(node)?;
    let (offset, scale) = (compiler.floats(node, "offset")?, compiler.floats(node, "scale")?);
    let count = input.shape.columns().ok_or_else(|| unsupported_form(node, "of something else than a table"))?;
    if offset.len() != scale.len() || (scale.len() != 1 && scale.len() != count) {
        let (offsets, scales) = (offset.len(), scale.len());
        return Err(bad(node, format_args!("has {offsets} offsets and {scales} scales for {count} columns")));
    }
    if !matches!(input.kind, ElementKind::Single | ElementKind::Double | ElementKind::Integer) {
        return Err(bad(node, "reads something else than numbers"));
    }
    let operator = Scaler { offset, scale };
    Ok(Compiled::Step(operator, Some(input.slot), ElementKind::Single, input.shape))
}

impl Scaler {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        let single = |value: f32, offset: f32, scale: f32| (value - offset) * scale;
        match read.input() {
            Some(TensorData::Single(values)) => self.apply(values, out, single),
            Some(TensorData::Integer(values)) => {
                self.apply(values, out, |value, offset, scale| single(single_from_integer(value), offset, scale));
            }
            Some(TensorData::Double(values)) => self
                .apply(values, out, |value, offset, scale| to_single((value - f64::from(offset)) * f64::from(scale))),
            _ => {}
        }
    }

    fn apply<T: Copy>(&self, values: &[T], out: &mut TensorData, function: impl Fn(T, f32, f32) -> f32) {
        let out = f32::write(out, values.len());
        let constants = self.offset.iter().zip(&self.scale).cycle();
        out.iter_mut().zip(values).zip(constants).for_each(|((out, value), (offset, scale))| {
            *out = function(*value, *offset, *scale);
        });
    }
}

/// Replaces one value, usually NaN, by a constant.
#[derive(Debug)]
pub(crate) struct Imputer {
    replaced: Replaced,
    /// One per column, or one for all.
    by: TensorData,
}

#[derive(Debug)]
enum Replaced {
    Number(f32),
    Integer(i64),
}

pub(super) fn imputer<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Imputer>> {
    let input = compiler.sole(node)?;
    let count = input.shape.columns().ok_or_else(|| unsupported_form(node, "of something else than a table"))?;
    let attribute = |name: &str| node.attribute(name);
    let imputer = match input.kind {
        ElementKind::Single => Imputer {
            replaced: Replaced::Number(
                attribute("replaced_value_float").and_then(|value| value.float()).unwrap_or(0.0),
            ),
            by: TensorData::Single(compiler.floats(node, "imputed_value_floats")?),
        },
        ElementKind::Integer => Imputer {
            replaced: Replaced::Integer(
                attribute("replaced_value_int64").and_then(|value| value.integer()).unwrap_or(0),
            ),
            by: TensorData::Integer(compiler.integers(node, "imputed_value_int64s")?),
        },
        _ => return Err(unsupported_form(node, "of another type than singles or integers")),
    };
    let values = imputer.by.len();
    if values != 1 && values != count {
        return Err(bad(node, format_args!("has {values} values for {count} columns")));
    }
    Ok(Compiled::Step(imputer, Some(input.slot), input.kind, input.shape))
}

impl Imputer {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match self.replaced {
            #[expect(clippy::float_cmp, reason = "one number is replaced, no other")]
            Replaced::Number(number) => {
                self.replace(read, out, |value: f32| value == number || (value.is_nan() && number.is_nan()));
            }
            Replaced::Integer(integer) => self.replace(read, out, |value: i64| value == integer),
        }
    }

    fn replace<T: TensorElement>(&self, read: &RowBlock<'_>, out: &mut TensorData, is_replaced: impl Fn(T) -> bool) {
        let values = read.elements::<T>();
        let out = T::write(out, values.len());
        out.iter_mut().zip(values).zip(T::read(&self.by).iter().cycle()).for_each(|((out, value), by)| {
            *out = if is_replaced(*value) { *by } else { *value };
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(values: TensorData, compute: impl Fn(&RowBlock<'_>, &mut TensorData)) -> TensorData {
        let (slots, mut out) = ([values], TensorData::empty());
        compute(&RowBlock::of_first(2, &slots), &mut out);
        out
    }

    #[test]
    fn columns_are_scaled() {
        let each = Scaler { offset: vec![1.0, 10.0], scale: vec![2.0, 0.5] };
        let scaled = TensorData::Single(vec![0.0, 0.0, 2.0, 5.0]);
        assert_eq!(run(TensorData::Single(vec![1.0, 10.0, 2.0, 20.0]), |read, out| each.run(read, out)), scaled);
        assert_eq!(run(TensorData::Integer(vec![1, 10, 2, 20]), |read, out| each.run(read, out)), scaled);
        let all = Scaler { offset: vec![1.0], scale: vec![2.0] };
        assert_eq!(
            run(TensorData::Double(vec![1.5, f64::NEG_INFINITY]), |read, out| all.run(read, out)),
            TensorData::Single(vec![1.0, f32::NEG_INFINITY])
        );
    }

    #[test]
    fn missing_values_are_replaced() {
        let by = |replaced| Imputer { replaced, by: TensorData::Single(vec![7.0, 8.0]) };
        let values = || TensorData::Single(vec![f32::NAN, f32::NAN, 3.0, -0.0]);
        assert_eq!(
            run(values(), |read, out| by(Replaced::Number(f32::NAN)).run(read, out)),
            TensorData::Single(vec![7.0, 8.0, 3.0, -0.0])
        );
        let TensorData::Single(zeros) = run(values(), |read, out| by(Replaced::Number(0.0)).run(read, out)) else {
            panic!("other type")
        };
        assert!(zeros[0].is_nan() && zeros[1].is_nan() && zeros[2..] == [3.0, 8.0]);
        let integers = Imputer { replaced: Replaced::Integer(-1), by: TensorData::Integer(vec![5]) };
        assert_eq!(
            run(TensorData::Integer(vec![-1, 2]), |read, out| integers.run(read, out)),
            TensorData::Integer(vec![5, 2])
        );
    }
}
