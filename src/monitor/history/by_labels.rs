//! What labels say of past windows takes its place in history: alerts hear it in one transaction, and people are told one story,
//! however many windows were checked again.

use std::collections::BTreeMap;

use vigie_profile::window::{Instant, Window};

use super::settle::{Compose, queue, rules, thread};
use crate::{
    alert::{Event, Past, Said, Scope, Seen, Telling, decide_all, labels_came},
    config::Settings,
    crash,
    fault::Result,
    judge::{Finding, Severity, Test},
    ledger::{Entry, Ledger},
};

/// Lets alerts hear what labels say of windows that they have not heard yet, the oldest first; the newest is what people are told of.
pub fn settle_labels(
    ledger: &mut Ledger,
    settings: &Settings,
    now: Instant,
    compose: Compose<'_>,
) -> Result<Vec<Event>> {
    let model = settings.model.name.as_str();
    if ledger.view(|entry| entry.unheard(model))?.is_empty() {
        return Ok(Vec::new());
    }
    let events = ledger.write(|entry| {
        crash::point("labels.begun");
        let windows = entry.unheard(model)?;
        let events = heard(entry, settings, &windows, now, compose)?;
        entry.hear(model)?;
        crash::point("labels.heard");
        Ok(events)
    })?;
    crash::point("labels.committed");
    Ok(events)
}

/// What labels say of one window, as [`decide_all`] wants it.
struct Heard {
    from: Instant,
    findings: Vec<Finding>,
    nearness: BTreeMap<(Option<String>, Test), f64>,
}

impl Heard {
    fn of((window, said): &(Window, Vec<Said>)) -> Self {
        let near = said.iter().filter_map(|said| Some(((None, said.test), said.nearness?)));
        Self {
            from: window.from,
            findings: said.iter().filter_map(|said| said.finding.clone()).collect(),
            nearness: near.collect(),
        }
    }
}

fn heard(
    entry: &Entry<'_>,
    settings: &Settings,
    windows: &[(Window, Vec<Said>)],
    now: Instant,
    compose: Compose<'_>,
) -> Result<Vec<Event>> {
    let model = settings.model.name.as_str();
    let Some((newest, _)) = windows.last() else { return Ok(Vec::new()) };
    let all: Vec<Heard> = windows.iter().map(Heard::of).collect();
    let seen: Vec<Seen<'_>> = all
        .iter()
        .map(|heard| Seen {
            model,
            from: heard.from,
            scope: Scope::Labels,
            findings: &heard.findings,
            nearness: &heard.nearness,
            lasting: false,
            is_labelled: true,
        })
        .collect();
    let mut watched = entry.watched(model)?;
    let past = Past {
        alerts: entry.live_alerts(Some(model))?,
        mutes: entry.mutes(now)?,
        digest: watched.as_ref().and_then(|watched| watched.digest),
    };
    let mut decision = decide_all(&seen, &past, &rules(settings), now);
    let mut letters = Vec::new();
    if !decision.events.is_empty() {
        let telling = telling(entry, settings, (*newest, windows.len()), &all, decision.events.clone())?;
        // Not the report of a window that is long past: what labels say is all the news there is.
        letters = compose(&telling, None)?;
        thread(&mut decision, &letters);
    }
    for alert in &decision.alerts {
        entry.put_alert(alert, now)?;
    }
    crash::point("labels.decided");
    if let Some(watched) = watched.as_mut().filter(|_| decision.digest) {
        watched.digest = Some(now);
        entry.put_watched(model, watched)?;
    }
    queue(entry, model, None, &letters, now)?;
    Ok(decision.events)
}

fn telling(
    entry: &Entry<'_>,
    settings: &Settings,
    (newest, windows): (Window, usize),
    all: &[Heard],
    events: Vec<Event>,
) -> Result<Telling> {
    let model = settings.model.name.clone();
    let run = entry.current(&model, newest)?;
    let revision = run.as_ref().map_or(0, |run| run.revision);
    let findings = all.last().into_iter().flat_map(|heard| &heard.findings);
    Ok(Telling {
        id: format!("{model}/{}/r{revision}/labels", newest.folder()),
        window: Some(newest),
        severity: findings.map(|finding| finding.severity).max().unwrap_or(Severity::Stable),
        verdict: labels_came(windows),
        by_labels: Some(windows),
        events,
        report: run.and_then(|run| run.report),
        model,
    })
}
