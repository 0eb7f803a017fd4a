//! Reads model files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use vigie_models::{FORMATS, Iterations, Model, ModelOptions};

use crate::{
    config::{InputsChoice, IterationChoice, LinkChoice, LocalFile, ModelChoices, NamedIterations},
    fault::{Fault, Result, describe_io},
};

/// A model file, and what it leaves open.
#[derive(Debug, Clone)]
pub struct ModelFile {
    pub path: PathBuf,
    pub choices: ModelChoices,
}

/// A file with the library's own defaults.
impl From<PathBuf> for ModelFile {
    fn from(path: PathBuf) -> Self {
        Self { path, choices: ModelChoices::default() }
    }
}

/// Reads a model file; `place` is what errors call it.
pub(crate) fn read_model_as(place: &str, path: &Path, choices: &ModelChoices) -> Result<Model> {
    read_as(place, path, &options(choices))
}

/// Reads a model file with the options of the crate that reads it; `key` is the flag or config key that names it.
pub(crate) fn read_with(key: &str, path: &Path, options: &ModelOptions) -> Result<Model> {
    read_as(&place(key, path), path, options)
}

fn read_as(place: &str, path: &Path, options: &ModelOptions) -> Result<Model> {
    let bytes = fs::read(path)
        .map_err(|error| Fault::setup(format!("{place}: {}; expected {FORMATS}", describe_io(&error))))?;
    Ok(Model::with_options(place, &bytes, options)?)
}

/// The flag or config key and its file, for messages: `--model FILE` or `model.file: FILE`.
pub(crate) fn place(key: &str, path: &Path) -> String {
    place_of(key, &path.display().to_string())
}

/// The same for a file that is named by its address.
pub(crate) fn local_place(key: &str, file: &LocalFile) -> String {
    place_of(key, &file.shown())
}

fn place_of(key: &str, file: &str) -> String {
    let separator = if key.starts_with("--") { " " } else { ": " };
    format!("{key}{separator}{file}")
}

/// What the reader of a file is asked to do.
pub(crate) fn options(choices: &ModelChoices) -> ModelOptions {
    ModelOptions {
        iterations: match choices.iterations {
            None => Iterations::AsLibrary,
            Some(IterationChoice::Named(NamedIterations::All)) => Iterations::All,
            Some(IterationChoice::Named(NamedIterations::Best)) => Iterations::Best,
            Some(IterationChoice::First(count)) => {
                Iterations::First(usize::try_from(count.get()).unwrap_or(usize::MAX))
            }
        },
        categories: choices.categories.clone(),
        single_inputs: choices.inputs == Some(InputsChoice::F32),
        sigmoid: choices.link == Some(LinkChoice::Sigmoid),
        missing: choices.missing,
    }
}
