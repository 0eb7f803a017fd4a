//! The inputs of a model by name.

use std::collections::{HashMap, HashSet};

use vigie_models::InputKind;
use vigie_profile::{
    batch::level,
    layout::{Layout, Shape},
    shown::shown,
};

use crate::{
    config::{InputPolicy, Misfit},
    replay::Rescorer,
};

/// Maximum number of inputs that an answer or a message names.
pub(super) const NAMED: usize = 20;

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

    /// Its names that another model does not have; only those that the model reads, or all.
    fn names_without(&self, other: &Self, is_read: bool) -> Vec<&str> {
        let own = self.features.iter().filter(|own| (!is_read || own.is_read) && !other.has(&own.name));
        own.map(|own| own.name.as_str()).collect()
    }

    /// Why requests that fit another model would be refused with this one; `None` if they are not.
    pub(super) fn refused_inputs(&self, former: &Self, policy: InputPolicy) -> Option<String> {
        let listed = |what: &str, names: Vec<&str>| {
            let names: Vec<String> = names.into_iter().take(NAMED).map(shown).collect();
            (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
        };
        let read = match policy.absent {
            Misfit::Refuse => {
                listed("it reads inputs that the model in use does not", self.names_without(former, true))
            }
            Misfit::Score => None,
        };
        let known = || match policy.unknown {
            Misfit::Refuse => listed("it does not know inputs of the model in use", former.names_without(self, false)),
            Misfit::Score => None,
        };
        read.or_else(known)
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
