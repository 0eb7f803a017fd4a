//! A second pass over the rows that were counted, for users that need more than counts: replay, attribution, labels.

use vigie_profile::layout::Column;

use super::{CountJob, Counted, KeyedRows, duplicates::DuplicateFilter, keyed_rows::keyed_rows, threads::pass};
use crate::{
    fault::{Fault, Result},
    source::Request,
};

/// Rows to read, and their columns in addition to the layout's.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowQuery<'a> {
    pub extra_columns: &'a [Column],
    /// Whether the layout's columns may be left out because only ids and scores are needed.
    pub scores_only: bool,
    /// Only rows with a smaller key: a sample that does not depend on threads or on the order of rows.
    pub key_below: Option<u128>,
}

/// Result of all threads.
#[derive(Debug)]
pub struct Scanned<T> {
    pub tallies: Vec<T>,
    /// By extra column: whether any record has it.
    pub seen: Vec<bool>,
}

/// Passes the rows that count, and no others, to `each`, batch by batch.
pub fn scan<T: Send>(
    job: &CountJob<'_>,
    counted: &Counted,
    query: RowQuery<'_>,
    empty: &(dyn Fn() -> T + Sync),
    each: &(dyn Fn(&mut T, KeyedRows) + Sync),
) -> Result<Scanned<T>> {
    let sample = counted.sample.as_ref();
    if let Some(sample) = sample.filter(|sample| query.extra_columns.is_empty() && sample.covers(query.key_below)) {
        let mut tally = empty();
        for rows in &sample.rows {
            let rows = rows.below(query.key_below).map_err(|error| Fault::unreadable_again(&error.to_string()))?;
            if rows.rows.len > 0 {
                each(&mut tally, rows);
            }
        }
        return Ok(Scanned { tallies: vec![tally], seen: Vec::new() });
    }
    // Which of several records with one id counts depends on all of their columns, so none may be left out.
    let scores_only = query.scores_only && counted.duplicates.is_empty();
    let mut columns = if scores_only { Vec::new() } else { job.layout.columns() };
    let own = columns.len();
    columns.extend_from_slice(query.extra_columns);
    let plan = job.log.plan(&Request { columns, window: Some(job.window) })?;
    let filter = DuplicateFilter::new(&counted.duplicates);
    let begin = || (empty(), vec![false; query.extra_columns.len()], None::<String>);
    let pass = pass(&plan, job.threads, job.progress, &begin, &|(tally, seen, fault), mut records| {
        if records.len == 0 {
            return;
        }
        for (seen, column) in seen.iter_mut().zip(records.features.iter().skip(own)) {
            *seen |= column.is_some();
        }
        match keyed_rows(&mut records, &filter, job, own, query.key_below) {
            Ok(rows) if rows.rows.len == 0 => {}
            Ok(rows) => each(tally, rows),
            Err(error) => *fault = Some(error.to_string()),
        }
    })?;
    let mut scanned = Scanned { tallies: Vec::new(), seen: vec![false; query.extra_columns.len()] };
    for (tally, seen, fault) in pass.tallies {
        if let Some(why) = fault {
            return Err(Fault::unreadable_again(&why));
        }
        scanned.tallies.push(tally);
        scanned.seen.iter_mut().zip(seen).for_each(|(ours, theirs)| *ours |= theirs);
    }
    Ok(scanned)
}
