//! Threshold and costs from tags of the model's version in the registry, or from the run that made it.

use std::{borrow::Cow, collections::BTreeMap};

use tracing::warn;
use vigie_mlflow::{MlflowClient, MlflowError, ModelAddress, ResolvedModel};

use super::{
    address_book::{read_values, write_values},
    client::{address_of, connect, fault},
    local_file::RegistryPlace,
};
use crate::{
    config::{ModelTags, Settings},
    fault::{Fault, Result},
};

/// The config key.
const KEY: &str = "model.tags";

/// The settings with the values that the config takes from the registry. While the registry cannot be reached, the values that
/// it had last.
pub fn with_registry_values(settings: &Settings) -> Result<Cow<'_, Settings>> {
    let Some(tags) = &settings.model.tags else { return Ok(Cow::Borrowed(settings)) };
    let file = settings.model.file.as_deref();
    let address = file.map(|file| address_of(KEY, file)).transpose()?.flatten().ok_or_else(|| {
        Fault::setup(format!("{KEY}: model.file is not an address of the registry; set it to one, or remove `tags`"))
    })?;
    let place = RegistryPlace::of(settings);
    let client = connect(place.options)?;
    let name = format!("{} {address}", client.server());
    let texts = match texts(&client, &address) {
        Ok(texts) => {
            let wanted = tags.names().into_iter().filter_map(|tag| Some((tag.to_owned(), texts.get(tag)?.clone())));
            let wanted: BTreeMap<String, String> = wanted.collect();
            write_values(&place.folder, &name, &wanted).map_err(|fault| fault.context(KEY))?;
            wanted
        }
        Err(error) => match read_values(&place.folder, &name).filter(|_| error.is_retryable()) {
            Some(kept) => {
                warn!(key = KEY, "the registry cannot be reached ({error}); the values that it had last are used");
                kept
            }
            None => return Err(fault(KEY, &error)),
        },
    };
    apply(settings, tags, &texts, &address.to_string()).map(Cow::Owned)
}

/// Tags of the version, else tags and parameters of its run.
fn texts(client: &MlflowClient, address: &ModelAddress) -> Result<BTreeMap<String, String>, MlflowError> {
    let model = client.resolve(address)?;
    let mut texts = BTreeMap::new();
    if let Some(run_id) = model.run_id() {
        let run = client.run(run_id)?;
        texts.extend(run.params);
        texts.extend(run.tags);
    }
    match model {
        ResolvedModel::Version(version) => texts.extend(version.tags),
        ResolvedModel::Logged(logged) => texts.extend(logged.tags),
        ResolvedModel::Run { .. } => {}
    }
    Ok(texts)
}

fn apply(settings: &Settings, tags: &ModelTags, texts: &BTreeMap<String, String>, address: &str) -> Result<Settings> {
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
    let mut own = settings.clone();
    let model = &mut own.model;
    model.threshold = number("threshold", &tags.threshold, 1.0)?.unwrap_or(model.threshold);
    let cost = &mut model.cost;
    cost.false_negative = number("false_negative", &tags.false_negative, f64::MAX)?.unwrap_or(cost.false_negative);
    cost.false_positive = number("false_positive", &tags.false_positive, f64::MAX)?.unwrap_or(cost.false_positive);
    Ok(own)
}
