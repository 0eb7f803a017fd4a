//! `vigie compare`: two tables. The first is learnt as a reference, the second counted and judged as the window of a log, by the
//! same code as `learn` and `check`.

use std::{
    path::{Path, PathBuf},
    time::Instant as StdInstant,
};

use jiff::tz::TimeZone;
use serde_json::json;
use vigie_profile::{
    layout::Shape,
    profile::Counts,
    window::{Cadence, Instant, Span, Window},
};

use crate::{
    archive::{self, Published, ReportFiles},
    config::Settings,
    engine::log_days,
    fault::{Fault, Result},
    monitor::{
        learn::learn::{LearnRequest, learn},
        model::ModelFile,
        run::{RunRequest, ScanOptions, context::RunContext, examine_window},
    },
    reference::{ColumnRoles, Holdout, Learnt},
    report::{ComparedTables, Context, Language, Report, to_html, to_json},
    source::{Log, Paths, table_files},
};

/// Where all rows of a table without times are.
const WITHOUT_TIMES: Window = Window { from: Instant(0), to: Instant(1) };

/// Two tables, and what their columns are.
#[derive(Debug, Clone)]
pub struct CompareRequest {
    /// Files, folders or globs.
    pub reference: PathBuf,
    pub current: PathBuf,
    pub choice: ColumnRoles,
    /// The model that made the scores: determines the features and their importance.
    pub model: Option<ModelFile>,
    /// The column of the current table that dates its rows.
    pub timestamp: Option<String>,
    /// The folder of the report.
    pub out: PathBuf,
    pub now: Instant,
}

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
    table_files("CUR", &request.current)?;
    let learnt = learn_reference(request, work.path())?;
    let settings = settings(request, work.path())?;
    let mut run = RunContext::open(&settings, scan)?;
    // What repeats from one window to the next needs two windows.
    run.repeats = None;
    run.tables = Some(ComparedTables {
        reference: name(&request.reference),
        current: name(&request.current),
        is_dated: request.timestamp.is_some(),
    });
    let window = if request.timestamp.is_some() { dated_window(&settings, scan)? } else { WITHOUT_TIMES };
    let report = examine_window(&run, RunRequest { window: Some(window), now: request.now }, started)?;
    if report.rows() == 0 {
        return Err(Fault::setup(format!("{}: the table has no rows; check its path", request.current.display())));
    }
    let context = Context { language: Language::default(), past: Vec::new(), index: None };
    let html =
        to_html(&report, &context).map_err(|error| Fault::setup(format!("the page cannot be rendered: {error}")))?;
    let files = ReportFiles { json: &to_json(&report), html: &html, profile: None };
    let published = archive::publish(&request.out, 0, files)?;
    Ok(ComparedOutput { report, published, notes: learnt.notes })
}

/// The name of the learnt reference in the temporary folder.
const REFERENCE: &str = "reference.vigie";

/// Learns the first table. Columns of texts that hardly ever repeat are left out: every row of another table has other ones.
fn learn_reference(request: &CompareRequest, work: &Path) -> Result<Learnt> {
    let mut lesson = LearnRequest {
        data: table_files("REF", &request.reference)?,
        database: None,
        log: None,
        out: work.join(REFERENCE),
        choice: request.choice.clone(),
        model: request.model.clone(),
        importance: None,
        dictionary: None,
        holdout: Holdout::Unknown,
        register: false,
        segments: None,
    };
    let learnt = learn(&lesson, request.now, &mut |_, _| {})?;
    let identifiers = identifiers(&learnt);
    if identifiers.is_empty() || request.model.is_some() {
        return Ok(learnt);
    }
    lesson.choice.ignore.extend(identifiers.iter().cloned());
    let mut learnt = learn(&lesson, request.now, &mut |_, _| {})?;
    let left_out = "its values hardly ever repeat, left out; to compare it, list it in --categorical";
    learnt.notes.extend(identifiers.iter().map(|name| format!("{name}: {left_out}")));
    Ok(learnt)
}

/// Names of columns of texts of which more than half are different, in more than a thousand rows.
fn identifiers(learnt: &Learnt) -> Vec<String> {
    const MIN_LEVELS: usize = 1_000;
    let (layout, profile) = (learnt.reference.layout(), learnt.reference.profile());
    let features = layout.features().iter().zip(profile.features());
    features
        .filter(|(feature, counts)| match (&feature.shape, counts) {
            (Shape::Categorical(levels), Counts::Categorical(counts)) => {
                let found = levels.names().len();
                found > MIN_LEVELS && found as u64 * 2 > counts.present() + counts.missing()
            }
            _ => false,
        })
        .map(|(feature, _)| feature.name.clone())
        .collect()
}

/// The config of a check whose log is the second table.
fn settings(request: &CompareRequest, work: &Path) -> Result<Settings> {
    let current = std::path::absolute(&request.current)
        .map_err(|error| Fault::setup(format!("{}: {error}", request.current.display())))?;
    let probability = request.choice.probability.as_ref().map(|column| json!({ "probability": column }));
    let mut fields = probability.unwrap_or_else(|| json!({}));
    // Replaced below if there is none: a config must name one.
    fields["timestamp"] = json!(request.timestamp.as_deref().unwrap_or("none"));
    let config = json!({
        "model": { "name": "compare" },
        "reference": REFERENCE,
        "source": { "path": current, "fields": fields },
        "reports": { "dir": "reports" },
        "state": "state",
    });
    let place = work.join("compare.json");
    let mut settings =
        Settings::from_bytes(&place, config.to_string().as_bytes()).map_err(crate::config::Problems::into_fault)?;
    if request.timestamp.is_none() {
        settings.source.fields.timestamp = Paths::First(Vec::new());
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

/// The last part of a path.
fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
