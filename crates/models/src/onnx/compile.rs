//! What operators need to check a node and take over its constants.

use super::{
    graph::{OnnxGraph, ValueOrigin},
    messages::{OnnxNode, OnnxTensor, OperatorVersions},
    refusal::{damaged, over_allowance, unsupported},
    tensor::{Dim, ElementKind, TensorData, TensorShape},
    texts::TextTable,
};
use crate::{
    allowance::Allowance,
    catboost::file::refusal::excerpt,
    error::{ModelError, Result},
};

/// Something that a node reads.
#[derive(Debug, Clone)]
pub(crate) enum Argument<'a> {
    Constant(OnnxTensor<'a>),
    Computed(Computed),
}

/// A value that depends on the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Computed {
    /// Where its elements are while the program runs.
    pub slot: u32,
    pub kind: ElementKind,
    pub shape: TensorShape,
}

/// The compiled form of a node.
#[derive(Debug)]
pub(crate) enum Compiled<T> {
    /// The same elements, perhaps in another shape.
    Same(Computed),
    /// A step: its operator, the slot that it reads if that is one, and what it computes.
    Step(T, Option<u32>, ElementKind, TensorShape),
}

impl<T> Compiled<T> {
    pub(crate) fn map<U>(self, wrap: impl FnOnce(T) -> U) -> Compiled<U> {
        match self {
            Self::Same(computed) => Compiled::Same(computed),
            Self::Step(operator, input, kind, shape) => Compiled::Step(wrap(operator), input, kind, shape),
        }
    }
}

/// What the nodes of a graph are checked against: the values so far, and the limits of memory.
#[derive(Debug)]
pub(crate) struct Compiler<'c, 'a> {
    pub graph: &'c OnnxGraph<'a>,
    pub versions: OperatorVersions,
    pub texts: TextTable,
    pub allowance: &'c Allowance,
    /// By [`OnnxGraph::index`].
    computed: Vec<Option<Computed>>,
}

impl<'c, 'a> Compiler<'c, 'a> {
    pub(crate) fn new(
        graph: &'c OnnxGraph<'a>,
        versions: OperatorVersions,
        texts: TextTable,
        allowance: &'c Allowance,
    ) -> Result<Self> {
        allowance.spend(graph.value_count(), size_of::<Option<Computed>>()).ok_or_else(over_allowance)?;
        Ok(Self { graph, versions, texts, allowance, computed: vec![None; graph.value_count()] })
    }

    /// Notes what is known about a value.
    pub(crate) fn set(&mut self, name: &str, computed: Computed) {
        let place = self.graph.index(name).and_then(|index| self.computed.get_mut(index));
        place.into_iter().for_each(|place| *place = Some(computed));
    }

    /// A value by its name.
    pub(crate) fn find(&self, name: &str) -> Option<Computed> {
        *self.computed.get(self.graph.index(name)?)?
    }

    /// The inputs of a node, in order. An omitted one at the end is not among them; elsewhere it is damage.
    pub(crate) fn arguments(&self, node: &OnnxNode<'a>) -> Result<Vec<Argument<'a>>> {
        let count = node.inputs().count();
        // Few at a time, unless many values are joined.
        let many = count.saturating_sub(8);
        self.allowance.spend(many, size_of::<Argument<'_>>()).ok_or_else(over_allowance)?;
        let mut all = Vec::with_capacity(count);
        for name in node.inputs() {
            all.push(self.argument(node, name)?);
        }
        Ok(all)
    }

    fn argument(&self, node: &OnnxNode<'a>, name: &'a str) -> Result<Argument<'a>> {
        if let Some(computed) = self.find(name) {
            return Ok(Argument::Computed(computed));
        }
        match self.graph.value(name) {
            Some(ValueOrigin::Constant(tensor)) => Ok(Argument::Constant(tensor)),
            Some(ValueOrigin::Node) => Err(unsupported(format_args!(
                "computes its scores from {:?}, which is a label; vigie does not support that",
                excerpt(name)
            ))),
            _ => Err(bad(node, "reads something that is missing")),
        }
    }

    /// The only input of a node, which must depend on the rows.
    pub(crate) fn sole(&self, node: &OnnxNode<'a>) -> Result<Computed> {
        match <[Argument<'a>; 1]>::try_from(self.arguments(node)?) {
            Ok([Argument::Computed(computed)]) => Ok(computed),
            Ok([Argument::Constant(_)]) => Err(constant_only(node)),
            Err(_) => Err(bad(node, "has several inputs")),
        }
    }

    /// The sizes and elements of a constant.
    pub(crate) fn constant(&self, node: &OnnxNode<'a>, tensor: &OnnxTensor<'a>) -> Result<(TensorShape, TensorData)> {
        let broken = || bad(node, "reads a constant that cannot be read");
        let mut dims = Vec::new();
        for size in tensor.dims().take(5) {
            dims.push(Dim::Size(size.and_then(|size| usize::try_from(size).ok()).ok_or_else(broken)?));
        }
        let shape = TensorShape::new(&dims).ok_or_else(broken)?;
        let data = TensorData::decode(tensor, shape.width(), self.allowance);
        match data {
            Some(data) => Ok((shape, data)),
            None if self.allowance.is_exhausted() => Err(over_allowance()),
            None => Err(broken()),
        }
    }

    /// The elements of a constant of integers.
    pub(crate) fn constant_integers(&self, node: &OnnxNode<'a>, argument: &Argument<'a>) -> Result<Vec<i64>> {
        if let Argument::Constant(tensor) = argument
            && let (_, TensorData::Integer(values)) = self.constant(node, tensor)?
        {
            return Ok(values);
        }
        Err(unsupported(format_args!(
            "has a {} whose indices or sizes are computed, which vigie does not support",
            node.operator
        )))
    }

    /// The numbers of an attribute; none if it is absent.
    pub(crate) fn floats(&self, node: &OnnxNode<'a>, name: &str) -> Result<Vec<f32>> {
        let Some(attribute) = node.attribute(name) else { return Ok(Vec::new()) };
        let values = attribute.floats().map(|value| value.map(f32::from_le_bytes));
        self.collect(node, name, values)
    }

    /// The integers of an attribute; none if it is absent.
    pub(crate) fn integers(&self, node: &OnnxNode<'a>, name: &str) -> Result<Vec<i64>> {
        let Some(attribute) = node.attribute(name) else { return Ok(Vec::new()) };
        self.collect(node, name, attribute.integers())
    }

    /// The codes of the texts of an attribute; none if it is absent.
    pub(crate) fn codes(&self, node: &OnnxNode<'a>, name: &str) -> Result<Vec<u32>> {
        let Some(attribute) = node.attribute(name) else { return Ok(Vec::new()) };
        self.collect(node, name, attribute.texts().map(|text| Some(self.texts.code(text?))))
    }

    /// Collects values after charging them.
    pub(crate) fn collect<T>(
        &self,
        node: &OnnxNode<'a>,
        name: &str,
        values: impl Iterator<Item = Option<T>> + Clone,
    ) -> Result<Vec<T>> {
        let count = values.clone().count();
        self.allowance.spend(count, size_of::<T>()).ok_or_else(over_allowance)?;
        let mut all = Vec::with_capacity(count);
        for value in values {
            all.push(value.ok_or_else(|| bad(node, format_args!("has an attribute {name} that cannot be read")))?);
        }
        Ok(all)
    }
}

/// A node that contradicts itself or its inputs.
pub(crate) fn bad(node: &OnnxNode<'_>, what: impl std::fmt::Display) -> ModelError {
    damaged(format_args!("its operator {} {what}", excerpt(node.operator)))
}

/// A form of an operator that is not supported.
pub(crate) fn unsupported_form(node: &OnnxNode<'_>, what: impl std::fmt::Display) -> ModelError {
    unsupported(format_args!("has a {} {what}, which vigie does not support", excerpt(node.operator)))
}

/// A node whose inputs are all constants.
pub(crate) fn constant_only(node: &OnnxNode<'_>) -> ModelError {
    unsupported_form(node, "that reads constants only")
}

/// An operation across rows.
pub(crate) fn across_rows(node: &OnnxNode<'_>) -> ModelError {
    unsupported_form(node, "that combines several rows")
}
