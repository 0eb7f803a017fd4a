//! A model file applied to a log: finds its features among the columns that are read, and scores rows again.

use arrow_array::ArrayRef;
use vigie_models::{Inputs, Model};
use vigie_profile::{
    batch::{Rows, level},
    layout::{Column, Layout},
    shown::shown,
};

use super::{ScoringModel, column_of, kind_of, model_inputs};
use crate::fault::{Fault, Result};

/// A model that scores the rows of one log.
#[derive(Debug)]
pub struct Rescorer {
    scoring: ScoringModel,
    /// For each feature of the model, its column: the layout's columns, then `extra_columns`. `None`: no tree uses it.
    columns: Vec<Option<usize>>,
    /// Columns that the model reads and the layout does not have.
    extra_columns: Vec<Column>,
    /// For each feature of the model, the word that the application passes to it for a missing level, if the config names
    /// it.
    missing_words: Vec<Option<String>>,
    /// The same with inferred words, where the model does not replace missing levels itself.
    filled_words: Vec<Option<String>>,
}

/// Maximum number of features to name in a message.
const NAMED: usize = 3;

impl Rescorer {
    /// Opens the model that made the logged decisions. It may read only features of the reference. `name` is for errors.
    pub fn for_reference(name: &str, scoring: ScoringModel, layout: &Layout) -> Result<Self> {
        let rescorer = Self::new(scoring, layout);
        let learn = "learn the reference again with `vigie learn --model`, or name the model that it belongs to";
        let unknown: Vec<&str> = rescorer.extra_columns.iter().map(|column| column.name.as_str()).collect();
        if !unknown.is_empty() {
            return Err(Fault::setup(format!(
                "{name}: the model reads {}, which the reference does not have; {learn}",
                listed(&unknown)
            )));
        }
        let kinds = rescorer.model().features().iter().zip(&rescorer.columns).find_map(|(feature, column)| {
            let ours = layout.features().get((*column)?)?;
            (feature.used && ours.kind() != kind_of(feature)).then(|| (feature, ours.kind()))
        });
        match kinds {
            Some((feature, ours)) => Err(Fault::setup(format!(
                "{name}: `{}` is {} in the model but {ours} in the reference; {learn}",
                shown(&feature.name),
                kind_of(feature)
            ))),
            None => Ok(rescorer),
        }
    }

    /// Opens any model. Features that the layout does not have become `extra_columns`, to be read from the log.
    #[must_use]
    pub fn new(scoring: ScoringModel, layout: &Layout) -> Self {
        let model = scoring.model();
        let own = layout.features();
        // A model trained without feature names reads columns by position.
        let by_place = !model.has_feature_names() && model.features().len() == own.len();
        let mut extra_columns: Vec<Column> = Vec::new();
        let mut columns = Vec::with_capacity(model.features().len());
        for (place, feature) in model.features().iter().enumerate() {
            let named = column_of(model, feature, own.iter().map(|ours| ours.name.as_str()));
            let found = named.or(by_place.then_some(place));
            columns.push(match found {
                None if feature.used => {
                    extra_columns.push(Column { name: feature.name.clone(), kind: kind_of(feature) });
                    Some(own.len() + extra_columns.len() - 1)
                }
                found => found,
            });
        }
        let missing_words = vec![None; model.features().len()];
        Self { scoring, columns, extra_columns, missing_words, filled_words: Vec::new() }.with_missing_words(|_| None)
    }

    /// Sets the word that the application passes to the model for a missing level of each feature, by its name. Without a
    /// word, a usual one that the model knows is assumed.
    #[must_use]
    pub fn with_missing_words(mut self, word: impl Fn(&str) -> Option<String>) -> Self {
        self.missing_words = self.model().features().iter().map(|feature| word(&feature.name)).collect();
        let is_replaced = self.model().replaces_missing_levels();
        let filled = self.missing_words.iter().enumerate().map(|(index, configured)| {
            let inferred = || self.inferred_word(index).filter(|_| !is_replaced);
            configured.clone().or_else(inferred)
        });
        self.filled_words = filled.collect();
        self
    }

    /// A usual word for a missing level that the model knows.
    fn inferred_word(&self, index: usize) -> Option<String> {
        let word = self.model().missing_level(index);
        self.model().knows_level(index, word).then(|| word.to_owned())
    }

    /// The word for a missing level of a feature: the config's, or a usual one that the model knows. `None` if it is one
    /// that readers take for a missing value, or if there is none.
    #[must_use]
    pub fn missing_word(&self, feature: &str) -> Option<String> {
        let index = self.model().features().iter().position(|own| own.name == feature)?;
        let configured = self.missing_words.get(index).cloned().flatten();
        configured.or_else(|| self.inferred_word(index)).filter(|word| level(word).is_some())
    }

    /// Whether the model knows this level of a feature.
    #[must_use]
    pub fn knows_level(&self, feature: &str, level: &str) -> bool {
        let index = self.model().features().iter().position(|own| own.name == feature);
        index.is_some_and(|index| self.model().knows_level(index, level))
    }

    #[must_use]
    pub fn model(&self) -> &Model {
        self.scoring.model()
    }

    /// The model and its score.
    #[must_use]
    pub fn scoring(&self) -> &ScoringModel {
        &self.scoring
    }

    /// Columns to read in addition to the layout's.
    #[must_use]
    pub fn extra_columns(&self) -> &[Column] {
        &self.extra_columns
    }

    /// For each feature of the model, the index of its column among those that are read.
    #[must_use]
    pub fn columns(&self) -> &[Option<usize>] {
        &self.columns
    }

    /// Converts rows to the model's inputs.
    pub fn inputs(&self, rows: &Rows) -> Result<Inputs> {
        let columns = self.columns.iter().map(|place| place.and_then(|place| rows.features.get(place)?.clone()));
        self.inputs_of(rows.len, columns)
    }

    /// Converts one column for each feature of the model, in its order.
    pub(super) fn inputs_of(&self, rows: usize, columns: impl IntoIterator<Item = Option<ArrayRef>>) -> Result<Inputs> {
        model_inputs(self.model(), rows, columns, &self.filled_words)
            .map_err(|fault| fault.context("source.fields.features"))
    }

    /// Scores of the first `rows` rows.
    pub fn scores(&self, inputs: &Inputs, rows: usize) -> Result<Vec<f64>> {
        let mut raw = vec![0.0; rows * self.model().output_count()];
        self.model().predict_raw(inputs, 0..rows, &mut raw)?;
        Ok(self.scoring.scores(raw))
    }

    /// Like [`Rescorer::scores`], and passes on which leaf of each tree each row is in; see
    /// [`Model::predict_raw_with_leaves`].
    pub fn scores_with_leaves(
        &self,
        inputs: &Inputs,
        rows: usize,
        sink: &mut dyn FnMut(usize, usize, &[u32]),
    ) -> Result<Vec<f64>> {
        let mut raw = vec![0.0; rows * self.model().output_count()];
        self.model().predict_raw_with_leaves(inputs, 0..rows, &mut raw, sink)?;
        Ok(self.scoring.scores(raw))
    }
}

/// `` `A`, `B` and 3 more ``.
fn listed(names: &[&str]) -> String {
    let texts: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{}`", shown(name))).collect();
    match names.len().saturating_sub(NAMED) {
        0 => texts.join(", "),
        more => format!("{} and {more} more", texts.join(", ")),
    }
}
