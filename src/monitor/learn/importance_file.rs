//! `learn --importance`: how much each feature matters to a model that vigie cannot read.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Map, Value};
use vigie_profile::{
    batch::{Number, number},
    layout::Layout,
    near::{alternatives, suggestions},
    shown::shown,
};

use super::small_text::read_text;
use crate::fault::{Fault, Result, describe_json};

/// The features of a file, each with its importance: finite, and 0 or more.
#[derive(Debug)]
pub(crate) struct ImportanceList {
    /// The flag and the file.
    place: String,
    features: Vec<(String, f64)>,
}

impl ImportanceList {
    /// Reads a JSON object, or CSV with two columns and an optional header.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let place = format!("--importance {}", path.display());
        let text = read_text(path).map_err(|why| {
            Fault::setup(format!("{place}: {why}; expected CSV (feature,importance) or a JSON object"))
        })?;
        let text = text.trim_start_matches('\u{feff}');
        let features = if text.trim_start().starts_with('{') { from_json(text) } else { from_csv(text) };
        let features = features.and_then(checked).map_err(|why| Fault::setup(format!("{place}: {why}")))?;
        Ok(Self { place, features })
    }

    /// Returns the importance of each feature of a reference, in its order. Those that the file does not list have none, which
    /// is noted.
    pub(crate) fn by_feature(&self, layout: &Layout, notes: &mut Vec<String>) -> Result<Vec<Option<f64>>> {
        let names = layout.features().iter().map(|feature| feature.name.as_str());
        let known: BTreeSet<&str> = names.clone().collect();
        if let Some((unknown, _)) = self.features.iter().find(|(name, _)| !known.contains(name.as_str())) {
            let others = alternatives(unknown, names);
            let unknown = shown(unknown);
            return Err(Fault::setup(format!("{}: the reference has no feature `{unknown}`{others}", self.place)));
        }
        let listed: BTreeMap<&str, f64> = self.features.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let unlisted: Vec<&str> = names.clone().filter(|name| !listed.contains_key(name)).collect();
        if !unlisted.is_empty() {
            notes.push(format!(
                "{}: {} of {} features are not listed and count as 0: {}",
                self.place,
                unlisted.len(),
                known.len(),
                suggestions("", unlisted.iter().copied())
            ));
        }
        Ok(names.map(|name| Some(listed.get(name).copied().unwrap_or(0.0))).collect())
    }
}

fn from_json(text: &str) -> Result<Vec<(String, f64)>, String> {
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| describe_json(&error))?;
    let one = |(name, value): (String, Value)| match value.as_f64() {
        Some(importance) => Ok((name, importance)),
        None => Err(format!("the importance of `{}` is {value}, which is not a number", shown(&name))),
    };
    object.into_iter().map(one).collect()
}

fn from_csv(text: &str) -> Result<Vec<(String, f64)>, String> {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut features = Vec::new();
    for (index, row) in rows.records().enumerate() {
        let line = index + 1;
        let row = row.map_err(|error| format!("line {line}: {error}"))?;
        let (Some(name), Some(value), None) = (row.get(0), row.get(1), row.get(2)) else {
            return Err(format!("line {line}: expected two cells, the feature and its importance, not {}", row.len()));
        };
        match number(value) {
            // pandas writes a series without a name for the features.
            _ if index == 0 && name.is_empty() => {}
            Number::Value(importance) => features.push((name.to_owned(), importance)),
            Number::Missing | Number::Invalid if index == 0 => {}
            Number::Missing | Number::Invalid => {
                return Err(format!(
                    "line {line}: the importance of `{}` is `{}`, which is not a number",
                    shown(name),
                    shown(value)
                ));
            }
        }
    }
    Ok(features)
}

/// Checks that every feature is listed once, with a possible importance.
fn checked(features: Vec<(String, f64)>) -> Result<Vec<(String, f64)>, String> {
    let mut names = BTreeSet::new();
    for (name, importance) in &features {
        if !names.insert(name.as_str()) {
            return Err(format!("`{}` is listed twice; keep one of the two", shown(name)));
        }
        if !importance.is_finite() || *importance < 0.0 {
            let name = shown(name);
            return Err(format!("the importance of `{name}` is {importance}; write a number that is 0 or more"));
        }
    }
    if !features.iter().any(|(_, importance)| *importance > 0.0) {
        return Err("no feature has an importance above 0; write how much each matters to the model".to_owned());
    }
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, f64)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("importance");
        std::fs::write(&path, text).unwrap();
        match ImportanceList::read(&path) {
            Ok(list) => Ok(list.features),
            Err(fault) => Err(fault.to_string().replace(&path.display().to_string(), "FILE")),
        }
    }

    #[test]
    fn csv_and_json_hold_the_same() {
        let expected = Ok(vec![("AGE".to_owned(), 12.5), ("a,b".to_owned(), 0.0)]);
        for text in [
            "feature,importance\nAGE,12.5\n\"a,b\",0\n",
            "AGE,12.5\n\"a,b\",0\n",
            ",0\nAGE,12.5\n\"a,b\",0\n",
            "\u{feff}feature,importance\r\nAGE,12.5\r\n\"a,b\",0\r\n",
            " {\"AGE\": 12.5, \"a,b\": 0}",
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn invalid_files_are_named_with_the_place() {
        for (text, error) in [
            ("feature,importance\nAGE,high\n", "line 2: the importance of `AGE` is `high`, which is not a number"),
            ("AGE;12.5\n", "line 1: expected two cells, the feature and its importance, not 1"),
            ("AGE,1\nAGE,2\n", "`AGE` is listed twice; keep one of the two"),
            ("AGE,-1\n", "the importance of `AGE` is -1; write a number that is 0 or more"),
            ("AGE,0\n", "no feature has an importance above 0; write how much each matters to the model"),
            ("", "no feature has an importance above 0; write how much each matters to the model"),
            ("{\"AGE\": \"1\"}", "the importance of `AGE` is \"1\", which is not a number"),
            ("{\"AGE\": 1", "not valid JSON (EOF while parsing an object)"),
        ] {
            assert_eq!(read(text), Err(format!("--importance FILE: {error}")));
        }
    }
}
