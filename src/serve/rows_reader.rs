//! Rows of a request, read into the columns of a model in one pass.

use std::{borrow::Cow, fmt, mem};

use arrow_buffer::{Buffer, ScalarBuffer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use vigie_models::{InputKind, Inputs, ValueColumn};
use vigie_profile::{batch::Number, shown::shown};

use super::{schema::InputSchema, value::InputValue};
use crate::{fault::Result, replay::Rescorer};

/// Maximum number of inputs that an answer names.
const NAMED: usize = 20;

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

/// The values of a feature.
enum ReadColumn<'r> {
    /// The place of its first row in the numbers of all features.
    Numbers(usize),
    Levels(Vec<Option<Cow<'r, str>>>),
    /// The model does not read it.
    Unread,
}

/// Rows of a request.
pub(super) struct RowsReader<'m, 'r> {
    schema: &'m InputSchema,
    rescorer: &'m Rescorer,
    /// One for each feature.
    columns: Vec<ReadColumn<'r>>,
    /// Of all numeric features, one after the other, in one allocation.
    numbers: Vec<f64>,
    seen: Vec<bool>,
    /// The feature after the last one that was read: clients often keep the order of the model.
    next: usize,
    /// Number of rows, and of those that have been read.
    rows: usize,
    read: usize,
    faults: InputFaults,
}

impl<'m, 'r> RowsReader<'m, 'r> {
    /// Prepares to read `rows` rows.
    pub(super) fn new(schema: &'m InputSchema, rescorer: &'m Rescorer, rows: usize) -> Self {
        let mut numbers = 0;
        let columns = schema.features().iter().map(|feature| match feature.kind {
            _ if !feature.is_read => ReadColumn::Unread,
            InputKind::Numeric => {
                numbers += rows;
                ReadColumn::Numbers(numbers - rows)
            }
            InputKind::Categorical => ReadColumn::Levels(vec![None; rows]),
        });
        Self {
            columns: columns.collect(),
            numbers: vec![f64::NAN; numbers],
            seen: vec![false; schema.features().len()],
            schema,
            rescorer,
            next: 0,
            rows,
            read: 0,
            faults: InputFaults::default(),
        }
    }

    /// Reads a JSON object of inputs as the next row. Values that do not fit are noted.
    pub(super) fn read(&mut self, object: &'r str) -> serde_json::Result<()> {
        self.seen.fill(false);
        (self.next, self.read) = (0, self.read + 1);
        let mut json = serde_json::Deserializer::from_str(object);
        RowSeed(self).deserialize(&mut json)?;
        json.end()?;
        for (feature, seen) in self.schema.features().iter().zip(&self.seen) {
            if !seen && feature.is_read {
                note(&mut self.faults.absent, feature.name.clone());
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: InputValue<'r>) {
        let Some(index) = self.schema.find(name, self.next, self.rescorer) else {
            note(&mut self.faults.unknown, shown(name));
            return;
        };
        self.next = index + 1;
        let (Some(feature), Some(column)) = (self.schema.features().get(index), self.columns.get_mut(index)) else {
            return;
        };
        if let Some(seen) = self.seen.get_mut(index)
            && mem::replace(seen, true)
        {
            note(&mut self.faults.repeated, feature.name.clone());
        }
        let row = self.read.saturating_sub(1);
        match column {
            ReadColumn::Unread => {}
            ReadColumn::Numbers(first) => match value.scalar().number() {
                Number::Value(number) => put(&mut self.numbers, *first + row, number),
                Number::Missing => {}
                Number::Invalid => note(&mut self.faults.wrong, (feature.name.clone(), "a number")),
            },
            ReadColumn::Levels(levels) => {
                let text = match value {
                    InputValue::Nested => return note(&mut self.faults.wrong, (feature.name.clone(), "a level")),
                    InputValue::Text(text) => Some(text),
                    other => other.scalar().level().map(|level| Cow::Owned(level.into_owned())),
                };
                if text.as_deref().is_some_and(|text| !feature.knows(text, index, self.rescorer)) {
                    note(&mut self.faults.unseen, feature.name.clone());
                }
                put(levels, row, text);
            }
        }
    }

    /// The rows as the model reads them.
    pub(super) fn finish(self) -> Result<(Inputs, InputFaults)> {
        let numbers = Buffer::from_vec(self.numbers);
        let columns = self.columns.into_iter().map(|column| match column {
            ReadColumn::Unread => None,
            ReadColumn::Numbers(first) => {
                Some(ValueColumn::Numbers(ScalarBuffer::new(numbers.clone(), first, self.rows)))
            }
            ReadColumn::Levels(levels) => Some(ValueColumn::Levels(levels)),
        });
        Ok((self.rescorer.value_inputs(self.rows, columns.collect())?, self.faults))
    }
}

fn put<T>(column: &mut [T], place: usize, value: T) {
    if let Some(slot) = column.get_mut(place) {
        *slot = value;
    }
}

/// Reads the members of an object into a row.
struct RowSeed<'a, 'm, 'r>(&'a mut RowsReader<'m, 'r>);

impl<'r> DeserializeSeed<'r> for RowSeed<'_, '_, 'r> {
    type Value = ();

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'r> Visitor<'r> for RowSeed<'_, '_, 'r> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of inputs by name")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(InputValue::Text(name)) = members.next_key::<InputValue<'r>>()? {
            let value = members.next_value::<InputValue<'r>>()?;
            self.0.set(&name, value);
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Err(E::custom("null where an object of inputs is expected"))
    }
}
