//! The inputs of a model by name, and rows of a request read into its columns.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use arrow_array::{ArrayRef, Float64Array, StringArray};
use arrow_buffer::{Buffer, ScalarBuffer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use vigie_models::InputKind;
use vigie_profile::{
    batch::{Number, Rows, Value, level},
    layout::{Layout, Shape},
    shown::shown,
};

use super::value::InputValue;
use crate::{
    config::{InputPolicy, Misfit},
    replay::Rescorer,
};

/// Maximum number of inputs that an answer names.
const NAMED: usize = 20;

/// The inputs of a model.
#[derive(Debug)]
pub(super) struct InputSchema {
    features: Vec<InputFeature>,
    by_name: HashMap<String, usize>,
    /// The kind of each column that the model reads.
    kinds: Vec<InputKind>,
}

/// One input.
#[derive(Debug)]
pub(super) struct InputFeature {
    pub name: String,
    pub kind: InputKind,
    /// Its column among those of the model's rows; `None` if the model does not read it.
    column: Option<usize>,
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
        let model = rescorer.model().features();
        let features = model.iter().zip(rescorer.names()).zip(rescorer.columns());
        let features: Vec<InputFeature> = features
            .map(|((feature, name), column)| InputFeature {
                name: name.clone(),
                kind: feature.kind,
                column: *column,
                levels: levels(name),
            })
            .collect();
        let by_name = features.iter().enumerate().map(|(index, feature)| (feature.name.clone(), index)).collect();
        let mut kinds = vec![InputKind::Numeric; rescorer.extra_columns().len()];
        for feature in &features {
            if let Some(kind) = feature.column.and_then(|column| kinds.get_mut(column)) {
                *kind = feature.kind;
            }
        }
        Self { features, by_name, kinds }
    }

    pub(super) fn features(&self) -> &[InputFeature] {
        &self.features
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Its names that another model does not have; only those that the model reads, or all.
    fn names_without(&self, other: &Self, is_read: bool) -> Vec<&str> {
        let own = self.features.iter().filter(|own| (!is_read || own.column.is_some()) && !other.has(&own.name));
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

    /// The feature of this name; training may have replaced its blanks.
    fn feature(&self, name: &str, rescorer: &Rescorer) -> Option<usize> {
        let own = self.by_name.get(name).copied();
        own.or_else(|| self.by_name.get(rescorer.model().trained_name(name).as_ref()).copied())
    }
}

/// What does not fit the model in a request; names are listed once.
#[derive(Debug, Default, PartialEq)]
pub(super) struct InputFaults {
    /// Names that are not features.
    pub unknown: Vec<String>,
    /// Features without a value, not even null.
    pub absent: Vec<String>,
    /// Features with a value of the wrong type, and what was expected.
    pub wrong: Vec<(String, &'static str)>,
    /// Features that are named twice.
    pub repeated: Vec<String>,
    /// Features with a level that the model was not trained with.
    pub unseen: Vec<String>,
}

fn note<T: PartialEq>(list: &mut Vec<T>, entry: T) {
    if list.len() < NAMED && !list.contains(&entry) {
        list.push(entry);
    }
}

enum InputColumn {
    /// The place of its first row in the numbers of all columns.
    Numbers(usize),
    Levels(Vec<Option<String>>),
}

/// Rows of a request.
pub(super) struct RowsReader<'m> {
    schema: &'m InputSchema,
    rescorer: &'m Rescorer,
    columns: Vec<InputColumn>,
    /// Of all numeric columns, one after the other, in one allocation.
    numbers: Vec<f64>,
    seen: Vec<bool>,
    /// Number of rows, and of those that have been read.
    rows: usize,
    read: usize,
    pub faults: InputFaults,
}

impl<'m> RowsReader<'m> {
    /// Prepares to read `rows` rows.
    pub(super) fn new(schema: &'m InputSchema, rescorer: &'m Rescorer, rows: usize) -> Self {
        let columns = schema.kinds.iter().enumerate();
        let columns = columns.map(|(place, kind)| match kind {
            InputKind::Numeric => InputColumn::Numbers(place * rows),
            InputKind::Categorical => InputColumn::Levels(vec![None; rows]),
        });
        Self {
            schema,
            rescorer,
            columns: columns.collect(),
            numbers: vec![f64::NAN; rows * schema.kinds.len()],
            seen: vec![false; schema.features.len()],
            rows,
            read: 0,
            faults: InputFaults::default(),
        }
    }

    /// Reads a JSON object of inputs as the next row. Values that do not fit are in `faults`.
    pub(super) fn read(&mut self, object: &str) -> serde_json::Result<()> {
        self.seen.fill(false);
        self.read += 1;
        let mut json = serde_json::Deserializer::from_str(object);
        RowSeed(self).deserialize(&mut json)?;
        json.end()?;
        for (feature, seen) in self.schema.features.iter().zip(&self.seen) {
            if !seen && feature.column.is_some() {
                note(&mut self.faults.absent, feature.name.clone());
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &InputValue<'_>) {
        let Some(index) = self.schema.feature(name, self.rescorer) else {
            note(&mut self.faults.unknown, shown(name));
            return;
        };
        let Some(feature) = self.schema.features.get(index) else { return };
        if let Some(seen) = self.seen.get_mut(index)
            && std::mem::replace(seen, true)
        {
            note(&mut self.faults.repeated, feature.name.clone());
        }
        let Some(column) = feature.column.and_then(|column| self.columns.get_mut(column)) else { return };
        let row = self.read.saturating_sub(1);
        match (column, value.scalar()) {
            (InputColumn::Numbers(first), scalar) => match scalar.number() {
                Number::Value(number) => put(&mut self.numbers, *first + row, number),
                Number::Missing => {}
                Number::Invalid => note(&mut self.faults.wrong, (feature.name.clone(), "a number")),
            },
            (InputColumn::Levels(_), Value::Nested) => note(&mut self.faults.wrong, (feature.name.clone(), "a level")),
            (InputColumn::Levels(levels), scalar) => {
                let text = match scalar {
                    Value::Text(text) => Some(text.to_owned()),
                    other => other.level().map(std::borrow::Cow::into_owned),
                };
                let is_seen = |text: &str| match (&feature.levels, level(text)) {
                    (Some(levels), Some(canonical)) => {
                        levels.contains(canonical.as_ref()) || self.rescorer.model().knows_level(index, text)
                    }
                    _ => true,
                };
                if text.as_deref().is_some_and(|text| !is_seen(text)) {
                    note(&mut self.faults.unseen, feature.name.clone());
                }
                put(levels, row, text);
            }
        }
    }

    /// The rows, as the reader of a log would make them.
    pub(super) fn finish(self) -> (Rows, InputFaults) {
        let numbers = Buffer::from_vec(self.numbers);
        let features = self.columns.into_iter().map(|column| -> Option<ArrayRef> {
            Some(match column {
                InputColumn::Numbers(first) => {
                    Arc::new(Float64Array::new(ScalarBuffer::new(numbers.clone(), first, self.rows), None))
                }
                InputColumn::Levels(levels) => Arc::new(StringArray::from(levels)),
            })
        });
        let features = features.collect();
        (Rows { len: self.rows, features, ..Rows::default() }, self.faults)
    }
}

fn put<T>(column: &mut [T], place: usize, value: T) {
    if let Some(slot) = column.get_mut(place) {
        *slot = value;
    }
}

/// Reads the members of an object into a row.
struct RowSeed<'r, 'm>(&'r mut RowsReader<'m>);

impl<'de> DeserializeSeed<'de> for RowSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of inputs by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(InputValue::Text(name)) = members.next_key::<InputValue<'de>>()? {
            let value = members.next_value::<InputValue<'de>>()?;
            self.0.set(&name, &value);
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Err(E::custom("null where an object of inputs is expected"))
    }
}
