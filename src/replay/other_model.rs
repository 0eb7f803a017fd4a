//! How the model of the config differs from the one that its reference was learnt with.

use std::collections::BTreeMap;

use super::ScoringModel;
use crate::reference::SourceModel;

/// Another model than the one that a reference was learnt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherModel {
    /// Name of the model file that the reference was learnt with.
    pub learnt: String,
    pub difference: ModelDifference,
}

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelDifference {
    /// The file, with both hashes in hexadecimal.
    File { learnt: String, now: String },
    /// What the reader was asked to do with the same file, as `key: value`, where it differs.
    Options { learnt: Vec<String>, now: Vec<String> },
    /// The file or the options: earlier versions did not store which.
    FileOrOptions,
}

impl OtherModel {
    /// Compares a model with that of a reference; `None` if they are the same, or if the reference was learnt without one.
    #[must_use]
    pub fn find(source: Option<&SourceModel>, scoring: &ScoringModel) -> Option<Self> {
        let source = source.filter(|source| source.sha256 != scoring.sha256_hex())?;
        let now = scoring.model().file_sha256_hex();
        let options = scoring.options();
        let difference = match &source.file_sha256 {
            Some(learnt) if *learnt != now => ModelDifference::File { learnt: learnt.clone(), now },
            Some(_) => different_options(&source.options, &options),
            // Without options, the identity is the hash of the file.
            None if source.sha256 == now => different_options(&BTreeMap::new(), &options),
            None => ModelDifference::FileOrOptions,
        };
        Some(Self { learnt: source.name.clone(), difference })
    }
}

fn different_options(learnt: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> ModelDifference {
    let only_in = |own: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<String> {
        let different = own.iter().filter(|(key, value)| other.get(*key) != Some(*value));
        different.map(|(key, value)| format!("{key}: {value}")).collect()
    };
    ModelDifference::Options { learnt: only_in(learnt, now), now: only_in(now, learnt) }
}

#[cfg(test)]
mod tests {
    use vigie_models::{Iterations, Model, ModelOptions};

    use super::*;

    fn model(options: &ModelOptions, class: Option<&str>) -> ScoringModel {
        let file = r#"{"features_info":{"float_features":[{"feature_index":0,"flat_feature_index":0,"feature_id":"A","borders":[0.5]}]},
            "oblivious_trees":[{"leaf_values":[0,1],"leaf_weights":[1,1],"splits":[{"split_index":0}]},
                               {"leaf_values":[0,2],"leaf_weights":[1,1],"splits":[{"split_index":0}]}],
            "model_info":{"params":{"loss_function":{"type":"Logloss"}}}}"#;
        ScoringModel::new("m", Model::with_options("m", file.as_bytes(), options).unwrap(), class).unwrap()
    }

    fn first(count: usize) -> ModelOptions {
        ModelOptions { iterations: Iterations::First(count), ..ModelOptions::default() }
    }

    fn source(scoring: &ScoringModel) -> SourceModel {
        scoring.source_model("m.json".to_owned(), 0)
    }

    fn difference(source: &SourceModel, scoring: &ScoringModel) -> Option<ModelDifference> {
        OtherModel::find(Some(source), scoring).map(|other| other.difference)
    }

    fn options(learnt: &[&str], now: &[&str]) -> ModelDifference {
        let texts = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        ModelDifference::Options { learnt: texts(learnt), now: texts(now) }
    }

    #[test]
    fn options_are_told_apart_from_files() {
        let (whole, one) = (model(&ModelOptions::default(), None), model(&first(1), None));
        let other_class = model(&first(1), Some("0"));
        assert_eq!(difference(&source(&whole), &whole), None);
        assert_eq!(difference(&source(&one), &one), None);
        assert_eq!(OtherModel::find(None, &whole), None);
        assert_eq!(difference(&source(&one), &whole), Some(options(&["iterations: 1"], &[])));
        assert_eq!(
            difference(&source(&one), &other_class),
            Some(options(&[], &["class: 0"])),
            "the same iterations are not listed"
        );
        assert_eq!(
            difference(&source(&one), &model(&first(2), None)),
            Some(options(&["iterations: 1"], &["iterations: 2"]))
        );
        let mut file = source(&one);
        file.sha256 = "ab".to_owned();
        file.file_sha256 = Some("cd".to_owned());
        let now = whole.sha256_hex().to_owned();
        assert_eq!(difference(&file, &one), Some(ModelDifference::File { learnt: "cd".to_owned(), now }));
    }

    /// References of earlier versions have neither the hash of the file nor options.
    #[test]
    fn earlier_references_tell_what_they_can() {
        let (whole, one) = (model(&ModelOptions::default(), None), model(&first(1), None));
        let earlier =
            |scoring: &ScoringModel| SourceModel { file_sha256: None, options: BTreeMap::new(), ..source(scoring) };
        assert_eq!(difference(&earlier(&one), &one), None);
        assert_eq!(difference(&earlier(&whole), &one), Some(options(&[], &["iterations: 1"])));
        assert_eq!(difference(&earlier(&one), &whole), Some(ModelDifference::FileOrOptions));
    }
}
