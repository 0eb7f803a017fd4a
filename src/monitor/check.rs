//! One run: a window of the log, counted, compared, judged, told.

use std::{path::PathBuf, time::Instant as Stopwatch};

use crate::{
    archive::{self, Published},
    config::Settings,
    drift::{Drift, compare},
    engine::{self, Counted, Job, Rule},
    fault::{Fault, Outcome},
    judge::{Case, Service, Verdict, judge, undecided},
    reference::Reference,
    report::{Examined, Model, Report, Run, to_html, to_json},
    source::{Field, FileLog},
    window::{Cadence, Instant, Window},
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
    let reference = open_reference(settings)?;
    let log = FileLog::open(&settings.source)?;
    let seen = see(settings, &reference, &log, asked, looking)?;
    let (drift, verdict) = weigh(settings, &reference, &log, &seen, looking)?;
    let mut report = tell(settings, &reference, seen, drift, verdict, asked);
    report.run.threads = looking.threads;
    report.run.seconds = started.elapsed().as_secs_f64();
    publish(settings, report)
}

/// A window, counted.
struct Seen {
    window: Window,
    counted: Counted,
    empty_later: Vec<Window>,
}

fn open_reference(settings: &Settings) -> Outcome<Reference> {
    let path = settings.reference.display().to_string();
    let bytes = std::fs::read(&settings.reference).map_err(|error| {
        Fault::setup(format!(
            "reference: {path}: {}; make it with `vigie learn --data FILE --out {path}`",
            archive::spoken(&error)
        ))
    })?;
    Reference::from_bytes(&path, &bytes).map_err(|fault| fault.context("reference"))
}

/// Counts the window asked for, or the latest complete one that holds a record.
fn see(settings: &Settings, reference: &Reference, log: &FileLog, asked: Asked, looking: Looking<'_>) -> Outcome<Seen> {
    let rule = Rule {
        needs_probability: settings.source.fields.probability.is_some(),
        model_version: settings.source.fields.model_version.as_ref().and(settings.model.version.clone()),
    };
    let count = |window| engine::count(&job(settings, reference, log, window, &rule, looking));
    if let Some(window) = asked.window {
        return Ok(Seen { window, counted: count(window)?, empty_later: Vec::new() });
    }
    let cadence = Cadence::new(settings.schedule.window, settings.schedule.zone.clone())
        .map_err(|why| Fault::setup(format!("schedule.window: {why}")))?;
    let newest = cadence.latest_complete(asked.now, settings.schedule.lateness);
    let counted = count(newest)?;
    if counted.traffic.requests > 0 {
        return Ok(Seen { window: newest, counted, empty_later: Vec::new() });
    }
    let Some(last) = engine::latest(log, newest.from, looking.threads, looking.progress)? else {
        return Ok(Seen { window: newest, counted, empty_later: Vec::new() });
    };
    let window = cadence.window_at(last);
    let mut empty_later = vec![newest];
    while let Some(oldest) = empty_later.last().copied().map(|later| cadence.before(later)).filter(|w| *w != window) {
        empty_later.push(oldest);
    }
    empty_later.reverse();
    Ok(Seen { window, counted: count(window)?, empty_later })
}

fn job<'a>(
    settings: &'a Settings,
    reference: &'a Reference,
    log: &'a FileLog,
    window: Window,
    rule: &'a Rule,
    looking: Looking<'a>,
) -> Job<'a> {
    Job {
        log,
        layout: reference.layout(),
        window,
        rule,
        threshold: settings.model.threshold,
        threads: looking.threads,
        progress: looking.progress,
    }
}

/// Compares and judges, looking again at what the verdict has to know exactly, until nothing changes.
fn weigh(
    settings: &Settings,
    reference: &Reference,
    log: &FileLog,
    seen: &Seen,
    looking: Looking<'_>,
) -> Outcome<(Drift, Verdict)> {
    let rule = Rule {
        needs_probability: settings.source.fields.probability.is_some(),
        model_version: settings.source.fields.model_version.as_ref().and(settings.model.version.clone()),
    };
    let job = job(settings, reference, log, seen.window, &rule, looking);
    let policy = &settings.policy;
    let mut drift =
        compare(reference, &seen.counted.profile, policy.empty_bins, settings.model.threshold).map_err(Fault::setup)?;
    let service = service(&seen.counted);
    loop {
        let case = Case {
            drift: &drift,
            absent: &seen.counted.absent,
            importance: reference.importance(),
            service: &service,
            policy,
        };
        let asked: Vec<(usize, Vec<usize>)> = undecided(&case)
            .into_iter()
            .filter_map(|feature| Some((feature, ks_of(&drift, feature)?.candidates.clone())))
            .collect();
        if asked.is_empty() {
            let verdict = judge(&case);
            return Ok((drift, verdict));
        }
        let exact = engine::refine(&job, &seen.counted, reference, &asked)?;
        for (feature, _) in asked {
            // One that could not be refined stays at its lower bound, but is not asked for again.
            let inside = exact.get(&feature).copied().unwrap_or(0.0);
            if let Some(ks) = ks_mut(&mut drift, feature) {
                ks.refine(inside);
            }
        }
    }
}

fn ks_of(drift: &Drift, feature: usize) -> Option<&crate::drift::Ks> {
    match drift.features.get(feature) {
        Some(feature) => feature.ks.as_ref(),
        None => drift.score.as_ref()?.distance.ks.as_ref(),
    }
}

fn ks_mut(drift: &mut Drift, feature: usize) -> Option<&mut crate::drift::Ks> {
    match drift.features.get_mut(feature) {
        Some(feature) => feature.ks.as_mut(),
        None => drift.score.as_mut()?.distance.ks.as_mut(),
    }
}

fn service(counted: &Counted) -> Service {
    let traffic = &counted.traffic;
    Service {
        requests: traffic.requests,
        errors: traffic.errors,
        latency_p95_ms: traffic.latency.quantile_ms(0.95),
        answered: counted.profile.rows() + counted.other_version.rows(),
        other_version: counted.other_version.rows(),
        unreadable: unreadable(counted),
    }
}

fn unreadable(counted: &Counted) -> Vec<String> {
    counted.unreadable.iter().map(|file| format!("{}: {}", file.path.display(), file.why)).collect()
}

/// Everything the run found out, as one value.
fn tell(
    settings: &Settings,
    reference: &Reference,
    seen: Seen,
    drift: Drift,
    verdict: Verdict,
    asked: Asked,
) -> Report {
    let counted = seen.counted;
    let other_version = (counted.other_version.rows() > 0)
        .then(|| compare(reference, &counted.other_version, settings.policy.empty_bins, settings.model.threshold).ok())
        .flatten();
    let spare = [Field::Decision, Field::LatencyMs, Field::Status, Field::ModelVersion];
    let lacking = spare
        .into_iter()
        .filter(|field| counted.traffic.requests > 0 && counted.mapped.contains_key(field))
        .filter(|field| !counted.found.fields.contains(field))
        .map(|field| format!("{}: {}", field.key(), counted.mapped.get(&field).map_or("", String::as_str)))
        .collect();
    Report {
        run: Run {
            revision: 0,
            created_at: asked.now,
            vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
            config_sha256: settings.sha256.clone(),
            reference_id: reference.id().to_owned(),
            model: Model {
                name: settings.model.name.clone(),
                version: settings.model.version.clone(),
                sha256: None,
                threshold: settings.model.threshold,
            },
            threads: 0,
            files: counted.files,
            seconds: 0.0,
        },
        examined: Examined {
            window: seen.window,
            filtered: counted.found.filtered,
            unreadable: unreadable(&counted),
            complaints: counted.complaints,
            empty_later: seen.empty_later,
            lacking,
        },
        reference: reference.provenance().clone(),
        policy: settings.policy.clone(),
        drift,
        verdict,
        importance: reference.importance().to_vec(),
        traffic: counted.traffic,
        other_version,
    }
}

fn publish(settings: &Settings, mut report: Report) -> Outcome<Checked> {
    let folder = archive::folder_of(&settings.reports, &settings.model.name, report.examined.window);
    report.run.revision = archive::next_revision(&folder, &to_json(&report));
    let html = to_html(&report).map_err(|error| Fault::setup(format!("the page cannot be made: {error}")))?;
    let published = archive::publish(&folder, report.run.revision, &to_json(&report), &html)?;
    let index = archive::write_index(&settings.reports)?;
    Ok(Checked { report, published, index })
}
