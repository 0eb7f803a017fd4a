//! `vigie replay`: scores a range of days again, window by window, with a report for each.

use std::{collections::BTreeMap, path::PathBuf, time::Instant as StdInstant};

use vigie_profile::window::{Instant, Span, Window};

use super::split::split;
use crate::{
    archive::{self, ReportFiles},
    config::{AddressedFile, LocalFile, Settings},
    engine,
    fault::{Fault, Result},
    judge::{ParityOf, Severity},
    monitor::{
        model::{ModelFile, local_place, read_model_as},
        registry::{local_file::local_file, registry_place::RegistryPlace},
        run::{
            ScanOptions,
            attribution::measure_attribution,
            attribution_mode::attribution_mode,
            context::{RunContext, WindowData, open_model, stated_input},
            inputs::check_inputs,
            judge::{Earlier, measure},
            parity_request::ParityRequest,
            performance::performance,
            predictions::predictions,
            report::{Measurements, build_report},
            rescore::{challenger_segments, explained_parity, rescore},
            stories::judge_with_stories,
        },
    },
    replay::{MissingInput, Parity, ParityCause, ParityTally, Replay, Rescorer, ScoreKind, ScoringModel, ShiftTally},
    report::{Context, ReplaySummary, ReplayedWindow, to_html, to_json, to_summary_html, to_summary_json},
};

/// The flag that names a challenger.
const CHALLENGER: &str = "--model";

/// Options of `vigie replay`.
#[derive(Debug, Clone)]
pub struct ReplayRequest {
    pub window: Window,
    /// Length of the windows that the range is split into; `None`: the schedule's.
    pub each: Option<Span>,
    /// A challenger model, whose decisions are compared with the logged ones; `None`: the config's model.
    pub model: Option<ModelFile>,
    pub now: Instant,
}

/// A finished replay.
#[derive(Debug)]
pub struct ReplayOutput {
    pub summary: ReplaySummary,
    pub html: PathBuf,
}

/// Replays a request. Does not touch the daemon's state, its reports or the index.
pub fn replay(settings: &Settings, request: &ReplayRequest, scan: ScanOptions<'_>) -> Result<ReplayOutput> {
    let started = StdInstant::now();
    let (mut run, file) = open(settings, request, scan)?;
    // A replay neither reads nor keeps counts of other windows.
    run.repeats = None;
    // Without a model, the windows are reported without a comparison.
    let parity_model = match &run.model {
        Some(model) => Some((model, parity_request(&run, model, request)?)),
        None => None,
    };
    let segments = if request.model.is_some() { challenger_segments(&run) } else { Vec::new() };
    let sha256 = run.model.as_ref().map(|model| model.scoring().sha256_hex().to_owned());
    let mark = sha256.as_deref().filter(|_| request.model.is_some());
    let folder = archive::replay_folder(&settings.reports, &settings.model.name, request.window, mark);
    let context =
        Context { language: settings.language, past: Vec::new(), index: Some("../../../../index.html".to_owned()) };
    let mut parity = ParityTally::default();
    let mut shift = request.model.as_ref().map(|_| ShiftTally::empty(run.reference.layout(), &segments));
    let mut windows = Vec::new();
    let mut causes = Vec::new();
    let mut rows = 0;
    let each = request.each.unwrap_or(settings.schedule.window);
    for window in split(request.window, each, &settings.schedule.zone)? {
        let counted = engine::count(&run.job(window))?;
        let mut data = WindowData { window, counted, empty_later: None };
        rows += data.counted.profile.rows();
        let (mut replayed, mut contributions, mut leaves) = (None, None, None);
        if let Some((model, parity_request)) = parity_model {
            let rescored = rescore(&run, model, &data, Some(parity_request), &segments, request.model.is_some())?;
            check_inputs(&run, model, &data, &rescored.read)?;
            parity.merge(&rescored.parity);
            if let (Some(all), Some(this)) = (&mut shift, &rescored.shift) {
                all.merge(this);
            }
            let own = if request.model.is_some() {
                // A challenger's scores differ by design.
                let promise = Some(model.scoring().promise());
                Parity { promise, ..rescored.parity.finish(data.counted.profile.rows()) }
            } else {
                explained_parity(&run, model, &data, parity_request, &rescored.parity)?
            };
            causes.push(own.cause.clone().filter(|_| own.is_broken()));
            replayed = Some(Replay {
                model_sha256: model.scoring().sha256_hex().to_owned(),
                parity: own,
                challenger: rescored.shift.as_ref().map(|shift| parity_request.finish(&run, shift, &segments)),
            });
            contributions = rescored.attribution;
            leaves = rescored.leaves;
        }
        let scores = data.take_scores();
        let performance = performance(&run, &data, scores)?;
        let measured = measure(&run, &data)?;
        let predictions = predictions(&run, &data)?;
        let earlier = Earlier::default();
        let replay = replayed.as_ref();
        let judged =
            judge_with_stories(&run, &data, measured, earlier, replay, performance.as_ref(), predictions.as_ref())?;
        let attribution = measure_attribution(&run, &data, &judged, performance.as_ref(), contributions)?;
        let measurements = Measurements { replay: replayed, attribution, leaves, performance, predictions };
        let mut report = build_report(&run, data, judged, measurements, request.now);
        report.run.seconds = started.elapsed().as_secs_f64();
        let html = to_html(&report, &context)
            .map_err(|error| Fault::setup(format!("the page cannot be rendered: {error}")))?;
        let files = ReportFiles { json: &to_json(&report), html: &html, profile: None };
        archive::publish(&folder.join(window.folder()), 0, files)?;
        windows.push(ReplayedWindow::from_report(&report));
    }
    let summary = ReplaySummary {
        model: settings.model.clone().name,
        version: settings.model.version.clone(),
        is_replay: true,
        file,
        sha256,
        range: request.window,
        each: each.to_string(),
        created_at: request.now,
        config_sha256: settings.sha256.clone(),
        reference_id: run.reference.id().to_owned(),
        threshold: settings.model.threshold,
        severity: windows.iter().map(|rerun| rerun.severity).max().unwrap_or(Severity::NoData),
        parity: parity_model.map(|(model, _)| Parity {
            promise: Some(model.scoring().promise()),
            cause: common_cause(causes),
            ..parity.finish(rows)
        }),
        challenger: shift
            .as_ref()
            .zip(parity_model)
            .map(|(shift, (_, request))| request.finish(&run, shift, &segments)),
        windows,
    };
    let html = to_summary_html(&summary, settings.language)
        .map_err(|error| Fault::setup(format!("the page cannot be rendered: {error}")))?;
    let published = archive::publish_summary(&folder, &to_summary_json(&summary), &html)?;
    Ok(ReplayOutput { summary, html: published.html })
}

/// The cause of all windows that have one, if it is the same.
fn common_cause(causes: Vec<Option<ParityCause>>) -> Option<ParityCause> {
    let mut known = causes.into_iter().flatten();
    let first = known.next()?;
    known.all(|other| other == first).then_some(first)
}

/// Why a regression is not compared.
const PREDICTS_A_NUMBER: &str = "--model: the model predicts a number, so that it makes no decisions to compare with the logged \
                                 ones; use a classifier, or score the rows with `vigie score`";

/// How the logged scores are compared.
fn parity_request(run: &RunContext<'_>, model: &Rescorer, request: &ReplayRequest) -> Result<ParityRequest> {
    let challenger = request.model.as_ref().map(|file| &file.choices);
    let class = match challenger {
        Some(choices) => choices.class.as_deref(),
        None => run.settings.model.class.as_deref(),
    };
    let parity = ParityRequest::new(run, model, class, ParityOf::All).ok_or_else(|| {
        Fault::setup(match model.scoring().kind() {
            ScoreKind::Probability if run.settings.source.fields.prediction.is_some() => {
                "source.fields.prediction: the log has predicted numbers, but the model returns probabilities; replay compares \
                 models that predict the same"
            }
            ScoreKind::Probability => {
                "source.fields.probability: not mapped; replay needs the logged probabilities to compare with"
            }
            ScoreKind::Prediction if challenger.is_some() => PREDICTS_A_NUMBER,
            ScoreKind::Prediction => {
                "source.fields.prediction: not mapped; replay needs the logged predictions to compare with"
            }
        })
    })?;
    if challenger.is_some() && !parity.has_decisions() {
        return Err(Fault::setup(match model.scoring().kind() {
            ScoreKind::Probability => {
                "source.fields.probability: not mapped; a challenger's decisions are compared by one probability per row"
            }
            ScoreKind::Prediction => PREDICTS_A_NUMBER,
        }));
    }
    Ok(parity)
}

/// Opens the run with the requested model, and returns the name of its file; `None` without one.
fn open<'a>(
    settings: &'a Settings,
    request: &ReplayRequest,
    scan: ScanOptions<'a>,
) -> Result<(RunContext<'a>, Option<String>)> {
    let Some(ModelFile { path, choices }) = &request.model else {
        let mut run = RunContext::open(settings, scan)?;
        // The feature table is that of today.
        run.keeps_rows = false;
        let file = run.model_file.as_ref().map(LocalFile::name);
        return Ok((run, file));
    };
    let mut run = RunContext::without_model(settings, scan)?;
    let file = local_file(CHALLENGER, path, AddressedFile::Model, choices, &RegistryPlace::of(settings))?;
    let called = local_place(CHALLENGER, &file);
    let model = read_model_as(&called, &file.path, choices)?;
    let scoring = ScoringModel::new(&called, model, choices.class.as_deref())?;
    let challenger = Rescorer::new(scoring, run.reference.layout());
    // It gets what the application passes to the config's model, for a missing level as well. If that model cannot be read,
    // only this is not known.
    let champion = open_model(settings, &run.reference).ok().flatten().map(|champion| champion.model);
    let configured = settings.model.missing_level.as_ref();
    let missing: BTreeMap<String, MissingInput> = challenger
        .names()
        .iter()
        .filter_map(|name| {
            let inferred = || {
                let word = champion.as_ref()?.missing_word(name)?;
                challenger.knows_level(name, &word).then_some(MissingInput::Word(word))
            };
            let input = configured.and_then(|inputs| stated_input(inputs, name)).or_else(inferred)?;
            Some((name.clone(), input))
        })
        .collect();
    run.set_model(challenger.with_missing_inputs(|feature| missing.get(feature).cloned()), champion.as_ref())?;
    // Only the model that the reference was learned with has contributions; for others, attribution is unavailable.
    run.attribution = attribution_mode(settings, &run.reference, run.model.as_ref())?;
    Ok((run, Some(file.name())))
}
