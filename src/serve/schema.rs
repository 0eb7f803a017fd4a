//! The inputs of a model by name.

use std::collections::{HashMap, HashSet};

use vigie_models::InputKind;
use vigie_profile::{
    batch::level,
    layout::{Layout, Shape},
};

use crate::replay::Rescorer;

/// The inputs of a model.
#[derive(Debug)]
pub(super) struct InputSchema {
    features: Vec<InputFeature>,
    by_name: HashMap<String, usize>,
}

/// One input.
#[derive(Debug)]
pub(super) struct InputFeature {
    pub name: String,
    pub kind: InputKind,
    /// Whether the model reads it.
    pub is_read: bool,
    /// The levels of the reference, in canonical spelling; `None` if they are not known.
    levels: Option<HashSet<String>>,
}

impl InputSchema {
    /// `reference`: whose levels the model was trained with.
    pub(super) fn new(rescorer: &Rescorer, reference: Option<&Layout>) -> Self {
        let levels = |name: &str| {
            let own = reference?.features().iter().find(|own| own.name == name)?;
            match &own.shape {
                Shape::Categorical(levels) => Some(levels.names().iter().cloned().collect()),
                Shape::Numeric(_) => None,
            }
        };
        let features = rescorer.model().features().iter().zip(rescorer.names());
        let features: Vec<InputFeature> = features
            .map(|(feature, name)| InputFeature {
                name: name.clone(),
                kind: feature.kind,
                is_read: feature.used,
                levels: levels(name),
            })
            .collect();
        let by_name = features.iter().enumerate().map(|(index, feature)| (feature.name.clone(), index)).collect();
        Self { features, by_name }
    }

    pub(super) fn features(&self) -> &[InputFeature] {
        &self.features
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The feature of this name; training may have replaced its blanks. `likely`: the one that is tried first.
    pub(super) fn find(&self, name: &str, likely: usize, rescorer: &Rescorer) -> Option<usize> {
        if self.features.get(likely).is_some_and(|feature| feature.name == name) {
            return Some(likely);
        }
        let own = self.by_name.get(name).copied();
        own.or_else(|| self.by_name.get(rescorer.model().trained_name(name).as_ref()).copied())
    }
}

impl InputFeature {
    /// Whether the model was trained with a level, as far as that is known. `index`: of the feature.
    pub(super) fn knows(&self, text: &str, index: usize, rescorer: &Rescorer) -> bool {
        match (&self.levels, level(text)) {
            (Some(levels), Some(canonical)) => {
                levels.contains(canonical.as_ref()) || rescorer.model().knows_level(index, text)
            }
            _ => true,
        }
    }
}
