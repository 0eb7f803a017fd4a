//! What becomes of alerts when a window was judged, and what people are told: a pure function of values.

use std::collections::BTreeMap;

use vigie_profile::window::{Instant, Span};

use super::{Alert, Change, Event, Key, Mute, Phase};
use crate::judge::{Finding, Severity, Test};

/// The config's `alerts:` section, as far as it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Windows in a row before an alert opens.
    pub after: u32,
    /// An open alert is not told again before.
    pub cooldown: Span,
    /// Tests that open no alert.
    pub ignore: Vec<Test>,
}

impl Rules {
    /// By its own name, or by that of the reports, where labels' word on the cost is a cost too.
    fn ignores(&self, test: Test) -> bool {
        self.ignore.contains(&test) || self.ignore.contains(&test.reported())
    }
}

/// How much a run can say about alerts that its findings do not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every test had its say: what has no finding is well.
    Judged,
    /// Too few rows, or none: drift and service are neither ill nor well.
    NoVerdict,
    /// The run failed: only its failure is known.
    Failed,
    /// An older window could be told at last: it moves nothing but what its failure had opened.
    Late,
    /// A window of the past, whose labels have come: only what they say.
    Labels,
}

/// One window's judgement, as alerts see it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub model: &'a str,
    /// Start of the window.
    pub from: Instant,
    pub scope: Scope,
    pub findings: &'a [Finding],
    /// What was measured with evidence, as a share of its limit: an open alert is well below [`WELL`].
    pub nearness: &'a BTreeMap<(Option<String>, Test), f64>,
    /// A failure that no later try will mend by itself is told at once.
    pub lasting: bool,
    /// Whether labels came for enough of its rows that they have their say.
    pub is_labelled: bool,
}

/// What was known before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    /// Pending and open alerts of the model.
    pub alerts: Vec<Alert>,
    pub mutes: Vec<Mute>,
    /// When the model's last digest was told.
    pub digest: Option<Instant>,
}

/// What changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// Alerts as they are now, those that changed.
    pub alerts: Vec<Alert>,
    /// Worst first.
    pub events: Vec<Event>,
    /// Whether a digest is among the events.
    pub digest: bool,
}

/// An open alert recovers below this share of its limit, so that a value that wavers at the limit is one alert.
pub const WELL: f64 = 0.8;

/// A digest a day, an hour's grace so that a daily look that comes a little early is not a day late.
const DIGEST: Span = Span::from_hours(23);

/// Decides. The same arguments give the same answer; nothing else is looked at.
#[must_use]
pub fn decide(seen: &Seen<'_>, past: &Past, rules: &Rules, now: Instant) -> Decision {
    decide_all(&[*seen], past, rules, now)
}

/// Decides of several windows at once, the oldest first: alerts go through all of them, people are told of where they came to.
#[must_use]
pub fn decide_all(windows: &[Seen<'_>], past: &Past, rules: &Rules, now: Instant) -> Decision {
    let mut alerts = past.alerts.clone();
    let mut findings = BTreeMap::new();
    for seen in windows {
        findings = worst_by_key(seen, rules);
        alerts.iter_mut().for_each(|alert| *alert = moved(alert, seen, &findings, rules, now));
        let known = |alerts: &[Alert], key: &Key| alerts.iter().any(|alert| alert.key == *key && !is_gone(alert));
        for (key, finding) in &findings {
            if !known(&alerts, key) {
                let mut alert = born(key, finding, seen.from);
                open_if_due(&mut alert, finding, seen, rules, now);
                alerts.push(alert);
            }
        }
        // What came and went between two looks leaves nothing.
        let was_known = |alert: &Alert| past.alerts.iter().any(|one| one.key == alert.key && one.since == alert.since);
        alerts.retain(|alert| !is_gone(alert) || was_known(alert));
    }
    let muted = |alert: &Alert| past.mutes.iter().any(|mute| mute.silences(&alert.key, now));
    // Whoever heard that it began has to hear that it ended: it stays open until the mute is over.
    for alert in
        alerts.iter_mut().filter(|alert| muted(alert) && alert.phase == Phase::Recovered && alert.told.is_some())
    {
        alert.phase = Phase::Open;
    }
    let mut events = Vec::new();
    for alert in alerts.iter_mut().filter(|alert| !muted(alert)) {
        let has_finding = findings.contains_key(&alert.key);
        events.extend(urgent(alert, has_finding, rules, now));
    }
    // One mail tells all: with something urgent to tell, what would wait for the digest comes along.
    let due = past.digest.is_none_or(|last| passed(last, now, DIGEST.microseconds()));
    let mut digest = false;
    if due || !events.is_empty() {
        for alert in alerts.iter_mut().filter(|alert| !muted(alert) && is_untold(alert)) {
            digest = true;
            events.push(told(alert, Change::Noted, now));
        }
    }
    events.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.change.cmp(&b.change)).then(a.key.cmp(&b.key)));
    let changed = |alert: &Alert| !past.alerts.contains(alert);
    Decision { alerts: alerts.into_iter().filter(changed).collect(), events, digest }
}

/// Several findings may be about one thing (the score's PSI and its KS): the worst speaks.
fn worst_by_key<'a>(seen: &Seen<'a>, rules: &Rules) -> BTreeMap<Key, &'a Finding> {
    let mut worst: BTreeMap<Key, &Finding> = BTreeMap::new();
    let is_asked = |test: Test| !rules.ignores(test) && (!test.needs_labels() || is_judged(test, seen));
    for finding in seen.findings.iter().filter(|finding| is_asked(finding.test)) {
        let key = Key { model: seen.model.to_owned(), feature: finding.feature.clone(), test: finding.test };
        let kept = worst.entry(key).or_insert(finding);
        if finding.severity > kept.severity {
            *kept = finding;
        }
    }
    worst
}

fn born(key: &Key, finding: &Finding, from: Instant) -> Alert {
    Alert {
        id: None,
        key: key.clone(),
        phase: Phase::Pending,
        severity: finding.severity,
        streak: 1,
        since: from,
        latest: from,
        opened: None,
        told: None,
        told_severity: Severity::Stable,
        reminders: 0,
        thread: None,
        acknowledged: false,
        sentence: finding.reason.clone(),
        value: finding.value,
        limit: finding.limit,
    }
}

/// A pending or open alert after one more window.
fn moved(alert: &Alert, seen: &Seen<'_>, findings: &BTreeMap<Key, &Finding>, rules: &Rules, now: Instant) -> Alert {
    let mut alert = alert.clone();
    if is_gone(&alert) {
        return alert;
    }
    if let Some(finding) = findings.get(&alert.key) {
        if alert.phase == Phase::Recovered {
            // Nobody was told that it was over.
            alert.phase = Phase::Open;
        }
        alert.severity = finding.severity;
        alert.sentence.clone_from(&finding.reason);
        (alert.value, alert.limit) = (finding.value, finding.limit);
        // A latest window that lies ahead is of a clock that was ahead.
        let is_another = seen.from > alert.latest || alert.latest > now;
        if is_another {
            alert.latest = seen.from;
        }
        if alert.phase == Phase::Pending {
            alert.streak = alert.streak.saturating_add(u32::from(is_another));
            open_if_due(&mut alert, finding, seen, rules, now);
        }
    } else if rules.ignores(alert.key.test) || is_judged(alert.key.test, seen) {
        let subject = (alert.key.feature.clone(), alert.key.test);
        let is_near = seen.nearness.get(&subject).is_some_and(|nearness| *nearness >= WELL);
        if alert.phase == Phase::Pending || !is_near {
            alert.phase = Phase::Recovered;
        }
    }
    alert
}

/// Whether a run of that scope, without a finding of the test, says that all is well.
fn is_judged(test: Test, seen: &Seen<'_>) -> bool {
    if test.needs_labels() {
        return seen.is_labelled && matches!(seen.scope, Scope::Judged | Scope::Labels);
    }
    match seen.scope {
        Scope::Judged => true,
        Scope::NoVerdict => matches!(
            test,
            Test::NoData | Test::TooFew | Test::Volume | Test::RunFailed | Test::Source | Test::StaleReference
        ),
        Scope::Failed | Scope::Labels => false,
        Scope::Late => matches!(test, Test::RunFailed | Test::Source),
    }
}

/// Over, and nobody ever heard of it.
fn is_gone(alert: &Alert) -> bool {
    alert.phase == Phase::Recovered && alert.told.is_none()
}

fn open_if_due(alert: &mut Alert, finding: &Finding, seen: &Seen<'_>, rules: &Rules, now: Instant) {
    let at_once = match finding.test {
        // Nothing was logged, or the model is not the one it should be: a second window adds no evidence.
        Test::NoData | Test::Parity | Test::StaleReference => true,
        Test::Score | Test::ShareRefused => finding.severity == Severity::Alarm,
        Test::RunFailed | Test::Source => seen.lasting,
        _ => false,
    };
    if at_once || alert.streak >= rules.after {
        alert.phase = Phase::Open;
        alert.opened = Some(now);
    }
}

/// What cannot wait for the digest.
fn urgent(alert: &mut Alert, has_finding: bool, rules: &Rules, now: Instant) -> Option<Event> {
    match (alert.phase, alert.told) {
        (Phase::Recovered, Some(_)) => Some(told(alert, Change::Recovered, now)),
        // A watch waits for the digest.
        (Phase::Open, None) => (alert.severity > Severity::Watch).then(|| told(alert, Change::Opened, now)),
        (Phase::Open, Some(_)) if alert.severity > alert.told_severity => Some(told(alert, Change::Worsened, now)),
        (Phase::Open, Some(last)) if has_finding && !alert.acknowledged => {
            // Each reminder waits twice as long as the one before: a drift of two weeks is told four times, not fourteen.
            let wait = rules.cooldown.microseconds().max(1).saturating_mul(1 << alert.reminders.min(20));
            passed(last, now, wait).then(|| told(alert, Change::Reminded, now))
        }
        _ => None,
    }
}

fn is_untold(alert: &Alert) -> bool {
    alert.phase == Phase::Open && alert.told.is_none()
}

fn passed(last: Instant, now: Instant, wait: i64) -> bool {
    now.0.saturating_sub(last.0) >= wait
}

fn told(alert: &mut Alert, change: Change, now: Instant) -> Event {
    alert.told = Some(now);
    match change {
        Change::Reminded => alert.reminders = alert.reminders.saturating_add(1),
        Change::Opened | Change::Noted | Change::Worsened => {
            alert.reminders = 0;
            alert.told_severity = alert.severity;
        }
        Change::Recovered => {}
    }
    Event {
        key: alert.key.clone(),
        change,
        severity: alert.severity,
        sentence: alert.sentence.clone(),
        value: alert.value,
        limit: alert.limit,
        since: alert.since,
        thread: alert.thread.clone(),
    }
}
