//! Cells of CSV that are not numbers in columns of numbers: `-`, `#N/A`, a remark. They are missing values, and a note says so.

use std::collections::HashSet;

use vigie_profile::{
    batch::{Number, number},
    shown::shown,
};

use crate::reference::{ColumnRoles, Training, TrainingColumn, TrainingValues};

/// At most one in this many cells may be something else than a number.
const ONE_IN: usize = 20;
/// Number of different numbers from which a column is not one of codes.
const MIN_DISTINCT: usize = 100;

/// Makes columns of numbers of texts that are nearly all numbers, unless their role needs the texts.
pub(super) fn remove(table: &mut Training, roles: &ColumnRoles, notes: &mut Vec<String>) {
    let is_kept = |name: &String| {
        let named = roles.categorical.iter().chain(&roles.ignore).chain(&roles.target);
        named.chain(&roles.probability).chain(&roles.prediction).any(|own| own == name)
    };
    for column in table.columns.iter_mut().filter(|column| !column.is_typed && !is_kept(&column.name)) {
        notes.extend(convert(column));
    }
}

/// Returns a note if the column was converted.
fn convert(column: &mut TrainingColumn) -> Option<String> {
    let TrainingValues::Texts(texts) = &column.values else { return None };
    let (mut numbers, mut stray, mut example) = (0, 0, None);
    let mut distinct = HashSet::new();
    for text in texts.iter().flatten() {
        match number(text) {
            Number::Value(value) => {
                numbers += 1;
                if distinct.len() < MIN_DISTINCT {
                    distinct.insert(value.to_bits());
                }
            }
            Number::Missing => {}
            Number::Invalid => {
                stray += 1;
                example.get_or_insert(text);
            }
        }
    }
    if stray * ONE_IN > numbers || distinct.len() < MIN_DISTINCT {
        return None;
    }
    let note = format!(
        "{}: {stray} of {} cells are not numbers, such as `{}`: read as missing; to compare the texts, list it in --categorical",
        shown(&column.name),
        stray + numbers,
        shown(example?)
    );
    let value = |text: &Option<String>| match text.as_deref().map_or(Number::Missing, number) {
        Number::Value(value) => value,
        Number::Missing | Number::Invalid => f64::NAN,
    };
    column.values = TrainingValues::Numbers(texts.iter().map(value).collect());
    Some(note)
}
