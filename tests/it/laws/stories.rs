//! Properties of stories: every feature with a finding is in exactly one, whatever the order of the input, and what is known of
//! related features decides what caused a move.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use proptest::prelude::*;
use vigie::{
    drift::{Change, CommonValue, Drift, FeatureDrift, Missing, compare},
    judge::{
        Facts, Finding, Measure, Severity, Story, StoryCase, StoryKind, StoryReason, StorySide, Subject, Test, stories,
    },
    reference::name_blocks,
};
use vigie_profile::window::Instant;
use vigie_stats::EmptyBins;

use crate::support::{
    draw::Draw,
    lab::{Data, learnt, profiled},
};

const NAMES: [&str; 12] =
    ["B_DAYS_A", "B_DAYS_B", "B_DAYS_C", "B_AMT_A", "B_AMT_B", "B_AMT_C", "P_A", "P_B", "P_C", "AGE", "EXT_1", "EXT_2"];

/// All features, of which some moved.
static MEASURED: LazyLock<Drift> = LazyLock::new(|| {
    let shifts = [0.0, 0.6, -1.0].into_iter().cycle();
    drift(&NAMES.into_iter().zip(shifts).collect::<Vec<_>>())
});

/// Measured features of these names, whose windows are shifted by this many standard deviations.
pub(super) fn drift(features: &[(&str, f64)]) -> Drift {
    let columns = |rows: usize, is_window: bool, draw: &mut Draw| -> Vec<(String, Data)> {
        features
            .iter()
            .map(|(name, shift)| {
                let shift = if is_window { *shift } else { 0.0 };
                ((*name).to_owned(), Data::Numbers((0..rows).map(|_| draw.normal() + shift).collect()))
            })
            .collect()
    };
    let mut draw = Draw::seeded(7);
    let reference = learnt(&columns(4_000, false, &mut draw));
    let window = profiled(&reference, &columns(1_000, true, &mut draw));
    compare(&reference, &window, EmptyBins::HalfCount, 0.5).unwrap()
}

pub(super) fn finding(name: &str, test: Test, severity: Severity, value: f64) -> Finding {
    Finding {
        subject: Subject::Feature(name.to_owned()),
        test,
        severity,
        value: Some(value),
        limit: Some(0.1),
        q_value: Some(1e-9),
        facts: Facts::Psi { value, largest_bin: None, exact_test: None },
    }
}

/// What happened to a feature, and the missing share of its window.
pub(super) fn changed(feature: &mut FeatureDrift, change: Change) {
    let window = match change {
        Change::Absent => 1.0,
        Change::Gap { extent } => extent,
        _ => 0.0,
    };
    feature.missing = Missing { reference_share: Some(0.0), window_share: Some(window), p_value: None };
    feature.change = Some(change);
}

/// The stories of features with these changes, all in alarm by PSI, if `related` features are known.
pub(super) fn told(features: &[(&str, f64, Change)], related: &[(usize, usize, f64)]) -> Vec<Story> {
    let mut drift = drift(&features.iter().map(|(name, shift, _)| (*name, *shift)).collect::<Vec<_>>());
    let mut findings = Vec::new();
    for (measured, (name, _, change)) in drift.features.iter_mut().zip(features) {
        changed(measured, change.clone());
        findings.push(finding(name, Test::Measure(Measure::Psi), Severity::Alarm, 0.5));
    }
    stories_of(&drift, &findings, related)
}

pub(super) fn blocks(drift: &Drift) -> Vec<(String, Vec<usize>)> {
    let blocks = name_blocks(drift.features.iter().map(|feature| feature.name.as_str()));
    blocks.into_iter().map(|block| (block.prefix, block.features)).collect()
}

fn stories_of(drift: &Drift, findings: &[Finding], related: &[(usize, usize, f64)]) -> Vec<Story> {
    let blocks = blocks(drift);
    let to = |feature: usize| {
        let mut found: Vec<(usize, f64)> = related
            .iter()
            .filter_map(|(a, b, correlation)| match (*a == feature, *b == feature) {
                (true, _) => Some((*b, *correlation)),
                (_, true) => Some((*a, *correlation)),
                _ => None,
            })
            .collect();
        found.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        found
    };
    stories(&StoryCase { blocks: &blocks, related: &to, ..StoryCase::new(drift, findings, &[]) })
}

pub(super) fn name(story: &Story) -> String {
    story.subject().name().unwrap().to_owned()
}

pub(super) fn gap(extent: f64) -> Change {
    Change::Gap { extent }
}

#[test]
fn a_block_is_named_and_what_is_left_is_listed() {
    let dead = |name| (name, 0.0, gap(1.0));
    let found = told(&[dead("B_A"), dead("B_B"), dead("B_C"), dead("B_D"), dead("X"), ("P_A", 0.0, gap(0.3))], &[]);
    let names: Vec<String> = found.iter().map(name).collect();
    assert_eq!(names, ["B_*", "P_A", "X"]);
    let block = found[0].block.as_ref().unwrap();
    assert_eq!((block.prefix.as_str(), block.features, block.affected), ("B_", 4, 4));
    assert_eq!(found[0].reasons, [StoryReason::Emptied, StoryReason::WholeBlock]);
    assert!(found.iter().all(|story| story.side == StorySide::Pipeline), "{found:?}");
}

#[test]
fn a_member_without_a_finding_joins_its_block_if_it_lost_as_much() {
    let names = ["B_A", "B_B", "B_C", "B_D", "B_E", "B_F"];
    let mut drift = drift(&names.map(|name| (name, 0.0)));
    // All lost 40% of their values; the last two, of which one is mostly missing anyway, have no finding.
    let shares = [(0.0, 0.4), (0.0, 0.4), (0.1, 0.46), (0.0, 0.4), (0.9, 0.94), (0.0, 0.02)];
    for (feature, (before, after)) in drift.features.iter_mut().zip(shares) {
        let rows = |share: f64, all: u64| (share * all as f64).round() as u64;
        feature.empty.reference = rows(before, feature.n_reference);
        feature.empty.window = rows(after, feature.n_window);
        feature.missing = Missing { reference_share: Some(before), window_share: Some(after), p_value: None };
    }
    let findings: Vec<Finding> =
        names[..4].iter().map(|name| finding(name, Test::Measure(Measure::Missing), Severity::Alarm, 0.4)).collect();
    for (feature, share) in drift.features.iter_mut().zip([0.4; 4]) {
        feature.change = Some(gap(share));
    }
    let found = stories_of(&drift, &findings, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    let members: Vec<&str> = found[0].members.iter().map(|member| member.feature.as_str()).collect();
    assert_eq!(members, ["B_A", "B_B", "B_C", "B_D", "B_E"]);
    assert_eq!((found[0].block.as_ref().unwrap().affected, found[0].severity), (5, Severity::Alarm));
}

#[test]
fn two_blocks_that_break_at_once_are_two_stories() {
    let dead = |name| (name, 0.0, gap(1.0));
    let names = ["B_A", "B_B", "B_C", "P_A", "P_B", "P_C"];
    let found = told(&names.map(dead), &[]);
    assert_eq!(found.iter().map(name).collect::<Vec<_>>(), ["B_*", "P_*"]);
}

#[test]
fn two_causes_in_one_block_are_two_stories() {
    let unit = || Change::Unit { factor: 1_000.0, extent: 0.3 };
    let found = told(
        &[
            ("B_DAYS_A", 0.0, gap(1.0)),
            ("B_DAYS_B", 0.0, gap(1.0)),
            ("B_DAYS_C", 0.0, gap(1.0)),
            ("B_AMT_A", 0.0, unit()),
            ("B_AMT_B", 0.0, unit()),
            ("B_AMT_C", 0.0, Change::Unit { factor: 0.001, extent: 0.3 }),
        ],
        &[],
    );
    let told: Vec<(String, StoryKind, usize)> =
        found.iter().map(|story| (name(story), story.kind(), story.members.len())).collect();
    let expected = [("B_AMT_A+", StoryKind::Unit, 2), ("B_AMT_C", StoryKind::Unit, 1), ("B_DAYS_*", StoryKind::Gap, 3)];
    assert_eq!(told, expected.map(|(name, kind, members)| (name.to_owned(), kind, members)));
}

#[test]
fn a_related_feature_that_stands_still_proves_a_fault() {
    // GOODS has no finding, but is measured.
    let mut drift = drift(&[("CREDIT", 1.0), ("GOODS", 0.0)]);
    drift.features[0].change = Some(Change::Factor { factor: 1.3 });
    let findings = [finding("CREDIT", Test::Measure(Measure::Psi), Severity::Alarm, 0.5)];
    let story = |correlation| stories_of(&drift, &findings, &[(0, 1, correlation)]).remove(0);
    assert_eq!(story(0.9).reasons, [StoryReason::StoodStill { feature: "GOODS".to_owned() }]);
    assert_eq!(story(0.9).side, StorySide::Pipeline);
    // Not closely enough related to prove anything.
    assert_eq!(story(0.35).side, StorySide::Unknown);
    assert_eq!((story(0.2).side, story(0.2).reasons), (StorySide::Unknown, vec![StoryReason::NoRelative]));
}

#[test]
fn moves_that_correlated_features_share_are_one_story_of_the_population() {
    let shift = |name, by| (name, by, Change::Shift);
    // AGE leads; WORK follows as its correlation leads to expect; INCOME moves the other way, and ALONE has no relative.
    let features = [shift("AGE", 1.2), shift("WORK", 0.7), shift("INCOME", -0.6), shift("ALONE", 0.8)];
    let related = [(0, 1, 0.6), (0, 2, 0.15)];
    let found = told(&features, &related);
    let population: Vec<&Story> = found.iter().filter(|story| story.side == StorySide::Population).collect();
    let [story] = population.as_slice() else { panic!("{found:#?}") };
    assert_eq!(name(story), "AGE+");
    assert_eq!(story.members.iter().map(|one| one.feature.as_str()).collect::<Vec<_>>(), ["AGE", "WORK"]);
    assert_eq!(found.iter().filter(|story| story.side == StorySide::Unknown).count(), 2, "{found:#?}");
}

/// A gap on such a day is that of other applicants if they explain it, unless it takes nearly all values.
#[test]
fn a_partial_gap_beside_other_applicants_is_theirs_if_they_explain_it() {
    let mut drift = drift(&[("AGE", 1.2), ("WORK", 0.7), ("B_A", 0.0), ("P_A", 0.0)]);
    let mut findings = Vec::new();
    let changes = [Change::Shift, Change::Shift, gap(0.2), gap(0.95)];
    for (measured, change) in drift.features.iter_mut().zip(changes) {
        changed(measured, change);
        measured.missing.reference_share = Some(0.1);
        findings.push(finding(&measured.name, Test::Measure(Measure::Psi), Severity::Alarm, 0.5));
    }
    let related = |feature: usize| if feature < 2 { vec![(1 - feature, 0.6)] } else { Vec::new() };
    let found = |missing: Option<f64>| {
        stories(&StoryCase {
            related: &related,
            missing_with: &|_, _| missing,
            ..StoryCase::new(&drift, &findings, &[])
        })
    };
    let story_of = |missing, name: &str| found(missing).into_iter().find(|story| story.has(name)).unwrap();
    for missing in [None, Some(0.0), Some(0.3)] {
        assert_eq!(story_of(missing, "AGE").side, StorySide::Population);
        assert_eq!(story_of(missing, "P_A").side, StorySide::Pipeline);
    }
    // From 10% to 20%: a correlation of 0.3 leads to expect 11 points more, one of 0 none.
    assert_eq!(story_of(Some(0.3), "B_A"), story_of(Some(0.3), "AGE"));
    assert_eq!(story_of(Some(0.0), "B_A").side, StorySide::Pipeline);
    let unknown = story_of(None, "B_A");
    assert_eq!((unknown.side, unknown.members.len()), (StorySide::Unknown, 1));
    assert_eq!(unknown.reasons, [StoryReason::PopulationMoved { feature: "AGE".to_owned() }]);
    // Where hardly any was missing, no other applicants lead to so many, however the two go together.
    drift.features[2].missing.reference_share = Some(0.001);
    let found = stories(&StoryCase { related: &related, ..StoryCase::new(&drift, &findings, &[]) });
    let rare = found.iter().find(|story| story.has("B_A")).unwrap();
    assert_eq!((rare.side, rare.reasons.as_slice()), (StorySide::Pipeline, &[StoryReason::PartlyEmptied][..]));
}

#[test]
fn a_factor_that_several_features_share_cannot_be_told() {
    let by = |name, factor| (name, if name == "A" { 1.3 } else { 1.0 }, Change::Factor { factor });
    // GOODS stands still, which proves nothing about prices in general.
    let found =
        told(&[by("A", 1.30), by("B", 1.31), by("C", 1.5), ("GOODS", 0.0, Change::Shift)], &[(0, 3, 0.9), (1, 3, 0.9)]);
    let both = found.iter().find(|story| story.has("A")).unwrap();
    assert_eq!((name(both), both.side, both.members.len()), ("A+".to_owned(), StorySide::Unknown, 2));
    assert_eq!(both.reasons, [StoryReason::SharedFactor]);
}

/// Inflation and other applicants move related features alike, so those with about one factor prove nothing about each other,
/// also where chance has moved one of them out of the group.
#[test]
fn one_factor_of_all_related_features_cannot_be_told() {
    let by = |name, factor| (name, 0.6, Change::Factor { factor });
    let features = [by("CREDIT", 1.30), by("GOODS", 1.31), by("ANNUITY", 1.29), by("INCOME", 1.40)];
    let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
    let found = told(&features, &pairs.map(|(one, other)| (one, other, 0.6)));
    assert_eq!(found.iter().map(|story| story.members.len()).collect::<Vec<_>>(), [3, 1], "{found:#?}");
    for story in &found {
        assert_eq!((story.side, story.reasons.as_slice()), (StorySide::Unknown, &[StoryReason::SharedFactor][..]));
    }
}

/// Other applicants may bring features to one factor by chance: those that may follow the move of another one are part of it.
#[test]
fn a_shared_factor_is_taken_apart_if_other_applicants_explain_it() {
    let by = |name, shift, factor| (name, shift, Change::Factor { factor });
    let lead = || [("INCOME", -1.2, Change::Shift), by("CREDIT", -0.8, 0.61)];
    let related = [(0, 1, 0.5), (0, 2, 0.4), (1, 2, 0.8), (0, 3, 0.2)];
    let members = |shared: &[(&'static str, f64, Change)]| {
        let found = told(&[&lead()[..], shared].concat(), &related);
        let of = |side: StorySide| {
            let stories = found.iter().filter(move |story| story.side == side);
            stories
                .map(|story| story.members.iter().map(|one| one.feature.clone()).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
        (of(StorySide::Population), of(StorySide::Unknown))
    };
    let (annuity, debt) = (by("ANNUITY", -0.6, 0.72), by("DEBT", -0.25, 0.74));
    let (population, unknown) = members(&[annuity.clone(), debt.clone()]);
    assert_eq!(population.len(), 1, "{population:?}");
    assert_eq!(population[0][0], "INCOME");
    assert_eq!((population[0].len(), unknown.len()), (4, 0), "{population:?} {unknown:?}");
    // What the lead does not explain stays as it is.
    let (population, unknown) = members(&[annuity.clone(), debt.clone(), by("AREA", -0.9, 0.73)]);
    assert_eq!((population[0].len(), unknown), (4, vec![vec!["AREA".to_owned()]]));
    let (population, unknown) = members(&[annuity, debt, by("AREA", -0.9, 0.73), by("RENT", -0.5, 0.73)]);
    assert_eq!((population[0].len(), unknown), (4, vec![vec!["AREA".to_owned(), "RENT".to_owned()]]));
}

/// More rows with a value that the reference has, such as 0, may be part of the move, too.
#[test]
fn a_value_that_becomes_more_frequent_may_be_part_of_a_move() {
    let features = [
        ("AGE", 1.2, Change::Shift),
        ("WORK", 0.7, Change::Shift),
        ("LOANS", 0.4, Change::Atom { value: 0.0, extent: 0.2 }),
    ];
    let with = |correlation| told(&features, &[(0, 1, 0.6), (0, 2, correlation)]);
    let sides = |found: &[Story]| found.iter().map(|story| (story.side, story.members.len())).collect::<Vec<_>>();
    assert_eq!(sides(&with(0.3)), [(StorySide::Population, 3)]);
    assert_eq!(sides(&with(-0.3)).len(), 2, "it moved the other way");
}

/// Old values move no distribution: the block has a story although none of its features has a finding.
#[test]
fn a_block_with_old_values_is_a_story() {
    let drift = drift(&[("B_A", 0.0), ("B_B", 0.0), ("B_C", 0.0), ("AGE", 0.0)]);
    let facts = Facts::Stale { block: "B_".to_owned(), features: 3, share: 0.4, since: Instant(0) };
    let findings =
        [Finding { value: Some(0.4), limit: Some(0.1), ..Finding::of_run(Test::Stale, Severity::Alarm, facts) }];
    let found = stories_of(&drift, &findings, &[]);
    let [story] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((name(story), story.kind(), story.side), ("B_*".to_owned(), StoryKind::Stale, StorySide::Pipeline));
    assert_eq!((story.members.len(), story.severity), (3, Severity::Alarm));
}

fn change() -> impl Strategy<Value = Option<Change>> {
    let extent = || prop::sample::select(vec![0.1, 0.11, 0.3, 0.97, 1.0]);
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Change::Absent)),
        3 => extent().prop_map(|extent| Some(Change::Gap { extent })),
        1 => extent().prop_map(|extent| Some(Change::Filled { extent })),
        1 => extent().prop_map(|extent| Some(Change::Unit { factor: 1_000.0, extent })),
        1 => extent().prop_map(|extent| Some(Change::Sentinel { value: -1.0, extent })),
        1 => prop::sample::select(vec![1.3, 1.31, 0.5]).prop_map(|factor| Some(Change::Factor { factor })),
        1 => prop::sample::select(vec![-365.0, 12.0]).prop_map(|by| Some(Change::Offset { by })),
        1 => extent().prop_map(|extent| {
            Some(Change::Merged { from: "a".to_owned(), into: "b".to_owned(), extent })
        }),
        1 => Just(Some(Change::Constant { value: CommonValue::Number(0.0) })),
        3 => Just(Some(Change::Shift)),
    ]
}

fn tests() -> impl Strategy<Value = Vec<(Test, Severity, f64)>> {
    let measures = [Measure::Psi, Measure::Ks, Measure::Missing].map(Test::Measure);
    let one = (
        prop::sample::select(measures.to_vec()),
        prop::sample::select(vec![Severity::Watch, Severity::Alarm]),
        0.1..2.0,
    );
    prop::collection::vec(one, 1..4).prop_map(|mut tests| {
        tests.sort_by_key(|(test, ..)| *test);
        tests.dedup_by_key(|(test, ..)| *test);
        tests
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_finding_is_in_one_story_and_order_does_not_matter(
        features in prop::collection::vec((change(), tests()), NAMES.len()),
        correlations in prop::collection::vec((0..NAMES.len(), 0..NAMES.len(), -0.95_f64..0.95), 0..20),
        order in Just((0..NAMES.len()).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let mut drift = MEASURED.clone();
        let mut findings = Vec::new();
        for (measured, (change, tests)) in drift.features.iter_mut().zip(&features) {
            let Some(change) = change else { continue };
            changed(measured, change.clone());
            findings.extend(tests.iter().map(|(test, severity, value)| finding(&measured.name, *test, *severity, *value)));
        }
        let mut pairs = BTreeMap::new();
        for (a, b, correlation) in correlations {
            if a != b { pairs.insert((a.min(b), a.max(b)), correlation); }
        }
        let related: Vec<(usize, usize, f64)> = pairs.iter().map(|((a, b), correlation)| (*a, *b, *correlation)).collect();
        let found = stories_of(&drift, &findings, &related);

        // The same features in another order.
        let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(to, from)| (*from, to)).collect();
        let shuffled = Drift { features: order.iter().map(|from| drift.features[*from].clone()).collect(), ..drift.clone() };
        let moved: Vec<(usize, usize, f64)> = related.iter().map(|(a, b, correlation)| (place[a], place[b], *correlation)).collect();
        let reversed: Vec<Finding> = findings.iter().rev().cloned().collect();
        prop_assert_eq!(&stories_of(&shuffled, &reversed, &moved), &found);

        let mut in_stories = BTreeSet::new();
        for story in &found {
            for member in &story.members {
                for test in &member.tests {
                    prop_assert!(in_stories.insert((member.feature.clone(), *test)), "twice: {} {:?}", member.feature, test);
                }
            }
            let worst = story.members.iter().map(|member| member.severity).max();
            prop_assert_eq!(worst, Some(story.severity));
        }
        let all: BTreeSet<(String, Test)> =
            findings.iter().map(|one| (one.subject.name().unwrap().to_owned(), one.test)).collect();
        prop_assert_eq!(in_stories, all);
        let severities = |findings: &[Finding]| findings.iter().map(|finding| finding.severity).max();
        prop_assert_eq!(found.iter().map(|story| story.severity).max(), severities(&findings));
        let names: BTreeSet<Subject> = found.iter().map(Story::subject).collect();
        prop_assert_eq!(names.len(), found.len(), "two stories have one name");
    }
}
