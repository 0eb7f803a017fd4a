//! The rows of a window that count, as they are: what a reference can be learnt from.

use std::collections::HashSet;

use arrow_array::Array;
use vigie_profile::{
    batch::{Complaints, Records, Rows},
    profile::Traffic,
};

use super::{
    Eligibility,
    losses::check_files,
    sift::{Keep, sift},
    threads::{Progress, pass},
};
use crate::{
    fault::{Fault, Result},
    source::{Log, ReadSummary, Request},
};

/// Usable rows in the order of the files, the records that are none by reason, and what was found in the log.
#[derive(Debug)]
pub struct UsableRows {
    pub rows: Vec<Rows>,
    pub complaints: Complaints,
    pub found: ReadSummary,
}

#[derive(Default)]
struct RowTally {
    rows: Vec<Rows>,
    complaints: Complaints,
    traffic: Traffic,
    ids: HashSet<String>,
    error: Option<String>,
}

/// Reads the rows that count; of several records with one id, the first. One thread reads them, so that their order is that of
/// the files.
pub fn usable_rows(log: &Log, request: &Request, rule: &Eligibility, progress: Progress<'_>) -> Result<UsableRows> {
    let plan = log.plan(request)?;
    let pass = pass(&plan, 1, progress, &RowTally::default, &|tally, mut records| {
        let keeps = keeps(&records, &mut tally.ids);
        tally.complaints.merge(std::mem::take(&mut records.complaints));
        match sift(&records, Some(&keeps), rule, &mut tally.traffic, &mut tally.complaints) {
            Ok(sifted) if sifted.used.len == 0 => {}
            Ok(sifted) => tally.rows.push(sifted.used),
            Err(error) => tally.error = Some(error.to_string()),
        }
    })?;
    let mut all = UsableRows { rows: Vec::new(), complaints: Complaints::default(), found: pass.found };
    for tally in pass.tallies {
        if let Some(why) = tally.error {
            return Err(Fault::unreadable_again(&why));
        }
        all.rows.extend(tally.rows);
        all.complaints.merge(tally.complaints);
    }
    if all.rows.is_empty() {
        check_files(&all.found, &pass.unreadable)?;
    }
    Ok(all)
}

/// Marks all but the first record of each id.
fn keeps(records: &Records, seen: &mut HashSet<String>) -> Vec<Keep> {
    let Some(ids) = &records.id else { return vec![Keep::Row; records.len] };
    let keep = |row: usize| {
        let is_new = !ids.is_valid(row) || seen.insert(ids.value(row).to_owned());
        if is_new { Keep::Row } else { Keep::Duplicate }
    };
    (0..records.len).map(keep).collect()
}

impl UsableRows {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.iter().map(|rows| rows.len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
