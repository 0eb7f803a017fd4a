//! Builds columnar [`Records`] row by row, for line formats.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use arrow_array::{ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, StringArray};
use vigie_profile::{
    batch::{Complaints, Number, Reason, Records, Value, level},
    layout::{Column, Kind, LevelSpelling},
    window::Instant,
};

use super::mapping::{Field, Mapping, is_failure};

/// Maximum number of rows in a batch: small enough for a core's cache.
pub(super) const BATCH_ROWS: usize = 8_192;

/// Values of a feature. That of the last row is kept apart until the row ends: the ends of all columns are too many places
/// for the cache, but one loop over them waits for all at the same time.
enum ColumnBuilder {
    Numbers {
        numbers: Vec<f64>,
        last: f64,
    },
    /// In a box, so that the columns of numbers, which are most, are close to each other.
    Levels(Box<LevelsBuilder>),
}

#[derive(Default)]
struct LevelsBuilder {
    keys: Vec<Option<i32>>,
    last: Option<i32>,
    names: Vec<String>,
    /// Keys of levels and of all their spellings, because spelling a text takes longer than finding it; `None`: missing.
    key_of: HashMap<String, Option<i32>>,
    spelling: LevelSpelling,
}

/// Builds [`Records`] one row at a time.
pub(super) struct RecordsBuilder {
    columns: Vec<Column>,
    timestamp: Vec<i64>,
    values: Vec<ColumnBuilder>,
    /// By column: another column of the same feature, which is read in another way.
    twins: Vec<Option<usize>>,
    seen: Vec<bool>,
    has_features: Vec<bool>,
    /// Rows whose inputs have a shape that is not supported.
    unknown_inputs: Vec<usize>,
    /// Also a predicted number.
    probability: Vec<Option<f64>>,
    /// By class.
    classes: Vec<Vec<Option<f64>>>,
    latency_ms: Vec<Option<f64>>,
    status: Vec<Option<i32>>,
    error: Vec<Option<bool>>,
    decision: Vec<Option<String>>,
    id: Vec<Option<String>>,
    entity: Vec<Option<String>>,
    model_version: Vec<Option<String>>,
    mapped: Vec<Field>,
    pub complaints: Complaints,
}

impl RecordsBuilder {
    pub(super) fn new(mapping: &Mapping) -> Self {
        let columns = mapping.columns.clone();
        Self {
            values: columns.iter().map(ColumnBuilder::new).collect(),
            twins: twins(&columns),
            seen: vec![false; columns.len()],
            columns,
            timestamp: Vec::new(),
            has_features: Vec::new(),
            unknown_inputs: Vec::new(),
            probability: Vec::new(),
            classes: vec![Vec::new(); mapping.classes()],
            latency_ms: Vec::new(),
            status: Vec::new(),
            error: Vec::new(),
            decision: Vec::new(),
            id: Vec::new(),
            entity: Vec::new(),
            model_version: Vec::new(),
            mapped: mapping.mapped.iter().map(|mapped| mapped.field).collect(),
            complaints: Complaints::default(),
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.timestamp.len()
    }

    /// Begins a row in which only the time is set.
    pub(super) fn begin_row(&mut self, at: Instant) {
        self.end_row();
        self.timestamp.push(at.0);
        self.has_features.push(false);
        self.probability.push(None);
        self.classes.iter_mut().for_each(|class| class.push(None));
        self.latency_ms.push(None);
        self.status.push(None);
        self.error.push(None);
        self.decision.push(None);
        self.id.push(None);
        self.entity.push(None);
        self.model_version.push(None);
    }

    /// Adds the features of the last row, if there is one, to their columns.
    fn end_row(&mut self) {
        if !self.timestamp.is_empty() {
            self.values.iter_mut().for_each(ColumnBuilder::end_row);
        }
    }

    /// Marks the last row as having inputs.
    pub(super) fn mark_features(&mut self) {
        put_last(&mut self.has_features, true);
    }

    /// Marks the last row as having inputs in a shape that is not supported.
    pub(super) fn mark_unknown_inputs(&mut self) {
        self.unknown_inputs.extend(self.rows().checked_sub(1));
    }

    /// Sets a feature of the last row. If it is set twice, the last value counts.
    pub(super) fn set_feature(&mut self, column: usize, value: Value<'_>) {
        self.set_column(column, value);
        if let Some(twin) = self.twins.get(column).copied().flatten() {
            self.set_column(twin, value);
        }
    }

    #[inline]
    fn set_column(&mut self, column: usize, value: Value<'_>) {
        let (Some(values), Some(seen)) = (self.values.get_mut(column), self.seen.get_mut(column)) else {
            return;
        };
        *seen = true;
        match values {
            ColumnBuilder::Numbers { last, .. } => {
                let number = value.number();
                *last = if let Number::Value(number) = number { number } else { f64::NAN };
                if number == Number::Invalid {
                    complain_not_a_number(&mut self.complaints, &self.columns, column, value);
                }
            }
            ColumnBuilder::Levels(levels) => {
                if value == Value::Nested {
                    complain_not_a_number(&mut self.complaints, &self.columns, column, value);
                }
                levels.last = levels.key(value);
            }
        }
    }

    /// Sets a mapped field of a row; `batch` is the row's number within a record that holds a batch.
    pub(super) fn set_field(&mut self, row: usize, field: Field, value: Value<'_>, scale: f64, batch: Option<usize>) {
        let text = || value.word().map(Cow::into_owned);
        match field {
            Field::Probability | Field::Prediction => put(&mut self.probability, row, scaled(value, scale)),
            Field::ClassProbability(class) => {
                if let Some(probabilities) = self.classes.get_mut(usize::from(class)) {
                    put(probabilities, row, scaled(value, scale));
                }
            }
            Field::LatencyMs => {
                if value.number() == Number::Invalid {
                    self.add_complaint(field, value);
                }
                put(&mut self.latency_ms, row, scaled(value, scale));
            }
            Field::Status => {
                let status = scaled(value, 1.0).filter(|code| code.fract() == 0.0 && code.abs() < 1e9);
                if status.is_none() && value != Value::Null {
                    self.add_complaint(field, value);
                }
                #[expect(clippy::cast_possible_truncation, reason = "bounded just above")]
                put(&mut self.status, row, status.map(|code| code as i32));
            }
            Field::Error => put(&mut self.error, row, Some(is_failure(value))),
            Field::Decision => put(&mut self.decision, row, text()),
            Field::Id => {
                let id = text().map(|id| match batch {
                    Some(row) => format!("{id}#{row}"),
                    None => id,
                });
                put(&mut self.id, row, id);
            }
            Field::Entity => put(&mut self.entity, row, text()),
            Field::ModelVersion => put(&mut self.model_version, row, text()),
            // Sequence numbers are noted of all records, also of those outside the window.
            Field::Timestamp | Field::Features | Field::Sequence | Field::Writer | Field::Dropped => {}
        }
    }

    fn add_complaint(&mut self, field: Field, value: Value<'_>) {
        self.complaints.add(Reason::UnreadableField, &format!("{}: {}", field.key(), value));
    }

    /// Returns the rows so far and leaves the builder empty.
    pub(super) fn take(&mut self, mapping: &Mapping) -> Records {
        self.end_row();
        let full = std::mem::replace(self, Self::new(mapping));
        let features = full
            .values
            .into_iter()
            .zip(full.seen)
            .map(|(values, seen)| if seen { values.into_array() } else { None })
            .collect();
        let has = |field| full.mapped.contains(&field);
        let len = full.timestamp.len();
        let unknown_inputs = (!full.unknown_inputs.is_empty()).then(|| {
            let mut is_unknown = vec![false; len];
            full.unknown_inputs.iter().for_each(|row| put(&mut is_unknown, *row, true));
            BooleanArray::from(is_unknown)
        });
        Records {
            len,
            timestamp: full.timestamp,
            features,
            has_features: Some(BooleanArray::from(full.has_features)),
            unknown_inputs,
            probability: (has(Field::Probability) || has(Field::Prediction))
                .then(|| Float64Array::from(full.probability)),
            classes: full.classes.into_iter().map(|class| Some(Float64Array::from(class))).collect(),
            decision: has(Field::Decision).then(|| StringArray::from(full.decision)),
            latency_ms: has(Field::LatencyMs).then(|| Float64Array::from(full.latency_ms)),
            status: has(Field::Status).then(|| Int32Array::from(full.status)),
            error: has(Field::Error).then(|| BooleanArray::from(full.error)),
            id: has(Field::Id).then(|| StringArray::from(full.id)),
            entity: has(Field::Entity).then(|| StringArray::from(full.entity)),
            model_version: has(Field::ModelVersion).then(|| StringArray::from(full.model_version)),
            refused: None,
            complaints: full.complaints,
        }
    }
}

impl ColumnBuilder {
    fn new(column: &Column) -> Self {
        match column.kind {
            Kind::Numeric => Self::Numbers { numbers: Vec::new(), last: f64::NAN },
            Kind::Categorical => {
                Self::Levels(Box::new(LevelsBuilder { spelling: column.spelling, ..LevelsBuilder::default() }))
            }
        }
    }

    #[inline]
    fn end_row(&mut self) {
        match self {
            Self::Numbers { numbers, last } => numbers.push(std::mem::replace(last, f64::NAN)),
            Self::Levels(levels) => levels.keys.push(levels.last.take()),
        }
    }

    fn into_array(self) -> Option<ArrayRef> {
        match self {
            Self::Numbers { numbers, .. } => Some(Arc::new(Float64Array::from(numbers))),
            Self::Levels(levels) => {
                let LevelsBuilder { keys, names, .. } = *levels;
                let names = Arc::new(StringArray::from(names));
                Some(Arc::new(DictionaryArray::try_new(Int32Array::from(keys), names).ok()?))
            }
        }
    }
}

impl LevelsBuilder {
    /// Returns the key of a value's level; `None` if it is missing.
    fn key(&mut self, value: Value<'_>) -> Option<i32> {
        match value {
            Value::Text(text) => match self.key_of.get(text) {
                Some(key) => *key,
                None => self.add(text),
            },
            other => {
                let level = other.level()?;
                match self.key_of.get(level.as_ref()) {
                    Some(key) => *key,
                    None => self.add(&level),
                }
            }
        }
    }

    /// Adds a spelling; the canonical one of a level has itself as its level.
    #[cold]
    fn add(&mut self, text: &str) -> Option<i32> {
        let level = match self.spelling {
            LevelSpelling::Canonical => level(text),
            LevelSpelling::AsWritten => Some(Cow::Borrowed(text)),
        };
        let key = level.as_ref().map(|level| match self.key_of.get(level.as_ref()) {
            Some(Some(key)) => *key,
            _ => {
                let key = i32::try_from(self.names.len()).unwrap_or(i32::MAX);
                self.names.push(level.clone().into_owned());
                self.key_of.insert(level.clone().into_owned(), Some(key));
                key
            }
        });
        if level.is_none_or(|level| level != text) {
            self.key_of.insert(text.to_owned(), key);
        }
        key
    }
}

/// For each column, the later one of the same name.
fn twins(columns: &[Column]) -> Vec<Option<usize>> {
    let mut later: HashMap<&str, usize> = HashMap::with_capacity(columns.len());
    let mut twins: Vec<Option<usize>> =
        columns.iter().enumerate().rev().map(|(place, column)| later.insert(&column.name, place)).collect();
    twins.reverse();
    twins
}

fn put<T>(column: &mut [T], row: usize, value: T) {
    if let Some(place) = column.get_mut(row) {
        *place = value;
    }
}

fn put_last<T>(column: &mut [T], value: T) {
    if let Some(last) = column.last_mut() {
        *last = value;
    }
}

fn scaled(value: Value<'_>, scale: f64) -> Option<f64> {
    match value.number() {
        #[expect(clippy::float_cmp, reason = "exactly one: the value stays bit-identical")]
        Number::Value(number) => Some(if scale == 1.0 { number } else { number * scale }),
        Number::Missing | Number::Invalid => None,
    }
}

fn complain_not_a_number(complaints: &mut Complaints, columns: &[Column], column: usize, value: Value<'_>) {
    let name = columns.get(column).map_or("?", |column| &column.name);
    complaints.add(Reason::NotANumber, &format!("{name}: {value}"));
}
