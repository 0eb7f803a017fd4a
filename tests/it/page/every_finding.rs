//! A finding of every kind, for tests of words.

use vigie::{
    drift::CommonValue,
    fault::{InputShape, LeftOut, LostInput, PublicCause},
    judge::{
        BinShare, Contradictions, DecisionCause, ExactTest, Facts, Failure, Finding, Measure, Severity, Subject, Test,
    },
    replay::ParityCause,
};
use vigie_profile::{decision::HighScore, window::Instant};

use super::{every_skew::every_skew, pseudo_unusable::losses};
use crate::support::{applicants::DAY, every_story::every_story};

pub(super) fn loss() -> LostInput {
    LostInput { place: "a.ndjson".to_owned(), line: Some(1), shape: InputShape::JsonArray, more: 2 }
}

/// A finding of every kind.
pub(super) fn every_finding() -> Vec<Finding> {
    let psi = |exact_test| Facts::Psi {
        value: 0.31,
        largest_bin: Some(BinShare {
            kind: vigie::drift::PsiBinKind::Unseen,
            label: "Astronaut".to_owned(),
            from: 0.1,
            to: 0.2,
        }),
        exact_test,
    };
    let left_out = || Facts::LeftOut(LeftOut { place: Some("a.parquet".to_owned()), cause: Some("torn".to_owned()) });
    let stored = |sentence: Option<&str>| Facts::Stored { sentence: sentence.map(ToOwned::to_owned) };
    let feature = |test, facts| (Subject::Feature("AGE".to_owned()), test, facts);
    let run = |test, facts| (Subject::Run, test, facts);
    let score = |test, facts| (Subject::Score, test, facts);
    let segment = |test, facts| (Subject::Segment("sex = M".to_owned()), test, facts);
    let unseen = Facts::Unseen { share: 0.1, excess: 0.05, levels: vec!["x".to_owned()], has_more: true };
    let distance = |measure| Facts::Distance { measure, value: 0.3, bounds: None, in_unit: None };
    let wasserstein =
        |bounds| Facts::Distance { measure: Measure::Wasserstein, value: 0.3, bounds, in_unit: Some(12.0) };
    let parity = Facts::Parity {
        compared: 10,
        mismatches: 3,
        max_difference: Some(0.1),
        decisions_flipped: 1,
        cause: Some(ParityCause::ZerosMissing),
    };
    let cost = |by_labels| Facts::Cost { by_labels, increase: 0.3, window: 130.0, reference: 100.0 };
    let auc = |by_labels| Facts::Auc { by_labels, drop: 0.1, window: 0.6, reference: 0.7 };
    let disparity = |against| Facts::Disparity { against, ratio: 0.7, low: 0.6, high: 0.8 };
    let error = Failure::Error { detail: Some("it failed".to_owned()), public: PublicCause::Crashed };
    let stale = || Facts::Stale { block: "BUREAU_".to_owned(), features: 25, share: 0.3, since: Instant(DAY) };
    [
        feature(Test::Measure(Measure::Psi), psi(None)),
        feature(Test::Measure(Measure::Psi), psi(Some(ExactTest::Missing))),
        feature(Test::Measure(Measure::Psi), psi(Some(ExactTest::Unseen))),
        feature(Test::Measure(Measure::Psi), psi(Some(ExactTest::OutOfRange))),
        feature(Test::Measure(Measure::Ks), distance(Measure::Ks)),
        feature(Test::Measure(Measure::Chi2), distance(Measure::Chi2)),
        feature(Test::Measure(Measure::Wasserstein), wasserstein(None)),
        feature(Test::Measure(Measure::Wasserstein), wasserstein(Some((0.2, 0.4)))),
        feature(Test::Measure(Measure::JensenShannon), distance(Measure::JensenShannon)),
        feature(Test::Measure(Measure::Missing), Facts::Missing { from: 0.1, to: 0.3 }),
        feature(Test::Measure(Measure::Unseen), unseen),
        feature(Test::Absent, Facts::Absent { near: None }),
        feature(Test::Absent, Facts::Absent { near: Some("age".to_owned()) }),
        feature(Test::Dead, Facts::Dead { from: 0.1, to: 1.0 }),
        feature(
            Test::Constant,
            Facts::Constant { value: CommonValue::Level(Some("x".to_owned())), from: 0.4, to: 0.995 },
        ),
        run(Test::Score, Facts::ScoreNotMapped),
        score(Test::Score, psi(None)),
        score(Test::Score, Facts::Missing { from: 0.1, to: 0.3 }),
        score(Test::ShareRefused, Facts::RefusalRate { from: 0.1, to: 0.3 }),
        run(Test::ModelVersion, Facts::ModelVersion { share: 0.2 }),
        run(Test::ErrorRate, Facts::ErrorRate { share: 0.2 }),
        run(Test::Latency, Facts::Latency { p95_ms: 120.0 }),
        run(Test::NoData, Facts::NoData { has_unreadable: false, filtered: 0 }),
        run(Test::NoData, Facts::NoData { has_unreadable: false, filtered: 7 }),
        run(Test::NoData, Facts::NoData { has_unreadable: true, filtered: 0 }),
        run(Test::TooFew, Facts::TooFew { rows: 5, min_rows: 100 }),
        run(Test::Parity, parity),
        run(Test::Cost, cost(false)),
        run(Test::RealisedCost, cost(true)),
        run(Test::Auc, auc(false)),
        run(Test::RealisedAuc, auc(true)),
        segment(Test::SegmentScore, Facts::SegmentScore { rows: 900, psi: 0.3, refused: Some((0.1, 0.2)) }),
        segment(Test::Disparity, disparity(None)),
        segment(Test::Disparity, disparity(Some("sex = F".to_owned()))),
        run(Test::Volume, Facts::Volume { records: 10, usual: 100.0, windows: 4 }),
        run(Test::StaleReference, Facts::StaleReference { days: 400, limit_days: 365 }),
        run(Test::Registry, Facts::RegistryAway { kept: "version 3 of x".to_owned(), is_denied: false }),
        run(Test::Registry, Facts::RegistryAway { kept: "version 3 of x".to_owned(), is_denied: true }),
        run(Test::Stale, stale()),
        run(Test::Source, left_out()),
        run(Test::Labels, left_out()),
        run(Test::Source, Facts::Lost(loss())),
        run(Test::Labels, Facts::Lost(loss())),
        run(Test::RunFailed, Facts::Failed(error)),
        feature(Test::Measure(Measure::Psi), stored(Some("PSI 0.3"))),
        run(Test::Source, stored(None)),
        feature(Test::Measure(Measure::Unseen), stored(None)),
    ]
    .into_iter()
    .chain(decisions().into_iter().chain(losses()).chain(missing_records()).map(|(test, facts)| run(test, facts)))
    .chain(every_skew().into_iter().map(|facts| run(Test::Skew, facts)))
    .chain(every_story())
    .map(|(subject, test, facts)| Finding {
        subject,
        test,
        severity: Severity::Watch,
        value: Some(0.31),
        limit: Some(0.25),
        q_value: Some(1e-9),
        facts,
    })
    .collect()
}

/// Findings about sequence numbers.
fn missing_records() -> [(Test, Facts); 4] {
    let missing = |missing, writers, dropped| Facts::MissingRecords { missing, writers, dropped, requests: 700 };
    [missing(3, 2, 1), missing(1, 1, 0), missing(0, 0, 40), Facts::UnfollowedSequence]
        .map(|facts| (Test::Sequence, facts))
}

/// Findings about decisions.
fn decisions() -> Vec<(Test, Facts)> {
    let (threshold, high_score) = (0.5, HighScore::Bad);
    let decision = |cause| {
        let facts = Contradictions { rows: 10, accepted: 3, refused: 1, threshold, high_score, cause };
        (Test::Decision, Facts::Decision(facts))
    };
    vec![
        decision(DecisionCause::OneWord { refused: true }),
        decision(DecisionCause::OneWord { refused: false }),
        decision(DecisionCause::Reversed),
        decision(DecisionCause::Threshold { followed: 0.45 }),
        decision(DecisionCause::Overrides),
        (Test::Decision, Facts::UnknownDecisions { rows: 10, unknown: 4, words: vec!["x".to_owned()] }),
        (Test::Overrides, Facts::Overrides { refused: true, from: 0.02, to: 0.06, windows: 28 }),
        (Test::Overrides, Facts::Overrides { refused: false, from: 0.02, to: 0.06, windows: 1 }),
    ]
}
