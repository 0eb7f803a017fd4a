//! The config's `fields` and `where`, prepared for readers, and a summary of what readers found.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
};

use jiff::tz::TimeZone;
use vigie_profile::{
    batch::Value,
    layout::Column,
    near::folded_name,
    window::{Instant, Window},
};

use super::{
    Scalar, SourceOptions, Where,
    clock::TimeRules,
    file_summary::FileSummary,
    found_names::FoundNames,
    sequence::{SequenceTally, with_margin},
};
use crate::fault::{Fault, Result};

/// Features and window that one pass over the log reads.
#[derive(Debug, Clone)]
pub struct Request {
    /// The features, in the order in which to return them.
    pub columns: Vec<Column>,
    /// Records outside this window are skipped; `None`: no limit.
    pub window: Option<Window>,
}

/// A field of `source.fields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Timestamp,
    Features,
    Probability,
    /// A predicted number, which is read like a probability.
    Prediction,
    /// The probability of a class, by its place in alphabetical order.
    ClassProbability(u16),
    Decision,
    LatencyMs,
    Status,
    Error,
    Id,
    /// Id of the applicant, or of whatever the inputs describe.
    Entity,
    ModelVersion,
    /// Number of the record among those of its writer.
    Sequence,
    Writer,
    /// Records that the writer dropped just before this one.
    Dropped,
}

impl Field {
    /// The key in `source.fields`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Features => "features",
            Self::Probability => "probability",
            Self::Prediction => "prediction",
            Self::ClassProbability(_) => "probabilities",
            Self::Decision => "decision",
            Self::LatencyMs => "latency_ms",
            Self::Status => "status",
            Self::Error => "error",
            Self::Id => "id",
            Self::Entity => "entity",
            Self::ModelVersion => "model_version",
            Self::Sequence => "sequence",
            Self::Writer => "writer",
            Self::Dropped => "dropped",
        }
    }
}

/// One mapped field: its paths, and the factor to multiply it by.
#[derive(Debug, Clone)]
pub(super) struct MappedField {
    pub field: Field,
    pub paths: Vec<String>,
    pub scale: f64,
}

/// Everything a reader needs to know.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    /// If empty, all rows match, and need not have a time.
    pub timestamp: Vec<String>,
    /// `None`: the features are the record's own fields.
    pub features: Option<Vec<String>>,
    /// All mapped fields except timestamp and features.
    pub mapped: Vec<MappedField>,
    /// The column of each position in a bare array.
    pub positions: Option<Vec<Option<usize>>>,
    pub only: Vec<(String, BTreeSet<String>)>,
    pub times: TimeRules,
    pub columns: Vec<Column>,
    pub column_of: HashMap<String, usize>,
    pub window: Option<Window>,
    /// Values of the file's Hive partition that the mapping needs; `None`: missing. Fields of a record come first.
    pub partition: BTreeMap<String, Option<String>>,
}

impl Mapping {
    pub(super) fn new(options: &SourceOptions, request: &Request) -> Result<Self> {
        let fields = &options.fields;
        let zone = TimeZone::get(&options.timestamp_timezone).map_err(|_| {
            Fault::setup(format!(
                "source.timestamp_timezone: `{}` is not a time zone; use a name such as Europe/Paris or UTC",
                options.timestamp_timezone
            ))
        })?;
        let column_of = places_of(&request.columns);
        let names = options.feature_names.as_ref().or(fields.feature_names.as_ref());
        let plain = |field, paths: &Option<super::Paths>| {
            paths.as_ref().map(|paths| MappedField { field, paths: owned(paths), scale: 1.0 })
        };
        let scaled = |field, scaled: &Option<super::Scaled>| {
            scaled.as_ref().map(|scaled| MappedField { field, paths: owned(scaled.paths()), scale: scaled.scale() })
        };
        let classes = fields.probabilities.iter().flat_map(|classes| classes.values()).zip(0..);
        let classes = classes.map(|(paths, class)| MappedField {
            field: Field::ClassProbability(class),
            paths: owned(paths),
            scale: 1.0,
        });
        let mapped = [
            scaled(Field::Probability, &fields.probability),
            scaled(Field::Prediction, &fields.prediction),
            plain(Field::Decision, &fields.decision),
            scaled(Field::LatencyMs, &fields.latency_ms),
            plain(Field::Status, &fields.status),
            plain(Field::Error, &fields.error),
            plain(Field::Id, &fields.id),
            plain(Field::Entity, &fields.entity),
            plain(Field::ModelVersion, &fields.model_version),
            plain(Field::Sequence, &fields.sequence),
            plain(Field::Writer, &fields.writer),
            plain(Field::Dropped, &fields.dropped),
        ];
        Ok(Self {
            timestamp: owned(&fields.timestamp),
            features: fields.features.as_ref().map(owned),
            mapped: mapped.into_iter().flatten().chain(classes).collect(),
            positions: names.map(|names| names.iter().map(|name| column_of.get(name).copied()).collect()),
            only: options.only.iter().map(|(path, wanted)| (path.clone(), spellings(wanted))).collect(),
            times: TimeRules::new(zone, request.window),
            columns: request.columns.clone(),
            column_of,
            window: request.window,
            partition: BTreeMap::new(),
        })
    }

    /// The mapping of labels: an id, and the outcome in place of a decision.
    pub(super) fn for_labels(id: &str, target: &str) -> Self {
        let mapped = |field, path: &str| MappedField { field, paths: vec![path.to_owned()], scale: 1.0 };
        Self {
            timestamp: Vec::new(),
            // No features are read.
            features: None,
            mapped: vec![mapped(Field::Id, id), mapped(Field::Decision, target)],
            positions: None,
            only: Vec::new(),
            times: TimeRules::new(TimeZone::UTC, None),
            columns: Vec::new(),
            column_of: HashMap::new(),
            window: None,
            partition: BTreeMap::new(),
        }
    }

    /// The mapping of a feature table: an id, and the features of these columns.
    pub(super) fn for_features(id: &str, features: Option<&super::Paths>, columns: &[Column]) -> Self {
        Self {
            features: features.map(owned),
            mapped: vec![MappedField { field: Field::Id, paths: vec![id.to_owned()], scale: 1.0 }],
            columns: columns.to_vec(),
            column_of: places_of(columns),
            ..Self::for_labels("", "")
        }
    }

    /// The mapped fields with their paths as in the config.
    pub(super) fn fields(&self) -> BTreeMap<Field, String> {
        // The rows of a table need no time.
        let timestamp = (!self.timestamp.is_empty()).then(|| (Field::Timestamp, self.timestamp.join(", ")));
        let features = self.features.iter().map(|paths| (Field::Features, paths.join(", ")));
        let others = self.mapped.iter().map(|mapped| (mapped.field, mapped.paths.join(", ")));
        features.chain(others).chain(timestamp).collect()
    }

    /// The paths of a field, if it is mapped.
    pub(super) fn paths(&self, field: Field) -> Option<&[String]> {
        self.mapped.iter().find(|mapped| mapped.field == field).map(|mapped| mapped.paths.as_slice())
    }

    /// What to read of a log that is ordered by time: the window, and around it if records have sequence numbers.
    pub(super) fn scanned(&self) -> Option<Window> {
        let has_sequence = self.paths(Field::Sequence).is_some();
        self.window.map(|window| if has_sequence { with_margin(window) } else { window })
    }

    /// Number of classes whose probability is mapped.
    pub(super) fn classes(&self) -> usize {
        self.mapped.iter().filter(|mapped| matches!(mapped.field, Field::ClassProbability(_))).count()
    }

    /// Returns whether a field or feature may be read from a partition key.
    pub(super) fn needs(&self, key: &str) -> bool {
        let is = |path: &String| path == key;
        self.column_of.contains_key(key)
            || self.timestamp.iter().any(is)
            || self.mapped.iter().any(|mapped| mapped.paths.iter().any(is))
    }

    /// Returns the value of the first of `paths` that is a partition key.
    pub(super) fn in_partition(&self, paths: &[String]) -> Option<Value<'_>> {
        let value = paths.iter().find_map(|path| self.partition.get(path))?;
        Some(value.as_deref().map_or(Value::Null, Value::Text))
    }

    /// Returns whether the window contains `instant`.
    pub(super) fn wants(&self, instant: Instant) -> bool {
        self.window.is_none_or(|window| window.contains(instant))
    }
}

/// Returns whether a value passes a `where`.
pub(super) fn passes(value: Value<'_>, wanted: &BTreeSet<String>) -> bool {
    value.word().is_some_and(|word| wanted.contains(word.as_ref()))
}

/// Returns whether an error field with this value means that the request failed.
pub(super) fn is_failure(value: Value<'_>) -> bool {
    match value {
        Value::Nested => true,
        value => value.word().is_some_and(|word| word != "0"),
    }
}

/// The column of each feature: the first of two columns of one feature, which passes values on to the other.
fn places_of(columns: &[Column]) -> HashMap<String, usize> {
    columns.iter().enumerate().rev().map(|(index, column)| (column.name.clone(), index)).collect()
}

fn owned(paths: &super::Paths) -> Vec<String> {
    paths.iter().map(ToOwned::to_owned).collect()
}

fn spellings(wanted: &Where) -> BTreeSet<String> {
    match wanted {
        Where::Equals(scalar) => scalar.spelled().into_iter().collect(),
        Where::OneOf(scalars) => scalars.iter().filter_map(Scalar::spelled).collect(),
    }
}

/// What readers found in a log. Merging is commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSummary {
    /// Number of records that passed `where`, at any time.
    pub records: u64,
    /// Number of records excluded by `where`.
    pub filtered: u64,
    /// Mapped fields that at least one record has.
    pub fields: BTreeSet<Field>,
    /// Field names in the records, for messages.
    pub names: FoundNames,
    /// Keys of the inputs, for messages.
    pub inputs: FoundNames,
    /// Names that occur twice in a record or header.
    pub doubled: FoundNames,
    /// What was read of a file, by its name.
    pub(super) files: BTreeMap<PathBuf, FileSummary>,
    /// What the reader of one piece has read so far.
    pub(super) own: FileSummary,
    /// Whether times have no time zone.
    pub has_naive_times: bool,
    /// Sequence numbers of all records that were read, at any time and whether or not they passed `where`.
    pub sequence: SequenceTally,
}

impl ReadSummary {
    /// Returns whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0 && self.filtered == 0 && self.files.values().all(|file| file.parsed == 0)
    }

    /// Returns the fields whose names differ from those of the given features only in case or separators, by feature.
    #[must_use]
    pub fn other_spellings<'f>(&self, features: impl Iterator<Item = &'f str>) -> BTreeMap<String, String> {
        let mut spelled: HashMap<String, &str> = HashMap::new();
        for name in self.inputs.iter().chain(self.names.iter()) {
            spelled.entry(folded_name(name)).or_insert(name);
        }
        let other = |feature: &str| {
            let name = *spelled.get(&folded_name(feature))?;
            (name != feature).then(|| (feature.to_owned(), name.to_owned()))
        };
        features.filter_map(other).collect()
    }

    /// Adds what another reader found.
    pub fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.filtered += other.filtered;
        self.fields.extend(other.fields);
        self.names.merge(&other.names);
        self.inputs.merge(&other.inputs);
        self.doubled.merge(&other.doubled);
        for (path, file) in other.files {
            self.files.entry(path).or_default().merge(file);
        }
        self.own.merge(other.own);
        self.has_naive_times |= other.has_naive_times;
        self.sequence.merge(other.sequence);
    }
}
