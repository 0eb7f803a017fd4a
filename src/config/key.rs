//! Dotted key paths as used in messages and rules: `source.fields.timestamp`, `models[0].reference`.

use std::fmt;

use super::Alerts;
use crate::source::PLACE_HINTS;

/// Path from the top of the file to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyPath {
    keys: Vec<String>,
}

/// Hints for missing required keys.
const HINTS: [(&str, &str); 6] = [
    ("model.name", "set the name of the model's report folder: `model: {name: credit-default}`"),
    ("reference", "set it to the file created by `vigie learn --data FILE --out reference.vigie`"),
    ("source.fields.timestamp", "set it to the field with the record's time: `fields: {timestamp: ts}`"),
    ("http.listen", "set it to an address and port: `\"127.0.0.1:8787\"`"),
    ("serve.listen", "set it to an address and port: `\"127.0.0.1:8080\"`"),
    ("serve.log", "name the folder of the log: `log: {dir: /var/lib/vigie-serve/log}`"),
];

impl KeyPath {
    pub(super) fn top() -> Self {
        Self { keys: Vec::new() }
    }

    /// Parses a dotted path; the keys themselves must not contain dots.
    pub(super) fn from_dotted(dotted: &str) -> Self {
        Self { keys: dotted.split('.').map(ToOwned::to_owned).collect() }
    }

    pub(super) fn is_top(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys on the path; a list index is `[0]`.
    pub(super) fn keys(&self) -> &[String] {
        &self.keys
    }

    pub(super) fn join(&self, key: &str) -> Self {
        let mut keys = self.keys.clone();
        keys.push(key.to_owned());
        Self { keys }
    }

    pub(super) fn item(&self, index: usize) -> Self {
        self.join(&format!("[{index}]"))
    }

    /// Returns whether the path matches `pattern`, where `*` matches any key. Keys under `models[i]` match like top-level
    /// keys.
    pub(super) fn matches(&self, pattern: &str) -> bool {
        let keys = match self.keys.as_slice() {
            [first, _, rest @ ..] if first == "models" => rest,
            keys => keys,
        };
        let wanted: Vec<&str> = pattern.split('.').collect();
        keys.len() == wanted.len() && keys.iter().zip(&wanted).all(|(key, want)| *want == "*" || key == want)
    }

    /// Hint for when the key is missing.
    pub(super) fn hint(&self) -> &'static str {
        let channels = Alerts::specs().into_iter().flat_map(|spec| spec.keys);
        let channels = channels.filter_map(|known| Some((known.key, known.hint?)));
        let hint = HINTS.into_iter().chain(PLACE_HINTS).chain(channels).find(|(key, _)| self.matches(key));
        hint.map_or("see the config/vigie.yaml that ships with vigie, or `vigie config schema`", |(_, hint)| hint)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.keys.iter().enumerate() {
            if index > 0 && !key.starts_with('[') {
                f.write_str(".")?;
            }
            f.write_str(key)?;
        }
        Ok(())
    }
}
