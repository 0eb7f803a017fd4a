//! SHAP values by walking all paths of a tree, for several rows at once: for branching trees, where the result depends on
//! the direction that a row takes at every node.
//!
//! On the path to a leaf, the conditions of a player are met by a share `z` of the training rows at their nodes, and by
//! this row (`o` = 1) or not (`o` = 0). The value of the leaf enters the contribution of the player with the weight
//! `(o − z) ∫₀¹ Π (t oₚ + (1 − t) zₚ) dt`, where the product is over the other players of the path. These are the
//! permutation weights of `TreeSHAP` as an integral, which a few values of `t` determine exactly (see `quadrature`). The
//! sum over the leaves below an edge is computed once, so a row takes a few operations per edge. Sources: Lundberg et al.
//! 2018 (`TreeSHAP`); CatBoost's `CalcNonObliviousInternalShapValuesForLeafRecursive`, which defines the values; Yu et al.
//! 2022 (Linear `TreeSHAP`).
//!
//! Every row visits every edge, and `z` is the same for all rows. So a few rows are walked together, and what depends on
//! `z` alone is computed once for a block of rows: the factors by which an edge changes the product and the player's own
//! integral, for the three ways in which `o` can change.

use std::collections::BTreeMap;

use super::{
    quadrature,
    vectors::{LANES, Lanes, Plain, Vectors},
};
use crate::{
    catboost::Kernel,
    error::{ModelError, Result},
};

/// Trees prepared for walking. `C` is what decides at a node.
#[derive(Debug)]
pub(crate) struct PathWalker<C> {
    /// Number of outputs of the model.
    outputs: usize,
    players: usize,
    edges: Vec<Edge<C>>,
    trees: Vec<PathTree>,
    /// For each leaf, one value per output of its tree.
    values: Vec<f64>,
    /// Values of `t` and their weights, by their number.
    points: BTreeMap<usize, Vec<(f64, f64)>>,
    /// The path to the edge that was added last.
    path: Path,
}

/// A path, and what its edges have changed.
#[derive(Debug)]
struct Path {
    /// The player of each edge, and its `z` above.
    edges: Vec<(usize, f64)>,
    /// `z` and number of edges of each player.
    players: Vec<(f64, usize)>,
    /// Number of players with edges.
    distinct: usize,
}

/// One tree.
#[derive(Debug)]
struct PathTree {
    /// The end of its edges.
    end: usize,
    /// Number of values of `t`.
    points: usize,
    /// The number of edges on the longest path.
    depth: usize,
    /// The first output that its leaves add to.
    output: usize,
    /// Number of values per leaf.
    width: usize,
}

/// An edge from a node to a child; edges are in the order in which a walk from left to right first takes them.
#[derive(Debug)]
struct Edge<C> {
    condition: C,
    /// The side of rows that take it.
    side: BranchSide,
    player: usize,
    /// Number of edges above it.
    level: usize,
    /// `z` of the player above and below.
    z: [f64; 2],
    /// Start of the values of the leaf that it leads to.
    leaf: Option<usize>,
}

/// A side of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BranchSide {
    Left,
    Right,
}

/// A node to be added.
#[derive(Debug, Clone)]
pub(crate) struct PathNode<C> {
    pub condition: C,
    pub player: usize,
    pub children: [PathChild; 2],
}

/// A child of a node to be added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PathChild {
    /// The share of the node's training rows that go there.
    pub share: f64,
    pub to: EdgeTarget,
}

/// Where an edge leads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EdgeTarget {
    /// Index of a node.
    Node(usize),
    /// Number of a leaf.
    Leaf(usize),
    /// Nowhere: the leaves below have no value.
    Nothing,
}

/// What a tree adds to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PathLeaves<'v> {
    /// Leaf by leaf, `width` values each.
    pub values: &'v [f64],
    pub width: usize,
    pub output: usize,
}

/// How `o` changes at an edge: 1 to 1, 1 to 0, 0 to 0.
const CHANGES: [[f64; 2]; 3] = [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]];

/// What an edge does at one `t`, for each of [`CHANGES`].
#[derive(Debug, Clone, Copy, Default)]
struct EdgeTable {
    /// Factor of the product.
    ratios: [f64; 3],
    /// What is added to the player's own factor.
    gains: [f64; 3],
}

/// Maximum size of the buffers for one path, in lanes. The trees of libraries need some thousands.
const MAX_LEVELS: usize = 1 << 19;
/// Maximum number of tables that are computed before a tree is walked; the tables of larger trees are computed on the way.
const MAX_TABLES: usize = 1 << 20;

impl Path {
    /// Goes back to the first edges of the path.
    fn truncate(&mut self, level: usize) {
        while self.edges.len() > level
            && let Some((player, above)) = self.edges.pop()
            && let Some((z, edges)) = self.players.get_mut(player)
        {
            *z = above;
            *edges -= 1;
            self.distinct -= usize::from(*edges == 0);
        }
    }

    /// Adds an edge and returns `z` above and below.
    fn push(&mut self, player: usize, share: f64) -> Option<[f64; 2]> {
        let (z, edges) = self.players.get_mut(player)?;
        let above = *z;
        *z = above * share;
        self.edges.push((player, above));
        self.distinct += usize::from(*edges == 0);
        *edges += 1;
        Some([above, *z])
    }
}

impl<C: Copy> PathWalker<C> {
    pub(crate) fn new(outputs: usize, players: usize) -> Self {
        let path = Path { edges: Vec::new(), players: vec![(1.0, 0); players], distinct: 0 };
        let (edges, trees, values) = (Vec::new(), Vec::new(), Vec::new());
        Self { outputs, players, edges, trees, values, points: BTreeMap::new(), path }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Number of values that [`PathWalker::explain`] computes per row: player by player, one per output.
    pub(crate) fn width(&self) -> usize {
        self.players.saturating_mul(self.outputs)
    }

    /// Adds a tree. `nodes`: the root first; a child comes after its parent and has one parent. `None` is skipped.
    pub(crate) fn add(&mut self, nodes: &[Option<PathNode<C>>], leaves: PathLeaves<'_>) -> Result<()> {
        let first = self.values.len();
        self.values.extend_from_slice(leaves.values);
        let (mut depth, mut most) = (0, 0);
        // Edges still to be taken: node, side, number of edges above.
        let mut pending = Vec::new();
        let push = |pending: &mut Vec<_>, node, level| {
            pending.extend([(node, BranchSide::Right, level), (node, BranchSide::Left, level)]);
        };
        if !nodes.is_empty() {
            push(&mut pending, 0, 0);
        }
        while let Some((at, side, level)) = pending.pop() {
            let Some(PathNode { condition, player, children: [left, right] }) = nodes.get(at).cloned().flatten() else {
                continue;
            };
            let PathChild { share, to } = if side == BranchSide::Left { left } else { right };
            let leaf = match to {
                EdgeTarget::Nothing => continue,
                EdgeTarget::Leaf(leaf) => Some(first + leaf * leaves.width),
                EdgeTarget::Node(_) => None,
            };
            self.path.truncate(level);
            let Some(z) = self.path.push(player, share) else { continue };
            depth = depth.max(level + 1);
            most = most.max(self.path.distinct);
            self.edges.push(Edge { condition, side, player, level, z, leaf });
            if let EdgeTarget::Node(child) = to {
                push(&mut pending, child, level + 1);
            }
        }
        self.path.truncate(0);
        let (points, output, width) = (most.div_ceil(2).max(1), leaves.output, leaves.width);
        if depth.saturating_mul(points).saturating_mul(width + 1) > MAX_LEVELS {
            return Err(ModelError::new(format!(
                "a tree has {depth} conditions on {most} features on one path; vigie cannot compute SHAP values for it"
            )));
        }
        self.points.entry(points).or_insert_with(|| quadrature::points(points));
        self.trees.push(PathTree { end: self.edges.len(), points, depth, output, width });
        Ok(())
    }

    /// Uses the same number of values of `t` for all trees; it must be enough for each.
    pub(crate) fn set_points(&mut self, count: usize) {
        self.points = BTreeMap::from([(count, quadrature::points(count))]);
        self.trees.iter_mut().for_each(|tree| tree.points = count);
    }

    /// Adds the contributions of a block of rows: for each eight rows, [`PathWalker::width`] values. `holds`: which of the
    /// eight rows with this number go right, as bits.
    pub(crate) fn explain(&self, kernel: Kernel, holds: &impl Fn(&C, usize) -> u8, out: &mut [Lanes]) {
        match kernel {
            Kernel::Portable => self.explain_with(Plain, holds, out),
            Kernel::Avx2(kernel) => kernel.explain_paths(self, holds, out),
            Kernel::Avx512(kernel) => kernel.explain_paths(self, holds, out),
        }
    }

    /// The code of all kernels, compiled with the instructions of the caller.
    #[expect(clippy::inline_always, reason = "the caller's instructions are only used in what is inlined")]
    #[inline(always)]
    pub(super) fn explain_with<V: Vectors>(&self, v: V, holds: &impl Fn(&C, usize) -> u8, out: &mut [Lanes]) {
        let mut walk = Walk { outputs: self.outputs, on: vec![u8::MAX; self.players], ..Walk::default() };
        let mut start = 0;
        for tree in &self.trees {
            let edges = self.edges.get(start..tree.end).unwrap_or_default();
            start = tree.end;
            let Some(points) = self.points.get(&tree.points) else { continue };
            let output = tree.output;
            let tree = TreeEdges { edges, points, values: &self.values, depth: tree.depth, width: tree.width };
            walk.prepare(&tree);
            for (group, out) in out.chunks_exact_mut(self.width().max(1)).enumerate() {
                walk.explain(v, &tree, |condition| holds(condition, group), out.get_mut(output..).unwrap_or_default());
            }
        }
    }
}

/// A tree that is being walked.
#[derive(Debug)]
struct TreeEdges<'t, C> {
    edges: &'t [Edge<C>],
    points: &'t [(f64, f64)],
    values: &'t [f64],
    depth: usize,
    width: usize,
}

/// The state of a walk. Buffers are reused from tree to tree.
#[derive(Debug, Default)]
struct Walk {
    /// Number of outputs of the model.
    outputs: usize,
    /// `o` of each player for the path so far, a bit per row.
    on: Vec<u8>,
    /// The edges of the path so far.
    path: Vec<OpenEdge>,
    /// For each edge, or else for each edge of the path, one table per value of `t`.
    tables: Vec<EdgeTable>,
    is_complete: bool,
    /// For each level, products over the path so far, one for each value of `t`.
    products: Vec<Lanes>,
    /// For each level and output, sums over the leaves below, one for each value of `t`.
    sums: Vec<Lanes>,
}

/// An edge of the path that is being walked.
#[derive(Debug, Clone, Copy)]
struct OpenEdge {
    player: usize,
    /// `o` of the player above the edge.
    before: u8,
    /// Which rows take the edge.
    taken: u8,
    /// Start of the tables of the edge.
    table: usize,
}

impl Walk {
    #[expect(clippy::inline_always, reason = "compiled with the instructions of the caller")]
    #[inline(always)]
    fn prepare<C>(&mut self, tree: &TreeEdges<'_, C>) {
        let count = tree.points.len();
        let levels = (tree.depth + 1) * count;
        self.products.resize(levels, Lanes::default());
        self.sums.resize(levels * tree.width, Lanes::default());
        self.is_complete = tree.edges.len().saturating_mul(count) <= MAX_TABLES;
        let tables = if self.is_complete { tree.edges.len() * count } else { levels };
        self.tables.resize(tables, EdgeTable::default());
        if self.is_complete {
            for (edge, tables) in tree.edges.iter().zip(self.tables.chunks_exact_mut(count)) {
                fill_tables(edge.z, tree.points, tables);
            }
        }
    }

    /// Walks one tree with eight rows.
    #[expect(clippy::inline_always, reason = "compiled with the instructions of the caller")]
    #[expect(clippy::indexing_slicing, reason = "buffers fit the tree, and edges refer to leaves and players")]
    #[inline(always)]
    fn explain<C, V: Vectors>(&mut self, v: V, tree: &TreeEdges<'_, C>, holds: impl Fn(&C) -> u8, out: &mut [Lanes]) {
        let (count, width) = (tree.points.len(), tree.width);
        self.products[..count].fill([1.0; LANES]);
        for (number, edge) in tree.edges.iter().enumerate() {
            while self.path.len() > edge.level {
                self.leave(v, tree, out);
            }
            let table = if self.is_complete { number } else { edge.level } * count;
            if !self.is_complete {
                fill_tables(edge.z, tree.points, &mut self.tables[table..][..count]);
            }
            let before = self.on[edge.player];
            let right = holds(&edge.condition);
            let taken = if edge.side == BranchSide::Left { !right } else { right };
            let changes = Changes::new(v, before, taken);
            let tables = &self.tables[table..][..count];
            let products = &mut self.products[edge.level * count..][..2 * count];
            let sums = &mut self.sums[edge.level * count * width..][..2 * count * width];
            let own = &mut out[edge.player * self.outputs..][..width];
            if let Some(leaf) = edge.leaf {
                for place in 0..width {
                    let value = v.splat(tree.values[leaf + place]);
                    let below =
                        |at: usize| v.mul(value, v.mul(v.load(&products[at]), changes.select(v, &tables[at].ratios)));
                    let sums = &mut sums[place * count..][..count];
                    add(v, tree.points, tables, &changes, below, sums, &mut own[place]);
                }
                continue;
            }
            let (above, below) = products.split_at_mut(count);
            for ((below, above), table) in below.iter_mut().zip(&*above).zip(tables) {
                v.store(v.mul(v.load(above), changes.select(v, &table.ratios)), below);
            }
            sums[count * width..].fill(Lanes::default());
            self.on[edge.player] = before & taken;
            self.path.push(OpenEdge { player: edge.player, before, taken, table });
        }
        while !self.path.is_empty() {
            self.leave(v, tree, out);
        }
    }

    /// Goes back over the last edge: adds what it contributes to its player, and the sums below it to those above.
    #[expect(clippy::inline_always, reason = "compiled with the instructions of the caller")]
    #[expect(clippy::indexing_slicing, reason = "buffers fit the tree, and edges refer to players")]
    #[inline(always)]
    fn leave<C, V: Vectors>(&mut self, v: V, tree: &TreeEdges<'_, C>, out: &mut [Lanes]) {
        let Some(OpenEdge { player, before, taken, table }) = self.path.pop() else { return };
        let (count, width) = (tree.points.len(), tree.width);
        let changes = Changes::new(v, before, taken);
        let sums = &mut self.sums[self.path.len() * count * width..][..2 * count * width];
        let (above, below) = sums.split_at_mut(count * width);
        let own = &mut out[player * self.outputs..][..width];
        let tables = &self.tables[table..][..count];
        for place in 0..width {
            let below = &below[place * count..][..count];
            let above = &mut above[place * count..][..count];
            add(v, tree.points, tables, &changes, |at| v.load(&below[at]), above, &mut own[place]);
        }
        self.on[player] = before;
    }
}

/// Adds the sums below an edge to those above, and what the edge contributes to its player.
#[expect(clippy::inline_always, reason = "compiled with the instructions of the caller")]
#[inline(always)]
fn add<V: Vectors>(
    v: V,
    points: &[(f64, f64)],
    tables: &[EdgeTable],
    changes: &Changes<V>,
    below: impl Fn(usize) -> V::Vector,
    above: &mut [Lanes],
    own: &mut Lanes,
) {
    let mut sum = v.load(own);
    for (at, ((above, (_, weight)), table)) in above.iter_mut().zip(points).zip(tables).enumerate() {
        let below = below(at);
        v.store(v.add(v.load(above), below), above);
        let gain = changes.select(v, &table.gains);
        sum = v.add(sum, v.mul(v.mul(v.splat(*weight), below), gain));
    }
    v.store(sum, own);
}

/// Which of [`CHANGES`] applies to each row.
#[derive(Debug, Clone, Copy)]
struct Changes<V: Vectors> {
    before: V::Mask,
    taken: V::Mask,
}

impl<V: Vectors> Changes<V> {
    #[expect(clippy::inline_always, reason = "compiled with the instructions of the caller")]
    #[inline(always)]
    fn new(v: V, before: u8, taken: u8) -> Self {
        Self { before: v.mask(before), taken: v.mask(taken) }
    }

    /// The value for the change of each row.
    #[expect(clippy::inline_always, reason = "compiled with the instructions of the caller")]
    #[inline(always)]
    fn select(&self, v: V, [stays, leaves, left]: &[f64; 3]) -> V::Vector {
        let on = v.select(self.taken, v.splat(*stays), v.splat(*leaves));
        v.select(self.before, on, v.splat(*left))
    }
}

/// What an edge does at each `t`; `z`: of its player above and below.
#[expect(clippy::inline_always, reason = "compiled with the instructions of the caller")]
#[inline(always)]
fn fill_tables([above, below]: [f64; 2], points: &[(f64, f64)], tables: &mut [EdgeTable]) {
    for (table, (t, _)) in tables.iter_mut().zip(points) {
        table.ratios = CHANGES.map(|[from, to]| ratio(factor(to, below, *t), factor(from, above, *t)));
        table.gains = CHANGES.map(|[from, to]| own_factor(to, below, *t) - own_factor(from, above, *t));
    }
}

/// The factor of a player in the integrals of other players.
fn factor(o: f64, z: f64, t: f64) -> f64 {
    t * o + (1.0 - t) * z
}

/// `o − z` of a player, divided by its factor: replaces that factor in the player's own integral.
fn own_factor(o: f64, z: f64, t: f64) -> f64 {
    ratio(o - z, factor(o, z, t))
}

/// A quotient, or 0 if the factor of a player is 0: then the product over the path is 0 too.
fn ratio(value: f64, by: f64) -> f64 {
    let quotient = value / by;
    if by == 0.0 { 0.0 } else { quotient }
}
