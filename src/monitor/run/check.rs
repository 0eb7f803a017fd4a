//! One run: a window of the log, counted, compared, judged, told.

use std::{path::PathBuf, time::Instant as Stopwatch};

use vigie_profile::window::{Instant, Window};

use super::{
    attribution::attributed,
    lookout::Lookout,
    performance::performance,
    rescore::replayed,
    tell::{Told, tell},
    weigh::{measure, weigh},
};
use crate::{
    archive::{self, Published},
    config::Settings,
    crash,
    fault::{Fault, Result},
    monitor::history::open_alerts::index,
    reference::both,
    report::{Context, Point, Report, to_html, to_json},
};

/// Which window, as of when.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// `None`: the latest complete window that holds a record.
    pub window: Option<Window>,
    pub now: Instant,
}

/// How to look: the answer does not depend on it.
#[derive(Clone, Copy)]
pub struct Looking<'a> {
    pub threads: usize,
    /// Told how many of how many pieces of the log are read.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// Earlier windows that a page shows beside its own.
const PAST: usize = 29;

/// A run that could tell.
#[derive(Debug)]
pub struct Checked {
    pub report: Report,
    pub published: Published,
    pub index: PathBuf,
}

/// Looks at a window, writes its report, says where.
pub fn check(settings: &Settings, asked: Asked, looking: Looking<'_>) -> Result<Checked> {
    let (report, published) = publish(settings, examine(settings, asked, looking)?)?;
    let index = index(settings)?;
    Ok(Checked { report, published, index })
}

/// Looks at a window.
pub fn examine(settings: &Settings, asked: Asked, looking: Looking<'_>) -> Result<Report> {
    let started = Stopwatch::now();
    let lookout = Lookout::open(settings, looking)?;
    crash::point("window.opened");
    let mut seen = lookout.see(asked)?;
    crash::point("window.counted");
    let (replay, contributions) = replayed(&lookout, &seen)?;
    let scores = seen.take_scores();
    // Neither needs the other, and neither keeps all cores busy by itself.
    let (performance, measured) = both(|| performance(&lookout, &seen, scores), || measure(&lookout, &seen));
    let performance = performance?;
    let weighed = weigh(&lookout, &seen, measured?, replay.as_ref(), performance.as_ref())?;
    crash::point("window.weighed");
    let attribution = attributed(&lookout, &seen, &weighed, performance.as_ref(), contributions)?;
    let mut report = tell(&lookout, seen, weighed, Told { replay, attribution, performance }, asked.now);
    report.run.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Writes a report's files. Killed at any moment, it leaves the former ones or the new ones.
pub fn publish(settings: &Settings, mut report: Report) -> Result<(Report, Published)> {
    let folder = archive::folder_of(&settings.reports, &settings.model.name, report.examined.window);
    report.run.revision = 0;
    let mut json = to_json(&report);
    let revision = archive::next_revision(&folder, &json);
    if revision > 0 {
        report.run.revision = revision;
        json = to_json(&report);
    }
    let context = Context {
        language: settings.language,
        past: archive::past(&settings.reports, &settings.model.name, report.examined.window, PAST),
        index: Some("../../index.html".to_owned()),
    };
    let html = to_html(&report, &context).map_err(|error| Fault::setup(format!("the page cannot be made: {error}")))?;
    crash::point("report.rendered");
    let published = archive::publish(&folder, revision, &json, &html)?;
    archive::note(&folder, &Point::of(&report))?;
    Ok((report, published))
}
