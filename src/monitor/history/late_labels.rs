//! Applies late labels of past windows to alerts: in one transaction, with one notification however many windows were
//! checked again.

use std::collections::{BTreeMap, BTreeSet};

use vigie_profile::window::{Instant, Window};

use super::record::{Compose, queue, rules, thread};
use crate::{
    alert::{Event, History, LabelVerdict, Notification, Observation, Scope, decide_all, is_muted},
    config::Settings,
    crash,
    fault::Result,
    judge::{Finding, Headline, Severity, Subject, Test},
    ledger::{Ledger, LedgerTx},
};

/// Applies pending label verdicts to alerts, oldest window first. The notification is about the newest window.
pub fn record_labels(
    ledger: &mut Ledger,
    settings: &Settings,
    now: Instant,
    compose: Compose<'_>,
) -> Result<Vec<Event>> {
    let model = settings.model.name.as_str();
    if ledger.view(|entry| entry.pending_label_verdicts(model))?.is_empty() {
        return Ok(Vec::new());
    }
    let events = ledger.write(|entry| {
        crash::point("labels.begun");
        let windows = entry.pending_label_verdicts(model)?;
        let events = apply(entry, settings, &windows, now, compose)?;
        entry.mark_label_verdicts_applied(model)?;
        crash::point("labels.applied");
        Ok(events)
    })?;
    crash::point("labels.committed");
    Ok(events)
}

/// Label verdicts of one window, as input for [`decide_all`].
struct LabelResults {
    from: Instant,
    findings: Vec<Finding>,
    nearness: BTreeMap<(Subject, Test), f64>,
}

impl LabelResults {
    fn new((window, verdicts): &(Window, Vec<LabelVerdict>)) -> Self {
        let near = verdicts.iter().filter_map(|verdict| Some(((Subject::Run, verdict.test), verdict.nearness?)));
        Self {
            from: window.from,
            findings: verdicts.iter().filter_map(|verdict| verdict.finding.clone()).collect(),
            nearness: near.collect(),
        }
    }
}

fn apply(
    entry: &LedgerTx<'_>,
    settings: &Settings,
    windows: &[(Window, Vec<LabelVerdict>)],
    now: Instant,
    compose: Compose<'_>,
) -> Result<Vec<Event>> {
    let model = settings.model.name.as_str();
    let Some((newest, _)) = windows.last() else { return Ok(Vec::new()) };
    let all: Vec<LabelResults> = windows.iter().map(LabelResults::new).collect();
    let observations: Vec<Observation<'_>> = all
        .iter()
        .map(|results| Observation {
            model,
            from: results.from,
            scope: Scope::Labels,
            findings: &results.findings,
            nearness: &results.nearness,
            lasting: false,
            is_labelled: true,
        })
        .collect();
    let mut watched = entry.watch_state(model)?;
    let past = History {
        alerts: entry.undecided_alerts(model)?,
        mutes: entry.mutes(now)?,
        digest: watched.as_ref().and_then(|watched| watched.digest),
    };
    let mut decision = decide_all(&observations, &past, &rules(settings), now);
    let mut messages = Vec::new();
    if !decision.events.is_empty() {
        let mut notification = notification(entry, settings, (*newest, windows.len()), decision.events.clone())?;
        let findings = all.last().into_iter().flat_map(|results| &results.findings);
        let heard = findings.filter(|finding| !is_muted(&past.mutes, model, finding, now));
        notification.severity = heard.map(|finding| finding.severity).max().unwrap_or(Severity::Stable);
        // Without the report: the window is long past, and only the label verdicts are new.
        messages = compose(&notification, None)?;
        thread(&mut decision, &messages);
    }
    for alert in &decision.alerts {
        entry.put_alert(alert, now)?;
    }
    crash::point("labels.decided");
    if let Some(watched) = watched.as_mut().filter(|_| decision.digest) {
        watched.digest = Some(now);
        entry.put_watch_state(model, watched)?;
    }
    queue(entry, model, None, &messages, now)?;
    Ok(decision.events)
}

fn notification(
    entry: &LedgerTx<'_>,
    settings: &Settings,
    (newest, windows): (Window, usize),
    events: Vec<Event>,
) -> Result<Notification> {
    let model = settings.model.name.clone();
    let run = entry.current(&model, newest)?;
    let revision = run.as_ref().map_or(0, |run| run.revision);
    Ok(Notification {
        id: format!("{}/{model}/{}/r{revision}/labels", entry.next_event_id()?, newest.folder()),
        window: Some(newest),
        severity: Severity::Stable,
        headline: Headline::Labels { windows },
        note: None,
        events,
        report: run.and_then(|run| run.report),
        muted: BTreeSet::new(),
        model,
    })
}
