//! The keys of `source`, `labels` and `features`, as the sources themselves define them.

use serde_json::{Map, Value};

use super::{Problem, key::KeyPath};
use crate::source::{LOCATED_KEYS, PlaceOptions, PlaceSection};

/// Returns whether the section at `key`, as far as it has been read, requires the key `name`.
pub(super) fn is_required(key: &KeyPath, name: &str, section: &Map<String, Value>) -> bool {
    PlaceSection::ALL.into_iter().any(|place| key.matches(place.name()) && place.requires(name, section))
}

/// Keys of these sections whose values are checked after parsing.
pub(super) fn located_keys() -> impl Iterator<Item = String> {
    let keys = |section: PlaceSection| LOCATED_KEYS.into_iter().map(move |key| format!("{}.{key}", section.name()));
    PlaceSection::ALL.into_iter().flat_map(keys)
}

/// Reports rows joined to the log that need a key because of where the log is.
pub(super) fn missing_key(section: PlaceSection, rows: &PlaceOptions, log: &PlaceOptions) -> Option<Problem> {
    let (key, why) = rows.missing_key(log)?;
    let key = format!("{}.{key}", section.name());
    let problem = Problem::new(key.as_str(), format!("`{key}` is missing; it is required because {why}"));
    Some(problem.hint(KeyPath::from_dotted(&key).hint()))
}
