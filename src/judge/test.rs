//! The tests of a run, by the names used in reports, alerts and the config.

use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::Error as ValueError},
};

use super::Measure;

/// The test that a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    Absent,
    ShareRefused,
    Score,
    Latency,
    ErrorRate,
    NoData,
    TooFew,
    ModelVersion,
    Source,
    Volume,
    Parity,
    RunFailed,
    StaleReference,
    /// The registry that names model or reference cannot be reached.
    Registry,
    /// A block of features repeats rows of the previous window.
    Stale,
    Cost,
    Labels,
    Auc,
    /// Cost of decisions, measured from labels.
    RealisedCost,
    /// AUC of the labelled rows.
    RealisedAuc,
    /// Score of a segment compared with the same segment of the reference.
    SegmentScore,
    /// A segment accepted less often than another.
    Disparity,
    /// Logged decisions that contradict score and threshold, or cannot be read.
    Decision,
    /// Decisions against the score, where people may override the model, compared with earlier windows.
    Overrides,
    /// A feature without values.
    Dead,
    /// A feature with one value in all rows.
    Constant,
    /// Rows that should have been usable.
    LeftOut,
    /// Logged inputs that are not those of the feature table.
    Skew,
    /// Records that are missing in the log, by the sequence numbers of its writers.
    Sequence,
    /// A story about whether features have values: absent, missing or filled.
    Presence,
    /// A story about which values features have.
    Values,
    /// Drift of a feature, by the word of the measure.
    #[serde(untagged)]
    Measure(Measure),
}

impl Test {
    /// The tests of the run or the score as a whole, which alerts name by the test.
    pub const OF_WHOLE: [Self; 24] = [
        Self::ShareRefused,
        Self::Score,
        Self::Latency,
        Self::ErrorRate,
        Self::NoData,
        Self::TooFew,
        Self::ModelVersion,
        Self::Source,
        Self::Volume,
        Self::Parity,
        Self::RunFailed,
        Self::StaleReference,
        Self::Registry,
        Self::Stale,
        Self::Cost,
        Self::Labels,
        Self::Auc,
        Self::RealisedCost,
        Self::RealisedAuc,
        Self::Decision,
        Self::Overrides,
        Self::LeftOut,
        Self::Skew,
        Self::Sequence,
    ];

    /// Parses a name as used in alerts and the config.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::deserialize(IntoDeserializer::<ValueError>::into_deserializer(word)).ok()
    }

    /// Returns whether the test needs labels, which arrive long after the window.
    #[must_use]
    pub fn needs_labels(self) -> bool {
        matches!(self, Self::RealisedCost | Self::RealisedAuc)
    }

    /// Returns the test under which reports list it: they mark cost and AUC with `by_labels` instead.
    #[must_use]
    pub fn reported(self) -> Self {
        match self {
            Self::RealisedCost => Self::Cost,
            Self::RealisedAuc => Self::Auc,
            other => other,
        }
    }

    /// Returns the name used in alerts and the config.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::ShareRefused => "share_refused",
            Self::Score => "score",
            Self::Latency => "latency",
            Self::ErrorRate => "error_rate",
            Self::NoData => "no_data",
            Self::TooFew => "too_few",
            Self::ModelVersion => "model_version",
            Self::Source => "source",
            Self::Volume => "volume",
            Self::Parity => "parity",
            Self::RunFailed => "run_failed",
            Self::StaleReference => "stale_reference",
            Self::Registry => "registry",
            Self::Stale => "stale",
            Self::Cost => "cost",
            Self::Labels => "labels",
            Self::Auc => "auc",
            Self::RealisedCost => "realised_cost",
            Self::RealisedAuc => "realised_auc",
            Self::SegmentScore => "segment_score",
            Self::Disparity => "disparity",
            Self::Decision => "decision",
            Self::Overrides => "overrides",
            Self::Dead => "dead",
            Self::Constant => "constant",
            Self::LeftOut => "left_out",
            Self::Skew => "skew",
            Self::Sequence => "sequence",
            Self::Presence => "presence",
            Self::Values => "values",
            Self::Measure(measure) => measure.word(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn words_are_the_names_in_json() {
        let measures = Measure::ALL.iter().map(|measure| Test::Measure(*measure));
        for test in measures.chain([
            Test::Absent,
            Test::ShareRefused,
            Test::RealisedCost,
            Test::Disparity,
            Test::Decision,
            Test::Dead,
            Test::Constant,
            Test::LeftOut,
            Test::Sequence,
            Test::Presence,
            Test::Values,
        ]) {
            assert_eq!(serde_json::to_value(test).unwrap(), test.word());
            assert_eq!(Test::parse(test.word()), Some(test));
            let counts = BTreeMap::from([(test, 1)]);
            let json = serde_json::to_string(&counts).unwrap();
            assert_eq!(serde_json::from_str::<BTreeMap<Test, u8>>(&json).unwrap(), counts, "as a key");
        }
        assert_eq!(Test::parse("Psi"), None);
    }
}
