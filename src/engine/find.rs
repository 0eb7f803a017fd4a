//! Finds a record of a log by its id.

use arrow_array::Array;
use vigie_profile::{
    batch::{Records, Rows},
    window::Instant,
};

use super::{
    duplicates::contents,
    events::{EventPart, parts},
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

/// The first record of each kind with an id.
#[derive(Default)]
struct FirstRecords {
    both: Option<Record>,
    inputs: Option<Record>,
    outputs: Option<Record>,
    neither: Option<Record>,
}

/// Finds the record with an id. If there are several, returns the one that counts, which is the first by time and
/// content; inputs and outputs that are two events are joined. Also passes all records that are searched to `observe`,
/// with the tally of the thread.
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
    let first = || (FirstRecords::default(), empty());
    let pass = pass(&plan, threads, progress, &first, &|(first, tally), records| {
        observe(tally, &records);
        let Some(ids) = &records.id else { return };
        let rows: Vec<usize> = (0..ids.len()).filter(|row| ids.is_valid(*row) && ids.value(*row) == id).collect();
        for ((row, content), part) in rows.iter().zip(contents(&records, &rows)).zip(parts(&records, &rows)) {
            let least = match part {
                EventPart::Both => &mut first.both,
                EventPart::Inputs => &mut first.inputs,
                EventPart::Outputs => &mut first.outputs,
                EventPart::Neither => &mut first.neither,
            };
            let order = (records.timestamp.get(*row).copied().unwrap_or(i64::MAX), content);
            if least.as_ref().is_none_or(|least| order < least.order) {
                *least = Some(record(&records, *row, order));
            }
        }
    })?;
    let (records, tallies): (Vec<FirstRecords>, Vec<T>) = pass.tallies.into_iter().unzip();
    let all = records.into_iter().fold(FirstRecords::default(), FirstRecords::merge);
    let record = match (all.both, all.inputs, all.outputs) {
        (None, Some(inputs), Some(outputs)) => Some(inputs.join(outputs)),
        (both, inputs, outputs) => [both, inputs, outputs, all.neither].into_iter().fold(None, least),
    };
    Ok((record, tallies))
}

/// The first of two records.
fn least(one: Option<Record>, other: Option<Record>) -> Option<Record> {
    [one, other].into_iter().flatten().min_by_key(|record| record.order)
}

impl FirstRecords {
    fn merge(self, other: Self) -> Self {
        Self {
            both: least(self.both, other.both),
            inputs: least(self.inputs, other.inputs),
            outputs: least(self.outputs, other.outputs),
            neither: least(self.neither, other.neither),
        }
    }
}

impl Record {
    /// Adds the outputs that another event has.
    fn join(self, outputs: Self) -> Self {
        Self {
            rows: Rows { probability: outputs.rows.probability, ..self.rows },
            decision: self.decision.or(outputs.decision),
            model_version: self.model_version.or(outputs.model_version),
            ..self
        }
    }
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
            refused: None,
        },
        has_features: records.has_features.as_ref().is_none_or(|has| has.value(row)),
        decision: text(&records.decision),
        model_version: text(&records.model_version),
        order,
    }
}
