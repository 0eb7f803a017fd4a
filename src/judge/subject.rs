//! What a finding, an alert or an event is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The subject of a finding. In JSON `{"kind": "feature", "name": "AGE"}`; the name is null for the run and the score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "SubjectFields", into = "SubjectFields")]
pub enum Subject {
    /// The service, the log, or the window as a whole.
    Run,
    Score,
    Feature(String),
    /// Several features: the block `BUREAU_*`, or `AMT_CREDIT+`, a feature and others that changed in the same way.
    Group(String),
    /// A part of the rows, defined in the config.
    Segment(String),
}

/// Ends the name of a group without a common name, after the feature that leads it.
pub(super) const AND_OTHERS: &str = "+";

/// Returns the feature that leads a group of this name; `None` for blocks.
#[must_use]
pub fn led_by(group: &str) -> Option<&str> {
    group.strip_suffix(AND_OTHERS)
}

/// The kind of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SubjectKind {
    Run,
    Score,
    Feature,
    Group,
    Segment,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct SubjectFields {
    kind: SubjectKind,
    /// The name of the feature, group or segment; null for the run and the score.
    #[serde(default)]
    name: Option<String>,
}

impl From<SubjectFields> for Subject {
    fn from(SubjectFields { kind, name }: SubjectFields) -> Self {
        let name = name.unwrap_or_default();
        match kind {
            SubjectKind::Run => Self::Run,
            SubjectKind::Score => Self::Score,
            SubjectKind::Feature => Self::Feature(name),
            SubjectKind::Group => Self::Group(name),
            SubjectKind::Segment => Self::Segment(name),
        }
    }
}

impl From<Subject> for SubjectFields {
    fn from(subject: Subject) -> Self {
        let (kind, name) = match subject {
            Subject::Run => (SubjectKind::Run, None),
            Subject::Score => (SubjectKind::Score, None),
            Subject::Feature(name) => (SubjectKind::Feature, Some(name)),
            Subject::Group(name) => (SubjectKind::Group, Some(name)),
            Subject::Segment(name) => (SubjectKind::Segment, Some(name)),
        };
        Self { kind, name }
    }
}

impl Subject {
    /// Returns the subject with a kind's word and, for features, groups and segments, a name.
    #[must_use]
    pub fn parse(kind: &str, name: Option<String>) -> Option<Self> {
        match (kind, name) {
            ("run", _) => Some(Self::Run),
            ("score", _) => Some(Self::Score),
            ("feature", Some(name)) => Some(Self::Feature(name)),
            ("group", Some(name)) => Some(Self::Group(name)),
            ("segment", Some(name)) => Some(Self::Segment(name)),
            _ => None,
        }
    }

    /// Returns the word for the kind, as in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Score => "score",
            Self::Feature(_) => "feature",
            Self::Group(_) => "group",
            Self::Segment(_) => "segment",
        }
    }

    /// Returns the name of the feature, group or segment.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Run | Self::Score => None,
            Self::Feature(name) | Self::Group(name) | Self::Segment(name) => Some(name),
        }
    }

    /// Returns the name if the subject is a feature.
    #[must_use]
    pub fn feature(&self) -> Option<&str> {
        match self {
            Self::Feature(name) => Some(name),
            Self::Run | Self::Score | Self::Group(_) | Self::Segment(_) => None,
        }
    }

    /// Returns the name if the subject is a segment.
    #[must_use]
    pub fn segment(&self) -> Option<&str> {
        match self {
            Self::Segment(name) => Some(name),
            Self::Run | Self::Score | Self::Feature(_) | Self::Group(_) => None,
        }
    }

    /// Returns whether the subject is one feature or several.
    #[must_use]
    pub fn is_of_features(&self) -> bool {
        matches!(self, Self::Feature(_) | Self::Group(_))
    }

    /// Returns whether the subject is all rows: the run or the score.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Run | Self::Score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_has_a_kind_and_a_name_in_json() {
        for (subject, json) in [
            (Subject::Run, r#"{"kind":"run","name":null}"#),
            (Subject::Score, r#"{"kind":"score","name":null}"#),
            (Subject::Feature("AGE".to_owned()), r#"{"kind":"feature","name":"AGE"}"#),
            (Subject::Group("BUREAU_*".to_owned()), r#"{"kind":"group","name":"BUREAU_*"}"#),
            (Subject::Segment("sex = \"F\"".to_owned()), r#"{"kind":"segment","name":"sex = \"F\""}"#),
        ] {
            assert_eq!(serde_json::to_string(&subject).unwrap(), json);
            assert_eq!(serde_json::from_str::<Subject>(json).unwrap(), subject);
            let name = subject.name().map(ToOwned::to_owned);
            assert_eq!(Subject::parse(subject.kind(), name), Some(subject));
        }
        assert_eq!(Subject::parse("feature", None), None);
        assert_eq!(Subject::parse("planet", Some("Mars".to_owned())), None);
    }
}
