//! Which keys of `source` and `labels` apply to files and which to a database.

use serde_json::{Map, Value};

use super::key::KeyPath;

/// Returns whether the section at `key`, as far as it has been read, requires the key `name`.
pub(super) fn is_required(key: &KeyPath, name: &str, section: &Map<String, Value>) -> bool {
    let is_log = key.matches("source");
    (is_log || key.matches("labels"))
        && match (is_database(section), name) {
            (false, "path") => true,
            // Labels may be in the log's database.
            (true, "url") => is_log,
            (true, "table") => !section.contains_key("query"),
            _ => false,
        }
}

fn is_database(section: &Map<String, Value>) -> bool {
    section.get("kind").and_then(Value::as_str) == Some("postgres")
}

const DATABASE_KEYS: [&str; 7] = ["url", "password_file", "sslmode", "sslrootcert", "table", "query", "time"];

/// Checks the section as a whole; returns the problem and a hint.
pub(super) fn check(section: &Value) -> Option<(String, String)> {
    let section = section.as_object()?;
    if is_database(section) {
        if section.contains_key("path") {
            return Some(("has `path`, which does not apply to a database".to_owned(), "remove the line".to_owned()));
        }
        return (section.contains_key("table") && section.contains_key("query"))
            .then(|| ("has both `table` and `query`".to_owned(), "keep one of the two".to_owned()));
    }
    let stray = DATABASE_KEYS.into_iter().find(|key| section.contains_key(*key))?;
    Some((
        format!("has `{stray}`, which applies only to a database"),
        "set `kind: postgres`, or remove the line".to_owned(),
    ))
}
