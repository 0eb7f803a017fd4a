//! The proposed config, as values with their evidence.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vigie_profile::decision::HighScore;

use super::{found_field::FoundField, question::Question};
use crate::delimited::DetectedCsv;

/// The score of a proposal.
#[derive(Debug, Clone, PartialEq)]
pub enum ProposedScore {
    /// `scale` makes it a number from 0 to 1.
    Probability {
        field: FoundField,
        scale: f64,
    },
    Prediction(FoundField),
    /// A path for each class.
    Classes {
        field: FoundField,
        paths: BTreeMap<String, String>,
    },
}

impl ProposedScore {
    pub(super) fn field(&self) -> &FoundField {
        match self {
            Self::Probability { field, .. } | Self::Prediction(field) | Self::Classes { field, .. } => field,
        }
    }

    /// The path of the score.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.field().path
    }
}

/// What is proposed for a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Number of sampled records.
    pub records: usize,
    /// Whether `vigie serve` wrote the log, whose fields are known.
    pub is_own_log: bool,
    pub format: Option<&'static str>,
    /// How CSV is written, if not as usual.
    pub csv: Option<DetectedCsv>,
    pub timestamp: FoundField,
    pub is_naive: bool,
    /// The zone of times without one, if the user named it.
    pub timezone: Option<String>,
    /// `None`: the record's own fields.
    pub features: Option<String>,
    pub features_evidence: String,
    /// Names of the inputs.
    pub feature_names: Vec<String>,
    /// Whether the layout has no names, and where the proposed ones come from.
    pub names_from: Option<&'static str>,
    /// Own fields of the record that are no inputs: to be ignored when a reference is learnt from the log.
    pub ignored: Vec<String>,
    pub score: Option<ProposedScore>,
    pub other_scores: Vec<FoundField>,
    pub decision: Option<FoundField>,
    /// Words of decisions: accepted, refused.
    pub words: Option<(Vec<String>, Vec<String>)>,
    /// What the score is the probability of, if its name says so.
    pub event: Option<String>,
    pub high_score: HighScore,
    pub threshold: Option<(f64, String)>,
    pub latency: Option<(FoundField, f64)>,
    pub status: Option<FoundField>,
    pub error: Option<FoundField>,
    pub id: Option<FoundField>,
    pub version: Option<(FoundField, String)>,
    pub filter: Option<(FoundField, Vec<String>)>,
    /// What is open.
    pub questions: Vec<Question>,
}

impl Proposal {
    /// The `source:` section without its place, as the readers take it.
    #[must_use]
    pub fn source(&self, path: &str) -> Value {
        let mut fields = Map::new();
        let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        set("timestamp", json!(self.timestamp.path));
        let plain = [("status", &self.status), ("error", &self.error), ("id", &self.id), ("decision", &self.decision)];
        for (key, field) in plain {
            if let Some(field) = field {
                set(key, json!(field.path));
            }
        }
        if let Some(path) = &self.features {
            set("features", json!(path));
        }
        if let Some((version, _)) = &self.version {
            set("model_version", json!(version.path));
        }
        let scaled = |path: &str, scale: f64| match scale {
            1.0 => json!(path),
            scale => json!({"path": path, "scale": scale}),
        };
        if let Some((latency, scale)) = &self.latency {
            set("latency_ms", scaled(&latency.path, *scale));
        }
        match &self.score {
            Some(ProposedScore::Probability { field, scale }) => set("probability", scaled(&field.path, *scale)),
            Some(ProposedScore::Prediction(field)) => set("prediction", json!(field.path)),
            Some(ProposedScore::Classes { paths, .. }) => set("probabilities", json!(paths)),
            None => None,
        };
        let mut source = Map::new();
        let mut set = |key: &str, value: Value| source.insert(key.to_owned(), value);
        set("path", json!(path));
        if let Some(format) = self.format {
            set("format", json!(format));
        }
        if let Some(csv) = &self.csv {
            set("csv", json!(csv.form));
        }
        if let Some((field, values)) = &self.filter {
            set("where", json!({field.path.clone(): values}));
        }
        if self.names_from.is_some() {
            set("feature_names", json!(self.feature_names));
        }
        if let Some(zone) = &self.timezone {
            set("timestamp_timezone", json!(zone));
        }
        set("fields", Value::Object(fields));
        Value::Object(source)
    }
}
