//! Scores blocks of rows with the fastest kernel, to the same bits as [`Ensemble::raw_of`].

use std::{
    ops::{Deref, Range},
    sync::OnceLock,
};

use super::{
    add::{TREES, add, add_trees},
    bins::{BLOCK, EnsembleBlock},
    codes::number,
    dense::dense_leaves,
    plan::{PlannedTree, ScoringPlan},
    trees::{Ensemble, EnsembleRules},
    walk::{LANES, walk},
};
use crate::{catboost::Kernel, feature::InputPrecision, inputs::ColumnValues};

/// An ensemble that is ready to score rows.
///
/// The layout for scoring is prepared at the first use, so reading a model takes no memory for it.
#[derive(Debug)]
pub(crate) struct TreeScorer {
    ensemble: Ensemble,
    plan: OnceLock<ScoringPlan>,
    kernel: Kernel,
}

/// Receives leaves: the number of the tree, the number of the first row, and the leaf of each row.
pub(crate) type LeafSink<'a> = &'a mut dyn FnMut(usize, usize, &[u32]);

impl From<Ensemble> for TreeScorer {
    /// `ensemble` is valid, as [`Ensemble::validated`] returns it.
    fn from(ensemble: Ensemble) -> Self {
        Self { ensemble, plan: OnceLock::new(), kernel: Kernel::best() }
    }
}

impl Deref for TreeScorer {
    type Target = Ensemble;

    fn deref(&self) -> &Ensemble {
        &self.ensemble
    }
}

impl TreeScorer {
    pub(crate) fn plan(&self) -> &ScoringPlan {
        self.plan.get_or_init(|| ScoringPlan::new(&self.ensemble))
    }

    pub(crate) fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Uses another kernel, for tests and comparisons.
    pub(crate) fn set_kernel(&mut self, kernel: Kernel) {
        self.kernel = kernel;
    }

    /// Computes the raw outputs of some rows, one row after another. `columns`: the values of each feature; those of a
    /// feature without a column, or with a column that is too short, are missing.
    pub(crate) fn raw(&self, columns: &[ColumnValues], rows: Range<usize>, out: &mut [f64]) {
        self.score_blocks(self.rules, columns, rows, out, |_, _| ());
    }

    /// Computes the sums of leaf values and base of some rows in 64-bit floats: what SHAP values add up to.
    pub(crate) fn sums(&self, columns: &[ColumnValues], rows: Range<usize>, out: &mut [f64]) {
        self.score_blocks(EnsembleRules { sum: InputPrecision::Double, ..self.rules }, columns, rows, out, |_, _| ());
    }

    /// Like [`TreeScorer::raw`], with the same bits, and passes on the leaf of each row, block by block and tree by tree.
    /// Leaves are numbered as in [`TreeScorer::leaf_trees`].
    pub(crate) fn raw_with_leaves(
        &self,
        columns: &[ColumnValues],
        rows: Range<usize>,
        out: &mut [f64],
        sink: LeafSink<'_>,
    ) {
        let (mut leaves, mut narrow) = (Vec::new(), Vec::new());
        self.score_blocks(self.rules, columns, rows, out, |first, block| {
            for (number, tree) in self.plan().trees.iter().enumerate() {
                if tree.is_dense() && block.is_wide() {
                    narrow.resize(block.stride(), 0);
                    self.dense_leaves(tree, block, &mut narrow);
                    leaves.clear();
                    leaves.extend(narrow.iter().map(|leaf| u32::from(*leaf)));
                } else {
                    self.leaves(tree, block, &mut leaves);
                }
                sink(number, first, leaves.get(..block.rows).unwrap_or_default());
            }
        });
    }

    fn score_blocks(
        &self,
        rules: EnsembleRules,
        columns: &[ColumnValues],
        rows: Range<usize>,
        out: &mut [f64],
        mut each: impl FnMut(usize, &EnsembleBlock),
    ) {
        let plan = self.plan();
        let outputs = self.outputs();
        let at_once = BLOCK.min(rows.len()).max(1);
        let is_linear = self.trees.iter().any(|tree| !tree.linear.is_empty());
        let mut block = EnsembleBlock::new(&plan.columns, at_once);
        let mut buffers = Buffers {
            leaves: vec![0; TREES * block.stride()],
            numbers: Vec::new(),
            sums: vec![0.0; outputs * block.stride()],
        };
        for (index, out) in out.chunks_mut(outputs.saturating_mul(at_once).max(1)).enumerate() {
            let count = out.len().checked_div(outputs).unwrap_or(0);
            let first = rows.start.saturating_add(index.saturating_mul(at_once));
            block.fill(&plan.columns, &rules, self.kernel, columns, first, count);
            if is_linear {
                for (row, out) in (first..).zip(out.chunks_exact_mut(outputs)) {
                    self.raw_of(&|feature| columns.get(feature).map_or(f64::NAN, |column| number(column, row)), out);
                }
            } else if block.is_wide() {
                self.score(rules, &block, &mut buffers, out);
            } else {
                self.score_few(rules, &block, out);
            }
            each(first, &block);
        }
    }

    /// Scores a block tree by tree.
    fn score(&self, rules: EnsembleRules, block: &EnsembleBlock, buffers: &mut Buffers, out: &mut [f64]) {
        let (plan, stride) = (self.plan(), block.stride());
        for (sums, base) in buffers.sums.chunks_exact_mut(stride).zip(&self.base) {
            sums.fill(*base);
        }
        let mut trees = plan.trees.as_slice();
        while let Some(first) = trees.first() {
            let is_like_first = |tree: &PlannedTree| tree.is_dense() && tree.width == 1 && tree.output == first.output;
            let alike = trees.iter().take(TREES).take_while(|tree| is_like_first(tree)).count();
            let (own, rest) = trees.split_at(alike.max(1));
            trees = rest;
            let mut sums = buffers.sums.chunks_exact_mut(stride).skip(first.output);
            if alike > 0 {
                let mut values: [&[f64]; TREES] = [&[]; TREES];
                let to = values.iter_mut().zip(buffers.leaves.chunks_exact_mut(stride));
                for (tree, (values, leaves)) in own.iter().zip(to) {
                    *values = plan.values(tree);
                    self.dense_leaves(tree, block, leaves);
                }
                let values = values.get(..alike).unwrap_or_default();
                sums.next().into_iter().for_each(|sums| add_trees(rules, values, &buffers.leaves, sums));
                continue;
            }
            let values = plan.values(first);
            if first.is_dense() {
                let leaves = buffers.leaves.get_mut(..stride).unwrap_or_default();
                self.dense_leaves(first, block, leaves);
                let sums = sums.take(first.width).enumerate();
                sums.for_each(|(place, sums)| add(rules, values, (first.width, place), leaves, sums));
            } else {
                self.leaves(first, block, &mut buffers.numbers);
                let sums = sums.take(first.width).enumerate();
                sums.for_each(|(place, sums)| add(rules, values, (first.width, place), &buffers.numbers, sums));
            }
        }
        let outputs = self.outputs();
        for (place, sums) in buffers.sums.chunks_exact(stride).enumerate() {
            let own = out.iter_mut().skip(place).step_by(outputs);
            own.zip(sums).for_each(|(out, sum)| *out = *sum);
        }
    }

    /// Finds the leaf of each row in a dense tree.
    fn dense_leaves(&self, tree: &PlannedTree, block: &EnsembleBlock, leaves: &mut [u8]) {
        let nodes = self.plan().dense_nodes(tree);
        match self.kernel {
            Kernel::Avx512(kernel) => kernel.dense_leaves(nodes, block.bytes(), block.stride(), leaves),
            Kernel::Avx2(kernel) => kernel.dense_leaves(nodes, block.bytes(), block.stride(), leaves),
            Kernel::Portable => dense_leaves(nodes, block.bytes(), block.stride(), leaves),
        }
    }

    /// Scores a few rows one after another, by walks in several trees at the same time.
    fn score_few(&self, rules: EnsembleRules, block: &EnsembleBlock, out: &mut [f64]) {
        let plan = self.plan();
        for (row, out) in out.chunks_exact_mut(self.outputs()).enumerate() {
            out.iter_mut().zip(&self.base).for_each(|(out, base)| *out = *base);
            for trees in plan.trees.chunks(LANES) {
                let mut at = [-1; LANES];
                at.iter_mut().zip(trees).for_each(|(at, tree)| *at = tree.root);
                walk(&plan.walk, block.bytes(), block.stride(), &[row; LANES], &mut at);
                for (tree, at) in trees.iter().zip(at) {
                    let leaf = usize::try_from(!at).unwrap_or(0);
                    let values = plan.values(tree).iter().skip(leaf * tree.width);
                    let own = out.iter_mut().skip(tree.output).zip(values).take(tree.width);
                    own.for_each(|(out, value)| *out = rules.round(*out + value));
                }
            }
        }
    }

    /// Finds the leaf of each row in one tree.
    fn leaves(&self, tree: &PlannedTree, block: &EnsembleBlock, leaves: &mut Vec<u32>) {
        let plan = self.plan();
        leaves.resize(block.stride(), 0);
        for (group, leaves) in leaves.chunks_mut(LANES).enumerate() {
            let last = block.stride() - 1;
            let rows = std::array::from_fn(|lane| (group * LANES + lane).min(last));
            let mut at = [tree.root; LANES];
            walk(&plan.walk, block.bytes(), block.stride(), &rows, &mut at);
            leaves.iter_mut().zip(at).for_each(|(leaf, at)| *leaf = u32::try_from(!at).unwrap_or(0));
        }
    }
}

/// Buffers for scoring a block.
#[derive(Debug)]
struct Buffers {
    /// For each of up to [`TREES`] trees, one leaf per row.
    leaves: Vec<u8>,
    numbers: Vec<u32>,
    sums: Vec<f64>,
}
