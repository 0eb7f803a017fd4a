//! Records a run: in one transaction, the ledger gets the run, its trends, the updated alerts and the messages about
//! them.

use std::collections::{BTreeMap, BTreeSet};

use vigie_profile::window::{Instant, Window};

use crate::{
    alert::{
        Alert, Baseline, Decision, Event, History, Notification, Observation, Phase, Rules, Scope, alert_entries,
        decide, label_verdicts, muted_findings, nearness, registry_away, stale_reference,
    },
    archive::past_points,
    config::Settings,
    crash,
    fault::{Fault, Remedy, Result},
    judge::{
        Facts, Failure, Finding, Headline, Note, OverrideCounts, Severity, Subject, Test, VerdictHeadline,
        override_drift,
    },
    ledger::{Ledger, LedgerTx, NewMessage, RunRow, RunStatus, ServedVersion, TrendRow, WatchState, add_version},
    monitor::{
        registry::client::alias_of,
        tracking::message::{TRACKING, id_prefix, is_tracked, next_id, tracking_message},
    },
    report::{RegistryVersion, Report},
};

/// Turns a notification into messages; none if there are no recipients.
pub type Compose<'a> = &'a dyn Fn(&Notification, Option<&Report>) -> Result<Vec<NewMessage>>;

/// An attempt to check a window.
#[derive(Debug, Clone, Copy)]
pub struct RunAttempt<'a> {
    pub settings: &'a Settings,
    pub window: Window,
    /// Whether it is a complete window of the schedule. Other windows do not affect alerts.
    pub scheduled: bool,
    /// Number of records in the window, if they were counted.
    pub records: Option<u64>,
    pub now: Instant,
}

/// Result of an attempt.
#[derive(Debug, Clone, Copy)]
pub enum RunResult<'a> {
    /// A published report.
    Reported(&'a Report),
    /// `Source` if the log could not be read, otherwise `RunFailed`.
    Failed(Test, &'a Fault),
    /// Number of windows that were skipped.
    Missed(usize),
}

/// Events and note of a recorded run.
#[derive(Debug, Default)]
pub struct RunRecord {
    pub events: Vec<Event>,
    /// Note for the operator, to be logged.
    pub note: Option<Note>,
}

/// Records an attempt, completely or not at all.
pub fn record_run(
    ledger: &mut Ledger,
    attempt: &RunAttempt<'_>,
    result: RunResult<'_>,
    compose: Compose<'_>,
) -> Result<RunRecord> {
    crash::point("ledger.before");
    let mut later = Vec::new();
    let record = ledger.write(|entry| {
        crash::point("ledger.begun");
        // Before the run is written, which may be the newest.
        let tracked = tracked(entry, attempt, result)?;
        let (record, messages, run) = write(entry, attempt, result, compose)?;
        if crash::sabotaged("outbox") {
            later = messages;
        } else {
            queue(entry, &attempt.settings.model.name, run, &messages, attempt.now)?;
        }
        if let Some(tracked) = tracked {
            // Without the run: notes wait for the next message to people.
            queue(entry, &attempt.settings.model.name, None, &[tracked], attempt.now)?;
        }
        crash::point("ledger.queued");
        Ok((record, run))
    });
    let (record, run) = record?;
    crash::point("ledger.committed");
    if !later.is_empty() {
        ledger.write(|entry| queue(entry, &attempt.settings.model.name, run, &later, attempt.now))?;
    }
    Ok(record)
}

/// The message that logs a reported run to MLflow, if runs are logged.
fn tracked(entry: &LedgerTx<'_>, attempt: &RunAttempt<'_>, result: RunResult<'_>) -> Result<Option<NewMessage>> {
    let RunResult::Reported(report) = result else { return Ok(None) };
    if !is_tracked(attempt.settings) {
        return Ok(None);
    }
    let judged = entry.judged_until(&attempt.settings.model.name, attempt.now)?;
    let is_newest = attempt.scheduled && judged.is_none_or(|judged| judged <= attempt.window.to);
    let installation = entry.identity()?;
    let mut message = tracking_message(attempt.settings, report, is_newest, &installation, attempt.now)?;
    let model = &attempt.settings.model.name;
    let earlier = entry.message_ids(TRACKING, model, &id_prefix(model, attempt.window))?;
    message.message_id = next_id(&message.message_id, &earlier);
    Ok(Some(message))
}

pub(crate) fn queue(
    entry: &LedgerTx<'_>,
    model: &str,
    run: Option<i64>,
    messages: &[NewMessage],
    now: Instant,
) -> Result<()> {
    for message in messages {
        entry.queue(run, model, message, now)?;
        crash::point("outbox.queued");
    }
    Ok(())
}

type WriteResult = (RunRecord, Vec<NewMessage>, Option<i64>);

fn write(
    entry: &LedgerTx<'_>,
    attempt: &RunAttempt<'_>,
    result: RunResult<'_>,
    compose: Compose<'_>,
) -> Result<WriteResult> {
    let model = attempt.settings.model.name.as_str();
    let current = entry.current(model, attempt.window)?;
    let is_reported = current.as_ref().is_some_and(|run| run.status == RunStatus::Reported);
    if is_reported && !matches!(result, RunResult::Reported(_)) {
        // A later failure does not replace an earlier report.
        return Ok((RunRecord::default(), Vec::new(), None));
    }
    let is_newest =
        attempt.scheduled && entry.judged_until(model, attempt.now)?.is_none_or(|judged| judged < attempt.window.to);
    let had_failed = current.as_ref().is_some_and(|run| run.status == RunStatus::Failed);
    let is_late = attempt.scheduled && !is_newest && had_failed && matches!(result, RunResult::Reported(_));
    let mut run = row(attempt, result, current.as_ref());
    let mut watched = entry.watch_state(model)?;
    if let Some(watched) = &mut watched {
        run.line = watched.line;
        if let RunResult::Reported(report) = result
            && is_newest
        {
            let changed = new_line(watched, report);
            run.line = watched.line;
            let reset_alerts = if changed.is_some() { entry.reset_pending(model)? } else { 0 };
            let promoted = promotion(watched, report, changed.is_some(), reset_alerts);
            run.note = promoted.or(changed.map(|(reference, model)| Note::NewTrendLine {
                reference,
                model,
                from: attempt.window.from,
                reset_alerts,
            }));
        }
        entry.put_watch_state(model, watched)?;
    }
    crash::point("ledger.known");
    let id = entry.put_run(&run, &trends(result))?;
    let verdicts = match result {
        RunResult::Reported(report) => label_verdicts(report),
        _ => Vec::new(),
    };
    if attempt.scheduled {
        // Verdicts on a past window stay pending until all windows checked again are applied together.
        entry.put_label_verdicts(model, attempt.window, &verdicts, is_newest)?;
    }
    crash::point("ledger.run");
    let mut record = RunRecord { events: Vec::new(), note: run.note.clone() };
    if !is_newest && !is_late {
        return Ok((record, Vec::new(), Some(id)));
    }
    let past = History {
        alerts: entry.undecided_alerts(model)?,
        mutes: entry.mutes(attempt.now)?,
        digest: watched.as_ref().and_then(|watched| watched.digest),
    };
    let failing = OtherFailures::read(entry, attempt, watched.as_ref())?;
    let mut decision = decide_alerts(entry, attempt, result, &past, &failing, (is_late, !verdicts.is_empty()))?;
    let note = entry.unsent_note(model)?;
    let mut notification = notification(attempt, &run, result, decision.events.clone(), note);
    let mut messages = Vec::new();
    if !notification.events.is_empty() {
        notification.id = format!("{}/{}", entry.next_event_id()?, notification.id);
        exclude_muted(&mut notification, result, &past, &decision, attempt.now);
        let report = match result {
            RunResult::Reported(report) => Some(report),
            _ => None,
        };
        crash::point("message.before");
        messages = compose(&notification, report)?;
        crash::point("message.made");
        thread(&mut decision, &messages);
    }
    crash::point("ledger.decided");
    for alert in &decision.alerts {
        entry.put_alert(alert, attempt.now)?;
    }
    if let Some(watched) = watched.as_mut().filter(|_| decision.digest) {
        watched.digest = Some(attempt.now);
        entry.put_watch_state(model, watched)?;
    }
    crash::point("ledger.alerts");
    record.events = notification.events;
    Ok((record, messages, Some(id)))
}

/// Leaves out what is muted: it is still in the report, but neither heads a message nor is listed or pictured in it.
fn exclude_muted(
    notification: &mut Notification,
    result: RunResult<'_>,
    past: &History,
    decision: &Decision,
    now: Instant,
) {
    let RunResult::Reported(report) = result else { return };
    let is_unchanged = |alert: &&Alert| !decision.alerts.iter().any(|changed| changed.id == alert.id);
    let alerts: Vec<Alert> = past.alerts.iter().filter(is_unchanged).chain(&decision.alerts).cloned().collect();
    let left_out = muted_findings(report, &alerts, &past.mutes, now);
    if left_out.is_empty() {
        return;
    }
    let is_muted = |finding: &Finding| left_out.contains(&(finding.subject.clone(), finding.test));
    let heard = report.verdict.without(&report.drift, &report.importance, &report.policy, &is_muted);
    notification.severity = heard.severity;
    notification.headline = Headline::Verdict(VerdictHeadline::new(&report.drift, &heard, &report.policy));
    notification.muted = left_out;
}

/// Stores the first message about an alert that can have replies, so that later ones are sent in its thread.
pub(crate) fn thread(decision: &mut Decision, messages: &[NewMessage]) {
    let Some(first) = messages.iter().find(|message| message.is_thread) else { return };
    let opened = |alert: &&mut Alert| alert.phase == Phase::Open && alert.notified.is_some() && alert.thread.is_none();
    decision.alerts.iter_mut().filter(opened).for_each(|alert| alert.thread = Some(first.message_id.clone()));
}

/// Other windows whose last run failed. While there is one, failure alerts stay open.
struct OtherFailures {
    windows: Vec<Window>,
}

impl OtherFailures {
    fn read(entry: &LedgerTx<'_>, attempt: &RunAttempt<'_>, watched: Option<&WatchState>) -> Result<Self> {
        // Without a daemon, failed windows are not tried again.
        let Some(watched) = watched else { return Ok(Self { windows: Vec::new() }) };
        let mut windows = entry.failed_windows(&attempt.settings.model.name, watched.covered)?;
        windows.retain(|window| *window != attempt.window);
        Ok(Self { windows })
    }

    /// Finding about failed windows before this one.
    fn before(&self, window: Window) -> Option<Finding> {
        let older: Vec<&Window> = self.windows.iter().filter(|failing| failing.to <= window.from).collect();
        let first = **older.first()?;
        Some(failed(Test::RunFailed, Failure::Retried { windows: older.len(), first }))
    }
}

fn decide_alerts(
    entry: &LedgerTx<'_>,
    attempt: &RunAttempt<'_>,
    result: RunResult<'_>,
    past: &History,
    failing: &OtherFailures,
    (is_late, is_labelled): (bool, bool),
) -> Result<Decision> {
    let settings = attempt.settings;
    let mut near = BTreeMap::new();
    if !failing.windows.is_empty() {
        near.extend([Test::RunFailed, Test::Source].map(|test| ((Subject::Run, test), 1.0)));
    }
    let (scope, findings, lasting) = match result {
        RunResult::Reported(_) if is_late => (Scope::Late, Vec::new(), false),
        RunResult::Reported(report) => {
            near.extend(nearness(report));
            let (mut findings, volume, overrides) = findings(entry, attempt, report, past)?;
            findings.extend(failing.before(attempt.window));
            near.extend(volume.map(|nearness| ((Subject::Run, Test::Volume), nearness)));
            near.extend(overrides.map(|nearness| ((Subject::Run, Test::Overrides), nearness)));
            // Severity does not show it: an outage is an alarm, although nothing was compared with the reference.
            (if report.verdict.has_verdict() { Scope::Judged } else { Scope::NoVerdict }, findings, false)
        }
        RunResult::Failed(test, fault) => {
            // Alerts are shown outside, and keep no more than that.
            let failure = Failure::from_fault(fault).redacted();
            (Scope::Failed, vec![failed(test, failure)], fault.remedy() != Remedy::Retry)
        }
        RunResult::Missed(windows) => {
            let failure = Failure::Missed { windows, span: attempt.window };
            (Scope::Failed, vec![failed(Test::RunFailed, failure)], true)
        }
    };
    let observation = Observation {
        model: &settings.model.name,
        from: attempt.window.from,
        scope,
        findings: &findings,
        nearness: &near,
        lasting,
        is_labelled,
    };
    Ok(decide(&observation, past, &rules(settings), attempt.now))
}

pub(crate) fn rules(settings: &Settings) -> Rules {
    let alerts = &settings.alerts;
    Rules { after: alerts.after, cooldown: alerts.cooldown, ignore: alerts.ignore.clone() }
}

fn failed(test: Test, failure: Failure) -> Finding {
    Finding::of_run(test, Severity::Alarm, Facts::Failed(failure))
}

/// Findings, and the values of the volume and of overrides as shares of their limits.
type HistoryFindings = (Vec<Finding>, Option<f64>, Option<f64>);

/// Stories and other findings of the report, and those that need history: too few records for this weekday, an old reference,
/// other overrides.
fn findings(
    entry: &LedgerTx<'_>,
    attempt: &RunAttempt<'_>,
    report: &Report,
    past: &History,
) -> Result<HistoryFindings> {
    let settings = attempt.settings;
    let cadence = settings.schedule.cadence();
    let alike = |window: Window| cadence.same_slot(window, attempt.window);
    let a_week_ago = attempt.window.from.0.saturating_sub(7 * 86_400_000_000);
    let is_of_the_week = |window: Window| window.from.0 >= a_week_ago;
    let usual = Baseline {
        records: entry.comparable_counts(&settings.model.name, attempt.window.from, 8, alike)?,
        week: entry.comparable_counts(&settings.model.name, attempt.window.from, usize::MAX, is_of_the_week)?,
        volume: settings.alerts.volume,
        min_rows: settings.policy.min_rows,
    };
    let rules = rules(settings);
    let mut findings = alert_entries(report, |test| rules.ignores(test), &past.mutes, attempt.now);
    findings.retain(|finding| !usual.is_quiet(finding.test));
    let (volume, nearness) = usual.volume(attempt.records.unwrap_or_else(|| report.rows()));
    findings.extend(volume);
    findings.extend(registry_away(report.run.kept_version.as_deref(), report.run.registry_denied));
    findings.extend(stale_reference(report.reference.created_at, settings.alerts.reference_age, attempt.now));
    let (overrides, other_overrides) = overrides(attempt, report);
    findings.extend(overrides);
    Ok((findings, nearness, other_overrides))
}

/// Number of earlier windows that overrides are compared with.
const OVERRIDE_WINDOWS: usize = 28;

/// Overrides compared with those of earlier windows, where people may override the model.
fn overrides(attempt: &RunAttempt<'_>, report: &Report) -> (Vec<Finding>, Option<f64>) {
    let Some(decisions) = report.decisions.as_ref().filter(|decisions| decisions.overrides_allowed) else {
        return (Vec::new(), None);
    };
    let settings = attempt.settings;
    let points = past_points(&settings.reports, &settings.model.name, attempt.window, OVERRIDE_WINDOWS);
    let past: Vec<OverrideCounts> = points.iter().filter_map(|point| point.head.decisions).collect();
    let before = past.iter().copied().fold(OverrideCounts::default(), OverrideCounts::plus);
    override_drift(decisions.overrides(), (before, past.len()), &settings.policy)
}

/// Starts a new trend line if the reference or the model has changed. Returns which of them has.
fn new_line(watched: &mut WatchState, report: &Report) -> Option<(bool, bool)> {
    let (reference, model) = (&report.run.reference_id, &report.run.model.sha256);
    let known = watched.reference_id.is_some();
    let changed = (watched.reference_id.as_ref() != Some(reference), watched.model_sha256 != *model);
    if changed == (false, false) {
        return None;
    }
    watched.reference_id = Some(reference.clone());
    watched.model_sha256.clone_from(model);
    if !known {
        return None;
    }
    watched.line += 1;
    Some(changed)
}

/// Remembers the version of the registry that was watched. Returns a note if it is not the one before.
fn promotion(watched: &mut WatchState, report: &Report, new_line: bool, reset_alerts: usize) -> Option<Note> {
    let run = &report.run;
    let RegistryVersion { name, version, address, .. } = run.model.registered.clone()?;
    let from = report.examined.window.from;
    let served = ServedVersion {
        name: name.clone(),
        version,
        model_sha256: run.model.sha256.clone(),
        reference_id: run.reference_id.clone(),
        since: from,
    };
    let former = add_version(&mut watched.versions, served)?;
    Some(Note::Promoted { name, alias: alias_of(&address), former, version, from, new_line, reset_alerts })
}

fn headline(attempt: &RunAttempt<'_>, result: RunResult<'_>) -> Headline {
    match result {
        RunResult::Reported(report) => report.headline(),
        RunResult::Failed(test, fault) => Headline::Failed { test, failure: Failure::from_fault(fault) },
        RunResult::Missed(windows) => {
            Headline::Failed { test: Test::RunFailed, failure: Failure::Missed { windows, span: attempt.window } }
        }
    }
}

fn row(attempt: &RunAttempt<'_>, result: RunResult<'_>, current: Option<&RunRow>) -> RunRow {
    let base = RunRow {
        model: attempt.settings.model.name.clone(),
        window: attempt.window,
        revision: 0,
        status: RunStatus::Failed,
        scheduled: attempt.scheduled,
        attempts: current.filter(|run| run.status == RunStatus::Failed).map_or(0, |run| run.attempts).saturating_add(1),
        line: 0,
        created_at: attempt.now,
        records: attempt.records,
        rows_used: None,
        severity: None,
        headline: headline(attempt, result),
        report: None,
        reference_id: None,
        model_sha256: None,
        registered: None,
        note: None,
    };
    match result {
        RunResult::Reported(report) => RunRow {
            revision: report.run.revision,
            status: RunStatus::Reported,
            records: Some(attempt.records.unwrap_or_else(|| report.rows())),
            rows_used: Some(report.drift.n_window),
            severity: Some(report.verdict.severity),
            report: Some(format!("{}/report.html", report.id())),
            reference_id: Some(report.run.reference_id.clone()),
            model_sha256: report.run.model.sha256.clone(),
            registered: report.run.model.registered.as_ref().map(|own| (own.name.clone(), own.version)),
            ..base
        },
        RunResult::Failed(_, fault) if fault.remedy() == Remedy::SkipWindow => {
            RunRow { status: RunStatus::Skipped, ..base }
        }
        RunResult::Failed(..) => base,
        RunResult::Missed(_) => RunRow { status: RunStatus::Gap, ..base },
    }
}

fn trends(result: RunResult<'_>) -> Vec<TrendRow> {
    let RunResult::Reported(report) = result else { return Vec::new() };
    let drift = &report.drift;
    let score = drift.score.as_ref().map(|score| &score.distance);
    let verdicts = report.verdict.features.iter().chain(&report.verdict.score);
    let named = drift.features.iter().map(|feature| (Some(feature.name.clone()), feature));
    named
        .chain(score.map(|score| (None, score)))
        .zip(verdicts)
        .map(|((feature, drift), verdict)| TrendRow {
            feature,
            severity: verdict.severity,
            psi: drift.psi.value,
            ks: drift.ks.as_ref().map(|ks| ks.statistic),
            missing: drift.missing.window_share,
            q_value: verdict.qs.smallest(),
        })
        .collect()
}

fn notification(
    attempt: &RunAttempt<'_>,
    run: &RunRow,
    result: RunResult<'_>,
    events: Vec<Event>,
    note: Option<Note>,
) -> Notification {
    let what = match result {
        RunResult::Reported(_) => format!("r{}", run.revision),
        RunResult::Failed(..) => format!("failed{}", run.attempts),
        RunResult::Missed(_) => "gap".to_owned(),
    };
    Notification {
        id: format!("{}/{}/{what}", run.model, attempt.window.folder()),
        model: run.model.clone(),
        window: Some(attempt.window),
        severity: run.severity.unwrap_or(Severity::Alarm),
        headline: run.headline.clone(),
        note,
        events,
        report: run.report.clone(),
        muted: BTreeSet::new(),
    }
}
