//! Metadata of a model: its loss, its classes and its decision threshold.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, Visitor},
};

use crate::{
    allowance::Allowance,
    catboost::file::refusal::{damaged, over_allowance},
    error::Result,
};

/// The metadata of a `.cbm` file, or the `model_info` of a JSON file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ModelInfo {
    class_params: Option<ClassParams>,
    /// The name of `class_params` in older versions, which wrote it for several classes only.
    multiclass_params: Option<ClassParams>,
    params: Option<TrainingParams>,
    loss_function: Option<Loss>,
    binclass_probability_threshold: Option<ClassName>,
}

/// How the classes of the model map to the declared ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClassParams {
    pub class_names: Vec<ClassName>,
    /// The declared class of each class that occurred in training.
    pub class_to_label: Vec<f64>,
    pub classes_count: u32,
}

/// The name of a class: a string, a number or a boolean in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClassName(pub String);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TrainingParams {
    loss_function: Option<Loss>,
    data_processing_options: Processing,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Processing {
    class_names: Vec<ClassName>,
}

/// Some writers of JSON leave the value of `loss_function` quoted.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Loss {
    Named {
        #[serde(rename = "type")]
        name: String,
    },
    Quoted(String),
}

impl ModelInfo {
    /// Reads the entries of a `.cbm` file; the known values are JSON. Other entries are ignored and may not even be
    /// UTF-8.
    pub(crate) fn from_entries(entries: Vec<(&[u8], &[u8])>, allowance: &Allowance) -> Result<Self> {
        let mut info = Self::default();
        for (key, value) in entries {
            match key {
                b"class_params" => info.class_params = Some(read(key, value, allowance)?),
                b"multiclass_params" => info.multiclass_params = Some(read(key, value, allowance)?),
                b"params" => info.params = Some(read(key, value, allowance)?),
                b"loss_function" => info.loss_function = Some(read(key, value, allowance)?),
                b"binclass_probability_threshold" => {
                    info.binclass_probability_threshold = Some(ClassName(String::from_utf8_lossy(value).into_owned()));
                }
                _ => {}
            }
        }
        Ok(info)
    }

    /// Name of the loss function; empty if unknown.
    pub(crate) fn loss(&self) -> String {
        match self.params.as_ref().and_then(|params| params.loss_function.as_ref()).or(self.loss_function.as_ref()) {
            Some(Loss::Named { name }) => name.clone(),
            Some(Loss::Quoted(text)) => match serde_json::from_str(text) {
                Ok(Loss::Named { name }) => name,
                _ => text.clone(),
            },
            None => String::new(),
        }
    }

    /// The probability above which a row is in the second class; 0.5 unless set otherwise.
    pub(crate) fn threshold(&self) -> f64 {
        let text = self.binclass_probability_threshold.as_ref();
        text.and_then(|label| label.0.trim().parse().ok()).unwrap_or(0.5)
    }

    pub(crate) fn class_params(&self) -> Option<&ClassParams> {
        self.class_params.as_ref().or(self.multiclass_params.as_ref())
    }

    /// Class names from the training parameters.
    pub(crate) fn trained_class_names(&self) -> &[ClassName] {
        self.params.as_ref().map_or(&[], |params| &params.data_processing_options.class_names)
    }
}

fn read<T: DeserializeOwned>(key: &[u8], value: &[u8], allowance: &Allowance) -> Result<T> {
    allowance.spend_json(value).ok_or_else(over_allowance)?;
    let wrong = |error| damaged(format_args!("its {} cannot be read ({error})", String::from_utf8_lossy(key)));
    serde_json::from_slice(value).map_err(wrong)
}

impl<'de> Deserialize<'de> for ClassName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyScalar;

        impl Visitor<'_> for AnyScalar {
            type Value = ClassName;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string, a number or a boolean")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ClassName, E> {
                Ok(ClassName(text.to_owned()))
            }

            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<ClassName, E> {
                Ok(ClassName(if truth { "True" } else { "False" }.to_owned()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<ClassName, E> {
                Ok(ClassName(number.to_string()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<ClassName, E> {
                Ok(ClassName(number.to_string()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<ClassName, E> {
                Ok(ClassName(number.to_string()))
            }
        }

        deserializer.deserialize_any(AnyScalar)
    }
}
