//! Counts the levels of a training column.

use std::{borrow::Cow, collections::BTreeMap};

use arrow_array::{ArrayRef, cast::AsArray, types::Int32Type};
use vigie_profile::{
    batch::{level, to_levels},
    layout::Levels,
    profile::LevelCounts,
};

use super::columns::ColumnData;

/// Levels of a column, and its rows by level.
pub(super) fn categorical(loaded: &ColumnData) -> (Levels, LevelCounts) {
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    let mut none = 0;
    let mut count = |name: Option<Cow<'_, str>>, more: u64| match name {
        Some(name) => match rows.get_mut(name.as_ref()) {
            Some(count) => *count += more,
            None => {
                rows.insert(name.into_owned(), more);
            }
        },
        None => none += more,
    };
    match loaded {
        ColumnData::Texts { rows, missing } => {
            count(None, *missing);
            rows.iter().for_each(|(text, rows)| count(level(text), *rows));
        }
        ColumnData::Numbers(arrays) => arrays.iter().for_each(|array| count_levels(array, &mut count)),
    }
    let counts = rows.values().copied().collect();
    (Levels::new(rows.into_keys().collect()), LevelCounts::from_parts(counts, none))
}

/// Calls `count` with each level of a column and its number of rows.
fn count_levels<'a>(column: &ArrayRef, count: &mut impl FnMut(Option<Cow<'a, str>>, u64)) {
    let levels = to_levels(column);
    let Some(keyed) = levels.as_dictionary_opt::<Int32Type>() else { return count(None, column.len() as u64) };
    let mut hits = vec![0_u64; keyed.values().len()];
    let mut missing = 0;
    for key in keyed.keys() {
        match key.and_then(|key| hits.get_mut(usize::try_from(key).ok()?)) {
            Some(hit) => *hit += 1,
            None => missing += 1,
        }
    }
    count(None, missing);
    for (name, rows) in keyed.values().as_string::<i32>().iter().zip(hits).filter(|(_, rows)| *rows > 0) {
        count(name.map(|name| Cow::Owned(name.to_owned())), rows);
    }
}
