//! `vigie config check`: reads the model file, and states what was understood.

use crate::{
    config::Settings,
    fault::Result,
    monitor::run::context::{open_configured_reference, open_model, read_configured_model},
    replay::{ScoreKind, ScorePromise, ScoringModel},
};

/// What was understood of a model file.
#[derive(Debug)]
pub struct CheckedModel {
    pub features: usize,
    pub kind: ScoreKind,
    pub promise: ScorePromise,
    /// What the reader decided where the file leaves a question open.
    pub notes: Vec<String>,
}

impl CheckedModel {
    fn new(scoring: &ScoringModel) -> Self {
        let model = scoring.model();
        Self {
            features: model.features().len(),
            kind: scoring.kind(),
            promise: scoring.promise(),
            notes: model.notes().to_vec(),
        }
    }
}

/// Reads the config's model file, and checks that it belongs to the reference, if that exists already. `None` if the config
/// names none.
pub fn check_model(settings: &Settings) -> Result<Option<CheckedModel>> {
    match open_configured_reference(settings) {
        Ok(reference) => {
            let rescorer = open_model(settings, &reference)?;
            Ok(rescorer.map(|rescorer| CheckedModel::new(rescorer.scoring())))
        }
        // Whether it has to exist is another check.
        Err(_) => Ok(read_configured_model(settings)?.map(|scoring| CheckedModel::new(&scoring))),
    }
}
