//! A model file applied to a log: finds its features among the columns that are read, and scores rows again.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, StringArray, cast::AsArray, types::Int32Type};
use arrow_schema::DataType;
use vigie_models::{Forest, InputKind, Inputs, Link};
use vigie_profile::{
    batch::{Number, Rows, for_each_number, level_of_number, number},
    layout::{Column, Layout},
    shown::shown,
};

use super::{kind_of, spelling::trained_spelling};
use crate::fault::{Fault, Result};

/// A model that scores the rows of one log.
#[derive(Debug)]
pub struct Rescorer {
    forest: Forest,
    /// For each feature of the model, its column: the layout's columns, then `extra_columns`. `None`: no tree uses it.
    columns: Vec<Option<usize>>,
    /// Columns that the model reads and the layout does not have.
    extra_columns: Vec<Column>,
}

/// Maximum number of features to name in a message.
const NAMED: usize = 3;

impl Rescorer {
    /// Opens the model that made the logged decisions. It may read only features of the reference. `name` is for errors.
    pub fn for_reference(name: &str, forest: Forest, layout: &Layout) -> Result<Self> {
        let rescorer = Self::new(name, forest, layout)?;
        let learn = "learn the reference again with `vigie learn --model`, or name the model that it belongs to";
        let unknown: Vec<&str> = rescorer.extra_columns.iter().map(|column| column.name.as_str()).collect();
        if !unknown.is_empty() {
            return Err(Fault::setup(format!(
                "{name}: the model reads {}, which the reference does not have; {learn}",
                listed(&unknown)
            )));
        }
        let kinds = rescorer.forest.features().iter().zip(&rescorer.columns).find_map(|(feature, column)| {
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

    /// Opens any model that returns the probability of one class. Features that the layout does not have become
    /// `extra_columns`, to be read from the log.
    pub fn new(name: &str, forest: Forest, layout: &Layout) -> Result<Self> {
        if forest.link() != Link::Sigmoid {
            return Err(Fault::setup(format!(
                "{name}: the model does not return one probability per row, so its scores cannot be compared with logged \
                 ones; use a binary classifier"
            )));
        }
        let own = layout.features();
        let is_unnamed = forest.features().iter().all(|feature| feature.name == feature.column.to_string());
        // A model trained without feature names reads columns by position.
        let by_place = is_unnamed && forest.features().len() == own.len();
        let mut extra_columns: Vec<Column> = Vec::new();
        let mut columns = Vec::with_capacity(forest.features().len());
        for (place, feature) in forest.features().iter().enumerate() {
            let named = own.iter().position(|ours| ours.name == feature.name);
            let found = named.or(by_place.then_some(place));
            columns.push(match found {
                None if feature.used => {
                    extra_columns.push(Column { name: feature.name.clone(), kind: kind_of(feature) });
                    Some(own.len() + extra_columns.len() - 1)
                }
                found => found,
            });
        }
        Ok(Self { forest, columns, extra_columns })
    }

    #[must_use]
    pub fn forest(&self) -> &Forest {
        &self.forest
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
        let column = |(feature, place): (usize, &Option<usize>)| {
            let column = place.and_then(|place| rows.features.get(place)?.as_ref());
            column.map(|column| self.as_trained(feature, column)).transpose()
        };
        let columns: Vec<Option<ArrayRef>> = self.columns.iter().enumerate().map(column).collect::<Result<_>>()?;
        Ok(Inputs::new(&self.forest, rows.len, &columns)?)
    }

    /// Probabilities of the first `rows` rows.
    pub fn probabilities(&self, inputs: &Inputs, rows: usize) -> Result<Vec<f64>> {
        let mut raw = vec![0.0; rows];
        self.forest.predict_raw(inputs, 0..rows, &mut raw)?;
        // A binary classifier always has probabilities.
        let _ = self.forest.probabilities(&mut raw);
        Ok(raw)
    }

    /// Converts a column to the kind, and its levels to the spelling, that the model was trained with.
    fn as_trained(&self, feature: usize, column: &ArrayRef) -> Result<ArrayRef> {
        let Some(own) = self.forest.features().get(feature) else { return Ok(column.clone()) };
        let levels = column.as_dictionary_opt::<Int32Type>();
        Ok(match (own.kind, levels) {
            (InputKind::Numeric, None) => column.clone(),
            (InputKind::Numeric, Some(levels)) => {
                let texts = levels.values().as_string::<i32>();
                let text =
                    |key: i32| usize::try_from(key).ok().filter(|key| *key < texts.len()).map(|key| texts.value(key));
                let of_row =
                    levels.keys().iter().map(|key| as_number(&own.name, key.and_then(text).unwrap_or_default()));
                Arc::new(of_row.collect::<Result<Float64Array>>()?)
            }
            (InputKind::Categorical, Some(levels)) => {
                let names = levels.values().as_string::<i32>().iter();
                let spelled: StringArray =
                    names.map(|name| name.map(|name| trained_spelling(&self.forest, feature, name))).collect();
                Arc::new(levels.with_values(Arc::new(spelled)))
            }
            (InputKind::Categorical, None) if column.data_type() == &DataType::Null => column.clone(),
            (InputKind::Categorical, None) => {
                let mut names = Vec::with_capacity(column.len());
                for_each_number(column.as_ref(), &mut |value| names.push(level_of_number(value)));
                let spelled =
                    names.iter().map(|name| name.as_deref().map(|name| trained_spelling(&self.forest, feature, name)));
                Arc::new(spelled.collect::<StringArray>())
            }
        })
    }
}

fn as_number(feature: &str, text: &str) -> Result<Option<f64>> {
    match number(text) {
        Number::Value(value) => Ok(Some(value)),
        Number::Missing => Ok(None),
        Number::Not => Err(Fault::setup(format!(
            "source.fields.features: `{}` holds text such as `{}`, but the model expects a number",
            shown(feature),
            shown(text)
        ))),
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
