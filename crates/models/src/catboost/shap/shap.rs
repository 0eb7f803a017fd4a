//! SHAP values: how much each feature moves the raw output of a row away from the expected value.
//!
//! They are those of the official library's `ShapValues` (`shap_calc_type="Regular"`): exact path-dependent `TreeSHAP`
//! with the leaf weights of training. There is one exception: if a leaf has a value but was not reached in training, the
//! library adds the weights of the rows being explained to the model. Such models are refused here.

use std::ops::Range;

use super::{
    leaves::{self, Means},
    players::Players,
    tables::ShapTables,
    walk::WalkedTrees,
};
use crate::{
    catboost::{
        forest::{Forest, trees::Trees},
        score::quantise::{BLOCK, BinBlock},
    },
    error::{ModelError, Result},
    inputs::Inputs,
    shap::vectors::LANES,
};

/// SHAP values of a model.
///
/// [`Shap::new`] prepares tables, which takes time and memory once; explaining rows is cheap after that. The values
/// match CatBoost's `ShapValues` to within 1e-12. See the [crate documentation](crate) for an example.
#[derive(Debug)]
pub struct Shap {
    features: usize,
    dimensions: usize,
    expected: Vec<f64>,
    players: Players,
    /// Trees that are explained from tables.
    tables: ShapTables,
    /// Trees that are walked row by row.
    walk: WalkedTrees,
    /// SHA-256 of the model.
    model: [u8; 32],
}

impl Shap {
    /// Prepares a model.
    ///
    /// # Errors
    ///
    /// If the model has a scale other than 1, no leaf weights, a leaf with a value but no weight, or a tree without
    /// weight.
    pub fn new(forest: &Forest) -> Result<Self> {
        leaves::check(forest)?;
        let (players, dimensions) = (Players::new(forest)?, leaves::dimensions(forest));
        let mut walk = WalkedTrees::new(dimensions, &players);
        let mut tables = ShapTables::new(&players, dimensions);
        let mut expected = vec![0.0; dimensions];
        let mut add = |means: &Means| expected.iter_mut().zip(&means.by_dimension).for_each(|(sum, mean)| *sum += mean);
        for tree in 0..forest.trees.len() {
            match &forest.trees {
                Trees::Oblivious(trees) => match tables.add(forest, &players, trees, tree)? {
                    Some(means) => add(&means),
                    None => add(&walk.add_oblivious(forest, &players, trees, tree)?),
                },
                Trees::Branching(trees) => add(&walk.add_branching(forest, &players, trees, tree)?),
            }
        }
        tables.finalize(forest);
        walk.finish();
        expected.iter_mut().zip(&forest.bias).for_each(|(sum, bias)| *sum += bias);
        let features = forest.features.len();
        Ok(Self { features, dimensions, expected, players, tables, walk, model: forest.sha256() })
    }

    /// The expected value of each dimension: the mean raw output over the training data, including the bias.
    #[must_use]
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }

    /// Number of raw outputs that are explained: [`Forest::dimension`], or 1 for `RMSEWithUncertainty`, where only the
    /// mean is explained. Classes that did not occur in training are not explained.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Number of values per row: `dimensions · (features + 1)`.
    #[must_use]
    pub fn width(&self) -> usize {
        self.dimensions.saturating_mul(self.features.saturating_add(1))
    }

    /// Computes the SHAP values of some rows, [`Shap::width`] per row.
    ///
    /// For each row and dimension: one contribution per feature, in the order of [`Forest::features`], then the expected
    /// value. Their sum is the raw output. `out` has the shape that the official library returns: `(rows, features + 1)`,
    /// or `(rows, dimensions, features + 1)`. Several threads may explain different rows of the same inputs.
    pub fn values(&self, forest: &Forest, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        if self.model != forest.sha256() {
            return Err(ModelError::new("these SHAP values were prepared for another model"));
        }
        forest.check_rows(inputs, &rows, self.width(), out.len())?;
        let at_once = BLOCK.min(rows.len());
        let mut block = BinBlock::new(forest, at_once);
        let mut sums = self.tables.buffer(&block);
        let mut shares = Vec::new();
        for (index, out) in out.chunks_mut(self.width().saturating_mul(at_once).max(1)).enumerate() {
            let count = out.len().checked_div(self.width()).unwrap_or(0);
            forest.quantise(inputs, rows.start.saturating_add(index.saturating_mul(at_once)), count, &mut block);
            out.fill(0.0);
            self.tables.explain(forest, &block, &mut sums);
            self.tables.write_rows(&sums, &block, self.features + 1, out);
            if !self.walk.is_empty() {
                self.walk.explain(forest.kernel, &block, &mut shares);
            }
            let groups = shares.chunks_exact(self.players.features.len().saturating_mul(self.dimensions).max(1));
            let mut lanes = groups.flat_map(|group| (0..LANES).map(move |lane| (group, lane)));
            for out in out.chunks_exact_mut(self.width()) {
                if let Some((group, lane)) = lanes.next() {
                    self.divide_among_features(&group.iter().filter_map(|lanes| lanes.get(lane)), out);
                }
                let lasts = out.chunks_exact_mut(self.features + 1).filter_map(<[f64]>::last_mut);
                lasts.zip(&self.expected).for_each(|(last, expected)| *last = *expected);
            }
        }
        Ok(())
    }

    /// Adds the contributions of players to one row, divided evenly among their features.
    fn divide_among_features<'s>(&self, shares: &(impl Iterator<Item = &'s f64> + Clone), out: &mut [f64]) {
        for (dimension, out) in out.chunks_exact_mut(self.features + 1).enumerate() {
            let own = shares.clone().skip(dimension).step_by(self.dimensions);
            for (share, features) in own.zip(&self.players.features) {
                #[expect(clippy::cast_precision_loss, reason = "features of a combination are few")]
                let each = share / features.len() as f64;
                for feature in features {
                    out.get_mut(*feature).into_iter().for_each(|value| *value += each);
                }
            }
        }
    }

    /// Feature importance in units of the raw output: the mean of |SHAP value| over some rows, per feature, summed over
    /// dimensions.
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

    /// Self-test: the largest difference between a row's sum of SHAP values and its raw output from
    /// [`Forest::predict_raw`], relative to the largest absolute value in the row or 1. Above [`Shap::TOLERANCE`], the
    /// values are wrong.
    #[must_use]
    pub fn gap(&self, forest: &Forest, values: &[f64], raw: &[f64]) -> f64 {
        let rows = values.chunks_exact(self.width().max(1)).zip(raw.chunks_exact(forest.output_count()));
        let gaps = rows.flat_map(|(values, raw)| {
            values.chunks_exact(self.features + 1).zip(&forest.outputs.by_dimension).map(|(values, output)| {
                let size = values.iter().fold(1.0_f64, |size, value| size.max(value.abs()));
                let sum: f64 = values.iter().sum();
                (sum - raw.get(*output).copied().unwrap_or(f64::NAN)).abs() / size
            })
        });
        gaps.fold(0.0, |worst, gap| if gap <= worst { worst } else { gap })
    }

    /// Maximum [`Shap::gap`] of correct values.
    pub const TOLERANCE: f64 = 1e-12;
}
