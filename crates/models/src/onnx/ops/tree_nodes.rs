//! Reads the trees of `TreeEnsembleClassifier` and `TreeEnsembleRegressor`, which are lists of nodes and of leaf weights.

use crate::{
    catboost::file::refusal::excerpt,
    error::{ModelError, Result},
    onnx::{
        compile::{Compiler, bad, unsupported_form},
        messages::{OnnxNode, element},
        proto::{ProtoFloats, ProtoIntegers},
        refusal::{USE_SKOPS, damaged, over_allowance},
    },
};

/// A condition or a leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TreeStep {
    /// What a value is compared with.
    pub threshold: f64,
    pub column: u32,
    /// Where to go if the condition holds; the first weight of a leaf.
    pub yes: u32,
    /// Where to go if not; the end of the weights of a leaf.
    pub no: u32,
    pub mode: StepMode,
    /// Whether the condition holds for NaN.
    pub missing_yes: bool,
}

/// The comparison of a value with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepMode {
    AtMost,
    Below,
    AtLeast,
    Above,
    Equal,
    Different,
    Leaf,
}

/// What a leaf adds to one score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LeafWeight {
    pub score: u32,
    pub value: f64,
}

/// The trees of an ensemble. Every walk from a root ends in a leaf.
#[derive(Debug)]
pub(crate) struct TreeList {
    pub steps: Vec<TreeStep>,
    /// Indices of the first step of each tree.
    pub roots: Vec<u32>,
    pub weights: Vec<LeafWeight>,
}

/// The numbers of the nodes, by which the file refers to them.
struct NodeNumbers {
    trees: Vec<u32>,
    numbers: Vec<u32>,
    /// Indices of nodes, sorted by tree and number.
    sorted: Vec<u32>,
}

/// Reads the trees; `prefix` is that of the attributes of leaf weights (`class` or `target`).
pub(super) fn read<'a>(
    compiler: &Compiler<'_, 'a>,
    node: &OnnxNode<'a>,
    prefix: &str,
    scores: usize,
    columns: usize,
) -> Result<TreeList> {
    let numbers = NodeNumbers::read(compiler, node)?;
    let mut list = TreeList { roots: Vec::new(), weights: Vec::new(), steps: Vec::new() };
    let mut previous = None;
    for (index, tree) in (0..).zip(&numbers.trees) {
        if previous != Some(*tree) {
            compiler.allowance.spend(3, size_of::<u32>()).ok_or_else(over_allowance)?;
            list.roots.push(index);
        }
        previous = Some(*tree);
    }
    list.steps = read_steps(compiler, node, &numbers, columns)?;
    read_weights(compiler, node, prefix, scores, &numbers, &mut list)?;
    list.check(compiler, node)?;
    Ok(list)
}

/// A column of integers that fit into 32 bits, one after another.
#[derive(Clone)]
struct IntegerColumn<'a>(ProtoIntegers<'a>);

impl<'a> IntegerColumn<'a> {
    fn new(node: &OnnxNode<'a>, name: &str) -> Self {
        let attribute = node.attribute(name);
        Self(attribute.map_or_else(|| ProtoIntegers::new(&[], 0), |attribute| attribute.integers()))
    }
}

impl Iterator for IntegerColumn<'_> {
    type Item = Option<u32>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.and_then(|value| u32::try_from(value).ok()))
    }
}

/// A column of floats, one after another: single precision, or a tensor of doubles.
#[derive(Clone)]
enum FloatColumn<'a> {
    Single(ProtoFloats<'a, 4>),
    Double(ProtoFloats<'a, 8>),
    Raw(std::slice::Iter<'a, [u8; 8]>),
}

impl<'a> FloatColumn<'a> {
    fn new(node: &OnnxNode<'a>, name: &str) -> Result<Self> {
        if let Some(attribute) = node.attribute(name) {
            return Ok(Self::Single(attribute.floats()));
        }
        let Some(attribute) = node.attribute(&format!("{name}_as_tensor")) else {
            return Ok(Self::Single(ProtoFloats::new(&[], 0)));
        };
        let tensor = attribute.tensor().filter(|tensor| tensor.element == element::DOUBLE);
        let tensor = tensor.ok_or_else(|| unsupported_form(node, "with a tensor of something else than doubles"))?;
        match tensor.raw().map(<[u8]>::as_chunks) {
            None => Ok(Self::Double(tensor.doubles())),
            Some((chunks, [])) => Ok(Self::Raw(chunks.iter())),
            Some(_) => Err(bad(node, "has a tensor that cannot be read")),
        }
    }
}

impl Iterator for FloatColumn<'_> {
    type Item = Option<f64>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Single(values) => Some(values.next()?.map(|bytes| f64::from(f32::from_le_bytes(bytes)))),
            Self::Double(values) => Some(values.next()?.map(f64::from_le_bytes)),
            Self::Raw(values) => Some(Some(f64::from_le_bytes(*values.next()?))),
        }
    }
}

fn mode(text: &str) -> Option<StepMode> {
    Some(match text {
        "BRANCH_LEQ" => StepMode::AtMost,
        "BRANCH_LT" => StepMode::Below,
        "BRANCH_GTE" => StepMode::AtLeast,
        "BRANCH_GT" => StepMode::Above,
        "BRANCH_EQ" => StepMode::Equal,
        "BRANCH_NEQ" => StepMode::Different,
        "LEAF" => StepMode::Leaf,
        _ => return None,
    })
}

fn uneven(node: &OnnxNode<'_>) -> ModelError {
    bad(node, "has lists of different lengths, or with values that are too large")
}

impl NodeNumbers {
    fn read<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Self> {
        let column = |name: &str| compiler.collect(node, name, IntegerColumn::new(node, name));
        let (trees, numbers) = (column("nodes_treeids")?, column("nodes_nodeids")?);
        let count = u32::try_from(trees.len()).ok().filter(|count| *count > 0 && trees.len() == numbers.len());
        let count = count.ok_or_else(|| uneven(node))?;
        compiler.allowance.spend(trees.len(), size_of::<u32>()).ok_or_else(over_allowance)?;
        let mut sorted: Vec<u32> = (0..count).collect();
        let mut all = Self { trees, numbers, sorted: Vec::new() };
        sorted.sort_unstable_by_key(|index| all.key(*index));
        if sorted.array_windows().any(|[first, second]| all.key(*first) == all.key(*second)) {
            return Err(bad(node, "has two nodes with the same number"));
        }
        all.sorted = sorted;
        Ok(all)
    }

    /// Tree and number of a node.
    fn key(&self, index: u32) -> Option<(u32, u32)> {
        let index = usize::try_from(index).ok()?;
        Some((*self.trees.get(index)?, *self.numbers.get(index)?))
    }

    fn find(&self, tree: u32, number: u32) -> Option<u32> {
        let at = self.sorted.binary_search_by_key(&Some((tree, number)), |index| self.key(*index)).ok()?;
        self.sorted.get(at).copied()
    }
}

/// Reads the conditions, which refer to each other by index. Leaves have no weights yet.
fn read_steps<'a>(
    compiler: &Compiler<'_, 'a>,
    node: &OnnxNode<'a>,
    numbers: &NodeNumbers,
    columns: usize,
) -> Result<Vec<TreeStep>> {
    let mut features = IntegerColumn::new(node, "nodes_featureids");
    let mut yes = IntegerColumn::new(node, "nodes_truenodeids");
    let mut no = IntegerColumn::new(node, "nodes_falsenodeids");
    let mut missing = IntegerColumn::new(node, "nodes_missing_value_tracks_true");
    let mut thresholds = FloatColumn::new(node, "nodes_values")?;
    let mut modes = node.attribute("nodes_modes").map(|attribute| attribute.texts()).into_iter().flatten();
    compiler.allowance.spend(numbers.trees.len(), size_of::<TreeStep>()).ok_or_else(over_allowance)?;
    let mut steps = Vec::with_capacity(numbers.trees.len());
    for tree in &numbers.trees {
        let values = (features.next().flatten(), yes.next().flatten(), no.next().flatten());
        let ((Some(column), Some(yes), Some(no)), Some(threshold), Some(text)) =
            (values, thresholds.next().flatten(), modes.next().flatten())
        else {
            return Err(uneven(node));
        };
        let mode = mode(text).ok_or_else(|| unsupported_form(node, format_args!("with {:?}", excerpt(text))))?;
        let missing_yes = missing.next().flatten() == Some(1);
        if mode == StepMode::Leaf {
            steps.push(TreeStep { threshold: 0.0, column: 0, yes: 0, no: 0, mode, missing_yes });
            continue;
        }
        if usize::try_from(column).is_ok_and(|column| column >= columns) {
            return Err(damaged(format_args!(
                "its {} reads column {column} of {columns} (skl2onnx drops the indicator columns of \
                 `SimpleImputer(add_indicator=True)`; {USE_SKOPS})",
                node.operator
            )));
        }
        let find =
            |number: u32| numbers.find(*tree, number).ok_or_else(|| bad(node, "has a condition that leads nowhere"));
        steps.push(TreeStep { threshold, column, yes: find(yes)?, no: find(no)?, mode, missing_yes });
    }
    let is_longer = features.next().is_some() || yes.next().is_some() || no.next().is_some();
    if is_longer || thresholds.next().is_some() || modes.next().is_some() {
        return Err(uneven(node));
    }
    Ok(steps)
}

/// Reads the weights and sorts them by leaf; those of a leaf stay in order.
fn read_weights<'a>(
    compiler: &Compiler<'_, 'a>,
    node: &OnnxNode<'a>,
    prefix: &str,
    scores: usize,
    numbers: &NodeNumbers,
    list: &mut TreeList,
) -> Result<()> {
    let column = |name: &str| IntegerColumn::new(node, &format!("{prefix}_{name}"));
    let (trees, nodes, ids) = (column("treeids"), column("nodeids"), column("ids"));
    let values = FloatColumn::new(node, &format!("{prefix}_weights"))?;
    let counts = [trees.clone().count(), nodes.clone().count(), ids.clone().count(), values.clone().count()];
    let [count, ..] = counts;
    if counts != [count; 4] || u32::try_from(count).is_err() {
        return Err(uneven(node));
    }
    let all = trees.zip(nodes).zip(ids).zip(values);
    // The weights of each leaf are counted first, in the place of the end of its range.
    let leaf_of = |tree: Option<u32>, number: Option<u32>| {
        let index = numbers.find(tree?, number?)?;
        usize::try_from(index).ok()
    };
    for (((tree, number), score), value) in all.clone() {
        let step = leaf_of(tree, number).and_then(|index| list.steps.get_mut(index));
        let step = step.ok_or_else(|| bad(node, "has a weight for a node that does not exist"))?;
        let is_known = score.and_then(|score| usize::try_from(score).ok()).is_some_and(|score| score < scores);
        if !is_known || value.is_none() {
            return Err(bad(node, "has a weight for a score that does not exist"));
        }
        if step.mode != StepMode::Leaf {
            return Err(bad(node, "has a weight for a node that is not a leaf"));
        }
        step.no = step.no.saturating_add(1);
    }
    let mut start = 0_u32;
    for step in list.steps.iter_mut().filter(|step| step.mode == StepMode::Leaf) {
        let weights = step.no;
        (step.yes, step.no) = (start, start);
        start = start.saturating_add(weights);
    }
    compiler.allowance.spend(count, size_of::<LeafWeight>()).ok_or_else(over_allowance)?;
    list.weights.resize(count, LeafWeight { score: 0, value: 0.0 });
    for (((tree, number), score), value) in all {
        let step = leaf_of(tree, number).and_then(|index| list.steps.get_mut(index));
        let (Some(step), Some(score), Some(value)) = (step, score, value) else { continue };
        let place = usize::try_from(step.no).ok().and_then(|place| list.weights.get_mut(place));
        place.into_iter().for_each(|place| *place = LeafWeight { score, value });
        step.no = step.no.saturating_add(1);
    }
    Ok(())
}

impl TreeList {
    /// Checks that every node has at most one parent and no root has any, so that walks end.
    fn check(&self, compiler: &Compiler<'_, '_>, node: &OnnxNode<'_>) -> Result<()> {
        compiler.allowance.spend(self.steps.len(), 1).ok_or_else(over_allowance)?;
        let mut is_reached = vec![false; self.steps.len()];
        let conditions = self.steps.iter().filter(|step| step.mode != StepMode::Leaf);
        let children = conditions.flat_map(|step| [step.yes, step.no]);
        for index in self.roots.iter().copied().chain(children) {
            match usize::try_from(index).ok().and_then(|index| is_reached.get_mut(index)) {
                Some(reached) if !*reached => *reached = true,
                _ => return Err(bad(node, "has a node that two conditions lead to")),
            }
        }
        Ok(())
    }
}
