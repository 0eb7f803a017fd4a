//! The `verdict` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::story::ReportedStory;
use crate::{
    judge::{Finding, Severity, StoryKind, Subject, Test},
    report::{
        Report,
        words::{Language, verdict_sentence},
    },
};

/// Verdict on the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictSection {
    /// Share of features at watch or alarm; null without a verdict.
    pub drifted_share: Option<f64>,
    /// Worst first.
    #[serde(default)]
    pub findings: Vec<ReportedFinding>,
    pub sentence: String,
    pub severity: Severity,
    /// What the findings about features amount to, worst first.
    #[serde(default)]
    pub stories: Vec<ReportedStory>,
    /// `drifted_share` weighted by importance; equal weights without importance.
    pub weighted_drifted_share: Option<f64>,
}

/// A test over its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedFinding {
    /// Whether many rows are left out, so that drift is that of the usable rows only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub among_usable_rows: bool,
    /// Whether cost or AUC was measured from labels, rather than estimated.
    #[serde(default)]
    pub by_labels: bool,
    /// The name, if the subject is a feature.
    pub feature: Option<String>,
    /// The limit that was exceeded.
    pub limit: Option<f64>,
    /// Benjamini–Hochberg.
    pub q_value: Option<f64>,
    pub reason: String,
    /// The name, if the subject is a segment.
    pub segment: Option<String>,
    pub severity: Severity,
    /// The table that the feature comes from, if the data dictionary of the reference says so; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_table: Option<String>,
    /// Missing in reports of earlier versions.
    #[schemars(with = "Subject")]
    pub subject: Option<Subject>,
    /// May be unknown when read from a report of another version.
    #[schemars(with = "Test")]
    pub test: String,
    pub value: Option<f64>,
}

impl VerdictSection {
    pub(super) fn new(report: &Report) -> Self {
        let verdict = &report.verdict;
        Self {
            drifted_share: verdict.drifted_share,
            findings: verdict
                .findings
                .iter()
                .map(|finding| ReportedFinding {
                    among_usable_rows: verdict.is_of_selection()
                        && matches!(finding.subject, Subject::Feature(_) | Subject::Score),
                    source_table: source_table(report, finding),
                    ..ReportedFinding::new(finding)
                })
                .collect(),
            sentence: verdict_sentence(report),
            severity: verdict.severity,
            stories: verdict.stories.iter().map(|story| ReportedStory::new(report, story)).collect(),
            weighted_drifted_share: verdict.weighted_drifted_share,
        }
    }
}

/// The table of the feature that a finding is about.
fn source_table(report: &Report, finding: &Finding) -> Option<String> {
    let name = finding.subject.feature()?;
    let place = report.drift.features.iter().position(|feature| feature.name == name)?;
    report.description(place)?.table.clone()
}

impl VerdictSection {
    /// Number of entries that users see: stories, and findings that are not about features. Reports of earlier versions
    /// have no stories.
    #[must_use]
    pub fn entries(&self) -> usize {
        let of_features = self.findings.iter().filter(|finding| finding.feature.is_some()).count();
        let of_old_values = self.stories.iter().filter(|story| story.kind == StoryKind::Stale).count();
        let told = if self.stories.is_empty() { of_features } else { self.stories.len() };
        (self.findings.len() + told).saturating_sub(of_features + of_old_values)
    }
}

impl ReportedFinding {
    fn new(finding: &Finding) -> Self {
        Self {
            among_usable_rows: false,
            by_labels: finding.test.needs_labels(),
            feature: finding.subject.feature().map(ToOwned::to_owned),
            limit: finding.limit,
            q_value: finding.q_value,
            reason: Language::English.statement(finding),
            segment: finding.subject.segment().map(ToOwned::to_owned),
            severity: finding.severity,
            source_table: None,
            subject: Some(finding.subject.clone()),
            test: finding.test.reported().word().to_owned(),
            value: finding.value,
        }
    }

    /// Returns whether the finding is about all rows: the run or the score.
    #[must_use]
    pub fn is_of_whole(&self) -> bool {
        self.feature.is_none() && self.segment.is_none()
    }
}
