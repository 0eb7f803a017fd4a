//! Settings and schema for people: what was understood, and what may be written.

use serde_json::json;

use super::{Options, Reports, ScheduleOptions, Settings, masked};

impl Settings {
    /// YAML of what was understood: defaults filled in, paths absolute, passwords hidden.
    #[must_use]
    pub fn show(&self) -> String {
        let written = serde_yaml::to_value(Tidy(self.as_options())).map(hidden);
        let text = written
            .and_then(|value| serde_yaml::to_string(&value))
            .unwrap_or_else(|error| format!("# it cannot be shown: {error}\n"));
        format!("# {} (sha256 {})\n{text}", self.path.display(), self.sha256)
    }

    /// The file that would say just this.
    fn as_options(&self) -> Options {
        Options {
            model: Some(self.model.clone()),
            reference: Some(self.reference.clone()),
            source: Some(self.source.clone()),
            labels: self.labels.clone(),
            schedule: ScheduleOptions {
                cron: self.schedule.cron.clone(),
                timezone: self.schedule.zone_name.clone(),
                window: self.schedule.window,
                lateness: self.schedule.lateness,
            },
            policy: self.policy.clone(),
            models: self.models.clone(),
            reports: Reports { dir: self.reports.clone(), keep: self.keep, language: self.language },
            state: self.state.clone(),
            alerts: self.alerts.clone(),
            http: self.http.clone(),
        }
    }
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
