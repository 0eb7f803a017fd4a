//! `vigie config check --connect`: the database, the table and the mapping tried on a hundred records; and the labels.

use std::collections::BTreeMap;

use vigie_profile::batch::{Complaints, Reason};

use crate::{
    config::Settings,
    engine::usable,
    fault::{Fault, Result},
    monitor::run::lookout::{reference_of, rule},
    performance::Label,
    source::{Field, Heard, LabelLog, LabelsAt, Log, Looked, Opened, Request},
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

/// What labels there are.
#[derive(Debug)]
pub enum LabelsSeen {
    /// None has come to this place yet.
    NotYet(String),
    Found(Box<LabelsFound>),
}

/// Labels as they were found: of a table a hundred, of files all.
#[derive(Debug)]
pub struct LabelsFound {
    pub at: LabelsAt,
    pub heard: Heard,
    pub rows: u64,
    pub without_id: u64,
    /// How many are 0, and how many 1.
    pub known: [u64; 2],
    pub pending: u64,
    pub invalid: u64,
}

/// Looks at the labels; `None`: the config names none.
pub fn connect_labels(settings: &Settings) -> Result<Option<LabelsSeen>> {
    let Some(options) = &settings.labels else { return Ok(None) };
    let log = match LabelLog::open(options, &settings.source)? {
        Opened::NotYet(place) => return Ok(Some(LabelsSeen::NotYet(place))),
        Opened::Found(log) => log,
    };
    let (mut rows, mut without_id, mut known, mut pending, mut invalid) = (0, 0, [0, 0], 0, 0);
    let (at, heard) = log.look(&mut |id, target| {
        rows += 1;
        without_id += u64::from(id.is_none());
        let [zero, one] = &mut known;
        *match Label::of(target) {
            Label::Known(false) => zero,
            Label::Known(true) => one,
            Label::Pending => &mut pending,
            Label::Invalid => &mut invalid,
        } += 1;
    })?;
    Ok(Some(LabelsSeen::Found(Box::new(LabelsFound { at, heard, rows, without_id, known, pending, invalid }))))
}

/// Looks at the log's table. A log in files is no connection to try.
pub fn connect(settings: &Settings) -> Result<Connected> {
    let reference = reference_of(settings)?;
    let columns = reference.layout().columns();
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let log = Log::open(&settings.source)?;
    let mapped = log.plan(&Request { columns: columns.clone(), window: None })?.fields();
    let mut looked = log.look(columns, RECORDS)?.ok_or_else(|| {
        Fault::setup(
            "--connect: the log is in files (source.kind), which `vigie config check` looks for without --connect",
        )
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
