//! One comparison from beginning to end. The first table is learnt as a reference, the second counted and judged as the window of
//! a log, by the same code as `learn` and `check`.

use std::{path::Path, time::Instant as StdInstant};

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use vigie_profile::window::{Cadence, Instant, Span, Window};

use super::{
    column_notes::{ColumnsOfTable, constants, csv_notes, differences},
    current_table::CurrentTable,
    request::CompareRequest,
};
use crate::{
    archive::{self, Published, ReportFiles},
    config::{Problems, Settings},
    delimited::CsvForm,
    engine::log_days,
    fault::{Fault, Result},
    monitor::{
        learn::learn::learn,
        run::{RunRequest, ScanOptions, context::RunContext, examine_window},
    },
    reference::Learnt,
    report::{ComparedTables, Context, Language, Report, to_html, to_json},
    source::{Log, Paths, RecordSample, table_files},
};

/// Where all rows of a table without times are.
const WITHOUT_TIMES: Window = Window { from: Instant(0), to: Instant(1) };
/// Number of records of a table that show which columns it has, and whether they are numbers.
const SAMPLED: usize = 200;
/// The name of the learnt reference in the temporary folder.
const REFERENCE: &str = "reference.vigie";

/// A comparison, and where it was published.
#[derive(Debug)]
pub struct ComparedOutput {
    pub report: Report,
    pub published: Published,
    /// What was assumed about columns.
    pub notes: Vec<String>,
}

/// Compares two tables and writes the report. Neither a ledger nor an index is written.
pub fn compare(request: &CompareRequest, scan: ScanOptions<'_>) -> Result<ComparedOutput> {
    let started = StdInstant::now();
    let work = tempfile::tempdir().map_err(|error| Fault::setup(format!("no temporary folder: {error}")))?;
    let read = |key, path| RecordSample::read_up_to(SAMPLED, key, path, request.csv);
    let samples = [read("REF", &request.reference)?, read("CUR", &request.current)?];
    let [reference, current] = samples.each_ref().map(ColumnsOfTable::of);
    let found = samples.map(|sample| sample.csv);
    let [reference_csv, current_csv] = found.map(|csv| request.csv.or(csv.map(|csv| csv.form)).unwrap_or_default());
    current.require_named(request)?;
    current.require_common(&reference, request)?;
    // A time is not a feature.
    let is_feature = |name: &&String| reference.has(name) && !request.choice.ignore.contains(name);
    let time = request.timestamp.iter().filter(is_feature).filter(|_| request.model.is_none());
    let learnt = learn_reference(request, reference_csv, time.cloned().collect(), work.path())?;
    let table =
        CurrentTable::new(request, &learnt, (&table_files("CUR", &request.current)?, current_csv), work.path())?;
    let settings = settings(request, &table, current_csv, work.path())?;
    let mut run = RunContext::open(&settings, scan)?;
    // What repeats from one window to the next needs two windows.
    run.repeats = None;
    run.tables = Some(ComparedTables {
        reference: request.reference_name(),
        current: request.current_name(),
        is_dated: request.timestamp.is_some(),
        not_compared: reference.without_role(&current, learnt.reference.layout(), request),
    });
    let window = if request.timestamp.is_some() { dated_window(&settings, scan)? } else { WITHOUT_TIMES };
    let mut report = examine_window(&run, RunRequest { window: Some(window), now: request.now }, started)?;
    if report.rows() == 0 {
        return Err(Fault::setup(format!("CUR {}: the table has no rows; check its path", request.current.display())));
    }
    if request.timestamp.is_none() {
        report.traffic = report.traffic.without_hours();
    }
    let published = publish(&report, &request.out)?;
    let mut notes = csv_notes(found, request);
    notes.extend(request.doubts(&learnt, settings.policy.min_rows));
    notes.extend(differences(&reference, &current, request));
    notes.extend(constants(&report.drift.features));
    notes.extend(learnt.notes);
    Ok(ComparedOutput { report, published, notes })
}

/// Learns the first table. Columns that look like identifiers are left out: every row of another table has other ones.
fn learn_reference(request: &CompareRequest, csv: CsvForm, ignored: Vec<String>, work: &Path) -> Result<Learnt> {
    let mut lesson = request.lesson(table_files("REF", &request.reference)?, csv, &work.join(REFERENCE));
    lesson.choice.ignore.extend(ignored);
    let learnt = learn(&lesson, request.now, &mut |_, _| {})?;
    if learnt.identifiers.is_empty() || request.model.is_some() || request.choice.features.is_some() {
        return Ok(learnt);
    }
    lesson.choice.ignore.extend(learnt.identifiers.iter().cloned());
    let identifiers = learnt.identifiers.iter().map(|name| {
        format!("{name}: probably an identifier, left out; to compare it, list it in --features or --categorical")
    });
    let identifiers: Vec<String> = identifiers.collect();
    let mut learnt = learn(&lesson, request.now, &mut |_, _| {})?;
    learnt.notes.extend(identifiers);
    Ok(learnt)
}

/// The config of a check whose log is the second table.
fn settings(request: &CompareRequest, table: &CurrentTable, csv: CsvForm, work: &Path) -> Result<Settings> {
    let path = std::path::absolute(&table.path)
        .map_err(|error| Fault::setup(format!("CUR {}: {error}", table.path.display())))?;
    let mut fields = Map::new();
    // Replaced below if there is none: a config must name one.
    fields.insert("timestamp".to_owned(), json!(request.timestamp.as_deref().unwrap_or("none")));
    for (field, column) in [("probability", &table.probability), ("prediction", &table.prediction)] {
        fields.extend(column.as_ref().map(|column| (field.to_owned(), json!(column))));
    }
    fields.extend(table.outcome.map(|(row, _)| ("id".to_owned(), json!(row))));
    let mut model = Map::new();
    model.insert("name".to_owned(), json!("compare"));
    model.extend(request.threshold.map(|threshold| ("threshold".to_owned(), json!(threshold))));
    model.extend(request.cost.map(|cost| ("cost".to_owned(), json!(cost))));
    // Nobody's money: costs that were not stated are shown, but are not a finding.
    let policy = request.cost.is_none().then(|| json!({ "cost": { "watch": null, "alarm": null } }));
    let labels = table.outcome.map(|(row, outcome)| json!({ "path": path, "id": row, "target": outcome }));
    let config = json!({
        "model": Value::Object(model),
        "reference": REFERENCE,
        "source": { "path": path, "csv": csv, "fields": Value::Object(fields) },
        "labels": labels,
        "policy": policy.unwrap_or_else(|| json!({})),
        "reports": { "dir": "reports" },
        "state": "state",
    });
    let place = work.join("compare.json");
    let mut settings = Settings::from_bytes(&place, config.to_string().as_bytes()).map_err(Problems::into_fault)?;
    if request.timestamp.is_none() {
        settings.source.fields.timestamp = Paths::First(Vec::new());
    }
    if let Some(model) = &request.model {
        settings.model.set_file(model.path.clone(), model.choices.clone());
    }
    // A check of two tables has no config that a reader of the report could compare.
    settings.sha256 = String::new();
    Ok(settings)
}

/// The days of the rows, from the first to the last.
fn dated_window(settings: &Settings, scan: ScanOptions<'_>) -> Result<Window> {
    let log = Log::open(&settings.source)?;
    let cadence = Cadence::new(Span::from_hours(24), TimeZone::UTC).map_err(Fault::setup)?;
    let days = log_days(&log, &cadence, scan.threads, scan.progress)?;
    let (first, last) = (days.first().map(|(day, _)| day.from), days.last().map(|(day, _)| day.to));
    first.zip(last).and_then(|(from, to)| Window::new(from, to)).ok_or_else(|| {
        Fault::setup(
            "--timestamp: no row has a time in this column; name the column that dates the rows, or leave it out",
        )
    })
}

/// Writes `report.html` and `report.json`, completely or not at all.
fn publish(report: &Report, folder: &Path) -> Result<Published> {
    let context = Context { language: Language::default(), past: Vec::new(), index: None };
    let html =
        to_html(report, &context).map_err(|error| Fault::setup(format!("the page cannot be rendered: {error}")))?;
    archive::publish(folder, 0, ReportFiles { json: &to_json(report), html: &html, profile: None })
}
