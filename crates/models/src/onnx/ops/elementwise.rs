//! Operators that compute each element from those in the same place.

use crate::{
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Compiled, Compiler, Computed, bad, constant_only, unsupported_form},
        messages::OnnxNode,
        numbers::{FloatElement, from_integer, single_from_integer, to_integer, to_single},
        tensor::{ElementKind, TensorData, TensorElement},
    },
};

/// A function of one element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Unary {
    Abs,
    /// To an interval.
    Clip(f64, f64),
    Exp,
    Not,
    Reciprocal,
    Relu,
    Sigmoid,
    Tanh,
}

pub(super) fn unary<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Unary>> {
    let operator = match node.operator {
        "Abs" => Unary::Abs,
        "Exp" => Unary::Exp,
        "Not" => Unary::Not,
        "Reciprocal" => Unary::Reciprocal,
        "Relu" => Unary::Relu,
        "Sigmoid" => Unary::Sigmoid,
        _ => Unary::Tanh,
    };
    let input = compiler.sole(node)?;
    compile_unary(node, operator, input)
}

fn compile_unary(node: &OnnxNode<'_>, operator: Unary, input: Computed) -> Result<Compiled<Unary>> {
    let is_typed = match input.kind {
        ElementKind::Single | ElementKind::Double => operator != Unary::Not,
        ElementKind::Truth => operator == Unary::Not,
        _ => false,
    };
    if !is_typed {
        return Err(unsupported_form(node, "of another type than floating-point numbers"));
    }
    Ok(Compiled::Step(operator, Some(input.slot), input.kind, input.shape))
}

/// `Clip`, whose limits are attributes up to version 10 and inputs since.
pub(super) fn clip<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Unary>> {
    let mut names = node.inputs();
    let Some(input) = names.next().and_then(|name| compiler.find(name)) else {
        return Err(constant_only(node));
    };
    let mut limits = [f64::NEG_INFINITY, f64::INFINITY];
    for (limit, name) in limits.iter_mut().zip(["min", "max"]) {
        if let Some(value) = node.attribute(name).and_then(|attribute| attribute.float()) {
            *limit = f64::from(value);
        }
    }
    for (limit, name) in limits.iter_mut().zip(names).filter(|(_, name)| !name.is_empty()) {
        let Some(crate::onnx::graph::ValueOrigin::Constant(tensor)) = compiler.graph.value(name) else {
            return Err(unsupported_form(node, "whose limits are computed"));
        };
        let first = match compiler.constant(node, &tensor)? {
            (_, TensorData::Single(values)) => values.first().copied().map(f64::from),
            (_, TensorData::Double(values)) => values.first().copied(),
            _ => None,
        };
        *limit = first.ok_or_else(|| bad(node, "has limits that are not floating-point numbers"))?;
    }
    compile_unary(node, Unary::Clip(limits[0], limits[1]), input)
}

impl Unary {
    pub(super) fn run(self, read: &RowBlock<'_>, out: &mut TensorData) {
        match read.input() {
            Some(TensorData::Single(values)) => map(values, f32::write(out, values.len()), |value| self.apply(value)),
            Some(TensorData::Double(values)) => map(values, f64::write(out, values.len()), |value| self.apply(value)),
            Some(TensorData::Truth(values)) => map(values, bool::write(out, values.len()), |value: bool| !value),
            _ => {}
        }
    }

    fn apply<T: FloatElement>(self, value: T) -> T {
        let wide = value.wide();
        match self {
            Self::Abs => T::rounded(wide.abs()),
            Self::Clip(low, high) => {
                let value = if wide < low { low } else { wide };
                T::rounded(if value > high { high } else { value })
            }
            Self::Exp => T::rounded(wide.exp()),
            Self::Not => value,
            Self::Reciprocal => T::rounded(1.0 / wide),
            Self::Relu => {
                if wide < 0.0 {
                    T::ZERO
                } else {
                    value
                }
            }
            Self::Sigmoid => value.sigmoid(),
            Self::Tanh => T::rounded(wide.tanh()),
        }
    }
}

fn map<T: Copy, U>(values: &[T], out: &mut [U], function: impl Fn(T) -> U) {
    out.iter_mut().zip(values).for_each(|(out, value)| *out = function(*value));
}

/// A change of type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conversion {
    to: ElementKind,
    /// Only the lower 32 bits of integers are kept.
    is_narrow: bool,
}

pub(super) fn cast<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Conversion>> {
    let input = compiler.sole(node)?;
    let number = node.attribute("to").and_then(|attribute| attribute.integer()).unwrap_or(0);
    let to = ElementKind::from_number(number).ok_or_else(|| unsupported_form(node, "to a rare type"))?;
    if to == input.kind {
        return Ok(Compiled::Same(input));
    }
    if to == ElementKind::Text || input.kind == ElementKind::Text {
        return Err(unsupported_form(node, "between texts and numbers"));
    }
    let conversion = Conversion { to, is_narrow: number == crate::onnx::messages::element::INT32 };
    Ok(Compiled::Step(conversion, Some(input.slot), to, input.shape))
}

impl Conversion {
    pub(super) fn run(self, read: &RowBlock<'_>, out: &mut TensorData) {
        match read.input() {
            Some(TensorData::Single(values)) => self.convert(values, out, f64::from, |value| value),
            Some(TensorData::Double(values)) => self.convert(values, out, |value| value, to_single),
            Some(TensorData::Integer(values)) => self.convert(values, out, from_integer, single_from_integer),
            Some(TensorData::Truth(values)) => {
                self.convert(values, out, |value| f64::from(u8::from(value)), |value| f32::from(u8::from(value)));
            }
            _ => {}
        }
    }

    fn convert<T: Copy>(self, values: &[T], out: &mut TensorData, wide: impl Fn(T) -> f64, single: impl Fn(T) -> f32) {
        match self.to {
            ElementKind::Single => map(values, f32::write(out, values.len()), single),
            ElementKind::Double => map(values, f64::write(out, values.len()), wide),
            ElementKind::Truth => map(values, bool::write(out, values.len()), |value| wide(value) != 0.0),
            #[expect(clippy::cast_possible_truncation, reason = "as the processor does it")]
            ElementKind::Integer if self.is_narrow => {
                map(values, i64::write(out, values.len()), |value| i64::from(to_integer(wide(value)) as i32));
            }
            _ => map(values, i64::write(out, values.len()), |value| to_integer(wide(value))),
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    #[test]
    fn functions_of_one_element() {
        let apply = |operator: Unary, value: f32| operator.apply(value);
        assert_eq!(apply(Unary::Relu, -1.0), 0.0);
        assert_eq!(apply(Unary::Clip(-1.0, 1.0), 7.0), 1.0);
        assert_eq!(apply(Unary::Abs, -0.5), 0.5);
        assert_eq!(apply(Unary::Reciprocal, 4.0), 0.25);
        assert_eq!(apply(Unary::Exp, 0.0), 1.0);
        assert_eq!(apply(Unary::Tanh, f32::INFINITY), 1.0);
        for operator in [Unary::Relu, Unary::Clip(0.0, 1.0), Unary::Exp, Unary::Sigmoid, Unary::Tanh] {
            assert!(apply(operator, f32::NAN).is_nan(), "{operator:?}");
        }
        let slots = [TensorData::Truth(vec![true, false])];
        let mut out = TensorData::empty();
        Unary::Not.run(&RowBlock::of_first(2, &slots), &mut out);
        assert_eq!(out, TensorData::Truth(vec![false, true]));
    }

    #[test]
    fn conversions_between_types() {
        let convert = |values: TensorData, to: ElementKind, is_narrow: bool| {
            let (slots, mut out) = ([values], TensorData::empty());
            Conversion { to, is_narrow }.run(&RowBlock::of_first(2, &slots), &mut out);
            out
        };
        let singles = || TensorData::Single(vec![-2.5, f32::NAN]);
        assert_eq!(convert(singles(), ElementKind::Integer, false), TensorData::Integer(vec![-2, i64::MIN]));
        assert_eq!(convert(singles(), ElementKind::Truth, false), TensorData::Truth(vec![true, true]));
        let integers = TensorData::Integer(vec![16_777_217, 1 << 32]);
        assert_eq!(
            convert(integers.clone(), ElementKind::Single, false),
            TensorData::Single(vec![16_777_216.0, 4_294_967_296.0])
        );
        assert_eq!(convert(integers, ElementKind::Integer, true), TensorData::Integer(vec![16_777_217, 0]));
        let truths = TensorData::Truth(vec![true, false]);
        assert_eq!(convert(truths, ElementKind::Double, false), TensorData::Double(vec![1.0, 0.0]));
    }
}
