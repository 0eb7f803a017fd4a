//! Decides how a judged window changes alerts, and which events are reported. Pure functions.

use std::collections::BTreeMap;

use vigie_profile::window::{Instant, Span};

use super::{Alert, AlertChange, AlertKey, Event, Mute, Phase, follow::follow, is_muted};
use crate::judge::{Finding, Measure, Severity, Subject, Test};

/// The settings of the config's `alerts:` section that affect decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Number of consecutive windows before an alert opens.
    pub after: u32,
    /// Minimum time before the first reminder of an open alert.
    pub cooldown: Span,
    /// Tests that never open an alert.
    pub ignore: Vec<Test>,
}

impl Rules {
    /// Matches the test by its own name or by its name in reports, where the realised cost is a cost too.
    #[must_use]
    pub fn ignores(&self, test: Test) -> bool {
        self.ignore.contains(&test) || self.ignore.contains(&test.reported())
    }
}

/// What can be concluded about alerts without a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every test was evaluated: no finding means recovery.
    Judged,
    /// Too few rows, or none: nothing can be concluded about drift and service.
    NoVerdict,
    /// The run failed: only the failure is known.
    Failed,
    /// An older window was reported late: it only affects alerts that its own failure opened.
    Late,
    /// Labels arrived for an earlier window: only label tests count.
    Labels,
}

/// The result of one window, as input to the decision.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    pub model: &'a str,
    /// Start of the window.
    pub from: Instant,
    pub scope: Scope,
    pub findings: &'a [Finding],
    /// Values with evidence, as shares of their limits: an open alert recovers below [`RECOVERY_SHARE`].
    pub nearness: &'a BTreeMap<(Subject, Test), f64>,
    /// The failure will not resolve by itself, so it is reported at once.
    pub lasting: bool,
    /// Whether enough rows have labels for the label tests.
    pub is_labelled: bool,
}

/// The state before the window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Pending and open alerts of the model, and those that ended before anyone was notified.
    pub alerts: Vec<Alert>,
    pub mutes: Vec<Mute>,
    /// When the model's last digest was sent.
    pub digest: Option<Instant>,
}

/// The changes caused by the window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// The new state of the alerts that changed.
    pub alerts: Vec<Alert>,
    /// Most severe first.
    pub events: Vec<Event>,
    /// Whether the events include the digest.
    pub digest: bool,
}

/// An open alert recovers below this share of its limit, so that a value that oscillates around the limit is one alert.
pub const RECOVERY_SHARE: f64 = 0.8;

/// Minimum time between digests: one a day, with an hour of tolerance so that a slightly early daily run is not skipped.
const DIGEST: Span = Span::from_hours(23);

/// A reminder may come early by this part of the cooldown.
const GRACE: i64 = 10;

/// Decides for one window. The result depends on the arguments only.
#[must_use]
pub fn decide(window: &Observation<'_>, history: &History, rules: &Rules, now: Instant) -> Decision {
    decide_all(&[*window], history, rules, now)
}

/// Decides for several windows, oldest first. Alerts pass through all windows; events report the final state only.
#[must_use]
pub fn decide_all(windows: &[Observation<'_>], history: &History, rules: &Rules, now: Instant) -> Decision {
    let mut alerts = history.alerts.clone();
    // Notified while the clock was ahead: the wait for a reminder begins now.
    alerts.iter_mut().for_each(|alert| alert.notified = alert.notified.map(|at| at.min(now)));
    let mut findings = BTreeMap::new();
    for window in windows {
        let followed = follow(alerts, window.findings);
        alerts = followed.alerts;
        findings = worst_by_key(window, &followed.findings, rules);
        alerts.iter_mut().for_each(|alert| *alert = advance(alert, window, &findings, rules, now));
        let known = |alerts: &[Alert], key: &AlertKey| {
            alerts.iter().any(|alert| alert.key() == *key && !is_discarded(alert) && alert.phase != Phase::Merged)
        };
        for (key, finding) in &findings {
            if !known(&alerts, key) {
                let mut alert = new_alert(window, finding);
                open_if_due(&mut alert, finding, window, rules, now);
                alerts.push(alert);
            }
        }
        // Alerts that opened and ended within these windows leave no trace.
        let was_known =
            |alert: &Alert| history.alerts.iter().any(|known| known.key() == alert.key() && known.since == alert.since);
        let is_over = |alert: &Alert| is_discarded(alert) || alert.phase == Phase::Ended;
        alerts.retain(|alert| !is_over(alert) || was_known(alert));
    }
    let muted = |alert: &Alert| is_muted(&history.mutes, &alert.model, &alert.finding, now);
    // If the start was notified, the recovery must be notified too: the alert stays open until the mute ends.
    for alert in
        alerts.iter_mut().filter(|alert| muted(alert) && alert.phase == Phase::Recovered && alert.notified.is_some())
    {
        alert.phase = Phase::Open;
    }
    // What began and ended while muted is of no interest.
    for alert in alerts.iter_mut().filter(|alert| muted(alert) && alert.phase == Phase::Ended) {
        alert.phase = Phase::Recovered;
    }
    let mut events = Vec::new();
    for alert in alerts.iter_mut().filter(|alert| !muted(alert)) {
        let has_finding = findings.contains_key(&alert.key());
        events.extend(urgent(alert, has_finding, rules, now));
    }
    // If an email is sent anyway, it includes what would otherwise wait for the digest.
    let due = history.digest.is_none_or(|last| last > now || has_elapsed(last, now, DIGEST.microseconds()));
    let mut digest = false;
    if due || !events.is_empty() {
        for alert in alerts.iter_mut().filter(|alert| !muted(alert) && is_unreported(alert)) {
            digest = true;
            events.push(notify(alert, AlertChange::Noted, now));
        }
        for alert in alerts.iter_mut().filter(|alert| !muted(alert) && alert.phase == Phase::Ended) {
            digest = true;
            alert.phase = Phase::Recovered;
            events.push(notify(alert, AlertChange::Recovered, now));
        }
    }
    events.sort_by(|a, b| {
        let (ours, theirs) = (&a.finding, &b.finding);
        let by_subject = (ours.subject.name(), ours.test).cmp(&(theirs.subject.name(), theirs.test));
        theirs.severity.cmp(&ours.severity).then(a.change.cmp(&b.change)).then(by_subject)
    });
    let changed = |alert: &Alert| !history.alerts.contains(alert);
    Decision { alerts: alerts.into_iter().filter(changed).collect(), events, digest }
}

/// Keeps the worst finding per key: several tests may be about one subject (PSI and KS of the score).
fn worst_by_key(window: &Observation<'_>, findings: &[Finding], rules: &Rules) -> BTreeMap<AlertKey, Finding> {
    let mut worst: BTreeMap<AlertKey, Finding> = BTreeMap::new();
    let counts = |test: Test| !rules.ignores(test) && (!test.needs_labels() || is_judged(test, window));
    for finding in findings.iter().filter(|finding| counts(finding.test)) {
        let kept = worst.entry(AlertKey::new(window.model, finding)).or_insert_with(|| finding.clone());
        if finding.severity > kept.severity {
            *kept = finding.clone();
        }
    }
    worst
}

fn new_alert(window: &Observation<'_>, finding: &Finding) -> Alert {
    Alert {
        id: None,
        model: window.model.to_owned(),
        finding: finding.clone(),
        phase: Phase::Pending,
        streak: 1,
        since: window.from,
        latest: window.from,
        opened: None,
        notified: None,
        notified_severity: Severity::Stable,
        reminders: 0,
        thread: None,
        acknowledged: false,
        origins: Vec::new(),
    }
}

/// Returns a pending or open alert after one more window.
fn advance(
    alert: &Alert,
    window: &Observation<'_>,
    findings: &BTreeMap<AlertKey, Finding>,
    rules: &Rules,
    now: Instant,
) -> Alert {
    let mut alert = alert.clone();
    if is_discarded(&alert) || alert.phase == Phase::Merged {
        return alert;
    }
    let test = alert.finding.test;
    if let Some(finding) = findings.get(&alert.key()) {
        if matches!(alert.phase, Phase::Recovered | Phase::Ended) {
            // The recovery was not notified.
            alert.phase = Phase::Open;
        }
        alert.finding = finding.clone();
        // A latest window in the future was recorded while the clock was ahead.
        let is_new_window = window.from > alert.latest || alert.latest > now;
        if is_new_window {
            alert.latest = window.from;
        }
        if alert.phase == Phase::Pending {
            alert.streak = alert.streak.saturating_add(u32::from(is_new_window));
            open_if_due(&mut alert, finding, window, rules, now);
        }
    } else if rules.ignores(test) || is_judged(test, window) {
        let is_near = nearness(&alert.finding, window, rules) >= RECOVERY_SHARE;
        match alert.phase {
            Phase::Pending => alert.phase = Phase::Recovered,
            Phase::Open if !is_near && alert.notified.is_none() => alert.phase = Phase::Ended,
            Phase::Open if !is_near => alert.phase = Phase::Recovered,
            Phase::Open | Phase::Ended | Phase::Recovered | Phase::Merged => {}
        }
    }
    alert
}

/// Returns how near an alert's value is to its limit in this window: for a story, the nearest of the tests about its features.
fn nearness(finding: &Finding, window: &Observation<'_>, rules: &Rules) -> f64 {
    let near = |subject: &Subject, test: Test| window.nearness.get(&(subject.clone(), test)).copied().unwrap_or(0.0);
    let Some(story) = finding.story() else { return near(&finding.subject, finding.test) };
    if finding.test == Test::Stale {
        return near(&Subject::Run, Test::Stale);
    }
    let missing = Test::Measure(Measure::Missing);
    let is_of_values = finding.test == Test::Values;
    let tests = Measure::ALL.iter().map(|measure| Test::Measure(*measure));
    let tests: Vec<Test> = tests.filter(|test| (*test != missing) == is_of_values && !rules.ignores(*test)).collect();
    let features = story.members.iter().map(|member| Subject::Feature(member.feature.clone()));
    features.flat_map(|feature| tests.iter().map(move |test| near(&feature, *test))).fold(0.0, f64::max)
}

/// Returns whether the absence of a finding of `test` in this window means recovery.
fn is_judged(test: Test, window: &Observation<'_>) -> bool {
    if test.needs_labels() {
        return window.is_labelled && matches!(window.scope, Scope::Judged | Scope::Labels);
    }
    match window.scope {
        Scope::Judged => true,
        Scope::NoVerdict => matches!(
            test,
            Test::NoData
                | Test::TooFew
                | Test::Volume
                | Test::RunFailed
                | Test::Source
                | Test::StaleReference
                | Test::Registry
        ),
        Scope::Failed | Scope::Labels => false,
        Scope::Late => matches!(test, Test::RunFailed | Test::Source),
    }
}

/// Returns whether an alert is over without ever having been notified.
fn is_discarded(alert: &Alert) -> bool {
    alert.phase == Phase::Recovered && alert.notified.is_none()
}

fn open_if_due(alert: &mut Alert, finding: &Finding, window: &Observation<'_>, rules: &Rules, now: Instant) {
    let at_once = match finding.test {
        // No data, the wrong model, or records that are gone: a second window adds no evidence.
        Test::NoData | Test::Parity | Test::StaleReference | Test::Sequence => true,
        _ if finding.is_dead_input() => true,
        Test::Score | Test::ShareRefused | Test::Decision | Test::LeftOut | Test::Stale | Test::Skew => {
            finding.severity == Severity::Alarm
        }
        Test::RunFailed | Test::Source => window.lasting,
        _ => false,
    };
    if at_once || alert.streak >= rules.after {
        alert.phase = Phase::Open;
        alert.opened = Some(now);
    }
}

/// Returns the event of an alert that cannot wait for the digest.
fn urgent(alert: &mut Alert, has_finding: bool, rules: &Rules, now: Instant) -> Option<Event> {
    match (alert.phase, alert.notified) {
        (Phase::Recovered, Some(_)) => Some(notify(alert, AlertChange::Recovered, now)),
        // A watch waits for the digest.
        (Phase::Open, None) => {
            (alert.finding.severity > Severity::Watch).then(|| notify(alert, AlertChange::Opened, now))
        }
        (Phase::Open, Some(_)) if alert.finding.severity > alert.notified_severity => {
            Some(notify(alert, AlertChange::Worsened, now))
        }
        (Phase::Open, Some(last)) if has_finding && !alert.acknowledged => {
            // The interval doubles with each reminder: two weeks of drift are reported four times, not fourteen.
            let interval = rules.cooldown.microseconds().max(1).saturating_mul(1 << alert.reminders.min(20));
            // A run that is a little earlier than the one before must not remind a whole run later.
            has_elapsed(last, now, interval - rules.cooldown.microseconds() / GRACE)
                .then(|| notify(alert, AlertChange::Reminded, now))
        }
        _ => None,
    }
}

fn is_unreported(alert: &Alert) -> bool {
    alert.phase == Phase::Open && alert.notified.is_none()
}

fn has_elapsed(last: Instant, now: Instant, wait: i64) -> bool {
    now.0.saturating_sub(last.0) >= wait
}

/// Marks an alert as notified and returns the event.
fn notify(alert: &mut Alert, change: AlertChange, now: Instant) -> Event {
    alert.notified = Some(now);
    match change {
        AlertChange::Reminded => alert.reminders = alert.reminders.saturating_add(1),
        AlertChange::Opened | AlertChange::Noted | AlertChange::Worsened => {
            alert.reminders = 0;
            alert.notified_severity = alert.finding.severity;
        }
        AlertChange::Recovered => {}
    }
    let (finding, thread, origins) = (alert.finding.clone(), alert.thread.clone(), alert.origins.clone());
    Event { change, finding, since: alert.since, thread, origins }
}
