//! Reads an ONNX file into a model.

use super::{
    assemble::Assembler,
    compile::Compiler,
    graph::OnnxGraph,
    messages::{OnnxFile, OnnxVariable, OperatorVersions},
    model::OnnxModel,
    outputs::{OutputMeaning, OutputPlan},
    program::{ProgramInput, ProgramOutput},
    refusal::{damaged, over_allowance, unsupported},
    tensor::{Dim, ElementKind, TensorShape},
    texts::TextTable,
};
use crate::{
    allowance::Allowance,
    catboost::file::refusal::excerpt,
    error::Result,
    feature::{InputKind, InputPrecision, ModelFeature},
    link::Link,
    options::ModelOptions,
    promise::{Agreement, Promise},
};

/// The newest operator sets whose rules are known: those of onnx 1.23.
const KNOWN_VERSIONS: OperatorVersions = OperatorVersions { general: 28, learning: 5 };

/// Whether bytes begin like an ONNX file: field 1, a small version number, then another field of a `ModelProto`.
pub(crate) fn looks_like(bytes: &[u8]) -> bool {
    matches!(bytes, [0x08, 1..=0x7f, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42 | 0x72, ..])
}

/// Reads a model; `name` prefixes error messages.
pub(crate) fn from_bytes(name: &str, bytes: &[u8], options: &ModelOptions) -> Result<OnnxModel> {
    let allowance = Allowance::for_file(bytes);
    read(bytes, options, &allowance).map_err(|error| error.context(name))
}

fn read(bytes: &[u8], options: &ModelOptions, allowance: &Allowance) -> Result<OnnxModel> {
    let file = OnnxFile::parse(bytes).ok_or_else(|| damaged("it is not a complete ONNX file"))?;
    let OperatorVersions { general, learning } = file.operators;
    if general > KNOWN_VERSIONS.general || learning > KNOWN_VERSIONS.learning {
        return Err(unsupported(format_args!(
            "uses operators of version {general} (ai.onnx) and {learning} (ai.onnx.ml), newer than vigie knows; convert \
             it with `target_opset={{\"\": 21, \"ai.onnx.ml\": 1}}`"
        )));
    }
    if file.has_functions {
        return Err(unsupported("defines functions of its own, which vigie does not support"));
    }
    let graph = OnnxGraph::parse(file.graph, allowance)?;
    let plan = OutputPlan::new(&graph, allowance)?;
    let order = graph.order(&plan.values, allowance)?;
    let texts = TextTable::collect(graph.nodes_at(&order), allowance).ok_or_else(|| {
        if allowance.is_exhausted() { over_allowance() } else { damaged("one of its texts is not UTF-8") }
    })?;
    let compiler = Compiler::new(&graph, file.operators, texts, allowance)?;
    let mut program = Assembler::new(compiler, bytes.len(), order.len())?;
    let inputs = read_inputs(&graph, &mut program, allowance)?;
    for node in graph.nodes_at(&order) {
        program.add_node(node)?;
    }
    let answer = Answer::new(&plan, &program, options)?;
    let (program, texts) = program.finish(answer.outputs);
    let mut features = inputs.features;
    allowance.spend(program.slots, 1).ok_or_else(over_allowance)?;
    let is_read = program.slots_read();
    for input in &program.inputs {
        if usize::try_from(input.slot).ok().and_then(|slot| is_read.get(slot)) == Some(&true) {
            continue;
        }
        features.iter_mut().skip(input.first).take(input.columns).for_each(|feature| feature.used = false);
    }
    let kind = match file.producer {
        "" => "ONNX".to_owned(),
        producer => format!("ONNX ({} {})", excerpt(producer), excerpt(file.producer_version)),
    };
    Ok(OnnxModel {
        kind,
        features,
        has_feature_names: inputs.has_names,
        precision: inputs.precision,
        texts,
        program,
        link: answer.link,
        classes: answer.classes,
        promise: Promise {
            raw: Agreement::Within(1e-6),
            probability: Agreement::Within(1e-6),
            contributions: None,
            output: answer.precision,
        },
        sha256: options.fingerprint(bytes),
        notes: vec![NOTE.to_owned()],
    })
}

/// What a user of ONNX should know.
const NOTE: &str = "ONNX keeps thresholds, scales and sums as 32-bit floats, and skl2onnx leaves out what it cannot convert \
     (where a forest sends missing values, interpolation in isotonic calibration), so scores can differ from those of the \
     pipeline; there are no explanations either. `skops.io.dump(pipeline, \"model.skops\")` keeps the pipeline as it is";

/// The inputs of a graph as features.
struct InputFeatures {
    features: Vec<ModelFeature>,
    has_names: bool,
    precision: InputPrecision,
}

/// One column per feature. Names are known if there is an input for each.
fn read_inputs<'a>(
    graph: &OnnxGraph<'a>,
    program: &mut Assembler<'_, 'a>,
    allowance: &Allowance,
) -> Result<InputFeatures> {
    let mut widths = Vec::new();
    for input in &graph.inputs {
        allowance.spend(3, size_of::<usize>()).ok_or_else(over_allowance)?;
        widths.push(width_of(input)?);
    }
    let has_names = widths.len() > 1 && widths.iter().all(|(width, _)| *width == 1);
    let mut features: Vec<ModelFeature> = Vec::new();
    let mut precision = InputPrecision::Single;
    for (input, (width, is_flat)) in graph.inputs.iter().zip(widths) {
        let kind = input.element.and_then(ElementKind::from_number);
        let kind =
            kind.ok_or_else(|| unsupported(format_args!("has an input {:?} of a rare type", excerpt(input.name))))?;
        if matches!(kind, ElementKind::Double | ElementKind::Integer) {
            precision = InputPrecision::Double;
        }
        let name = if has_names { input.name.len() } else { 20 };
        allowance.spend(width, size_of::<ModelFeature>().saturating_add(name)).ok_or_else(over_allowance)?;
        let first = features.len();
        features.reserve_exact(width);
        for column in first..first.saturating_add(width) {
            features.push(ModelFeature {
                name: if has_names { input.name.to_owned() } else { column.to_string() },
                kind: if kind == ElementKind::Text { InputKind::Categorical } else { InputKind::Numeric },
                column,
                used: true,
            });
        }
        let shape = if is_flat { TensorShape::new(&[Dim::Rows]) } else { TensorShape::table(width) };
        let shape = shape.ok_or_else(over_allowance)?;
        program.add_input(input.name, ProgramInput { first, columns: width, kind, slot: 0 }, shape)?;
    }
    if features.is_empty() {
        return Err(damaged("it has no inputs"));
    }
    Ok(InputFeatures { features, has_names, precision })
}

/// Number of columns of an input, and whether it has no dimension for them.
fn width_of(input: &OnnxVariable<'_>) -> Result<(usize, bool)> {
    let name = excerpt(input.name);
    let wrong = |what: &str| unsupported(format_args!("has an input {name:?} {what}, which vigie does not support"));
    let mut dims = input.dims().ok_or_else(|| wrong("without a shape"))?;
    let (rows, columns) = (dims.next(), dims.next());
    if dims.next().is_some() {
        return Err(wrong("with more than two dimensions"));
    }
    match (rows, columns) {
        (Some(Some(rows)), _) if rows > 1 => Err(wrong("for a fixed number of rows")),
        (None, _) => Err(wrong("without rows")),
        (_, None) => Ok((1, true)),
        (_, Some(None)) => Err(wrong("with an unknown number of columns")),
        (_, Some(Some(columns))) => {
            let columns = usize::try_from(columns).ok().filter(|columns| *columns > 0);
            Ok((columns.ok_or_else(|| wrong("without columns"))?, false))
        }
    }
}

/// The outputs of a model, and what they mean.
struct Answer {
    outputs: Vec<ProgramOutput>,
    link: Link,
    classes: Vec<String>,
    precision: InputPrecision,
}

impl Answer {
    fn new(plan: &OutputPlan<'_>, program: &Assembler<'_, '_>, options: &ModelOptions) -> Result<Self> {
        let mut outputs = Vec::new();
        let mut precision = InputPrecision::Single;
        for name in &plan.values {
            let value = program.find(name).ok_or_else(|| unsupported("has labels but no scores"))?;
            match value.kind {
                ElementKind::Single => {}
                ElementKind::Double => precision = InputPrecision::Double,
                _ => return Err(unsupported("has scores that are not floating-point numbers")),
            }
            outputs.push(ProgramOutput { slot: value.slot, width: value.shape.width(), from: 0 });
        }
        let count: usize = outputs.iter().map(|output| output.width).sum();
        let mut classes = plan.classes.clone();
        if plan.meaning == OutputMeaning::Values {
            return Ok(Self { outputs, link: Link::Identity, classes: Vec::new(), precision });
        }
        if classes.is_empty() {
            classes = (0..count).map(|class| class.to_string()).collect();
        }
        if count < 2 || classes.len() != count {
            return Err(damaged(format_args!("it has {count} probabilities for {} classes", classes.len())));
        }
        if count == 2 {
            // The first follows from the second.
            match &mut outputs[..] {
                [both] => both.from = 1,
                _ => _ = outputs.remove(0),
            }
        }
        let link = match plan.meaning {
            OutputMeaning::Probabilities => Link::Probability,
            _ if options.sigmoid && count == 2 => Link::Sigmoid,
            _ => {
                classes.clear();
                Link::Identity
            }
        };
        Ok(Self { outputs, link, classes, precision })
    }
}
