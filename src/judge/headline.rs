//! What a run amounts to, as typed values: one sentence once it is rendered.

use serde::{Deserialize, Serialize};

use super::{
    Direction, Facts, Failure, Finding, Policy, Severity, Story, StoryBrief, StoryKind, Subject, Test, Verdict,
};
use crate::drift::Drift;

/// What a run or a message amounts to.
///
/// Headlines are stored in the ledger and in trend files: a variant or field may be added, but not renamed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Headline {
    /// The verdict of a report.
    Verdict(VerdictHeadline),
    /// There is no report. The test is `Source` if the log could not be read, otherwise `RunFailed`.
    Failed { test: Test, failure: Failure },
    /// Labels have arrived for this many windows.
    Labels { windows: usize },
    /// A test message.
    Test,
    /// A sentence from a version of vigie that stored no headline, and the French one if it stored that.
    Stored { sentence: String, french: Option<String> },
}

/// The verdict of a report in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerdictHeadline {
    pub severity: Severity,
    /// Rows used in the window, and the number needed for a verdict.
    pub rows: u64,
    pub min_rows: u64,
    /// Number of features.
    pub features: usize,
    pub drifted: Option<DriftedFeatures>,
    /// The first findings about the run, the score and segments, worst first.
    pub others: Vec<Finding>,
    /// Number of such findings beyond these.
    #[serde(default)]
    pub more_others: usize,
    /// Whether the worst finding is a story, which is about features.
    pub is_feature_worst: bool,
}

/// The drifted features of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftedFeatures {
    /// Number of features at watch or alarm.
    pub count: usize,
    /// The subject of the worst story, and the direction of the feature that leads it.
    pub worst: String,
    pub direction: Direction,
    /// The worst story, unless the direction says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<Box<StoryBrief>>,
    /// The subjects of the next stories, at most two.
    pub also: Vec<String>,
    /// Number of stories beyond these.
    pub more: usize,
}

/// Maximum number of findings that are not about features.
const MAX_OTHERS: usize = 3;
/// Maximum number of stories named after the worst.
const MAX_ALSO: usize = 2;

impl VerdictHeadline {
    #[must_use]
    pub fn new(drift: &Drift, verdict: &Verdict, policy: &Policy) -> Self {
        let others = verdict.others();
        let worst_other = others.first().map(|finding| (finding.severity, finding.subject.is_whole()));
        Self {
            severity: verdict.severity,
            rows: drift.n_window,
            min_rows: policy.min_rows,
            features: drift.features.len(),
            drifted: DriftedFeatures::new(drift, verdict),
            more_others: others.len().saturating_sub(MAX_OTHERS),
            others: others.into_iter().take(MAX_OTHERS).cloned().collect(),
            // Among equals, the service and the score come first, and segments last.
            is_feature_worst: verdict.stories.first().is_some_and(|story| {
                worst_other.is_none_or(|(severity, is_whole)| (story.severity, !is_whole) > (severity, false))
            }),
        }
    }
}

impl DriftedFeatures {
    fn new(drift: &Drift, verdict: &Verdict) -> Option<Self> {
        let (worst, others) = verdict.stories.split_first()?;
        let lead = worst.lead()?;
        let strongest = verdict.strongest_of(worst)?;
        let lead_drift = drift.features.iter().find(|feature| feature.name == lead.feature)?;
        let name = |story: &Story| story.subject().name().unwrap_or_default().to_owned();
        Some(Self {
            count: verdict.features.iter().filter(|feature| feature.severity.is_drift()).count(),
            worst: name(worst),
            direction: match &strongest.facts {
                Facts::Absent { near } => Direction::Absent { near: near.clone() },
                Facts::Dead { from, to } => Direction::Dead { from: *from, to: *to },
                Facts::Constant { value, .. } => Direction::Constant { value: value.clone() },
                _ => Direction::new(strongest.test, lead_drift),
            },
            story: (!is_direction(worst)).then(|| Box::new(worst.brief())),
            also: others.iter().take(MAX_ALSO).map(name).collect(),
            more: others.len().saturating_sub(MAX_ALSO),
        })
    }
}

/// Returns whether the direction of the lead says everything about a story.
fn is_direction(story: &Story) -> bool {
    let is_lone = matches!(story.subject(), Subject::Feature(_));
    let is_plain = match story.kind() {
        StoryKind::Absent | StoryKind::Gap | StoryKind::Filled | StoryKind::NewLevel | StoryKind::Shift => true,
        StoryKind::Unit
        | StoryKind::Sentinel
        | StoryKind::Atom
        | StoryKind::Constant
        | StoryKind::Spelling
        | StoryKind::Merged
        | StoryKind::Stale
        | StoryKind::Repeated
        | StoryKind::Offset
        | StoryKind::Factor => false,
    };
    is_lone && is_plain && story.onset.is_none()
}

impl Headline {
    /// Returns the headline without values of single rows.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            Self::Verdict(verdict) => {
                let others = verdict.others.into_iter().map(Finding::redacted).collect();
                let drifted = verdict.drifted.map(|drifted| {
                    let story = drifted.story.map(|story| Box::new(story.redacted()));
                    DriftedFeatures { story, direction: drifted.direction.redacted(), ..drifted }
                });
                Self::Verdict(VerdictHeadline { drifted, others, ..verdict })
            }
            Self::Failed { test, failure } => Self::Failed { test, failure: failure.redacted() },
            headline @ (Self::Labels { windows: _ } | Self::Test | Self::Stored { sentence: _, french: _ }) => headline,
        }
    }
}

#[cfg(test)]
mod tests {
    use vigie_profile::{
        decision::HighScore,
        window::{Instant, Window},
    };

    use super::*;
    use crate::{
        drift::{Change, CommonValue, Onset, OnsetOf, PsiBinKind},
        fault::{InputShape, LeftOut, LostInput, PublicCause},
        judge::{
            BinShare, Contradictions, DecisionCause, ExactTest, Facts, LeftOutKind, Measure, Member, Note, SkewCause,
            StoryBlock, StoryReason, StorySide, Subject, UnusableReason,
        },
        replay::ParityCause,
        skew::{RenamedLevel, SkewKind},
    };

    fn bin() -> BinShare {
        BinShare { kind: PsiBinKind::Level, label: "a \"b\"\n".to_owned(), from: 0.1, to: 1.0 / 3.0 }
    }

    fn window() -> Window {
        Window { from: Instant(1_790_812_800_000_000), to: Instant(1_790_899_200_000_000) }
    }

    /// Every kind of facts, with all of its fields.
    fn all_facts() -> Vec<Facts> {
        let (largest_bin, exact_test) = (Some(bin()), Some(ExactTest::OutOfRange));
        let public = PublicCause::Text("it broke".to_owned());
        vec![
            Facts::Psi { value: 0.1 + 0.2, largest_bin, exact_test },
            Facts::Psi { value: 1e-9, largest_bin: None, exact_test: None },
            Facts::Distance { measure: Measure::Chi2, value: 0.5, bounds: None, in_unit: None },
            Facts::Distance {
                measure: Measure::Wasserstein,
                value: 0.5,
                bounds: Some((0.4, 0.6)),
                in_unit: Some(30.0),
            },
            Facts::Missing { from: 0.0, to: 1.0 },
            Facts::Unseen { share: 0.3, excess: 0.2, levels: vec!["x".to_owned()], has_more: true },
            Facts::Absent { near: None },
            Facts::Absent { near: Some("age".to_owned()) },
            Facts::Dead { from: 0.13, to: 1.0 },
            Facts::Constant { value: CommonValue::Number(0.1 + 0.2), from: 0.4, to: 1.0 },
            Facts::Constant { value: CommonValue::Level(Some("x".to_owned())), from: 0.4, to: 0.995 },
            Facts::RowsLeftOut {
                what: LeftOutKind::Rows,
                rows: 300,
                of: 1_000,
                reason: UnusableReason::Percentage,
                with_reason: 290,
                example: Some("row 7".to_owned()),
                usual: 0.001,
                windows: 28,
                no_verdict: false,
            },
            Facts::ScoreNotMapped,
            Facts::RefusalRate { from: 0.1, to: 0.2 },
            Facts::ModelVersion { share: 0.1 },
            Facts::ErrorRate { share: 0.1 },
            Facts::Latency { p95_ms: 12.5 },
            Facts::NoData { has_unreadable: true, filtered: u64::MAX },
            Facts::TooFew { rows: 1, min_rows: 2 },
            Facts::Parity {
                compared: 10,
                mismatches: 3,
                max_difference: Some(1e-7),
                decisions_flipped: 1,
                cause: Some(ParityCause::SwappedColumns { first: "a".to_owned(), second: "b".to_owned() }),
            },
            Facts::Decision(Contradictions {
                rows: 700,
                accepted: 0,
                refused: 30,
                threshold: 0.5,
                high_score: HighScore::Good,
                cause: DecisionCause::Threshold { followed: 0.45 },
            }),
            Facts::UnknownDecisions { rows: 10, unknown: 4, words: vec!["x".to_owned()] },
            Facts::Overrides { refused: true, from: 0.02, to: 0.06, windows: 28 },
            Facts::Cost { by_labels: true, increase: 0.5, window: 3.0, reference: 2.0 },
            Facts::Auc { by_labels: false, drop: 0.05, window: 0.7, reference: 0.75 },
            Facts::SegmentScore { rows: 60, psi: 0.4, refused: Some((0.1, 0.2)) },
            Facts::Disparity { against: Some("b".to_owned()), ratio: 0.7, low: 0.6, high: 0.8 },
            Facts::Volume { records: 40, usual: 90.5, windows: 4 },
            Facts::StaleReference { days: 400, limit_days: 365 },
            Facts::RegistryAway { kept: "version 3 of credit-default".to_owned(), is_denied: false },
            Facts::Stale { block: "BUREAU_".to_owned(), features: 25, share: 0.3, since: window().from },
            Facts::Skew { compared: 700, causes: vec![skew_cause()], more: 2 },
            Facts::LeftOut(LeftOut { place: Some("a.csv".to_owned()), cause: Some("it is gone".to_owned()) }),
            Facts::Lost(LostInput {
                place: "a.csv".to_owned(),
                line: Some(1),
                shape: InputShape::Separator(';'),
                more: 0,
            }),
            Facts::Failed(Failure::Error { detail: Some("row 7".to_owned()), public }),
            Facts::Failed(Failure::Error { detail: None, public: PublicCause::Crashed }),
            Facts::Failed(Failure::Retried { windows: 2, first: window() }),
            Facts::Failed(Failure::Missed { windows: 40, span: window() }),
            Facts::Story {
                story: Box::new(story()),
                test: Test::Measure(Measure::Unseen),
                strongest: Box::new(Facts::Unseen { share: 0.3, excess: 0.2, levels: Vec::new(), has_more: true }),
            },
            Facts::Stored { sentence: Some("PSI 0.3".to_owned()) },
        ]
    }

    fn skew_cause() -> SkewCause {
        let (stored, logged) = (Some("a level".to_owned()), Some("one level".to_owned()));
        SkewCause {
            how: SkewKind::Renamed { levels: vec![RenamedLevel { stored, logged, rows: 9 }], more: 1 },
            block: Some(StoryBlock { prefix: "J_".to_owned(), features: 4, affected: 3 }),
            named: vec!["JOB".to_owned()],
            more: 2,
            share: 0.1 + 0.2,
        }
    }

    fn story() -> Story {
        let change = Change::NewLevel { level: Some("a level".to_owned()), others: 2, extent: 0.3 };
        let tests = vec![Test::Measure(Measure::Unseen)];
        Story {
            members: vec![Member {
                feature: "JOB".to_owned(),
                change: change.clone(),
                severity: Severity::Watch,
                tests,
                table: None,
            }],
            block: Some(StoryBlock { prefix: "J".to_owned(), features: 3, affected: 1 }),
            change,
            extent: Some((0.1 + 0.2, 0.4)),
            onset: Some(Onset {
                at: window().from,
                until: None,
                resolution_s: 60,
                of: OnsetOf::Unseen,
                before: 0.0,
                after: 0.6,
            }),
            severity: Severity::Watch,
            side: StorySide::Unknown,
            reasons: vec![StoryReason::NewLevel, StoryReason::MovedAlong { features: vec!["AGE".to_owned()] }],
        }
    }

    fn brief() -> StoryBrief {
        story().brief()
    }

    fn round_trip<T: Serialize + for<'de> Deserialize<'de> + PartialEq + std::fmt::Debug>(value: &T) {
        let json = serde_json::to_string(value).unwrap();
        assert_eq!(serde_json::from_str::<T>(&json).as_ref().unwrap(), value, "{json}");
    }

    #[test]
    fn payloads_are_read_as_they_were_written() {
        let directions = [
            Direction::Absent { near: None },
            Direction::Absent { near: Some("age".to_owned()) },
            Direction::Dead { from: 0.13, to: 1.0 },
            Direction::Constant { value: CommonValue::Number(-1e-9) },
            Direction::Missing { from: Some(0.1), to: None },
            Direction::Unseen { share: Some(0.2) },
            Direction::Above { from: 0.0, to: 0.4 },
            Direction::Below { from: 0.0, to: 0.4 },
            Direction::Equals { bin: bin() },
            Direction::Within { bin: bin() },
            Direction::Median { from: 41.0, to: 52.5 },
            Direction::Mean { from: 41.0, to: 52.5 },
            Direction::Unknown,
        ];
        let subjects = [Subject::Score, Subject::Segment("sex = F".to_owned())];
        let others = all_facts().into_iter().zip(subjects.iter().cycle()).map(|(facts, subject)| Finding {
            subject: subject.clone(),
            test: Test::SegmentScore,
            severity: Severity::TooFew,
            value: Some(0.3),
            limit: None,
            q_value: Some(1e-120),
            facts,
        });
        let others: Vec<Finding> = others.collect();
        all_facts().iter().for_each(round_trip);
        others.iter().for_each(round_trip);
        for direction in directions {
            let story = Some(Box::new(brief()));
            let worst =
                DriftedFeatures { count: 3, worst: "AGE".to_owned(), direction, story, also: Vec::new(), more: 1 };
            let verdict = VerdictHeadline {
                severity: Severity::Alarm,
                rows: 1_000,
                min_rows: 500,
                features: 5,
                drifted: Some(worst),
                others: others.clone(),
                more_others: 2,
                is_feature_worst: true,
            };
            round_trip(&Headline::Verdict(verdict));
        }
        let failure = Failure::Retried { windows: 1, first: window() };
        round_trip(&Headline::Failed { test: Test::Source, failure });
        round_trip(&Headline::Labels { windows: 6 });
        round_trip(&Headline::Test);
        round_trip(&Headline::Stored { sentence: "Alarm: x.".to_owned(), french: Some("Alarme : x.".to_owned()) });
        let from = Instant(1_790_812_800_000_000);
        round_trip(&Note::NewTrendLine { reference: true, model: false, from, reset_alerts: 2 });
        round_trip(&Note::Promoted {
            name: "credit-default".to_owned(),
            alias: Some("champion".to_owned()),
            former: 1,
            version: 2,
            from,
            new_line: true,
            reset_alerts: 0,
        });
        round_trip(&Note::Stored { sentence: "the reference changed".to_owned() });
    }

    #[test]
    fn redacted_headlines_hold_no_row() {
        let secrets = ["row 7", "it is gone", r#""x""#, "a level", "one level"];
        let others = all_facts().into_iter().map(|facts| Finding::of_run(Test::Score, Severity::Watch, facts));
        let verdict = VerdictHeadline {
            severity: Severity::Alarm,
            rows: 1,
            min_rows: 1,
            features: 1,
            drifted: Some(DriftedFeatures {
                count: 1,
                worst: "JOB".to_owned(),
                direction: Direction::Constant { value: CommonValue::Level(Some("one level".to_owned())) },
                story: Some(Box::new(brief())),
                also: Vec::new(),
                more: 0,
            }),
            others: others.collect(),
            more_others: 0,
            is_feature_worst: false,
        };
        let headline = Headline::Verdict(verdict);
        let text = |headline: &Headline| serde_json::to_string(headline).unwrap();
        assert!(secrets.iter().all(|secret| text(&headline).contains(secret)), "{}", text(&headline));
        let redacted = text(&headline.redacted());
        assert!(secrets.iter().all(|secret| !redacted.contains(secret)), "{redacted}");
    }
}
