//! Where the inputs of a request are, in which layout, and what they are called.

use std::collections::BTreeSet;

use serde_json::Value;
use vigie_profile::layout::{Column, Kind, LevelSpelling};

use super::{
    known::Known,
    names::{INPUTS, has_word, is_metadata, is_output, last, words},
    survey::{FieldFacts, Survey, is_tensor, value_at},
};

/// Layouts that the readers understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InputLayout {
    /// The record's own fields.
    Columns,
    /// An object with a key for each feature, or a list of such objects.
    Object,
    /// An object with a list of values for each feature.
    ByColumn,
    /// `{"columns": […], "data": [[…]]}`.
    Split,
    /// A tensor for each feature.
    Tensors,
    /// A list of values, a list of such lists, a tensor of rows, or a line of CSV, with this number of values a row.
    Unnamed(&'static str, usize),
}

/// The inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundInputs {
    /// `None`: the record's own fields.
    pub path: Option<String>,
    pub layout: InputLayout,
    /// Names in the order of the layout, or in alphabetical order if it has none.
    pub names: Vec<String>,
    /// Where names come from that the log does not have.
    pub names_from: Option<&'static str>,
    /// Records that have inputs.
    pub records: usize,
    /// Whether the names are those of the model.
    pub is_by_model: bool,
}

impl FoundInputs {
    pub(super) fn needs_names(&self) -> bool {
        matches!(self.layout, InputLayout::Unnamed(..))
    }

    /// Whether a path is one of the inputs. Of the record's own fields, those that the model names.
    pub(super) fn contains(&self, path: &str) -> bool {
        match &self.path {
            Some(inputs) => {
                path == inputs || path.strip_prefix(inputs.as_str()).is_some_and(|rest| rest.starts_with('.'))
            }
            None => self.is_by_model && self.names.iter().any(|name| name == path),
        }
    }

    /// All inputs as columns of text, which any value can be.
    pub(super) fn columns(&self) -> Vec<Column> {
        let column =
            |name: &String| Column { name: name.clone(), kind: Kind::Categorical, spelling: LevelSpelling::Canonical };
        self.names.iter().map(column).collect()
    }

    pub(super) fn evidence(&self, records: usize) -> String {
        let count = self.names.len();
        let what = match &self.layout {
            InputLayout::Columns => return format!("the record's own fields: {count} that have no other role"),
            InputLayout::Object => format!("an object with {count} names"),
            InputLayout::ByColumn => format!("lists of values of {count} columns"),
            InputLayout::Split => format!("rows of {count} columns, whose names are next to them"),
            InputLayout::Tensors => format!("{count} named tensors"),
            InputLayout::Unnamed(what, width) => format!("{what} of {width} values without names"),
        };
        format!("{what} in {} of {records} records", self.records)
    }
}

/// Finds places that may hold the inputs, the likeliest first.
pub(super) fn find_inputs(survey: &Survey, known: &Known) -> Vec<FoundInputs> {
    let wanted = known.features();
    let names: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let mut found: Vec<(usize, FoundInputs)> = survey
        .fields
        .iter()
        .filter_map(|(path, facts)| at(survey, path, facts, known, &wanted))
        .filter_map(|inputs| Some((rank(&inputs, &names, survey)?, inputs)))
        .collect();
    let own = columns(survey, known, &names);
    if let Some(rank) = rank(&own, &names, survey) {
        found.push((rank, own));
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.path.cmp(&b.1.path)));
    found.into_iter().map(|(_, inputs)| inputs).collect()
}

/// The inputs at a path, if it has a layout that is read.
fn at(survey: &Survey, path: &str, facts: &FieldFacts, known: &Known, wanted: &[String]) -> Option<FoundInputs> {
    let found = |layout, names, records| {
        Some(FoundInputs { path: Some(path.to_owned()), layout, names, names_from: None, records, is_by_model: false })
    };
    // A few records, such as those of failed requests, may have other names.
    let is_common = |name: &&String| {
        let child = survey.get(&format!("{path}.{name}"));
        child.is_some_and(|child| child.keys * 5 >= facts.objects + facts.object_lists)
    };
    let children = || facts.children.iter().filter(is_common).cloned().collect::<Vec<_>>();
    let first = || survey.records.iter().filter_map(|record| value_at(record, path)).find(|value| !value.is_null());
    if facts.object_lists > 0 {
        let Value::Array(list) = first()? else { return None };
        let Value::Object(object) = list.first()? else { return None };
        if !is_tensor(object) {
            return found(InputLayout::Object, children(), facts.object_lists);
        }
        let name = |tensor: &Value| tensor.get("name").and_then(Value::as_str).map(ToOwned::to_owned);
        let width = row_width(object.get("shape"));
        if width == 1 || list.len() > 1 {
            return found(InputLayout::Tensors, list.iter().filter_map(name).collect(), facts.object_lists);
        }
        return unnamed(path, ("a tensor with rows", width), facts.object_lists, known, wanted);
    }
    if facts.objects > 0 {
        let is_list = |name: &str| survey.get(&format!("{path}.{name}")).is_some_and(|child| child.scalar_lists > 0);
        let rows = survey.get(&format!("{path}.data"));
        if is_list("columns") && rows.is_some_and(|rows| rows.list_lists > 0) {
            let Some(Value::Array(names)) = value_at(first()?, "columns") else { return None };
            let names = names.iter().filter_map(|name| name.as_str().map(ToOwned::to_owned)).collect();
            return found(InputLayout::Split, names, facts.objects);
        }
        let is_indexed = |name: &String| {
            let child = survey.get(&format!("{path}.{name}"));
            child
                .is_some_and(|child| child.objects > 0 && child.children.iter().all(|key| key.parse::<usize>().is_ok()))
        };
        let names = children();
        if names.iter().all(|name| is_list(name) || is_indexed(name)) && !names.is_empty() {
            return found(InputLayout::ByColumn, names, facts.objects);
        }
        let is_scalar = |name: &String| {
            let child = survey.get(&format!("{path}.{name}"));
            child.is_some_and(|child| child.objects + child.object_lists + child.list_lists == 0)
        };
        // An envelope: the body is inside.
        if ["encoding", "observedContentType", "contentType", "content_type"]
            .iter()
            .any(|key| facts.children.contains(*key))
            && facts.children.contains("data")
        {
            return None;
        }
        return found(InputLayout::Object, names.into_iter().filter(is_scalar).collect(), facts.objects);
    }
    if facts.list_lists > 0 {
        return unnamed(path, ("lists", facts.width()?), facts.list_lists, known, wanted);
    }
    if facts.scalar_lists > 0 {
        return unnamed(path, ("a list", facts.width()?), facts.scalar_lists, known, wanted);
    }
    let Value::String(text) = first()? else { return None };
    let is_row =
        text.contains(',') && facts.texts * 2 > facts.present && facts.time_count() == 0 && !facts.is_numeric();
    let may_hold = has_word(last(path), &INPUTS) && is_row;
    let width = may_hold.then(|| csv_width(survey, path)).flatten()?;
    unnamed(path, ("a line of CSV", width), facts.texts, known, wanted)
}

/// Number of cells in all lines of CSV of a field.
fn csv_width(survey: &Survey, path: &str) -> Option<usize> {
    let mut widths = BTreeSet::new();
    for value in survey.column(path).flatten() {
        let line = value.as_str().unwrap_or_default().lines().next().unwrap_or_default();
        widths.insert(cells(line));
    }
    let width = widths.first().copied().filter(|width| *width > 1)?;
    (widths.len() == 1).then_some(width)
}

/// Number of cells of a line: commas outside quotes, and one.
fn cells(line: &str) -> usize {
    let mut is_quoted = false;
    let commas = line.chars().filter(|char| {
        is_quoted ^= *char == '"';
        *char == ',' && !is_quoted
    });
    commas.count() + 1
}

/// Values without names: those of the model or the table, if there are as many, else made-up ones.
fn unnamed(
    path: &str,
    (what, width): (&'static str, usize),
    records: usize,
    known: &Known,
    wanted: &[String],
) -> Option<FoundInputs> {
    if width < 2 {
        return None;
    }
    let (names, from) = if wanted.len() == width {
        let from = if known.model_features.is_empty() { "the columns of the table" } else { "the model" };
        (wanted.to_vec(), from)
    } else {
        ((1..=width).map(|place| format!("feature_{place}")).collect(), "made up")
    };
    Some(FoundInputs {
        path: Some(path.to_owned()),
        layout: InputLayout::Unnamed(what, width),
        names,
        names_from: Some(from),
        is_by_model: false,
        records,
    })
}

/// The record's own scalars.
fn columns(survey: &Survey, known: &Known, wanted: &BTreeSet<&str>) -> FoundInputs {
    let is_own = |path: &&String| survey.records.iter().any(|record| record.get(path.as_str()).is_some());
    let names: Vec<String> = survey.scalars().map(|(path, _)| path).filter(is_own).cloned().collect();
    let is_wanted = |name: &String| wanted.contains(name.as_str());
    let has_wanted = names.iter().any(is_wanted);
    FoundInputs {
        path: None,
        layout: InputLayout::Columns,
        names: if has_wanted { names.into_iter().filter(is_wanted).collect() } else { names },
        names_from: None,
        records: survey.records.len(),
        is_by_model: has_wanted && !known.model_features.is_empty(),
    }
}

/// Number of values in a row of a tensor, by its shape.
fn row_width(shape: Option<&Value>) -> usize {
    let dimensions = shape.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let size = |value: &Value| value.as_u64().and_then(|size| usize::try_from(size).ok());
    dimensions.iter().skip(1).try_fold(1_usize, |width, own| width.checked_mul(size(own)?)).unwrap_or(0)
}

/// How likely a place is; `None`: it is none.
fn rank(inputs: &FoundInputs, known: &BTreeSet<&str>, survey: &Survey) -> Option<usize> {
    let count = inputs.names.len();
    if count == 0 {
        return None;
    }
    let has_known_names = inputs.names_from.is_some_and(|from| from != "made up");
    let common = inputs.names.iter().filter(|name| known.contains(name.as_str())).count();
    let known_share = if has_known_names { 100 } else { common * 100 / known.len().max(1) };
    let path = inputs.path.as_deref().unwrap_or_default();
    let is_elsewhere = is_output(path) || is_metadata(path);
    if known_share == 0 && is_elsewhere {
        return None;
    }
    if inputs.path.is_some() && inputs.records * 20 < survey.records.len() {
        return None;
    }
    let is_named_so = inputs.path.is_some() && words(last(path)).iter().any(|word| INPUTS.contains(&word.as_str()));
    let is_below_named = inputs.path.is_some() && has_word(path, &INPUTS);
    // Without a telling name, a list may be anything, and a few fields a section of the record.
    if known_share == 0 && !is_below_named && inputs.path.is_some() && (inputs.needs_names() || count < 3) {
        return None;
    }
    let named = if is_named_so {
        60
    } else if is_below_named {
        30
    } else {
        0
    };
    let depth = path.matches('.').count() * 2;
    // Parts of a body that is read as a whole.
    let is_part = path.rsplit_once('.').is_some_and(|(parent, _)| {
        survey.get(parent).is_some_and(|parent| {
            parent.children.contains("columns") && parent.children.contains("data")
                || parent.children.contains("name") && parent.children.contains("datatype")
        })
    });
    let mut ends = path.rsplit('.');
    let is_tensor_data = ends.next() == Some("data") && ends.next().is_some_and(|part| part.parse::<usize>().is_ok());
    if is_part || is_tensor_data {
        return None;
    }
    let present = inputs.records * 20 / survey.records.len().max(1);
    Some(known_share * 20 + named + depth + count.min(40) + present)
}
