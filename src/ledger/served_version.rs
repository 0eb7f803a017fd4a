//! The versions of a registered model that have been watched.

use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

/// A version of a registered model, and what it was checked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedVersion {
    /// Name of the registered model.
    pub name: String,
    pub version: i64,
    pub model_sha256: Option<String>,
    pub reference_id: String,
    /// Start of the first window.
    pub since: Instant,
}

/// Number of versions that are remembered.
const REMEMBERED: usize = 20;

/// Adds a version to those that have been watched, oldest first, unless it is the last one. Returns the version before, if it
/// was another one of the same model.
pub fn add_version(versions: &mut Vec<ServedVersion>, new: ServedVersion) -> Option<i64> {
    let former = versions.last().map(|last| (last.name.clone(), last.version));
    if let Some(last) = versions.last_mut().filter(|last| {
        (&last.name, last.version, &last.model_sha256, &last.reference_id)
            == (&new.name, new.version, &new.model_sha256, &new.reference_id)
    }) {
        last.since = last.since.min(new.since);
        return None;
    }
    let (name, version) = (new.name.clone(), new.version);
    versions.push(new);
    let surplus = versions.len().saturating_sub(REMEMBERED);
    versions.drain(..surplus);
    former.filter(|(former, number)| *former == name && *number != version).map(|(_, number)| number)
}
