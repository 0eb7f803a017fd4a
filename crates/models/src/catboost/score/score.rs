//! Computes raw outputs, probabilities and decisions.

use std::ops::Range;

use super::quantise::BinBlock;
use crate::{
    catboost::forest::Forest,
    error::{ModelError, Result},
    inputs::Inputs,
};

impl Forest {
    /// Computes the raw outputs (`RawFormulaVal`) of some rows, [`Forest::output_count`] per row, bit-identical to
    /// those of the official library.
    ///
    /// Several threads may score different rows of the same inputs. The output of a class that did not occur in training
    /// is −∞.
    pub fn predict_raw(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        self.score_blocks(inputs, rows, out, |_, _| ())
    }

    /// Like [`Forest::predict_raw`], and passes on the first row and the bins of each block.
    pub(crate) fn score_blocks(
        &self,
        inputs: &Inputs,
        rows: Range<usize>,
        out: &mut [f64],
        mut each: impl FnMut(usize, &BinBlock),
    ) -> Result<()> {
        self.check_rows(inputs, &rows, self.output_count(), out.len())?;
        let at_once = self.block_rows().min(rows.len());
        let mut block = BinBlock::new(self, at_once);
        let mut sums = vec![0.0; self.dimension.saturating_mul(block.stride())];
        for (index, out) in out.chunks_mut(self.output_count().saturating_mul(at_once).max(1)).enumerate() {
            let count = out.len().checked_div(self.output_count()).unwrap_or(0);
            let first = rows.start.saturating_add(index.saturating_mul(at_once));
            self.quantise(inputs, first, count, &mut block);
            self.walk(&block, &mut sums);
            self.apply_scale_and_bias(&sums, block.stride(), out);
            each(first, &block);
        }
        Ok(())
    }

    /// Checks that the rows exist, were prepared for this model, and fill the output.
    pub(crate) fn check_rows(&self, inputs: &Inputs, rows: &Range<usize>, width: usize, out: usize) -> Result<()> {
        if inputs.model != self.sha256() {
            return Err(ModelError::new("these columns were prepared for another model"));
        }
        if rows.end > inputs.rows() || rows.len().checked_mul(width) != Some(out) {
            let all = inputs.rows();
            return Err(ModelError::new(format!("rows {rows:?} of {all} do not match an output of {out} values")));
        }
        Ok(())
    }

    /// Writes `scale · sum + bias`, rounded after each step, to the output of each dimension.
    fn apply_scale_and_bias(&self, sums: &[f64], stride: usize, out: &mut [f64]) {
        if self.output_count() > self.dimension {
            out.fill(f64::NEG_INFINITY);
        }
        for ((sums, bias), &output) in sums.chunks_exact(stride).zip(&self.bias).zip(&self.outputs.by_dimension) {
            let own = out.iter_mut().skip(output).step_by(self.output_count());
            own.zip(sums).for_each(|(out, sum)| *out = self.scale * sum + bias);
        }
    }

    /// Turns the raw outputs of rows into probabilities, in place: of the second of two classes, or of every class.
    ///
    /// Bit-identical to those of the official library where the platform's `exp` is. Returns false and changes
    /// nothing if the model has no probabilities.
    #[must_use]
    pub fn probabilities(&self, raw: &mut [f64]) -> bool {
        self.outputs.probabilities(raw)
    }

    /// Index into [`Forest::classes`] of the class selected by the raw outputs of one row; `None` if the model has no classes
    /// (a regression) or is multi-label.
    #[must_use]
    pub fn decision(&self, raw: &[f64]) -> Option<usize> {
        self.outputs.decision(raw)
    }
}
