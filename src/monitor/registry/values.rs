//! What the registry states about the version: threshold and costs from its tags or its run, and its number.

use std::{borrow::Cow, collections::BTreeMap};

use tracing::warn;
use vigie_mlflow::{MlflowClient, MlflowError, ResolvedModel};

use super::{
    address_book::{read_values, write_values},
    client::{address_of, connect, fault},
    local_file::RegistryPlace,
};
use crate::{
    config::{ModelTags, Settings, VERSION_NUMBER},
    fault::{Fault, Result},
};

/// The config keys.
const KEY: &str = "model.tags";
const NUMBER_KEY: &str = "model.version";

/// The settings with the values that the config takes from the registry. While the registry cannot be reached, the values that
/// it had last.
pub fn with_registry_values(settings: &Settings) -> Result<Cow<'_, Settings>> {
    let is_numbered = settings.model.version.as_deref().is_some_and(|version| version.contains(VERSION_NUMBER));
    let (key, remedy) = match (&settings.model.tags, is_numbered) {
        (None, false) => return Ok(Cow::Borrowed(settings)),
        (Some(_), _) => (KEY, "remove `tags`"),
        (None, true) => (NUMBER_KEY, "write the version without {version}"),
    };
    let file = settings.model.file.as_deref();
    let address = file.map(|file| address_of(key, file)).transpose()?.flatten().ok_or_else(|| {
        Fault::setup(format!("{key}: model.file is not an address of the registry; set it to one, or {remedy}"))
    })?;
    let place = RegistryPlace::of(settings);
    let client = connect(place.options)?;
    let name = format!("{} {address}", client.server());
    let stated = client.resolve(&address).and_then(|model| match &settings.model.tags {
        Some(_) => texts_of(&client, &model),
        None => Ok(version_texts(&model)),
    });
    let texts = match stated {
        Ok(texts) => {
            let tags = settings.model.tags.iter().flat_map(ModelTags::names);
            let wanted = tags.chain(is_numbered.then_some(VERSION_NUMBER));
            let wanted = wanted.filter_map(|tag| Some((tag.to_owned(), texts.get(tag)?.clone())));
            let wanted: BTreeMap<String, String> = wanted.collect();
            write_values(&place.folder, &name, &wanted).map_err(|fault| fault.context(key))?;
            wanted
        }
        Err(error) => match read_values(&place.folder, &name).filter(|_| error.is_retryable()) {
            Some(kept) => {
                warn!(key, "the registry cannot be reached ({error}); the values that it had last are used");
                kept
            }
            None => return Err(fault(key, &error)),
        },
    };
    let mut own = settings.clone();
    if let Some(tags) = &settings.model.tags {
        apply(&mut own, tags, &texts, &address.to_string())?;
    }
    if let Some(version) = own.model.version.as_mut().filter(|_| is_numbered) {
        let number = texts.get(VERSION_NUMBER).ok_or_else(|| {
            Fault::setup(format!(
                "{NUMBER_KEY}: {address} is not the address of a registered version, which has a number; use one such as \
                 models:/NAME@ALIAS, or {remedy}"
            ))
        })?;
        *version = version.replace(VERSION_NUMBER, number);
    }
    Ok(Cow::Owned(own))
}

/// Tags of the version, else tags and parameters of its run, and the version's number.
pub(super) fn texts_of(client: &MlflowClient, model: &ResolvedModel) -> Result<BTreeMap<String, String>, MlflowError> {
    let mut texts = BTreeMap::new();
    if let Some(run_id) = model.run_id() {
        let run = client.run(run_id)?;
        texts.extend(run.params);
        texts.extend(run.tags);
    }
    texts.extend(version_texts(model));
    Ok(texts)
}

/// Tags of the version, and its number.
pub(super) fn version_texts(model: &ResolvedModel) -> BTreeMap<String, String> {
    match model {
        ResolvedModel::Version(version) => {
            let number = (VERSION_NUMBER.to_owned(), version.version.to_string());
            version.tags.clone().into_iter().chain([number]).collect()
        }
        ResolvedModel::Logged(logged) => logged.tags.clone(),
        ResolvedModel::Run { .. } => BTreeMap::new(),
    }
}

fn apply(own: &mut Settings, tags: &ModelTags, texts: &BTreeMap<String, String>, address: &str) -> Result<()> {
    let number = |key: &str, tag: &Option<String>, most: f64| -> Result<Option<f64>> {
        let Some(tag) = tag else { return Ok(None) };
        let place = format!("{KEY}.{key}");
        let text = texts.get(tag).ok_or_else(|| {
            Fault::setup(format!(
                "{place}: neither the version that {address} means nor its run has a tag or parameter `{tag}`; set the tag \
                 in MLflow, or set the number in the config"
            ))
        })?;
        let value = text.trim().parse().ok().filter(|value: &f64| value.is_finite() && (0.0..=most).contains(value));
        let range = if most <= 1.0 { "a number from 0 to 1" } else { "a number of at least 0" };
        let wrong = || Fault::setup(format!("{place}: `{tag}` of {address} is not {range}; correct it in MLflow"));
        value.map(Some).ok_or_else(wrong)
    };
    let model = &mut own.model;
    model.threshold = number("threshold", &tags.threshold, 1.0)?.unwrap_or(model.threshold);
    let cost = &mut model.cost;
    cost.false_negative = number("false_negative", &tags.false_negative, f64::MAX)?.unwrap_or(cost.false_negative);
    cost.false_positive = number("false_positive", &tags.false_positive, f64::MAX)?.unwrap_or(cost.false_positive);
    Ok(())
}
