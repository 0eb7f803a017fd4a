//! Prints the effective settings and the JSON schema.

use serde_json::json;

use super::{ConfigFile, Reports, RunOptions, ScheduleOptions, Settings, WatchedModel, masked};

impl Settings {
    /// The effective config as YAML: defaults filled in, paths absolute, secrets masked.
    #[must_use]
    pub fn show(&self) -> String {
        show(std::slice::from_ref(self))
    }
}

/// The effective config of all models of one file.
#[must_use]
pub fn show(all: &[Settings]) -> String {
    let Some(first) = all.first() else { return String::new() };
    let written = serde_yaml::to_value(WithEnumKeys(to_config_file(first, all))).map(mask_all);
    let text = written
        .and_then(|value| serde_yaml::to_string(&value))
        .unwrap_or_else(|error| format!("# cannot be shown: {error}\n"));
    format!("# {} (sha256 {})\n{text}", first.path.display(), first.sha256)
}

/// The config file equivalent to these settings.
fn to_config_file(first: &Settings, all: &[Settings]) -> ConfigFile {
    let single = (all.len() == 1).then_some(first);
    ConfigFile {
        model: single.map(|one| one.model.clone()),
        reference: single.map(|one| one.reference.clone()),
        source: single.map(|one| one.source.clone()),
        labels: single.and_then(|one| one.labels.clone()),
        features: single.and_then(|one| one.features.clone()),
        segments: single.and_then(|one| one.segments.clone()),
        schedule: schedule(first),
        policy: first.policy.clone(),
        baseline: first.baseline,
        models: if single.is_some() { Vec::new() } else { all.iter().map(watched).collect() },
        reports: Reports {
            dir: first.reports.clone(),
            keep: first.keep,
            language: first.language,
            base_url: first.base_url.clone(),
        },
        state: first.state.clone(),
        run: RunOptions { threads: first.threads },
        alerts: first.alerts.clone(),
        http: first.http.clone(),
        mlflow: first.mlflow.clone(),
        serve: first.serve.clone(),
    }
}

fn watched(settings: &Settings) -> WatchedModel {
    WatchedModel {
        model: settings.model.clone(),
        reference: settings.reference.clone(),
        source: settings.source.clone(),
        labels: settings.labels.clone(),
        features: settings.features.clone(),
        segments: settings.segments.clone(),
        schedule: schedule(settings),
        policy: settings.policy.clone(),
        baseline: settings.baseline,
    }
}

fn schedule(settings: &Settings) -> ScheduleOptions {
    let schedule = &settings.schedule;
    ScheduleOptions {
        cron: schedule.cron.clone(),
        timezone: schedule.zone_name.clone(),
        window: schedule.window,
        lateness: schedule.lateness,
        start: schedule.start.map(|start| start.to_string()),
        catch_up: schedule.catch_up,
        revise: schedule.revise,
    }
}

/// Serialises `floor: 0.0001` as a key, not as a YAML tag.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct WithEnumKeys(#[serde(with = "serde_yaml::with::singleton_map_recursive")] ConfigFile);

/// Masks the passwords in every string.
fn mask_all(value: serde_yaml::Value) -> serde_yaml::Value {
    use serde_yaml::Value::{Mapping, Sequence, String};
    match value {
        String(text) => String(masked(&text)),
        Sequence(values) => Sequence(values.into_iter().map(mask_all).collect()),
        Mapping(values) => Mapping(values.into_iter().map(|(key, value)| (key, mask_all(value))).collect()),
        value => value,
    }
}

/// The JSON schema of the config file, for editors.
#[must_use]
pub fn schema() -> String {
    let mut schema = schemars::schema_for!(ConfigFile).to_value();
    if let Some(top) = schema.as_object_mut() {
        top.insert("title".to_owned(), json!("vigie config"));
        // A config defines one model or several.
        top.insert(
            "anyOf".to_owned(),
            json!([{"required": ["model", "reference", "source"]}, {"required": ["models"]}]),
        );
    }
    format!("{schema:#}")
}
