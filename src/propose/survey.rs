//! What the fields of a sample hold: for each path its types, range, times and distinct values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vigie_profile::{
    batch::{Number, number},
    window::Instant,
};

use crate::source::{TimeForm, TimeReader};

/// Maximum nesting that is looked at.
const MAX_DEPTH: usize = 10;
/// Maximum number of paths; further ones are not looked at.
const MAX_PATHS: usize = 5_000;
/// Maximum length of an example in characters.
const EXAMPLE: usize = 60;

/// The fields of a sample.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub records: Vec<Value>,
    pub fields: BTreeMap<String, FieldFacts>,
}

/// What one field holds. A list of scalars counts as its first element.
#[derive(Debug, Default)]
pub(super) struct FieldFacts {
    /// Records that have it, also as null.
    pub keys: usize,
    /// Records in which it has a value.
    pub present: usize,
    /// … in which it is an object, a list of objects, of lists, of scalars.
    pub objects: usize,
    pub object_lists: usize,
    pub list_lists: usize,
    pub scalar_lists: usize,
    /// Lengths of the lists of scalars, or of the lists in lists.
    pub widths: BTreeMap<usize, usize>,
    /// Names of the children, of an object or of the objects in a list.
    pub children: BTreeSet<String>,
    pub texts: usize,
    /// Values that are numbers, also as text.
    pub numbers: usize,
    pub whole: usize,
    pub shares: usize,
    pub least: f64,
    pub most: f64,
    pub times: BTreeMap<TimeForm, usize>,
    pub span: Option<(Instant, Instant)>,
    /// Distinct scalars with their counts.
    pub values: BTreeMap<String, usize>,
    pub example: String,
}

impl FieldFacts {
    /// Records with a scalar.
    pub(super) fn scalars(&self) -> usize {
        self.values.values().sum()
    }

    pub(super) fn time_count(&self) -> usize {
        self.times.values().sum()
    }

    /// The width of most lists.
    pub(super) fn width(&self) -> Option<usize> {
        let (width, count) = self.widths.iter().max_by_key(|(_, count)| **count)?;
        (count * 10 >= self.widths.values().sum::<usize>() * 9).then_some(*width)
    }

    /// Whether all scalars are numbers.
    pub(super) fn is_numeric(&self) -> bool {
        self.numbers > 0 && self.numbers * 100 >= self.scalars() * 99
    }

    /// Whether hardly any value occurs twice.
    pub(super) fn is_distinct(&self) -> bool {
        self.scalars() > 0 && self.values.len() * 100 >= self.scalars() * 95
    }

    fn note_scalar(&mut self, value: &Value, times: &TimeReader) {
        let spelled = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let parsed = match value {
            Value::Number(own) => own.as_f64(),
            Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
            Value::String(text) => match number(text) {
                Number::Value(value) => Some(value),
                // Python's missing values and empty cells.
                Number::Missing => {
                    self.present -= 1;
                    return;
                }
                Number::Invalid => None,
            },
            _ => None,
        };
        self.texts += usize::from(value.is_string());
        if let Some(number) = parsed.filter(|number| number.is_finite()) {
            (self.least, self.most) =
                if self.numbers == 0 { (number, number) } else { (self.least.min(number), self.most.max(number)) };
            self.numbers += 1;
            self.whole += usize::from(number.fract() == 0.0);
            self.shares += usize::from((0.0..=1.0).contains(&number));
        }
        if let Some((at, form)) = times.read(value) {
            *self.times.entry(form).or_default() += 1;
            let (from, to) = self.span.unwrap_or((at, at));
            self.span = Some((from.min(at), to.max(at)));
        }
        if self.example.is_empty() {
            self.example = spelled.chars().take(EXAMPLE).collect();
        }
        *self.values.entry(spelled).or_default() += 1;
    }
}

impl Survey {
    pub(super) fn new(records: Vec<Value>) -> Self {
        let times = TimeReader::new();
        let mut survey = Self::default();
        for record in &records {
            if let Value::Object(object) = record {
                for (key, value) in object {
                    survey.walk(key, value, &times, 0);
                }
            }
        }
        survey.records = records;
        survey
    }

    fn walk(&mut self, path: &str, value: &Value, times: &TimeReader, depth: usize) {
        if depth > MAX_DEPTH || self.fields.len() >= MAX_PATHS && !self.fields.contains_key(path) {
            return;
        }
        let facts = self.fields.entry(path.to_owned()).or_default();
        facts.keys += 1;
        if value.is_null() {
            return;
        }
        facts.present += 1;
        match value {
            Value::Object(object) => {
                facts.objects += 1;
                facts.children.extend(object.keys().cloned());
                for (key, value) in object {
                    self.walk(&format!("{path}.{key}"), value, times, depth + 1);
                }
            }
            Value::Array(list) => self.walk_list(path, list, times, depth),
            scalar => facts.note_scalar(scalar, times),
        }
    }

    fn walk_list(&mut self, path: &str, list: &[Value], times: &TimeReader, depth: usize) {
        let Some(facts) = self.fields.get_mut(path) else { return };
        match list.first() {
            Some(Value::Object(first)) => {
                facts.object_lists += 1;
                facts.children.extend(first.keys().cloned());
                if is_tensor(first) {
                    for (place, tensor) in list.iter().enumerate() {
                        self.walk(&format!("{path}.{place}"), tensor, times, depth + 1);
                    }
                } else {
                    for (key, value) in first {
                        self.walk(&format!("{path}.{key}"), value, times, depth + 1);
                    }
                }
            }
            Some(Value::Array(first)) => {
                facts.list_lists += 1;
                *facts.widths.entry(first.len()).or_default() += 1;
                if let Some(value) = first.first().filter(|value| !value.is_array() && !value.is_object()) {
                    facts.note_scalar(value, times);
                }
            }
            Some(value) => {
                facts.scalar_lists += 1;
                *facts.widths.entry(list.len()).or_default() += 1;
                facts.note_scalar(value, times);
            }
            None => {}
        }
    }

    /// The fields whose value is a scalar, or a list that begins with one.
    pub(super) fn scalars(&self) -> impl Iterator<Item = (&String, &FieldFacts)> {
        self.fields.iter().filter(|(_, facts)| facts.scalars() > 0)
    }

    pub(super) fn get(&self, path: &str) -> Option<&FieldFacts> {
        self.fields.get(path)
    }

    /// The scalar at a path of each record, as readers resolve it for the first row of the record.
    pub(super) fn column<'s>(&'s self, path: &'s str) -> impl Iterator<Item = Option<&'s Value>> {
        self.records.iter().map(move |record| scalar_at(record, path))
    }
}

/// Whether an object is a tensor of the open inference protocol.
pub(super) fn is_tensor(object: &serde_json::Map<String, Value>) -> bool {
    object.get("name").is_some_and(Value::is_string)
        && object.get("data").is_some_and(Value::is_array)
        && (object.contains_key("datatype") || object.contains_key("shape"))
}

/// Resolves a path: first as a single name, then split at its dots; a list without an index stands for its first element.
pub(super) fn value_at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    match value {
        Value::Object(object) => object.get(path).or_else(|| {
            let mut dots = path.match_indices('.');
            dots.find_map(|(dot, _)| value_at(object.get(path.get(..dot)?)?, path.get(dot + 1..)?))
        }),
        Value::Array(list) => {
            let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
            match (head.parse::<usize>(), rest) {
                (Ok(index), Some(rest)) => value_at(list.get(index)?, rest),
                (Ok(index), None) => list.get(index),
                (Err(_), _) => value_at(list.first()?, path),
            }
        }
        _ => None,
    }
}

fn scalar_at<'v>(record: &'v Value, path: &str) -> Option<&'v Value> {
    let mut value = value_at(record, path)?;
    while let Value::Array(list) = value {
        value = list.first()?;
    }
    (!value.is_null() && !value.is_object()).then_some(value)
}

/// The number that a scalar is, also as text.
pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(own) => own.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) => match number(text) {
            Number::Value(value) => Some(value),
            Number::Missing | Number::Invalid => None,
        },
        _ => None,
    }
}

/// A number with four significant digits.
pub(super) fn rounded(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

/// A scalar as text.
pub(super) fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
