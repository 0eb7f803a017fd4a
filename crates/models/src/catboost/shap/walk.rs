//! Trees of CatBoost prepared for SHAP values path by path: branching trees, and oblivious trees that are too deep for
//! tables.

use super::{
    leaves::{Means, is_negligible, leaf_at},
    players::Players,
};
use crate::{
    catboost::{
        file::refusal::{damaged, unsupported},
        forest::{
            Forest,
            split::Split,
            trees::{Branching, Oblivious},
        },
        score::{Kernel, quantise::BinBlock},
    },
    error::Result,
    shap::{
        paths::{EdgeTarget, PathChild, PathLeaves, PathNode, PathWalker},
        vectors::{LANES, Lanes, at_least, repeat},
    },
};

/// Maximum depth. CatBoost trains trees of at most 16 levels.
const MAX_DEPTH: usize = 64;

/// The trees of a model that are walked.
#[derive(Debug)]
pub(crate) struct WalkedTrees {
    dimensions: usize,
    walker: PathWalker<Split>,
    /// Depth of the deepest tree.
    depth: usize,
}

/// A node whose weight is not known yet.
#[derive(Debug, Clone, Copy)]
struct DraftNode {
    split: Split,
    /// Offsets from this node to its children, the child for rows that do not meet the condition first; 0 for a leaf.
    steps: [usize; 2],
    leaf: usize,
}

impl WalkedTrees {
    pub(crate) fn new(dimensions: usize, players: &Players) -> Self {
        Self { dimensions, walker: PathWalker::new(dimensions, players.features.len()), depth: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.walker.is_empty()
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
        let mut weights = vec![0.0; drafts.len()];
        let mut nodes: Vec<Option<PathNode<Split>>> = vec![None; drafts.len()];
        let mut values = vec![0.0; drafts.len() * self.dimensions];
        for (at, draft) in drafts.iter().enumerate().rev().filter(|(at, _)| levels[*at].is_some()) {
            if draft.steps == [0, 0] {
                let (weight, own) = leaf_at(forest, draft.leaf);
                weights[at] = weight;
                let to = values.iter_mut().skip(at * self.dimensions).take(self.dimensions);
                to.zip(own).for_each(|(to, value)| *to = value - means.offset);
            } else {
                let below = draft.steps.map(|step| weights[at + step]);
                weights[at] = below[0] + below[1];
                let child = |side: usize| {
                    let to = at + draft.steps[side];
                    let share = if is_negligible(below[side]) { 0.0 } else { below[side] / weights[at] };
                    let to = match () {
                        // Leaves without weight have no value.
                        () if share == 0.0 => EdgeTarget::Nothing,
                        () if drafts[to].steps == [0, 0] => EdgeTarget::Leaf(to),
                        () => EdgeTarget::Node(to),
                    };
                    PathChild { share, to }
                };
                let player = players.player_of(draft.split.column);
                nodes[at] = Some(PathNode { condition: draft.split, player, children: [child(0), child(1)] });
            }
        }
        self.walker.add(&nodes, PathLeaves { values: &values, width: self.dimensions, output: 0 })?;
        Ok(means)
    }

    /// Call this when all trees have been added.
    pub(crate) fn finish(&mut self) {
        self.walker.set_points(self.depth.div_ceil(2).max(1));
    }

    /// Adds the contributions of the rows of a block: for each [`LANES`] rows, player by player, one value per dimension.
    pub(crate) fn explain(&self, kernel: Kernel, block: &BinBlock, out: &mut Vec<Lanes>) {
        out.clear();
        out.resize(block.rows.div_ceil(LANES) * self.walker.width(), Lanes::default());
        let holds = |split: &Split, group: usize| {
            let mut bins = [0; LANES];
            let own = block.column(usize::from(split.column)).get(group * LANES..).unwrap_or_default();
            bins.iter_mut().zip(own).for_each(|(to, bin)| *to = *bin);
            at_least(u64::from_le_bytes(bins) ^ repeat(split.mask), split.least)
        };
        self.walker.explain(kernel, &holds, out);
    }
}
