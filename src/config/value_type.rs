//! Types of the config's values, read from the JSON schema of [`super::ConfigFile`] so that each option is declared once.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ConfigFile;

/// Type that a value must have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ValueType {
    Null,
    Bool,
    Integer {
        minimum: Option<i64>,
    },
    Number,
    Text,
    Duration,
    /// One of a few words.
    Enum(Vec<String>),
    List(Box<ValueType>),
    /// Keys chosen by the user.
    Map(Box<ValueType>),
    /// Known keys.
    Section(BTreeMap<String, KeySpec>),
    AnyOf(Vec<ValueType>),
}

/// A known key of a section.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeySpec {
    pub value_type: ValueType,
    pub required: bool,
}

/// Maximum number of keys of a section that is written out in a message.
const MAX_SHOWN_KEYS: usize = 3;

impl ValueType {
    /// Type of the whole config file.
    pub(super) fn config_file() -> Self {
        let schema = schemars::schema_for!(ConfigFile).to_value();
        let definitions = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
        from_schema(&schema, &definitions)
    }

    /// The alternatives of `AnyOf`, flattened; otherwise the type itself.
    pub(super) fn alternatives(&self) -> Vec<&ValueType> {
        match self {
            Self::AnyOf(types) => types.iter().flat_map(Self::alternatives).collect(),
            value_type => vec![value_type],
        }
    }

    /// The known keys, if the value may be a section.
    pub(super) fn keys(&self) -> Option<&BTreeMap<String, KeySpec>> {
        self.alternatives().into_iter().find_map(|value_type| match value_type {
            Self::Section(keys) => Some(keys),
            _ => None,
        })
    }

    /// The type in words, for messages.
    pub(super) fn describe(&self) -> String {
        let types = self.alternatives();
        let any_text = types.contains(&&Self::Text);
        let known: Vec<String> = types.iter().flat_map(|value_type| value_type.words()).collect();
        let mut words: Vec<String> = Vec::new();
        for value_type in types {
            let word = match value_type {
                Self::Null => continue,
                // Each of these is accepted as text as well.
                Self::Bool | Self::Integer { .. } | Self::Number if any_text => continue,
                Self::Bool => "true or false".to_owned(),
                Self::Integer { .. } => "an integer".to_owned(),
                Self::Number => "a number".to_owned(),
                Self::Text => "a string".to_owned(),
                Self::Duration => "a duration such as 2h or 1d".to_owned(),
                Self::Enum(_) => match known.as_slice() {
                    [one] => one.clone(),
                    [one, two] => format!("{one} or {two}"),
                    known => format!("one of {}", known.join(", ")),
                },
                Self::List(_) => "a list".to_owned(),
                Self::Map(_) | Self::AnyOf(_) => "a mapping of keys to values".to_owned(),
                Self::Section(keys) if keys.len() <= MAX_SHOWN_KEYS => {
                    let keys = keys.iter().map(|(name, spec)| format!("{name}: {}", spec.value_type.placeholder()));
                    format!("`{{{}}}`", keys.collect::<Vec<_>>().join(", "))
                }
                Self::Section(keys) => {
                    let names: Vec<&str> = keys.keys().map(String::as_str).collect();
                    format!("a mapping with the keys {}", names.join(", "))
                }
            };
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(" or ")
    }

    /// The words of an `Enum`, quoted.
    fn words(&self) -> Vec<String> {
        match self {
            Self::Enum(words) => words.iter().map(|word| format!("`{word}`")).collect(),
            _ => Vec::new(),
        }
    }

    /// Stands for a value of this type in an example.
    fn placeholder(&self) -> &'static str {
        match self.alternatives().into_iter().find(|value_type| **value_type != Self::Null) {
            Some(Self::Bool) => "BOOLEAN",
            Some(Self::Integer { .. }) => "INTEGER",
            Some(Self::Number) => "NUMBER",
            Some(Self::Text) => "STRING",
            Some(Self::Duration) => "DURATION",
            Some(Self::List(_)) => "LIST",
            _ => "VALUE",
        }
    }
}

fn from_schema(schema: &Value, definitions: &Map<String, Value>) -> ValueType {
    let inner = |schema: &Value| from_schema(schema, definitions);
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return match definitions.get(name) {
            _ if name == "Span" => ValueType::Duration,
            Some(definition) => inner(definition),
            None => ValueType::AnyOf(Vec::new()),
        };
    }
    if let Some(types) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        return ValueType::AnyOf(types.iter().map(inner).collect());
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return ValueType::Enum(vec![word.to_owned()]);
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return ValueType::Enum(words.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect());
    }
    match schema.get("type") {
        Some(Value::Array(names)) => {
            ValueType::AnyOf(names.iter().map(|name| from_type_name(name, schema, definitions)).collect())
        }
        Some(name) => from_type_name(name, schema, definitions),
        None => ValueType::AnyOf(Vec::new()),
    }
}

fn from_type_name(name: &Value, schema: &Value, definitions: &Map<String, Value>) -> ValueType {
    let inner =
        |key| Box::new(schema.get(key).map_or(ValueType::AnyOf(Vec::new()), |inner| from_schema(inner, definitions)));
    match name.as_str().unwrap_or_default() {
        "null" => ValueType::Null,
        "boolean" => ValueType::Bool,
        "integer" => ValueType::Integer { minimum: schema.get("minimum").and_then(Value::as_i64) },
        "number" => ValueType::Number,
        "array" => ValueType::List(inner("items")),
        "object" => match schema.get("properties").and_then(Value::as_object) {
            None => ValueType::Map(inner("additionalProperties")),
            Some(properties) => {
                let required = schema.get("required").and_then(Value::as_array);
                let is_required = |key: &str| required.is_some_and(|keys| keys.iter().any(|other| other == key));
                let spec = |(key, schema): (&String, &Value)| {
                    let value_type = from_schema(schema, definitions);
                    (key.clone(), KeySpec { value_type, required: is_required(key) })
                };
                ValueType::Section(properties.iter().map(spec).collect())
            }
        },
        _ => ValueType::Text,
    }
}
