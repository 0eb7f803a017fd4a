//! Sums of trees: `TreeEnsembleClassifier` and `TreeEnsembleRegressor`.

use super::{
    post_transform::PostTransform,
    tree_nodes::{self, LeafWeight, StepMode, TreeList, TreeStep},
};
use crate::{
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Compiled, Compiler, bad, unsupported_form},
        messages::OnnxNode,
        numbers::{FloatElement, single_from_integer, to_single},
        tensor::{ElementKind, TensorData, TensorElement, TensorShape},
    },
};

/// Trees whose leaf weights add up to scores.
#[derive(Debug)]
pub(crate) struct SummedTrees {
    trees: TreeList,
    /// Columns of a row.
    columns: usize,
    scores: usize,
    /// One per score, or none.
    base: Vec<f64>,
    answer: ScoreRule,
}

/// From sums to what the operator computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ScoreRule {
    /// A regression: the sums, divided by the number of trees if true.
    Values { is_mean: bool },
    /// A score per class.
    Classes(PostTransform),
    /// Two classes of which one has weights: a score s, from which those of both follow.
    Binary(BinaryRule),
    /// Two classes with weights each. A row without a weight for the second is scored like [`BinaryRule::Mirrored`] or
    /// [`BinaryRule::Logistic`].
    TwoClasses(PostTransform),
}

/// The scores of two classes from one sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BinaryRule {
    /// 1 − s and s: no weight is negative.
    Share,
    /// −s and s.
    Mirrored,
    /// The sigmoids of −s and s.
    Logistic,
}

/// Whether a classifier computes scores on another scale than probabilities: it does not transform them, and weights are
/// negative.
pub(crate) fn has_raw_scores(node: &OnnxNode<'_>) -> bool {
    if PostTransform::of(node).ok() != Some(PostTransform::None) {
        return false;
    }
    match node.operator {
        "LinearClassifier" => true,
        _ => {
            let weights = node.attribute("class_weights").map(|attribute| attribute.floats());
            weights.into_iter().flatten().flatten().any(|weight| f32::from_le_bytes(weight) < 0.0)
        }
    }
}

pub(super) fn ensemble<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<SummedTrees>> {
    let input = compiler.sole(node)?;
    let columns = input.shape.columns().ok_or_else(|| unsupported_form(node, "of something else than a table"))?;
    if matches!(input.kind, ElementKind::Text | ElementKind::Truth) {
        return Err(bad(node, "reads something else than numbers"));
    }
    let is_classifier = node.is_classifier();
    let scores = if is_classifier {
        let counts = [
            node.attribute("classlabels_strings").map_or(0, |attribute| attribute.texts().count()),
            node.attribute("classlabels_int64s").map_or(0, |attribute| attribute.integers().count()),
        ];
        counts.into_iter().max().filter(|count| *count > 1).ok_or_else(|| bad(node, "has less than two classes"))?
    } else {
        let targets = node.attribute("n_targets").and_then(|attribute| attribute.integer()).unwrap_or(1);
        usize::try_from(targets).ok().filter(|targets| *targets > 0).ok_or_else(|| bad(node, "has no targets"))?
    };
    let trees = tree_nodes::read(compiler, node, if is_classifier { "class" } else { "target" }, scores, columns)?;
    let base = if node.attribute("base_values_as_tensor").is_some() {
        return Err(unsupported_form(node, "with base values as a tensor"));
    } else {
        compiler.floats(node, "base_values")?
    };
    let answer = if is_classifier { class_rule(node, scores, &trees.weights)? } else { regression_rule(node)? };
    let expected = if matches!(answer, ScoreRule::Binary(_)) { 1 } else { scores };
    if !base.is_empty() && (base.len() != expected || matches!(answer, ScoreRule::TwoClasses(_))) {
        // onnxruntime has a rule for them, in which a base value counts for one class only.
        return Err(unsupported_form(node, format_args!("with {} base values for {scores} scores", base.len())));
    }
    // A row keeps its scores in memory, though they need not be in the file.
    if compiler.allowance.spend(scores, size_of::<f64>()).is_none() {
        return Err(crate::onnx::refusal::over_allowance());
    }
    let base = base.into_iter().map(f64::from).collect();
    let operator = SummedTrees { trees, columns, scores, base, answer };
    let shape = TensorShape::table(scores).ok_or_else(|| bad(node, "has too many scores"))?;
    Ok(Compiled::Step(operator, Some(input.slot), ElementKind::Single, shape))
}

fn regression_rule(node: &OnnxNode<'_>) -> Result<ScoreRule> {
    if PostTransform::of(node)? != PostTransform::None {
        return Err(unsupported_form(node, "with a post_transform"));
    }
    match node.attribute("aggregate_function").and_then(|attribute| attribute.text()) {
        None | Some("SUM") => Ok(ScoreRule::Values { is_mean: false }),
        Some("AVERAGE") => Ok(ScoreRule::Values { is_mean: true }),
        _ => Err(unsupported_form(node, "that neither sums nor averages its trees")),
    }
}

/// The rule of onnxruntime, which depends on the weights.
fn class_rule(node: &OnnxNode<'_>, classes: usize, weights: &[LeafWeight]) -> Result<ScoreRule> {
    let post = PostTransform::of(node)?;
    if classes > 2 {
        return Ok(ScoreRule::Classes(post));
    }
    if weights.iter().any(|weight| weight.score != 0) {
        return Ok(ScoreRule::TwoClasses(post));
    }
    Ok(ScoreRule::Binary(match post {
        PostTransform::Logistic => BinaryRule::Logistic,
        _ if weights.iter().any(|weight| weight.value < 0.0) => BinaryRule::Mirrored,
        _ => BinaryRule::Share,
    }))
}

impl BinaryRule {
    fn scores(self, score: f64, round: impl Fn(f64) -> f64) -> [f32; 2] {
        match self {
            Self::Share => [to_single(round(1.0 - score)), to_single(score)],
            Self::Mirrored => [to_single(-score), to_single(score)],
            Self::Logistic => [to_single(-score).sigmoid(), to_single(score).sigmoid()],
        }
    }
}

impl SummedTrees {
    pub(super) fn work(&self) -> usize {
        self.trees.steps.len()
    }

    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        let single = |sum: f64| f64::from(to_single(sum));
        match read.input() {
            Some(TensorData::Single(values)) => self.sum(values, out, f64::from, single),
            Some(TensorData::Integer(values)) => {
                self.sum(values, out, |value| f64::from(single_from_integer(value)), single);
            }
            // Doubles are compared and summed as doubles.
            Some(TensorData::Double(values)) => self.sum(values, out, |value| value, |sum| sum),
            _ => {}
        }
    }

    fn sum<T: Copy>(&self, values: &[T], out: &mut TensorData, wide: impl Fn(T) -> f64, round: impl Fn(f64) -> f64) {
        let rows = values.len().checked_div(self.columns).unwrap_or(0);
        let out = f32::write(out, rows.saturating_mul(self.scores));
        let mut sums = vec![0.0; self.scores];
        for (row, out) in values.chunks_exact(self.columns.max(1)).zip(out.chunks_exact_mut(self.scores.max(1))) {
            sums.fill(0.0);
            let mut has_second = false;
            for root in &self.trees.roots {
                for weight in self.leaf(*root, row, &wide) {
                    let score = usize::try_from(weight.score).ok().and_then(|score| sums.get_mut(score));
                    score.into_iter().for_each(|sum| *sum = round(*sum + weight.value));
                    has_second |= weight.score == 1;
                }
            }
            self.answer(&mut sums, has_second, &round, out);
        }
    }

    /// The weights of the leaf in which a row ends.
    fn leaf<T: Copy>(&self, root: u32, row: &[T], wide: &impl Fn(T) -> f64) -> &[LeafWeight] {
        let mut at = root;
        loop {
            let Some(step) = usize::try_from(at).ok().and_then(|at| self.trees.steps.get(at)) else { return &[] };
            if step.mode == StepMode::Leaf {
                let place = |place: u32| usize::try_from(place).unwrap_or(0);
                return self.trees.weights.get(place(step.yes)..place(step.no)).unwrap_or_default();
            }
            let value = usize::try_from(step.column).ok().and_then(|column| row.get(column));
            at = if step.holds(value.map_or(f64::NAN, |value| wide(*value))) { step.yes } else { step.no };
        }
    }

    fn answer(&self, sums: &mut [f64], has_second: bool, round: &impl Fn(f64) -> f64, out: &mut [f32]) {
        if let ScoreRule::Values { is_mean: true } = self.answer {
            let trees = f64::from(u32::try_from(self.trees.roots.len()).unwrap_or(u32::MAX));
            sums.iter_mut().for_each(|sum| *sum = round(*sum / trees));
        }
        sums.iter_mut().zip(&self.base).for_each(|(sum, base)| *sum = round(*sum + base));
        let single = |post: PostTransform, out: &mut [f32]| {
            out.iter_mut().zip(sums.iter()).for_each(|(out, sum)| *out = to_single(*sum));
            post.apply(out);
        };
        let binary = |rule: BinaryRule, out: &mut [f32]| {
            let pair = rule.scores(sums.first().copied().unwrap_or(0.0), round);
            out.iter_mut().zip(pair).for_each(|(out, score)| *out = score);
        };
        match self.answer {
            ScoreRule::Values { .. } => single(PostTransform::None, out),
            ScoreRule::Classes(post) => single(post, out),
            ScoreRule::Binary(rule) => binary(rule, out),
            ScoreRule::TwoClasses(post) if has_second => single(post, out),
            ScoreRule::TwoClasses(PostTransform::Logistic) => binary(BinaryRule::Logistic, out),
            ScoreRule::TwoClasses(_) => binary(BinaryRule::Mirrored, out),
        }
    }
}

impl TreeStep {
    /// Whether the condition holds.
    fn holds(&self, value: f64) -> bool {
        let holds = match self.mode {
            StepMode::AtMost => value <= self.threshold,
            StepMode::Below => value < self.threshold,
            StepMode::AtLeast => value >= self.threshold,
            StepMode::Above => value > self.threshold,
            #[expect(clippy::float_cmp, reason = "the condition is equality")]
            StepMode::Equal => value == self.threshold,
            #[expect(clippy::float_cmp, reason = "the condition is inequality")]
            StepMode::Different => value != self.threshold,
            StepMode::Leaf => false,
        };
        holds || (self.missing_yes && value.is_nan())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x ≤ 0.5`, else the next column the same; leaves have one weight each.
    fn trees(weights: [(u32, f64); 3]) -> TreeList {
        let step = |threshold, column, yes, no, mode| TreeStep { threshold, column, yes, no, mode, missing_yes: false };
        TreeList {
            steps: vec![
                step(0.5, 0, 1, 2, StepMode::AtMost),
                step(0.0, 0, 0, 1, StepMode::Leaf),
                step(0.5, 1, 3, 4, StepMode::AtMost),
                step(0.0, 0, 1, 2, StepMode::Leaf),
                step(0.0, 0, 2, 3, StepMode::Leaf),
            ],
            roots: vec![0],
            weights: weights.map(|(score, value)| LeafWeight { score, value }).to_vec(),
        }
    }

    fn run(answer: ScoreRule, scores: usize, base: Vec<f64>, weights: [(u32, f64); 3], rows: Vec<f32>) -> Vec<f32> {
        let sum = SummedTrees { trees: trees(weights), columns: 2, scores, base, answer };
        let (slots, mut out) = ([TensorData::Single(rows)], TensorData::empty());
        sum.run(&RowBlock::of_first(1, &slots), &mut out);
        f32::read(&out).to_vec()
    }

    const ROWS: [f32; 6] = [0.5, 9.0, 0.6, 0.0, f32::NAN, f32::NAN];

    #[test]
    fn weights_of_leaves_are_summed() {
        let one = [(0, 1.0), (0, 2.0), (0, 4.0)];
        let values = ScoreRule::Values { is_mean: true };
        assert_eq!(run(values, 1, vec![0.5], one, ROWS.to_vec()), [1.5, 2.5, 4.5], "NaN is not at most 0.5");
        let classes = ScoreRule::Classes(PostTransform::None);
        let each = [(0, 1.0), (1, 2.0), (2, 4.0)];
        assert_eq!(run(classes, 3, vec![], each, ROWS[..4].to_vec()), [1.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
    }

    #[test]
    fn one_sum_gives_the_scores_of_two_classes() {
        let one = [(0, 0.25), (0, 0.0), (0, 1.0)];
        let binary = |rule| run(ScoreRule::Binary(rule), 2, vec![], one, ROWS[..4].to_vec());
        assert_eq!(binary(BinaryRule::Share), [0.75, 0.25, 1.0, 0.0]);
        assert_eq!(binary(BinaryRule::Mirrored), [-0.25, 0.25, -0.0, 0.0]);
        assert_eq!(binary(BinaryRule::Logistic)[2..], [0.5, 0.5]);
    }

    #[test]
    fn a_row_without_a_weight_for_the_second_class_has_mirrored_scores() {
        // As measured with onnxruntime 1.32.
        let both = [(0, 0.25), (1, 0.5), (1, 1.0)];
        let scores = run(ScoreRule::TwoClasses(PostTransform::None), 2, vec![], both, ROWS[..4].to_vec());
        assert_eq!(scores, [-0.25, 0.25, 0.0, 0.5]);
    }

    #[test]
    fn conditions_compare_and_treat_nan() {
        let step = |mode, missing_yes| TreeStep { threshold: 1.0, column: 0, yes: 0, no: 0, mode, missing_yes };
        let holds = |mode| [0.0, 1.0, 2.0, f64::NAN].map(|value| step(mode, false).holds(value));
        assert_eq!(holds(StepMode::AtMost), [true, true, false, false]);
        assert_eq!(holds(StepMode::Below), [true, false, false, false]);
        assert_eq!(holds(StepMode::AtLeast), [false, true, true, false]);
        assert_eq!(holds(StepMode::Above), [false, false, true, false]);
        assert_eq!(holds(StepMode::Equal), [false, true, false, false]);
        assert_eq!(holds(StepMode::Different), [true, false, true, true]);
        assert!(step(StepMode::AtMost, true).holds(f64::NAN));
    }
}
