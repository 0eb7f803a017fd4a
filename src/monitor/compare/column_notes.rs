//! What the columns of two tables do not have in common, and which are the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vigie_profile::{
    batch::{Number, number},
    layout::Layout,
    near::{alternatives, folded_name},
    shown::{listed, shown},
};

use super::request::CompareRequest;
use crate::{
    delimited::DetectedCsv,
    drift::{FeatureDrift, PsiBinKind},
    fault::{Fault, Result},
    source::RecordSample,
};

/// Maximum number of names in a note.
const NAMED: usize = 10;

/// What the first records of a table show of a column.
#[derive(Debug, Default)]
struct ValueKinds {
    has_numbers: bool,
    /// A text that is not a number.
    text: Option<String>,
}

impl ValueKinds {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Bool(_) | Value::Number(_) => self.has_numbers = true,
            Value::String(text) => match number(text) {
                Number::Value(_) => self.has_numbers = true,
                Number::Missing => {}
                Number::Invalid => self.text = self.text.take().or_else(|| Some(text.clone())),
            },
            Value::Null | Value::Array(_) | Value::Object(_) => {}
        }
    }

    /// Describes the values if all are of one kind.
    fn kind(&self) -> Option<String> {
        match (self.has_numbers, &self.text) {
            (true, None) => Some("numbers".to_owned()),
            (false, Some(example)) => Some(format!("text such as `{}`", shown(example))),
            _ => None,
        }
    }
}

/// The columns of a table, by name.
#[derive(Debug, Default)]
pub(super) struct ColumnsOfTable(BTreeMap<String, ValueKinds>);

impl ColumnsOfTable {
    pub(super) fn of(sample: &RecordSample) -> Self {
        let mut columns: BTreeMap<String, ValueKinds> = BTreeMap::new();
        for record in sample.values() {
            let Value::Object(fields) = record else { continue };
            for (name, value) in &fields {
                columns.entry(name.clone()).or_default().add(value);
            }
        }
        Self(columns)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Checks, for the second table, that columns which options name exist, and that scores are numbers.
    pub(super) fn require_named(&self, request: &CompareRequest) -> Result<()> {
        let (roles, table) = (&request.choice, request.current_name());
        let named = [
            ("--timestamp", &request.timestamp, false),
            ("--probability", &roles.probability, true),
            ("--prediction", &roles.prediction, true),
        ];
        for (flag, name, is_score) in named {
            let Some(name) = name else { continue };
            let why = match self.0.get(name) {
                Some(ValueKinds { has_numbers: false, text: Some(text) }) if is_score => {
                    format!("column `{}` of {table} has text such as `{}`, not numbers", shown(name), shown(text))
                }
                Some(_) => continue,
                None => {
                    let alternatives = alternatives(name, self.0.keys().map(String::as_str));
                    format!("{table} has no column `{}`{alternatives}", shown(name))
                }
            };
            return Err(Fault::setup(format!("{flag}: {why}")));
        }
        Ok(())
    }

    /// Names of columns of either table that are neither a feature nor anything else.
    pub(super) fn without_role(&self, current: &Self, layout: &Layout, request: &CompareRequest) -> Vec<String> {
        let roles = named_columns(request);
        let is_feature = |name: &str| layout.features().iter().any(|feature| feature.name == name);
        let all: BTreeSet<&String> = self.0.keys().chain(current.0.keys()).collect();
        let others = all.into_iter().filter(|name| !name.is_empty() && !is_feature(name));
        others.filter(|name| !roles.contains(name)).cloned().collect()
    }

    /// Checks that the tables have a column in common.
    pub(super) fn require_common(&self, reference: &Self, request: &CompareRequest) -> Result<()> {
        if self.0.keys().any(|name| reference.has(name)) {
            return Ok(());
        }
        let of = |columns: &Self| listed(columns.0.keys().map(String::as_str), NAMED);
        let is_other_case =
            self.0.keys().any(|name| reference.0.keys().any(|own| folded_name(own) == folded_name(name)));
        Err(Fault::setup(format!(
            "no column of {} has the name of one of {}{}: {}; {}",
            request.current_name(),
            request.reference_name(),
            if is_other_case { " (they differ in case)" } else { "" },
            of(self),
            of(reference)
        )))
    }

    /// Names of columns that the other table does not have.
    fn names_without<'a>(&'a self, other: &Self, ignored: &BTreeSet<&String>) -> Vec<&'a str> {
        let is_named = |name: &&String| !name.is_empty() && !ignored.contains(name);
        let names = self.0.keys().filter(|name| !other.0.contains_key(*name)).filter(is_named);
        names.map(String::as_str).collect()
    }
}

/// A note about CSV that is not written as usual, for each form that was found in the tables.
pub(super) fn csv_notes(found: [Option<DetectedCsv>; 2], request: &CompareRequest) -> Vec<String> {
    let unusual = found.map(|csv| csv.filter(|csv| !csv.form.is_default()));
    let note = |names: String, csv: DetectedCsv| {
        format!("{names}: read as CSV with {} ({}); if this is wrong, state it with --csv", csv.form, csv.evidence())
    };
    let [reference, current] = unusual;
    match (reference, current) {
        (Some(reference), Some(current)) if reference.form == current.form => {
            vec![note(format!("{} and {}", request.reference_name(), request.current_name()), current)]
        }
        _ => [(request.reference_name(), reference), (request.current_name(), current)]
            .into_iter()
            .filter_map(|(name, csv)| Some(note(name, csv?)))
            .collect(),
    }
}

/// Columns that an option gives a role.
fn named_columns(request: &CompareRequest) -> BTreeSet<&String> {
    let roles = &request.choice;
    (roles.target.iter().chain(&roles.probability).chain(&roles.prediction)).chain(&request.timestamp).collect()
}

/// Notes about columns of one table only, and about columns of numbers in one and of texts in the other.
pub(super) fn differences(
    reference: &ColumnsOfTable,
    current: &ColumnsOfTable,
    request: &CompareRequest,
) -> Vec<String> {
    let mut ignored = named_columns(request);
    ignored.extend(&request.choice.ignore);
    let (of_reference, of_current) = (request.reference_name(), request.current_name());
    let only = |names: Vec<&str>, place: &str| {
        (!names.is_empty()).then(|| format!("only in {place}: {}", listed(names.into_iter(), NAMED)))
    };
    let mut notes: Vec<String> = [
        only(reference.names_without(current, &ignored), &of_reference),
        only(current.names_without(reference, &ignored), &of_current),
    ]
    .into_iter()
    .flatten()
    .collect();
    notes.extend(reference.names_without(current, &ignored).into_iter().filter_map(|name| {
        let other = current.0.keys().find(|other| folded_name(other) == folded_name(name))?;
        let (name, other) = (shown(name), shown(other));
        Some(format!("{name}: probably `{other}` in {of_current}; rename one of them to compare them"))
    }));
    for (name, own) in reference.0.iter().filter(|(name, _)| !ignored.contains(name)) {
        let other = current.0.get(name).filter(|other| other.has_numbers != own.has_numbers);
        if let Some((own, other)) = own.kind().zip(other.and_then(ValueKinds::kind)) {
            notes.push(format!("{}: {own} in {of_reference}, {other} in {of_current}", shown(name)));
        }
    }
    notes
}

/// A note about features of which all rows of both tables have the same value, or none.
pub(super) fn constants(features: &[FeatureDrift]) -> Option<String> {
    let is_constant = |feature: &&FeatureDrift| {
        feature.bins.iter().any(|bin| {
            let is_one_value = matches!(bin.kind, PsiBinKind::Atom | PsiBinKind::Level | PsiBinKind::Missing);
            is_one_value && (bin.reference, bin.window) == (feature.n_reference, feature.n_window)
        })
    };
    let names: Vec<&str> = features.iter().filter(is_constant).map(|feature| feature.name.as_str()).collect();
    (!names.is_empty()).then(|| format!("the same in every row of both tables: {}", listed(names.into_iter(), NAMED)))
}
