//! Sections that are accepted and not acted on by this version. A line goes when its feature lands.

use super::Settings;

type IsUsed = fn(&Settings) -> bool;

/// The key, whether the config uses it, and what is not done with it.
const NOT_YET: [(&str, IsUsed, &str); 1] = [("http", |settings| settings.http.is_some(), "nothing is served yet")];

/// A sentence for each section that the config has for a later version.
#[must_use]
pub fn not_yet(settings: &Settings) -> Vec<String> {
    let used = NOT_YET.iter().filter(|(_, is_used, _)| is_used(settings));
    used.map(|(key, _, sentence)| format!("`{key}` is understood, but not acted on by this version: {sentence}"))
        .collect()
}
