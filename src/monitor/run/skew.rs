//! Logged inputs of a sample of the window's rows, compared with the feature table by id.

use std::collections::{BTreeSet, HashMap};

use vigie_profile::{batch::Records, window::Window};

use super::context::{RunContext, SAMPLE, WindowData};
use crate::{
    archive,
    engine::{self, KeyedRows, RowQuery},
    fault::{Fault, LeftOut, Result},
    judge::SkewCheck,
    skew::{FeatureRows, Skew},
    source::{FeatureTable, FeatureTableOptions},
};

/// Rows to compare with the feature table, in any order.
#[derive(Default)]
pub(crate) struct SampledRows(Vec<KeyedRows>);

impl SampledRows {
    /// Adds the rows of a batch that belong to the sample of a window with `rows` rows.
    pub(crate) fn add(&mut self, batch: KeyedRows, rows: u64) -> Result<()> {
        let below = SAMPLE.below(rows);
        let batch = if below.is_some() {
            batch.below(below).map_err(|error| Fault::unreadable_again(&error.to_string()))?
        } else {
            batch
        };
        if batch.rows.len > 0 {
            self.0.push(batch);
        }
        Ok(())
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Reads them, where no other step does.
    pub(crate) fn read(run: &RunContext<'_>, data: &WindowData) -> Result<Self> {
        let rows = data.counted.profile.rows();
        let query = RowQuery { key_below: SAMPLE.below(rows), ..RowQuery::default() };
        let scanned =
            engine::scan(&run.job(data.window), &data.counted, query, &Vec::new, &|own: &mut Vec<_>, keyed| {
                own.push(keyed);
            })?;
        Ok(Self(scanned.tallies.into_iter().flatten().collect()))
    }
}

/// Compares the sample with the feature table; `None` if the config names none, or if there are no rows. A table that cannot be
/// read does not prevent the rest of the report.
pub(crate) fn check_skew(run: &RunContext<'_>, sample: &SampledRows) -> Option<SkewCheck> {
    let options = run.settings.features.as_ref()?;
    if run.former_skew.is_some() {
        return run.former_skew.clone();
    }
    if !run.keeps_rows || sample.0.is_empty() {
        return None;
    }
    Some(SkewCheck { skew: compare(run, options, sample).map_err(|why| why.0), names: names(run) })
}

/// Takes the comparison from the window's report, if it has one.
pub(crate) fn keep_skew(run: &mut RunContext<'_>, window: Window) {
    let settings = run.settings;
    let report = archive::window_report(&settings.reports, &settings.model.name, window);
    run.former_skew = report.and_then(|report| report.skew?.check(names(run)));
    run.keeps_rows &= run.former_skew.is_none();
}

fn names(run: &RunContext<'_>) -> Vec<String> {
    run.reference.layout().features().iter().map(|feature| feature.name.clone()).collect()
}

/// Why nothing was compared.
struct NotCompared(LeftOut);

impl From<Fault> for NotCompared {
    fn from(fault: Fault) -> Self {
        Self(fault.left_out())
    }
}

fn compare(run: &RunContext<'_>, options: &FeatureTableOptions, sample: &SampledRows) -> Result<Skew, NotCompared> {
    let features = run.reference.layout().features();
    let mut logged = FeatureRows::new(features);
    let mut entities: Vec<Option<&str>> = Vec::new();
    for batch in &sample.0 {
        let rows: Vec<usize> = (0..batch.rows.len).collect();
        logged.push(&rows, &batch.rows.features);
        let own = batch.entities.iter().map(Option::as_deref);
        entities.extend(own.chain(std::iter::repeat(None)).take(batch.rows.len));
    }
    let ids: BTreeSet<String> = entities.iter().flatten().map(|id| (*id).to_owned()).collect();
    if ids.is_empty() {
        return Err(not_compared("source.fields.entity", "none of the window's rows has this field"));
    }
    let table = FeatureTable::open(options, &run.settings.source)?;
    let mut stored = StoredRows::new(&ids, FeatureRows::new(features));
    let scan = table.read(&run.reference.layout().columns(), &ids, &mut |batch| stored.add(&batch))?;
    if stored.places.is_empty() {
        let why = match scan.rows {
            0 => "the feature table has no row with an id of the window's rows".to_owned(),
            rows => format!("none of the {rows} rows of the feature table has an id of the window's rows"),
        };
        let remedy = "check that `source.fields.entity` and `features.id` hold the same ids";
        return Err(not_compared("features.id", &format!("{why}; {remedy}")));
    }
    let mut counts = Skew { duplicates: stored.duplicates.len() as u64, ..Skew::default() };
    let mut pairs = Vec::with_capacity(entities.len());
    for (row, entity) in entities.iter().enumerate() {
        counts.rows += 1;
        match entity.map(|id| (stored.places.get(id), stored.duplicates.contains(id))) {
            None => counts.without_id += 1,
            Some((_, true)) => counts.ambiguous += 1,
            Some((None, false)) => counts.not_found += 1,
            Some((Some(place), false)) => pairs.push((row, *place)),
        }
    }
    let skew = Skew::compare(features, (&logged, &stored.rows), &pairs);
    if skew.features == 0 && !pairs.is_empty() {
        let why =
            "the feature table has none of the reference's features; if one column holds them as an object, name it";
        return Err(not_compared("features.features", why));
    }
    let Skew { rows, without_id, not_found, ambiguous, duplicates, .. } = counts;
    Ok(Skew { rows, without_id, not_found, ambiguous, duplicates, ..skew })
}

fn not_compared(key: &str, why: &str) -> NotCompared {
    NotCompared(LeftOut { place: Some(key.to_owned()), cause: Some(why.to_owned()) })
}

/// The rows of the feature table with wanted ids: the first of each.
struct StoredRows<'i> {
    wanted: &'i BTreeSet<String>,
    rows: FeatureRows,
    /// By id, its place among the rows.
    places: HashMap<String, usize>,
    /// Ids with several rows.
    duplicates: BTreeSet<String>,
}

impl<'i> StoredRows<'i> {
    fn new(wanted: &'i BTreeSet<String>, rows: FeatureRows) -> Self {
        Self { wanted, rows, places: HashMap::new(), duplicates: BTreeSet::new() }
    }

    fn add(&mut self, batch: &Records) {
        let Some(ids) = &batch.id else { return };
        let mut kept = Vec::new();
        for (row, id) in ids.iter().enumerate().filter_map(|(row, id)| Some((row, id?))) {
            if !self.wanted.contains(id) {
                continue;
            }
            if self.places.contains_key(id) {
                self.duplicates.insert(id.to_owned());
            } else {
                self.places.insert(id.to_owned(), self.rows.len() + kept.len());
                kept.push(row);
            }
        }
        if !kept.is_empty() {
            self.rows.push(&kept, &batch.features);
        }
    }
}
