//! What the file may hold, read from the JSON schema of [`super::Options`]: an option is declared once.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Options;

/// What a value must look like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Null,
    Truth,
    Whole {
        least: Option<i64>,
    },
    Number,
    Text,
    /// A length of time.
    Length,
    /// One of a few words.
    Word(Vec<String>),
    List(Box<Shape>),
    /// Keys that are up to the user.
    Map(Box<Shape>),
    /// Known keys.
    Table(BTreeMap<String, Member>),
    Either(Vec<Shape>),
}

/// A known key of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub shape: Shape,
    pub required: bool,
}

impl Shape {
    /// That of the whole file.
    pub(super) fn of_the_file() -> Self {
        let schema = schemars::schema_for!(Options).to_value();
        let definitions = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
        shape(&schema, &definitions)
    }

    /// Itself, or what it may be.
    pub(super) fn alternatives(&self) -> Vec<&Shape> {
        match self {
            Self::Either(shapes) => shapes.iter().flat_map(Self::alternatives).collect(),
            shape => vec![shape],
        }
    }

    /// The known keys, when it is, or may be, a table.
    pub(super) fn keys(&self) -> Option<&BTreeMap<String, Member>> {
        self.alternatives().into_iter().find_map(|shape| match shape {
            Self::Table(keys) => Some(keys),
            _ => None,
        })
    }

    /// What is expected, in words.
    pub(super) fn words(&self) -> String {
        let shapes = self.alternatives();
        let any_text = shapes.contains(&&Self::Text);
        let mut words: Vec<String> = Vec::new();
        for shape in shapes {
            let word = match shape {
                Self::Null => continue,
                // Each is a text as well.
                Self::Truth | Self::Whole { .. } | Self::Number if any_text => continue,
                Self::Truth => "true or false".to_owned(),
                Self::Whole { .. } => "a whole number".to_owned(),
                Self::Number => "a number".to_owned(),
                Self::Text => "a text".to_owned(),
                Self::Length => "a length of time such as 2h or 1d".to_owned(),
                Self::Word(known) => known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or "),
                Self::List(_) => "a list".to_owned(),
                Self::Map(_) | Self::Either(_) => "keys with values".to_owned(),
                Self::Table(keys) => {
                    let names: Vec<&str> = keys.keys().map(String::as_str).collect();
                    format!("a section with {}", names.join(", "))
                }
            };
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(" or ")
    }
}

fn shape(schema: &Value, definitions: &Map<String, Value>) -> Shape {
    let of = |schema: &Value| shape(schema, definitions);
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return match definitions.get(name) {
            _ if name == "Span" => Shape::Length,
            Some(definition) => of(definition),
            None => Shape::Either(Vec::new()),
        };
    }
    if let Some(shapes) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        return Shape::Either(shapes.iter().map(of).collect());
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return Shape::Word(vec![word.to_owned()]);
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Shape::Word(words.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect());
    }
    match schema.get("type") {
        Some(Value::Array(types)) => Shape::Either(types.iter().map(|of| typed(of, schema, definitions)).collect()),
        Some(of) => typed(of, schema, definitions),
        None => Shape::Either(Vec::new()),
    }
}

fn typed(name: &Value, schema: &Value, definitions: &Map<String, Value>) -> Shape {
    let inner = |key| Box::new(schema.get(key).map_or(Shape::Either(Vec::new()), |inner| shape(inner, definitions)));
    match name.as_str().unwrap_or_default() {
        "null" => Shape::Null,
        "boolean" => Shape::Truth,
        "integer" => Shape::Whole { least: schema.get("minimum").and_then(Value::as_i64) },
        "number" => Shape::Number,
        "array" => Shape::List(inner("items")),
        "object" => match schema.get("properties").and_then(Value::as_object) {
            None => Shape::Map(inner("additionalProperties")),
            Some(properties) => {
                let required = schema.get("required").and_then(Value::as_array);
                let is_required = |key: &str| required.is_some_and(|keys| keys.iter().any(|other| other == key));
                let member = |(key, schema): (&String, &Value)| {
                    (key.clone(), Member { shape: shape(schema, definitions), required: is_required(key) })
                };
                Shape::Table(properties.iter().map(member).collect())
            }
        },
        _ => Shape::Text,
    }
}
