//! Causes of differing scores in the trees of a model: a changed leaf, or fewer boosting iterations.

use vigie_models::{LeafTree, Link, Model};

use super::{
    Rescorer,
    cause_sample::{CauseSearch, ParitySample, scores},
};
use crate::fault::Result;

/// Numbers of iterations that are tried on all rows.
const LIKELIEST: usize = 3;

/// The raw score of each row; then, for each tree, the leaf of each row.
type RawWithLeaves = (Vec<f64>, Vec<Vec<u32>>);

impl CauseSearch<'_> {
    /// The number of boosting iterations, the first ones of the file, whose scores explain the differing rows. `read` reads
    /// the file with this number of them.
    pub(super) fn first_iterations(&self, read: &dyn Fn(u32) -> Option<Rescorer>) -> Result<Option<u32>> {
        let model = self.model.model();
        let Some(trees) = model.leaf_trees().filter(|_| model.output_count() == 1) else { return Ok(None) };
        let one = self.differing.select(&[0])?;
        let (Some((raw, leaves)), Some(logged)) = (self.leaves(&one, trees.len())?, one.logged.first()) else {
            return Ok(None);
        };
        let prefixes =
            self.model.scoring().scores(raw_of_prefixes(raw.first().copied().unwrap_or(f64::NAN), &trees, &leaves));
        let off = |count: &usize| prefixes.get(count - 1).map_or(f64::INFINITY, |score| (score - logged).abs());
        let mut counts: Vec<usize> = (1..trees.len()).collect();
        counts.sort_by(|a, b| off(a).total_cmp(&off(b)).then(a.cmp(b)));
        for count in counts.into_iter().take(LIKELIEST).filter_map(|count| u32::try_from(count).ok()) {
            if let Some(shorter) = read(count)
                && self.explains(|sample| scores(&shorter, sample))?
            {
                return Ok(Some(count));
            }
        }
        Ok(None)
    }

    /// The number of the first tree that has a leaf of exactly the differing rows, whose raw scores are off by the same
    /// amount.
    pub(super) fn changed_leaf(&self) -> Result<Option<u64>> {
        let (scoring, model) = (self.model.scoring(), self.model.model());
        let Some(trees) = model.leaf_trees().filter(|_| model.output_count() == 1) else { return Ok(None) };
        if self.agreeing.logged.is_empty() {
            return Ok(None);
        }
        let (Some((raw, of_differing)), Some((_, of_agreeing))) =
            (self.leaves(&self.differing, trees.len())?, self.leaves(&self.agreeing, trees.len())?)
        else {
            return Ok(None);
        };
        let is_one_leaf = |(differing, agreeing): (&Vec<u32>, &Vec<u32>)| {
            let Some(leaf) = differing.first() else { return false };
            differing.iter().all(|other| other == leaf) && !agreeing.contains(leaf)
        };
        let Some(tree) = of_differing.iter().zip(&of_agreeing).position(is_one_leaf) else { return Ok(None) };
        let Some(shift) = self.common_shift(model, &raw) else { return Ok(None) };
        let shifted = scoring.scores(raw.iter().map(|raw| raw + shift).collect());
        let pairs = self.differing.logged.iter().zip(&shifted);
        let left = pairs.filter(|(logged, score)| !self.judge.nearly_agrees(**logged, **score)).count();
        Ok(self.is_few(left).then_some(tree as u64 + 1))
    }

    /// The raw score of each row, and its leaf in each tree. `None` for damaged models, and families without leaves.
    fn leaves(&self, sample: &ParitySample, trees: usize) -> Result<Option<RawWithLeaves>> {
        let rows = sample.logged.len();
        let inputs = self.model.inputs_of(rows, sample.columns.iter().cloned())?;
        let (mut raw, mut by_tree) = (vec![0.0; rows], vec![Vec::new(); trees]);
        let counted = self.model.model().predict_raw_with_leaves(&inputs, 0..rows, &mut raw, &mut |tree, _, leaves| {
            if let Some(own) = by_tree.get_mut(tree) {
                own.extend_from_slice(leaves);
            }
        });
        Ok(counted.is_ok().then_some((raw, by_tree)))
    }

    /// The amount by which the raw scores behind the logged ones differ from the model's: the mean, weighted by how precisely
    /// a score shows its raw score.
    fn common_shift(&self, model: &Model, raw: &[f64]) -> Option<f64> {
        let is_probability = model.link() == Link::Sigmoid;
        let (mut sum, mut weights) = (0.0, 0.0);
        for (logged, raw) in self.differing.logged.iter().zip(raw) {
            let (own, slope) =
                if is_probability { ((logged / (1.0 - logged)).ln(), logged * (1.0 - logged)) } else { (*logged, 1.0) };
            let weight = slope * slope;
            if own.is_finite() && weight > 0.0 {
                sum += weight * (own - raw);
                weights += weight;
            }
        }
        (weights > 0.0).then(|| sum / weights)
    }
}

/// The raw score of a row after 1, 2, … trees, from the one after all of them.
fn raw_of_prefixes(raw: f64, trees: &[LeafTree], leaves: &[Vec<u32>]) -> Vec<f64> {
    let value = |(tree, leaves): (&LeafTree, &Vec<u32>)| {
        let leaf = leaves.first().and_then(|leaf| usize::try_from(*leaf).ok());
        leaf.and_then(|leaf| tree.values.get(leaf)).copied().unwrap_or(f64::NAN)
    };
    let mut left = raw;
    let mut prefixes: Vec<f64> = trees
        .iter()
        .zip(leaves)
        .map(value)
        .rev()
        .map(|value| {
            let prefix = left;
            left -= value;
            prefix
        })
        .collect();
    prefixes.reverse();
    prefixes
}
