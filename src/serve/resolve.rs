//! Rows that name an id: their inputs are found in the feature table, unless they were sent along.

use std::{borrow::Cow, time::Duration};

use axum::http::StatusCode;
use serde_json::value::RawValue;

use super::{
    feature_store::FeatureStore,
    json_object::{JsonMembers, json_object},
    model::ServedModel,
    refusal::{ScoringRefusal, without_value},
    value::InputValue,
};
use crate::source::FoundFeatures;

/// The inputs of rows, and the ids that they name.
pub(super) struct ResolvedRows<'a> {
    pub texts: Vec<Cow<'a, str>>,
    /// Empty without a feature table.
    pub entities: Vec<Option<String>>,
    /// How old the features are that were found by an id.
    pub ages: Vec<Option<Duration>>,
}

/// What a row has.
enum RowParts {
    /// Inputs as they are.
    Inputs,
    /// An id, and inputs without it.
    Both(String, String),
    /// An id alone.
    Id(String),
}

/// Finds the inputs of rows that name only an id of the feature table.
pub(super) async fn resolve<'a>(
    features: Option<&FeatureStore>,
    rows: &[&'a str],
    model: &ServedModel,
) -> Result<ResolvedRows<'a>, ScoringRefusal> {
    let mut resolved = ResolvedRows { texts: Vec::with_capacity(rows.len()), entities: Vec::new(), ages: Vec::new() };
    let Some(features) = features.filter(|features| !model.schema.has(features.lookup.id())) else {
        resolved.texts.extend(rows.iter().map(|row| Cow::Borrowed(*row)));
        return Ok(resolved);
    };
    for row in rows {
        let (text, entity, age) = match parts(row, features.lookup.id())? {
            RowParts::Inputs => (Cow::Borrowed(*row), None, None),
            RowParts::Both(id, inputs) => (Cow::Owned(inputs), Some(id), None),
            RowParts::Id(id) => {
                let (inputs, age) = find(features, &id, model).await?;
                (Cow::Owned(inputs), Some(id), Some(age))
            }
        };
        resolved.texts.push(text);
        resolved.entities.push(entity);
        resolved.ages.push(age);
    }
    Ok(resolved)
}

/// Takes the id out of a row.
fn parts(row: &str, key: &str) -> Result<RowParts, ScoringRefusal> {
    let JsonMembers(members) =
        serde_json::from_str(row).map_err(|error| ScoringRefusal::misread("the inputs", &error))?;
    let mut named = members.iter().filter(|(name, _)| name == key);
    let Some((_, value)) = named.next() else { return Ok(RowParts::Inputs) };
    if named.next().is_some() {
        return Err(ScoringRefusal::invalid(format!("named twice: {key}")));
    }
    let id =
        spelled(value).ok_or_else(|| ScoringRefusal::invalid(format!("{key}: expected an id, a number or a text")))?;
    Ok(if members.len() == 1 { RowParts::Id(id) } else { RowParts::Both(id, object(&members, |name| name != key)) })
}

/// The id as readers of a log spell it.
fn spelled(value: &RawValue) -> Option<String> {
    let value: InputValue<'_> = serde_json::from_str(value.get()).ok()?;
    value.scalar().word().map(Cow::into_owned)
}

async fn find(features: &FeatureStore, id: &str, model: &ServedModel) -> Result<(String, Duration), ScoringRefusal> {
    let name = features.lookup.id();
    let unreadable = |_| ScoringRefusal::not_ready("the feature table cannot be read; try again in a second");
    let (found, age) = features.find(id).await.map_err(unreadable)?;
    match &*found {
        FoundFeatures::Row(row) => {
            // A table may have more columns than the model has features.
            let JsonMembers(members) = serde_json::from_str(row).map_err(|error| {
                let why = without_value(&error);
                let why = format!("the feature table holds no object of features for this {name}: {why}");
                ScoringRefusal::new(StatusCode::INTERNAL_SERVER_ERROR, "INVALID_FEATURES", why)
            })?;
            Ok((object(&members, |name| model.schema.has(name)), age))
        }
        FoundFeatures::Absent => Err(ScoringRefusal::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            format!("the feature table has no such {name}"),
        )),
        FoundFeatures::Several => {
            let why = format!("the feature table has several rows of this {name}");
            Err(ScoringRefusal::new(StatusCode::CONFLICT, "SEVERAL_ROWS", why))
        }
    }
}

/// The object of the members whose names are kept.
fn object(members: &[(String, &RawValue)], is_kept: impl Fn(&str) -> bool) -> String {
    let kept = members.iter().filter(|(name, _)| is_kept(name));
    json_object(kept.map(|(name, value)| (name.as_str(), value.get())))
}
