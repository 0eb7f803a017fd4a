//! Trees in the layouts that are scored, with conditions on bins.
//!
//! The leaves of a tree are numbered from left to right. A tree with at most 256 leaves is scored densely: every
//! condition is evaluated for every row of a block. A row is at a node exactly if its leaf number so far is the first
//! below the node; to the left the number remains, and to the right it becomes the first of the right side. This takes a
//! few operations for each node and register of 16 to 64 rows, and no load depends on a row. A larger tree is walked row
//! by row, and so is every tree if there are only a few rows.

use super::{
    columns::{BinColumns, BinCondition},
    order::LeafOrder,
    trees::{Child, Ensemble, Tree},
};

/// All trees of an ensemble, prepared for scoring.
#[derive(Debug)]
pub(crate) struct ScoringPlan {
    pub columns: BinColumns,
    pub trees: Vec<PlannedTree>,
    pub walk: Vec<WalkNode>,
    dense: Vec<DenseNode>,
    values: Vec<f64>,
}

/// Where the parts of a tree are in the arrays of a plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlannedTree {
    /// Nodes for walks.
    walk: [usize; 2],
    /// Where walks start, in the form of [`WalkNode::sides`].
    pub root: i32,
    /// Nodes for dense scoring; empty if the tree has too many leaves.
    dense: [usize; 2],
    /// First value of the first leaf.
    values: [usize; 2],
    pub width: usize,
    pub output: usize,
    pub leaves: usize,
}

/// A node for dense scoring.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct DenseNode {
    pub column: u32,
    pub mask: u8,
    pub least: u8,
    /// The first leaf below the node.
    pub first: u8,
    /// The first leaf of its right side.
    pub right: u8,
}

/// A node for a walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WalkNode {
    pub condition: BinCondition,
    /// Where each side leads: a node, counted from that of the first tree, or `!leaf`.
    pub sides: [i32; 2],
}

/// Maximum number of leaves of a tree that is scored densely.
const DENSE_LEAVES: usize = 256;

impl PlannedTree {
    /// Whether it has few enough leaves for dense scoring.
    pub(crate) fn is_dense(&self) -> bool {
        self.leaves <= DENSE_LEAVES
    }
}

impl ScoringPlan {
    /// Prepares a valid ensemble.
    pub(crate) fn new(ensemble: &Ensemble) -> Self {
        let (columns, conditions) = BinColumns::new(ensemble);
        let nodes = ensemble.trees.iter().map(|tree| tree.nodes.len()).sum();
        let mut plan =
            Self { columns, trees: Vec::new(), dense: Vec::new(), walk: Vec::with_capacity(nodes), values: Vec::new() };
        for tree in &ensemble.trees {
            let order = LeafOrder::new(tree);
            let condition = |node| conditions.of(tree, node).unwrap_or(BinCondition { column: 0, mask: 0, least: 0 });
            let conditions: Vec<BinCondition> = tree.nodes.iter().map(condition).collect();
            let first = plan.walk.len();
            let trees = PlannedTree {
                root: plan.add_walk(tree, &order, &conditions),
                walk: [first, first.saturating_add(tree.nodes.len())],
                dense: plan.add_dense(tree, &order, &conditions),
                values: plan.add_values(tree, &order),
                width: tree.width,
                output: tree.output,
                leaves: tree.leaves(),
            };
            plan.trees.push(trees);
        }
        plan
    }

    /// The conditions of each tree, node by node.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = impl Iterator<Item = BinCondition>> {
        self.trees.iter().map(|tree| {
            let [from, to] = tree.walk;
            self.walk.get(from..to).unwrap_or_default().iter().map(|node| node.condition)
        })
    }

    /// The nodes of a tree for dense scoring.
    pub(crate) fn dense_nodes(&self, tree: &PlannedTree) -> &[DenseNode] {
        let [from, to] = tree.dense;
        self.dense.get(from..to).unwrap_or_default()
    }

    /// The values of the leaves of a tree.
    pub(crate) fn values(&self, tree: &PlannedTree) -> &[f64] {
        let [from, to] = tree.values;
        self.values.get(from..to).unwrap_or_default()
    }

    fn add_walk(&mut self, tree: &Tree, order: &LeafOrder, conditions: &[BinCondition]) -> i32 {
        let first = self.walk.len();
        let side = |child: Child| match child {
            Child::Node(node) => i32::try_from(first.saturating_add(node)).unwrap_or(-1),
            Child::Leaf(leaf) => !order.numbers.get(leaf).and_then(|number| i32::try_from(*number).ok()).unwrap_or(0),
        };
        let nodes = tree.nodes.iter().zip(conditions);
        let nodes = nodes
            .map(|(node, condition)| WalkNode { condition: *condition, sides: [side(node.left), side(node.right)] });
        self.walk.extend(nodes);
        side(if tree.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) })
    }

    fn add_dense(&mut self, tree: &Tree, order: &LeafOrder, conditions: &[BinCondition]) -> [usize; 2] {
        let start = self.dense.len();
        if tree.leaves() <= DENSE_LEAVES {
            for (BinCondition { column, mask, least }, [first, middle, _]) in conditions.iter().zip(&order.sides) {
                let leaf = |number: usize| u8::try_from(number).unwrap_or(0);
                let (first, right) = (leaf(*first), leaf(*middle));
                self.dense.push(DenseNode { column: *column, mask: *mask, least: *least, first, right });
            }
        }
        [start, self.dense.len()]
    }

    fn add_values(&mut self, tree: &Tree, order: &LeafOrder) -> [usize; 2] {
        let start = self.values.len();
        self.values.resize(start.saturating_add(tree.values.len()), 0.0);
        let own = self.values.get_mut(start..).unwrap_or_default();
        for (values, number) in tree.values.chunks_exact(tree.width.max(1)).zip(&order.numbers) {
            let to = own.iter_mut().skip(number.saturating_mul(tree.width));
            to.zip(values).for_each(|(to, value)| *to = *value);
        }
        [start, self.values.len()]
    }
}
