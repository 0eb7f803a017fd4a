//! Checks JSON against a JSON Schema, and reports against that of `report.json`.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use vigie::report::{ReportDocument, report_schema};

static REPORT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&report_schema()).unwrap());

/// Fails unless a `report.json` matches its schema, and parsing and rendering it gives the same text.
#[track_caller]
pub(crate) fn assert_is_report(text: &str) {
    let value: Value = serde_json::from_str(text).unwrap();
    let found = violations(&REPORT, &REPORT, &value);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(ReportDocument::from_json(text).unwrap().to_json(), text);
}

/// Violations of a schema; `$ref`s lead from the root. Stricter than the standard: keys that the schema does not list are
/// violations. Panics on keywords that it does not know.
pub(crate) fn violations(root: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut checker = Checker { root, found: Vec::new() };
    checker.check(schema, value, "");
    checker.found
}

struct Checker<'s> {
    root: &'s Value,
    found: Vec<String>,
}

impl Checker<'_> {
    fn check(&mut self, schema: &Value, value: &Value, path: &str) {
        let Some(schema) = schema.as_object() else {
            assert_eq!(*schema, Value::Bool(true), "{path}");
            return;
        };
        let mut has_keys = false;
        for (keyword, wanted) in schema {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "format" => {}
                "properties" | "additionalProperties" | "required" => has_keys = true,
                "$ref" => {
                    let target = self.root.pointer(wanted.as_str().unwrap().strip_prefix('#').unwrap());
                    self.check(target.unwrap(), value, path);
                }
                "anyOf" | "oneOf" => self.check_alternatives(wanted.as_array().unwrap(), value, path),
                "type" => {
                    let is_of = |one: &Value| is_of_type(value, one.as_str().unwrap());
                    let matches = wanted.as_array().map_or_else(|| is_of(wanted), |all| all.iter().any(is_of));
                    self.require(matches, || format!("{path}: {value} is not of type {wanted}"));
                }
                "const" => self.require(value == wanted, || format!("{path}: {value} is not {wanted}")),
                "enum" => {
                    let matches = wanted.as_array().unwrap().contains(value);
                    self.require(matches, || format!("{path}: {value} is not one of {wanted}"));
                }
                "minimum" | "maximum" | "minItems" | "maxItems" => {
                    let number = value.as_array().map_or(value.as_f64(), |items| Some(items.len() as f64));
                    let (number, bound) = (number.unwrap_or_default(), wanted.as_f64().unwrap());
                    let matches = if keyword.starts_with("min") { number >= bound } else { number <= bound };
                    self.require(value.is_null() || matches, || format!("{path}: {value}: {keyword} {wanted}"));
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{path}[{index}]"));
                    }
                }
                other => panic!("{path}: keyword {other}"),
            }
        }
        if let (true, Some(keys)) = (has_keys, value.as_object()) {
            self.check_keys(schema, keys, path);
        }
    }

    fn check_keys(&mut self, schema: &Map<String, Value>, keys: &Map<String, Value>, path: &str) {
        for (key, value) in keys {
            let path = format!("{path}.{key}");
            let named = schema.get("properties").and_then(|properties| properties.get(key));
            match named.or_else(|| schema.get("additionalProperties")) {
                Some(Value::Bool(false)) => self.found.push(format!("{path}: not allowed")),
                Some(schema) => self.check(schema, value, &path),
                None => self.found.push(format!("{path}: not described")),
            }
        }
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let key = key.as_str().unwrap();
            self.require(keys.contains_key(key), || format!("{path}.{key}: missing"));
        }
    }

    fn check_alternatives(&mut self, alternatives: &[Value], value: &Value, path: &str) {
        let outcomes: Vec<Vec<String>> = alternatives
            .iter()
            .map(|schema| {
                let mut one = Checker { root: self.root, found: Vec::new() };
                one.check(schema, value, path);
                one.found
            })
            .collect();
        if let Some(nearest) = outcomes.into_iter().min_by_key(Vec::len) {
            self.found.extend(nearest);
        }
    }

    fn require(&mut self, holds: bool, violation: impl FnOnce() -> String) {
        if !holds {
            self.found.push(violation());
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other}"),
    }
}
