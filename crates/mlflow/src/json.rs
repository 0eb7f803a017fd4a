//! Pieces that many of MLflow's JSON replies share.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// `{"key": …, "value": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyedText {
    pub key: String,
    #[serde(default)]
    pub value: String,
}

/// A list of pairs as a map.
pub(crate) fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let pairs = Vec::<KeyedText>::deserialize(deserializer)?;
    Ok(pairs.into_iter().map(|pair| (pair.key, pair.value)).collect())
}

/// A map as a list of pairs.
pub(crate) fn list(pairs: &BTreeMap<String, String>) -> Vec<KeyedText> {
    pairs.iter().map(|(key, value)| KeyedText { key: key.clone(), value: value.clone() }).collect()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(i64),
    Text(String),
}

/// An integer as a number or as text: MLflow's versions are texts, and some servers write 64-bit integers as such.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match NumberOrText::deserialize(deserializer)? {
        NumberOrText::Number(number) => Ok(number),
        NumberOrText::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

/// A text; absent if empty.
pub(crate) fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}
