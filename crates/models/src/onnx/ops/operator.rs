//! The operators that can be computed, behind one type.

use super::{arithmetic, elementwise, encode, layout, matrix, reduce, scale, select, trees};
use crate::{
    catboost::file::refusal::excerpt,
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Compiled, Compiler},
        messages::OnnxNode,
        refusal::{USE_SKOPS, unsupported},
        tensor::TensorData,
    },
};

/// An operation on rows, with its constants.
#[derive(Debug)]
pub(crate) enum Operator {
    Unary(elementwise::Unary),
    Arithmetic(arithmetic::Arithmetic),
    Cast(elementwise::Conversion),
    Concat(layout::Concat),
    Select(select::ElementSelection),
    Reduce(reduce::Reduction),
    Softmax(reduce::Softmax),
    Normalize(reduce::Normalizer),
    Scale(scale::Scaler),
    Impute(scale::Imputer),
    OneHot(encode::OneHot),
    Encode(Box<encode::LabelEncoder>),
    Matrix(Box<matrix::MatrixProduct>),
    Trees(Box<trees::SummedTrees>),
}

/// Names of the operators that [`compile`] knows, for messages. `outputs` handles `ZipMap`.
const NAMES: &str = "Abs, Add, ArgMax, ArgMin, ArrayFeatureExtractor, Cast, Clip, Concat, Div, Exp, Flatten, Gather, Gemm, \
     Identity, Imputer, LabelEncoder, LinearClassifier, LinearRegressor, MatMul, Mul, Normalizer, Not, OneHotEncoder, \
     Reciprocal, ReduceSum, Relu, Reshape, Scaler, Sigmoid, Slice, Softmax, Squeeze, Sub, Sum, Tanh, \
     TreeEnsembleClassifier, TreeEnsembleRegressor, ZipMap";

/// Checks a node and takes over its constants.
pub(crate) fn compile<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<Operator>> {
    let matrix = |product| Operator::Matrix(Box::new(product));
    Ok(match (node.domain, node.operator) {
        ("", "Identity") => Compiled::Same(compiler.sole(node)?),
        ("", "Reshape") => Compiled::Same(layout::reshape(compiler, node)?),
        ("", "Flatten") => Compiled::Same(layout::flatten(compiler, node)?),
        ("", "Squeeze") => Compiled::Same(layout::squeeze(compiler, node)?),
        ("", "Cast") => elementwise::cast(compiler, node)?.map(Operator::Cast),
        ("", "Abs" | "Exp" | "Not" | "Reciprocal" | "Relu" | "Sigmoid" | "Tanh") => {
            elementwise::unary(compiler, node)?.map(Operator::Unary)
        }
        ("", "Clip") => elementwise::clip(compiler, node)?.map(Operator::Unary),
        ("", "Add" | "Sub" | "Mul" | "Div" | "Sum") => {
            arithmetic::arithmetic(compiler, node)?.map(Operator::Arithmetic)
        }
        ("", "Concat") => layout::concat(compiler, node)?.map(Operator::Concat),
        ("", "Gather") => select::gather(compiler, node)?.map(Operator::Select),
        ("", "Slice") => select::slice(compiler, node)?.map(Operator::Select),
        ("ai.onnx.ml", "ArrayFeatureExtractor") => {
            select::array_feature_extractor(compiler, node)?.map(Operator::Select)
        }
        ("", "ReduceSum" | "ArgMax" | "ArgMin") => reduce::reduce(compiler, node)?.map(Operator::Reduce),
        ("", "Softmax") => reduce::softmax(compiler, node)?.map(Operator::Softmax),
        ("ai.onnx.ml", "Normalizer") => reduce::normalizer(compiler, node)?.map(Operator::Normalize),
        ("ai.onnx.ml", "Scaler") => scale::scaler(compiler, node)?.map(Operator::Scale),
        ("ai.onnx.ml", "Imputer") => scale::imputer(compiler, node)?.map(Operator::Impute),
        ("ai.onnx.ml", "OneHotEncoder") => encode::one_hot(compiler, node)?.map(Operator::OneHot),
        ("ai.onnx.ml", "LabelEncoder") => {
            encode::label_encoder(compiler, node)?.map(|encoder| Operator::Encode(Box::new(encoder)))
        }
        ("", "MatMul") => matrix::matmul(compiler, node)?.map(matrix),
        ("", "Gemm") => matrix::gemm(compiler, node)?.map(matrix),
        ("ai.onnx.ml", "LinearClassifier" | "LinearRegressor") => matrix::linear(compiler, node)?.map(matrix),
        ("ai.onnx.ml", "TreeEnsembleClassifier" | "TreeEnsembleRegressor") => {
            trees::ensemble(compiler, node)?.map(|trees| Operator::Trees(Box::new(trees)))
        }
        (domain, operator) => {
            let (operator, domain) = (excerpt(operator), excerpt(if domain.is_empty() { "ai.onnx" } else { domain }));
            return Err(unsupported(format_args!(
                "has the operator {operator} of {domain}, which vigie does not read (it reads {NAMES}); {USE_SKOPS}"
            )));
        }
    })
}

impl Operator {
    /// Multiplications or visits per row beyond the number of elements that it computes.
    pub(crate) fn work(&self) -> usize {
        match self {
            Self::Arithmetic(operator) => operator.work(),
            Self::Matrix(product) => product.work(),
            Self::Trees(trees) => trees.work(),
            _ => 0,
        }
    }

    /// Bytes that it takes next to its own size, apart from its constants.
    pub(crate) fn boxed(&self) -> usize {
        match self {
            Self::Encode(operator) => size_of_val(&**operator),
            Self::Matrix(operator) => size_of_val(&**operator),
            Self::Trees(operator) => size_of_val(&**operator),
            _ => 0,
        }
    }

    /// Calls `visit` with each value that it reads; `input` is the only one of most operators.
    pub(crate) fn for_each_input(&self, input: Option<u32>, visit: &mut dyn FnMut(u32)) {
        match self {
            Self::Arithmetic(operator) => operator.slots().for_each(visit),
            Self::Concat(operator) => operator.slots().for_each(visit),
            _ => input.into_iter().for_each(visit),
        }
    }

    /// Computes a block of rows. Marks those that the library refuses as failed.
    pub(crate) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData, failed: &mut [bool]) {
        match self {
            Self::Unary(operator) => operator.run(read, out),
            Self::Arithmetic(operator) => operator.run(read, out),
            Self::Cast(operator) => operator.run(read, out),
            Self::Concat(operator) => operator.run(read, out),
            Self::Select(operator) => operator.run(read, out, failed),
            Self::Reduce(operator) => operator.run(read, out),
            Self::Softmax(operator) => operator.run(read, out),
            Self::Normalize(operator) => operator.run(read, out),
            Self::Scale(operator) => operator.run(read, out),
            Self::Impute(operator) => operator.run(read, out),
            Self::OneHot(operator) => operator.run(read, out, failed),
            Self::Encode(operator) => operator.run(read, out),
            Self::Matrix(operator) => operator.run(read, out),
            Self::Trees(operator) => operator.run(read, out),
        }
    }

    /// The codes of texts that the operator knows, if it reads texts.
    pub(crate) fn knows_text(&self, code: u32) -> bool {
        match self {
            Self::OneHot(operator) => operator.knows_text(code),
            Self::Encode(operator) => operator.knows_text(code),
            _ => false,
        }
    }
}
