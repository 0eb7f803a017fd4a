//! Another look at the rows that were counted, by whoever wants more of them than counts: replay, attribution.

use arrow_array::{Array, ArrayRef, UInt64Array, cast::AsArray, types::UInt64Type};
use vigie_profile::{
    batch::{Complaints, Records, Rows},
    layout::Column,
    profile::Traffic,
    window::Instant,
};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::{
    count::{Counted, Job},
    sift::sift,
    threads::pass,
    twins::{Keeper, contents},
};
use crate::{
    fault::{Fault, Result},
    source::Request,
};

/// Some of the rows that count, with what tells one from another.
#[derive(Debug)]
pub struct Answered {
    /// Columns of the layout's features, then of those asked for beside them.
    pub rows: Rows,
    /// The id; where the log has none, the time.
    pub names: Vec<String>,
    /// 128 bits of the id, or of the whole record where it has none.
    pub keys: Vec<u128>,
}

/// Which rows are wanted, with which columns beside the layout's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    pub more: &'a [Column],
    /// Whether the layout's columns are left out where they can be: only ids and scores are wanted.
    pub bare: bool,
    /// Only rows with a lesser key: a sample that neither threads nor the order of rows can change.
    pub below: Option<u128>,
}

/// What all threads saw.
#[derive(Debug)]
pub struct Looked<T> {
    pub tallies: Vec<T>,
    /// By column asked for beside the layout's: whether any record has it.
    pub seen: Vec<bool>,
}

/// Hands the rows that count, and no others, to `each`, batch by batch.
pub fn look<T: Send>(
    job: &Job<'_>,
    counted: &Counted,
    wanted: Wanted<'_>,
    empty: &(dyn Fn() -> T + Sync),
    each: &(dyn Fn(&mut T, Answered) + Sync),
) -> Result<Looked<T>> {
    if let Some(taken) = counted.sample.as_ref().filter(|taken| wanted.more.is_empty() && taken.holds(wanted.below)) {
        let mut tally = empty();
        for rows in &taken.rows {
            let rows = rows.below(wanted.below).map_err(|error| again(&error.to_string()))?;
            if rows.rows.len > 0 {
                each(&mut tally, rows);
            }
        }
        return Ok(Looked { tallies: vec![tally], seen: Vec::new() });
    }
    // Which of several records with one id counts is told by everything they hold: then nothing may be left out.
    let is_bare = wanted.bare && counted.twins.is_empty();
    let mut columns = if is_bare { Vec::new() } else { job.layout.columns() };
    let own = columns.len();
    columns.extend_from_slice(wanted.more);
    let plan = job.log.plan(&Request { columns, window: Some(job.window) })?;
    let keeper = Keeper::new(&counted.twins);
    let begin = || (empty(), vec![false; wanted.more.len()], None::<String>);
    let pass = pass(&plan, job.threads, job.progress, &begin, &|(tally, seen, fault), mut records| {
        if records.len == 0 {
            return;
        }
        for (seen, column) in seen.iter_mut().zip(records.features.iter().skip(own)) {
            *seen |= column.is_some();
        }
        match answered(&mut records, &keeper, job, own, wanted.below) {
            Ok(answered) if answered.rows.len == 0 => {}
            Ok(answered) => each(tally, answered),
            Err(error) => *fault = Some(error.to_string()),
        }
    })?;
    let mut looked = Looked { tallies: Vec::new(), seen: vec![false; wanted.more.len()] };
    for (tally, seen, fault) in pass.tallies {
        if let Some(why) = fault {
            return Err(again(&why));
        }
        looked.tallies.push(tally);
        looked.seen.iter_mut().zip(seen).for_each(|(ours, theirs)| *ours |= theirs);
    }
    Ok(looked)
}

fn again(why: &str) -> Fault {
    Fault::skip(format!("the records of the window cannot be read again: {why}"))
        .discreetly("the records of the window cannot be read again; `vigie status` says why")
}

/// The rows of some records that count and have a key below a bound. The records are as before afterwards.
pub(super) fn answered(
    records: &mut Records,
    keeper: &Keeper<'_>,
    job: &Job<'_>,
    own: usize,
    below: Option<u128>,
) -> Result<Answered, arrow_schema::ArrowError> {
    // Which of several records with one id counts was told by the layout's columns alone.
    let more = records.features.split_off(own.min(records.features.len()));
    let keys = keys(records);
    let mut keeps = keeper.keeps(records).unwrap_or_else(|| vec![true; records.len]);
    if let Some(below) = below {
        keeps.iter_mut().zip(&keys).for_each(|(keep, key)| *keep &= *key < below);
    }
    records.features.extend(more);
    if !keeps.contains(&true) {
        return Ok(Answered { rows: Rows::default(), names: Vec::new(), keys: Vec::new() });
    }
    // Rows carry their number as one more column, so that those that are used are found again.
    let numbers: UInt64Array = (0..records.len as u64).collect();
    records.features.push(Some(std::sync::Arc::new(numbers) as ArrayRef));
    // Counted already: only the rows are wanted here.
    let sifted = sift(records, Some(&keeps), job.rule, &mut Traffic::default(), &mut Complaints::default())?;
    records.features.pop();
    let mut rows = sifted.used;
    let numbers = rows.features.pop().flatten();
    let numbers: Vec<usize> = numbers
        .as_ref()
        .and_then(|numbers| numbers.as_primitive_opt::<UInt64Type>())
        .map(|numbers| numbers.values().iter().filter_map(|row| usize::try_from(*row).ok()).collect())
        .unwrap_or_default();
    Ok(Answered {
        names: numbers.iter().map(|row| name(records, *row)).collect(),
        keys: numbers.iter().filter_map(|row| keys.get(*row).copied()).collect(),
        rows,
    })
}

fn id(records: &Records, row: usize) -> Option<&str> {
    records.id.as_ref().filter(|ids| row < ids.len() && ids.is_valid(row)).map(|ids| ids.value(row))
}

fn name(records: &Records, row: usize) -> String {
    let at = || Instant(records.timestamp.get(row).copied().unwrap_or_default()).to_string();
    id(records, row).map_or_else(at, ToOwned::to_owned)
}

fn keys(records: &Records) -> Vec<u128> {
    let nameless: Vec<usize> = (0..records.len).filter(|row| id(records, *row).is_none()).collect();
    let mut keys: Vec<u128> =
        (0..records.len).map(|row| id(records, row).map_or(0, |id| xxh3_128(id.as_bytes()))).collect();
    if nameless.is_empty() {
        return keys;
    }
    for (row, content) in nameless.iter().zip(contents(records, &nameless)) {
        let mut hasher = Xxh3::new();
        hasher.update(&content.to_le_bytes());
        hasher.update(&records.timestamp.get(*row).copied().unwrap_or_default().to_le_bytes());
        if let Some(key) = keys.get_mut(*row) {
            *key = hasher.digest128();
        }
    }
    keys
}
