//! SHAP values by walking all paths of a tree, row by row: for branching trees, where the result depends on the direction
//! that the row takes at every node.
//!
//! On the path to a leaf, the conditions of a player are met by a share `z` of the training rows at their nodes, and by
//! this row (`o` = 1) or not (`o` = 0). The value of the leaf enters the contribution of the player with the weight
//! `(o − z) ∫₀¹ Π (t oₚ + (1 − t) zₚ) dt`, where the product is over the other players of the path. These are the
//! permutation weights of `TreeSHAP` as an integral, which a few values of `t` determine exactly (see `quadrature`). The
//! sum over the leaves below an edge is computed once, so a row takes a few operations per node. Sources: Lundberg et
//! al. 2018 (`TreeSHAP`); CatBoost's `CalcNonObliviousInternalShapValuesForLeafRecursive`, which defines the values; Yu
//! et al. 2022 (Linear `TreeSHAP`).

use super::{
    leaves::{Means, is_negligible, leaf_at},
    players::Players,
    quadrature,
};
use crate::{
    catboost::{
        file::refusal::{damaged, unsupported},
        forest::{
            Forest,
            split::Split,
            trees::{Branching, Oblivious},
        },
    },
    error::Result,
};

/// Maximum depth, to bound the recursion. CatBoost trains trees of at most 16 levels.
const MAX_DEPTH: usize = 64;

/// Trees prepared for walking.
#[derive(Debug)]
pub(crate) struct PathWalker {
    dimensions: usize,
    /// Nodes of all trees, tree by tree; a child comes after its parent.
    nodes: Vec<WalkNode>,
    roots: Vec<usize>,
    /// For each leaf, one value per dimension.
    values: Vec<f64>,
    /// Values of `t` and their weights.
    points: Vec<(f64, f64)>,
    /// Depth of the deepest tree.
    depth: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct WalkNode {
    split: Split,
    player: usize,
    /// Offsets from this node to its children, the child for rows that do not meet the condition first; 0 for a leaf.
    steps: [usize; 2],
    /// Shares of the training rows of this node that go to each child.
    shares: [f64; 2],
    /// Start of the values of a leaf.
    value: usize,
}

/// A node whose weight is not known yet.
#[derive(Debug, Clone, Copy)]
struct DraftNode {
    split: Split,
    steps: [usize; 2],
    leaf: usize,
}

impl PathWalker {
    pub(crate) fn new(dimensions: usize) -> Self {
        Self { dimensions, nodes: Vec::new(), roots: Vec::new(), values: Vec::new(), points: Vec::new(), depth: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Adds a branching tree and returns its means.
    pub(crate) fn add_branching(
        &mut self,
        forest: &Forest,
        players: &Players,
        trees: &Branching,
        tree: usize,
    ) -> Result<Means> {
        let range = trees.roots.get(tree).copied().unwrap_or(0)..trees.roots.get(tree + 1).copied().unwrap_or(0);
        let nodes = trees.nodes.get(range.clone()).unwrap_or_default();
        let values = trees.values.get(range).unwrap_or_default();
        let drafts = nodes.iter().zip(values).map(|(node, value)| DraftNode {
            split: node.split,
            steps: [usize::from(node.left), usize::from(node.right)],
            leaf: usize::try_from(*value).unwrap_or(usize::MAX).checked_div(forest.dimension).unwrap_or(0),
        });
        let mut drafts: Vec<DraftNode> = drafts.collect();
        // If a walk ends at a node on one side only, that side becomes a separate leaf. (The official library treats
        // such a leaf as if the node had no condition, and its contributions then do not add up to the raw output. If it
        // loads the same model from JSON, where the leaf is separate, it gives the values computed here.)
        for at in 0..nodes.len() {
            let end = drafts.len();
            let Some(draft) = drafts.get_mut(at).filter(|draft| draft.steps != [0, 0]) else { continue };
            let Some(step) = draft.steps.iter_mut().find(|step| **step == 0) else { continue };
            *step = end - at;
            let leaf = DraftNode { steps: [0, 0], ..*draft };
            drafts.push(leaf);
        }
        self.add(forest, players, &drafts)
    }

    /// Adds an oblivious tree and returns its means. The last condition is at the root, the first at the lowest nodes.
    pub(crate) fn add_oblivious(
        &mut self,
        forest: &Forest,
        players: &Players,
        trees: &Oblivious,
        tree: usize,
    ) -> Result<Means> {
        let splits = trees.splits_of(tree);
        let first = trees.value_starts.get(tree).copied().unwrap_or(0).checked_div(forest.dimension).unwrap_or(0);
        let mut drafts = Vec::new();
        for (level, split) in splits.iter().rev().enumerate() {
            // Node `i`, in level order, has the children `2 i + 1` and `2 i + 2`.
            let nodes = (1_usize << level) - 1..(2_usize << level) - 1;
            drafts.extend(nodes.map(|at| DraftNode { split: *split, steps: [at + 1, at + 2], leaf: 0 }));
        }
        let leaves = first..first + (1 << splits.len());
        drafts.extend(leaves.map(|leaf| DraftNode { split: Split::default(), steps: [0, 0], leaf }));
        self.add(forest, players, &drafts)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "steps lead to nodes of the tree: Branching::from_parts has checked them"
    )]
    fn add(&mut self, forest: &Forest, players: &Players, drafts: &[DraftNode]) -> Result<Means> {
        let mut levels = vec![None; drafts.len()];
        levels.first_mut().into_iter().for_each(|level| *level = Some(0));
        for (at, draft) in drafts.iter().enumerate() {
            let Some(level) = levels[at] else { continue };
            self.depth = self.depth.max(level);
            if level >= MAX_DEPTH {
                return Err(unsupported(format_args!(
                    "has a tree deeper than {MAX_DEPTH} levels; vigie cannot compute SHAP values for it"
                )));
            }
            for child in draft.steps.iter().filter(|step| **step > 0).map(|step| at + step) {
                if levels[child].replace(level + 1).is_some() {
                    return Err(damaged("two nodes of a tree have the same child"));
                }
            }
        }
        let is_leaf = |at: usize| levels[at].is_some() && drafts[at].steps == [0, 0];
        let leaves = (0..drafts.len()).filter(|&at| is_leaf(at));
        let means = Means::new(forest, leaves.map(|at| drafts[at].leaf))?;
        self.roots.push(self.nodes.len());
        let mut weights = vec![0.0; drafts.len()];
        let root = self.nodes.len();
        self.nodes.resize(root + drafts.len(), WalkNode::default());
        for (at, draft) in drafts.iter().enumerate().rev().filter(|(at, _)| levels[*at].is_some()) {
            let mut node = WalkNode { split: draft.split, steps: draft.steps, ..WalkNode::default() };
            if draft.steps == [0, 0] {
                let (weight, values) = leaf_at(forest, draft.leaf);
                weights[at] = weight;
                node.value = self.values.len();
                self.values.extend(values.iter().take(self.dimensions).map(|value| value - means.offset));
            } else {
                let below = draft.steps.map(|step| weights[at + step]);
                weights[at] = below[0] + below[1];
                node.player = players.player_of(draft.split.column);
                node.shares = below.map(|weight| if is_negligible(weight) { 0.0 } else { weight / weights[at] });
            }
            self.nodes[root + at] = node;
        }
        self.points = quadrature::points(self.depth.div_ceil(2).max(1));
        Ok(means)
    }

    /// Allocates buffers for [`PathWalker::explain`].
    pub(crate) fn buffers(&self, players: usize) -> WalkBuffers {
        let level = self.points.len() * (1 + self.dimensions);
        WalkBuffers { player_factors: vec![(1.0, 1.0); players], levels: vec![0.0; level * (self.depth + 1)] }
    }

    /// Adds the contributions of one row: player by player, one value per dimension.
    pub(crate) fn explain(&self, holds: &impl Fn(Split) -> bool, buffers: &mut WalkBuffers, out: &mut [f64]) {
        for root in &self.roots {
            buffers.levels.iter_mut().take(self.points.len()).for_each(|product| *product = 1.0);
            self.visit(*root, holds, &mut buffers.player_factors, &mut buffers.levels, out);
        }
    }

    /// Visits a node and everything below it. `levels` begins with the products over the path so far; on return, they
    /// are followed by the sums over the leaves below.
    #[expect(clippy::indexing_slicing, reason = "buffers fit the deepest tree; nodes are checked when added")]
    fn visit(
        &self,
        at: usize,
        holds: &impl Fn(Split) -> bool,
        player_factors: &mut [(f64, f64)],
        levels: &mut [f64],
        out: &mut [f64],
    ) {
        let count = self.points.len();
        let (products, rest) = levels.split_at_mut(count);
        let (sums, deeper) = rest.split_at_mut(count * self.dimensions);
        let node = self.nodes[at];
        if node.steps == [0, 0] {
            for (sums, value) in sums.chunks_exact_mut(count).zip(&self.values[node.value..]) {
                sums.iter_mut().zip(&*products).for_each(|(sum, product)| *sum = value * product);
            }
            return;
        }
        sums.fill(0.0);
        let before = player_factors[node.player];
        let taken = usize::from(holds(node.split));
        for (side, (&step, &share)) in node.steps.iter().zip(&node.shares).enumerate() {
            if share == 0.0 {
                continue;
            }
            let after = (if side == taken { before.0 } else { 0.0 }, before.1 * share);
            for ((product, (t, _)), above) in deeper.iter_mut().zip(&self.points).zip(&*products) {
                *product = above * (factor(after, *t) / factor(before, *t));
            }
            player_factors[node.player] = after;
            self.visit(at + step, holds, player_factors, deeper, out);
            player_factors[node.player] = before;
            let own = &mut out[node.player * self.dimensions..][..self.dimensions];
            let below = deeper[count..].chunks_exact(count);
            for ((own, sums), below) in own.iter_mut().zip(sums.chunks_exact_mut(count)).zip(below) {
                for ((sum, below), (t, weight)) in sums.iter_mut().zip(below).zip(&self.points) {
                    *sum += below;
                    *own += weight * below * (own_factor(after, *t) - own_factor(before, *t));
                }
            }
        }
    }
}

/// Buffers that are reused from row to row.
#[derive(Debug)]
pub(crate) struct WalkBuffers {
    /// `o` and `z` of each player for the path so far.
    player_factors: Vec<(f64, f64)>,
    levels: Vec<f64>,
}

/// The factor of a player in the integrals of other players.
fn factor((o, z): (f64, f64), t: f64) -> f64 {
    t * o + (1.0 - t) * z
}

/// `o − z` of a player, divided by its factor: replaces that factor in the player's own integral.
fn own_factor((o, z): (f64, f64), t: f64) -> f64 {
    (o - z) / factor((o, z), t)
}
