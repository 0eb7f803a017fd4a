//! `vigie config check --connect`: the database, the table and the mapping tried on a hundred records.

use std::collections::BTreeMap;

use super::lookout::{reference_of, rule};
use crate::{
    batch::{Complaints, Reason},
    config::Settings,
    engine::usable,
    fault::{Fault, Outcome},
    source::{Field, Log, Looked, Request},
};

/// So many records show whether the mapping fits.
const RECORDS: u64 = 100;

/// What was found.
#[derive(Debug)]
pub struct Connected {
    pub looked: Looked,
    /// Records after `where`, and those of them that could be counted.
    pub records: u64,
    pub usable: u64,
    pub complaints: Complaints,
    /// The mapped fields with their paths, and whether a record has them.
    pub fields: BTreeMap<Field, (String, bool)>,
    /// The reference's features that no record has.
    pub absent: Vec<String>,
    /// How many features the reference has.
    pub features: usize,
}

/// Looks at the log's table. A log in files is no connection to try.
pub fn connect(settings: &Settings) -> Outcome<Connected> {
    let reference = reference_of(settings)?;
    let columns = reference.layout().columns();
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let log = Log::open(&settings.source)?;
    let mapped = log.plan(&Request { columns: columns.clone(), window: None })?.fields();
    let mut looked = log.look(columns, RECORDS)?.ok_or_else(|| {
        Fault::setup("--connect: the log is in files (source.kind), which `vigie config check` has looked for already")
    })?;
    let mut complaints = Complaints::default();
    let mut seen = vec![false; names.len()];
    let (mut records, mut used) = (0, 0);
    for some in &mut looked.records {
        complaints.merge(std::mem::take(&mut some.complaints));
        records += some.len as u64;
        used += usable(some, &rule(settings), &mut complaints) as u64;
        for (seen, column) in seen.iter_mut().zip(&some.features) {
            *seen |= column.is_some();
        }
    }
    let timeless = complaints.of(Reason::Timestamp) + complaints.of(Reason::Malformed);
    let has = |field: &Field| looked.found.fields.contains(field);
    Ok(Connected {
        fields: mapped.into_iter().map(|(field, path)| (field, (path, has(&field)))).collect(),
        absent: names.iter().zip(&seen).filter(|(_, seen)| !**seen).map(|(name, _)| name.clone()).collect(),
        features: names.len(),
        records: records + timeless,
        usable: used,
        complaints,
        looked,
    })
}
