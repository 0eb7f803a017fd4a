//! Learns a [`Reference`] from training rows: kinds, cells, levels, counts.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, ArrowPrimitiveType, Float64Array,
    types::{Float32Type, Float64Type},
};
use vigie_profile::{
    batch::{Number, for_each_number, has_decimal_comma, number, to_numbers},
    layout::{Cells, Feature, Layout, Precision, Real, Shape},
    profile::{CellCounts, Counts, Profile, scale},
    shown::shown,
};

use super::{
    ColumnRoles, Provenance, Reference, Target,
    block_store::{Block, BlockStore},
    blocks::Packer,
    column_notes::{self, ColumnNotes},
    columns::{ColumnData, ColumnInfo, ColumnKind, TrainingTable, find},
    count_levels::categorical,
    keys::add_keys,
    outcomes,
    radix::{self, Bits},
    relate::{SampledColumn, relate, sample, step},
    unsuitable,
    workers::map_on_threads,
};
use crate::fault::{Fault, Result};

/// A reference, with notes for the user.
#[derive(Debug)]
pub struct Learnt {
    pub reference: Reference,
    pub notes: Vec<String>,
    /// Columns that look like identifiers, by their values.
    pub identifiers: Vec<String>,
}

/// Result of learning one column.
struct LearnedColumn {
    shape: Shape,
    counts: Counts,
    /// The packed values.
    block: Block,
    /// Some rows of a feature, to relate it to the others.
    sample: Option<SampledColumn>,
    notes: ColumnNotes,
}

/// Learns a reference on one thread. `progress` is called with the number of columns done and the total.
pub fn learn(
    table: &dyn TrainingTable,
    roles: &ColumnRoles,
    provenance: Provenance,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Learnt> {
    learn_on(1, table, roles, provenance, &|_, _| {}, progress)
}

/// Called with each column's index and block as soon as it is packed, in any order and on any thread.
pub type OnPacked<'a> = &'a (dyn Fn(usize, &Block) + Sync);

/// Like [`learn`], with one column per thread at a time. The result does not depend on the number of threads.
pub fn learn_on(
    threads: usize,
    table: &dyn TrainingTable,
    roles: &ColumnRoles,
    mut provenance: Provenance,
    on_packed: OnPacked<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Learnt> {
    if table.rows() == 0 {
        return Err(Fault::setup(format!("{} has no rows; learn from a file with at least one row", table.name())));
    }
    let mut notes = Vec::new();
    let columns_info = table.columns();
    let columns = feature_columns(table, &columns_info, roles, &mut notes)?;
    let name_of = |index: usize| columns_info.get(index).map_or("", |info| info.name.as_str());
    let precision = match roles.precision {
        Some(precision) => precision,
        None => precision_of(table, &columns_info, &columns, &mut notes)?,
    };
    let score = roles.score().map(|name| find(table, &columns_info, name)).transpose()?;
    let all = columns.len() + usize::from(score.is_some());
    // The score comes last but takes longest, so start with it.
    let first = if score.is_some() { all - 1 } else { 0 };
    let step = step(table.rows(), columns.len());
    let work = |buffers: &mut LearnBuffers, turn: usize| {
        let index = (first + turn) % all;
        let column = learn_column(table, &columns_info, roles, (precision, step), columns.get(index), buffers)?;
        on_packed(index, &column.block);
        Ok(column)
    };
    let mut learnt: Vec<Result<LearnedColumn>> = map_on_threads(threads, all, &work, progress);
    learnt.rotate_right(first);
    let mut features = Vec::with_capacity(columns.len());
    let mut counts = Vec::with_capacity(columns.len());
    let mut blocks = Vec::with_capacity(columns.len() + 1);
    let mut samples = Vec::with_capacity(columns.len());
    let mut identifiers = Vec::new();
    let mut score_counts = None;
    for (position, column) in learnt.into_iter().enumerate() {
        let learnt = column?;
        notes.extend(learnt.notes.lines);
        if let Some(column) = columns.get(position).filter(|_| learnt.notes.is_identifier) {
            identifiers.push(name_of(*column).to_owned());
        }
        blocks.push(learnt.block);
        samples.extend(learnt.sample);
        match (columns.get(position), learnt.shape, learnt.counts) {
            (Some(column), shape, own) => {
                features.push(Feature { name: name_of(*column).to_owned(), shape });
                counts.push(own);
            }
            (None, Shape::Numeric(cells), Counts::Numeric(own)) => score_counts = Some((cells, own)),
            (None, ..) => debug_assert!(false, "a score is numeric"),
        }
    }
    if score.is_none() && !roles.is_compared {
        notes.push("no --probability or --prediction column: the score is not monitored".to_owned());
    }
    let known = outcomes::read(table, &columns_info, roles)?;
    let share = known.as_ref().and_then(|known| outcomes::share(known.as_ref().ok()?));
    provenance.target =
        roles.target.as_ref().map(|name| Target { event: roles.event.clone(), name: name.clone(), share });
    provenance.probability.clone_from(&roles.probability);
    provenance.prediction = roles.prediction.clone().filter(|_| roles.probability.is_none());
    let outcomes = outcomes::learn(table, &columns_info, roles, known, &mut notes)?;
    let rows_by_outcome = outcomes.as_ref().map(|outcomes| outcomes.rows);
    blocks.extend(outcomes.into_iter().flat_map(|outcomes| outcomes.blocks).map(Block::new));
    let (cells, score_counts) = score_counts.unzip();
    let layout = Layout::new(precision, features, cells);
    let profile = Profile::from_parts(&layout, table.rows() as u64, counts, score_counts);
    let importance = vec![None; columns.len()];
    let mut reference = Reference::new(layout, profile, provenance, importance, BlockStore::Memory(blocks));
    if let Some(rows) = rows_by_outcome {
        reference = reference.with_outcomes(rows);
    }
    if let Some(relations) = relate(threads, &samples) {
        reference = reference.with_relations(relations);
    }
    Ok(Learnt { reference, notes, identifiers })
}

/// Learns a feature, or the score if `column` is `None`.
fn learn_column(
    table: &dyn TrainingTable,
    columns_info: &[ColumnInfo],
    roles: &ColumnRoles,
    (precision, step): (Precision, usize),
    column: Option<&usize>,
    buffers: &mut LearnBuffers,
) -> Result<LearnedColumn> {
    let mut learn_numbers = |numbers: &[ArrayRef], precision: Precision| {
        let (cells, counts, block) = match precision {
            Precision::F32 => numeric::<Float32Type>(numbers, precision, &mut buffers.singles, &mut buffers.packer),
            Precision::F64 => numeric::<Float64Type>(numbers, precision, &mut buffers.doubles, &mut buffers.packer),
        };
        let (shape, counts) = (Shape::Numeric(cells), Counts::Numeric(counts));
        LearnedColumn { shape, counts, block, sample: None, notes: ColumnNotes::default() }
    };
    let Some(&column) = column else {
        let scores = match (&roles.probability, &roles.prediction) {
            (None, Some(name)) => predictions(table, columns_info, name)?,
            (name, _) => probabilities(table, columns_info, name.as_deref().unwrap_or_default())?,
        };
        return Ok(learn_numbers(&scores, Precision::F64));
    };
    let info = columns_info
        .get(column)
        .ok_or_else(|| Fault::setup(format!("internal error: the training table has no column {column}")))?;
    let wanted = Wanted::new(roles, &info.name);
    let loaded = table.load(column)?;
    if let Some(numbers) = numbers_of(&loaded, info, wanted) {
        let mut learnt = learn_numbers(&numbers, precision);
        if let (Shape::Numeric(cells), Counts::Numeric(counts)) = (&learnt.shape, &learnt.counts) {
            learnt.notes = column_notes::of_numbers(&info.name, (cells, counts), &numbers, roles.features.is_some());
        }
        let learnt_as = (&learnt.shape, &learnt.counts, precision);
        learnt.sample = Some(sample(table, (column, &loaded), Some(&numbers), learnt_as, step)?);
        return Ok(learnt);
    }
    if wanted == Wanted::Numbers {
        return Err(not_numeric(&loaded, info));
    }
    let (levels, counts) = categorical(&loaded);
    let notes = column_notes::of_levels(info, levels.names(), &counts, wanted != Wanted::Either);
    let (shape, counts) = (Shape::Categorical(levels), Counts::Categorical(counts));
    let sample = sample(table, (column, &loaded), None, (&shape, &counts, precision), step)?;
    Ok(LearnedColumn { shape, counts, block: Block::new(Vec::new()), sample: Some(sample), notes })
}

/// The error for a text column where the model expects numbers.
fn not_numeric(loaded: &ColumnData, info: &ColumnInfo) -> Fault {
    let example = match loaded {
        ColumnData::Texts { rows, .. } => rows.keys().find(|text| number(text) == Number::Invalid),
        ColumnData::Numbers(_) => None,
    };
    let question = if example.is_some_and(|text| has_decimal_comma(text)) { ": a decimal comma?" } else { "" };
    let example = example.map_or(String::new(), |text| format!(", such as `{}`{question}", shown(text)));
    let found = if info.kind == ColumnKind::Times { "times" } else { "text" };
    Fault::setup(format!(
        "column `{}` must be numeric for this model, but contains {found}{example}",
        shown(&info.name)
    ))
}

/// Indices of the feature columns, in order.
fn feature_columns(
    table: &dyn TrainingTable,
    columns_info: &[ColumnInfo],
    roles: &ColumnRoles,
    notes: &mut Vec<String>,
) -> Result<Vec<usize>> {
    let flags = [
        ("--categorical", roles.categorical.as_slice()),
        ("--ignore", roles.ignore.as_slice()),
        ("--target", roles.target.as_slice()),
        ("--probability", roles.probability.as_slice()),
        ("--prediction", roles.prediction.as_slice()),
    ];
    for (flag, names) in flags {
        for name in names {
            find(table, columns_info, name).map_err(|fault| fault.context(flag))?;
        }
    }
    let mut columns = Vec::new();
    if let Some(names) = &roles.features {
        for name in names {
            let column = find(table, columns_info, name).map_err(|fault| fault.context("--features"))?;
            let kind = columns_info.get(column).map(|info| info.kind);
            if kind == Some(ColumnKind::Other) {
                return Err(Fault::setup(format!(
                    "column `{}` contains nested values and cannot be a feature; remove it from --features",
                    shown(name)
                )));
            }
            if kind == Some(ColumnKind::Times) && Wanted::new(roles, name) == Wanted::Either {
                return Err(Fault::setup(format!(
                    "column `{}` contains times; remove it from --features, or add it to --categorical to use its values as \
                     levels",
                    shown(name)
                )));
            }
            if columns.contains(&column) {
                return Err(Fault::setup(format!("--features lists `{name}` twice")));
            }
            columns.push(column);
        }
    } else {
        let is_role = |name: &String| roles.target.as_ref() == Some(name) || roles.score() == Some(name);
        for (index, info) in columns_info.iter().enumerate() {
            if is_role(&info.name) || roles.ignore.contains(&info.name) {
                continue;
            }
            if info.kind == ColumnKind::Other {
                notes.push(format!("{}: contains nested values, ignored", info.name));
                continue;
            }
            if info.kind == ColumnKind::Times && Wanted::new(roles, &info.name) == Wanted::Either {
                notes.push(format!("{}: contains times, ignored; --categorical uses them as levels", info.name));
                continue;
            }
            if !roles.categorical.contains(&info.name)
                && let Some(note) = unsuitable::note(table, index, info)?
            {
                notes.push(note);
                continue;
            }
            columns.push(index);
        }
    }
    if columns.is_empty() {
        let left_out = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        return Err(Fault::setup(format!("no feature columns are left; check --features and --ignore{left_out}")));
    }
    Ok(columns)
}

fn precision_of(
    table: &dyn TrainingTable,
    columns_info: &[ColumnInfo],
    columns: &[usize],
    notes: &mut Vec<String>,
) -> Result<Precision> {
    let numbers = || columns.iter().filter_map(|column| Some((*column, columns_info.get(*column)?)));
    let singles = numbers().filter(|(_, info)| info.is_single).count();
    if singles == 0 {
        return Ok(Precision::F64);
    }
    let mut doubles = 0;
    for (column, _) in numbers().filter(|(_, info)| info.is_real && info.kind == ColumnKind::Numbers) {
        let ColumnData::Numbers(arrays) = table.load(column)? else { continue };
        let mut has_fraction = false;
        for array in &arrays {
            let numbers = to_numbers(array, &mut |_| {});
            for_each_number(numbers.as_ref(), &mut |value| has_fraction |= value.fract() != 0.0 && !value.is_nan());
        }
        doubles += usize::from(has_fraction);
    }
    if doubles > 0 {
        notes.push(format!(
            "{singles} columns are stored as 32-bit floats, {doubles} as 64-bit: values are compared as 64-bit floats; \
             use --precision f32 if the model compares in 32 bits (as CatBoost and XGBoost do)"
        ));
        return Ok(Precision::F64);
    }
    Ok(Precision::F32)
}

/// What a column is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Levels,
    /// Because the model reads numbers.
    Numbers,
    /// Numbers if the column has any type of numbers, or no type and only texts of numbers.
    Either,
}

impl Wanted {
    fn new(roles: &ColumnRoles, name: &str) -> Self {
        let is_in = |names: &[String]| names.iter().any(|own| own == name);
        if is_in(&roles.categorical) {
            Self::Levels
        } else if is_in(&roles.numeric) {
            Self::Numbers
        } else {
            Self::Either
        }
    }
}

/// The column's numbers, unless it is wanted as levels or contains values that are not numbers.
fn numbers_of(loaded: &ColumnData, info: &ColumnInfo, wanted: Wanted) -> Option<Vec<ArrayRef>> {
    match loaded {
        _ if wanted == Wanted::Levels || info.kind == ColumnKind::Times => None,
        ColumnData::Numbers(arrays) => {
            let mut all = true;
            let numbers = arrays.iter().map(|array| to_numbers(array, &mut |_| all = false)).collect();
            all.then_some(numbers)
        }
        ColumnData::Texts { .. } if wanted == Wanted::Either && info.is_typed && info.kind == ColumnKind::Texts => None,
        ColumnData::Texts { rows, missing } => {
            let mut numbers = Vec::new();
            let mut add = |value: f64, rows: u64| {
                numbers.extend(std::iter::repeat_n(value, usize::try_from(rows).unwrap_or(0)));
            };
            add(f64::NAN, *missing);
            for (text, rows) in rows {
                match number(text) {
                    Number::Value(value) => add(value, *rows),
                    Number::Missing => add(f64::NAN, *rows),
                    Number::Invalid => return None,
                }
            }
            Some(vec![Arc::new(Float64Array::from(numbers)) as ArrayRef])
        }
    }
}

/// If there are fewer distinct values than one in this many rows, each is counted once, with its number of rows.
const FEW: usize = 32;

/// Buffers of a thread.
#[derive(Default)]
struct LearnBuffers {
    singles: radix::SortBuffers<u32>,
    doubles: radix::SortBuffers<u64>,
    packer: Packer,
}

/// Learns a numeric column; `P` is the precision the model compares in.
fn numeric<P: ArrowPrimitiveType<Native: Real + Bits>>(
    arrays: &[ArrayRef],
    precision: Precision,
    sort_buffers: &mut radix::SortBuffers<<P::Native as Bits>::Key>,
    packer: &mut Packer,
) -> (Cells, CellCounts, Block) {
    let distinct = sort_buffers.distinct::<P::Native>(|keys| add_keys::<P>(arrays, keys));
    let cells = Cells::learn(distinct, precision);
    let scale = scale(&cells);
    let mut counts = CellCounts::empty(&cells);
    let rows: usize = arrays.iter().map(|array| array.len()).sum();
    if distinct.len() < rows / FEW {
        let mut present = 0;
        for (value, times) in distinct {
            counts.observe_n(*value, *times, &cells, &scale);
            present += times;
        }
        counts.observe_missing(rows as u64 - present);
    } else {
        arrays.iter().for_each(|array| counts.observe_array(array.as_ref(), &cells, &scale, precision));
    }
    (cells, counts, Block::new(packer.pack(distinct, precision)))
}

/// The numbers of a column; `None` if it contains anything else.
fn numbers_in(table: &dyn TrainingTable, columns_info: &[ColumnInfo], name: &str) -> Result<Option<Vec<ArrayRef>>> {
    let column = find(table, columns_info, name)?;
    let Some(info) = columns_info.get(column).filter(|info| info.kind != ColumnKind::Other) else { return Ok(None) };
    Ok(numbers_of(&table.load(column)?, info, Wanted::Numbers))
}

fn predictions(table: &dyn TrainingTable, columns_info: &[ColumnInfo], name: &str) -> Result<Vec<ArrayRef>> {
    numbers_in(table, columns_info, name)?.ok_or_else(|| {
        Fault::setup(format!("--prediction {name}: the column contains text; predictions must be numbers"))
    })
}

fn probabilities(table: &dyn TrainingTable, columns_info: &[ColumnInfo], name: &str) -> Result<Vec<ArrayRef>> {
    let wrong = |what: String| {
        Fault::setup(format!(
            "--probability {name}: {what}; probabilities must be numbers from 0 to 1 (for the number that a regression \
             predicts, pass --prediction instead)"
        ))
    };
    let numbers = numbers_in(table, columns_info, name)?.ok_or_else(|| wrong("the column contains text".to_owned()))?;
    let mut outside = None;
    for array in &numbers {
        for_each_number(array.as_ref(), &mut |value| {
            if outside.is_none() && !value.is_nan() && !(0.0..=1.0).contains(&value) {
                outside = Some(value);
            }
        });
    }
    match outside {
        Some(value) => Err(wrong(format!("the column contains {value}"))),
        None => Ok(numbers),
    }
}
