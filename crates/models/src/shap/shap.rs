//! SHAP values: how much each feature moves one row's raw output away from what the model expects.
//!
//! They are those of the official library's `ShapValues` (`shap_calc_type="Regular"`): exact path-dependent `TreeSHAP`
//! with the leaf weights of training. One deviation is possible: the library adds the weights of whatever rows it
//! explains to a model that has values in leaves no training row reached; such models are refused here.

use std::ops::Range;

use super::{
    leaves::{self, Means},
    players::Players,
    tables::ShapTables,
    walk::Walk,
};
use crate::{
    error::{ModelError, Result},
    forest::{Forest, Split, trees::Trees},
    score::{
        Inputs,
        quantise::{BLOCK, Block},
    },
};

/// A model made ready to explain rows. Takes a moment and some memory; explaining is cheap then.
///
/// ```text
/// let shap = Shap::new(&forest)?;
/// let mut values = vec![0.0; rows * shap.width()];
/// shap.values(&forest, &inputs, 0..rows, &mut values)?;
/// ```
#[derive(Debug)]
pub struct Shap {
    features: usize,
    dimensions: usize,
    expected: Vec<f64>,
    players: Players,
    /// Trees that have tables by leaf, and those that are walked.
    tables: ShapTables,
    walk: Walk,
    model: [u8; 32],
}

impl Shap {
    /// Prepares a model. Refused in a sentence: a scale other than 1, no leaf weights, a value in a leaf without
    /// weight, a tree without weight.
    pub fn new(forest: &Forest) -> Result<Self> {
        leaves::check(forest)?;
        let (players, dimensions) = (Players::of(forest)?, leaves::dimensions(forest));
        let mut walk = Walk::new(dimensions);
        let mut tables = ShapTables::new(&players, dimensions);
        let mut expected = vec![0.0; dimensions];
        let mut add = |means: &Means| expected.iter_mut().zip(&means.of).for_each(|(sum, mean)| *sum += mean);
        for tree in 0..forest.trees.len() {
            match &forest.trees {
                Trees::Oblivious(trees) => match tables.add(forest, &players, trees, tree)? {
                    Some(means) => add(&means),
                    None => add(&walk.add_oblivious(forest, &players, trees, tree)?),
                },
                Trees::Branching(trees) => add(&walk.add_branching(forest, &players, trees, tree)?),
            }
        }
        tables.settle(forest);
        expected.iter_mut().zip(&forest.bias).for_each(|(sum, bias)| *sum += bias);
        let features = forest.features.len();
        Ok(Self { features, dimensions, expected, players, tables, walk, model: forest.sha256() })
    }

    /// What the model expects before it knows a row: the mean raw output over training, bias included, of each
    /// dimension.
    #[must_use]
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }

    /// Raw outputs that are explained: [`Forest::dimension`]. (A model of `RMSEWithUncertainty` explains its mean
    /// only; classes that training has not met have no dimension.)
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// How many values a row has: `dimensions · (features + 1)`.
    #[must_use]
    pub fn width(&self) -> usize {
        self.dimensions.saturating_mul(self.features.saturating_add(1))
    }

    /// The SHAP values of some rows, [`Shap::width`] a row.
    ///
    /// Of each row, dimension after dimension: a contribution per feature, in the order of [`Forest::features`], then
    /// the expected value; together they are the raw output. So `out` has the official library's shape `(rows,
    /// features + 1)`, or `(rows, dimensions, features + 1)`. Within 1e-12 of it. Threads may take different rows.
    pub fn values(&self, forest: &Forest, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        if self.model != forest.sha256() {
            return Err(ModelError::new("these SHAP values were prepared for another model"));
        }
        forest.fits(inputs, &rows, self.width(), out.len())?;
        let at_once = BLOCK.min(rows.len());
        let mut block = Block::new(forest, at_once);
        let mut sums = self.tables.room(&block);
        let mut shares = vec![0.0; self.players.features.len().saturating_mul(self.dimensions)];
        let mut room = self.walk.room(self.players.features.len());
        for (number, out) in out.chunks_mut(self.width().saturating_mul(at_once).max(1)).enumerate() {
            let count = out.len().checked_div(self.width()).unwrap_or(0);
            forest.quantise(inputs, rows.start.saturating_add(number.saturating_mul(at_once)), count, &mut block);
            out.fill(0.0);
            self.tables.explain(forest, &block, &mut sums);
            self.tables.read(&sums, &block, self.features + 1, out);
            for (row, out) in out.chunks_exact_mut(self.width()).enumerate() {
                if !self.walk.is_empty() {
                    shares.fill(0.0);
                    let holds = |split: Split| {
                        let bin = block.column(usize::from(split.column)).get(row);
                        bin.is_some_and(|bin| split.holds(*bin))
                    };
                    self.walk.explain(&holds, &mut room, &mut shares);
                    self.spread(&shares, out);
                }
                let lasts = out.chunks_exact_mut(self.features + 1).filter_map(<[f64]>::last_mut);
                lasts.zip(&self.expected).for_each(|(last, expected)| *last = *expected);
            }
        }
        Ok(())
    }

    /// Adds one row's contributions of players, evenly among their features.
    fn spread(&self, shares: &[f64], out: &mut [f64]) {
        for (place, out) in out.chunks_exact_mut(self.features + 1).enumerate() {
            let own = shares.iter().skip(place).step_by(self.dimensions);
            for (share, features) in own.zip(&self.players.features) {
                #[expect(clippy::cast_precision_loss, reason = "features of a combination are few")]
                let each = share / features.len() as f64;
                for feature in features {
                    out.get_mut(*feature).into_iter().for_each(|value| *value += each);
                }
            }
        }
    }

    /// The mean of |SHAP value| over some rows, by feature (summed over dimensions): its importance, in units of the
    /// raw output.
    pub fn importance(&self, forest: &Forest, inputs: &Inputs, rows: Range<usize>) -> Result<Vec<f64>> {
        let mut importance = vec![0.0; self.features];
        let mut values = vec![0.0; self.width().saturating_mul(BLOCK.min(rows.len()))];
        #[expect(clippy::cast_precision_loss, reason = "rows are far below 2^52")]
        let all = rows.len().max(1) as f64;
        for from in rows.clone().step_by(BLOCK) {
            let end = from.saturating_add(BLOCK).min(rows.end);
            let values = values.split_at_mut(self.width().saturating_mul(end.saturating_sub(from))).0;
            self.values(forest, inputs, from..end, values)?;
            for values in values.chunks_exact(self.features + 1) {
                importance.iter_mut().zip(values).for_each(|(sum, value)| *sum += value.abs());
            }
        }
        importance.iter_mut().for_each(|sum| *sum /= all);
        Ok(importance)
    }

    /// The self-test: how far any row's contributions and expected value, added up, are from its raw output (as
    /// [`Forest::raw`] gives it), relative to the largest of them or 1. Above [`Shap::TOLERANCE`] something is wrong.
    #[must_use]
    pub fn gap(&self, forest: &Forest, values: &[f64], raw: &[f64]) -> f64 {
        let rows = values.chunks_exact(self.width().max(1)).zip(raw.chunks_exact(forest.outputs()));
        let gaps = rows.flat_map(|(values, raw)| {
            values.chunks_exact(self.features + 1).zip(&forest.outputs.of_dimension).map(|(values, place)| {
                let size = values.iter().fold(1.0_f64, |size, value| size.max(value.abs()));
                let sum: f64 = values.iter().sum();
                (sum - raw.get(*place).copied().unwrap_or(f64::NAN)).abs() / size
            })
        });
        gaps.fold(0.0, |worst, gap| if gap <= worst { worst } else { gap })
    }

    /// What [`Shap::gap`] may be.
    pub const TOLERANCE: f64 = 1e-12;
}
