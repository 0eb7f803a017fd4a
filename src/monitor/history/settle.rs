//! A run takes its place in history: in one transaction the ledger learns of the run, its trends, what it makes of the
//! alerts, and the letters that tell of it.

use std::collections::BTreeMap;

use vigie_profile::window::{Instant, Window};

use crate::{
    alert::{
        Decision, Event, Past, Phase, Rules, Scope, Seen, Telling, Usual, by_labels, decide, nearness, stale_reference,
    },
    config::Settings,
    crash,
    fault::{Fault, Result, Remedy},
    judge::{Finding, Severity, Test},
    ledger::{Channel, Ended, Entry, Ledger, Queued, RunRow, Trend},
    report::{Language, Report, Unreported, verdict_sentence},
};

/// Makes letters of what is to be told; nobody may be told, then there are none.
pub type Compose<'a> = &'a dyn Fn(&Telling, Option<&Report>) -> Result<Vec<Queued>>;

/// Which window was tried, as of when.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    pub settings: &'a Settings,
    pub window: Window,
    /// Whether it is a complete window of the schedule; others leave alerts alone.
    pub scheduled: bool,
    /// Records in it when it was looked at, if they were counted.
    pub records: Option<u64>,
    pub now: Instant,
}

/// What a try came to.
#[derive(Debug, Clone, Copy)]
pub enum RunResult<'a> {
    /// A report, published.
    Told(&'a Report),
    /// `Source` when the log could not be looked at, else `RunFailed`.
    Failed(Test, &'a Fault),
    /// So many windows were not looked at.
    Missed(usize),
}

/// What was written down.
#[derive(Debug, Default)]
pub struct Settled {
    pub events: Vec<Event>,
    /// What the operator should read of it in the log.
    pub note: Option<String>,
}

/// Writes a try down, as a whole or not at all.
pub fn settle(ledger: &mut Ledger, tried: &Tried<'_>, result: RunResult<'_>, compose: Compose<'_>) -> Result<Settled> {
    crash::point("ledger.before");
    let mut later = Vec::new();
    let settled = ledger.write(|entry| {
        crash::point("ledger.begun");
        let (settled, letters, run) = write(entry, tried, result, compose)?;
        if crash::sabotaged("outbox") {
            later = letters;
        } else {
            queue(entry, &tried.settings.model.name, run, &letters, tried.now)?;
        }
        crash::point("ledger.queued");
        Ok((settled, run))
    });
    let (settled, run) = settled?;
    crash::point("ledger.committed");
    if !later.is_empty() {
        ledger.write(|entry| queue(entry, &tried.settings.model.name, run, &later, tried.now))?;
    }
    Ok(settled)
}

pub(crate) fn queue(entry: &Entry<'_>, model: &str, run: Option<i64>, letters: &[Queued], now: Instant) -> Result<()> {
    for letter in letters {
        entry.queue(run, model, letter, now)?;
        crash::point("outbox.queued");
    }
    Ok(())
}

type Written = (Settled, Vec<Queued>, Option<i64>);

fn write(entry: &Entry<'_>, tried: &Tried<'_>, result: RunResult<'_>, compose: Compose<'_>) -> Result<Written> {
    let model = tried.settings.model.name.as_str();
    let current = entry.current(model, tried.window)?;
    let has_told = current.as_ref().is_some_and(|run| run.ended == Ended::Told);
    if has_told && !matches!(result, RunResult::Told(_)) {
        // A second look that failed takes nothing away from the first.
        return Ok((Settled::default(), Vec::new(), None));
    }
    let is_news = tried.scheduled && entry.judged_to(model)?.is_none_or(|judged| judged < tried.window.to);
    let had_failed = current.as_ref().is_some_and(|run| run.ended == Ended::Failed);
    let is_late = tried.scheduled && !is_news && had_failed && matches!(result, RunResult::Told(_));
    let mut run = row(tried, result, current.as_ref());
    let mut watched = entry.watched(model)?;
    if let Some(watched) = &mut watched {
        run.line = watched.line;
        if let RunResult::Told(report) = result
            && is_news
            && let Some(note) = new_line(watched, report)
        {
            run.line = watched.line;
            let dropped = entry.reset_pending(model)?;
            run.note = Some(match dropped {
                0 => note,
                n => format!("{note}; {n} alerts that were pending begin again"),
            });
        }
        entry.put_watched(model, watched)?;
    }
    crash::point("ledger.known");
    let id = entry.put_run(&run, &trends(result))?;
    let said = match result {
        RunResult::Told(report) => by_labels(report),
        _ => Vec::new(),
    };
    if tried.scheduled {
        // Those of a past window wait until all that were checked again are heard together.
        entry.put_by_labels(model, tried.window, &said, is_news)?;
    }
    crash::point("ledger.run");
    let mut settled = Settled { events: Vec::new(), note: run.note.clone() };
    if !is_news && !is_late {
        return Ok((settled, Vec::new(), Some(id)));
    }
    let past = Past {
        alerts: entry.live_alerts(Some(model))?,
        mutes: entry.mutes(tried.now)?,
        digest: watched.as_ref().and_then(|watched| watched.digest),
    };
    let failing = Failing::beside(entry, tried, watched.as_ref())?;
    let mut decision = decided(entry, tried, result, &past, &failing, (is_late, !said.is_empty()))?;
    let note = entry.untold_note(model)?;
    let telling = telling(tried, &run, result, decision.events.clone(), note);
    let mut letters = Vec::new();
    if !telling.events.is_empty() {
        let report = match result {
            RunResult::Told(report) => Some(report),
            _ => None,
        };
        crash::point("letter.before");
        letters = compose(&telling, report)?;
        crash::point("letter.made");
        thread(&mut decision, &letters);
    }
    crash::point("ledger.decided");
    for alert in &decision.alerts {
        entry.put_alert(alert, tried.now)?;
    }
    if let Some(watched) = watched.as_mut().filter(|_| decision.digest) {
        watched.digest = Some(tried.now);
        entry.put_watched(model, watched)?;
    }
    crash::point("ledger.alerts");
    settled.events = telling.events;
    Ok((settled, letters, Some(id)))
}

/// An alert that was told for the first time remembers the mail that did.
pub(crate) fn thread(decision: &mut Decision, letters: &[Queued]) {
    let Some(mail) = letters.iter().find(|letter| letter.channel == Channel::Email) else { return };
    let opened =
        |alert: &&mut crate::alert::Alert| alert.phase == Phase::Open && alert.told.is_some() && alert.thread.is_none();
    decision.alerts.iter_mut().filter(opened).for_each(|alert| alert.thread = Some(mail.message_id.clone()));
}

/// Other windows that could not be told so far: as long as there is one, no failure is over.
struct Failing {
    windows: Vec<Window>,
}

impl Failing {
    fn beside(entry: &Entry<'_>, tried: &Tried<'_>, watched: Option<&crate::ledger::Watched>) -> Result<Self> {
        // Without a daemon nobody tries them again.
        let Some(watched) = watched else { return Ok(Self { windows: Vec::new() }) };
        let mut windows = entry.failing(&tried.settings.model.name, watched.covered)?;
        windows.retain(|window| *window != tried.window);
        Ok(Self { windows })
    }

    /// What is said of those before a window that is well itself.
    fn before(&self, window: Window) -> Option<Finding> {
        let older: Vec<&Window> = self.windows.iter().filter(|failing| failing.to <= window.from).collect();
        let first = **older.first()?;
        let which = match older.len() {
            1 => Unreported::One(first),
            n => Unreported::Several(n, first),
        };
        Some(failure(Test::RunFailed, which.sentence(Language::English)))
    }
}

fn decided(
    entry: &Entry<'_>,
    tried: &Tried<'_>,
    result: RunResult<'_>,
    past: &Past,
    failing: &Failing,
    (is_late, is_labelled): (bool, bool),
) -> Result<Decision> {
    let settings = tried.settings;
    let mut near = BTreeMap::new();
    if !failing.windows.is_empty() {
        near.extend([Test::RunFailed, Test::Source].map(|test| ((None, test), 1.0)));
    }
    let (scope, findings, lasting) = match result {
        RunResult::Told(_) if is_late => (Scope::Late, Vec::new(), false),
        RunResult::Told(report) => {
            near.extend(nearness(report));
            let (mut findings, volume) = findings(entry, tried, report)?;
            findings.extend(failing.before(tried.window));
            near.extend(volume.map(|nearness| ((None, Test::Volume), nearness)));
            // Not the severity: an outage is an alarm, and yet nothing was held against the reference.
            let is_of_rows = |finding: &Finding| matches!(finding.test, Test::TooFew | Test::NoData);
            let has_verdict = !report.verdict.findings.iter().any(is_of_rows);
            (if has_verdict { Scope::Judged } else { Scope::NoVerdict }, findings, false)
        }
        RunResult::Failed(test, fault) => {
            (Scope::Failed, vec![failure(test, fault.discreet().to_owned())], fault.remedy() != Remedy::Retry)
        }
        RunResult::Missed(_) => (Scope::Failed, vec![failure(Test::RunFailed, sentence(tried, result))], true),
    };
    let seen = Seen {
        model: &settings.model.name,
        from: tried.window.from,
        scope,
        findings: &findings,
        nearness: &near,
        lasting,
        is_labelled,
    };
    Ok(decide(&seen, past, &rules(settings), tried.now))
}

pub(crate) fn rules(settings: &Settings) -> Rules {
    let alerts = &settings.alerts;
    Rules { after: alerts.after, cooldown: alerts.cooldown, ignore: alerts.ignore.clone() }
}

fn failure(test: Test, reason: String) -> Finding {
    Finding { severity: Severity::Alarm, feature: None, test, value: None, limit: None, q_value: None, reason }
}

/// What the report found, and what only history knows: too few records for this weekday, an old reference.
fn findings(entry: &Entry<'_>, tried: &Tried<'_>, report: &Report) -> Result<(Vec<Finding>, Option<f64>)> {
    let settings = tried.settings;
    let cadence = settings.schedule.cadence();
    let alike = |window: Window| cadence.alike(window, tried.window);
    let a_week_ago = tried.window.from.0.saturating_sub(7 * 86_400_000_000);
    let is_of_the_week = |window: Window| window.from.0 >= a_week_ago;
    let usual = Usual {
        records: entry.usual(&settings.model.name, tried.window.from, 8, alike)?,
        week: entry.usual(&settings.model.name, tried.window.from, usize::MAX, is_of_the_week)?,
        volume: settings.alerts.volume,
        min_rows: settings.policy.min_rows,
    };
    let mut findings = report.verdict.findings.clone();
    findings.retain(|finding| !usual.is_quiet(finding.test));
    let (volume, nearness) = usual.volume(tried.records.unwrap_or_else(|| report.rows()));
    findings.extend(volume);
    findings.extend(stale_reference(report.reference.created_at, settings.alerts.reference_age, tried.now));
    Ok((findings, nearness))
}

/// A new reference or model begins a new trend line.
fn new_line(watched: &mut crate::ledger::Watched, report: &Report) -> Option<String> {
    let (reference, model) = (&report.run.reference_id, &report.run.model.sha256);
    let known = watched.reference_id.is_some();
    let what = match (watched.reference_id.as_ref() == Some(reference), watched.model_sha256 == *model) {
        (true, true) => return None,
        (false, true) => "the reference",
        (true, false) => "the model's file",
        (false, false) => "the reference and the model's file",
    };
    watched.reference_id = Some(reference.clone());
    watched.model_sha256.clone_from(model);
    if !known {
        return None;
    }
    watched.line += 1;
    Some(format!("{what} is another since the window from {}: trends begin anew", report.examined.window.from))
}

fn sentence(tried: &Tried<'_>, result: RunResult<'_>) -> String {
    match result {
        RunResult::Told(report) => verdict_sentence(report),
        RunResult::Failed(_, fault) => fault.to_string(),
        RunResult::Missed(windows) => Unreported::Missed(windows, tried.window).sentence(Language::English),
    }
}

fn row(tried: &Tried<'_>, result: RunResult<'_>, current: Option<&RunRow>) -> RunRow {
    let base = RunRow {
        model: tried.settings.model.name.clone(),
        window: tried.window,
        revision: 0,
        ended: Ended::Failed,
        scheduled: tried.scheduled,
        attempts: current.filter(|run| run.ended == Ended::Failed).map_or(0, |run| run.attempts).saturating_add(1),
        line: 0,
        created_at: tried.now,
        records: tried.records,
        rows_used: None,
        severity: None,
        sentence: sentence(tried, result),
        report: None,
        reference_id: None,
        model_sha256: None,
        note: None,
    };
    match result {
        RunResult::Told(report) => RunRow {
            revision: report.run.revision,
            ended: Ended::Told,
            records: Some(tried.records.unwrap_or_else(|| report.rows())),
            rows_used: Some(report.drift.n_window),
            severity: Some(report.verdict.severity),
            report: Some(format!("{}/report.html", report.id())),
            reference_id: Some(report.run.reference_id.clone()),
            model_sha256: report.run.model.sha256.clone(),
            ..base
        },
        RunResult::Failed(_, fault) if fault.remedy() == Remedy::SkipWindow => RunRow { ended: Ended::Skipped, ..base },
        RunResult::Failed(..) => base,
        RunResult::Missed(_) => RunRow { ended: Ended::Gap, ..base },
    }
}

fn trends(result: RunResult<'_>) -> Vec<Trend> {
    let RunResult::Told(report) = result else { return Vec::new() };
    let drift = &report.drift;
    let score = drift.score.as_ref().map(|score| &score.distance);
    let verdicts = report.verdict.features.iter().chain(&report.verdict.score);
    let named = drift.features.iter().map(|feature| (Some(feature.name.clone()), feature));
    named
        .chain(score.map(|score| (None, score)))
        .zip(verdicts)
        .map(|((feature, drift), verdict)| Trend {
            feature,
            severity: verdict.severity,
            psi: drift.psi.value,
            ks: drift.ks.as_ref().map(|ks| ks.statistic),
            missing: drift.missing.window_share,
            q_value: verdict.qs.least(),
        })
        .collect()
}

fn telling(tried: &Tried<'_>, run: &RunRow, result: RunResult<'_>, events: Vec<Event>, note: Option<String>) -> Telling {
    let what = match result {
        RunResult::Told(_) => format!("r{}", run.revision),
        RunResult::Failed(..) => format!("failed{}", run.attempts),
        RunResult::Missed(_) => "gap".to_owned(),
    };
    let mut verdict = match result {
        RunResult::Failed(_, fault) => fault.discreet().to_owned(),
        RunResult::Told(report) => verdict_sentence(&report.discreet()),
        RunResult::Missed(_) => run.sentence.clone(),
    };
    if let Some(note) = note {
        verdict = format!("{verdict} Note: {note}.");
    }
    Telling {
        id: format!("{}/{}/{what}", run.model, tried.window.folder()),
        model: run.model.clone(),
        window: Some(tried.window),
        severity: run.severity.unwrap_or(Severity::Alarm),
        verdict,
        by_labels: None,
        events,
        report: run.report.clone(),
    }
}
