//! Stories of changes that ended, amounts that features share, rows of one client, and levels that follow other applicants.

use std::collections::BTreeSet;

use vigie::{
    drift::{Change, Drift, Onset, OnsetOf, compare},
    judge::{Measure, RepeatedBlock, Severity, Story, StoryCase, StoryKind, StoryReason, StorySide, Test, stories},
};
use vigie_profile::window::{Instant, Window};
use vigie_stats::EmptyBins;

use super::stories::{blocks, changed, drift, finding, gap, name, told};
use crate::support::lab::{Data, learnt, profiled};

/// What happened to features with these changes, in which these since when the window changed.
fn with_onset(features: &[(&'static str, f64, Change)], related: &[(usize, usize, f64)], onset: Onset) -> Vec<Story> {
    let mut drift = drift(&features.iter().map(|(name, by, _)| (*name, *by)).collect::<Vec<_>>());
    let mut findings = Vec::new();
    for (measured, (name, _, change)) in drift.features.iter_mut().zip(features) {
        changed(measured, change.clone());
        measured.onset = Some(onset);
        findings.push(finding(name, Test::Measure(Measure::Psi), Severity::Alarm, 0.5));
    }
    let day = Window::new(Instant(0), Instant(86_400_000_000)).unwrap();
    let to = |feature: usize| {
        let pairs = related.iter().filter_map(|(a, b, correlation)| match (*a == feature, *b == feature) {
            (true, _) => Some((*b, *correlation)),
            (_, true) => Some((*a, *correlation)),
            _ => None,
        });
        pairs.collect()
    };
    stories(&StoryCase { window: Some(day), related: &to, ..StoryCase::new(&drift, &findings, &[]) })
}

/// The applicants of an hour may differ from those of the day; a change that lasts from a minute on is a fault, and so is one of
/// missing values that ends.
#[test]
fn a_move_that_ended_is_not_a_fault_for_that() {
    let onset = |until| Onset { at: Instant(9), until, resolution_s: 60, of: OnsetOf::High, before: 0.1, after: 0.9 };
    let (lasts, ended) = (onset(None), onset(Some(Instant(10_000))));
    let side = |features: &[(&'static str, f64, Change)], onset| {
        let mut found = with_onset(features, &[(0, 1, 0.6)], onset);
        assert_eq!(found.len(), 1, "{found:#?}");
        let story = found.remove(0);
        (story.side, story.reasons)
    };
    let moved = [("AGE", 1.2, Change::Shift), ("WORK", 0.7, Change::Shift)];
    let (population, reasons) = side(&moved, ended);
    assert_eq!(population, StorySide::Population);
    assert_eq!(reasons, [StoryReason::MovedAlong { features: vec!["WORK".to_owned()] }]);
    let began = vec![StoryReason::Began { at: Instant(9) }];
    let alone = |change| [("AGE", 1.2, change)];
    assert_eq!(side(&alone(Change::Shift), lasts), (StorySide::Pipeline, began.clone()));
    assert_eq!(side(&alone(Change::Shift), ended), (StorySide::Unknown, vec![StoryReason::NoRelative]));
    let passed = StoryReason::Passed { from: Instant(9), until: Instant(10_000) };
    assert_eq!(side(&alone(gap(0.2)), ended), (StorySide::Pipeline, vec![StoryReason::PartlyEmptied, passed.clone()]));
    let new = Change::NewLevel { level: None, others: 0, extent: 0.2 };
    assert_eq!(side(&alone(new), ended), (StorySide::Pipeline, vec![passed]), "a new level for an hour");
}

#[test]
fn an_amount_that_features_share_is_a_fault_and_one_of_a_single_feature_a_move() {
    let by = |name, by| (name, 0.5, Change::Offset { by });
    let found = told(&[by("DAYS_A", -365.0), by("DAYS_B", -365.0), by("AGE", 12.0), ("WORK", 0.0, Change::Shift)], &[]);
    let described: Vec<_> = found.iter().map(|story| (name(story), story.kind(), story.side)).collect();
    let expected = [
        ("AGE", StoryKind::Shift, StorySide::Unknown),
        ("DAYS_A+", StoryKind::Offset, StorySide::Pipeline),
        ("WORK", StoryKind::Shift, StorySide::Unknown),
    ];
    let mut described = described;
    described.sort();
    assert_eq!(described, expected.map(|(name, kind, side)| (name.to_owned(), kind, side)));
    let shared = found.iter().find(|story| story.has("DAYS_B")).unwrap();
    assert_eq!((shared.members.len(), shared.reasons.as_slice()), (2, &[StoryReason::SharedOffset][..]));
}

/// Rows of one client in a block: whatever this did to a feature belongs to it, but not what concerns other rows or more of them.
#[test]
fn one_answer_for_many_rows_is_one_story_of_the_block() {
    let features = [
        ("B_A", Change::Atom { value: 7.0, extent: 0.24 }),
        ("B_B", Change::Sentinel { value: -3.0, extent: 0.26 }),
        ("B_C", Change::Shift),
        ("B_D", Change::Filled { extent: 0.25 }),
        ("B_E", gap(1.0)),
        ("B_F", Change::Sentinel { value: 365_243.0, extent: 0.06 }),
        ("AGE", Change::Shift),
    ];
    let mut drift = drift(&features.each_ref().map(|(name, _)| (*name, 0.5)));
    let mut findings = Vec::new();
    for (measured, (name, change)) in drift.features.iter_mut().zip(&features) {
        measured.change = Some(change.clone());
        findings.push(finding(name, Test::Measure(Measure::Psi), Severity::Alarm, 0.5));
    }
    let blocks = blocks(&drift);
    let repeated = [RepeatedBlock { block: "B_".to_owned(), share: 0.25 }];
    let case = StoryCase { blocks: &blocks, repeated: &repeated, ..StoryCase::new(&drift, &findings, &[]) };
    let found = stories(&case);
    let story = found.iter().find(|story| story.kind() == StoryKind::Repeated).unwrap();
    let members: BTreeSet<&str> = story.members.iter().map(|member| member.feature.as_str()).collect();
    assert_eq!(members, BTreeSet::from(["B_A", "B_B", "B_C", "B_D"]));
    assert_eq!((name(story), story.side, story.extent), ("B_*".to_owned(), StorySide::Pipeline, Some((0.25, 0.25))));
    assert_eq!(story.reasons, [StoryReason::OneAnswer, StoryReason::WholeBlock]);
    assert_eq!(found.iter().map(|story| story.members.len()).sum::<usize>(), features.len());
    let without = stories(&StoryCase { blocks: &blocks, ..StoryCase::new(&drift, &findings, &[]) });
    assert!(without.iter().all(|story| story.kind() != StoryKind::Repeated));
}

/// `AGE` and `WORK`, which moved together, and a feature with levels, of which the window has these rows.
fn with_levels(window: &[(&str, usize)], score: &dyn Fn(&str) -> Option<f64>) -> Vec<Story> {
    with_moves_and_levels([Change::Shift, Change::Shift], window, score)
}

fn with_moves_and_levels(
    moves: [Change; 2],
    window: &[(&str, usize)],
    score: &dyn Fn(&str) -> Option<f64>,
) -> Vec<Story> {
    let reference = [("employed", 2_000), ("pensioner", 800), ("student", 800), ("other", 400)];
    let rows = |levels: &[(&str, usize)]| -> Data {
        let rows = levels.iter().flat_map(|(level, rows)| std::iter::repeat_n(Some((*level).to_owned()), *rows));
        Data::Texts(rows.collect())
    };
    let numbers = drift(&[("AGE", 1.0), ("WORK", 0.7)]);
    let columns = |rows: Data| vec![("JOB".to_owned(), rows)];
    let job = learnt(&columns(rows(&reference)));
    let with_job = compare(&job, &profiled(&job, &columns(rows(window))), EmptyBins::HalfCount, 0.5).unwrap();
    let mut drift = Drift { features: numbers.features.into_iter().chain(with_job.features).collect(), ..with_job };
    let changes = moves.into_iter().chain([Change::Shift]);
    drift.features.iter_mut().zip(changes).for_each(|(feature, change)| feature.change = Some(change));
    let findings = ["AGE", "WORK", "JOB"].map(|name| finding(name, Test::Measure(Measure::Psi), Severity::Alarm, 0.5));
    let related = |feature: usize| if feature < 2 { vec![(1 - feature, 0.6)] } else { Vec::new() };
    let level_score = |feature: usize, level: Option<&str>, number: usize| {
        level.filter(|_| (feature, number) == (2, 0)).and_then(score)
    };
    stories(&StoryCase { related: &related, level_score: &level_score, ..StoryCase::new(&drift, &findings, &[]) })
}

fn old_or_young(level: &str) -> Option<f64> {
    let scores = [("pensioner", 1.2), ("student", -1.2), ("employed", 0.0), ("other", 0.0)];
    scores.iter().find(|(own, _)| *own == level).map(|(_, score)| *score)
}

const OLDER: [(&str, usize); 4] = [("employed", 500), ("pensioner", 400), ("student", 10), ("other", 90)];

/// One factor of two features may be a currency, but no currency changes who works.
#[test]
fn levels_show_other_applicants_where_numbers_cannot() {
    let factors = || [0.80, 0.81].map(|factor| Change::Factor { factor });
    let sides = |found: &[Story]| found.iter().map(|story| (story.side, story.members.len())).collect::<Vec<_>>();
    let found = with_moves_and_levels(factors(), &OLDER, &old_or_young);
    assert_eq!(sides(&found), [(StorySide::Population, 3)]);
    assert_eq!(found[0].reasons, [StoryReason::MovedAlong { features: vec!["JOB".to_owned()] }]);
    let unknown = with_moves_and_levels(factors(), &OLDER, &|_| None);
    let shared = unknown.iter().find(|story| story.has("AGE")).unwrap();
    assert_eq!((shared.side, shared.members.len()), (StorySide::Unknown, 2));
    assert_eq!(shared.reasons, [StoryReason::SharedFactor]);
}

#[test]
fn levels_that_follow_other_applicants_are_part_of_their_story() {
    let found = with_levels(&OLDER, &old_or_young);
    assert_eq!(
        found.iter().map(|story| (story.side, story.members.len())).collect::<Vec<_>>(),
        [(StorySide::Population, 3)]
    );
    // Another cause, on the same day: no pensioner is logged as such, and nobody else has their rows.
    let gone = [("employed", 600), ("pensioner", 0), ("student", 260), ("other", 140)];
    let found = with_levels(&gone, &old_or_young);
    let job = found.iter().find(|story| story.has("JOB")).unwrap();
    assert_eq!((job.side, job.members.len()), (StorySide::Unknown, 1));
    assert_eq!(job.reasons, [StoryReason::LevelGone { level: "pensioner".to_owned() }]);
    // Nothing is known about the levels.
    let unknown = with_levels(&OLDER, &|_| None);
    assert_eq!(unknown.iter().find(|story| story.has("JOB")).unwrap().side, StorySide::Unknown);
}
