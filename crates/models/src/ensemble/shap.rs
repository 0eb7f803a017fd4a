//! SHAP values of branching trees: exact path-dependent `TreeSHAP` in 64-bit floats, with the training weights of the
//! nodes.

use std::ops::Range;

use super::{
    bins::{BLOCK, EnsembleBlock, MIN_WIDE_ROWS},
    columns::BinCondition,
    order::LeafOrder,
    scorer::TreeScorer,
    trees::{Child, Ensemble, Tree},
};
use crate::{
    error::{ModelError, Result},
    inputs::ColumnValues,
    shap::{
        paths::{EdgeTarget, PathChild, PathLeaves, PathNode, PathWalker},
        vectors::{LANES, Lanes, at_least, repeat},
    },
};

/// SHAP values of an ensemble.
///
/// They explain the sum of the leaf values and the base in 64-bit floats, even if the family adds up in 32 bits.
#[derive(Debug)]
pub(crate) struct EnsembleShap {
    /// The expected value of each output.
    pub expected: Vec<f64>,
    pub features: usize,
    walker: PathWalker<BinCondition>,
}

impl EnsembleShap {
    /// Maximum [`EnsembleShap::gap`] of correct values.
    pub(crate) const TOLERANCE: f64 = 1e-12;

    /// Prepares an ensemble.
    ///
    /// # Errors
    ///
    /// If a leaf is a linear function, or the weight of a node is not a finite positive number or 0.
    pub(crate) fn new(scorer: &TreeScorer) -> Result<Self> {
        let ensemble: &Ensemble = scorer;
        let mut shap = Self {
            expected: ensemble.base.clone(),
            features: ensemble.features,
            walker: PathWalker::new(ensemble.outputs(), ensemble.features),
        };
        for (number, (tree, conditions)) in ensemble.trees.iter().zip(scorer.plan().conditions()).enumerate() {
            shap.add(tree, conditions).map_err(|error| error.context(format_args!("tree {number}")))?;
        }
        Ok(shap)
    }

    fn add(&mut self, tree: &Tree, conditions: impl Iterator<Item = BinCondition>) -> Result<()> {
        if !tree.linear.is_empty() {
            return Err(ModelError::new(
                "its leaves are linear functions, for which SHAP values are not defined (LightGBM refuses them too)",
            ));
        }
        let covers = || tree.nodes.iter().map(|node| node.cover).chain(tree.leaf_covers.iter().copied());
        if !covers().all(|cover| cover.is_finite() && cover >= 0.0) {
            return Err(ModelError::new("the training weight of a node is negative or not finite"));
        }
        let order = LeafOrder::new(tree);
        let nodes: Vec<Option<PathNode<BinCondition>>> = tree
            .nodes
            .iter()
            .zip(conditions)
            .map(|(node, condition)| {
                let child = |child: Child| {
                    let (cover, to) = match child {
                        Child::Node(at) => (tree.nodes.get(at).map(|node| node.cover), EdgeTarget::Node(at)),
                        Child::Leaf(leaf) => {
                            let number = order.numbers.get(leaf).copied().unwrap_or(0);
                            (tree.leaf_covers.get(leaf).copied(), EdgeTarget::Leaf(number))
                        }
                    };
                    // No training row reached the node: its sides are equally likely.
                    let share = if node.cover > 0.0 { cover.unwrap_or(0.0) / node.cover } else { 0.5 };
                    PathChild { share, to }
                };
                Some(PathNode { condition, player: node.feature, children: [child(node.left), child(node.right)] })
            })
            .collect();
        let mut values = vec![0.0; tree.values.len()];
        for (own, number) in tree.values.chunks_exact(tree.width.max(1)).zip(&order.numbers) {
            let to = values.iter_mut().skip(number.saturating_mul(tree.width));
            to.zip(own).for_each(|(to, value)| *to = *value);
        }
        for place in 0..tree.width {
            let mean = mean(&nodes, &values, tree.width, place);
            self.expected.iter_mut().skip(tree.output + place).take(1).for_each(|expected| *expected += mean);
        }
        self.walker.add(&nodes, PathLeaves { values: &values, width: tree.width, output: tree.output })
    }

    /// Number of values per row: for each output, one per feature, and the expected value.
    pub(crate) fn width(&self) -> usize {
        self.expected.len().saturating_mul(self.features.saturating_add(1))
    }

    /// Computes the SHAP values of some rows, [`EnsembleShap::width`] per row; `columns` as for [`TreeScorer::raw`].
    pub(crate) fn values(&self, scorer: &TreeScorer, columns: &[ColumnValues], rows: Range<usize>, out: &mut [f64]) {
        let (plan, outputs) = (scorer.plan(), self.expected.len());
        let at_once = BLOCK.min(rows.len()).max(1);
        let mut block = EnsembleBlock::new(&plan.columns, at_once.max(MIN_WIDE_ROWS));
        let mut lanes: Vec<Lanes> = Vec::new();
        for (index, out) in out.chunks_mut(self.width().saturating_mul(at_once).max(1)).enumerate() {
            let count = out.len().checked_div(self.width()).unwrap_or(0);
            let first = rows.start.saturating_add(index.saturating_mul(at_once));
            block.fill(&plan.columns, &scorer.rules, scorer.kernel(), columns, first, count);
            lanes.clear();
            lanes.resize(count.div_ceil(LANES) * self.walker.width(), Lanes::default());
            let holds = |condition: &BinCondition, group: usize| {
                let start = (condition.column as usize).saturating_mul(block.stride()).saturating_add(group * LANES);
                let bins = block.bytes().get(start..).and_then(<[u8]>::first_chunk::<LANES>);
                at_least(bins.map_or(0, |bins| u64::from_le_bytes(*bins)) & repeat(condition.mask), condition.least)
            };
            self.walker.explain(scorer.kernel(), &holds, &mut lanes);
            for (group, out) in out.chunks_mut(self.width() * LANES).enumerate() {
                let own = lanes.iter().skip(group * self.walker.width()).take(self.walker.width());
                for (place, lanes) in own.enumerate() {
                    let (feature, output) = (place / outputs, place % outputs);
                    let values = out.iter_mut().skip(output * (self.features + 1) + feature).step_by(self.width());
                    values.zip(lanes).for_each(|(value, lane)| *value = *lane);
                }
            }
            for out in out.chunks_exact_mut(self.features + 1).zip(self.expected.iter().cycle()) {
                out.0.last_mut().into_iter().for_each(|last| *last = *out.1);
            }
        }
    }

    /// Self-test: the largest difference between the sum of a row's SHAP values and its raw output, relative to the
    /// largest absolute value in the row or 1. `sums`: the raw outputs from [`TreeScorer::sums`].
    pub(crate) fn gap(&self, values: &[f64], sums: &[f64]) -> f64 {
        let gaps = values.chunks_exact(self.features + 1).zip(sums).map(|(values, own)| {
            let size = values.iter().fold(1.0_f64, |size, value| size.max(value.abs()));
            let sum: f64 = values.iter().sum();
            (sum - own).abs() / size
        });
        gaps.fold(0.0, |worst, gap| if gap <= worst { worst } else { gap })
    }

    /// The mean of |SHAP value| over some rows, per feature, summed over outputs.
    pub(crate) fn importance(&self, scorer: &TreeScorer, columns: &[ColumnValues], rows: Range<usize>) -> Vec<f64> {
        let mut importance = vec![0.0; self.features];
        let mut values = vec![0.0; self.width().saturating_mul(BLOCK.min(rows.len()))];
        #[expect(clippy::cast_precision_loss, reason = "rows are far below 2^52")]
        let all = rows.len().max(1) as f64;
        for from in rows.clone().step_by(BLOCK) {
            let end = from.saturating_add(BLOCK).min(rows.end);
            let values = values.split_at_mut(self.width().saturating_mul(end.saturating_sub(from))).0;
            self.values(scorer, columns, from..end, values);
            for values in values.chunks_exact(self.features + 1) {
                importance.iter_mut().zip(values).for_each(|(sum, value)| *sum += value.abs());
            }
        }
        importance.iter_mut().for_each(|sum| *sum /= all);
        importance
    }
}

/// The mean of one of the values per leaf, with the shares as weights.
fn mean(nodes: &[Option<PathNode<BinCondition>>], values: &[f64], width: usize, place: usize) -> f64 {
    let value = |leaf: usize| values.get(leaf * width + place).copied().unwrap_or(0.0);
    let mut means = vec![0.0; nodes.len()];
    // Children come after their parents.
    for (at, node) in nodes.iter().enumerate().rev() {
        let below = |child: &PathChild| match child.to {
            EdgeTarget::Node(node) => child.share * means.get(node).copied().unwrap_or(0.0),
            EdgeTarget::Leaf(leaf) => child.share * value(leaf),
            EdgeTarget::Nothing => 0.0,
        };
        let mean = node.iter().flat_map(|node| &node.children).map(below).sum();
        means.get_mut(at).into_iter().for_each(|own| *own = mean);
    }
    means.first().copied().unwrap_or_else(|| value(0))
}
