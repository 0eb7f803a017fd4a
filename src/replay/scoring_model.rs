//! A model whose rows have one number that is monitored: its score.

use std::{collections::BTreeMap, ops::Range};

use sha2::{Digest, Sha256};
use vigie_models::{Agreement, Background, Explainer, InputPrecision, Model, Promise};
use vigie_profile::{near::alternatives, shown::shown};

use super::ScoreTolerance;
use crate::{
    fault::{Fault, Result},
    reference::{Contributions, SourceModel},
};

/// What a score is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreKind {
    /// A probability, which decisions and costs follow from.
    Probability,
    /// The number that a regression predicts.
    Prediction,
}

/// A model and which of its outputs is the score.
#[derive(Debug)]
pub struct ScoringModel {
    model: Model,
    kind: ScoreKind,
    /// The raw output that the score is computed from.
    output: usize,
    /// Whether the score is the probability of the first of two classes, which is 1 minus the probability of the second,
    /// which the model computes.
    is_first_class: bool,
    /// The class whose probability is the score, if it had to be chosen: one of several, or the first of two.
    class: Option<String>,
    sha256: String,
}

/// What the score of a model is computed from.
#[derive(Debug, Clone, Copy)]
struct ScoreOutput {
    kind: ScoreKind,
    output: usize,
    is_first_class: bool,
}

/// The library that a model comes from, and how closely vigie's scores equal its own.
#[derive(Debug, Clone, PartialEq)]
pub struct ScorePromise {
    /// Library and format: `CatBoost`, `LightGBM text v4`.
    pub library: String,
    pub tolerance: ScoreTolerance,
}

impl ScoringModel {
    /// Chooses the score of a model: its probability, that of a class if it has several, or the number that it predicts.
    /// `name` prefixes messages.
    pub fn new(name: &str, model: Model, class: Option<&str>) -> Result<Self> {
        let score = score_of(&model, class).map_err(|why| Fault::setup(format!("{name}: {why}")))?;
        let ScoreOutput { kind, output, is_first_class } = score;
        let class = class.filter(|_| model.output_count() > 1 || is_first_class);
        let sha256 = identity(&model, class);
        Ok(Self { model, kind, output, is_first_class, class: class.map(ToOwned::to_owned), sha256 })
    }

    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    #[must_use]
    pub fn kind(&self) -> ScoreKind {
        self.kind
    }

    /// Identity of the score, in hexadecimal: that of the model and, if the score is not its usual one, of the chosen class.
    #[must_use]
    pub fn sha256_hex(&self) -> &str {
        &self.sha256
    }

    /// Turns the raw outputs of rows into scores.
    #[must_use]
    pub fn scores(&self, mut raw: Vec<f64>) -> Vec<f64> {
        self.model.predictions(&mut raw);
        match self.model.output_count() {
            1 if self.is_first_class => {
                raw.iter_mut().for_each(|score| *score = self.complement(*score));
                raw
            }
            1 => raw,
            outputs => raw.into_iter().skip(self.output).step_by(outputs.max(1)).collect(),
        }
    }

    /// The probability of the other one of two classes, in the precision of the library.
    fn complement(&self, probability: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, reason = "a library of 32-bit floats subtracts in them")]
        match self.model.promise().output {
            InputPrecision::Single => f64::from(1.0 - probability as f32),
            InputPrecision::Double => 1.0 - probability,
        }
    }

    /// The raw score that increases with the score, in the raw outputs of one row.
    #[must_use]
    pub fn raw_score(&self, raw: &[f64]) -> f64 {
        self.sign() * raw.get(self.output).copied().unwrap_or(f64::NAN)
    }

    /// Whether the score is the probability of the first of two classes, instead of the second.
    #[must_use]
    pub fn is_first_class(&self) -> bool {
        self.is_first_class
    }

    /// The class whose probability is the score, if it had to be chosen: one of several, or the first of two.
    #[must_use]
    pub fn chosen_class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// What the user decided about the model: options of the file that are not the default, and the chosen class.
    #[must_use]
    pub fn options(&self) -> BTreeMap<String, String> {
        let options = self.model.chosen_options().into_iter().map(|(name, value)| (name.to_owned(), value));
        options.chain(self.class.iter().map(|class| ("class".to_owned(), class.clone()))).collect()
    }

    /// The model as its reference states it. `name`: of its file; `rows_explained`: number of rows that importance was
    /// measured on.
    #[must_use]
    pub fn source_model(&self, name: String, rows_explained: u64) -> SourceModel {
        SourceModel {
            file_sha256: Some(self.model.file_sha256_hex()),
            name,
            options: self.options(),
            sha256: self.sha256.clone(),
            rows_explained,
        }
    }

    /// −1 if the score decreases with the model's raw output, as the probability of the first of two classes does; else 1.
    #[must_use]
    pub fn sign(&self) -> f64 {
        if self.is_first_class { -1.0 } else { 1.0 }
    }

    /// Prepares contributions. Those of a linear model are differences from the means of its reference.
    pub fn explainer(&self, reference: Option<&Contributions>) -> Result<Explainer> {
        let own = reference.filter(|own| own.model_sha256 == self.sha256 && !own.background.is_empty());
        Ok(self.model.explainer_with(own.map(|own| Background::Means(&own.background)))?)
    }

    /// Places, among the values of a row, of the contributions to the score: one per feature, then the expected value. They
    /// are those of the model's raw output, to be multiplied by [`ScoringModel::sign`].
    pub fn contributions(&self, explainer: &Explainer) -> Result<Range<usize>> {
        let width = self.model.features().len() + 1;
        let block = explainer.dimension_of(&self.model, self.output).map(|block| block * width);
        let first = block.ok_or_else(|| {
            let class = self.model.classes().get(self.output).map_or_else(String::new, |class| shown(class));
            Fault::setup(format!("class `{class}` did not occur in training, so that its scores have no contributions"))
        })?;
        Ok(first..first + width)
    }

    /// How closely scores equal those of the library.
    #[must_use]
    pub fn promise(&self) -> ScorePromise {
        let Promise { probability, output, .. } = self.model.promise();
        ScorePromise {
            library: self.model.kind().to_owned(),
            tolerance: ScoreTolerance {
                within: match probability {
                    Agreement::Bits => 0.0,
                    Agreement::Within(tolerance) => tolerance,
                }
                .max(if self.is_first_class { self.rounding_of_complement() } else { 0.0 }),
                is_single: output == InputPrecision::Single,
            },
        }
    }

    /// The most that two ways of computing the probability of the first class may differ, such as 1 − p and a sigmoid of its
    /// own.
    fn rounding_of_complement(&self) -> f64 {
        match self.model.promise().output {
            InputPrecision::Single => f64::from(f32::EPSILON),
            InputPrecision::Double => f64::EPSILON,
        }
    }
}

/// What a model's score is computed from, or why it has none.
fn score_of(model: &Model, class: Option<&str>) -> Result<ScoreOutput, String> {
    let classes = model.classes();
    let score = |kind: ScoreKind, output: usize| ScoreOutput { kind, output, is_first_class: false };
    if !model.link().has_probabilities() {
        return match (model.output_count(), class) {
            (1, None) => Ok(score(ScoreKind::Prediction, 0)),
            (1, Some(class)) => {
                Err(format!("the model predicts a number, so that it has no class `{}`; remove `class`", shown(class)))
            }
            (outputs, _) => Err(format!(
                "the model returns {outputs} numbers per row, so that none is its score; use a model with one output"
            )),
        };
    }
    if model.output_count() == 1 {
        let probability = score(ScoreKind::Probability, 0);
        return match (class, classes) {
            (Some(class), [first, _]) if class == first => Ok(ScoreOutput { is_first_class: true, ..probability }),
            (Some(class), [_, second]) if class != second => Err(unknown_class(class, classes)),
            _ => Ok(probability),
        };
    }
    let names = || classes.iter().map(|class| format!("`{}`", shown(class))).collect::<Vec<_>>().join(", ");
    let Some(class) = class else {
        return Err(format!(
            "the model has the classes {}, so that no single probability is its score; name the class whose probability is \
             (`model.class`, or `--class`)",
            names()
        ));
    };
    let place = classes.iter().position(|known| known == class);
    place.map(|place| score(ScoreKind::Probability, place)).ok_or_else(|| unknown_class(class, classes))
}

fn unknown_class(class: &str, classes: &[String]) -> String {
    let near = alternatives(class, classes.iter().map(String::as_str));
    format!("the model has no class `{}`{near}", shown(class))
}

fn identity(model: &Model, class: Option<&str>) -> String {
    let Some(class) = class else { return model.sha256_hex() };
    let mut sha = Sha256::new();
    sha.update(model.sha256());
    sha.update(b"class ");
    sha.update(class);
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
