//! `vigie import mlflow`: what the registry knows about a model, from which a config is written.

use std::{collections::BTreeMap, io, path::Path};

use vigie_mlflow::{MlflowClient, MlflowErrorKind, ModelAddress, ResolvedModel};
use vigie_profile::shown::shown;

use super::{
    client::{connect_to, fault},
    described::{REFERENCE, describe, texts_of},
    fetched_files::LIMIT,
    import_config::{ImportedModel, config_text},
    kept_files::create_folder,
    learn_command::{learn_command, quoted},
    registry_place::RegistryPlace,
};
use crate::{
    config::{ModelChoices, ModelTags, Problems, Settings},
    fault::{Fault, Result},
    monitor::{atomic_file::AtomicFile, model::read_model_as},
    replay::ScoringModel,
};

/// The argument that is the address, for messages.
const ADDRESS: &str = "ADDRESS";

/// Tags and parameters under which threshold and costs are usually found, the most telling ones first.
const THRESHOLDS: [&str; 4] = ["threshold_business", "business_threshold", "decision_threshold", "threshold"];
const FALSE_NEGATIVES: [&str; 3] = ["cost_fn", "cost_false_negative", "false_negative_cost"];
const FALSE_POSITIVES: [&str; 3] = ["cost_fp", "cost_false_positive", "false_positive_cost"];

/// A config to write from the registry.
#[derive(Debug)]
pub struct ImportRequest<'a> {
    /// The model's address, as it will be in the config.
    pub address: &'a str,
    /// The config to write; it must not exist.
    pub out: &'a Path,
    /// The prediction log, if it is known.
    pub log: Option<&'a Path>,
}

/// A config that was written.
#[derive(Debug)]
pub struct ImportedConfig {
    /// The model's name in the config.
    pub name: String,
    /// For people: `version 3 of credit-default`.
    pub version: String,
    /// Number of the model's features.
    pub features: usize,
    /// What has to be looked at.
    pub notes: Vec<String>,
    /// The next two commands.
    pub next: [String; 2],
}

/// Writes a commented config for a model of the registry. Server and login are those of the environment.
pub fn import_config(request: &ImportRequest<'_>) -> Result<ImportedConfig> {
    let out = request.out.display();
    if request.out.exists() {
        return Err(Fault::setup(format!("--out {out}: exists already; choose another name, or remove it")));
    }
    let failed = |error| fault(ADDRESS, &error);
    let address: ModelAddress = request.address.parse().map_err(failed)?;
    let client = connect_to(&RegistryPlace::of_environment(), None)?;
    let model = client.resolve(&address).map_err(failed)?;
    let (imported, mut notes) = look(request, &client, &address, &model)?;
    let text = config_text(&imported);
    let parsed = Settings::from_bytes(request.out, text.as_bytes());
    parsed.map_err(|problems: Problems| problems.into_fault().context("the written config"))?;
    let mut file = AtomicFile::create(request.out)?;
    file.write(text.as_bytes())?;
    file.finish()?;
    if request.log.is_none() {
        notes.push(format!("set source.path in {out} to the prediction log"));
    }
    let config = quoted(&request.out.to_string_lossy());
    let check = format!("vigie config check --config {config}");
    let next = if imported.has_reference {
        [check, format!("vigie check --config {config}")]
    } else {
        [learn_command(request.address), check]
    };
    let features = imported.features.len();
    Ok(ImportedConfig { name: imported.name, version: imported.version, features, notes, next })
}

fn look<'a>(
    request: &ImportRequest<'a>,
    client: &MlflowClient,
    address: &ModelAddress,
    model: &ResolvedModel,
) -> Result<(ImportedModel<'a>, Vec<String>)> {
    let failed = |error| fault(ADDRESS, &error);
    let mut notes = Vec::new();
    let place = RegistryPlace::of_environment();
    create_folder(&place.folder)?;
    let fetched = client.fetch_model(model, &place.folder, LIMIT).map_err(failed)?;
    let called = format!("{ADDRESS} {address} ({})", describe(model));
    let read = read_model_as(&called, &fetched.file, &ModelChoices::default())?;
    let signature = fetched.manifest.signature.iter().flat_map(|signature| &signature.inputs);
    let signed = signature.filter_map(|column| Some((column.name.clone()?, column.data_type.clone())));
    let signed: BTreeMap<String, String> = signed.collect();
    // The signature may have columns that the model does not read.
    let own = read.features().iter().map(|own| (own.name.clone(), signed.get(&own.name).cloned()));
    let features: Vec<(String, Option<String>)> = own.collect();
    let classes = read.classes().to_vec();
    let kind = match ScoringModel::new(ADDRESS, read, None) {
        Ok(scoring) => Some(scoring.kind()),
        Err(why) => {
            notes.push(format!("set model.class: {why}"));
            None
        }
    };
    let texts = texts_of(client, model).map_err(failed)?;
    let (tags, values) = known_tags(&texts, &mut notes);
    let root = client.locate(model).map_err(failed)?;
    let has_reference = match client.stream_artifact(&root, REFERENCE, LIMIT, &mut io::sink()) {
        Ok(_) => true,
        Err(error) if error.kind() == MlflowErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    let named = name_of(client, address, model);
    let name = folder_name(&named);
    if name != named {
        notes.push(format!("model.name is {}, because reports are kept in a folder of this name", shown(&name)));
    }
    let environment = std::env::var("MLFLOW_TRACKING_URI").unwrap_or_default();
    let imported = ImportedModel {
        address: request.address,
        name,
        version: describe(model),
        tracking_uri: (!has_login(&environment)).then(|| client.server()),
        registry_uri: Some(client.registry_server()).filter(|registry| *registry != client.server()),
        has_reference,
        tags,
        values,
        kind,
        classes,
        is_signed: features.iter().any(|(_, data_type)| data_type.is_some()),
        features,
        log: request.log,
    };
    Ok((imported, notes))
}

/// The name of a registered model, else of the logged model, or of its run if that is the usual `model`.
fn name_of(client: &MlflowClient, address: &ModelAddress, model: &ResolvedModel) -> String {
    let own = match (address, model) {
        (ModelAddress::Registered { name, .. }, _) => return name.clone(),
        (_, ResolvedModel::Version(version)) => return version.name.clone(),
        (_, ResolvedModel::Logged(logged)) => logged.name.as_str(),
        (_, ResolvedModel::Run { path, .. }) => path.rsplit('/').next().unwrap_or(path),
    };
    if !["", "model"].contains(&own) {
        return own.to_owned();
    }
    let run = model.run_id().and_then(|run_id| client.run(run_id).ok());
    run.map(|run| run.name).filter(|name| !name.is_empty()).unwrap_or_else(|| own.to_owned())
}

/// The tags that state threshold and costs, and their values. What is not a number in range is noted.
fn known_tags(texts: &BTreeMap<String, String>, notes: &mut Vec<String>) -> (ModelTags, BTreeMap<String, String>) {
    let mut values = BTreeMap::new();
    let mut first = |names: &[&str], most: f64| {
        let (tag, value) = names.iter().find_map(|name| texts.get_key_value(*name))?;
        let number: Option<f64> = value.trim().parse().ok();
        if !number.is_some_and(|number| number.is_finite() && (0.0..=most).contains(&number)) {
            notes.push(format!("the tag or parameter {tag} is not used: {} is not in range", shown(value)));
            return None;
        }
        values.insert(tag.clone(), value.trim().to_owned());
        Some(tag.clone())
    };
    let tags = ModelTags {
        threshold: first(&THRESHOLDS, 1.0),
        false_negative: first(&FALSE_NEGATIVES, f64::MAX),
        false_positive: first(&FALSE_POSITIVES, f64::MAX),
    };
    (tags, values)
}

/// A name that a folder can have, as `model.name` must be.
pub(in crate::monitor) fn folder_name(name: &str) -> String {
    let safe = name.chars().map(|c| if c == '/' || c == '\\' || c.is_control() { '-' } else { c }).collect::<String>();
    let mut safe = safe.trim().trim_start_matches('.').trim().to_owned();
    while safe.len() > 100 {
        safe.pop();
    }
    match safe.trim_end() {
        "" => "model".to_owned(),
        "example" => "example-model".to_owned(),
        safe => safe.to_owned(),
    }
}

/// Whether an address contains a user name or password.
fn has_login(uri: &str) -> bool {
    // A password may contain a slash.
    uri.split_once("://").map_or(uri, |(_, rest)| rest).contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_folders() {
        for (name, expected) in [
            ("credit-default", "credit-default"),
            ("cr\u{e9}dit v1.2 [x] 50%", "cr\u{e9}dit v1.2 [x] 50%"),
            ("catalog.schema.model", "catalog.schema.model"),
            ("a/b\\c\n", "a-b-c-"),
            ("..x", "x"),
            (" . ", "model"),
            ("example", "example-model"),
        ] {
            assert_eq!(folder_name(name), expected);
        }
        assert_eq!(folder_name(&"\u{e9}".repeat(80)).len(), 100);
    }

    #[test]
    fn logins_in_addresses_are_seen() {
        assert!(has_login("https://user:word@host:5000/path"));
        assert!(has_login("https://user:1234/ss@host") && has_login("https://token@host"));
        assert!(!has_login("https://host:5000/path") && !has_login(""));
    }
}
