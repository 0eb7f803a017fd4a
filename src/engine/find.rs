//! Finds a record of a log by its id.

use arrow_array::Array;
use vigie_profile::{
    batch::{Records, Rows},
    window::Instant,
};

use super::{
    duplicates::contents,
    threads::{Progress, pass},
};
use crate::{
    fault::Result,
    source::{Log, Request},
};

/// A record: inputs, score and decision.
#[derive(Debug)]
pub struct Record {
    pub at: Instant,
    /// A single row with the requested columns.
    pub rows: Rows,
    pub has_features: bool,
    pub decision: Option<String>,
    pub model_version: Option<String>,
    order: (i64, u128),
}

/// Finds the record with an id. If there are several, returns the one that counts, which is the first by time and
/// content. Also passes all records that are searched to `observe`, with the tally of the thread.
pub fn find<T: Send>(
    log: &Log,
    request: &Request,
    id: &str,
    threads: usize,
    progress: Progress<'_>,
    empty: &(dyn Fn() -> T + Sync),
    observe: &(dyn Fn(&mut T, &Records) + Sync),
) -> Result<(Option<Record>, Vec<T>)> {
    let plan = log.plan(request)?;
    let pass = pass(&plan, threads, progress, &|| (None::<Record>, empty()), &|(least, tally), records| {
        observe(tally, &records);
        let Some(ids) = &records.id else { return };
        let rows: Vec<usize> = (0..ids.len()).filter(|row| ids.is_valid(*row) && ids.value(*row) == id).collect();
        for (row, content) in rows.iter().zip(contents(&records, &rows)) {
            let order = (records.timestamp.get(*row).copied().unwrap_or(i64::MAX), content);
            if least.as_ref().is_none_or(|least| order < least.order) {
                *least = Some(record(&records, *row, order));
            }
        }
    })?;
    let (records, tallies): (Vec<_>, Vec<T>) = pass.tallies.into_iter().unzip();
    Ok((records.into_iter().flatten().min_by_key(|record| record.order), tallies))
}

fn record(records: &Records, row: usize, order: (i64, u128)) -> Record {
    let text = |column: &Option<arrow_array::StringArray>| {
        column.as_ref().filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row).to_owned())
    };
    Record {
        at: Instant(order.0),
        rows: Rows {
            len: 1,
            features: records.features.iter().map(|column| Some(column.as_ref()?.slice(row, 1))).collect(),
            probability: records.probability.as_ref().map(|column| column.slice(row, 1)),
        },
        has_features: records.has_features.as_ref().is_none_or(|has| has.value(row)),
        decision: text(&records.decision),
        model_version: text(&records.model_version),
        order,
    }
}
