//! SHAP values by walking every path of a tree, row by row: for branching trees, where the result depends on the row's
//! direction at every node.
//!
//! On the path to a leaf, a player's conditions hold for the share `z` of training rows at their nodes, and for this
//! row (`o` = 1) or not (`o` = 0). The leaf's value enters the player's contribution with
//! `(o − z) ∫₀¹ Π (t oₚ + (1 − t) zₚ) dt`, the product over the path's other players: `TreeSHAP`'s permutation weights as
//! an integral, which a few values of `t` give exactly (see `quadrature`). Sums over the leaves below an edge are made
//! once, so a row costs a few operations a node. Sources: Lundberg et al. 2018 (`TreeSHAP`); CatBoost's
//! `CalcNonObliviousInternalShapValuesForLeafRecursive`, which defines what is computed; Yu et al. 2022 (Linear
//! `TreeSHAP`).

use super::{
    leaves::{Means, is_none, read},
    players::Players,
    quadrature,
};
use crate::{
    error::Result,
    file::refusal::{damaged, unsupported},
    forest::{
        Forest,
        bins::Split,
        trees::{Branching, Oblivious},
    },
};

/// CatBoost grows trees of 16 levels; a chain of nodes may not be walked for ever.
const DEEPEST: usize = 64;

/// Trees as forks.
#[derive(Debug)]
pub(crate) struct Walk {
    dimensions: usize,
    /// Tree after tree; a child stands behind its parent.
    forks: Vec<Fork>,
    roots: Vec<usize>,
    /// Of each leaf a value per dimension.
    values: Vec<f64>,
    /// Values of `t`, and their weights.
    points: Vec<(f64, f64)>,
    deepest: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Fork {
    split: Split,
    player: usize,
    /// How far behind this fork the children stand, first that of a condition that does not hold; 0 for a leaf.
    steps: [usize; 2],
    /// The shares of this fork's training rows that go there; 0 if that is none.
    shares: [f64; 2],
    /// Where a leaf's values begin.
    value: usize,
}

/// A node before its weight is known.
#[derive(Debug, Clone, Copy)]
struct Sprout {
    split: Split,
    steps: [usize; 2],
    leaf: usize,
}

impl Walk {
    pub(crate) fn new(dimensions: usize) -> Self {
        Self { dimensions, forks: Vec::new(), roots: Vec::new(), values: Vec::new(), points: Vec::new(), deepest: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Adds a branching tree; says its means.
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
        let sprouts = nodes.iter().zip(values).map(|(node, value)| Sprout {
            split: node.split,
            steps: [usize::from(node.left), usize::from(node.right)],
            leaf: usize::try_from(*value).unwrap_or(usize::MAX).checked_div(forest.dimension).unwrap_or(0),
        });
        let mut sprouts: Vec<Sprout> = sprouts.collect();
        // A walk that ends at a node on one side only: that side becomes a leaf of its own. (The library shares such a
        // leaf as if the node asked nothing, and its contributions then miss the raw output; loaded from its own JSON,
        // where the leaf stands by itself, the same model is explained as here.)
        for at in 0..nodes.len() {
            let end = sprouts.len();
            let Some(sprout) = sprouts.get_mut(at).filter(|sprout| sprout.steps != [0, 0]) else { continue };
            let Some(step) = sprout.steps.iter_mut().find(|step| **step == 0) else { continue };
            *step = end - at;
            let leaf = Sprout { steps: [0, 0], ..*sprout };
            sprouts.push(leaf);
        }
        self.add(forest, players, &sprouts)
    }

    /// Adds an oblivious tree. Its last condition is the root's, its first that of the lowest forks.
    pub(crate) fn add_oblivious(
        &mut self,
        forest: &Forest,
        players: &Players,
        trees: &Oblivious,
        tree: usize,
    ) -> Result<Means> {
        let splits = trees.of(tree);
        let first = trees.value_starts.get(tree).copied().unwrap_or(0).checked_div(forest.dimension).unwrap_or(0);
        let mut sprouts = Vec::new();
        for (level, split) in splits.iter().rev().enumerate() {
            // Node `i` of all, in order of levels, has the children `2 i + 1` and `2 i + 2`.
            let nodes = (1_usize << level) - 1..(2_usize << level) - 1;
            sprouts.extend(nodes.map(|at| Sprout { split: *split, steps: [at + 1, at + 2], leaf: 0 }));
        }
        let leaves = first..first + (1 << splits.len());
        sprouts.extend(leaves.map(|leaf| Sprout { split: Split::default(), steps: [0, 0], leaf }));
        self.add(forest, players, &sprouts)
    }

    #[expect(clippy::indexing_slicing, reason = "steps lead to nodes of the tree: Branching::grow has checked them")]
    fn add(&mut self, forest: &Forest, players: &Players, sprouts: &[Sprout]) -> Result<Means> {
        let mut levels = vec![None; sprouts.len()];
        levels.first_mut().into_iter().for_each(|level| *level = Some(0));
        for (at, sprout) in sprouts.iter().enumerate() {
            let Some(level) = levels[at] else { continue };
            self.deepest = self.deepest.max(level);
            if level >= DEEPEST {
                return Err(unsupported(format_args!("has a tree deeper than {DEEPEST}, beyond what vigie explains")));
            }
            for child in sprout.steps.iter().filter(|step| **step > 0).map(|step| at + step) {
                if levels[child].replace(level + 1).is_some() {
                    return Err(damaged("two nodes of a tree lead to one"));
                }
            }
        }
        let is_leaf = |at: usize| levels[at].is_some() && sprouts[at].steps == [0, 0];
        let leaves = (0..sprouts.len()).filter(|&at| is_leaf(at));
        let means = Means::of(forest, leaves.map(|at| sprouts[at].leaf))?;
        self.roots.push(self.forks.len());
        let mut weights = vec![0.0; sprouts.len()];
        let root = self.forks.len();
        self.forks.resize(root + sprouts.len(), Fork::default());
        for (at, sprout) in sprouts.iter().enumerate().rev().filter(|(at, _)| levels[*at].is_some()) {
            let mut fork = Fork { split: sprout.split, steps: sprout.steps, ..Fork::default() };
            if sprout.steps == [0, 0] {
                let (weight, values) = read(forest, sprout.leaf);
                weights[at] = weight;
                fork.value = self.values.len();
                self.values.extend(values.iter().take(self.dimensions).map(|value| value - means.taken_off));
            } else {
                let below = sprout.steps.map(|step| weights[at + step]);
                weights[at] = below[0] + below[1];
                fork.player = players.asked(sprout.split.column);
                fork.shares = below.map(|weight| if is_none(weight) { 0.0 } else { weight / weights[at] });
            }
            self.forks[root + at] = fork;
        }
        self.points = quadrature::points(self.deepest.div_ceil(2).max(1));
        Ok(means)
    }

    /// Room for [`Walk::explain`].
    pub(crate) fn room(&self, players: usize) -> Room {
        let level = self.points.len() * (1 + self.dimensions);
        Room { now: vec![(1.0, 1.0); players], levels: vec![0.0; level * (self.deepest + 1)] }
    }

    /// Adds the contributions of one row, player after player, of each a value per dimension.
    pub(crate) fn explain(&self, holds: &impl Fn(Split) -> bool, room: &mut Room, out: &mut [f64]) {
        for root in &self.roots {
            room.levels.iter_mut().take(self.points.len()).for_each(|product| *product = 1.0);
            self.visit(*root, holds, &mut room.now, &mut room.levels, out);
        }
    }

    /// `levels` begins with the products over the path so far; behind them come, when this is done, the sums over the
    /// leaves below.
    #[expect(clippy::indexing_slicing, reason = "room is made for the deepest tree; forks are checked when added")]
    fn visit(
        &self,
        at: usize,
        holds: &impl Fn(Split) -> bool,
        now: &mut [(f64, f64)],
        levels: &mut [f64],
        out: &mut [f64],
    ) {
        let count = self.points.len();
        let (products, rest) = levels.split_at_mut(count);
        let (sums, deeper) = rest.split_at_mut(count * self.dimensions);
        let fork = self.forks[at];
        if fork.steps == [0, 0] {
            for (sums, value) in sums.chunks_exact_mut(count).zip(&self.values[fork.value..]) {
                sums.iter_mut().zip(&*products).for_each(|(sum, product)| *sum = value * product);
            }
            return;
        }
        sums.fill(0.0);
        let before = now[fork.player];
        let taken = usize::from(holds(fork.split));
        for (side, (&step, &share)) in fork.steps.iter().zip(&fork.shares).enumerate() {
            if share == 0.0 {
                continue;
            }
            let after = (if side == taken { before.0 } else { 0.0 }, before.1 * share);
            for ((product, (t, _)), above) in deeper.iter_mut().zip(&self.points).zip(&*products) {
                *product = above * (factor(after, *t) / factor(before, *t));
            }
            now[fork.player] = after;
            self.visit(at + step, holds, now, deeper, out);
            now[fork.player] = before;
            let own = &mut out[fork.player * self.dimensions..][..self.dimensions];
            let below = deeper[count..].chunks_exact(count);
            for ((own, sums), below) in own.iter_mut().zip(sums.chunks_exact_mut(count)).zip(below) {
                for ((sum, below), (t, weight)) in sums.iter_mut().zip(below).zip(&self.points) {
                    *sum += below;
                    *own += weight * below * (turn(after, *t) - turn(before, *t));
                }
            }
        }
    }
}

/// Reused from row to row.
#[derive(Debug)]
pub(crate) struct Room {
    /// What each player's conditions on the path so far say: `o` and `z`.
    now: Vec<(f64, f64)>,
    levels: Vec<f64>,
}

/// What a player multiplies into other players' integrals.
fn factor((o, z): (f64, f64), t: f64) -> f64 {
    t * o + (1.0 - t) * z
}

/// What it has in its own, in place of its factor.
fn turn((o, z): (f64, f64), t: f64) -> f64 {
    (o - z) / factor((o, z), t)
}
