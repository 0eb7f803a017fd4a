//! Trees of scikit-learn's decision trees and forests, and of its two kinds of gradient boosting.

use crate::{
    ensemble::trees::{Child, MissingValues, Node, SplitCondition, Tree},
    error::Result,
    sklearn::file::{
        node::SkopsNode,
        npy::{NpyArray, NpyField},
        refusal::{damaged, over_allowance, unsupported},
    },
};

/// What the trees of an estimator add, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeafRule {
    /// Number of values per leaf in the file: classes, or 1.
    pub values: usize,
    /// Multiplied with each value.
    pub scale: f64,
    /// The output that the first value is added to.
    pub output: usize,
}

/// A tree of a `DecisionTree…`, `ExtraTree…` or of gradient boosting. Of two classes, only the second has a value.
pub(crate) fn decision_tree(node: &SkopsNode<'_>, rule: LeafRule) -> Result<Tree> {
    let tree = node.attribute("tree_")?;
    let (nodes, values) = (tree.attribute("nodes")?.array()?, tree.attribute("values")?.array()?);
    let [count, outputs, classes] = *values.shape() else {
        return Err(damaged("the values of a tree do not have three dimensions"));
    };
    if outputs != 1 {
        return Err(unsupported("has several targets, which are not read; train one model per target"));
    }
    if count != nodes.len() || classes != rule.values {
        return Err(damaged("a tree has nodes without values"));
    }
    let field = values.field("")?;
    let kept = if classes == 2 { 1..2 } else { 0..classes };
    let value = |at: usize, into: &mut Vec<f64>| {
        let all = kept.clone().map(|class| rule.scale * values.number(field, at * classes + class));
        into.extend(all);
    };
    let (threshold, cover) = (nodes.field("threshold")?, nodes.field("weighted_n_node_samples")?);
    let (feature, goes_left) = (nodes.field("feature")?, nodes.field("missing_go_to_left")?);
    let condition = |at: usize| {
        let missing_left = nodes.index(goes_left, at) == Some(1);
        let threshold = nodes.number(threshold, at);
        Ok((
            nodes.index(feature, at),
            SplitCondition::Threshold { threshold, missing: MissingValues::Nan, missing_left },
        ))
    };
    let left = nodes.field("left_child")?;
    let links = TreeLinks { nodes: &nodes, left, right: nodes.field("right_child")?, cover };
    let is_leaf = |at: usize| nodes.index(left, at).is_none();
    links.build(node, kept.len(), rule.output, &is_leaf, &condition, &value)
}

/// A tree of `HistGradientBoosting…`.
pub(crate) fn histogram_tree(node: &SkopsNode<'_>, output: usize) -> Result<Tree> {
    let nodes = node.attribute("nodes")?.array()?;
    let (value, is_leaf) = (nodes.field("value")?, nodes.field("is_leaf")?);
    let (threshold, goes_left) = (nodes.field("num_threshold")?, nodes.field("missing_go_to_left")?);
    let (feature, is_set, set) =
        (nodes.field("feature_idx")?, nodes.field("is_categorical")?, nodes.field("bitset_idx")?);
    let sets = bit_sets(node)?;
    let condition = |at: usize| {
        let missing_left = nodes.index(goes_left, at) == Some(1);
        let condition = if nodes.index(is_set, at) == Some(0) {
            let threshold = nodes.number(threshold, at);
            SplitCondition::Threshold { threshold, missing: MissingValues::Nan, missing_left }
        } else {
            let first = nodes.index(set, at).and_then(|set| set.checked_mul(SET_WORDS));
            let words = first.filter(|first| *first < sets.len()).map(|first| first..first + SET_WORDS);
            let words = words.ok_or_else(|| damaged("a set of categories is missing"))?;
            SplitCondition::Set { words, members_left: true, missing_left }
        };
        Ok((nodes.index(feature, at), condition))
    };
    let links = TreeLinks {
        nodes: &nodes,
        left: nodes.field("left")?,
        right: nodes.field("right")?,
        cover: nodes.field("count")?,
    };
    let is_leaf = |at: usize| nodes.number(is_leaf, at) != 0.0;
    let value = |at: usize, into: &mut Vec<f64>| into.push(nodes.number(value, at));
    let tree = links.build(node, 1, output, &is_leaf, &condition, &value)?;
    Ok(Tree { sets, ..tree })
}

/// Words of a set of categories: 256 bits.
const SET_WORDS: usize = 8;

/// The sets of categories of a tree, [`SET_WORDS`] each.
fn bit_sets(node: &SkopsNode<'_>) -> Result<Vec<u32>> {
    let Some(sets) = node.find("raw_left_cat_bitsets")? else { return Ok(Vec::new()) };
    let numbers = sets.numbers()?;
    if numbers.len() % SET_WORDS != 0 {
        return Err(damaged("a set of categories is cut short"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "32-bit words")]
    let words = numbers.into_iter().map(|word| word as u32).collect();
    Ok(words)
}

/// How the nodes of a file hang together.
struct TreeLinks<'a> {
    nodes: &'a NpyArray<'a>,
    left: &'a NpyField,
    right: &'a NpyField,
    /// Weight of the training rows.
    cover: &'a NpyField,
}

/// The feature and the condition of a node.
type ReadCondition<'a> = dyn Fn(usize) -> Result<(Option<usize>, SplitCondition)> + 'a;

impl TreeLinks<'_> {
    /// Numbers conditions and leaves separately, in the order of the file.
    fn build(
        &self,
        owner: &SkopsNode<'_>,
        width: usize,
        output: usize,
        is_leaf: &dyn Fn(usize) -> bool,
        condition: &ReadCondition<'_>,
        value: &dyn Fn(usize, &mut Vec<f64>),
    ) -> Result<Tree> {
        let count = self.nodes.len();
        let allowance = &owner.reader().allowance;
        let leaves = (0..count).filter(|at| is_leaf(*at)).count();
        let leaf = size_of::<f64>().saturating_mul(width.saturating_add(1));
        let charged = allowance
            .spend(1, size_of::<Tree>().saturating_mul(3))
            .and_then(|()| allowance.spend(leaves, leaf))
            .and_then(|()| allowance.spend(count - leaves, size_of::<Node>()))
            // What each node of the file has become.
            .and_then(|()| allowance.spend(count, size_of::<Child>() + 1));
        charged.ok_or_else(over_allowance)?;
        let mut tree = Tree {
            nodes: Vec::with_capacity(count - leaves),
            values: Vec::with_capacity(leaves.saturating_mul(width)),
            width,
            output,
            leaf_covers: Vec::with_capacity(leaves),
            ..Tree::default()
        };
        let (mut next_node, mut next_leaf) = (0, 0);
        let mut children = Vec::with_capacity(count);
        for at in 0..count {
            let (child, next) = if is_leaf(at) {
                (Child::Leaf(next_leaf), &mut next_leaf)
            } else {
                (Child::Node(next_node), &mut next_node)
            };
            children.push(child);
            *next += 1;
        }
        let child = |field: &NpyField, at: usize| {
            let child = self.nodes.index(field, at).and_then(|at| children.get(at)).copied();
            child.ok_or_else(|| damaged("a node of a tree leads nowhere"))
        };
        for at in 0..count {
            let cover = self.nodes.number(self.cover, at);
            if is_leaf(at) {
                value(at, &mut tree.values);
                tree.leaf_covers.push(cover);
                continue;
            }
            let (feature, condition) = condition(at)?;
            let feature = feature.ok_or_else(|| damaged("a node of a tree reads no feature"))?;
            let (left, right) = (child(self.left, at)?, child(self.right, at)?);
            tree.nodes.push(Node { feature, condition, left, right, cover });
        }
        Ok(tree)
    }
}
