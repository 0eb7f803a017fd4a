//! `vigie check --against-from --against-to`: a window compared with another window instead of the reference.

use std::time::Instant as StdInstant;

use arrow_array::Array;
use vigie_profile::{
    batch::for_each_number,
    window::{Instant, Window},
};

use crate::{
    archive::{self, ReportFiles},
    config::Settings,
    engine::{self, Counted, KeyedRows, RowQuery},
    fault::{Fault, Result},
    monitor::{
        history::open_alerts::index,
        run::{RunOutput, RunRequest, ScanOptions, context::RunContext, examine_window},
    },
    reference::{Provenance, Reference, WindowValues},
    report::{AgainstWindow, Context, to_html, to_json},
};

/// Maximum number of values of the other window that are kept in memory, at eight bytes each.
const MAX_VALUES: u64 = 1 << 25;

/// The window to check, and the one that takes the place of the reference.
#[derive(Debug, Clone, Copy)]
pub struct AgainstRequest {
    pub window: Window,
    pub other: Window,
    pub now: Instant,
}

/// Compares a window with another one and publishes the report in a folder of its own. Neither the report of the window, nor
/// the ledger, nor any alert is touched.
pub fn check_against(settings: &Settings, request: &AgainstRequest, scan: ScanOptions<'_>) -> Result<RunOutput> {
    let started = StdInstant::now();
    // Segments and contributions are known of the reference's own rows only.
    let mut own = settings.clone();
    own.segments = None;
    own.features = None;
    own.policy.attribution = false;
    let mut run = RunContext::open(&own, scan)?;
    run.repeats = None;
    (run.reference, run.against) = {
        let counted = engine::count(&run.job(request.other))?;
        let rows = counted.profile.rows();
        if rows == 0 {
            return Err(Fault::setup(format!(
                "--against-from: there are no usable rows from {} to {}; choose a window that has some",
                request.other.from, request.other.to
            )));
        }
        let values = values(&run, request.other, &counted)?;
        let against = AgainstWindow { window: request.other, rows, is_exact: values.is_some() };
        (reference(&run.reference, counted, values, request.other)?, Some(against))
    };
    let own_request = RunRequest { window: Some(request.window), now: request.now };
    let report = examine_window(&run, own_request, started)?;
    let context =
        Context { language: settings.language, past: Vec::new(), index: Some("../../../index.html".to_owned()) };
    let html =
        to_html(&report, &context).map_err(|error| Fault::setup(format!("the page cannot be rendered: {error}")))?;
    let folder = archive::against_folder(&settings.reports, &settings.model.name, request.window, request.other);
    let files = ReportFiles { json: &to_json(&report), html: &html, profile: None };
    let published = archive::publish(&folder, 0, files)?;
    Ok(RunOutput { report, published, index: index(settings)? })
}

fn reference(known: &Reference, counted: Counted, values: Option<WindowValues>, window: Window) -> Result<Reference> {
    let provenance = Provenance {
        created_at: window.to,
        vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
        files: Vec::new(),
        rows: counted.profile.rows(),
        ..known.provenance().clone()
    };
    known.with_window_rows(counted.profile, values, provenance).ok_or_else(|| {
        Fault::retry("the log changed while it was read: the second pass found different rows; check this window again")
    })
}

/// Values of the numeric features and scores of all used rows; `None` if there are too many to keep.
fn values(run: &RunContext<'_>, window: Window, counted: &Counted) -> Result<Option<WindowValues>> {
    let reference = &run.reference;
    let numeric: Vec<bool> =
        (0..reference.layout().features().len()).map(|feature| reference.is_numeric(feature)).collect();
    let columns = numeric.iter().filter(|is_numeric| **is_numeric).count() as u64 + 1;
    if reference.provenance().reduced || counted.profile.rows().saturating_mul(columns) > MAX_VALUES {
        return Ok(None);
    }
    let precision = reference.layout().precision();
    let empty = || WindowValues { features: vec![Vec::new(); numeric.len()], score: Vec::new() };
    let each = |values: &mut WindowValues, keyed: KeyedRows| {
        let columns = keyed.rows.features.iter().zip(&numeric).zip(&mut values.features);
        for ((column, is_numeric), values) in columns {
            if let Some(column) = column.as_ref().filter(|_| *is_numeric) {
                add(column.as_ref(), &|value| precision.round(value), values);
            }
        }
        if let Some(score) = &keyed.rows.probability {
            add(score, &|value| value, &mut values.score);
        }
    };
    let scanned = engine::scan(&run.job(window), counted, RowQuery::default(), &empty, &each)?;
    let mut all = empty();
    for tally in scanned.tallies {
        all.features.iter_mut().zip(tally.features).for_each(|(ours, more)| ours.extend(more));
        all.score.extend(tally.score);
    }
    Ok(Some(all))
}

fn add(column: &dyn Array, round: &dyn Fn(f64) -> f64, values: &mut Vec<f64>) {
    for_each_number(column, &mut |value: f64| {
        if !value.is_nan() {
            // Adding zero converts −0 to 0.
            values.push(round(value) + 0.0);
        }
    });
}
