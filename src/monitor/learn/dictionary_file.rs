//! `learn --dictionary`: reads a data dictionary, which says of each feature what it is, in which unit, and from which table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use vigie_profile::{near::suggestions, shown::shown};

use super::small_text::read_text;
use crate::{
    fault::{Fault, Result, describe_json},
    reference::{FeatureDescription, Learnt},
};

/// Greatest number of entries.
const MAX_ENTRIES: usize = 100_000;
/// What a file holds, for messages.
const EXPECTED: &str = "expected a JSON object, {\"NAME\": {\"sentence\": …, \"unit\": …, \"table\": …}}, or CSV (name,sentence,unit,source)";

/// The entries of a file by the name of the feature.
#[derive(Debug)]
pub(super) struct DictionaryFile {
    /// The flag and the file.
    place: String,
    entries: BTreeMap<String, FeatureDescription>,
}

/// An entry as the file has it, with the words that locate it.
struct DraftEntry {
    at: String,
    name: String,
    sentence: String,
    unit: Option<String>,
    table: Option<String>,
}

impl DictionaryFile {
    /// Reads a JSON object, as `vigie-prepare` writes it, or CSV with a header.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let place = format!("--dictionary {}", path.display());
        let text = read_text(path).map_err(|why| Fault::setup(format!("{place}: {why}; {EXPECTED}")))?;
        let text = text.trim_start_matches('\u{feff}');
        let drafts = if text.trim_start().starts_with('{') { from_json(text) } else { from_csv(text) };
        let entries = drafts.and_then(checked).map_err(|why| Fault::setup(format!("{place}: {why}")))?;
        Ok(Self { place, entries })
    }

    /// Adds the entries to the features of a reference. Notes state how many entries and features are left over.
    pub(super) fn describe(&self, mut learnt: Learnt) -> Learnt {
        let names: Vec<&str> =
            learnt.reference.layout().features().iter().map(|feature| feature.name.as_str()).collect();
        let known: BTreeSet<&str> = names.iter().copied().collect();
        let unknown = self.entries.keys().filter(|name| !known.contains(name.as_str())).count();
        let without: Vec<&str> = names.iter().copied().filter(|name| !self.entries.contains_key(*name)).collect();
        let mut notes = Vec::new();
        if unknown > 0 {
            notes.push(format!(
                "{}: entries left out, because the reference has no such feature: {unknown} of {}",
                self.place,
                self.entries.len()
            ));
        }
        if !without.is_empty() {
            notes.push(format!(
                "{}: features without an entry: {} of {} ({})",
                self.place,
                without.len(),
                names.len(),
                suggestions("", without.iter().copied())
            ));
        }
        let descriptions = names.iter().map(|name| self.entries.get(*name).cloned()).collect();
        learnt.reference = learnt.reference.with_dictionary(descriptions);
        learnt.notes.extend(notes);
        learnt
    }
}

/// The members of a JSON object in their order, a repeated name included.
struct DraftMembers(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for DraftMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = DraftMembers;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DraftMembers, A::Error> {
                let mut members = Vec::new();
                // One more than is allowed shows that there are too many.
                while members.len() <= MAX_ENTRIES
                    && let Some(member) = map.next_entry()?
                {
                    members.push(member);
                }
                Ok(DraftMembers(members))
            }
        }
        deserializer.deserialize_map(EntriesVisitor)
    }
}

fn from_json(text: &str) -> Result<Vec<DraftEntry>, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = DraftMembers::deserialize(&mut deserializer);
    let DraftMembers(members) = members.map_err(|error| describe_at(&error))?;
    if members.len() <= MAX_ENTRIES {
        deserializer.end().map_err(|error| describe_at(&error))?;
    }
    members.into_iter().map(|(name, value)| draft(name, &value)).collect()
}

fn describe_at(error: &serde_json::Error) -> String {
    format!("line {}: {}; {EXPECTED}", error.line(), describe_json(error))
}

/// An entry is an object, or the sentence alone.
fn draft(name: String, value: &Value) -> Result<DraftEntry, String> {
    let at = format!("the entry of `{}`", shown(&name));
    let (sentence, unit, table) = match value {
        Value::String(sentence) => (Some(sentence.clone()), None, None),
        Value::Object(entry) => {
            let text = |key: &str| match entry.get(key) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) => Ok(Some(text.clone())),
                Some(_) => Err(format!("{at} has a `{key}` that is not a text; write it in quotes")),
            };
            let table = text("table")?;
            (text("sentence")?, text("unit")?, if table.is_none() { text("source")? } else { table })
        }
        _ => return Err(format!("{at} is neither an object nor a text; {EXPECTED}")),
    };
    Ok(DraftEntry { at, name, sentence: sentence.unwrap_or_default(), unit, table })
}

fn from_csv(text: &str) -> Result<Vec<DraftEntry>, String> {
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = rows.headers().map_err(|error| error.to_string())?.clone();
    let column = |names: &[&str]| header.iter().position(|cell| names.contains(&cell.trim()));
    let (Some(name), Some(sentence)) = (column(&["name"]), column(&["sentence"])) else {
        return Err(format!("line 1: the header has no `name` or no `sentence`; {EXPECTED}"));
    };
    let (unit, table) = (column(&["unit"]), column(&["source", "table"]));
    let mut drafts = Vec::new();
    for row in rows.records().take(MAX_ENTRIES + 1) {
        let row = row.map_err(|error| error.to_string())?;
        let line = row.position().map_or(0, csv::Position::line);
        if row.len() != header.len() {
            return Err(format!("line {line}: expected {} cells as in the header, not {}", header.len(), row.len()));
        }
        let cell = |place: Option<usize>| place.and_then(|place| row.get(place)).map(ToOwned::to_owned);
        let name = cell(Some(name)).unwrap_or_default();
        drafts.push(DraftEntry {
            at: format!("line {line}: the entry of `{}`", shown(&name)),
            name,
            sentence: cell(Some(sentence)).unwrap_or_default(),
            unit: cell(unit),
            table: cell(table),
        });
    }
    Ok(drafts)
}

/// Checks that there are not too many entries, each with texts of usable length, and none twice.
fn checked(drafts: Vec<DraftEntry>) -> Result<BTreeMap<String, FeatureDescription>, String> {
    if drafts.len() > MAX_ENTRIES {
        return Err(format!("the file has more than {MAX_ENTRIES} entries; keep those of the model's features"));
    }
    let mut entries = BTreeMap::new();
    for DraftEntry { at, name, sentence, unit, table } in drafts {
        let described = FeatureDescription::new(&sentence, unit.as_deref(), table.as_deref());
        let described = described.map_err(|why| format!("{at} {why}"))?;
        if entries.insert(name, described).is_some() {
            return Err(format!("{at} is there twice; keep one of the two"));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::small_text::MAX_BYTES, *};

    fn read(text: &[u8]) -> Result<Vec<(String, String)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dictionary");
        fs::write(&path, text).unwrap();
        let entry = |(name, entry): (String, FeatureDescription)| {
            (name, format!("{}|{}|{}", entry.sentence, entry.unit.unwrap_or_default(), entry.table.unwrap_or_default()))
        };
        match DictionaryFile::read(&path) {
            Ok(file) => Ok(file.entries.into_iter().map(entry).collect()),
            Err(fault) => Err(fault.to_string().replace(&path.display().to_string(), "FILE")),
        }
    }

    #[test]
    fn json_and_csv_hold_the_same() {
        let expected = [("AGE", "Age of the client.|years|application"), ("a,b", "Sum, of \"all\".||")];
        let expected: Vec<(String, String)> =
            expected.iter().map(|(name, entry)| ((*name).to_owned(), (*entry).to_owned())).collect();
        for text in [
            r#" {"AGE": {"sentence": "Age of\nthe client.", "unit": "years", "table": "application"}, "a,b": "Sum, of \"all\"."}"#,
            r#"{"a,b": {"sentence": "Sum, of \"all\".", "unit": null, "table": "", "more": 1}, "AGE": {"sentence": "Age of the client.", "unit": "years", "source": "application"}}"#,
            "name,sentence,unit,source\nAGE,Age of the client.,years,application\n\"a,b\",\"Sum, of \"\"all\"\".\",,\n",
            "\u{feff}table,unit,sentence,name\r\napplication,years,\"Age of\r\nthe client.\",AGE\r\n,,\"Sum, of \"\"all\"\".\",\"a,b\"\r\n",
        ] {
            assert_eq!(read(text.as_bytes()), Ok(expected.clone()), "{text}");
        }
        assert_eq!(read(b"{}"), Ok(Vec::new()));
    }

    #[test]
    fn invalid_files_are_named_with_the_entry() {
        let long = format!(r#"{{"AGE": "{}"}}"#, "a".repeat(501));
        for (text, error) in [
            (&b"{\"AGE\":\n"[..], format!("line 2: not valid JSON (EOF while parsing a value); {EXPECTED}")),
            (b"{} {}", format!("line 1: not valid JSON (trailing characters); {EXPECTED}")),
            (b"[1]", format!("line 1: the header has no `name` or no `sentence`; {EXPECTED}")),
            (b"", format!("line 1: the header has no `name` or no `sentence`; {EXPECTED}")),
            (b"{\"AGE\": 5}", format!("the entry of `AGE` is neither an object nor a text; {EXPECTED}")),
            (b"{\"AGE\": {}}", "the entry of `AGE` has no sentence; write one, or remove the entry".to_owned()),
            (b"{\"AGE\": \"a\", \"AGE\": \"b\"}", "the entry of `AGE` is there twice; keep one of the two".to_owned()),
            (
                b"{\"AGE\": {\"sentence\": \"a\", \"unit\": 5}}",
                "the entry of `AGE` has a `unit` that is not a text; write it in quotes".to_owned(),
            ),
            (long.as_bytes(), "the entry of `AGE` has a sentence of 501 characters; write at most 500".to_owned()),
            (b"name,sentence\nAGE\n", "line 2: expected 2 cells as in the header, not 1".to_owned()),
            (
                b"name,sentence\nAGE,a\nAGE,b\n",
                "line 3: the entry of `AGE` is there twice; keep one of the two".to_owned(),
            ),
            (b"name,sentence\nAGE,\xe9\n", format!("line 2 is not UTF-8; {EXPECTED}")),
        ] {
            assert_eq!(read(text), Err(format!("--dictionary FILE: {error}")));
        }
    }

    #[test]
    fn sizes_are_limited() {
        let entries: Vec<String> = (0..=MAX_ENTRIES).map(|index| format!("\"{index}\": \"a\"")).collect();
        let many = format!("{{{}}}", entries.join(","));
        let error = "--dictionary FILE: the file has more than 100000 entries; keep those of the model's features";
        assert_eq!(read(many.as_bytes()), Err(error.to_owned()));
        let rows: String = (0..=MAX_ENTRIES).map(|index| format!("{index},a\n")).collect();
        assert_eq!(read(format!("name,sentence\n{rows}").as_bytes()), Err(error.to_owned()));
        let large = vec![b' '; (MAX_BYTES + 1).try_into().unwrap()];
        assert!(read(&large).unwrap_err().contains("the file is larger than 16 MB"));
        // An object in an object in an object, …
        assert!(read("{\"a\":".repeat(100_000).as_bytes()).unwrap_err().contains("not valid JSON"));
    }
}
