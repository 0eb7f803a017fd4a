//! Decides which outputs of a graph are the probabilities, and finds the names of the classes.

use super::{
    compile::unsupported_form,
    graph::{OnnxGraph, ValueOrigin},
    messages::{OnnxNode, OnnxTensor, element},
    ops::has_raw_scores,
    refusal::{damaged, over_allowance, unsupported},
};
use crate::{
    allowance::Allowance,
    catboost::file::refusal::excerpt,
    error::{ModelError, Result},
};

/// The outputs that a model needs.
#[derive(Debug, PartialEq)]
pub(crate) struct OutputPlan<'a> {
    /// Names of the values that make up a row of the output.
    pub values: Vec<&'a str>,
    pub meaning: OutputMeaning,
    /// Names of the classes; empty if they are unknown or there are none.
    pub classes: Vec<String>,
}

/// What the output of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputMeaning {
    /// The probability of each class.
    Probabilities,
    /// A score of each class that is not a probability.
    RawScores,
    /// Predicted values of a regression.
    Values,
}

impl<'a> OutputPlan<'a> {
    pub(crate) fn new(graph: &OnnxGraph<'a>, allowance: &Allowance) -> Result<Self> {
        if let Some(map) = graph.outputs.iter().find_map(|output| zip_map(graph, output.name)) {
            return Self::of_map(graph, &map, allowance);
        }
        // Vectors of references and of names, which may grow.
        allowance.spend(graph.outputs.len(), 72).ok_or_else(over_allowance)?;
        let is_constant = |name: &str| matches!(graph.value(graph.origin(name)), Some(ValueOrigin::Constant(_)));
        let computed = || graph.outputs.iter().filter(|output| !is_constant(output.name));
        let is_float = |kind: Option<i64>| matches!(kind, Some(element::FLOAT | element::DOUBLE));
        let numbers: Vec<_> = computed().filter(|output| is_float(output.element)).collect();
        let label =
            computed().find(|output| matches!(output.element, Some(element::INT64 | element::STRING | element::INT32)));
        let names = numbers.iter().map(|output| output.name);
        let Some(label) = label else {
            let [only] = &numbers[..] else {
                return Err(ambiguous(names));
            };
            // A classifier without its label output.
            let classes = labels_of_scores(graph, only.name, allowance)?;
            let meaning = if classes.is_empty() { OutputMeaning::Values } else { meaning(graph, only.name) };
            return Ok(Self { values: vec![only.name], meaning, classes });
        };
        let classes = labels(graph, label.name, allowance)?;
        let are_columns = numbers.iter().all(|output| output.dims().is_some_and(|dims| dims.count() == 1));
        if numbers.len() > 1 && are_columns && numbers.len() == classes.len() {
            // `zipmap="columns"`: an output per class.
            let first = numbers.first().map_or("", |output| output.name);
            return Ok(Self { values: names.collect(), meaning: meaning(graph, first), classes });
        }
        let mut likely = names.clone().filter(|name| name.to_ascii_lowercase().contains("prob"));
        let name = match (&numbers[..], likely.next(), likely.next()) {
            ([only], _, _) => only.name,
            (_, Some(name), None) => name,
            _ => return Err(ambiguous(names)),
        };
        Ok(Self { values: vec![name], meaning: meaning(graph, name), classes })
    }

    /// Probabilities in a map from classes, as skl2onnx writes them unless `zipmap` is off.
    fn of_map(graph: &OnnxGraph<'a>, map: &OnnxNode<'a>, allowance: &Allowance) -> Result<Self> {
        let name = map.inputs().next().ok_or_else(|| damaged("its ZipMap has no input"))?;
        let classes = attribute_labels(map, ["classlabels_strings", "classlabels_int64s"], allowance)?;
        if classes.is_empty() {
            return Err(damaged("its ZipMap has no classes"));
        }
        Ok(Self { values: vec![name], meaning: meaning(graph, name), classes })
    }
}

fn ambiguous<'a>(names: impl Iterator<Item = &'a str>) -> ModelError {
    let names: Vec<_> = names.take(8).map(|name| format!("{:?}", excerpt(name))).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    unsupported(format_args!(
        "has no output that is clearly the score (outputs of floating-point numbers: {names}); keep one of them, with \
         \"prob\" in its name"
    ))
}

/// The node `ZipMap` that computes an output.
fn zip_map<'a>(graph: &OnnxGraph<'a>, name: &'a str) -> Option<OnnxNode<'a>> {
    let (node, _) = graph.producer(graph.origin(name))?;
    (node.operator == "ZipMap").then_some(node)
}

/// Whether scores are probabilities.
fn meaning<'a>(graph: &OnnxGraph<'a>, name: &'a str) -> OutputMeaning {
    let classifier = graph.producer(past_slices(graph, name)).map(|(node, _)| node);
    match classifier.filter(OnnxNode::is_classifier) {
        Some(node) if has_raw_scores(&node) => OutputMeaning::RawScores,
        _ => OutputMeaning::Probabilities,
    }
}

/// Like [`OnnxGraph::origin`], through a selection of columns as well.
fn past_slices<'a>(graph: &OnnxGraph<'a>, name: &'a str) -> &'a str {
    let origin = graph.origin(name);
    match graph.producer(origin).filter(|(node, _)| node.operator == "Slice").and_then(|(node, _)| node.inputs().next())
    {
        Some(before) => graph.origin(before),
        None => origin,
    }
}

/// The classes of the classifier that computes scores, empty if another operator does.
fn labels_of_scores<'a>(graph: &OnnxGraph<'a>, name: &'a str, allowance: &Allowance) -> Result<Vec<String>> {
    match graph.producer(past_slices(graph, name)) {
        Some((node, 1)) if node.is_classifier() => classifier_labels(&node, allowance),
        _ => Ok(Vec::new()),
    }
}

fn classifier_labels(node: &OnnxNode<'_>, allowance: &Allowance) -> Result<Vec<String>> {
    let integers = if node.operator == "LinearClassifier" { "classlabels_ints" } else { "classlabels_int64s" };
    attribute_labels(node, ["classlabels_strings", integers], allowance)
}

/// The classes among which a label is chosen, empty if they are unknown: those of a classifier, or of a table that an
/// index selects from.
fn labels<'a>(graph: &OnnxGraph<'a>, name: &'a str, allowance: &Allowance) -> Result<Vec<String>> {
    let Some((node, _)) = graph.producer(graph.origin(name)) else { return Ok(Vec::new()) };
    if node.is_classifier() {
        return classifier_labels(&node, allowance);
    }
    if !matches!(node.operator, "ArrayFeatureExtractor" | "Gather") {
        return Ok(Vec::new());
    }
    match node.inputs().next().and_then(|table| graph.value(table)) {
        Some(ValueOrigin::Constant(table)) => constant_labels(&node, &table, allowance),
        _ => Ok(Vec::new()),
    }
}

fn constant_labels(node: &OnnxNode<'_>, table: &OnnxTensor<'_>, allowance: &Allowance) -> Result<Vec<String>> {
    let broken = || damaged("its classes cannot be read");
    if table.element == element::STRING {
        return collect(table.texts().map(|text| text.map(str::to_owned)), allowance);
    }
    if let Some(raw) = table.raw().filter(|raw| !raw.is_empty()) {
        return match table.element {
            element::INT32 => {
                let chunks = raw.as_chunks().0.iter().copied();
                collect(chunks.map(|bytes| Some(i32::from_le_bytes(bytes).to_string())), allowance)
            }
            element::INT64 => {
                let chunks = raw.as_chunks().0.iter().copied();
                collect(chunks.map(|bytes| Some(i64::from_le_bytes(bytes).to_string())), allowance)
            }
            _ => Err(unsupported_form(node, "of classes that are neither texts nor integers")),
        };
    }
    match table.element {
        element::INT32 => collect(table.small_integers().map(|label| label.map(|label| label.to_string())), allowance),
        element::INT64 => collect(table.integers().map(|label| label.map(|label| label.to_string())), allowance),
        _ => Err(broken()),
    }
}

/// Labels that are texts, or else integers.
fn attribute_labels(node: &OnnxNode<'_>, [texts, integers]: [&str; 2], allowance: &Allowance) -> Result<Vec<String>> {
    if let Some(attribute) = node.attribute(texts).filter(|attribute| attribute.texts().next().is_some()) {
        return collect(attribute.texts().map(|text| text.map(str::to_owned)), allowance);
    }
    match node.attribute(integers) {
        Some(attribute) => collect(attribute.integers().map(|label| label.map(|label| label.to_string())), allowance),
        None => Ok(Vec::new()),
    }
}

fn collect(labels: impl Iterator<Item = Option<String>>, allowance: &Allowance) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for label in labels {
        let label = label.ok_or_else(|| damaged("its classes cannot be read"))?;
        let size = size_of::<String>().saturating_mul(3).saturating_add(label.capacity());
        allowance.spend(1, size).ok_or_else(over_allowance)?;
        all.push(label);
    }
    Ok(all)
}
