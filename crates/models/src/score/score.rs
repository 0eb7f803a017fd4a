//! Raw outputs, probabilities and decisions of rows.

use std::ops::Range;

use super::{Inputs, quantise::Block};
use crate::{
    error::{ModelError, Result},
    forest::Forest,
};

impl Forest {
    /// Raw outputs (`RawFormulaVal`) of some rows, [`Forest::outputs`] a row, equal to the official library's to the
    /// bit.
    ///
    /// Threads may take different rows of the same inputs. A class that training has not met is −∞.
    pub fn raw(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        self.fits(inputs, &rows, self.outputs(), out.len())?;
        let at_once = self.block_rows().min(rows.len());
        let mut block = Block::new(self, at_once);
        let mut sums = vec![0.0; self.dimension.saturating_mul(block.stride())];
        for (number, out) in out.chunks_mut(self.outputs().saturating_mul(at_once).max(1)).enumerate() {
            let count = out.len().checked_div(self.outputs()).unwrap_or(0);
            self.quantise(inputs, rows.start.saturating_add(number.saturating_mul(at_once)), count, &mut block);
            self.walk(&block, &mut sums);
            self.finish(&sums, block.stride(), out);
        }
        Ok(())
    }

    /// Refuses rows that are not there, that another model reads, or that do not fill the output.
    pub(crate) fn fits(&self, inputs: &Inputs, rows: &Range<usize>, width: usize, out: usize) -> Result<()> {
        if inputs.model != self.sha256() {
            return Err(ModelError::new("these columns were prepared for another model"));
        }
        if rows.end > inputs.rows() || rows.len().checked_mul(width) != Some(out) {
            let all = inputs.rows();
            return Err(ModelError::new(format!("rows {rows:?} of {all} do not fit {out} outputs")));
        }
        Ok(())
    }

    /// `scale · sum + bias`, rounded after each step, at the place of each dimension's output.
    fn finish(&self, sums: &[f64], stride: usize, out: &mut [f64]) {
        if self.outputs() > self.dimension {
            out.fill(f64::NEG_INFINITY);
        }
        for ((sums, bias), &place) in sums.chunks_exact(stride).zip(&self.bias).zip(&self.outputs.of_dimension) {
            let own = out.iter_mut().skip(place).step_by(self.outputs());
            own.zip(sums).for_each(|(out, sum)| *out = self.scale * sum + bias);
        }
    }

    /// Turns raw outputs of whole rows into probabilities, in place: that of the second class of two, or of every
    /// class.
    ///
    /// Equal to the official library's to the bit where the platform's `exp` is. False, and nothing done, if the model
    /// has no probabilities.
    #[must_use]
    pub fn probabilities(&self, raw: &mut [f64]) -> bool {
        self.outputs.probabilities(raw)
    }

    /// The place, among [`Forest::classes`], of the class that one row's raw outputs decide for; `None` if the model
    /// decides for none (a regression) or for any number of labels.
    #[must_use]
    pub fn decision(&self, raw: &[f64]) -> Option<usize> {
        self.outputs.decision(raw)
    }
}
