//! Alerts about stories: one for each, under a name that stays as long as it is true, told once and over once.

use std::collections::BTreeMap;

use vigie::{
    alert::{Alert, Decision, Event, History, Mute, Observation, Phase, Rules, Scope, decide},
    drift::Change,
    judge::{Facts, Finding, Measure, Member, Severity, Story, StoryBlock, StorySide, Subject, Test},
};
use vigie_profile::window::{Instant, Span};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

fn facts() -> Facts {
    Facts::Psi { value: 0.3, largest_bin: None, exact_test: None }
}

/// A story of these features; `block` is their prefix.
fn story(names: &[&str], change: &Change, block: Option<&str>) -> Finding {
    let test = Test::Measure(Measure::Psi);
    let member = |name: &&str| Member {
        feature: (*name).to_owned(),
        change: change.clone(),
        severity: Severity::Alarm,
        tests: vec![test],
        table: None,
    };
    let story = Story {
        members: names.iter().map(member).collect(),
        block: block.map(|prefix| StoryBlock {
            prefix: prefix.to_owned(),
            features: names.len(),
            affected: names.len(),
        }),
        change: change.clone(),
        extent: None,
        onset: None,
        severity: Severity::Alarm,
        side: StorySide::Unknown,
        reasons: Vec::new(),
    };
    Finding {
        subject: story.subject(),
        test: story.kind().test(),
        severity: Severity::Alarm,
        value: Some(0.3),
        limit: Some(0.25),
        q_value: None,
        facts: Facts::Story { story: Box::new(story), test, strongest: Box::new(facts()) },
    }
}

fn gap(names: &[&str]) -> Finding {
    story(names, &Change::Gap { extent: 1.0 }, None)
}

fn moved(names: &[&str]) -> Finding {
    story(names, &Change::Shift, None)
}

/// An alert of an earlier version: one test of one feature.
fn former(id: i64, name: &str, measure: Measure, severity: Severity) -> Alert {
    Alert {
        id: Some(id),
        model: "m".to_owned(),
        finding: Finding {
            subject: Subject::Feature(name.to_owned()),
            test: Test::Measure(measure),
            severity,
            value: Some(0.3),
            limit: Some(0.25),
            q_value: None,
            facts: facts(),
        },
        phase: Phase::Open,
        streak: 2,
        since: Instant(-2 * DAY),
        latest: Instant(-DAY),
        opened: Some(Instant(-DAY)),
        notified: Some(Instant(-6 * HOUR)),
        notified_severity: severity,
        reminders: 0,
        thread: None,
        acknowledged: false,
        origins: Vec::new(),
    }
}

/// Alert history in memory, in place of the ledger.
#[derive(Default)]
struct Timeline {
    past: History,
    next_id: i64,
}

impl Timeline {
    /// Decides on the stories of a day, and returns what is told: change, subject and test.
    fn day(&mut self, number: i64, findings: &[Finding]) -> Vec<String> {
        self.events(number, findings).iter().map(line).collect()
    }

    fn events(&mut self, number: i64, findings: &[Finding]) -> Vec<Event> {
        let seen = Observation {
            model: "m",
            from: Instant(number * DAY),
            scope: Scope::Judged,
            findings,
            nearness: &BTreeMap::new(),
            lasting: false,
            is_labelled: true,
        };
        let rules = Rules { after: 1, cooldown: Span::from_days(60), ignore: Vec::new() };
        let decision = decide(&seen, &self.past, &rules, Instant((number + 1) * DAY + 6 * HOUR));
        self.store(&decision);
        decision.events
    }

    /// Like the ledger: by number.
    fn store(&mut self, decision: &Decision) {
        for alert in &decision.alerts {
            self.past.alerts.retain(|other| other.id != alert.id);
            let mut alert = alert.clone();
            if alert.id.is_none() {
                self.next_id += 1;
                alert.id = Some(1_000 + self.next_id);
            }
            if matches!(alert.phase, Phase::Pending | Phase::Open | Phase::Ended) {
                self.past.alerts.push(alert);
            }
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.past.alerts.iter().map(|alert| alert.finding.subject.name().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

fn line(event: &Event) -> String {
    format!("{:?} {} {}", event.change, event.finding.subject.name().unwrap(), event.finding.test.word())
}

#[test]
fn a_story_is_told_once_and_over_once() {
    let mut timeline = Timeline::default();
    let all = story(&["B_A", "B_B", "B_C"], &Change::Gap { extent: 1.0 }, Some("B_"));
    assert_eq!(timeline.day(0, std::slice::from_ref(&all)), ["Opened B_* presence"]);
    // 98% on the next day, and not in the log at all on the third.
    let part = story(&["B_A", "B_B", "B_C"], &Change::Gap { extent: 0.98 }, Some("B_"));
    let none = story(&["B_A", "B_B", "B_C"], &Change::Absent, Some("B_"));
    assert_eq!(timeline.day(1, &[part]), [""; 0]);
    assert_eq!(timeline.day(2, &[none]), [""; 0]);
    assert_eq!(timeline.day(3, &[]), ["Recovered B_* presence"]);
    assert_eq!(timeline.day(4, &[]), [""; 0]);
    assert_eq!(timeline.names(), [""; 0]);
}

/// A move is a shift one day and a factor the next, led by one feature and then by another.
#[test]
fn a_group_keeps_its_name_while_its_lead_is_a_member() {
    let mut timeline = Timeline::default();
    assert_eq!(timeline.day(0, &[moved(&["AGE", "WORK", "CAR"])]), ["Opened AGE+ values"]);
    assert_eq!(timeline.day(1, &[moved(&["WORK", "AGE"])]), [""; 0]);
    assert_eq!(timeline.names(), ["AGE+"]);
    assert_eq!(timeline.day(2, &[story(&["WORK", "CAR"], &Change::Factor { factor: 1.3 }, None)]), [""; 0]);
    assert_eq!(timeline.names(), ["WORK+"], "AGE is no longer in it");
    assert_eq!(timeline.day(3, &[moved(&["WORK"])]), [""; 0]);
    assert_eq!(timeline.day(4, &[]), ["Recovered WORK values"]);
}

#[test]
fn stories_that_join_are_over_once_and_one_that_splits_off_is_new() {
    let mut timeline = Timeline::default();
    assert_eq!(timeline.day(0, &[gap(&["A"]), gap(&["B"])]), ["Opened A presence", "Opened B presence"]);
    assert_eq!(timeline.day(1, &[gap(&["A", "B"])]), [""; 0]);
    assert_eq!(timeline.names(), ["A+"]);
    assert_eq!(timeline.day(2, &[gap(&["A"]), gap(&["B"])]), ["Opened B presence"]);
    assert_eq!(timeline.day(3, &[]), ["Recovered A presence", "Recovered B presence"]);
}

/// What somebody was told about one feature does not keep them from hearing of the whole block, even if they work on it.
#[test]
fn a_story_that_grows_is_told_again() {
    let mut timeline = Timeline::default();
    timeline.day(0, &[gap(&["B_A"])]);
    timeline.past.alerts[0].acknowledged = true;
    let block = story(&["B_B", "B_A", "B_C"], &Change::Gap { extent: 1.0 }, Some("B_"));
    assert_eq!(timeline.day(1, std::slice::from_ref(&block)), ["Worsened B_* presence"]);
    assert!(!timeline.past.alerts[0].acknowledged);
    assert_eq!(timeline.day(2, &[block]), [""; 0]);
    assert_eq!(timeline.day(3, &[]), ["Recovered B_* presence"]);
}

/// A feature that breaks in another way has another alert: the first is over.
#[test]
fn another_kind_of_change_is_another_alert() {
    let mut timeline = Timeline::default();
    timeline.day(0, &[gap(&["A"])]);
    assert_eq!(timeline.day(1, &[moved(&["A"])]), ["Opened A values", "Recovered A presence"]);
}

/// Open alerts of an earlier version, one for each test of each feature, become one, without a message; when it is over, so
/// are all the incidents that they opened.
#[test]
fn alerts_of_earlier_versions_become_those_of_stories() {
    let mut timeline = Timeline::default();
    let names = ["B_A", "B_B", "B_C"];
    timeline.past.alerts = names
        .iter()
        .zip([10, 20, 30])
        .flat_map(|(name, id)| {
            [former(id, name, Measure::Psi, Severity::Watch), former(id + 1, name, Measure::Missing, Severity::Alarm)]
        })
        .collect();
    timeline.past.alerts.push(former(40, "AGE", Measure::Psi, Severity::Alarm));
    let block = story(&names, &Change::Gap { extent: 1.0 }, Some("B_"));
    assert_eq!(timeline.day(0, &[block.clone(), moved(&["AGE"])]), [""; 0]);
    assert_eq!(timeline.names(), ["AGE", "B_*"]);
    let ids: Vec<i64> = timeline.past.alerts.iter().filter_map(|alert| alert.id).collect();
    assert!(ids.contains(&40) && ids.contains(&10), "{ids:?}");
    // AGE is over; the block goes on for a while.
    assert_eq!(timeline.day(1, &[block]), ["Recovered AGE values"]);
    let over = timeline.events(2, &[]);
    assert_eq!(over.iter().map(line).collect::<Vec<_>>(), ["Recovered B_* presence"]);
    let mut origins: Vec<String> =
        over[0].origins.iter().map(|(subject, test)| format!("{} {}", subject.name().unwrap(), test.word())).collect();
    origins.sort();
    assert_eq!(
        origins,
        ["B_A missing", "B_A psi", "B_B missing", "B_B psi", "B_C missing", "B_C psi"],
        "each opened an incident"
    );
}

/// An alert of an earlier version whose feature is normal again recovers as before.
#[test]
fn former_alerts_without_a_story_recover() {
    let mut timeline = Timeline::default();
    timeline.past.alerts =
        vec![former(1, "A", Measure::Psi, Severity::Alarm), former(2, "B", Measure::Psi, Severity::Alarm)];
    assert_eq!(timeline.day(0, &[moved(&["A"])]), ["Recovered B psi"]);
    assert_eq!(timeline.names(), ["A"]);
}

#[test]
fn a_story_is_muted_by_its_name_or_by_all_of_its_features() {
    let mute = |subject: &str| Mute { model: None, subject: subject.to_owned(), until: Instant(10 * DAY) };
    let block = || story(&["B_A", "B_B"], &Change::Gap { extent: 1.0 }, Some("B_"));
    let told = |mutes: &[&str]| {
        let mut timeline = Timeline::default();
        timeline.past.mutes = mutes.iter().map(|subject| mute(subject)).collect();
        timeline.day(0, &[block()])
    };
    assert_eq!(told(&["B_*"]), [""; 0]);
    assert_eq!(told(&["B_A", "B_B"]), [""; 0]);
    assert_eq!(told(&["B_A"]), ["Opened B_* presence"]);
    assert_eq!(told(&["B_"]), ["Opened B_* presence"]);
    assert_eq!(told(&[]), ["Opened B_* presence"]);
}
