//! Training rows → [`Reference`]: kinds, cells, levels, counts.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use arrow_array::{
    ArrayRef, ArrowPrimitiveType, Float64Array,
    types::{Float32Type, Float64Type},
};
use vigie_profile::{
    batch::{Number, for_each_number, level, level_of_number, number},
    layout::{Cells, Feature, Layout, Levels, Precision, Real, Shape},
    profile::{CellCounts, Counts, LevelCounts, Profile, scale},
    shown::shown,
};

use super::{
    Provenance, Reference, Target,
    blocks::Packer,
    columns::{About, Holds, Loaded, Table, find},
    keys::add_keys,
    outcomes,
    radix::{self, Bits},
    shelf::{Block, Shelf},
    workers::on_all,
};
use crate::fault::{Fault, Result};

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

/// One column, learnt.
struct Lesson {
    shape: Shape,
    counts: Counts,
    /// Its values, packed.
    block: Block,
    notes: Vec<String>,
}

/// Learns a reference on one thread. `progress` is told how many of how many columns are done.
pub fn learn(
    table: &dyn Table,
    choice: &Choice,
    provenance: Provenance,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Learnt> {
    learn_on(1, table, choice, provenance, &|_, _| {}, progress)
}

/// Told of every column's block as soon as it is packed, by its number, in any order and on any thread.
pub type Packed<'a> = &'a (dyn Fn(usize, &Block) + Sync);

/// As [`learn`], a column a thread: the reference does not depend on their number.
pub fn learn_on(
    threads: usize,
    table: &dyn Table,
    choice: &Choice,
    mut provenance: Provenance,
    packed: Packed<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Learnt> {
    if table.rows() == 0 {
        return Err(Fault::setup("the training table has no rows; nothing can be learnt from it"));
    }
    let mut notes = Vec::new();
    let abouts = table.columns();
    let columns = chosen(&abouts, choice, &mut notes)?;
    let named = |number: usize| abouts.get(number).map_or("", |about| about.name.as_str());
    let precision = match choice.precision {
        Some(precision) => precision,
        None => precision_of(table, &abouts, &columns, &mut notes)?,
    };
    let score = choice.probability.as_deref().map(|name| find(&abouts, name)).transpose()?;
    let all = columns.len() + usize::from(score.is_some());
    // The score comes last and takes the longest, so it is begun with.
    let first = if score.is_some() { all - 1 } else { 0 };
    let work = |scratch: &mut Scratch, turn: usize| {
        let number = (first + turn) % all;
        let lesson = lesson(table, &abouts, choice, precision, columns.get(number), scratch)?;
        packed(number, &lesson.block);
        Ok(lesson)
    };
    let mut learnt: Vec<Result<Lesson>> = on_all(threads, all, &work, progress);
    learnt.rotate_right(first);
    let mut features = Vec::with_capacity(columns.len());
    let mut counts = Vec::with_capacity(columns.len());
    let mut blocks = Vec::with_capacity(columns.len() + 1);
    let mut score_counts = None;
    for (place, lesson) in learnt.into_iter().enumerate() {
        let lesson = lesson?;
        notes.extend(lesson.notes);
        blocks.push(lesson.block);
        match (columns.get(place), lesson.shape, lesson.counts) {
            (Some(column), shape, own) => {
                features.push(Feature { name: named(*column).to_owned(), shape });
                counts.push(own);
            }
            (None, Shape::Numeric(cells), Counts::Numeric(own)) => score_counts = Some((cells, own)),
            (None, ..) => debug_assert!(false, "a score is numeric"),
        }
    }
    if score.is_none() {
        notes.push("no --probability column: the score itself is not watched".to_owned());
    }
    provenance.target = choice.target.as_deref().map(|name| target(table, &abouts, name)).transpose()?;
    provenance.probability.clone_from(&choice.probability);
    let outcomes = outcomes::learn(table, choice, &mut notes)?;
    let rows_by_outcome = outcomes.as_ref().map(|outcomes| outcomes.rows);
    blocks.extend(outcomes.into_iter().flat_map(|outcomes| outcomes.blocks).map(Block::new));
    let (cells, score_counts) = score_counts.unzip();
    let layout = Layout::new(precision, features, cells);
    let profile = Profile::from_parts(&layout, table.rows() as u64, counts, score_counts);
    let importance = vec![None; columns.len()];
    let mut reference = Reference::new(layout, profile, provenance, importance, Shelf::Held(blocks));
    if let Some(rows) = rows_by_outcome {
        reference = reference.with_outcomes(rows);
    }
    Ok(Learnt { reference, notes })
}

/// Learns a feature, or after the last one the score.
fn lesson(
    table: &dyn Table,
    abouts: &[About],
    choice: &Choice,
    precision: Precision,
    column: Option<&usize>,
    scratch: &mut Scratch,
) -> Result<Lesson> {
    let mut of_numbers = |numbers: &[ArrayRef], precision: Precision| {
        let (cells, counts, block) = match precision {
            Precision::F32 => numeric::<Float32Type>(numbers, precision, &mut scratch.singles, &mut scratch.packer),
            Precision::F64 => numeric::<Float64Type>(numbers, precision, &mut scratch.doubles, &mut scratch.packer),
        };
        Lesson { shape: Shape::Numeric(cells), counts: Counts::Numeric(counts), block, notes: Vec::new() }
    };
    let Some(&column) = column else {
        let name = choice.probability.as_deref().unwrap_or_default();
        return Ok(of_numbers(&probabilities(table, abouts, name)?, Precision::F64));
    };
    let about = abouts.get(column).ok_or_else(|| Fault::setup("the training table has fewer columns"))?;
    let is_declared = choice.categorical.contains(&about.name);
    let loaded = table.load(column)?;
    if let Some(numbers) = numbers_of(&loaded, about, is_declared) {
        return Ok(of_numbers(&numbers, precision));
    }
    if choice.numeric.contains(&about.name) {
        return Err(no_number(&loaded, about));
    }
    let (levels, counts) = categorical(&loaded);
    let mut notes = Vec::new();
    if !is_declared && !about.is_typed {
        notes.push(format!("{}: holds texts, learnt as categorical", about.name));
    }
    if levels.names().len() > 1_000 && levels.names().len() * 2 > table.rows() {
        notes.push(format!(
            "{}: {} levels in {} rows looks like an identifier; leave it out with --ignore {0}",
            about.name,
            levels.names().len(),
            table.rows()
        ));
    }
    Ok(Lesson {
        shape: Shape::Categorical(levels),
        counts: Counts::Categorical(counts),
        block: Block::new(Vec::new()),
        notes,
    })
}

/// A column of texts where the model reads numbers.
fn no_number(loaded: &Loaded, about: &About) -> Fault {
    let example = match loaded {
        Loaded::Texts { rows, .. } => rows.keys().find(|text| number(text) == Number::Not),
        Loaded::Numbers(_) => None,
    };
    let such = example.map_or(String::new(), |text| format!(", such as `{}`,", shown(text)));
    Fault::setup(format!("column `{}` holds texts{such} where the model reads numbers", shown(&about.name)))
}

/// The numbers of the columns that shall be features, in their order.
fn chosen(abouts: &[About], choice: &Choice, notes: &mut Vec<String>) -> Result<Vec<usize>> {
    let flags = [
        ("--categorical", choice.categorical.as_slice()),
        ("--ignore", choice.ignore.as_slice()),
        ("--target", choice.target.as_slice()),
        ("--probability", choice.probability.as_slice()),
    ];
    for (flag, names) in flags {
        for name in names {
            find(abouts, name).map_err(|fault| fault.context(flag))?;
        }
    }
    let mut columns = Vec::new();
    if let Some(names) = &choice.features {
        for name in names {
            let column = find(abouts, name).map_err(|fault| fault.context("--features"))?;
            if abouts.get(column).is_some_and(|about| about.holds == Holds::Other) {
                return Err(Fault::setup(format!(
                    "column `{name}` holds times or nested values: it cannot be a feature; leave it out of --features"
                )));
            }
            if columns.contains(&column) {
                return Err(Fault::setup(format!("--features names `{name}` twice")));
            }
            columns.push(column);
        }
    } else {
        let is_role = |name: &String| choice.target.as_ref() == Some(name) || choice.probability.as_ref() == Some(name);
        for (number, about) in abouts.iter().enumerate() {
            if is_role(&about.name) || choice.ignore.contains(&about.name) {
                continue;
            }
            if about.holds == Holds::Other {
                notes.push(format!("{}: holds times or nested values, left out", about.name));
                continue;
            }
            columns.push(number);
        }
    }
    if columns.is_empty() {
        return Err(Fault::setup("no column is left to be a feature; see --features and --ignore"));
    }
    Ok(columns)
}

fn precision_of(table: &dyn Table, abouts: &[About], columns: &[usize], notes: &mut Vec<String>) -> Result<Precision> {
    let numbers = || columns.iter().filter_map(|column| Some((*column, abouts.get(*column)?)));
    let singles = numbers().filter(|(_, about)| about.is_single).count();
    if singles == 0 {
        return Ok(Precision::F64);
    }
    let mut doubles = 0;
    for (column, _) in numbers().filter(|(_, about)| about.is_real && about.holds == Holds::Numbers) {
        let Loaded::Numbers(arrays) = table.load(column)? else { continue };
        let mut has_fraction = false;
        for array in &arrays {
            for_each_number(array.as_ref(), &mut |value| has_fraction |= value.fract() != 0.0 && !value.is_nan());
        }
        doubles += usize::from(has_fraction);
    }
    if doubles > 0 {
        notes.push(format!(
            "{singles} columns are stored as 32-bit floats, {doubles} as 64-bit: values are compared as 64-bit floats; \
             say --precision f32 if the model compares in 32 bits (CatBoost does)"
        ));
        return Ok(Precision::F64);
    }
    Ok(Precision::F32)
}

/// The column's numbers, unless it is categorical: declared so, or holding texts that are none.
fn numbers_of<'a>(loaded: &'a Loaded, about: &About, is_categorical: bool) -> Option<Cow<'a, [ArrayRef]>> {
    match loaded {
        _ if is_categorical => None,
        Loaded::Numbers(arrays) => Some(Cow::Borrowed(arrays)),
        Loaded::Texts { .. } if about.is_typed => None,
        Loaded::Texts { rows, missing } => {
            let mut numbers = Vec::new();
            let mut add = |value: f64, rows: u64| {
                numbers.extend(std::iter::repeat_n(value, usize::try_from(rows).unwrap_or(0)));
            };
            add(f64::NAN, *missing);
            for (text, rows) in rows {
                match number(text) {
                    Number::Value(value) => add(value, *rows),
                    Number::Missing => add(f64::NAN, *rows),
                    Number::Not => return None,
                }
            }
            Some(Cow::Owned(vec![Arc::new(Float64Array::from(numbers)) as ArrayRef]))
        }
    }
}

/// Of fewer values than one in so many rows, each is counted with its rows at once.
const FEW: usize = 32;

/// Memory of a thread.
#[derive(Default)]
struct Scratch {
    singles: radix::Scratch<u32>,
    doubles: radix::Scratch<u64>,
    packer: Packer,
}

/// `P`: the float that the model compares.
fn numeric<P: ArrowPrimitiveType<Native: Real + Bits>>(
    arrays: &[ArrayRef],
    precision: Precision,
    sorting: &mut radix::Scratch<<P::Native as Bits>::Key>,
    packer: &mut Packer,
) -> (Cells, CellCounts, Block) {
    let distinct = sorting.distinct::<P::Native>(|keys| add_keys::<P>(arrays, keys));
    let cells = Cells::learn(distinct, precision);
    let scale = scale(&cells);
    let mut counts = CellCounts::empty(&cells);
    let rows: usize = arrays.iter().map(|array| array.len()).sum();
    if distinct.len() < rows / FEW {
        let mut present = 0;
        for (value, times) in distinct {
            counts.observe_times(*value, *times, &cells, &scale);
            present += times;
        }
        counts.observe_missing(rows as u64 - present);
    } else {
        arrays.iter().for_each(|array| counts.observe_array(array.as_ref(), &cells, &scale, precision));
    }
    (cells, counts, Block::new(packer.pack(distinct, precision)))
}

fn categorical(loaded: &Loaded) -> (Levels, LevelCounts) {
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
        Loaded::Texts { rows, missing } => {
            count(None, *missing);
            rows.iter().for_each(|(text, rows)| count(level(text), *rows));
        }
        Loaded::Numbers(arrays) => {
            let mut scratch = radix::Scratch::default();
            let distinct = scratch.distinct::<f64>(|keys| add_keys::<Float64Type>(arrays, keys));
            let all: u64 = arrays.iter().map(|array| array.len() as u64).sum();
            count(None, all - distinct.iter().map(|(_, rows)| rows).sum::<u64>());
            distinct.iter().for_each(|(value, rows)| count(level_of_number(*value).map(Cow::Owned), *rows));
        }
    }
    let counts = rows.values().copied().collect();
    (Levels::new(rows.into_keys().collect()), LevelCounts::from_parts(counts, none))
}

fn probabilities(table: &dyn Table, abouts: &[About], name: &str) -> Result<Vec<ArrayRef>> {
    let wrong =
        |what: String| Fault::setup(format!("--probability {name}: {what}; a probability is a number from 0 to 1"));
    let column = find(abouts, name)?;
    let about = abouts.get(column).filter(|about| about.holds != Holds::Other);
    let about = about.ok_or_else(|| wrong("it holds texts".to_owned()))?;
    let loaded = table.load(column)?;
    let numbers = numbers_of(&loaded, about, false).ok_or_else(|| wrong("it holds texts".to_owned()))?;
    let mut outside = None;
    for array in numbers.as_ref() {
        for_each_number(array.as_ref(), &mut |value| {
            if outside.is_none() && !value.is_nan() && !(0.0..=1.0).contains(&value) {
                outside = Some(value);
            }
        });
    }
    match outside {
        Some(value) => Err(wrong(format!("it holds {value}"))),
        None => Ok(numbers.into_owned()),
    }
}

fn target(table: &dyn Table, abouts: &[About], name: &str) -> Result<Target> {
    let column = find(abouts, name)?;
    let Some(about) = abouts.get(column).filter(|about| about.holds != Holds::Other) else {
        return Ok(Target { name: name.to_owned(), share: None });
    };
    let loaded = table.load(column)?;
    let share = numbers_of(&loaded, about, false).and_then(|numbers| {
        let mut known = Vec::new();
        for array in numbers.iter() {
            for_each_number(array.as_ref(), &mut |value| known.extend((!value.is_nan()).then_some(value)));
        }
        let is_binary = known.iter().all(|value| [0.0, 1.0].contains(value));
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        (is_binary && !known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    });
    Ok(Target { name: name.to_owned(), share })
}
