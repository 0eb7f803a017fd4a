//! What a model says about itself: its loss, its classes, the probability from which a row is in the second class.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, Visitor},
};

use crate::{
    error::Result,
    file::{
        allowance::Allowance,
        refusal::{damaged, tight},
    },
};

/// Read from the info of a `.cbm` file, or from `model_info` of a JSON one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct About {
    class_params: Option<ClassParams>,
    /// What `class_params` was called before it served two classes too.
    multiclass_params: Option<ClassParams>,
    params: Option<Params>,
    loss_function: Option<Loss>,
    binclass_probability_threshold: Option<Label>,
}

/// How classes of the model relate to those the owner named.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClassParams {
    pub class_names: Vec<Label>,
    /// The class, among all named, of each class that training has met.
    pub class_to_label: Vec<f64>,
    pub classes_count: u32,
}

/// A class's name: a text, a number or a truth value in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label(pub String);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    loss_function: Option<Loss>,
    data_processing_options: Processing,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Processing {
    class_names: Vec<Label>,
}

/// Some writers of JSON leave the inner text of `loss_function` a text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Loss {
    Named {
        #[serde(rename = "type")]
        name: String,
    },
    Quoted(String),
}

impl About {
    /// From keys and values, values that are JSON in a text. Whatever else the owner has put there may be no text at
    /// all.
    pub(crate) fn of_entries(entries: Vec<(&[u8], &[u8])>, allowance: &Allowance) -> Result<Self> {
        let mut about = Self::default();
        for (key, value) in entries {
            match key {
                b"class_params" => about.class_params = Some(read(key, value, allowance)?),
                b"multiclass_params" => about.multiclass_params = Some(read(key, value, allowance)?),
                b"params" => about.params = Some(read(key, value, allowance)?),
                b"loss_function" => about.loss_function = Some(read(key, value, allowance)?),
                b"binclass_probability_threshold" => {
                    about.binclass_probability_threshold = Some(Label(String::from_utf8_lossy(value).into_owned()));
                }
                _ => {}
            }
        }
        Ok(about)
    }

    /// What training minimised; empty if the model does not say.
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

    /// The probability above which a row is in the second class; a half unless the owner set another.
    pub(crate) fn threshold(&self) -> f64 {
        let text = self.binclass_probability_threshold.as_ref();
        text.and_then(|label| label.0.trim().parse().ok()).unwrap_or(0.5)
    }

    pub(crate) fn class_params(&self) -> Option<&ClassParams> {
        self.class_params.as_ref().or(self.multiclass_params.as_ref())
    }

    /// Names that only the training parameters hold.
    pub(crate) fn trained_class_names(&self) -> &[Label] {
        self.params.as_ref().map_or(&[], |params| &params.data_processing_options.class_names)
    }
}

fn read<T: DeserializeOwned>(key: &[u8], value: &[u8], allowance: &Allowance) -> Result<T> {
    allowance.spend_json(value).ok_or_else(tight)?;
    let wrong = |error| damaged(format_args!("its {} cannot be read ({error})", String::from_utf8_lossy(key)));
    serde_json::from_slice(value).map_err(wrong)
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyScalar;

        impl Visitor<'_> for AnyScalar {
            type Value = Label;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, a number or a truth value")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Label, E> {
                Ok(Label(text.to_owned()))
            }

            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Label, E> {
                Ok(Label(if truth { "True" } else { "False" }.to_owned()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Label, E> {
                Ok(Label(number.to_string()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Label, E> {
                Ok(Label(number.to_string()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Label, E> {
                Ok(Label(number.to_string()))
            }
        }

        deserializer.deserialize_any(AnyScalar)
    }
}
