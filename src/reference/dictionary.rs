//! What a data dictionary says about the features of a reference: a sentence, a unit and a source table each.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Lengths of a sentence, in characters.
const SENTENCE: RangeInclusive<usize> = 1..=500;
/// Lengths of a unit, in characters.
const UNIT: RangeInclusive<usize> = 1..=40;
/// Lengths of the name of a table, in characters.
const TABLE: RangeInclusive<usize> = 1..=80;

/// What a data dictionary says about a feature. The texts are those of a file: they may hold any character and are made safe where
/// they are displayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureDescription {
    /// What the feature is, in 1 to 500 characters.
    pub sentence: String,
    /// The unit of its values, in 1 to 40 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The table that its values come from, in 1 to 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
}

impl FeatureDescription {
    /// Joins lines and removes outer spaces; an empty unit or table is none. The error says which text is empty or too long.
    pub fn new(sentence: &str, unit: Option<&str>, table: Option<&str>) -> Result<Self, String> {
        let optional = |text: Option<&str>| text.map(on_one_line).filter(|text| !text.is_empty());
        let described = Self { sentence: on_one_line(sentence), unit: optional(unit), table: optional(table) };
        match described.unusable() {
            Some((what, 0, _)) => Err(format!("has no {what}; write one, or remove the entry")),
            Some((what, length, most)) => Err(format!("has a {what} of {length} characters; write at most {most}")),
            None => Ok(described),
        }
    }

    /// Returns a text of a length that is not allowed: which one, its length, and the greatest length.
    fn unusable(&self) -> Option<(&'static str, usize, usize)> {
        let texts = [
            ("sentence", Some(&self.sentence), SENTENCE),
            ("unit", self.unit.as_ref(), UNIT),
            ("table", self.table.as_ref(), TABLE),
        ];
        texts.into_iter().find_map(|(what, text, lengths)| {
            let length = text?.chars().count();
            (!lengths.contains(&length)).then_some((what, length, *lengths.end()))
        })
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether descriptions from a file can be those of `features` features: one each, or none at all.
pub(super) fn are_descriptions(descriptions: &[Option<FeatureDescription>], features: usize) -> bool {
    let is_usable = |one: &FeatureDescription| one.unusable().is_none();
    (descriptions.is_empty() || descriptions.len() == features) && descriptions.iter().flatten().all(is_usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_empty_texts_are_none() {
        let described = FeatureDescription::new(" Age of\n the client. ", Some(" "), Some("application")).unwrap();
        assert_eq!(
            described,
            FeatureDescription {
                sentence: "Age of the client.".to_owned(),
                unit: None,
                table: Some("application".to_owned())
            }
        );
        assert_eq!(
            serde_json::to_string(&described).unwrap(),
            r#"{"sentence":"Age of the client.","table":"application"}"#
        );
    }

    #[test]
    fn texts_have_a_greatest_length_in_characters() {
        let long = |length: usize| "\u{e9}".repeat(length);
        let error = |sentence: &str, unit: &str, table: &str| {
            FeatureDescription::new(sentence, Some(unit), Some(table)).unwrap_err()
        };
        assert!(FeatureDescription::new(&long(500), Some(&long(40)), Some(&long(80))).is_ok());
        assert_eq!(error(&long(501), "", ""), "has a sentence of 501 characters; write at most 500");
        assert_eq!(error("A.", &long(41), ""), "has a unit of 41 characters; write at most 40");
        assert_eq!(error("A.", "", &long(81)), "has a table of 81 characters; write at most 80");
        assert_eq!(error(" \n", "days", ""), "has no sentence; write one, or remove the entry");
    }

    #[test]
    fn a_file_has_one_description_per_feature_or_none() {
        let described = Some(FeatureDescription::new("A.", None, None).unwrap());
        assert!(are_descriptions(&[], 2));
        assert!(are_descriptions(&[described.clone(), None], 2));
        assert!(!are_descriptions(std::slice::from_ref(&described), 2));
        let long = FeatureDescription { sentence: "a".repeat(501), unit: None, table: None };
        assert!(!are_descriptions(&[described, Some(long)], 2));
    }
}
