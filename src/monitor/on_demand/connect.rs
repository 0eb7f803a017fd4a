//! `vigie config check --connect`: tests the database, the table and the mapping on a hundred of its records, and the labels.

use std::collections::BTreeMap;

use vigie_profile::batch::{Complaints, Reason};

use crate::{
    config::Settings,
    engine::count_usable,
    fault::{Fault, Result},
    monitor::run::context::{open_configured_reference, rule},
    performance::Label,
    source::{Field, LabelLog, LabelLookup, LabelPreview, LabelScan, Log, Request, TablePreview},
};

/// Number of records to test the mapping on.
const RECORDS: u64 = 100;

/// Result of the connection test.
#[derive(Debug)]
pub struct ConnectionCheck {
    pub preview: TablePreview,
    /// Records that match `where`, and those of them that can be counted.
    pub records: u64,
    pub usable: u64,
    pub complaints: Complaints,
    /// Mapped fields with their paths, and whether any record has them.
    pub fields: BTreeMap<Field, (String, bool)>,
    /// Features of the reference that no record has.
    pub absent: Vec<String>,
    /// Number of features of the reference.
    pub features: usize,
}

/// Result of the labels test.
#[derive(Debug)]
pub enum LabelsCheck {
    /// No labels have arrived at this location yet.
    NotYet(String),
    Found(Box<LabelsFound>),
}

/// Counts of labels: of a hundred rows of a table, or of all rows of files.
#[derive(Debug)]
pub struct LabelsFound {
    pub at: LabelPreview,
    pub scan: LabelScan,
    pub rows: u64,
    pub without_id: u64,
    /// Number of labels that are 0, and that are 1.
    pub known: [u64; 2],
    pub pending: u64,
    pub invalid: u64,
    /// Whether outcomes are 0 and 1, and not the numbers or classes that a model predicts.
    pub is_event: bool,
}

/// Tests the labels. `None` if the config has none.
pub fn connect_labels(settings: &Settings) -> Result<Option<LabelsCheck>> {
    let Some(options) = &settings.labels else { return Ok(None) };
    let log = match LabelLog::open(options, &settings.source)? {
        LabelLookup::NotYet(place) => return Ok(Some(LabelsCheck::NotYet(place))),
        LabelLookup::Found(log) => log,
    };
    let (mut rows, mut without_id, mut known, mut pending, mut invalid) = (0, 0, [0, 0], 0, 0);
    let (at, scan) = log.preview(&mut |id, target| {
        rows += 1;
        without_id += u64::from(id.is_none());
        let [zero, one] = &mut known;
        *match Label::parse(target) {
            Label::Known(false) => zero,
            Label::Known(true) => one,
            Label::Pending => &mut pending,
            Label::Invalid => &mut invalid,
        } += 1;
    })?;
    Ok(Some(LabelsCheck::Found(Box::new(LabelsFound {
        at,
        scan,
        rows,
        without_id,
        known,
        pending,
        invalid,
        is_event: settings.source.fields.probability.is_some(),
    }))))
}

/// Tests the log's table. Fails if the log is in files.
pub fn connect(settings: &Settings) -> Result<ConnectionCheck> {
    let reference = open_configured_reference(settings)?;
    let columns = reference.layout().columns();
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let log = Log::open(&settings.source)?;
    let mapped = log.plan(&Request { columns: columns.clone(), window: None })?.fields();
    let mut preview = log.preview(columns, RECORDS)?.ok_or_else(|| {
        Fault::setup(
            "--connect: the log is in files (source.kind), so there is no connection to test; \
             run `vigie config check` without --connect",
        )
    })?;
    let mut complaints = Complaints::default();
    let mut seen = vec![false; names.len()];
    let (mut records, mut used) = (0, 0);
    for batch in &mut preview.records {
        complaints.merge(std::mem::take(&mut batch.complaints));
        records += batch.len as u64;
        used += count_usable(batch, &rule(settings), &mut complaints) as u64;
        for (seen, column) in seen.iter_mut().zip(&batch.features) {
            *seen |= column.is_some();
        }
    }
    let without_time = complaints.count(Reason::Timestamp) + complaints.count(Reason::Malformed);
    let has = |field: &Field| preview.found.fields.contains(field);
    Ok(ConnectionCheck {
        fields: mapped.into_iter().map(|(field, path)| (field, (path, has(&field)))).collect(),
        absent: names.iter().zip(&seen).filter(|(_, seen)| !**seen).map(|(name, _)| name.clone()).collect(),
        features: names.len(),
        records: records + without_time,
        usable: used,
        complaints,
        preview,
    })
}
