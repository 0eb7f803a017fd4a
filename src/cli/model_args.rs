//! What a model file leaves open, as options of several commands.

use std::path::Path;

use clap::{Args, ValueEnum};

use crate::{
    config::{InputsChoice, IterationChoice, LinkChoice, ModelChoices},
    monitor::ModelFile,
};

/// What a model file leaves open, with the names and meanings of the config's `model:` section.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    /// Boosting iterations to use: a number, `all`, or `best` (default: those that the library uses)
    #[arg(long, value_name = "N", requires = "model")]
    pub iterations: Option<IterationChoice>,
    /// Features whose levels a LightGBM file lists without names, in the order of the lists
    #[arg(long, value_name = "A,B", value_delimiter = ',', requires = "model")]
    pub categories: Option<Vec<String>>,
    /// Round numbers to 32-bit floats first, as a service does that passes them so to the library
    #[arg(long, value_name = "WIDTH", requires = "model")]
    pub inputs: Option<InputsArg>,
    /// Read the output of an objective of one's own as log-odds
    #[arg(long, value_name = "LINK", requires = "model")]
    pub link: Option<LinkArg>,
    /// Number that stands for a missing value, to XGBoost
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "model")]
    pub missing: Option<f64>,
}

impl ModelArgs {
    /// The model file at this path.
    pub(super) fn file(&self, path: &Path, class: Option<&str>) -> ModelFile {
        ModelFile {
            path: path.to_owned(),
            choices: ModelChoices {
                iterations: self.iterations,
                categories: self.categories.clone(),
                inputs: self.inputs.map(|InputsArg::F32| InputsChoice::F32),
                link: self.link.map(|LinkArg::Sigmoid| LinkChoice::Sigmoid),
                missing: self.missing,
                class: class.map(ToOwned::to_owned),
            },
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum InputsArg {
    F32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LinkArg {
    Sigmoid,
}
