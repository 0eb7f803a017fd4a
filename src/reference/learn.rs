//! Training rows → [`Reference`]: kinds, cells, levels, counts.

use std::collections::BTreeMap;

use arrow::array::Float64Array;

use super::{Provenance, Reference, Target, Training, TrainingColumn, Values, blocks};
use crate::{
    batch::{Number, level, level_of_number, number},
    fault::{Fault, Outcome},
    layout::{Cells, Feature, Layout, Levels, Precision, Shape},
    profile::{CellCounts, Counts, LevelCounts, Profile, scale},
    shown::shown,
};

/// What the user says about the columns of a training table.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub target: Option<String>,
    pub probability: Option<String>,
    /// These and in this order; `None`: all that are not something else.
    pub features: Option<Vec<String>>,
    pub categorical: Vec<String>,
    /// Features that have to be numbers, as the model reads them so.
    pub numeric: Vec<String>,
    pub ignore: Vec<String>,
    /// How the model compares numbers; `None`: as 32-bit floats if the table stores all its floats so.
    pub precision: Option<Precision>,
}

/// A reference, and what the user should know about how it was made.
#[derive(Debug)]
pub struct Learnt {
    pub reference: Reference,
    pub notes: Vec<String>,
}

/// Learns a reference. `progress` is told how many of how many columns are done.
pub fn learn(
    training: &Training,
    choice: &Choice,
    mut provenance: Provenance,
    progress: &mut dyn FnMut(usize, usize),
) -> Outcome<Learnt> {
    if training.rows == 0 {
        return Err(Fault::setup("the training table has no rows; nothing can be learnt from it"));
    }
    let mut notes = Vec::new();
    let columns = chosen(training, choice, &mut notes)?;
    let precision = choice.precision.unwrap_or_else(|| precision_of(&columns, &mut notes));
    let mut features = Vec::with_capacity(columns.len());
    let mut counts = Vec::with_capacity(columns.len());
    let mut packed = Vec::with_capacity(columns.len() + 1);
    for (done, column) in columns.iter().enumerate() {
        progress(done, columns.len());
        let is_declared = choice.categorical.contains(&column.name);
        let (shape, feature_counts, block) = match numbers_of(column, is_declared) {
            Some(numbers) => {
                let (cells, counts, block) = numeric(&numbers, precision);
                (Shape::Numeric(cells), Counts::Numeric(counts), block)
            }
            None if choice.numeric.contains(&column.name) => return Err(no_number(column)),
            None => {
                if !is_declared && !column.is_typed {
                    notes.push(format!("{}: holds texts, learnt as categorical", column.name));
                }
                let (levels, counts) = categorical(column);
                if levels.names().len() > 1_000 && levels.names().len() * 2 > training.rows {
                    notes.push(format!(
                        "{}: {} levels in {} rows looks like an identifier; leave it out with --ignore {0}",
                        column.name,
                        levels.names().len(),
                        training.rows
                    ));
                }
                (Shape::Categorical(levels), Counts::Categorical(counts), Vec::new())
            }
        };
        features.push(Feature { name: column.name.clone(), shape });
        counts.push(feature_counts);
        packed.push(block);
    }
    let score = match &choice.probability {
        Some(name) => {
            let (cells, counts, block) = numeric(&probabilities(training.column(name)?)?, Precision::F64);
            packed.push(block);
            Some((cells, counts))
        }
        None => {
            notes.push("no --probability column: the score itself is not watched".to_owned());
            None
        }
    };
    provenance.target = choice.target.as_deref().map(|name| target(training, name)).transpose()?;
    provenance.probability.clone_from(&choice.probability);
    let (cells, score_counts) = score.unzip();
    let layout = Layout::new(precision, features, cells);
    let profile = Profile::from_parts(&layout, training.rows as u64, counts, score_counts);
    let importance = vec![None; columns.len()];
    Ok(Learnt { reference: Reference::new(layout, profile, provenance, importance, packed), notes })
}

/// A column of texts where the model reads numbers.
fn no_number(column: &TrainingColumn) -> Fault {
    let example = match &column.values {
        Values::Texts(texts) => texts.iter().flatten().find(|text| number(text) == Number::Not),
        Values::Numbers(_) | Values::Other => None,
    };
    let such = example.map_or(String::new(), |text| format!(", such as `{}`,", shown(text)));
    Fault::setup(format!("column `{}` holds texts{such} where the model reads numbers", shown(&column.name)))
}

fn chosen<'t>(training: &'t Training, choice: &Choice, notes: &mut Vec<String>) -> Outcome<Vec<&'t TrainingColumn>> {
    for name in choice.categorical.iter().chain(&choice.ignore).chain(&choice.target).chain(&choice.probability) {
        training.column(name)?;
    }
    let mut columns = Vec::new();
    if let Some(names) = &choice.features {
        for name in names {
            let column = training.column(name)?;
            if column.values == Values::Other {
                return Err(Fault::setup(format!(
                    "column `{name}` holds times or nested values: it cannot be a feature; leave it out of --features"
                )));
            }
            if columns.iter().any(|known: &&TrainingColumn| known.name == column.name) {
                return Err(Fault::setup(format!("--features names `{name}` twice")));
            }
            columns.push(column);
        }
    } else {
        let is_role = |name: &String| choice.target.as_ref() == Some(name) || choice.probability.as_ref() == Some(name);
        for column in &training.columns {
            if is_role(&column.name) || choice.ignore.contains(&column.name) {
                continue;
            }
            if column.values == Values::Other {
                notes.push(format!("{}: holds times or nested values, left out", column.name));
                continue;
            }
            columns.push(column);
        }
    }
    if columns.is_empty() {
        return Err(Fault::setup("no column is left to be a feature; see --features and --ignore"));
    }
    Ok(columns)
}

fn precision_of(columns: &[&TrainingColumn], notes: &mut Vec<String>) -> Precision {
    let is_float = |column: &&&TrainingColumn| match &column.values {
        Values::Numbers(numbers) => numbers.iter().any(|value| value.fract() != 0.0 && !value.is_nan()),
        Values::Texts(_) | Values::Other => false,
    };
    let singles = columns.iter().filter(|column| column.is_single).count();
    let doubles = columns.iter().filter(is_float).filter(|column| !column.is_single).count();
    if singles > 0 && doubles > 0 {
        notes.push(format!(
            "{singles} columns are stored as 32-bit floats, {doubles} as 64-bit: values are compared as 64-bit floats; \
             say --precision f32 if the model compares in 32 bits (CatBoost does)"
        ));
    }
    if singles > 0 && doubles == 0 { Precision::F32 } else { Precision::F64 }
}

/// The column's numbers, unless it is categorical: declared so, or holding texts that are none.
fn numbers_of(column: &TrainingColumn, is_categorical: bool) -> Option<Vec<f64>> {
    match &column.values {
        _ if is_categorical => None,
        Values::Numbers(numbers) => Some(numbers.clone()),
        Values::Texts(_) if column.is_typed => None,
        Values::Texts(texts) => texts
            .iter()
            .map(|text| match text.as_deref().map_or(Number::Missing, number) {
                Number::Value(value) => Some(value),
                Number::Missing => Some(f64::NAN),
                Number::Not => None,
            })
            .collect(),
        Values::Other => None,
    }
}

fn numeric(numbers: &[f64], precision: Precision) -> (Cells, CellCounts, Vec<u8>) {
    let mut sorted: Vec<f64> =
        numbers.iter().filter(|value| !value.is_nan()).map(|value| precision.round(*value) + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let distinct: Vec<(f64, u64)> = sorted
        .chunk_by(|a, b| a.to_bits() == b.to_bits())
        .filter_map(|same| Some((*same.first()?, same.len() as u64)))
        .collect();
    let cells = Cells::learn(&distinct, precision);
    let scale = scale(&cells);
    let mut counts = CellCounts::empty(&cells);
    counts.observe_missing((numbers.len() - sorted.len()) as u64);
    counts.observe_array(&Float64Array::from(sorted), &cells, &scale, precision);
    (cells, counts, blocks::pack(&distinct, precision))
}

fn categorical(column: &TrainingColumn) -> (Levels, LevelCounts) {
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    let mut missing = 0;
    let mut count = |name: Option<std::borrow::Cow<'_, str>>| match name {
        Some(name) => match rows.get_mut(name.as_ref()) {
            Some(count) => *count += 1,
            None => {
                rows.insert(name.into_owned(), 1);
            }
        },
        None => missing += 1,
    };
    match &column.values {
        Values::Texts(texts) => texts.iter().for_each(|text| count(text.as_deref().and_then(level))),
        Values::Numbers(numbers) => numbers.iter().for_each(|value| count(level_of_number(*value).map(Into::into))),
        Values::Other => {}
    }
    let counts = rows.values().copied().collect();
    (Levels::new(rows.into_keys().collect()), LevelCounts::from_parts(counts, missing))
}

fn probabilities(column: &TrainingColumn) -> Outcome<Vec<f64>> {
    let wrong = |what: String| {
        Fault::setup(format!("--probability {}: {what}; a probability is a number from 0 to 1", column.name))
    };
    let numbers = numbers_of(column, false).ok_or_else(|| wrong("it holds texts".to_owned()))?;
    match numbers.iter().find(|value| !value.is_nan() && !(0.0..=1.0).contains(*value)) {
        Some(value) => Err(wrong(format!("it holds {value}"))),
        None => Ok(numbers),
    }
}

fn target(training: &Training, name: &str) -> Outcome<Target> {
    let column = training.column(name)?;
    let share = numbers_of(column, false).and_then(|numbers| {
        let known: Vec<f64> = numbers.into_iter().filter(|value| !value.is_nan()).collect();
        let is_binary = known.iter().all(|value| [0.0, 1.0].contains(value));
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        (is_binary && !known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    });
    Ok(Target { name: name.to_owned(), share })
}
