//! Checks the YAML tree against the known types: produces values of the right type, and a problem for everything else.

use serde_json::{Map, Value};
use vigie_profile::near::nearest;

use super::{
    Location, Problem,
    key::KeyPath,
    scalar, source_keys,
    tree::{Content, YamlEntry, YamlNode},
    value_type::{KeySpec, ValueType},
};

/// Collects problems while values are converted.
pub(super) struct TypeChecker<'a> {
    /// Type of the whole file, used to suggest where a misplaced key belongs.
    pub file: &'a ValueType,
    pub problems: Vec<Problem>,
    /// Whether the keys are those of a log whose fields are known.
    pub is_own_log: bool,
}

impl TypeChecker<'_> {
    /// Converts `node`, dropping the parts that do not fit. `key_location` is the location of its key.
    pub(super) fn value(
        &mut self,
        node: &YamlNode,
        value_type: &ValueType,
        key: &KeyPath,
        key_location: Option<Location>,
    ) -> Option<Value> {
        let types = value_type.alternatives();
        if node.is_null() {
            return self.null(node, &types, key, key_location);
        }
        let converted = match &node.content {
            Content::Scalar { text, quoted } => {
                types.iter().find_map(|value_type| scalar::convert(text, *quoted, value_type))
            }
            Content::List(nodes) => types.iter().find_map(|value_type| match value_type {
                ValueType::List(inner) => Some(self.list(nodes, inner, key)),
                _ => None,
            }),
            Content::Section(entries) => types.iter().find_map(|value_type| match value_type {
                ValueType::Map(inner) => Some(self.map(entries, inner, key)),
                ValueType::Section(keys) => Some(self.section(entries, keys, key, key_location)),
                _ => None,
            }),
        };
        if converted.is_none() {
            self.problems.push(scalar::type_mismatch(node, value_type, key).at(node.location));
        }
        converted
    }

    /// A key without a value: null, or a section whose keys are all commented out.
    fn null(
        &mut self,
        node: &YamlNode,
        types: &[&ValueType],
        key: &KeyPath,
        key_location: Option<Location>,
    ) -> Option<Value> {
        if types.contains(&&ValueType::Null) {
            return Some(Value::Null);
        }
        for value_type in types {
            match value_type {
                ValueType::Map(_) => return Some(Value::Object(Map::new())),
                ValueType::Section(keys) => return Some(self.section(&[], keys, key, key_location)),
                _ => {}
            }
        }
        let problem = Problem::new(key.to_string(), format!("`{key}` has no value"));
        self.problems.push(problem.hint("set one, or remove the line").at(key_location.or(Some(node.location))));
        None
    }

    fn list(&mut self, nodes: &[YamlNode], inner: &ValueType, key: &KeyPath) -> Value {
        let values = nodes.iter().enumerate();
        Value::Array(
            values.filter_map(|(index, node)| self.value(node, inner, &key.item(index), Some(node.location))).collect(),
        )
    }

    fn map(&mut self, entries: &[YamlEntry], inner: &ValueType, key: &KeyPath) -> Value {
        let mut values = Map::new();
        for entry in self.without_duplicates(entries, key) {
            let key = key.join(&entry.key);
            if let Some(value) = self.value(&entry.value, inner, &key, Some(entry.location)) {
                values.insert(entry.key.clone(), value);
            }
        }
        Value::Object(values)
    }

    fn section(
        &mut self,
        entries: &[YamlEntry],
        keys: &KeySpecs,
        key: &KeyPath,
        key_location: Option<Location>,
    ) -> Value {
        let mut values = Map::new();
        let is_nested = self.is_own_log;
        self.is_own_log |= source_keys::is_own_log(key, entries);
        for entry in self.without_duplicates(entries, key) {
            let Some(spec) = keys.get(&entry.key) else {
                self.problems.push(unknown_key(&entry.key, keys, key, self.file).at(entry.location));
                continue;
            };
            let value = self.value(&entry.value, &spec.value_type, &key.join(&entry.key), Some(entry.location));
            if let Some(value) = value {
                values.insert(entry.key.clone(), value);
            }
        }
        for (name, spec) in keys {
            let is_present = entries.iter().any(|entry| entry.key == *name);
            let is_known = self.is_own_log && source_keys::is_own_field(key, name);
            if (spec.required || source_keys::is_required(key, name, &values)) && !is_present && !is_known {
                self.missing(&key.join(name), &spec.value_type, key_location);
            }
        }
        self.is_own_log = is_nested;
        Value::Object(values)
    }

    /// The entries, keeping the first of each key and reporting the others.
    fn without_duplicates<'e>(&mut self, entries: &'e [YamlEntry], key: &KeyPath) -> Vec<&'e YamlEntry> {
        let mut first: Vec<&YamlEntry> = Vec::new();
        for entry in entries {
            let Some(other) = first.iter().find(|other| other.key == entry.key) else {
                first.push(entry);
                continue;
            };
            let key = key.join(&entry.key);
            let message = format!("duplicate key `{key}`, first set on line {}", other.location.line);
            self.problems.push(Problem::new(key.to_string(), message).hint("keep one of the two").at(entry.location));
        }
        first
    }

    /// Reports a missing required key; for a section, its required keys.
    pub(super) fn missing(&mut self, key: &KeyPath, value_type: &ValueType, key_location: Option<Location>) {
        let is_required =
            |(name, spec): &(&String, &KeySpec)| spec.required || source_keys::is_required(key, name, &Map::new());
        let required: Vec<_> = value_type.keys().into_iter().flatten().filter(is_required).collect();
        if required.is_empty() {
            let problem = Problem::new(key.to_string(), format!("`{key}` is missing"));
            self.problems.push(problem.hint(key.hint()).at(key_location));
        }
        for (name, spec) in required {
            self.missing(&key.join(name), &spec.value_type, key_location);
        }
    }
}

type KeySpecs = std::collections::BTreeMap<String, KeySpec>;

fn unknown_key(typed: &str, keys: &KeySpecs, key: &KeyPath, file: &ValueType) -> Problem {
    let message = match key.to_string() {
        top if top.is_empty() => format!("unknown key `{typed}`"),
        section => format!("unknown key `{typed}` under `{section}`"),
    };
    let mut sections = Vec::new();
    sections_with(typed, file, &KeyPath::top(), &mut sections);
    // The section that is meant by most is not inside another one.
    let depth = sections.iter().map(|section| section.keys().len()).min().unwrap_or_default();
    sections.retain(|section| section.keys().len() == depth);
    let hint = match (nearest(typed, keys.keys().map(String::as_str)), sections.as_slice()) {
        (Some(near), _) if is_typing_error(typed, near) => format!("did you mean `{near}`?"),
        (_, [section]) if section.is_top() => "it is a top-level key: remove the indentation".to_owned(),
        (_, [section]) => format!("it belongs under `{section}`"),
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, _) => format!("known keys: {}", keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    Problem::new(key.join(typed).to_string(), message).hint(hint)
}

/// Returns whether a key differs from a known one by one letter at its end, as a plural does.
fn is_typing_error(typed: &str, known: &str) -> bool {
    let (short, long) = if typed.len() < known.len() { (typed, known) } else { (known, typed) };
    long.len() == short.len() + 1 && long.starts_with(short)
}

/// Finds the sections that have a key of this name, except inside lists and user-defined keys.
fn sections_with(name: &str, value_type: &ValueType, at: &KeyPath, found: &mut Vec<KeyPath>) {
    let Some(keys) = value_type.keys() else { return };
    if keys.contains_key(name) {
        found.push(at.clone());
    }
    for (key, spec) in keys {
        sections_with(name, &spec.value_type, &at.join(key), found);
    }
}
