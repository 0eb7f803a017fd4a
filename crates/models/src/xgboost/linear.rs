//! A linear XGBoost model (`gblinear`): a bias and a weight per feature, summed in 32-bit floats.

use std::ops::Range;

use super::{file::source::reserve, output::XgBoostOutput, refusal::damaged};
use crate::{
    allowance::Allowance,
    ensemble::codes::{UNKNOWN_CODE, number},
    error::{ModelError, Result},
    feature::{InputKind, InputPrecision, ModelFeature},
    inputs::{InputSource, InputSpec, Inputs},
    promise::Promise,
};

/// A linear model.
#[derive(Debug)]
pub(crate) struct LinearBooster {
    pub kind: String,
    pub features: Vec<ModelFeature>,
    pub has_feature_names: bool,
    /// A number that stands for a missing value, in addition to NaN.
    pub missing: Option<f32>,
    /// For each feature, then the bias, one value per output.
    pub weights: Vec<f32>,
    /// The base of each output.
    pub base: Vec<f32>,
    pub output: XgBoostOutput,
    pub classes: Vec<String>,
    pub promise: Promise,
    /// SHA-256 of the file and, unless they are the default, of the options.
    pub sha256: [u8; 32],
}

impl LinearBooster {
    pub(crate) const PRECISION: InputPrecision = InputPrecision::Single;

    /// Checks what scoring relies on.
    pub(crate) fn validated(mut self, allowance: &Allowance) -> Result<Self> {
        let expected = self.features.len().saturating_add(1).saturating_mul(self.outputs());
        if self.weights.is_empty() {
            // The model was never trained.
            reserve(&mut self.weights, expected, allowance)?;
            self.weights.resize(expected, 0.0);
        }
        if self.weights.len() != expected {
            return Err(damaged("its weights do not match its features"));
        }
        for feature in &mut self.features {
            // All of them, whatever their weight: an infinite value times zero is not a number.
            feature.used = true;
            // XGBoost multiplies the codes of categories, too.
            feature.kind = InputKind::Numeric;
        }
        Ok(self)
    }

    /// Number of raw outputs.
    pub(crate) fn outputs(&self) -> usize {
        self.base.len()
    }

    pub(crate) fn inputs<C: InputSource>(&self, rows: usize, columns: &[Option<C>]) -> Result<Inputs> {
        let spec = InputSpec {
            features: &self.features,
            precision: Self::PRECISION,
            model: self.sha256,
            missing: self.missing,
        };
        Inputs::new(&spec, rows, columns, |_| UNKNOWN_CODE, |_, _| UNKNOWN_CODE)
    }

    /// What each output starts from.
    fn starts(&self) -> impl Iterator<Item = f32> {
        let bias = self.weights.iter().skip(self.features.len().saturating_mul(self.outputs()));
        self.base.iter().zip(bias).map(|(base, bias)| bias + base)
    }

    /// The addend of each feature that is not missing in a row, in order, for one output.
    fn addends(&self, inputs: &Inputs, row: usize, output: usize) -> impl Iterator<Item = (usize, f32)> {
        let weights = self.weights.iter().skip(output).step_by(self.outputs().max(1));
        inputs.columns.iter().zip(weights).enumerate().filter_map(move |(feature, (column, weight))| {
            #[expect(clippy::cast_possible_truncation, reason = "rounding is the rule")]
            let value = number(column, row) as f32;
            (!value.is_nan()).then(|| (feature, value * weight))
        })
    }

    pub(crate) fn predict_raw(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        self.check(inputs, &rows, out.len(), self.outputs())?;
        for (row, out) in rows.zip(out.chunks_exact_mut(self.outputs().max(1))) {
            for (output, (out, start)) in out.iter_mut().zip(self.starts()).enumerate() {
                *out = f64::from(self.addends(inputs, row, output).fold(start, |sum, (_, addend)| sum + addend));
            }
        }
        Ok(())
    }

    /// The expected value of each output: what remains if every feature is missing.
    pub(crate) fn expected(&self) -> Vec<f64> {
        self.starts().map(f64::from).collect()
    }

    /// Contributions of each feature, then the expected value, for each output. They are the addends, as the library's
    /// `pred_contribs` gives them.
    pub(crate) fn contributions(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        let width = self.features.len().saturating_add(1);
        self.check(inputs, &rows, out.len(), self.outputs().saturating_mul(width))?;
        out.fill(0.0);
        let outputs = self.outputs();
        let starts: Vec<f64> = self.expected();
        for (row, out) in rows.zip(out.chunks_exact_mut((outputs * width).max(1))) {
            for (output, (out, start)) in out.chunks_exact_mut(width).zip(&starts).enumerate() {
                for (feature, addend) in self.addends(inputs, row, output) {
                    out.get_mut(feature).into_iter().for_each(|out| *out = f64::from(addend));
                }
                out.last_mut().into_iter().for_each(|last| *last = *start);
            }
        }
        Ok(())
    }

    fn check(&self, inputs: &Inputs, rows: &Range<usize>, out: usize, each: usize) -> Result<()> {
        if inputs.model != self.sha256 {
            return Err(ModelError::new("these columns were prepared for another model"));
        }
        if rows.end > inputs.rows() || rows.len().checked_mul(each) != Some(out) {
            let all = inputs.rows();
            return Err(ModelError::new(format!("rows {rows:?} of {all} do not match an output of {out} values")));
        }
        Ok(())
    }
}
