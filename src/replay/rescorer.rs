//! The model file beside a log: its features found among the columns that are read, and rows scored again.

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
    /// Of each feature of the model, its column: the layout's, then those of `more`. `None`: no tree asks for it.
    columns: Vec<Option<usize>>,
    /// What the model reads and the layout does not have.
    more: Vec<Column>,
}

/// So many features are named in a sentence.
const NAMED: usize = 3;

impl Rescorer {
    /// The model that answered: it reads what the reference was learnt from, and nothing else. `name` is for the
    /// operator.
    pub fn of_reference(name: &str, forest: Forest, layout: &Layout) -> Result<Self> {
        let rescorer = Self::beside(name, forest, layout)?;
        let learn = "learn the reference again with `vigie learn --model`, or name the model that it belongs to";
        let strange: Vec<&str> = rescorer.more.iter().map(|column| column.name.as_str()).collect();
        if !strange.is_empty() {
            return Err(Fault::setup(format!(
                "{name}: the model reads {}, which the reference does not have; {learn}",
                listed(&strange)
            )));
        }
        let kinds = rescorer.forest.features().iter().zip(&rescorer.columns).find_map(|(feature, column)| {
            let ours = layout.features().get((*column)?)?;
            (feature.used && ours.kind() != kind_of(feature)).then(|| (feature, ours.kind()))
        });
        match kinds {
            Some((feature, ours)) => Err(Fault::setup(format!(
                "{name}: `{}` is {} for the model and {ours} in the reference; {learn}",
                shown(&feature.name),
                kind_of(feature)
            ))),
            None => Ok(rescorer),
        }
    }

    /// Any model that gives the probability of one class: what it reads beside the layout's features is asked of the
    /// log.
    pub fn beside(name: &str, forest: Forest, layout: &Layout) -> Result<Self> {
        if forest.link() != Link::Sigmoid {
            return Err(Fault::setup(format!(
                "{name}: the model does not give one probability a row, which is what logged scores are compared with; \
                 name a model of two classes"
            )));
        }
        let own = layout.features();
        let nameless = forest.features().iter().all(|feature| feature.name == feature.column.to_string());
        // A model trained without names reads columns by their places.
        let by_place = nameless && forest.features().len() == own.len();
        let mut more: Vec<Column> = Vec::new();
        let mut columns = Vec::with_capacity(forest.features().len());
        for (place, feature) in forest.features().iter().enumerate() {
            let named = own.iter().position(|ours| ours.name == feature.name);
            let found = named.or(by_place.then_some(place));
            columns.push(match found {
                None if feature.used => {
                    more.push(Column { name: feature.name.clone(), kind: kind_of(feature) });
                    Some(own.len() + more.len() - 1)
                }
                found => found,
            });
        }
        Ok(Self { forest, columns, more })
    }

    #[must_use]
    pub fn forest(&self) -> &Forest {
        &self.forest
    }

    /// Columns to be read beside the layout's.
    #[must_use]
    pub fn more(&self) -> &[Column] {
        &self.more
    }

    /// Where the features of the model stand among the columns that are read.
    #[must_use]
    pub fn columns(&self) -> &[Option<usize>] {
        &self.columns
    }

    /// Columns of some rows as the model takes them.
    pub fn inputs(&self, rows: &Rows) -> Result<Inputs> {
        let column = |(feature, place): (usize, &Option<usize>)| {
            let column = place.and_then(|place| rows.features.get(place)?.as_ref());
            column.map(|column| self.as_trained(feature, column)).transpose()
        };
        let columns: Vec<Option<ArrayRef>> = self.columns.iter().enumerate().map(column).collect::<Result<_>>()?;
        Ok(Inputs::new(&self.forest, rows.len, &columns)?)
    }

    /// The probability of each of so many rows.
    pub fn probabilities(&self, inputs: &Inputs, rows: usize) -> Result<Vec<f64>> {
        let mut raw = vec![0.0; rows];
        self.forest.raw(inputs, 0..rows, &mut raw)?;
        // A model of two classes always has them.
        let _ = self.forest.probabilities(&mut raw);
        Ok(raw)
    }

    /// A column in the kind, and levels in the spelling, that the model knows.
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
            "source.fields.features: `{}` holds text, such as `{}`, where the model wants a number",
            shown(feature),
            shown(text)
        ))),
    }
}

/// `` `A`, `B` and 3 more ``.
pub(super) fn listed(names: &[&str]) -> String {
    let texts: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{}`", shown(name))).collect();
    match names.len().saturating_sub(NAMED) {
        0 => texts.join(", "),
        more => format!("{} and {more} more", texts.join(", ")),
    }
}
