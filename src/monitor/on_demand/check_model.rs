//! `vigie config check`: reads the model file, and states what was understood.

use vigie_models::Model;
use vigie_profile::shown::listed;

use crate::{
    config::{LocalFile, Settings, is_address},
    fault::Result,
    monitor::run::{
        context::{open_configured_reference, open_model, read_configured_model},
        score_field::check_score_field,
    },
    replay::{OtherModel, ScoreKind, ScorePromise, ScoringModel},
};

/// What was understood of a model file.
#[derive(Debug)]
pub struct CheckedModel {
    pub features: usize,
    pub kind: ScoreKind,
    pub promise: ScorePromise,
    /// What the reader decided where the file leaves a question open, and what differs from the registry's signature.
    pub notes: Vec<String>,
    /// How it differs from the model that the reference was learnt with.
    pub other: Option<OtherModel>,
    /// Address and version, if the file is one of a registry.
    pub registered: Option<(String, String)>,
}

/// Maximum number of features to name in a note.
const NAMED: usize = 3;

impl CheckedModel {
    fn new(scoring: &ScoringModel, file: &LocalFile) -> Self {
        let model = scoring.model();
        let registered = file.registered.as_ref();
        let signature = registered.and_then(|registered| signature_note(model, &registered.inputs));
        Self {
            features: model.features().len(),
            kind: scoring.kind(),
            promise: scoring.promise(),
            notes: model.notes().iter().cloned().chain(signature).collect(),
            other: None,
            registered: registered.map(|own| (own.address.clone(), own.shown.clone())),
        }
    }
}

/// Reads the config's model file, and checks that it belongs to the reference, if that exists already. `None` if the config
/// names none.
pub fn check_model(settings: &Settings) -> Result<Option<CheckedModel>> {
    match open_configured_reference(settings) {
        Ok(reference) => {
            check_score_field(settings, &reference)?;
            let opened = open_model(settings, &reference)?;
            Ok(opened.map(|opened| {
                let scoring = opened.model.scoring();
                let other = OtherModel::find(reference.provenance().model.as_ref(), scoring);
                CheckedModel { other, ..CheckedModel::new(scoring, &opened.file) }
            }))
        }
        Err(fault) if is_address(&settings.reference) => Err(fault),
        // Whether it has to exist is another check.
        Err(_) => Ok(read_configured_model(settings)?.map(|own| CheckedModel::new(&own.model, &own.file))),
    }
}

/// A note if the registry's signature of a model has other inputs than the model itself.
fn signature_note(model: &Model, signature: &[String]) -> Option<String> {
    if signature.is_empty() || !model.has_feature_names() {
        return None;
    }
    let features = model.features();
    let missing = features.iter().filter(|own| own.used && !signature.contains(&own.name)).map(|own| own.name.as_str());
    let missing: Vec<&str> = missing.collect();
    (!missing.is_empty()).then(|| {
        format!(
            "the signature in the registry lacks {} of the model's features ({}): the model was logged with other inputs \
             than it was trained with",
            missing.len(),
            listed(missing.iter().copied(), NAMED)
        )
    })
}
