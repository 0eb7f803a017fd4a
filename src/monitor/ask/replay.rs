//! `vigie replay`: a range of days scored again, window by window, each with the report it would have had.

use std::{path::PathBuf, time::Instant as Stopwatch};

use vigie_profile::window::{Cadence, Instant, Span, Window};

use crate::{
    archive,
    config::Settings,
    engine,
    fault::{Fault, Result},
    judge::{ParityOf, Severity},
    monitor::{
        model::read_forest,
        run::{
            Looking,
            attribution::{attributed, attributing},
            lookout::{Lookout, Seen},
            needs::needed,
            performance::performance,
            rescore::{Question, rescore, segments},
            tell::{Told, tell},
            weigh::{measure, weigh},
        },
    },
    replay::{ParityTally, Replay, Rescorer, ShiftTally},
    report::{Context, Rerun, Summary, to_html, to_json, to_summary_html, to_summary_json},
};

/// What is replayed, and with what.
#[derive(Debug, Clone)]
pub struct Range {
    pub window: Window,
    /// The length of the windows it is cut into; `None`: the schedule's.
    pub each: Option<Span>,
    /// Another model than the config's: its decisions are compared with the logged ones.
    pub model: Option<PathBuf>,
    pub now: Instant,
}

/// A replay that could tell.
#[derive(Debug)]
pub struct Replayed {
    pub summary: Summary,
    pub html: PathBuf,
}

/// More windows than this are a mistake in `--each`.
const MOST_WINDOWS: usize = 5_000;

/// Scores a range again. Nothing of the daemon's is read or written: not its state, not its reports, not the index.
pub fn replay(settings: &Settings, range: &Range, looking: Looking<'_>) -> Result<Replayed> {
    let started = Stopwatch::now();
    let (lookout, file) = open(settings, range, looking)?;
    let Some(model) = &lookout.model else {
        return Err(Fault::setup(
            "model.file: the config names no model, and there is nothing to replay with; add it, or say --model FILE",
        ));
    };
    let question = Question::of(&lookout, ParityOf::All).ok_or_else(|| {
        Fault::setup("source.fields.probability: it is not mapped, and replay compares logged probabilities; map it")
    })?;
    let parts = if range.model.is_some() { segments(&lookout) } else { Vec::new() };
    let sha256 = model.forest().sha256_hex();
    let mark = range.model.as_ref().map(|_| sha256.as_str());
    let folder = archive::replay_folder(&settings.reports, &settings.model.name, range.window, mark);
    let context =
        Context { language: settings.language, past: Vec::new(), index: Some("../../../../index.html".to_owned()) };
    let mut parity = ParityTally::default();
    let mut shift = range.model.as_ref().map(|_| ShiftTally::empty(lookout.reference.layout(), &parts));
    let mut windows = Vec::new();
    let mut rows = 0;
    for window in cut(settings, range)? {
        let counted = engine::count(&lookout.job(window))?;
        let mut seen = Seen { window, counted, empty_later: None };
        let rescored = rescore(&lookout, model, &seen, Some(question), &parts, range.model.is_some())?;
        needed(&lookout, model, &seen, &rescored.read)?;
        rows += seen.counted.profile.rows();
        parity.merge(&rescored.parity);
        if let (Some(all), Some(this)) = (&mut shift, &rescored.shift) {
            all.merge(this);
        }
        let replay = Replay {
            model_sha256: sha256.clone(),
            parity: rescored.parity.told(seen.counted.profile.rows()),
            challenger: rescored.shift.as_ref().map(|shift| question.told(&lookout, shift, &parts)),
        };
        let scores = seen.take_scores();
        let performance = performance(&lookout, &seen, scores)?;
        let measured = measure(&lookout, &seen)?;
        let weighed = weigh(&lookout, &seen, measured, Some(&replay), performance.as_ref())?;
        let attribution = attributed(&lookout, &seen, &weighed, performance.as_ref(), rescored.attribution)?;
        let mut report =
            tell(&lookout, seen, weighed, Told { replay: Some(replay), attribution, performance }, range.now);
        report.run.seconds = started.elapsed().as_secs_f64();
        let html =
            to_html(&report, &context).map_err(|error| Fault::setup(format!("the page cannot be made: {error}")))?;
        archive::publish(&folder.join(window.folder()), 0, &to_json(&report), &html)?;
        windows.push(Rerun::of(&report));
    }
    let summary = Summary {
        model: settings.model.clone().name,
        version: settings.model.version.clone(),
        file,
        sha256,
        range: range.window,
        each: range.each.unwrap_or(settings.schedule.window).to_string(),
        created_at: range.now,
        config_sha256: settings.sha256.clone(),
        reference_id: lookout.reference.id().to_owned(),
        threshold: settings.model.threshold,
        severity: windows.iter().map(|rerun| rerun.severity).max().unwrap_or(Severity::NoData),
        parity: parity.told(rows),
        challenger: shift.as_ref().map(|shift| question.told(&lookout, shift, &parts)),
        windows,
    };
    let html = to_summary_html(&summary, settings.language)
        .map_err(|error| Fault::setup(format!("the page cannot be made: {error}")))?;
    let published = archive::publish_summary(&folder, &to_summary_json(&summary), &html)?;
    Ok(Replayed { summary, html: published.html })
}

/// With the model that is asked for, and its file's name.
fn open<'a>(settings: &'a Settings, range: &Range, looking: Looking<'a>) -> Result<(Lookout<'a>, String)> {
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(path) = &range.model else {
        let file = settings.model.file.as_ref().map(name).unwrap_or_default();
        return Ok((Lookout::open(settings, looking)?, file));
    };
    let mut lookout = Lookout::without_model(settings, looking)?;
    let forest = read_forest("--model", path)?;
    let shown = path.display().to_string();
    lookout.model = Some(Rescorer::beside(&format!("--model {shown}"), forest, lookout.reference.layout())?);
    // Contributions are those of the model that the reference was learnt with; of any other, the report says so.
    lookout.attributing = attributing(settings, &lookout.reference, lookout.model.as_ref())?;
    Ok((lookout, name(path)))
}

/// The windows of the range: those of the cadence, the first and the last cut where the range begins and ends.
fn cut(settings: &Settings, range: &Range) -> Result<Vec<Window>> {
    let each = range.each.unwrap_or(settings.schedule.window);
    let cadence = Cadence::new(each, settings.schedule.zone.clone())
        .map_err(|why| Fault::setup(format!("--each {each}: {why}; write the length of a window: 1d")))?;
    let Window { from, to } = range.window;
    let mut windows = Vec::new();
    let mut at = from;
    while at < to {
        let whole = cadence.window_at(at);
        let end = whole.to.min(to);
        // A calendar that does not move on would never come to an end.
        let Some(window) = Window::new(at, end) else { break };
        windows.push(window);
        if windows.len() > MOST_WINDOWS {
            return Err(Fault::setup(format!(
                "--each {each}: the range is more than {MOST_WINDOWS} windows; choose longer ones, or a shorter range"
            )));
        }
        at = end;
    }
    Ok(windows)
}
