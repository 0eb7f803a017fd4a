//! Stories in `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sorted::sorted;
use crate::{
    drift::{Change, Onset},
    judge::{Member, Severity, Story, StoryKind, StoryReason, StorySide, StoryTable, Subject, Test},
    report::{
        Report,
        words::{Language, advice::story_advice},
    },
};

/// Features that changed in the same way. Every feature with a finding is in exactly one story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedStory {
    /// What to do next.
    pub advice: String,
    /// The features of one source that the members are; null if they are not.
    pub block: Option<ReportedBlock>,
    /// What happened to the feature that leads.
    #[serde(serialize_with = "sorted")]
    pub change: Change,
    /// Null for a change that concerns all rows.
    pub extent: Option<ReportedExtent>,
    pub kind: StoryKind,
    /// Worst first; the first one leads.
    pub members: Vec<ReportedMember>,
    /// As alerts name it: a feature, a block such as `BUREAU_*`, or a feature and others, such as `AMT_CREDIT+`.
    pub name: String,
    /// Null unless it began inside the window.
    #[serde(serialize_with = "sorted")]
    pub onset: Option<Onset>,
    /// Why that side, or why none.
    #[serde(serialize_with = "sorted")]
    pub reasons: Vec<StoryReason>,
    pub sentence: String,
    /// Severity of the worst member.
    pub severity: Severity,
    /// The cause, as far as it is known.
    pub side: StorySide,
    /// The table that at least 90% of the members come from, if the data dictionary of the reference says so; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_table: Option<ReportedTable>,
    pub subject: Subject,
    /// The side and its reasons, as a sentence.
    pub why: String,
}

/// Features whose names begin alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedBlock {
    /// Number of features in the story's state, also if no test about them is over its limit.
    pub affected: usize,
    /// Number of features of the block.
    pub features: usize,
    pub prefix: String,
}

/// Share of rows that changed, among the members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedExtent {
    pub greatest: f64,
    pub least: f64,
}

/// The source table of a story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedTable {
    /// Number of members that come from it.
    pub features: usize,
    pub name: String,
}

/// A feature in a story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedMember {
    #[serde(serialize_with = "sorted")]
    pub change: Change,
    pub feature: String,
    pub severity: Severity,
    /// Tests over their limit, strongest first.
    #[schemars(with = "Vec<Test>")]
    pub tests: Vec<String>,
}

impl ReportedStory {
    pub(super) fn new(report: &Report, story: &Story) -> Self {
        let lead = story.lead().and_then(|lead| report.drift.features.iter().find(|drift| drift.name == lead.feature));
        let subject = story.subject();
        let language = Language::English;
        let block = story.block.as_ref().map(|block| ReportedBlock {
            affected: block.affected,
            features: block.features,
            prefix: block.prefix.clone(),
        });
        Self {
            advice: language.advice(story_advice(story, lead)).to_owned(),
            block,
            change: story.change.clone(),
            extent: story.extent.map(|(least, greatest)| ReportedExtent { greatest, least }),
            kind: story.kind(),
            members: story.members.iter().map(ReportedMember::new).collect(),
            name: subject.name().unwrap_or_default().to_owned(),
            onset: story.onset,
            reasons: story.reasons.clone(),
            sentence: language.story(&story.brief()),
            severity: story.severity,
            side: story.side,
            source_table: StoryTable::of(story)
                .map(|StoryTable { name, features, members: _ }| ReportedTable { features, name }),
            subject,
            why: language.side(story),
        }
    }
}

impl ReportedMember {
    fn new(member: &Member) -> Self {
        Self {
            change: member.change.clone(),
            feature: member.feature.clone(),
            severity: member.severity,
            tests: member.tests.iter().map(|test| test.word().to_owned()).collect(),
        }
    }
}
