//! The graph of a file: its nodes, constants, inputs and outputs, by name.

use super::{
    messages::{OnnxNode, OnnxTensor, OnnxVariable},
    proto::ProtoFields,
    refusal::{damaged, over_allowance, unsupported},
};
use crate::{
    allowance::Allowance,
    catboost::file::refusal::excerpt,
    error::{ModelError, Result},
};

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ValueOrigin<'a> {
    Constant(OnnxTensor<'a>),
    /// One of [`OnnxGraph::inputs`].
    Input,
    /// An output of a node.
    Node,
}

/// Index of a node or a constant, and which output of a node.
#[derive(Debug, Clone, Copy)]
enum ValuePlace {
    Constant(u32),
    Input,
    Node(u32, u32),
}

/// The graph as the file describes it.
#[derive(Debug, Default)]
pub(crate) struct OnnxGraph<'a> {
    pub nodes: Vec<OnnxNode<'a>>,
    /// Inputs that are not constants.
    pub inputs: Vec<OnnxVariable<'a>>,
    pub outputs: Vec<OnnxVariable<'a>>,
    constants: Vec<OnnxTensor<'a>>,
    /// All values, sorted by name.
    values: Vec<(&'a str, ValuePlace)>,
}

/// A vector for this many elements, which are charged.
fn charged<T>(count: usize, allowance: &Allowance) -> Result<Vec<T>> {
    allowance.spend(count, size_of::<T>()).ok_or_else(over_allowance)?;
    Ok(Vec::with_capacity(count))
}

fn broken() -> ModelError {
    damaged("its graph cannot be read")
}

impl<'a> OnnxGraph<'a> {
    pub(crate) fn parse(message: &'a [u8], allowance: &Allowance) -> Result<Self> {
        let count = |number: u64| ProtoFields::new(message).flatten().filter(|field| field.0 == number).count();
        let mut graph = Self {
            nodes: charged(count(1), allowance)?,
            constants: charged(count(5), allowance)?,
            inputs: charged(count(11), allowance)?,
            outputs: charged(count(12), allowance)?,
            values: Vec::new(),
        };
        for field in ProtoFields::new(message) {
            let (number, value) = field.ok_or_else(broken)?;
            let bytes = || value.bytes().ok_or_else(broken);
            match number {
                1 => graph.nodes.push(OnnxNode::parse(bytes()?).ok_or_else(broken)?),
                5 => {
                    let tensor = OnnxTensor::parse(bytes()?).ok_or_else(broken)?;
                    if tensor.is_external {
                        return Err(unsupported(
                            "keeps its weights in another file; save it as one file with \
                             `onnx.save(onnx.load(path), \"model.onnx\", save_as_external_data=False)`",
                        ));
                    }
                    graph.constants.push(tensor);
                }
                11 => graph.inputs.push(OnnxVariable::parse(bytes()?).ok_or_else(broken)?),
                12 => graph.outputs.push(OnnxVariable::parse(bytes()?).ok_or_else(broken)?),
                15 => return Err(unsupported("has sparse tensors, which vigie does not support")),
                _ => {}
            }
        }
        graph.index_values(allowance)?;
        Ok(graph)
    }

    fn index_values(&mut self, allowance: &Allowance) -> Result<()> {
        let outputs: usize = self.nodes.iter().map(|node| node.outputs().count()).sum();
        let mut values =
            charged(self.constants.len().saturating_add(self.inputs.len()).saturating_add(outputs), allowance)?;
        values.extend((0..).zip(&self.constants).map(|(index, tensor)| (tensor.name, ValuePlace::Constant(index))));
        values.sort_unstable_by_key(|value| value.0);
        // Old files list constants among the inputs.
        self.inputs.retain(|input| values.binary_search_by_key(&input.name, |value| value.0).is_err());
        values.extend(self.inputs.iter().map(|input| (input.name, ValuePlace::Input)));
        for (index, node) in (0..).zip(&self.nodes) {
            let named = (0..).zip(node.outputs()).filter(|(_, name)| !name.is_empty());
            values.extend(named.map(|(place, name)| (name, ValuePlace::Node(index, place))));
        }
        values.sort_unstable_by_key(|value| value.0);
        if let Some([first, _]) = values.array_windows().find(|[first, second]| first.0 == second.0) {
            return Err(damaged(format_args!("two values have the name {:?}", excerpt(first.0))));
        }
        self.values = values;
        Ok(())
    }

    /// Number of values.
    pub(crate) fn value_count(&self) -> usize {
        self.values.len()
    }

    /// A number below [`Self::value_count`] for each value.
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.values.binary_search_by_key(&name, |value| value.0).ok()
    }

    fn place(&self, name: &str) -> Option<ValuePlace> {
        self.values.get(self.index(name)?).map(|value| value.1)
    }

    pub(crate) fn value(&self, name: &str) -> Option<ValueOrigin<'a>> {
        Some(match self.place(name)? {
            ValuePlace::Constant(index) => ValueOrigin::Constant(*self.constants.get(usize::try_from(index).ok()?)?),
            ValuePlace::Input => ValueOrigin::Input,
            ValuePlace::Node(..) => ValueOrigin::Node,
        })
    }

    /// The node that computes a value, and the place of the value among its outputs.
    pub(crate) fn producer(&self, name: &str) -> Option<(OnnxNode<'a>, usize)> {
        let ValuePlace::Node(index, place) = self.place(name)? else { return None };
        Some((*self.nodes.get(usize::try_from(index).ok()?)?, usize::try_from(place).ok()?))
    }

    /// Follows a value back through nodes that at most convert or reshape it, as far as their first inputs allow.
    pub(crate) fn origin(&self, mut name: &'a str) -> &'a str {
        // Each step leads to another node, unless the graph has a cycle.
        for _ in 0..self.nodes.len() {
            let Some((node, _)) = self.producer(name) else { break };
            let before = match node.operator {
                "Identity" | "Cast" | "Reshape" | "Flatten" | "Squeeze" => node.inputs().next(),
                _ => None,
            };
            let Some(before) = before else { break };
            name = before;
        }
        name
    }

    /// Indices of the nodes that compute some values, in an order in which each comes after those that it reads from.
    pub(crate) fn order(&self, targets: &[&'a str], allowance: &Allowance) -> Result<Vec<u32>> {
        allowance.spend(self.nodes.len(), size_of::<Visit>()).ok_or_else(over_allowance)?;
        let mut visits = vec![Visit::New; self.nodes.len()];
        let mut order = charged(self.nodes.len(), allowance)?;
        let mut pending: Vec<u32> = Vec::new();
        for target in targets {
            self.visit(target, &visits, &mut pending)?;
            while let Some(index) = pending.pop() {
                let place = usize::try_from(index).map_err(|_| over_allowance())?;
                let (Some(visit), Some(node)) = (visits.get_mut(place), self.nodes.get(place)) else { continue };
                match visit {
                    Visit::Done => continue,
                    Visit::Open => {
                        *visit = Visit::Done;
                        order.push(index);
                        continue;
                    }
                    Visit::New => *visit = Visit::Open,
                }
                pending.push(index);
                for name in node.inputs().filter(|name| !name.is_empty()) {
                    // A vector takes up to three times the size of its elements while it grows.
                    allowance.spend(3, size_of::<u32>()).ok_or_else(over_allowance)?;
                    self.visit(name, &visits, &mut pending)?;
                }
            }
        }
        Ok(order)
    }

    /// Adds the node that computes a value to those to visit, unless that was done.
    fn visit(&self, name: &str, visits: &[Visit], pending: &mut Vec<u32>) -> Result<()> {
        match self.place(name) {
            None => Err(damaged(format_args!("a value {:?} is read but never computed", excerpt(name)))),
            Some(ValuePlace::Constant(_) | ValuePlace::Input) => Ok(()),
            Some(ValuePlace::Node(index, _)) => match usize::try_from(index).ok().and_then(|index| visits.get(index)) {
                Some(Visit::Open) => Err(damaged("its graph has a cycle")),
                Some(Visit::New) => {
                    pending.push(index);
                    Ok(())
                }
                _ => Ok(()),
            },
        }
    }

    /// Nodes by their indices.
    pub(crate) fn nodes_at<'s>(&'s self, order: &'s [u32]) -> impl Iterator<Item = OnnxNode<'a>> + Clone + 's {
        order.iter().filter_map(|index| self.nodes.get(usize::try_from(*index).ok()?).copied())
    }
}

/// How far the search for the order of nodes has come with one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    /// Its inputs are being visited.
    Open,
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: u8, text: &str) -> Vec<u8> {
        message(number, text.as_bytes())
    }

    fn message(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        bytes.extend(content);
        bytes
    }

    /// A node per triple: operator, input, output.
    fn graph(nodes: &[(&str, &str, &str)]) -> Vec<u8> {
        let node = |(operator, input, output): &(&str, &str, &str)| {
            message(1, &[text(1, input), text(2, output), text(4, operator)].concat())
        };
        let mut all: Vec<u8> = nodes.iter().flat_map(node).collect();
        all.extend(message(11, &text(1, "X")));
        all
    }

    fn order(nodes: &[(&str, &str, &str)], targets: &[&str]) -> Result<Vec<String>> {
        let bytes = graph(nodes);
        let allowance = Allowance::for_file(&[0; 1000]);
        let graph = OnnxGraph::parse(&bytes, &allowance)?;
        // The graph borrows its names from the bytes.
        let own: Vec<&str> = targets.iter().map(|target| graph.values[graph.index(target).unwrap()].0).collect();
        let order = graph.order(&own, &allowance)?;
        Ok(graph.nodes_at(&order).map(|node| node.operator.to_owned()).collect())
    }

    #[test]
    fn nodes_are_ordered_and_those_that_are_not_needed_are_left_out() {
        let nodes = [("C", "b", "c"), ("A", "X", "a"), ("B", "a", "b"), ("Unused", "a", "u")];
        assert_eq!(order(&nodes, &["c"]).unwrap(), ["A", "B", "C"]);
        assert_eq!(order(&nodes, &["a", "c"]).unwrap(), ["A", "B", "C"]);
    }

    #[test]
    fn graphs_that_cannot_be_ordered_are_refused() {
        let cycle = order(&[("A", "b", "a"), ("B", "a", "b")], &["b"]).unwrap_err().to_string();
        assert!(cycle.contains("has a cycle"), "{cycle}");
        let own = order(&[("A", "a", "a")], &["a"]).unwrap_err().to_string();
        assert!(own.contains("has a cycle"), "{own}");
        let missing = order(&[("A", "q", "a")], &["a"]).unwrap_err().to_string();
        assert!(missing.contains("\"q\" is read but never computed"), "{missing}");
        let twice = order(&[("A", "X", "a"), ("B", "X", "a")], &["a"]).unwrap_err().to_string();
        assert!(twice.contains("two values have the name \"a\""), "{twice}");
    }

    #[test]
    fn values_are_followed_to_where_they_are_computed() {
        let bytes = graph(&[("Softmax", "X", "s"), ("Identity", "s", "i"), ("Cast", "i", "c"), ("Cast", "d", "d")]);
        let graph = OnnxGraph::parse(&bytes, &Allowance::for_file(&[0; 1000])).unwrap();
        assert_eq!((graph.origin("c"), graph.origin("X"), graph.origin("d")), ("s", "X", "d"));
    }
}
