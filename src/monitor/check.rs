//! One run: a window of the log, counted, compared, judged, told.

use std::{path::PathBuf, time::Instant as Stopwatch};

use super::{lookout::Lookout, tell::tell, weigh::weigh};
use crate::{
    archive::{self, Published},
    config::Settings,
    fault::{Fault, Outcome},
    report::{Context, Point, Report, to_html, to_json},
    window::{Instant, Window},
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
pub fn check(settings: &Settings, asked: Asked, looking: Looking<'_>) -> Outcome<Checked> {
    let started = Stopwatch::now();
    let lookout = Lookout::open(settings, looking)?;
    let seen = lookout.see(asked)?;
    let weighed = weigh(&lookout, &seen)?;
    let mut report = tell(&lookout, seen, weighed, asked.now);
    report.run.seconds = started.elapsed().as_secs_f64();
    publish(settings, report)
}

fn publish(settings: &Settings, mut report: Report) -> Outcome<Checked> {
    let folder = archive::folder_of(&settings.reports, &settings.model.name, report.examined.window);
    report.run.revision = archive::next_revision(&folder, &to_json(&report));
    let context = Context {
        language: settings.language,
        past: archive::past(&settings.reports, &settings.model.name, report.examined.window, PAST),
        index: Some("../../index.html".to_owned()),
    };
    let html = to_html(&report, &context).map_err(|error| Fault::setup(format!("the page cannot be made: {error}")))?;
    let published = archive::publish(&folder, report.run.revision, &to_json(&report), &html)?;
    archive::note(&folder, &Point::of(&report))?;
    let index = archive::write_index(&settings.reports, settings.language, None)?;
    Ok(Checked { report, published, index })
}
