//! The config's `fields` and `where`, made ready for reading: what is looked for, and what was found.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use vigie_profile::{
    batch::level_of_number,
    layout::Column,
    window::{Instant, Window},
};

use super::{Options, Scalar, Where, value::Value};
use crate::fault::{Fault, Result};

/// What one pass over the log wants.
#[derive(Debug, Clone)]
pub struct Request {
    /// The features, in the order they shall come.
    pub columns: Vec<Column>,
    /// Records outside are skipped; `None`: all times.
    pub window: Option<Window>,
}

/// A mapped field of `source.fields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Timestamp,
    Features,
    Probability,
    Decision,
    LatencyMs,
    Status,
    Error,
    Id,
    ModelVersion,
}

impl Field {
    /// Its key below `source.fields`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Features => "features",
            Self::Probability => "probability",
            Self::Decision => "decision",
            Self::LatencyMs => "latency_ms",
            Self::Status => "status",
            Self::Error => "error",
            Self::Id => "id",
            Self::ModelVersion => "model_version",
        }
    }
}

/// One mapped field: where it may stand, and what to multiply it by.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub field: Field,
    pub paths: Vec<String>,
    pub scale: f64,
}

/// Everything a reader has to know.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    /// None at all: rows are wanted whatever their time, and need have none.
    pub timestamp: Vec<String>,
    /// `None`: the features are the record's own fields.
    pub features: Option<Vec<String>>,
    /// All mapped fields but timestamp and features.
    pub places: Vec<Place>,
    /// The column of each place of a bare array.
    pub positions: Option<Vec<Option<usize>>>,
    pub only: Vec<(String, BTreeSet<String>)>,
    pub zone: TimeZone,
    pub columns: Vec<Column>,
    pub column_of: HashMap<String, usize>,
    pub window: Option<Window>,
}

impl Mapping {
    pub(super) fn new(options: &Options, request: &Request) -> Result<Self> {
        let fields = &options.fields;
        let zone = TimeZone::get(&options.timestamp_timezone).map_err(|_| {
            Fault::setup(format!(
                "source.timestamp_timezone: `{}` is no time zone; write one as Europe/Paris or UTC",
                options.timestamp_timezone
            ))
        })?;
        let column_of: HashMap<String, usize> =
            request.columns.iter().enumerate().map(|(index, column)| (column.name.clone(), index)).collect();
        let names = options.feature_names.as_ref().or(fields.feature_names.as_ref());
        let plain = |field, paths: &Option<super::Paths>| {
            paths.as_ref().map(|paths| Place { field, paths: owned(paths), scale: 1.0 })
        };
        let scaled = |field, scaled: &Option<super::Scaled>| {
            scaled.as_ref().map(|scaled| Place { field, paths: owned(scaled.paths()), scale: scaled.scale() })
        };
        let places = [
            scaled(Field::Probability, &fields.probability),
            plain(Field::Decision, &fields.decision),
            scaled(Field::LatencyMs, &fields.latency_ms),
            plain(Field::Status, &fields.status),
            plain(Field::Error, &fields.error),
            plain(Field::Id, &fields.id),
            plain(Field::ModelVersion, &fields.model_version),
        ];
        Ok(Self {
            timestamp: owned(&fields.timestamp),
            features: fields.features.as_ref().map(owned),
            places: places.into_iter().flatten().collect(),
            positions: names.map(|names| names.iter().map(|name| column_of.get(name).copied()).collect()),
            only: options.only.iter().map(|(path, wanted)| (path.clone(), spellings(wanted))).collect(),
            zone,
            columns: request.columns.clone(),
            column_of,
            window: request.window,
        })
    }

    /// Of labels: an id, and the outcome as if it were a decision.
    pub(super) fn of_labels(id: &str, target: &str) -> Self {
        let place = |field, path: &str| Place { field, paths: vec![path.to_owned()], scale: 1.0 };
        Self {
            timestamp: Vec::new(),
            // Nothing is asked for; a path that no row has costs no look at the others.
            features: None,
            places: vec![place(Field::Id, id), place(Field::Decision, target)],
            positions: None,
            only: Vec::new(),
            zone: TimeZone::UTC,
            columns: Vec::new(),
            column_of: HashMap::new(),
            window: None,
        }
    }

    /// The mapped fields with their paths as the config has them.
    pub(super) fn fields(&self) -> BTreeMap<Field, String> {
        let timestamp = (Field::Timestamp, self.timestamp.join(", "));
        let features = self.features.iter().map(|paths| (Field::Features, paths.join(", ")));
        let places = self.places.iter().map(|place| (place.field, place.paths.join(", ")));
        features.chain(places).chain([timestamp]).collect()
    }

    /// Whether a record at `instant` is wanted.
    pub(super) fn wants(&self, instant: Instant) -> bool {
        self.window.is_none_or(|window| window.contains(instant))
    }
}

/// Whether a value is one of those a `where` lets through.
pub(super) fn passes(value: Value<'_>, wanted: &BTreeSet<String>) -> bool {
    value.level().is_some_and(|level| wanted.contains(level.as_ref()))
}

fn owned(paths: &super::Paths) -> Vec<String> {
    paths.iter().map(ToOwned::to_owned).collect()
}

fn spellings(wanted: &Where) -> BTreeSet<String> {
    let spell = |scalar: &Scalar| match scalar {
        Scalar::Truth(truth) => Some(u8::from(*truth).to_string()),
        Scalar::Integer(integer) => Some(integer.to_string()),
        Scalar::Real(real) => level_of_number(*real),
        Scalar::Text(text) => vigie_profile::batch::level(text).map(std::borrow::Cow::into_owned),
    };
    match wanted {
        Where::Equals(scalar) => spell(scalar).into_iter().collect(),
        Where::OneOf(scalars) => scalars.iter().filter_map(spell).collect(),
    }
}

/// What readers met on their way. Merging is commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Records read, whatever their time, after `where`.
    pub records: u64,
    /// Records that `where` left out.
    pub filtered: u64,
    /// Mapped fields that at least one record has.
    pub fields: BTreeSet<Field>,
    /// Names that stand in records, for the operator: the least sixty.
    pub names: BTreeSet<String>,
}

const NAMES: usize = 60;

impl Found {
    /// Remembers a name that stands in a record.
    pub(super) fn name(&mut self, name: &str) {
        if !self.names.contains(name) {
            self.names.insert(name.chars().take(60).collect());
            if self.names.len() > NAMES {
                self.names.pop_last();
            }
        }
    }

    /// Adds what another reader met.
    pub fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.filtered += other.filtered;
        self.fields.extend(other.fields);
        for name in other.names {
            self.name(&name);
        }
    }
}
