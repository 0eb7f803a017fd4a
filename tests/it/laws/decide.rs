//! Laws of the alert state machine: whatever happens, in whatever order, nobody is told twice, and nobody too late.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vigie::{
    alert::{Alert, Change, Decision, Event, Mute, Past, Phase, Rules, Scope, Seen, decide},
    judge::{Finding, Severity, Test},
};
use vigie_profile::window::{Instant, Span};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

fn finding(feature: Option<&str>, test: Test, severity: Severity) -> Finding {
    Finding {
        severity,
        feature: feature.map(ToOwned::to_owned),
        test,
        value: Some(0.3),
        limit: Some(0.25),
        q_value: None,
        reason: format!("{} {severity}", test.word()),
    }
}

fn rules(after: u32) -> Rules {
    Rules { after, cooldown: Span::from_hours(24), ignore: Vec::new() }
}

/// The ledger, in memory.
#[derive(Default)]
struct Story {
    past: Past,
    events: Vec<(i64, Event)>,
}

impl Story {
    fn window(&mut self, number: i64, scope: Scope, findings: &[Finding], near: f64, rules: &Rules) -> Vec<Change> {
        let nearness: BTreeMap<_, _> = [((Some("A".to_owned()), Test::Psi), near)].into();
        let seen = Seen {
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
            self.past.alerts.retain(|other| other.key != alert.key);
            if alert.phase != Phase::Recovered {
                self.past.alerts.push(alert.clone());
            }
        }
        if decision.digest {
            self.past.digest = Some(now);
        }
    }

    fn drift(&mut self, number: i64, severity: Option<Severity>) -> Vec<Change> {
        let findings: Vec<Finding> =
            severity.map(|severity| finding(Some("A"), Test::Psi, severity)).into_iter().collect();
        self.window(number, Scope::Judged, &findings, 0.0, &rules(2))
    }
}

const ALARM: Option<Severity> = Some(Severity::Alarm);
const WATCH: Option<Severity> = Some(Severity::Watch);

#[test]
fn an_alert_opens_with_the_second_window_and_recovers() {
    let mut story = Story::default();
    assert_eq!(story.drift(0, ALARM), []);
    assert_eq!(story.drift(1, ALARM), [Change::Opened]);
    assert_eq!(story.drift(2, None), [Change::Recovered]);
    assert_eq!(story.drift(3, None), []);
    assert!(story.past.alerts.is_empty());
}

#[test]
fn one_spike_opens_nothing_and_windows_must_follow_each_other() {
    let mut story = Story::default();
    for number in 0..10 {
        assert_eq!(story.drift(number, if number % 2 == 0 { ALARM } else { None }), []);
    }
}

#[test]
fn reminders_wait_longer_each_time_until_somebody_looks_after_it() {
    let mut story = Story::default();
    let told: Vec<i64> = (0..40).filter(|number| !story.drift(*number, ALARM).is_empty()).collect();
    assert_eq!(told, [1, 2, 4, 8, 16, 32]);
    story.past.alerts[0].acknowledged = true;
    for number in 40..200 {
        assert_eq!(story.drift(number, ALARM), []);
    }
    assert_eq!(story.drift(200, None), [Change::Recovered]);
}

#[test]
fn a_watch_is_noted_once_and_worsens_once() {
    let mut story = Story::default();
    story.drift(0, WATCH);
    assert_eq!(story.drift(1, WATCH), [Change::Noted]);
    assert_eq!(story.drift(2, ALARM), [Change::Worsened]);
    assert_eq!(story.drift(3, WATCH), [Change::Reminded]);
    assert_eq!(story.drift(4, ALARM), []);
}

#[test]
fn a_value_that_wavers_at_its_limit_is_one_alert() {
    let mut story = Story::default();
    story.drift(0, ALARM);
    story.drift(1, ALARM);
    for number in 2..8 {
        assert_eq!(story.window(number, Scope::Judged, &[], 0.85, &rules(2)), []);
        assert_eq!(story.past.alerts[0].phase, Phase::Open);
    }
    assert_eq!(story.window(8, Scope::Judged, &[], 0.79, &rules(2)), [Change::Recovered]);
}

#[test]
fn a_window_without_a_verdict_neither_opens_nor_recovers_drift() {
    let mut story = Story::default();
    story.drift(0, ALARM);
    story.drift(1, ALARM);
    let silent = [finding(None, Test::NoData, Severity::NoData)];
    assert_eq!(story.window(2, Scope::NoVerdict, &silent, 0.0, &rules(2)), [Change::Opened]);
    assert_eq!(story.past.alerts.len(), 2);
    assert_eq!(story.window(3, Scope::Failed, &[finding(None, Test::RunFailed, Severity::Alarm)], 0.0, &rules(2)), []);
    assert_eq!(story.drift(4, ALARM).len(), 2, "no_data recovers, the drift is reminded of");
}

#[test]
fn the_score_needs_one_window_and_what_is_ignored_none() {
    let mut story = Story::default();
    let score = [finding(None, Test::Score, Severity::Alarm)];
    assert_eq!(story.window(0, Scope::Judged, &score, 0.0, &rules(5)), [Change::Opened]);
    let deaf = Rules { ignore: vec![Test::Score], ..rules(5) };
    assert_eq!(story.window(1, Scope::Judged, &score, 0.0, &deaf), [Change::Recovered]);
    assert_eq!(story.window(2, Scope::Judged, &score, 0.0, &deaf), []);
    // Reports call both of them the cost.
    let deaf = Rules { ignore: vec![Test::Cost], ..rules(1) };
    let costs = [Test::Cost, Test::RealisedCost].map(|test| finding(None, test, Severity::Alarm));
    assert_eq!(story.window(3, Scope::Judged, &costs, 0.0, &deaf), []);
}

#[test]
fn what_is_muted_is_told_when_the_mute_ends_if_it_is_still_there() {
    let mut story = Story::default();
    let until = Instant(6 * DAY);
    story.past.mutes = vec![Mute { model: None, subject: "A".to_owned(), until }];
    for number in 0..5 {
        assert_eq!(story.drift(number, ALARM), [], "window {number}");
    }
    assert_eq!(story.drift(5, ALARM), [Change::Opened]);
    let mut quiet = Story::default();
    quiet.past.mutes.clone_from(&story.past.mutes);
    quiet.drift(0, ALARM);
    quiet.drift(1, ALARM);
    assert_eq!(quiet.drift(2, None), [], "it came and went, and nobody was to be told");
    assert!(quiet.past.alerts.is_empty());
}

#[test]
fn who_heard_that_it_began_hears_that_it_ended_once_the_mute_is_over() {
    let mut story = Story::default();
    story.drift(0, ALARM);
    assert_eq!(story.drift(1, ALARM), [Change::Opened]);
    story.past.mutes = vec![Mute { model: None, subject: "A".to_owned(), until: Instant(6 * DAY) }];
    for number in 2..5 {
        assert_eq!(story.drift(number, None), [], "window {number}");
    }
    assert_eq!(story.drift(5, None), [Change::Recovered]);
    assert!(story.past.alerts.is_empty());
}

/// The same failed window, tried again and again, is one window.
#[test]
fn a_window_that_is_tried_again_is_not_one_more() {
    let mut story = Story::default();
    let failed = [finding(None, Test::RunFailed, Severity::Alarm)];
    let mut fail = |number| story.window(number, Scope::Failed, &failed, 0.0, &rules(3));
    for _ in 0..10 {
        assert_eq!(fail(0), []);
    }
    assert_eq!(fail(1), []);
    // Older ones are tried again before a new one.
    assert_eq!(fail(0), []);
    assert_eq!(fail(1), []);
    assert_eq!(fail(2), [Change::Opened]);
    for _ in 0..3 {
        assert_eq!(fail(2), []);
    }
}

/// An older window that could be told at last ends its failure, and moves nothing else.
#[test]
fn a_late_success_ends_only_the_failure() {
    let mut story = Story::default();
    story.drift(0, ALARM);
    story.drift(1, ALARM);
    let failed = [finding(None, Test::RunFailed, Severity::Alarm)];
    story.window(2, Scope::Failed, &failed, 0.0, &rules(1));
    assert_eq!(story.window(2, Scope::Late, &[], 0.0, &rules(1)), [Change::Recovered]);
    assert_eq!(story.past.alerts.len(), 1, "the drift is open still");
}

/// Watches wait for the digest: at most one a day, unless a mail goes out anyway.
#[test]
fn a_digest_a_day() {
    let mut past = Past::default();
    let nearness = BTreeMap::new();
    let mut told = Vec::new();
    for hour in 0..72 {
        // One more feature is watched every six hours.
        let features: Vec<String> = (0..=hour / 6).map(|number| format!("F{number}")).collect();
        let findings: Vec<Finding> =
            features.iter().map(|feature| finding(Some(feature), Test::Psi, Severity::Watch)).collect();
        let now = Instant((hour + 1) * HOUR);
        let seen = Seen {
            model: "m",
            from: Instant(hour * HOUR),
            scope: Scope::Judged,
            findings: &findings,
            nearness: &nearness,
            lasting: false,
            is_labelled: true,
        };
        // Nothing is reminded of: a mail that goes out anyway would carry along what is new.
        let calm = Rules { cooldown: Span::from_days(60), ..rules(1) };
        let decision = decide(&seen, &past, &calm, now);
        if decision.digest {
            past.digest = Some(now);
            told.push((hour, decision.events.iter().filter(|event| event.change == Change::Noted).count()));
        }
        let mut story = Story { past, events: Vec::new() };
        story.remember(&decision, now);
        past = story.past;
    }
    assert_eq!(told, [(0, 1), (23, 3), (46, 4), (69, 4)]);
}

fn severity() -> impl Strategy<Value = Option<Severity>> {
    prop::sample::select(vec![None, None, WATCH, ALARM, ALARM])
}

proptest! {
    /// For every key the events read: (Opened or Noted), then Worsened at most once and reminders a cooldown apart,
    /// then Recovered; and again.
    #[test]
    fn every_story_is_well_formed(
        windows in prop::collection::vec((severity(), severity(), 0.0f64..1.2, 0u8..10), 1..60),
        after in 1u32..4,
    ) {
        let mut story = Story::default();
        for (number, (a, b, near, scope)) in windows.iter().enumerate() {
            let scope = match scope { 0 => Scope::Failed, 1 => Scope::NoVerdict, _ => Scope::Judged };
            let mut findings = Vec::new();
            if scope == Scope::Judged {
                findings.extend(a.map(|severity| finding(Some("A"), Test::Psi, severity)));
                findings.extend(b.map(|severity| finding(None, Test::Latency, severity)));
            }
            story.window(number as i64, scope, &findings, *near, &rules(after));
        }
        for test in [Test::Psi, Test::Latency] {
            let mut open = false;
            let mut worsened = false;
            let mut last = i64::MIN / 2;
            for (number, event) in story.events.iter().filter(|(_, event)| event.key.test == test) {
                match event.change {
                    Change::Opened | Change::Noted => { prop_assert!(!open); open = true; worsened = event.severity == Severity::Alarm; }
                    Change::Worsened => { prop_assert!(open && !worsened); worsened = true; }
                    Change::Reminded => { prop_assert!(open && number - last >= 1); }
                    Change::Recovered => { prop_assert!(open); open = false; }
                }
                last = *number;
            }
        }
        // One live alert a key.
        let mut keys: Vec<_> = story.past.alerts.iter().map(|alert| alert.key.clone()).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), story.past.alerts.len());
    }

    /// The same arguments give the same answer, and what is known in another order too.
    #[test]
    fn order_does_not_matter(a in severity(), b in severity(), c in severity(), after in 1u32..3) {
        let findings: Vec<Finding> = [(Some("A"), a), (Some("B"), b), (None, c)]
            .into_iter()
            .filter_map(|(feature, severity)| Some(finding(feature, Test::Psi, severity?)))
            .collect();
        let nearness = BTreeMap::new();
        let past = |reversed: bool| {
            let mut story = Story::default();
            story.window(0, Scope::Judged, &findings, 0.0, &rules(after));
            if reversed { story.past.alerts.reverse(); }
            story.past
        };
        let mut reversed = findings.clone();
        reversed.reverse();
        let seen = |findings| Seen { model: "m", from: Instant(DAY), scope: Scope::Judged, findings, nearness: &nearness, lasting: false, is_labelled: true };
        let now = Instant(3 * DAY);
        let one = decide(&seen(&findings), &past(false), &rules(after), now);
        let other = decide(&seen(&reversed), &past(true), &rules(after), now);
        prop_assert_eq!(one.events, other.events);
        let sorted = |mut alerts: Vec<Alert>| { alerts.sort_by(|a, b| a.key.cmp(&b.key)); alerts };
        prop_assert_eq!(sorted(one.alerts), sorted(other.alerts));
    }
}
