//! The keys of `source`, `labels` and `features`, as the sources themselves define them.

use serde_json::{Map, Value};

use super::{
    Problem,
    key::KeyPath,
    tree::{Content, YamlEntry},
};
use crate::source::{LOCATED_KEYS, OWN_LOG, PlaceOptions, PlaceSection};

/// Returns whether the section at `key`, as far as it has been read, requires the key `name`.
pub(super) fn is_required(key: &KeyPath, name: &str, section: &Map<String, Value>) -> bool {
    is_own_field(key, name) && name == "timestamp"
        || PlaceSection::ALL.into_iter().any(|place| key.matches(place.name()) && place.requires(name, section))
}

/// Returns whether these are the keys of a log that `vigie serve` wrote.
pub(super) fn is_own_log(key: &KeyPath, entries: &[YamlEntry]) -> bool {
    let is_kind = |entry: &YamlEntry| match &entry.value.content {
        Content::Scalar { text, .. } => entry.key == "kind" && text == OWN_LOG,
        Content::List(_) | Content::Section(_) => false,
    };
    key.matches("source") && entries.iter().any(is_kind)
}

/// Returns whether the key `name` of a section says where a record of the log has what.
pub(super) fn is_own_field(key: &KeyPath, name: &str) -> bool {
    key.matches("source.fields") || key.matches("source") && name == "fields"
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
