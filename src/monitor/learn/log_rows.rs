//! Rows of the config's log as training rows, for a service whose training rows are not at hand.

use arrow_array::{Array, ArrayRef};
use sha2::{Digest, Sha256};
use vigie_profile::{
    batch::{Number, Reason, for_each_number, number, texts},
    layout::{Column, Kind, LevelSpelling},
    window::Window,
};

use super::training::hexadecimal;
use crate::{
    config::Settings,
    engine::{UsableRows, usable_rows},
    fault::{Fault, Result},
    monitor::run::context::rule,
    reference::{ColumnRoles, SourceFile, Training, TrainingColumn, TrainingValues},
    source::{Fields, Log, Paths, Request},
};

/// The name of the score's column.
const SCORE: &str = "score";

/// Rows of a log to learn from.
#[derive(Debug, Clone)]
pub struct LogRows {
    pub settings: Settings,
    pub window: Window,
}

/// Reads the rows that count in the window, with all inputs that the log has, and the score.
pub(crate) fn read_log(
    LogRows { settings, window }: &LogRows,
    choice: &mut ColumnRoles,
    notes: &mut Vec<String>,
) -> Result<(Training, Vec<SourceFile>)> {
    let log = Log::open(&settings.source)?;
    let name = format!("log from {} to {}", window.from, window.to);
    let names = match &choice.features {
        Some(names) => names.clone(),
        None => inputs(&log, settings)?,
    };
    let columns = names.iter().map(|name| Column {
        name: name.clone(),
        kind: Kind::Categorical,
        spelling: LevelSpelling::Canonical,
    });
    let request = Request { columns: columns.collect(), window: Some(*window) };
    let mut usable = usable_rows(&log, &request, &rule(settings), &|_, _| {})?;
    let rows = usable.len();
    if rows == 0 {
        return Err(nothing(&name, &usable));
    }
    let left_out = usable.complaints.unusable_rows();
    if left_out > 0 {
        notes.push(format!("{left_out} records of the {name} cannot be used and were left out"));
    }
    notes.push(
        "the reference is the log itself: what was already wrong then is not seen as drift; a table of training or hold-out rows \
         is better"
            .to_owned(),
    );
    let mut columns: Vec<TrainingColumn> = Vec::new();
    for (place, name) in names.iter().enumerate() {
        columns.extend(feature(&mut usable, place, name));
    }
    let fields = &settings.source.fields;
    if fields.probability.is_some() || fields.prediction.is_some() {
        let score = score(&usable);
        let is_taken = |name: &str| columns.iter().any(|column| column.name == name);
        let mut own = SCORE.to_owned();
        while is_taken(&own) {
            own.push('_');
        }
        let role = if fields.probability.is_some() { &mut choice.probability } else { &mut choice.prediction };
        *role = Some(own.clone());
        let values = TrainingValues::Numbers(score);
        columns.push(TrainingColumn { name: own, values, is_single: false, is_typed: true });
    }
    let training = Training { name: name.clone(), rows, columns };
    let sha256 = digest(&training);
    Ok((training, vec![SourceFile { name, sha256, rows: rows as u64 }]))
}

/// The names of the inputs, in the order of the config if it names them.
fn inputs(log: &Log, settings: &Settings) -> Result<Vec<String>> {
    let source = &settings.source;
    if let Some(names) = source.feature_names.as_ref().or(source.fields.feature_names.as_ref()) {
        return Ok(names.clone());
    }
    let sample = log.sample(Vec::new())?.ok_or_else(|| {
        Fault::setup("--from: the log is in a database; learn from its table with --data postgres:TABLE, or --data 'postgres:SELECT …'")
    })?;
    let mapped = mapped_names(&source.fields, source.only.keys());
    let is_input = |name: &&str| source.fields.features.is_some() || !mapped.iter().any(|own| own == name);
    let names: Vec<String> = sample.found.inputs.iter().filter(is_input).map(ToOwned::to_owned).collect();
    if names.is_empty() {
        return Err(Fault::setup(
            "--from: no names of inputs were found in the log; set source.feature_names, or correct source.fields.features",
        ));
    }
    Ok(names)
}

/// The record's own fields that are mapped to something else.
fn mapped_names<'a>(fields: &'a Fields, filters: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let scaled = [&fields.probability, &fields.prediction, &fields.latency_ms];
    let plain = [
        &fields.decision,
        &fields.status,
        &fields.error,
        &fields.id,
        &fields.entity,
        &fields.model_version,
        &fields.sequence,
        &fields.writer,
        &fields.dropped,
    ];
    let scaled = scaled.into_iter().flatten().flat_map(|field| field.paths().iter());
    let plain = plain.into_iter().flatten().flat_map(Paths::iter);
    let classes = fields.probabilities.iter().flatten().flat_map(|(_, paths)| paths.iter());
    fields.timestamp.iter().chain(scaled).chain(plain).chain(classes).chain(filters.map(String::as_str)).collect()
}

/// A column of numbers if all its values are, as in CSV, else of texts; `None`: no row has a value. Takes the column from the
/// rows, which would need several times the memory.
fn feature(usable: &mut UsableRows, place: usize, name: &str) -> Option<TrainingColumn> {
    let columns: Vec<(usize, Option<ArrayRef>)> =
        usable.rows.iter_mut().map(|rows| (rows.len, rows.features.get_mut(place).and_then(Option::take))).collect();
    let is_seen = columns.iter().any(|(_, column)| column.as_ref().is_some_and(|own| own.null_count() < own.len()));
    let values = numbers(&columns).map_or_else(|| texts_of(&columns), TrainingValues::Numbers);
    is_seen.then(|| TrainingColumn { name: name.to_owned(), values, is_single: false, is_typed: false })
}

/// The values as numbers, NaN where missing; `None` if one is none, or has more digits than a number keeps.
fn numbers(columns: &[(usize, Option<ArrayRef>)]) -> Option<Vec<f64>> {
    const DIGITS: usize = 17;
    let mut values = Vec::new();
    for (rows, column) in columns {
        let Some(column) = column else {
            values.extend(std::iter::repeat_n(f64::NAN, *rows));
            continue;
        };
        for text in &texts(column) {
            values.push(match text.map(|text| (text, number(text))) {
                None | Some((_, Number::Missing)) => f64::NAN,
                Some((text, Number::Value(value))) if value.fract() != 0.0 || text.len() < DIGITS => value,
                Some(_) => return None,
            });
        }
    }
    Some(values)
}

fn texts_of(columns: &[(usize, Option<ArrayRef>)]) -> TrainingValues {
    let mut values: Vec<Option<String>> = Vec::new();
    for (rows, column) in columns {
        match column {
            Some(column) => values.extend(texts(column).iter().map(|text| text.map(ToOwned::to_owned))),
            None => values.extend(std::iter::repeat_n(None, *rows)),
        }
    }
    TrainingValues::Texts(values)
}

fn score(usable: &UsableRows) -> Vec<f64> {
    let mut score = Vec::with_capacity(usable.len());
    for rows in &usable.rows {
        match &rows.probability {
            Some(column) => for_each_number(column, &mut |value| score.push(value)),
            None => score.extend(std::iter::repeat_n(f64::NAN, rows.len)),
        }
    }
    score
}

/// The error for a range without a row.
fn nothing(name: &str, usable: &UsableRows) -> Fault {
    let halves = [Reason::NoFeatures, Reason::NoProbability].map(|reason| usable.complaints.count(reason));
    if halves.iter().all(|count| *count > 0) {
        return Fault::setup(format!(
            "--from: {name}: its inputs and scores are in separate records, which `learn` does not join; learn from a table of \
             training or hold-out rows with --data"
        ));
    }
    let lost = usable.complaints.iter().filter(|(reason, _)| *reason != Reason::Duplicate);
    let why = lost.max_by_key(|(_, complaint)| complaint.count).map_or_else(
        || "it has no record in that range; choose another one".to_owned(),
        |(reason, complaint)| {
            format!(
                "none of its records can be used ({} {}); try the mapping with `vigie config check`",
                complaint.count,
                reason.word()
            )
        },
    );
    Fault::setup(format!("--from: {name}: {why}"))
}

/// SHA-256 of all values.
fn digest(training: &Training) -> String {
    let mut sha = Sha256::new();
    for column in &training.columns {
        sha.update(column.name.as_bytes());
        match &column.values {
            TrainingValues::Numbers(numbers) => numbers.iter().for_each(|number| sha.update(number.to_le_bytes())),
            TrainingValues::Texts(texts) => {
                for text in texts {
                    sha.update(text.as_deref().unwrap_or_default().as_bytes());
                    sha.update([u8::from(text.is_some())]);
                }
            }
            _ => {}
        }
    }
    hexadecimal(sha.finalize())
}
