//! Estimators in memory, and their raw outputs for a block of rows.

use super::{calibrator::Calibrator, output::EstimatorOutput, program::ColumnBlock};
use crate::{ensemble::TreeScorer, inputs::ColumnValues, promise::Agreement};

/// What sums in 32-bit floats may change.
pub(crate) const SINGLE_SUMS: Agreement = Agreement::Within(1e-5);

/// An estimator with the columns that it reads.
#[derive(Debug)]
pub(crate) struct PipelineScorer {
    /// Columns of the [`ColumnProgram`](super::program::ColumnProgram).
    pub columns: Vec<usize>,
    pub domain: InputDomain,
    pub estimator: Estimator,
    pub output: EstimatorOutput,
    /// How closely the raw outputs equal those of scikit-learn.
    pub agreement: Agreement,
}

/// The numbers that an estimator accepts. It refuses rows with others, which have no score: their outputs are NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputDomain {
    Any,
    /// NaN, or finite after rounding to a 32-bit float.
    MissingOrSingle,
    /// Finite after rounding to a 32-bit float.
    FiniteSingle,
    Finite,
}

/// The estimators that are read.
#[derive(Debug)]
pub(crate) enum Estimator {
    Linear(LinearModel),
    Trees(Box<TreeSum>),
    Network(NeuralNetwork),
    Calibrated(CalibratedMean),
}

/// `X · coef + intercept`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinearModel {
    /// Per output, one coefficient per column.
    pub coefficients: Vec<f64>,
    /// One per output.
    pub intercepts: Vec<f64>,
}

/// The sum over trees, divided by a number at the end.
#[derive(Debug)]
pub(crate) struct TreeSum {
    /// Its features are the estimator's columns.
    pub ensemble: TreeScorer,
    /// Number of trees if the output is their mean, otherwise 1.
    pub divisor: f64,
}

/// A perceptron with hidden layers.
#[derive(Debug)]
pub(crate) struct NeuralNetwork {
    pub layers: Vec<NetworkLayer>,
    /// After each layer but the last.
    pub activation: Activation,
}

/// `X · weights + biases`.
#[derive(Debug)]
pub(crate) struct NetworkLayer {
    /// Per input, one weight per output.
    pub weights: Vec<f64>,
    /// One per output.
    pub biases: Vec<f64>,
}

/// The activation function of hidden layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    Identity,
    Logistic,
    Tanh,
    Relu,
}

/// The mean of calibrated probabilities.
#[derive(Debug)]
pub(crate) struct CalibratedMean {
    pub members: Vec<CalibratedMember>,
    /// 1 for two classes, otherwise one per class.
    pub outputs: usize,
}

/// A classifier with its calibration.
#[derive(Debug)]
pub(crate) struct CalibratedMember {
    pub scorer: PipelineScorer,
    /// One per output.
    pub calibrators: Vec<Calibrator>,
}

impl InputDomain {
    fn contains(self, value: f64) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "rounding is the rule")]
        let single = value as f32;
        match self {
            Self::Any => true,
            Self::MissingOrSingle => value.is_nan() || single.is_finite(),
            Self::FiniteSingle => single.is_finite(),
            Self::Finite => value.is_finite(),
        }
    }
}

impl PipelineScorer {
    /// Number of raw outputs per row.
    pub(crate) fn outputs(&self) -> usize {
        match &self.estimator {
            Estimator::Linear(model) => model.intercepts.len(),
            Estimator::Trees(trees) => trees.ensemble.outputs(),
            Estimator::Network(network) => network.layers.last().map_or(0, |layer| layer.biases.len()),
            Estimator::Calibrated(mean) => mean.outputs,
        }
    }

    /// Whether the estimator compares its columns, but does not add them up.
    pub(crate) fn is_exact(&self) -> bool {
        match &self.estimator {
            Estimator::Trees(_) => true,
            Estimator::Linear(_) | Estimator::Network(_) => false,
            Estimator::Calibrated(mean) => mean.members.iter().all(|member| member.scorer.is_exact()),
        }
    }

    /// Whether a row of a block has a score.
    pub(crate) fn accepts(&self, block: &ColumnBlock, row: usize) -> bool {
        !block.is_refused(row) && self.columns.iter().all(|column| self.domain.contains(block.value(*column, row)))
    }

    /// Computes the raw outputs of a block, [`PipelineScorer::outputs`] per row.
    pub(crate) fn score(&self, block: &ColumnBlock, out: &mut [f64]) {
        match &self.estimator {
            Estimator::Calibrated(mean) => mean.score(block, out),
            Estimator::Trees(trees) => trees.score(&block.columns(&self.columns), block.rows(), out),
            Estimator::Linear(_) | Estimator::Network(_) => {}
        }
        for (row, out) in (0..block.rows()).zip(out.chunks_exact_mut(self.outputs().max(1))) {
            let value = |column: usize| self.columns.get(column).map_or(f64::NAN, |column| block.value(*column, row));
            if !self.accepts(block, row) {
                out.fill(f64::NAN);
                continue;
            }
            match &self.estimator {
                Estimator::Linear(model) => model.score(&value, out),
                Estimator::Network(network) => network.score((0..self.columns.len()).map(value).collect(), out),
                Estimator::Trees(_) | Estimator::Calibrated(_) => {}
            }
        }
    }
}

impl TreeSum {
    fn score(&self, columns: &[ColumnValues], rows: usize, out: &mut [f64]) {
        let out = out.get_mut(..rows.saturating_mul(self.ensemble.outputs())).unwrap_or_default();
        self.ensemble.raw(columns, 0..rows, out);
        out.iter_mut().for_each(|out| *out /= self.divisor);
    }
}

impl LinearModel {
    fn score(&self, value: &impl Fn(usize) -> f64, out: &mut [f64]) {
        let width = self.coefficients.len().checked_div(self.intercepts.len()).unwrap_or(0);
        let rows = self.coefficients.chunks(width.max(1));
        for ((out, coefficients), intercept) in out.iter_mut().zip(rows).zip(&self.intercepts) {
            let products = coefficients.iter().enumerate().map(|(column, by)| value(column) * by);
            *out = products.sum::<f64>() + intercept;
        }
    }
}

impl NeuralNetwork {
    fn score(&self, mut values: Vec<f64>, out: &mut [f64]) {
        for (number, layer) in self.layers.iter().enumerate() {
            if number > 0 {
                values.iter_mut().for_each(|value| *value = self.activation.apply(*value));
            }
            let mut sums = vec![0.0; layer.biases.len()];
            for (value, weights) in values.iter().zip(layer.weights.chunks(sums.len().max(1))) {
                sums.iter_mut().zip(weights).for_each(|(sum, by)| *sum += value * by);
            }
            sums.iter_mut().zip(&layer.biases).for_each(|(sum, bias)| *sum += bias);
            values = sums;
        }
        out.iter_mut().zip(values).for_each(|(out, value)| *out = value);
    }
}

impl Activation {
    fn apply(self, value: f64) -> f64 {
        match self {
            Self::Identity => value,
            Self::Logistic => super::output::sigmoid(value),
            Self::Tanh => value.tanh(),
            // NaN remains, as in NumPy.
            Self::Relu => {
                if value < 0.0 {
                    0.0
                } else {
                    value
                }
            }
        }
    }
}

impl CalibratedMean {
    fn score(&self, block: &ColumnBlock, out: &mut [f64]) {
        let out = out.get_mut(..block.rows().saturating_mul(self.outputs)).unwrap_or_default();
        out.fill(0.0);
        let mut scores = vec![0.0; out.len()];
        for member in &self.members {
            member.scorer.score(block, &mut scores);
            if let Estimator::Network(_) = member.scorer.estimator {
                let _ = member.scorer.output.apply(self.outputs, &mut scores);
            }
            for (scores, out) in
                scores.chunks_exact_mut(self.outputs.max(1)).zip(out.chunks_exact_mut(self.outputs.max(1)))
            {
                member.calibrate(scores);
                out.iter_mut().zip(scores).for_each(|(out, probability)| *out += *probability);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of models")]
        let count = self.members.len() as f64;
        out.iter_mut().for_each(|out| *out /= count);
    }
}

impl CalibratedMember {
    /// Turns the scores of a row into probabilities.
    fn calibrate(&self, scores: &mut [f64]) {
        scores.iter_mut().zip(&self.calibrators).for_each(|(score, by)| *score = by.probability(*score));
        if scores.len() > 1 {
            let sum: f64 = scores.iter().sum();
            #[expect(clippy::cast_precision_loss, reason = "a number of classes")]
            let uniform = 1.0 / scores.len() as f64;
            scores.iter_mut().for_each(|score| *score = if sum == 0.0 { uniform } else { *score / sum });
        }
    }
}
