//! Settings and schema for people: what was understood, and what may be written.

use serde_json::json;

use super::{Alerts, Options, Reports, RunOptions, ScheduleOptions, Settings, Watched, masked};

impl Settings {
    /// YAML of what was understood: defaults filled in, paths absolute, passwords hidden.
    #[must_use]
    pub fn show(&self) -> String {
        show(std::slice::from_ref(self))
    }
}

/// The same for all models of one file.
#[must_use]
pub fn show(all: &[Settings]) -> String {
    let Some(first) = all.first() else { return String::new() };
    let written = serde_yaml::to_value(Tidy(as_options(first, all))).map(hidden);
    let text = written
        .and_then(|value| serde_yaml::to_string(&value))
        .unwrap_or_else(|error| format!("# it cannot be shown: {error}\n"));
    format!("# {} (sha256 {})\n{text}", first.path.display(), first.sha256)
}

/// The file that would say just this.
fn as_options(first: &Settings, all: &[Settings]) -> Options {
    let single = (all.len() == 1).then_some(first);
    Options {
        model: single.map(|one| one.model.clone()),
        reference: single.map(|one| one.reference.clone()),
        source: single.map(|one| one.source.clone()),
        labels: single.and_then(|one| one.labels.clone()),
        segments: single.and_then(|one| one.segments.clone()),
        schedule: schedule(first),
        policy: first.policy.clone(),
        models: if single.is_some() { Vec::new() } else { all.iter().map(watched).collect() },
        reports: Reports {
            dir: first.reports.clone(),
            keep: first.keep,
            language: first.language,
            base_url: first.base_url.clone(),
        },
        state: first.state.clone(),
        run: RunOptions { threads: first.threads },
        alerts: hushed(&first.alerts),
        http: first.http.clone(),
    }
}

fn watched(settings: &Settings) -> Watched {
    Watched {
        model: settings.model.clone(),
        reference: settings.reference.clone(),
        source: settings.source.clone(),
        labels: settings.labels.clone(),
        segments: settings.segments.clone(),
        schedule: schedule(settings),
        policy: settings.policy.clone(),
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

/// Without the part of a webhook's address that is often a key.
fn hushed(alerts: &Alerts) -> Alerts {
    let mut alerts = alerts.clone();
    if let Some(webhook) = &mut alerts.webhook {
        webhook.url = webhook.shown();
    }
    alerts
}

/// Options with `floor: 0.0001` written as a key, not as a YAML tag.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Tidy(#[serde(with = "serde_yaml::with::singleton_map_recursive")] Options);

/// The same with every password in every text hidden.
fn hidden(value: serde_yaml::Value) -> serde_yaml::Value {
    use serde_yaml::Value::{Mapping, Sequence, String};
    match value {
        String(text) => String(masked(&text)),
        Sequence(values) => Sequence(values.into_iter().map(hidden).collect()),
        Mapping(values) => Mapping(values.into_iter().map(|(key, value)| (key, hidden(value))).collect()),
        value => value,
    }
}

/// The JSON schema of the config file, for editors.
#[must_use]
pub fn schema() -> String {
    let mut schema = schemars::schema_for!(Options).to_value();
    if let Some(top) = schema.as_object_mut() {
        top.insert("title".to_owned(), json!("vigie's config"));
        // A config describes one model or several.
        top.insert(
            "anyOf".to_owned(),
            json!([{"required": ["model", "reference", "source"]}, {"required": ["models"]}]),
        );
    }
    format!("{schema:#}")
}
