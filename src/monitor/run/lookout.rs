//! What a run looks with: the reference, the log, and the rule of which rows count.

use std::path::Path;

use vigie_profile::{
    segment::Segments,
    window::{Cadence, Window},
};

use super::{
    Asked, Looking,
    attribution::{Attributing, attributing},
    rescore::sample_of,
};
use crate::{
    config::Settings,
    engine::{self, Counted, Job, Rule},
    fault::{Fault, Result, spoken},
    monitor::model::read_forest,
    reference::Reference,
    replay::Rescorer,
    source::Log,
};

pub(crate) struct Lookout<'a> {
    pub settings: &'a Settings,
    pub reference: Reference,
    pub looking: Looking<'a>,
    /// What rows are scored again with: the config's model file, if it names one.
    pub model: Option<Rescorer>,
    pub attributing: Attributing,
    /// Rows that are looked at apart.
    pub segments: Option<Segments>,
    log: Log,
    rule: Rule,
}

/// A window, counted.
pub(crate) struct Seen {
    pub window: Window,
    pub counted: Counted,
    /// The later windows that are complete but hold no record, as one.
    pub empty_later: Option<Window>,
}

impl Seen {
    /// The scores of all used rows, in any order, which are not wanted twice.
    pub(crate) fn take_scores(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.counted.scores)
    }
}

impl<'a> Lookout<'a> {
    pub(crate) fn open(settings: &'a Settings, looking: Looking<'a>) -> Result<Self> {
        let mut lookout = Self::without_model(settings, looking)?;
        lookout.model = open_model(settings, &lookout.reference)?;
        lookout.attributing = attributing(settings, &lookout.reference, lookout.model.as_ref())?;
        Ok(lookout)
    }

    /// The config's model file is left where it is.
    pub(crate) fn without_model(settings: &'a Settings, looking: Looking<'a>) -> Result<Self> {
        let reference = reference_of(settings)?;
        Ok(Self {
            segments: segments(settings, &reference)?,
            reference,
            model: None,
            attributing: Attributing::Off,
            log: Log::open(&settings.source)?,
            rule: rule(settings),
            settings,
            looking,
        })
    }

    /// Files beside the log that are not read.
    pub(crate) fn passed_over(&self) -> Option<String> {
        self.log.passed_over()
    }

    /// The counting of a window, as the engine takes it.
    pub(crate) fn job(&self, window: Window) -> Job<'_> {
        Job {
            log: &self.log,
            layout: self.reference.layout(),
            window,
            rule: &self.rule,
            threshold: self.settings.model.threshold,
            keeps_scores: self.reference.has_outcomes() && self.rule.needs_probability,
            sample: None,
            segments: self.segments.as_ref(),
            threads: self.looking.threads,
            progress: self.looking.progress,
        }
    }

    /// Counts the window asked for, or the latest complete one that holds a record.
    pub(crate) fn see(&self, asked: Asked) -> Result<Seen> {
        let seen = |window, counted, empty_later| Ok(Seen { window, counted, empty_later });
        let count = |window| engine::count(&Job { sample: sample_of(self), ..self.job(window) });
        if let Some(window) = asked.window {
            return seen(window, count(window)?, None);
        }
        let schedule = &self.settings.schedule;
        let cadence = Cadence::new(schedule.window, schedule.zone.clone())
            .map_err(|why| Fault::setup(format!("schedule.window: {why}")))?;
        let newest = cadence.latest_complete(asked.now, schedule.lateness);
        let counted = count(newest)?;
        if counted.traffic.requests > 0 {
            return seen(newest, counted, None);
        }
        let Some(last) = engine::latest(&self.log, newest.from, self.looking.threads, self.looking.progress)? else {
            return seen(newest, counted, None);
        };
        let window = cadence.window_at(last);
        seen(window, count(window)?, Window::new(window.to, newest.to))
    }
}

/// The config's segments on the features of the reference.
fn segments(settings: &Settings, reference: &Reference) -> Result<Option<Segments>> {
    let Some(options) = &settings.segments else { return Ok(None) };
    if settings.source.fields.probability.is_none() {
        return Err(Fault::setup(
            "segments: there is no score to compare; map `source.fields.probability`, or leave them out",
        ));
    }
    let within = reference.features_within_segments();
    Segments::new(&options.chosen(), reference.layout(), reference.profile(), &within)
        .map(Some)
        .map_err(|why| Fault::setup(format!("segments.{why}")))
}

/// Which records count.
pub(crate) fn rule(settings: &Settings) -> Rule {
    let fields = &settings.source.fields;
    Rule {
        needs_probability: fields.probability.is_some(),
        model_version: fields.model_version.as_ref().and(settings.model.version.clone()),
    }
}

pub(crate) fn reference_of(settings: &Settings) -> Result<Reference> {
    open_reference("reference", &settings.reference)
}

/// Opens a reference's file; `key` is the flag or the config key that named it.
pub fn open_reference(key: &str, path: &Path) -> Result<Reference> {
    let shown = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| {
        Fault::setup(format!(
            "{key}: {shown}: {}; make it with `vigie learn --data FILE --out {shown}`",
            spoken(&error)
        ))
    })?;
    Reference::open(&shown, Box::new(file)).map_err(|fault| fault.context(key))
}

pub(crate) fn open_model(settings: &Settings, reference: &Reference) -> Result<Option<Rescorer>> {
    let Some(file) = &settings.model.file else { return Ok(None) };
    let forest = read_forest("model.file", file)?;
    Rescorer::of_reference(&file.display().to_string(), forest, reference.layout()).map(Some)
}
