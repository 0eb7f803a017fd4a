//! Which keys say where the log is, or labels: those of files, or those of a database.

use serde_json::{Map, Value};

use super::key::Key;

/// Whether the section `key`, as far as it is read, has to have a key `name`.
pub(super) fn needs(key: &Key, name: &str, section: &Map<String, Value>) -> bool {
    let is_log = key.is("source");
    (is_log || key.is("labels"))
        && match (is_database(section), name) {
            (false, "path") => true,
            // Labels may stand in the database of the log.
            (true, "url") => is_log,
            (true, "table") => !section.contains_key("query"),
            _ => false,
        }
}

fn is_database(section: &Map<String, Value>) -> bool {
    section.get("kind").and_then(Value::as_str) == Some("postgres")
}

const OF_A_DATABASE: [&str; 7] = ["url", "password_file", "sslmode", "sslrootcert", "table", "query", "time"];

/// What is wrong with the section as a whole, and what to do.
pub(super) fn wrong(section: &Value) -> Option<(String, String)> {
    let section = section.as_object()?;
    if is_database(section) {
        if section.contains_key("path") {
            return Some(("has a `path`, which a database has none of".to_owned(), "remove the line".to_owned()));
        }
        return (section.contains_key("table") && section.contains_key("query"))
            .then(|| ("has both `table` and `query`".to_owned(), "keep one of the two".to_owned()));
    }
    let stray = OF_A_DATABASE.into_iter().find(|key| section.contains_key(*key))?;
    Some((format!("has `{stray}`, which is of a database"), "write `kind: postgres`, or remove the line".to_owned()))
}
