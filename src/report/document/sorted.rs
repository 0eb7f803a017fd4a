//! Alphabetical order of keys.

use serde::{Serialize, Serializer, ser::Error};

/// Serialises a value with its keys in alphabetical order, for types that are declared in another one.
pub(super) fn sorted<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::to_value(value).map_err(S::Error::custom)?.serialize(serializer)
}
