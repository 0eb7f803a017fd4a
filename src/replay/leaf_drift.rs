//! Drift among the leaves of the model's trees: shifts in how features go together, which no single feature shows.
//!
//! The window's rows and the reference's are counted by leaf, pooled into cells, and compared tree by tree
//! (`vigie_stats::leaves`). The result is shown and does not affect the verdict.

use std::{cmp::Ordering, collections::BTreeMap, ops::Range};

use vigie_models::{LeafChoices, LeafTree};
use vigie_stats::{
    LeafShift, TreeShift,
    leaves::{excess, pearson},
};

use super::{LeafBaseline, LeafCounts, Unmeasured, leaf_baseline::MIN_REFERENCE_ROWS};

/// With fewer rows of the window, p is too small too often: 2% instead of 1% of windows of 200 rows have p ≤ 0.01.
const MIN_ROWS: u64 = 500;
/// All windows share the noise of the reference. Below this many times the window's rows it is not small compared with
/// theirs, and p is too small for some references, day after day.
const REFERENCE_FACTOR: u64 = 10;
/// Largest p-value at which trees and features are named: above it, their order is chance.
const NAMED: f64 = 0.01;
/// Number of trees and of features named.
const LISTED: usize = 5;

/// Drift of a window's rows among the leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct LeafDrift {
    /// Rows of the window that were counted.
    pub rows: u64,
    pub reference_rows: u64,
    pub shift: LeafShift,
    /// Probability of a shift this large without drift: twice the smaller one of both summaries.
    pub p_value: Result<f64, NoPValue>,
    /// Trees that shifted most, first. Empty unless p is at most 0.01, like the following.
    pub trees: Vec<MovedTree>,
    /// Features that explain most, first.
    pub features: Vec<MovedFeature>,
    /// The first feature, and the one that explains most in the trees that it is in: the two ends of a broken tie look alike.
    pub pair: Option<[String; 2]>,
}

/// Why there is no p-value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPValue {
    /// The window has fewer rows than this.
    FewRows(u64),
    /// The reference has fewer rows than this.
    FewReferenceRows(u64),
}

/// A tree whose rows have shifted.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedTree {
    /// Number of the tree, from 0.
    pub tree: usize,
    /// Pearson's statistic over the tree's cells; its expectation without drift is `dof`.
    pub statistic: f64,
    pub dof: usize,
    /// The features that the tree reads.
    pub features: Vec<String>,
}

/// A feature whose decisions divide the window's rows differently.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedFeature {
    pub name: String,
    /// Pearson's statistics of its decisions in all trees, given all other decisions, minus their expectation.
    pub excess: f64,
}

impl LeafDrift {
    /// Whether chance does not explain the shift: p is at most 0.01.
    #[must_use]
    pub fn is_beyond_chance(&self) -> bool {
        self.p_value.is_ok_and(|p| p <= NAMED)
    }

    /// Whether the reference has less than ten times the window's rows, so that its own noise matters.
    #[must_use]
    pub fn is_reference_small(&self) -> bool {
        self.reference_rows < self.rows.saturating_mul(REFERENCE_FACTOR)
    }
}

impl LeafBaseline {
    /// Compares a window's leaves with the reference's. `name`: the name of a feature of the model, by its index.
    pub fn compare(&self, counts: &LeafCounts, name: impl Fn(usize) -> String) -> Result<LeafDrift, Unmeasured> {
        let rows = counts.rows();
        let shifts = self.shifts(counts);
        let shift = LeafShift::new(&shifts).filter(|_| rows > 0).ok_or(Unmeasured::NoRows)?;
        let p_value = match &self.laws {
            _ if rows < MIN_ROWS => Err(NoPValue::FewRows(MIN_ROWS)),
            None => Err(NoPValue::FewReferenceRows(MIN_REFERENCE_ROWS)),
            Some([overall, strongest]) => {
                let least = overall.p_value(shift.overall).min(strongest.p_value(shift.strongest));
                Ok((2.0 * least).min(1.0))
            }
        };
        let reference_rows = self.reference.rows;
        let (trees, features, pair) = (Vec::new(), Vec::new(), None);
        let mut drift = LeafDrift { rows, reference_rows, shift, p_value, trees, features, pair };
        if drift.is_beyond_chance() {
            drift.trees = self.moved_trees(&shifts, &name);
            let excess = self.excess_by_tree(counts);
            let features = ranked(excess.iter().flatten());
            let positive = features.iter().filter(|(_, excess)| *excess > 0.0);
            drift.features =
                positive.take(LISTED).map(|(at, excess)| MovedFeature { name: name(*at), excess: *excess }).collect();
            drift.pair = features.first().and_then(|(first, _)| Some([name(*first), name(partner(*first, &excess)?)]));
        }
        Ok(drift)
    }

    fn shifts(&self, counts: &LeafCounts) -> Vec<TreeShift> {
        let reference = self.reference.counts.iter().zip(&self.reference.weights);
        let trees = self.poolings.iter().zip(reference).zip(counts.trees());
        trees
            .map(|((pooling, (reference, weight)), window)| TreeShift {
                statistic: pearson(&pooling.pool(reference), &pooling.pool(window)),
                dof: pooling.dof(),
                weight: *weight,
            })
            .collect()
    }

    fn moved_trees(&self, shifts: &[TreeShift], name: &impl Fn(usize) -> String) -> Vec<MovedTree> {
        let mut order: Vec<(usize, &TreeShift)> = shifts.iter().enumerate().collect();
        order.sort_by(|(a, left), (b, right)| right.standardized().total_cmp(&left.standardized()).then(a.cmp(b)));
        let features = |tree: usize| self.trees.get(tree).map_or(&[][..], |tree| tree.features.as_slice());
        let moved = order.into_iter().take(LISTED).filter(|(_, shift)| shift.standardized() > 0.0);
        moved
            .map(|(tree, shift)| MovedTree {
                tree,
                statistic: shift.statistic,
                dof: shift.dof,
                features: features(tree).iter().map(|feature| name(feature.feature)).collect(),
            })
            .collect()
    }

    /// For each tree, the excess of the decisions of each of its features.
    fn excess_by_tree(&self, counts: &LeafCounts) -> Vec<Vec<(usize, f64)>> {
        let trees = self.trees.iter().zip(&self.reference.counts).zip(counts.trees());
        let of_tree = |((tree, reference), window): ((&LeafTree, &Vec<u32>), &Vec<u32>)| -> Vec<(usize, f64)> {
            let of = |choices: &LeafChoices| excess_of(choices, tree.leaves, reference, window);
            tree.features.iter().map(|feature| (feature.feature, of(&feature.choices))).collect()
        };
        trees.map(of_tree).collect()
    }
}

/// Excess of the decisions of one feature in one tree.
fn excess_of(choices: &LeafChoices, leaves: usize, reference: &[u32], window: &[u32]) -> f64 {
    let (mut sum, mut ours, mut theirs) = (0.0, Vec::new(), Vec::new());
    choices.for_each(leaves, &mut |parts| {
        let rows = |counts: &[u32], part: &Range<usize>| {
            counts.get(part.clone()).unwrap_or_default().iter().map(|count| u64::from(*count)).sum::<u64>()
        };
        ours.clear();
        theirs.clear();
        ours.extend(parts.iter().map(|part| rows(reference, part)));
        theirs.extend(parts.iter().map(|part| rows(window, part)));
        sum += excess(&ours, &theirs);
    });
    sum
}

/// Features with their excess over several trees, largest first.
fn ranked<'a>(excess: impl Iterator<Item = &'a (usize, f64)>) -> Vec<(usize, f64)> {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    excess.for_each(|(feature, excess)| *sums.entry(*feature).or_default() += excess);
    let mut ranked: Vec<(usize, f64)> = sums.into_iter().collect();
    let largest_first =
        |(a, left): &(usize, f64), (b, right): &(usize, f64)| -> Ordering { right.total_cmp(left).then(a.cmp(b)) };
    ranked.sort_by(largest_first);
    ranked
}

/// The feature that explains most in the trees that contain another one.
fn partner(first: usize, excess: &[Vec<(usize, f64)>]) -> Option<usize> {
    let holds = |tree: &&Vec<(usize, f64)>| tree.iter().any(|(feature, _)| *feature == first);
    let others = excess.iter().filter(holds).flatten().filter(|(feature, _)| *feature != first);
    ranked(others).first().filter(|(_, excess)| *excess > 0.0).map(|(feature, _)| *feature)
}
