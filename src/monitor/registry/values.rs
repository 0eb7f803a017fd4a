//! What a run uses of the registry: the files of one version, and its threshold, costs and number.

use std::{borrow::Cow, collections::BTreeMap};

use vigie_mlflow::ModelAddress;

use super::{
    client::address_of,
    registry_place::{KeptUse, RegistryPlace},
    version_query::{FoundVersion, VersionParts, VersionQuery},
};
use crate::{
    config::{AddressedFile, ModelTags, RegistryOutage, RunRegistry, Settings, VERSION_NUMBER},
    fault::{Fault, Result},
};

/// The config keys.
const MODEL_FILE: &str = "model.file";
const REFERENCE: &str = "reference";
const KEY: &str = "model.tags";
const NUMBER_KEY: &str = "model.version";

/// The settings of a run: each address of the registry is looked up once, so that model, reference, threshold, costs and
/// number are those of one version. While the registry cannot be reached, of the version that the address meant last.
pub fn with_registry_values(settings: &Settings) -> Result<Cow<'_, Settings>> {
    looked_up(settings, KeptUse::OnOutage)
}

/// The settings of a run, like [`with_registry_values`], but from the registry itself: an outage is an error.
pub fn with_current_registry_values(settings: &Settings) -> Result<Cow<'_, Settings>> {
    looked_up(settings, KeptUse::Never)
}

fn looked_up(settings: &Settings, kept: KeptUse) -> Result<Cow<'_, Settings>> {
    let is_numbered = settings.model.version.as_deref().is_some_and(|version| version.contains(VERSION_NUMBER));
    let file = settings.model.file.as_deref();
    let model = file.map(|file| address_of(MODEL_FILE, file)).transpose()?.flatten();
    let values = match (&settings.model.tags, is_numbered) {
        (None, false) => None,
        (Some(_), _) => Some((KEY, "remove `tags`")),
        (None, true) => Some((NUMBER_KEY, "write the version without {version}")),
    };
    if let (Some((key, remedy)), None) = (values, &model) {
        return Err(Fault::setup(format!(
            "{key}: model.file is not an address of the registry; set it to one, or {remedy}"
        )));
    }
    let reference = address_of(REFERENCE, &settings.reference)?;
    if model.is_none() && reference.is_none() {
        return Ok(Cow::Borrowed(settings));
    }
    let mut own = settings.clone();
    let mut place = RegistryPlace { kept, ..RegistryPlace::of(settings) };
    if let Some(address) = &model {
        let choices = settings.model.choices();
        let tags = settings.model.tags.iter().flat_map(ModelTags::names);
        let wanted = VersionParts {
            model: Some(&choices),
            reference: reference.as_ref() == Some(address),
            tags: tags.chain(is_numbered.then_some(VERSION_NUMBER)).collect(),
        };
        let at_line = |fault: Fault| fault.context(settings.line_of(MODEL_FILE));
        let found = VersionQuery { key: MODEL_FILE, address, wanted, place: &place }.find().map_err(at_line)?;
        add_files(&mut own.registry, &found);
        place.run.is_away |= found.outage == Some(RegistryOutage::Unreachable);
        set_values(&mut own, &found, address, is_numbered)?;
    }
    if let Some(address) = reference.as_ref().filter(|reference| model.as_ref() != Some(reference)) {
        let wanted = VersionParts { reference: true, ..VersionParts::default() };
        add_files(&mut own.registry, &VersionQuery { key: REFERENCE, address, wanted, place: &place }.find()?);
    }
    Ok(Cow::Owned(own))
}

fn add_files(registry: &mut RunRegistry, found: &FoundVersion) {
    let kinds = [AddressedFile::Model, AddressedFile::Reference];
    registry.files.extend(kinds.into_iter().filter_map(|what| Some((what, found.file(what)?))));
}

fn set_values(own: &mut Settings, found: &FoundVersion, address: &ModelAddress, is_numbered: bool) -> Result<()> {
    let texts = &found.kept.values;
    if let Some(tags) = own.model.tags.clone() {
        apply(own, &tags, texts, &address.to_string())?;
    }
    if let Some(version) = own.model.version.as_mut().filter(|_| is_numbered) {
        let number = texts.get(VERSION_NUMBER).ok_or_else(|| {
            Fault::setup(format!(
                "{NUMBER_KEY}: {address} is not the address of a registered version, which has a number; use one such as \
                 models:/NAME@ALIAS, or write the version without {VERSION_NUMBER}"
            ))
        })?;
        *version = version.replace(VERSION_NUMBER, number);
    }
    Ok(())
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
