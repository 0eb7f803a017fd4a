//! Properties of the alert state machine: for any sequence of windows, no notification is sent twice or too late.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vigie::{
    alert::{Alert, AlertChange, Decision, Event, History, Mute, Observation, Phase, Rules, Scope, decide},
    judge::{Facts, Finding, Measure, Severity, Subject, Test},
};
use vigie_profile::window::{Instant, Span};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

fn finding(feature: Option<&str>, test: Test, severity: Severity) -> Finding {
    Finding {
        subject: feature.map_or(Subject::Run, |name| Subject::Feature(name.to_owned())),
        severity,
        test,
        value: Some(0.3),
        limit: Some(0.25),
        q_value: None,
        facts: Facts::Psi { value: 0.3, largest_bin: None, exact_test: None },
    }
}

fn rules(after: u32) -> Rules {
    Rules { after, cooldown: Span::from_hours(24), ignore: Vec::new() }
}

/// Alert history in memory, in place of the ledger.
#[derive(Default)]
struct Timeline {
    past: History,
    events: Vec<(i64, Event)>,
}

impl Timeline {
    fn window(
        &mut self,
        number: i64,
        scope: Scope,
        findings: &[Finding],
        near: f64,
        rules: &Rules,
    ) -> Vec<AlertChange> {
        let nearness: BTreeMap<_, _> = [((Subject::Feature("A".to_owned()), Test::Measure(Measure::Psi)), near)].into();
        let seen = Observation {
            model: "m",
            from: Instant(number * DAY),
            scope,
            findings,
            nearness: &nearness,
            lasting: false,
            is_labelled: true,
        };
        let now = Instant((number + 1) * DAY + 6 * HOUR);
        let decision = decide(&seen, &self.past, rules, now);
        self.remember(&decision, now);
        self.events.extend(decision.events.iter().map(|event| (number, event.clone())));
        decision.events.iter().map(|event| event.change).collect()
    }

    fn remember(&mut self, decision: &Decision, now: Instant) {
        for alert in &decision.alerts {
            self.past.alerts.retain(|other| other.key() != alert.key());
            if alert.phase != Phase::Recovered {
                self.past.alerts.push(alert.clone());
            }
        }
        if decision.digest {
            self.past.digest = Some(now);
        }
    }

    fn drift(&mut self, number: i64, severity: Option<Severity>) -> Vec<AlertChange> {
        let findings: Vec<Finding> =
            severity.map(|severity| finding(Some("A"), Test::Measure(Measure::Psi), severity)).into_iter().collect();
        self.window(number, Scope::Judged, &findings, 0.0, &rules(2))
    }
}

const ALARM: Option<Severity> = Some(Severity::Alarm);
const WATCH: Option<Severity> = Some(Severity::Watch);

#[test]
fn an_alert_opens_with_the_second_window_and_recovers() {
    let mut timeline = Timeline::default();
    assert_eq!(timeline.drift(0, ALARM), []);
    assert_eq!(timeline.drift(1, ALARM), [AlertChange::Opened]);
    assert_eq!(timeline.drift(2, None), [AlertChange::Recovered]);
    assert_eq!(timeline.drift(3, None), []);
    assert!(timeline.past.alerts.is_empty());
}

#[test]
fn only_consecutive_windows_open_an_alert() {
    let mut timeline = Timeline::default();
    for number in 0..10 {
        assert_eq!(timeline.drift(number, if number % 2 == 0 { ALARM } else { None }), []);
    }
}

#[test]
fn reminders_back_off_and_stop_on_acknowledgement() {
    let mut timeline = Timeline::default();
    let notified: Vec<i64> = (0..40).filter(|number| !timeline.drift(*number, ALARM).is_empty()).collect();
    assert_eq!(notified, [1, 2, 4, 8, 16, 32]);
    timeline.past.alerts[0].acknowledged = true;
    for number in 40..200 {
        assert_eq!(timeline.drift(number, ALARM), []);
    }
    assert_eq!(timeline.drift(200, None), [AlertChange::Recovered]);
}

#[test]
fn a_watch_is_noted_once_and_worsens_once() {
    let mut timeline = Timeline::default();
    timeline.drift(0, WATCH);
    assert_eq!(timeline.drift(1, WATCH), [AlertChange::Noted]);
    assert_eq!(timeline.drift(2, ALARM), [AlertChange::Worsened]);
    assert_eq!(timeline.drift(3, WATCH), [AlertChange::Reminded]);
    assert_eq!(timeline.drift(4, ALARM), []);
}

#[test]
fn a_value_that_oscillates_around_its_limit_is_one_alert() {
    let mut timeline = Timeline::default();
    timeline.drift(0, ALARM);
    timeline.drift(1, ALARM);
    for number in 2..8 {
        assert_eq!(timeline.window(number, Scope::Judged, &[], 0.85, &rules(2)), []);
        assert_eq!(timeline.past.alerts[0].phase, Phase::Open);
    }
    assert_eq!(timeline.window(8, Scope::Judged, &[], 0.79, &rules(2)), [AlertChange::Recovered]);
}

#[test]
fn a_window_without_a_verdict_neither_opens_nor_recovers_drift() {
    let mut timeline = Timeline::default();
    timeline.drift(0, ALARM);
    timeline.drift(1, ALARM);
    let silent = [finding(None, Test::NoData, Severity::NoData)];
    assert_eq!(timeline.window(2, Scope::NoVerdict, &silent, 0.0, &rules(2)), [AlertChange::Opened]);
    assert_eq!(timeline.past.alerts.len(), 2);
    assert_eq!(
        timeline.window(3, Scope::Failed, &[finding(None, Test::RunFailed, Severity::Alarm)], 0.0, &rules(2)),
        []
    );
    assert_eq!(timeline.drift(4, ALARM).len(), 2, "no_data recovers, and there is a reminder of the drift");
}

#[test]
fn the_score_alerts_after_one_window_and_ignored_tests_never() {
    let mut timeline = Timeline::default();
    let score = [finding(None, Test::Score, Severity::Alarm)];
    assert_eq!(timeline.window(0, Scope::Judged, &score, 0.0, &rules(5)), [AlertChange::Opened]);
    let ignoring = Rules { ignore: vec![Test::Score], ..rules(5) };
    assert_eq!(timeline.window(1, Scope::Judged, &score, 0.0, &ignoring), [AlertChange::Recovered]);
    assert_eq!(timeline.window(2, Scope::Judged, &score, 0.0, &ignoring), []);
    // `cost` covers both tests, as it does in reports.
    let ignoring = Rules { ignore: vec![Test::Cost], ..rules(1) };
    let costs = [Test::Cost, Test::RealisedCost].map(|test| finding(None, test, Severity::Alarm));
    assert_eq!(timeline.window(3, Scope::Judged, &costs, 0.0, &ignoring), []);
}

/// Every daily run starts seven seconds earlier than the one before.
#[test]
fn a_run_that_is_a_little_early_reminds_in_time() {
    let mut timeline = Timeline::default();
    let findings = [finding(Some("A"), Test::Measure(Measure::Psi), Severity::Alarm)];
    let nearness = BTreeMap::new();
    let mut reminded = Vec::new();
    for number in 0..10 {
        let now = Instant((number + 1) * DAY + 6 * HOUR - number * 7_000_000);
        let seen = Observation {
            model: "m",
            from: Instant(number * DAY),
            scope: Scope::Judged,
            findings: &findings,
            nearness: &nearness,
            lasting: false,
            is_labelled: true,
        };
        let decision = decide(&seen, &timeline.past, &rules(1), now);
        reminded.extend(decision.events.iter().filter(|event| event.change == AlertChange::Reminded).map(|_| number));
        timeline.remember(&decision, now);
    }
    assert_eq!(reminded, [1, 3, 7]);
}

/// Hourly windows: the digest of the day has been sent when a watch begins and ends.
#[test]
fn a_watch_that_ends_before_its_digest_is_told_in_the_next_one() {
    let mut timeline = Timeline::default();
    let watch = |feature| finding(Some(feature), Test::Measure(Measure::Psi), Severity::Watch);
    let nearness = BTreeMap::new();
    let mut told = Vec::new();
    // B persists, A begins in the second hour and is over in the fourth, C as well, but it is muted.
    timeline.past.mutes = vec![Mute { model: None, subject: "C".to_owned(), until: Instant(10 * DAY) }];
    for hour in 0..50 {
        let mut findings = vec![watch("B")];
        if (1..4).contains(&hour) {
            findings.extend([watch("A"), watch("C")]);
        }
        let now = Instant((hour + 1) * HOUR);
        let seen = Observation {
            model: "m",
            from: Instant(hour * HOUR),
            scope: Scope::Judged,
            findings: &findings,
            nearness: &nearness,
            lasting: false,
            is_labelled: true,
        };
        let calm = Rules { cooldown: Span::from_days(60), ..rules(1) };
        let decision = decide(&seen, &timeline.past, &calm, now);
        let events = decision.events.iter();
        told.extend(events.map(|event| (hour, event.change, event.finding.subject.name().unwrap().to_owned())));
        timeline.remember(&decision, now);
    }
    let [noted, recovered] = ["B", "A"].map(ToOwned::to_owned);
    assert_eq!(told, [(0, AlertChange::Noted, noted), (23, AlertChange::Recovered, recovered)]);
}

#[test]
fn a_muted_alert_opens_when_the_mute_ends_if_it_persists() {
    let mut timeline = Timeline::default();
    let until = Instant(6 * DAY);
    timeline.past.mutes = vec![Mute { model: None, subject: "A".to_owned(), until }];
    for number in 0..5 {
        assert_eq!(timeline.drift(number, ALARM), [], "window {number}");
    }
    assert_eq!(timeline.drift(5, ALARM), [AlertChange::Opened]);
    let mut quiet = Timeline::default();
    quiet.past.mutes.clone_from(&timeline.past.mutes);
    quiet.drift(0, ALARM);
    quiet.drift(1, ALARM);
    assert_eq!(quiet.drift(2, None), [], "it opened and recovered while muted");
    assert!(quiet.past.alerts.is_empty());
}

#[test]
fn the_recovery_of_an_alert_that_was_notified_is_sent_after_the_mute() {
    let mut timeline = Timeline::default();
    timeline.drift(0, ALARM);
    assert_eq!(timeline.drift(1, ALARM), [AlertChange::Opened]);
    timeline.past.mutes = vec![Mute { model: None, subject: "A".to_owned(), until: Instant(6 * DAY) }];
    for number in 2..5 {
        assert_eq!(timeline.drift(number, None), [], "window {number}");
    }
    assert_eq!(timeline.drift(5, None), [AlertChange::Recovered]);
    assert!(timeline.past.alerts.is_empty());
}

/// Retries of a failed window count as one window.
#[test]
fn a_retried_window_counts_once() {
    let mut timeline = Timeline::default();
    let failed = [finding(None, Test::RunFailed, Severity::Alarm)];
    let mut fail = |number| timeline.window(number, Scope::Failed, &failed, 0.0, &rules(3));
    for _ in 0..10 {
        assert_eq!(fail(0), []);
    }
    assert_eq!(fail(1), []);
    // Older windows are retried before a new one.
    assert_eq!(fail(0), []);
    assert_eq!(fail(1), []);
    assert_eq!(fail(2), [AlertChange::Opened]);
    for _ in 0..3 {
        assert_eq!(fail(2), []);
    }
}

/// An older window that succeeds late ends its failure, and changes nothing else.
#[test]
fn a_late_success_ends_only_the_failure() {
    let mut timeline = Timeline::default();
    timeline.drift(0, ALARM);
    timeline.drift(1, ALARM);
    let failed = [finding(None, Test::RunFailed, Severity::Alarm)];
    timeline.window(2, Scope::Failed, &failed, 0.0, &rules(1));
    assert_eq!(timeline.window(2, Scope::Late, &[], 0.0, &rules(1)), [AlertChange::Recovered]);
    assert_eq!(timeline.past.alerts.len(), 1, "the drift alert is still open");
}

/// Watches wait for the digest, at most one per day, unless another mail is sent.
#[test]
fn one_digest_per_day() {
    let mut past = History::default();
    let nearness = BTreeMap::new();
    let mut digests = Vec::new();
    for hour in 0..72 {
        // Another feature reaches the watch limit every six hours.
        let features: Vec<String> = (0..=hour / 6).map(|number| format!("F{number}")).collect();
        let findings: Vec<Finding> = features
            .iter()
            .map(|feature| finding(Some(feature), Test::Measure(Measure::Psi), Severity::Watch))
            .collect();
        let now = Instant((hour + 1) * HOUR);
        let seen = Observation {
            model: "m",
            from: Instant(hour * HOUR),
            scope: Scope::Judged,
            findings: &findings,
            nearness: &nearness,
            lasting: false,
            is_labelled: true,
        };
        // No reminders: any other mail would include the new watches.
        let calm = Rules { cooldown: Span::from_days(60), ..rules(1) };
        let decision = decide(&seen, &past, &calm, now);
        if decision.digest {
            past.digest = Some(now);
            digests.push((hour, decision.events.iter().filter(|event| event.change == AlertChange::Noted).count()));
        }
        let mut timeline = Timeline { past, events: Vec::new() };
        timeline.remember(&decision, now);
        past = timeline.past;
    }
    assert_eq!(digests, [(0, 1), (23, 3), (46, 4), (69, 4)]);
}

fn severity() -> impl Strategy<Value = Option<Severity>> {
    prop::sample::select(vec![None, None, WATCH, ALARM, ALARM])
}

proptest! {
    /// The events of every key are: Opened or Noted, then at most one Worsened and reminders at least a cooldown apart,
    /// then Recovered, and so on.
    #[test]
    fn every_event_sequence_is_well_formed(
        windows in prop::collection::vec((severity(), severity(), 0.0f64..1.2, 0u8..10), 1..60),
        after in 1u32..4,
    ) {
        let mut timeline = Timeline::default();
        for (number, (a, b, near, scope)) in windows.iter().enumerate() {
            let scope = match scope { 0 => Scope::Failed, 1 => Scope::NoVerdict, _ => Scope::Judged };
            let mut findings = Vec::new();
            if scope == Scope::Judged {
                findings.extend(a.map(|severity| finding(Some("A"), Test::Measure(Measure::Psi), severity)));
                findings.extend(b.map(|severity| finding(None, Test::Latency, severity)));
            }
            timeline.window(number as i64, scope, &findings, *near, &rules(after));
        }
        for test in [Test::Measure(Measure::Psi), Test::Latency] {
            let mut open = false;
            let mut worsened = false;
            let mut last = i64::MIN / 2;
            for (number, event) in timeline.events.iter().filter(|(_, event)| event.finding.test == test) {
                match event.change {
                    AlertChange::Opened | AlertChange::Noted => { prop_assert!(!open); open = true; worsened = event.finding.severity == Severity::Alarm; }
                    AlertChange::Worsened => { prop_assert!(open && !worsened); worsened = true; }
                    AlertChange::Reminded => { prop_assert!(open && number - last >= 1); }
                    AlertChange::Recovered => { prop_assert!(open); open = false; }
                }
                last = *number;
            }
        }
        // At most one active alert per key.
        let mut keys: Vec<_> = timeline.past.alerts.iter().map(Alert::key).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), timeline.past.alerts.len());
    }

    /// The decision does not depend on the order of findings or alerts.
    #[test]
    fn order_does_not_matter(a in severity(), b in severity(), c in severity(), after in 1u32..3) {
        let findings: Vec<Finding> = [(Some("A"), a), (Some("B"), b), (None, c)]
            .into_iter()
            .filter_map(|(feature, severity)| Some(finding(feature, Test::Measure(Measure::Psi), severity?)))
            .collect();
        let nearness = BTreeMap::new();
        let past = |reversed: bool| {
            let mut timeline = Timeline::default();
            timeline.window(0, Scope::Judged, &findings, 0.0, &rules(after));
            if reversed { timeline.past.alerts.reverse(); }
            timeline.past
        };
        let mut reversed = findings.clone();
        reversed.reverse();
        let seen = |findings| Observation { model: "m", from: Instant(DAY), scope: Scope::Judged, findings, nearness: &nearness, lasting: false, is_labelled: true };
        let now = Instant(3 * DAY);
        let one = decide(&seen(&findings), &past(false), &rules(after), now);
        let other = decide(&seen(&reversed), &past(true), &rules(after), now);
        prop_assert_eq!(one.events, other.events);
        let sorted = |mut alerts: Vec<Alert>| { alerts.sort_by_key(Alert::key); alerts };
        prop_assert_eq!(sorted(one.alerts), sorted(other.alerts));
    }
}
