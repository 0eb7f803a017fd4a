//! A model whose raw outputs are sums over branching trees: LightGBM and XGBoost, after their files have been read.

use std::{borrow::Cow, ops::Range};

use crate::{
    catboost::forest::missing::usual_spelling,
    ensemble::{
        TreeScorer,
        codes::{MISSING_CODE, REFUSED_CODE, UNKNOWN_CODE, XGBOOST_CODES, number},
    },
    error::{ModelError, Result},
    feature::{InputKind, ModelFeature},
    inputs::{ColumnValues, InputSource, InputSpec, Inputs},
    leaf_tree::LeafTree,
    lightgbm::{features::trained_name, output::LightGbmOutput},
    link::Link,
    promise::Promise,
    xgboost::output::XgBoostOutput,
};

/// A model of branching trees.
#[derive(Debug)]
pub(crate) struct TreeModel {
    /// Library and format, for messages: `LightGBM text v4`.
    pub kind: String,
    pub features: Vec<ModelFeature>,
    pub has_feature_names: bool,
    /// For each feature, the levels that the file lists; the code of a level is its index. A categorical feature without
    /// a list has whole numbers as levels.
    pub levels: Vec<Option<Vec<String>>>,
    pub codes: CodeRule,
    /// A number that stands for a missing value, in addition to NaN, also as the code of a category.
    pub missing: Option<f32>,
    pub ensemble: TreeScorer,
    pub output: OutputRule,
    /// Names of classes; none for a regression.
    pub classes: Vec<String>,
    pub promise: Promise,
    /// SHA-256 of the file and, unless they are the default, of the options.
    pub sha256: [u8; 32],
    /// What the reader decided where the file leaves a question open, in sentences for the user.
    pub notes: Vec<String>,
}

/// How the library reads levels: those that the file does not list, and unknown ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeRule {
    /// Numbers are truncated toward zero; other levels are missing, as in pandas.
    LightGbm,
    /// Numbers are 32-bit floats, unknown outside 0..2²⁴; an unlisted level is refused, as is text that is not a number.
    XgBoost,
}

/// From raw outputs to probabilities or predicted values, as each library computes them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum OutputRule {
    LightGbm(LightGbmOutput),
    XgBoost(XgBoostOutput),
}

impl OutputRule {
    pub(crate) fn link(&self) -> Link {
        match self {
            Self::LightGbm(rule) => rule.link(),
            Self::XgBoost(rule) => rule.link(),
        }
    }

    /// Turns raw outputs of rows into what the library's `predict` gives, in place. Returns false and changes nothing if
    /// that is the raw output itself.
    fn apply(&self, outputs: usize, raw: &mut [f64]) -> bool {
        match self {
            Self::LightGbm(rule) => rule.apply(outputs, raw),
            Self::XgBoost(rule) => rule.apply(outputs, raw),
        }
    }

    fn decision(&self, raw: &[f64]) -> Option<usize> {
        match self {
            Self::LightGbm(rule) => rule.decision(raw),
            Self::XgBoost(rule) => rule.decision(raw),
        }
    }
}

impl TreeModel {
    pub(crate) fn inputs<C: InputSource>(&self, rows: usize, columns: &[Option<C>]) -> Result<Inputs> {
        let spec = InputSpec {
            features: &self.features,
            precision: self.ensemble.rules.input,
            model: self.sha256,
            missing: self.missing,
        };
        Inputs::new(&spec, rows, columns, |_| MISSING_CODE, |feature, level| self.code(feature, level))
    }

    /// The code of a level: its place in the file's list, or the whole number that it spells.
    pub(crate) fn code(&self, feature: usize, level: &str) -> u32 {
        match (self.levels.get(feature), self.codes) {
            (Some(Some(levels)), rule) => {
                let place = levels.iter().position(|known| known == level).and_then(|at| u32::try_from(at).ok());
                match place {
                    #[expect(clippy::cast_precision_loss, reason = "rounding is the rule")]
                    Some(code) if self.missing == Some(code as f32) => MISSING_CODE,
                    Some(code) => code,
                    None if rule == CodeRule::XgBoost => REFUSED_CODE,
                    // pandas turns a level that is not in its list into a missing one.
                    None => MISSING_CODE,
                }
            }
            (_, CodeRule::LightGbm) => {
                let code = level.trim().parse::<f64>().ok().and_then(|code| {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
                    (code > -1.0 && code < f64::from(REFUSED_CODE)).then_some(code as u32)
                });
                code.unwrap_or(MISSING_CODE)
            }
            (_, CodeRule::XgBoost) => match level.trim().parse::<f32>() {
                Ok(code) if code.is_nan() || self.missing == Some(code) => MISSING_CODE,
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
                Ok(code) if code >= 0.0 && (code as u32) < XGBOOST_CODES => code as u32,
                Ok(code) if code.is_finite() || takes_infinities(self.missing) => UNKNOWN_CODE,
                _ => REFUSED_CODE,
            },
        }
    }

    /// Rows that the library refuses to score.
    pub(crate) fn refused_rows(&self, inputs: &Inputs, rows: Range<usize>) -> Vec<usize> {
        match self.codes {
            CodeRule::LightGbm => Vec::new(),
            CodeRule::XgBoost => rows_that_xgboost_refuses(inputs, rows, self.missing),
        }
    }

    pub(crate) fn trained_name<'c>(&self, column: &'c str) -> Cow<'c, str> {
        match self.output {
            OutputRule::LightGbm(_) => trained_name(column),
            OutputRule::XgBoost(_) => Cow::Borrowed(column),
        }
    }

    pub(crate) fn knows_level(&self, feature: usize, level: &str) -> bool {
        self.features.get(feature).is_some_and(|feature| feature.kind == InputKind::Categorical)
            && self.code(feature, level) < REFUSED_CODE
    }

    /// The usual spelling of a missing level among those that the file lists, or the empty string. A null is not replaced
    /// by it: it is missing to the model.
    pub(crate) fn missing_level(&self, feature: usize) -> &'static str {
        let levels = self.levels.get(feature).and_then(Option::as_ref);
        levels.map_or("", |levels| usual_spelling(|spelling| levels.iter().any(|level| level == spelling)))
    }

    /// Checks that the rows exist, were prepared for this model, and fill the output.
    pub(crate) fn check_rows(&self, inputs: &Inputs, rows: &Range<usize>, width: usize, out: usize) -> Result<()> {
        if inputs.model != self.sha256 {
            return Err(ModelError::new("these columns were prepared for another model"));
        }
        if rows.end > inputs.rows() || rows.len().checked_mul(width) != Some(out) {
            let all = inputs.rows();
            return Err(ModelError::new(format!("rows {rows:?} of {all} do not match an output of {out} values")));
        }
        Ok(())
    }

    pub(crate) fn predict_raw(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        self.check_rows(inputs, &rows, self.ensemble.outputs(), out.len())?;
        self.ensemble.raw(&inputs.columns, rows, out);
        Ok(())
    }

    pub(crate) fn predict_raw_with_leaves(
        &self,
        inputs: &Inputs,
        rows: Range<usize>,
        out: &mut [f64],
        sink: &mut dyn FnMut(usize, usize, &[u32]),
    ) -> Result<()> {
        self.check_rows(inputs, &rows, self.ensemble.outputs(), out.len())?;
        self.ensemble.raw_with_leaves(&inputs.columns, rows, out, sink);
        Ok(())
    }

    pub(crate) fn leaf_trees(&self) -> Option<Vec<LeafTree>> {
        self.ensemble.leaf_trees()
    }

    pub(crate) fn link(&self) -> Link {
        self.output.link()
    }

    pub(crate) fn probabilities(&self, raw: &mut [f64]) -> bool {
        self.output.apply(self.ensemble.outputs(), raw)
    }

    pub(crate) fn decision(&self, raw: &[f64]) -> Option<usize> {
        self.output.decision(raw)
    }
}

/// Rows with a level that the model does not know, or, unless infinite numbers are taken, with an infinite number or one
/// beyond 32-bit floats.
pub(crate) fn rows_that_xgboost_refuses(inputs: &Inputs, rows: Range<usize>, missing: Option<f32>) -> Vec<usize> {
    let is_refused = |column: &ColumnValues, row: usize| match column {
        ColumnValues::Levels(codes) => codes.get(row) == Some(&REFUSED_CODE),
        #[expect(clippy::cast_possible_truncation, reason = "rounding is the rule")]
        _ => (number(column, row) as f32).is_infinite() && !takes_infinities(missing),
    };
    rows.filter(|row| inputs.columns.iter().any(|column| is_refused(column, *row))).collect()
}

/// Whether XGBoost takes infinite numbers: if one of them stands for a missing value.
fn takes_infinities(missing: Option<f32>) -> bool {
    missing.is_some_and(f32::is_infinite)
}
