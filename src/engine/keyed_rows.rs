//! The rows of a batch that count, each with a key.

use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, StringArray, UInt64Array, cast::AsArray, types::UInt64Type,
};
use arrow_schema::ArrowError;
use vigie_profile::{
    batch::{Complaints, Records, Rows},
    profile::Traffic,
    window::Instant,
};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::{
    CountJob,
    duplicates::{DuplicateFilter, contents},
    sift::{Keep, decide, sift},
};

/// Rows that count, with names and keys.
#[derive(Debug, Default)]
pub struct KeyedRows {
    /// Columns of the layout's features, followed by the extra columns.
    pub rows: Rows,
    /// The id of each row, or its time if it has none.
    pub names: Vec<String>,
    /// Whom or what the inputs of each row describe, if the config maps it; otherwise empty.
    pub entities: Vec<Option<String>>,
    /// 128-bit hash of each row's id, or of the whole record if it has none.
    pub keys: Vec<u128>,
    /// The probabilities of each row's classes, if the config maps them; otherwise empty.
    pub classes: Vec<Vec<f64>>,
}

impl KeyedRows {
    /// Selects the rows with a key below a bound; `None`: all rows.
    pub(crate) fn below(&self, below: Option<u128>) -> Result<Self, ArrowError> {
        let keeps: Vec<bool> = self.keys.iter().map(|key| below.is_none_or(|below| *key < below)).collect();
        let names = self.names.iter().zip(&keeps).filter(|(_, keep)| **keep).map(|(name, _)| name.clone());
        let keys = self.keys.iter().zip(&keeps).filter(|(_, keep)| **keep).map(|(key, _)| *key);
        let classes = self.classes.iter().zip(&keeps).filter(|(_, keep)| **keep).map(|(classes, _)| classes.clone());
        let entities = self.entities.iter().zip(&keeps).filter(|(_, keep)| **keep).map(|(entity, _)| entity.clone());
        Ok(Self {
            names: names.collect(),
            entities: entities.collect(),
            keys: keys.collect(),
            classes: classes.collect(),
            rows: self.rows.filtered(&BooleanArray::from(keeps))?,
        })
    }
}

/// Selects the rows of a batch that count and have a key below a bound. The first `own` feature columns are those of
/// the layout. The batch is unchanged on return, except that outputs are joined to inputs.
pub(super) fn keyed_rows(
    records: &mut Records,
    filter: &DuplicateFilter<'_>,
    job: &CountJob<'_>,
    own: usize,
    below: Option<u128>,
) -> Result<KeyedRows, ArrowError> {
    // Which of several records with one id counts was decided by the layout's columns alone.
    let extra = records.features.split_off(own.min(records.features.len()));
    let keys = keys(records);
    let mut keeps = filter.apply(records).unwrap_or_else(|| vec![Keep::Row; records.len]);
    if let Some(below) = below {
        let above = keeps.iter_mut().zip(&keys).filter(|(_, key)| **key >= below);
        above.for_each(|(keep, _)| *keep = Keep::Joined);
    }
    records.features.extend(extra);
    decide(records, job.words);
    if !keeps.contains(&Keep::Row) {
        return Ok(KeyedRows::default());
    }
    // An additional column with row numbers identifies the rows that are used.
    let numbers: UInt64Array = (0..records.len as u64).collect();
    records.features.push(Some(std::sync::Arc::new(numbers) as ArrayRef));
    // Traffic and complaints have been counted already; only the rows are needed here.
    let sifted = sift(records, Some(&keeps), job.rule, &mut Traffic::default(), &mut Complaints::default())?;
    records.features.pop();
    let mut rows = sifted.used;
    let numbers = rows.features.pop().flatten();
    let numbers: Vec<usize> = numbers
        .as_ref()
        .and_then(|numbers| numbers.as_primitive_opt::<UInt64Type>())
        .map(|numbers| numbers.values().iter().filter_map(|row| usize::try_from(*row).ok()).collect())
        .unwrap_or_default();
    Ok(KeyedRows {
        names: numbers.iter().map(|row| name(records, *row)).collect(),
        entities: match &records.entity {
            Some(entities) => numbers.iter().map(|row| text(Some(entities), *row).map(ToOwned::to_owned)).collect(),
            None => Vec::new(),
        },
        keys: numbers.iter().filter_map(|row| keys.get(*row).copied()).collect(),
        classes: if records.classes.is_empty() {
            Vec::new()
        } else {
            numbers.iter().map(|row| classes(records, *row)).collect()
        },
        rows,
    })
}

fn text(texts: Option<&StringArray>, row: usize) -> Option<&str> {
    texts.filter(|texts| row < texts.len() && texts.is_valid(row)).map(|texts| texts.value(row))
}

fn id(records: &Records, row: usize) -> Option<&str> {
    text(records.id.as_ref(), row)
}

fn name(records: &Records, row: usize) -> String {
    let at = || Instant(records.timestamp.get(row).copied().unwrap_or_default()).to_string();
    id(records, row).map_or_else(at, ToOwned::to_owned)
}

fn classes(records: &Records, row: usize) -> Vec<f64> {
    let probability = |class: &Option<Float64Array>| {
        class.as_ref().filter(|class| class.is_valid(row)).map_or(f64::NAN, |class| class.value(row))
    };
    records.classes.iter().map(probability).collect()
}

fn keys(records: &Records) -> Vec<u128> {
    let without_id: Vec<usize> = (0..records.len).filter(|row| id(records, *row).is_none()).collect();
    let mut keys: Vec<u128> =
        (0..records.len).map(|row| id(records, row).map_or(0, |id| xxh3_128(id.as_bytes()))).collect();
    if without_id.is_empty() {
        return keys;
    }
    for (row, content) in without_id.iter().zip(contents(records, &without_id)) {
        let mut hasher = Xxh3::new();
        hasher.update(&content.to_le_bytes());
        hasher.update(&records.timestamp.get(*row).copied().unwrap_or_default().to_le_bytes());
        if let Some(key) = keys.get_mut(*row) {
            *key = hasher.digest128();
        }
    }
    keys
}
