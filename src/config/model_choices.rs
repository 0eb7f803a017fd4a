//! What a model file leaves open and its user decides: under `model:` in the config, or by flags.

use std::{num::NonZeroU32, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Decisions about a model file. A library's own defaults hold where nothing is chosen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelChoices {
    pub iterations: Option<IterationChoice>,
    /// Features whose levels the file lists without names, in the order of those lists.
    pub categories: Option<Vec<String>>,
    pub inputs: Option<InputsChoice>,
    pub link: Option<LinkChoice>,
    /// The number that stands for a missing value, to XGBoost.
    pub missing: Option<f64>,
    /// The class whose probability is the score: one of several, or the first of two.
    pub class: Option<String>,
}

impl ModelChoices {
    /// The config keys that are set, without their section.
    #[must_use]
    pub fn keys(&self) -> Vec<&'static str> {
        let by_key = [
            ("iterations", self.iterations.is_some()),
            ("categories", self.categories.is_some()),
            ("inputs", self.inputs.is_some()),
            ("link", self.link.is_some()),
            ("missing", self.missing.is_some()),
            ("class", self.class.is_some()),
        ];
        by_key.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| key).collect()
    }
}

/// How many boosting iterations to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum IterationChoice {
    /// The first ones.
    First(NonZeroU32),
    Named(NamedIterations),
}

/// Iterations that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NamedIterations {
    /// All in the file.
    All,
    /// Up to the best one, as early stopping has noted it in the file.
    Best,
}

impl FromStr for IterationChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::Named(NamedIterations::All)),
            "best" => Ok(Self::Named(NamedIterations::Best)),
            text => text.parse().map(Self::First).map_err(|_| "expected a number above 0, `all` or `best`".to_owned()),
        }
    }
}

/// The precision in which a service passes numbers to the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InputsChoice {
    /// 32-bit floats.
    F32,
}

/// What the raw output of a model with an objective of its own means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkChoice {
    /// The log-odds of the second of two classes.
    Sigmoid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterations_are_a_number_or_a_word() {
        let first = |count| IterationChoice::First(NonZeroU32::new(count).unwrap());
        for (text, choice) in [
            ("12", first(12)),
            ("all", IterationChoice::Named(NamedIterations::All)),
            ("best", IterationChoice::Named(NamedIterations::Best)),
        ] {
            assert_eq!(text.parse(), Ok(choice));
            assert_eq!(serde_yaml::from_str::<IterationChoice>(text).unwrap(), choice, "{text}");
        }
        for text in ["0", "-1", "1.5", "ALL", ""] {
            assert!(text.parse::<IterationChoice>().is_err(), "{text}");
        }
    }
}
