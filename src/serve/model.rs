//! A model that is being served: what answers and records say about it, and the scores of rows.

use std::sync::OnceLock;

use tracing::warn;
use vigie_models::{Explainer, Inputs};
use vigie_profile::{
    decision::DecisionRule,
    layout::{Layout, Precision},
};

use super::{rows_reader::RowsReader, schema::InputSchema};
use crate::{
    config::Settings,
    fault::{Fault, Result},
    monitor::{
        ConfiguredModel, open_configured_reference, read_configured_model, with_missing_inputs, with_registry_values,
    },
    reference::{Contributions, Reference},
    replay::{Rescorer, ScoreKind},
};

/// A model in memory.
#[derive(Debug)]
pub(super) struct ServedModel {
    pub name: String,
    pub version: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Where it comes from, for people.
    pub origin: String,
    pub rescorer: Rescorer,
    pub schema: InputSchema,
    /// `None` if the model predicts a number.
    pub rule: Option<DecisionRule>,
    pub words: DecisionNames,
    /// The key of the score in answers and records.
    pub score_key: &'static str,
    /// The expected contributions that linear models are explained against.
    contributions: Option<Contributions>,
    explainer: OnceLock<Result<Explainer>>,
    /// The `OpenAPI` document of its endpoints, when it has been asked for.
    pub description: OnceLock<String>,
}

/// The words of decisions.
#[derive(Debug, Clone)]
pub(super) struct DecisionNames {
    pub accepted: String,
    pub refused: String,
}

/// The score of one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RowScore {
    pub raw: f64,
    /// A probability, or a predicted number.
    pub score: f64,
    /// `None` if the model predicts a number.
    pub refused: Option<bool>,
}

/// The contribution of an input to a score.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScoreReason {
    pub feature: String,
    /// In units of the raw score; a positive one raises the score.
    pub contribution: f64,
}

impl ServedModel {
    /// Opens the model that the settings name, and tries it.
    pub(super) fn open(settings: &Settings) -> Result<Self> {
        let settings = &*with_registry_values(settings)?;
        let Some(ConfiguredModel { model, file }) = read_configured_model(settings)? else {
            return Err(Fault::setup("model.file: not set in the config, but serve needs the model file; set it"));
        };
        let number = file.registered.as_ref().and_then(|registered| Some(registered.version.as_ref()?.version));
        let version = settings.model.version.clone().or_else(|| number.map(|number| number.to_string()));
        let rule = (model.kind() == ScoreKind::Probability).then(|| settings.model.rule());
        let sha256 = model.model().file_sha256_hex();
        let rescorer = Rescorer::new(model, &Layout::new(Precision::F64, Vec::new(), None));
        let rescorer = with_missing_inputs(rescorer, settings)?;
        // Not every model that is served has a reference yet.
        let reference = open_configured_reference(settings)
            .inspect_err(|fault| warn!("{fault}; without the reference, no level is unseen"))
            .ok();
        let served = Self {
            name: settings.model.name.clone(),
            version,
            sha256,
            origin: file.name(),
            schema: InputSchema::new(&rescorer, reference.as_ref().map(Reference::layout)),
            rescorer,
            rule,
            words: DecisionNames::new(settings),
            score_key: match rule {
                None => "prediction",
                Some(_) if settings.model.event() == "default" => "proba_default",
                Some(_) => "probability",
            },
            contributions: reference.and_then(|own| own.contributions().cloned()),
            explainer: OnceLock::new(),
            description: OnceLock::new(),
        };
        served.try_out()?;
        Ok(served)
    }

    /// Scores a row without values, which every model can, or refuses by NaN.
    fn try_out(&self) -> Result<()> {
        let mut reader = RowsReader::new(&self.schema, &self.rescorer, 1);
        reader.read("{}").map_err(|error| Fault::setup(format!("{}: {error}", self.origin)))?;
        self.score(&reader.finish()?.0).map(|_| ())
    }

    /// Scores rows that were read with the model's schema.
    pub(super) fn score(&self, inputs: &Inputs) -> Result<Vec<RowScore>> {
        let model = self.rescorer.model();
        let outputs = model.output_count();
        let mut raw = vec![0.0; inputs.rows() * outputs];
        model.predict_raw(inputs, 0..inputs.rows(), &mut raw)?;
        let scoring = self.rescorer.scoring();
        let linked: Vec<f64> = raw.chunks(outputs.max(1)).map(|row| scoring.raw_score(row)).collect();
        let scores = scoring.scores(raw).into_iter().zip(linked);
        Ok(scores
            .map(|(score, raw)| RowScore { raw, score, refused: self.rule.map(|rule| rule.refuses(score)) })
            .collect())
    }

    /// The contributions to the score of each row, largest first.
    pub(super) fn reasons(&self, inputs: &Inputs) -> Result<Vec<Vec<ScoreReason>>> {
        let scoring = self.rescorer.scoring();
        let explainer = self.explainer.get_or_init(|| scoring.explainer(self.contributions.as_ref()));
        let explainer = explainer.as_ref().map_err(Clone::clone)?;
        let mut values = vec![0.0; inputs.rows() * explainer.width()];
        explainer.values(self.rescorer.model(), inputs, 0..inputs.rows(), &mut values)?;
        let own = scoring.contributions(explainer)?;
        let rows = values.chunks(explainer.width().max(1)).map(|row| {
            let row = row.get(own.clone()).unwrap_or_default();
            let all = self.schema.features().iter().zip(row);
            let mut reasons: Vec<ScoreReason> = all
                .map(|(feature, value)| ScoreReason {
                    feature: feature.name.clone(),
                    contribution: scoring.sign() * value,
                })
                .collect();
            reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
            reasons
        });
        Ok(rows.collect())
    }

    /// The word of a decision.
    pub(super) fn decision(&self, refused: bool) -> &str {
        if refused { &self.words.refused } else { &self.words.accepted }
    }
}

impl DecisionNames {
    /// The first words of the config, or the usual ones.
    fn new(settings: &Settings) -> Self {
        let own = settings.model.decisions.as_ref();
        let first = |words: Option<&Vec<crate::source::Scalar>>| words?.first()?.spelled();
        Self {
            accepted: first(own.map(|own| &own.accepted)).unwrap_or_else(|| "ACCEPTED".to_owned()),
            refused: first(own.map(|own| &own.refused)).unwrap_or_else(|| "REFUSED".to_owned()),
        }
    }
}
