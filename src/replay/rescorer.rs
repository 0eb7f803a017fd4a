//! A model file applied to a log: finds its features among the columns that are read, and scores rows again.

use arrow_array::ArrayRef;
use vigie_models::{InputKind, Inputs, Model, ValueColumn};
use vigie_profile::{
    batch::{Rows, level},
    layout::{Column, Kind, Layout, LevelSpelling, Shape},
    shown::{listed, shown},
};

use super::{
    MissingInput, ScoringModel, column_of, kind_of, model_inputs,
    spelling::{distinguishes_spellings, knows_missing_word},
    value_inputs,
};
use crate::fault::{Fault, Result};

/// A model that scores the rows of one log.
#[derive(Debug)]
pub struct Rescorer {
    scoring: ScoringModel,
    /// For each feature of the model, its column: the layout's columns, then `extra_columns`. `None`: no tree uses it.
    columns: Vec<Option<usize>>,
    /// For each feature of the model, the column of its levels as written, if the model distinguishes levels that are one to
    /// the layout: an extra column.
    written: Vec<Option<usize>>,
    /// Columns that the model reads and the layout does not have, then those of levels as written.
    extra_columns: Vec<Column>,
    /// For each feature of the model, whether it distinguishes texts of numbers that are one level to the layout.
    distinguishes: Vec<bool>,
    /// Number of columns of the layout.
    own: usize,
    /// Number of extra columns that the layout does not have.
    unknown: usize,
    /// For each feature of the model, its name in the log.
    names: Vec<String>,
    /// For each feature of the model, what the application passes to it for a missing level, if the config states it.
    configured: Vec<Option<MissingInput>>,
    /// The same with inferred words, where the model does not replace missing levels itself.
    missing: Vec<Option<MissingInput>>,
}

/// Maximum number of features to name in a message.
const NAMED: usize = 3;

impl Rescorer {
    /// Opens the model that made the logged decisions. It may read only features of the reference. `name` is for errors.
    pub fn for_reference(name: &str, scoring: ScoringModel, layout: &Layout) -> Result<Self> {
        let rescorer = Self::new(scoring, layout);
        let learn = "learn the reference again with `vigie learn --model`, or name the model that it belongs to";
        let unknown = rescorer.extra_columns.iter().take(rescorer.unknown);
        let unknown: Vec<&str> = unknown.map(|column| column.name.as_str()).collect();
        if !unknown.is_empty() {
            return Err(Fault::setup(format!(
                "{name}: the model reads {}, which the reference does not have; {learn}",
                listed(unknown.iter().copied(), NAMED)
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
                    let (name, kind) = (feature.name.clone(), kind_of(feature));
                    extra_columns.push(Column { name, kind, spelling: LevelSpelling::AsWritten });
                    Some(own.len() + extra_columns.len() - 1)
                }
                found => found,
            });
        }
        let features = model.features().iter().zip(&columns);
        let in_log = |place: &Option<usize>| place.and_then(|place| own.get(place)).map(|ours| ours.name.clone());
        let names = features.map(|(feature, place)| in_log(place).unwrap_or_else(|| feature.name.clone())).collect();
        let levels = |place: &Option<usize>| match &own.get((*place)?)?.shape {
            Shape::Categorical(levels) => Some(levels.names()),
            Shape::Numeric(_) => None,
        };
        let distinguishes = columns.iter().enumerate().map(|(index, place)| {
            levels(place).into_iter().flatten().any(|level| distinguishes_spellings(model, index, level))
        });
        let rescorer = Self {
            distinguishes: distinguishes.collect(),
            own: own.len(),
            unknown: extra_columns.len(),
            scoring,
            columns,
            written: Vec::new(),
            extra_columns,
            names,
            configured: Vec::new(),
            missing: Vec::new(),
        };
        rescorer.with_missing_inputs(|_| None)
    }

    /// Sets what the application passes to the model for a missing level of each feature, by its name in the log. Where that
    /// is not known, a usual word that the model knows is assumed.
    #[must_use]
    pub fn with_missing_inputs(mut self, of: impl Fn(&str) -> Option<MissingInput>) -> Self {
        self.configured = self.names.iter().map(|name| of(name)).collect();
        let is_replaced = self.model().replaces_missing_levels();
        let inferred = |index: usize| self.inferred_word(index).filter(|_| !is_replaced).map(MissingInput::Word);
        let all = self.configured.iter().enumerate();
        self.missing = all.map(|(index, configured)| configured.clone().or_else(|| inferred(index))).collect();
        self.read_written_levels();
        self
    }

    /// Adds the columns of levels as written, of the features that need them.
    fn read_written_levels(&mut self) {
        self.extra_columns.truncate(self.unknown);
        let mut written = Vec::with_capacity(self.names.len());
        for (index, (feature, column)) in self.scoring.model().features().iter().zip(&self.columns).enumerate() {
            let is_own = feature.used && column.is_some_and(|column| column < self.own);
            let model = self.scoring.model();
            let fill = self.missing.get(index).and_then(Option::as_ref);
            let fill = match fill {
                None if model.replaces_missing_levels() => Some(model.missing_level(index)),
                fill => fill.and_then(MissingInput::word),
            };
            let is_apart = || self.distinguishes.get(index) == Some(&true) || knows_missing_word(model, index, fill);
            written.push((is_own && feature.kind == InputKind::Categorical && is_apart()).then(|| {
                let name = self.names.get(index).unwrap_or(&feature.name).clone();
                self.extra_columns.push(Column { name, kind: Kind::Categorical, spelling: LevelSpelling::AsWritten });
                self.own + self.extra_columns.len() - 1
            }));
        }
        self.written = written;
    }

    /// For each feature of the model, the index of the column that it reads among the layout's and the extra ones.
    pub fn input_columns(&self) -> impl Iterator<Item = Option<usize>> {
        self.columns.iter().zip(&self.written).map(|(column, written)| written.or(*column))
    }

    /// The features, by their names in the log, whose missing levels are replaced by a word that was inferred.
    #[must_use]
    pub fn inferred(&self) -> Vec<&str> {
        let all = self.names.iter().zip(self.configured.iter().zip(&self.missing));
        all.filter(|(_, (configured, missing))| configured.is_none() && missing.is_some())
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// A usual word for a missing level that the model knows.
    fn inferred_word(&self, index: usize) -> Option<String> {
        let word = self.model().missing_level(index);
        self.model().knows_level(index, word).then(|| word.to_owned())
    }

    /// The word for a missing level of a feature, which its name in the log denotes: the config's, or a usual one that the model knows. `None` if it is one
    /// that readers take for a missing value, or if there is none.
    #[must_use]
    pub fn missing_word(&self, feature: &str) -> Option<String> {
        let index = self.place(feature)?;
        let word = match self.configured.get(index).and_then(Option::as_ref) {
            Some(configured) => configured.word().map(ToOwned::to_owned),
            None => self.inferred_word(index),
        };
        word.filter(|word| level(word).is_some())
    }

    fn place(&self, feature: &str) -> Option<usize> {
        self.names.iter().position(|name| name == feature)
    }

    /// Whether the model knows this level of a feature, which its name in the log denotes.
    #[must_use]
    pub fn knows_level(&self, feature: &str, level: &str) -> bool {
        self.place(feature).is_some_and(|index| self.model().knows_level(index, level))
    }

    /// For each feature of the model, its name in the log.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
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

    /// Columns to read in addition to the layout's: those that the layout does not have, then those of levels as written.
    #[must_use]
    pub fn extra_columns(&self) -> &[Column] {
        &self.extra_columns
    }

    /// For each feature of the model, the index of its column among those that are read, in canonical spelling.
    #[must_use]
    pub fn columns(&self) -> &[Option<usize>] {
        &self.columns
    }

    /// Converts rows to the model's inputs. Without the extra columns of levels as written, it reads the layout's.
    pub fn inputs(&self, rows: &Rows) -> Result<Inputs> {
        let is_read = |place: &usize| *place < rows.features.len();
        let places =
            self.columns.iter().zip(&self.written).map(|(column, written)| written.filter(is_read).or(*column));
        let columns = places.map(|place| place.and_then(|place| rows.features.get(place)?.clone()));
        self.inputs_of(rows.len, columns)
    }

    /// Converts one column for each feature of the model, in its order.
    pub(super) fn inputs_of(&self, rows: usize, columns: impl IntoIterator<Item = Option<ArrayRef>>) -> Result<Inputs> {
        model_inputs(self.model(), rows, columns, &self.missing)
            .map_err(|fault| fault.context("source.fields.features"))
    }

    /// Like [`Rescorer::inputs`], from one column for each feature of the model, in its order, that was read value by value.
    pub fn value_inputs(&self, rows: usize, columns: Vec<Option<ValueColumn<'_>>>) -> Result<Inputs> {
        value_inputs(self.model(), rows, columns, &self.missing)
            .map_err(|fault| fault.context("source.fields.features"))
    }

    /// Like [`Rescorer::inputs_of`], but missing levels are replaced only by words that the config names.
    pub(super) fn inputs_as_configured(
        &self,
        rows: usize,
        columns: impl IntoIterator<Item = Option<ArrayRef>>,
    ) -> Result<Inputs> {
        model_inputs(self.model(), rows, columns, &self.configured)
            .map_err(|fault| fault.context("source.fields.features"))
    }

    /// Scores of the first `rows` rows.
    pub fn scores(&self, inputs: &Inputs, rows: usize) -> Result<Vec<f64>> {
        let mut raw = vec![0.0; rows * self.model().output_count()];
        self.model().predict_raw(inputs, 0..rows, &mut raw)?;
        Ok(self.scoring.scores(raw))
    }

    /// Raw scores of rows, given by one column for each feature of the model, before the link function.
    pub(super) fn raw_scores(
        &self,
        rows: usize,
        columns: impl IntoIterator<Item = Option<ArrayRef>>,
    ) -> Result<Vec<f64>> {
        let outputs = self.model().output_count();
        let mut raw = vec![0.0; rows * outputs];
        self.model().predict_raw(&self.inputs_of(rows, columns)?, 0..rows, &mut raw)?;
        Ok(raw.chunks(outputs.max(1)).map(|raw| self.scoring.raw_score(raw)).collect())
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
