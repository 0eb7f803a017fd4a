//! An ONNX model in memory.

use std::ops::Range;

use super::{program::OnnxProgram, texts::TextTable};
use crate::{
    catboost::forest::missing::SPELLINGS,
    error::{ModelError, Result},
    feature::{InputKind, InputPrecision, ModelFeature},
    inputs::{InputSource, InputSpec, Inputs},
    link::Link,
    promise::Promise,
};

/// A graph of operators that computes probabilities, or the values of a regression.
///
/// Its raw output is what the graph computes: with [`Link::Probability`], that is the probability of the second of two
/// classes, or of each class.
#[derive(Debug)]
pub(crate) struct OnnxModel {
    /// Format and converter, for messages: `ONNX (skl2onnx 1.20.0)`.
    pub kind: String,
    pub features: Vec<ModelFeature>,
    pub has_feature_names: bool,
    /// The precision to which inputs are read: that of the most precise one.
    pub precision: InputPrecision,
    pub texts: TextTable,
    pub program: OnnxProgram,
    pub link: Link,
    /// Names of classes; none for a regression.
    pub classes: Vec<String>,
    pub promise: Promise,
    /// SHA-256 of the file and, unless they are the default, of the options.
    pub sha256: [u8; 32],
    /// What the format leaves out, in sentences for the user.
    pub notes: Vec<String>,
}

impl OnnxModel {
    pub(crate) fn inputs<C: InputSource>(&self, rows: usize, columns: &[Option<C>]) -> Result<Inputs> {
        let spec = InputSpec { features: &self.features, precision: self.precision, model: self.sha256, missing: None };
        let missing = |feature| self.texts.code(self.missing_level(feature));
        Inputs::new(&spec, rows, columns, missing, |_, level| self.texts.code(level))
    }

    /// The first usual spelling of a missing level that an operator knows, or the empty string.
    pub(crate) fn missing_level(&self, feature: usize) -> &str {
        SPELLINGS.into_iter().find(|spelling| self.knows_level(feature, spelling)).unwrap_or_default()
    }

    /// The code of a level.
    pub(crate) fn code(&self, level: &str) -> u32 {
        self.texts.code(level)
    }

    /// Whether an operator that reads the feature directly knows the level.
    pub(crate) fn knows_level(&self, feature: usize, level: &str) -> bool {
        if self.features.get(feature).is_none_or(|feature| feature.kind != InputKind::Categorical) {
            return false;
        }
        let code = self.texts.code(level);
        let covers = |first: usize, columns: usize| (first..first.saturating_add(columns)).contains(&feature);
        let input = self.program.inputs.iter().find(|input| covers(input.first, input.columns));
        let Some(slot) = input.map(|input| input.slot).filter(|_| code != TextTable::UNKNOWN) else { return false };
        let mut readers = self.program.steps.iter().filter(|step| step.input == Some(slot));
        readers.any(|step| step.operator.knows_text(code))
    }

    pub(crate) fn output_count(&self) -> usize {
        self.program.output_count()
    }

    pub(crate) fn predict_raw(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        if inputs.model != self.sha256 {
            return Err(ModelError::new("these columns were prepared for another model"));
        }
        if rows.end > inputs.rows() || rows.len().checked_mul(self.output_count()) != Some(out.len()) {
            let (all, out) = (inputs.rows(), out.len());
            return Err(ModelError::new(format!("rows {rows:?} of {all} do not match an output of {out} values")));
        }
        self.program.run(inputs, rows, out);
        Ok(())
    }

    /// Turns raw outputs into probabilities, in place. Returns false if the model has none.
    pub(crate) fn probabilities(&self, raw: &mut [f64]) -> bool {
        match self.link {
            Link::Probability => true,
            Link::Sigmoid => {
                raw.iter_mut().for_each(|value| *value = 1.0 / (1.0 + (-*value).exp()));
                true
            }
            _ => false,
        }
    }

    /// The class of a row from its raw outputs: the first of those with the largest probability.
    pub(crate) fn decision(&self, raw: &[f64]) -> Option<usize> {
        match (self.link, raw) {
            (Link::Sigmoid, [score]) => Some(usize::from(*score > 0.0)),
            (Link::Probability, [probability]) => Some(usize::from(*probability > 0.5)),
            (Link::Probability, [first, rest @ ..]) => {
                let mut best = (0, *first);
                for (&value, class) in rest.iter().zip(1..) {
                    if value > best.1 {
                        best = (class, value);
                    }
                }
                Some(best.0)
            }
            _ => None,
        }
    }
}
