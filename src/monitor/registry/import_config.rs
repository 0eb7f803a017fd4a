//! The text of the config that `vigie import mlflow` writes: every value that the registry knows, with comments.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use vigie_profile::shown::harmless;

use super::learn_command::learn_command;
use crate::{config::ModelTags, replay::ScoreKind};

/// Width of lines of comments, in characters.
const WIDTH: usize = 120;

/// What the registry knows.
pub(super) struct ImportedModel<'a> {
    pub address: &'a str,
    pub name: String,
    pub version: String,
    /// The server, without credentials; `None` if its address in the environment contains some.
    pub tracking_uri: Option<String>,
    /// The registry, if it is another server.
    pub registry_uri: Option<String>,
    pub has_reference: bool,
    pub tags: ModelTags,
    /// Values of these tags, by name.
    pub values: BTreeMap<String, String>,
    pub kind: Option<ScoreKind>,
    pub classes: Vec<String>,
    /// Names and types of the inputs by the signature, else the names that the model has.
    pub features: Vec<(String, Option<String>)>,
    pub is_signed: bool,
    pub log: Option<&'a Path>,
}

/// The config of a model.
pub(super) fn config_text(model: &ImportedModel<'_>) -> String {
    let mut text = format!(
        "# Configuration of vigie for {} ({}), written by `vigie import mlflow`.\n\
         # Relative paths are relative to this file. Commented-out options show the default or an example.\n\
         # `vigie config check` reports all problems; `vigie config show` prints the effective config.\n\n",
        harmless(model.address),
        harmless(&model.version)
    );
    model_section(&mut text, model);
    reference(&mut text, model);
    mlflow_section(&mut text, model);
    source_section(&mut text, model);
    text.push_str(OTHER_SECTIONS);
    text
}

fn model_section(text: &mut String, model: &ImportedModel<'_>) {
    let _ = writeln!(
        text,
        "model:\n  name: {}   # also the name of the model's report folder\n  \
         # The address: each check asks the registry which version it means now.\n  file: {}",
        scalar(&model.name),
        scalar(model.address)
    );
    if model.kind.is_none() {
        let classes = model.classes.iter().map(|class| harmless(class)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  # class: …   # whose probability is the score; the model's classes: {classes}");
    }
    if model.kind == Some(ScoreKind::Prediction) {
        text.push('\n');
        return;
    }
    let tags = &model.tags;
    let keys = [
        ("threshold", &tags.threshold),
        ("false_negative", &tags.false_negative),
        ("false_positive", &tags.false_positive),
    ];
    let known: Vec<(&str, &str)> = keys.into_iter().filter_map(|(key, tag)| Some((key, tag.as_deref()?))).collect();
    if !known.is_empty() {
        let pairs: Vec<String> = known.iter().map(|(key, tag)| format!("{key}: {tag}")).collect();
        let values = known.iter().map(|(_, tag)| model.values.get(*tag).map_or("", String::as_str));
        let values: Vec<String> = values.map(harmless).collect();
        let _ = writeln!(
            text,
            "  # Tags of the version, or else tags and parameters of its run, that state these numbers; now {}.\n  \
             tags: {{{}}}",
            values.join(", "),
            pairs.join(", ")
        );
    }
    if tags.threshold.is_none() {
        text.push_str("  threshold: 0.5   # the event is predicted at this probability or above\n");
    }
    let costs = [("false_negative: 10", &tags.false_negative), ("false_positive: 1", &tags.false_positive)];
    let costs: Vec<&str> = costs.into_iter().filter(|(_, tag)| tag.is_none()).map(|(cost, _)| cost).collect();
    if !costs.is_empty() {
        let _ = writeln!(text, "  cost: {{{}}}   # cost of a wrong decision, in any unit", costs.join(", "));
    }
    text.push_str(
        "  # event: default       # what the probability is of: default, repaid, or any other word (then also `high_score`)\n  \
         # version: \"1\"         # rows from other versions are counted and can be a finding\n\n",
    );
    features(text, model);
}

/// The inputs, as a comment.
fn features(text: &mut String, model: &ImportedModel<'_>) {
    let source = if model.is_signed { ", with the types of the signature in the registry" } else { "" };
    let _ = writeln!(text, "# The {} features in the model's order{source}:", model.features.len());
    let mut line = String::from("#");
    for (index, (name, data_type)) in model.features.iter().enumerate() {
        let end = if index + 1 < model.features.len() { "," } else { "" };
        let name = harmless(name);
        let word =
            data_type.as_ref().map_or(format!(" {name}{end}"), |own| format!(" {name} ({}){end}", harmless(own)));
        if line.chars().count() + word.chars().count() > WIDTH && line.len() > 1 {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push_str(&word);
    }
    let _ = writeln!(text, "{line}\n");
}

fn reference(text: &mut String, model: &ImportedModel<'_>) {
    if model.has_reference {
        text.push_str("# The data that the log is compared with: vigie/reference.vigie next to the model.\n");
    } else {
        let _ = writeln!(
            text,
            "# The data that the log is compared with. The version has no reference yet; this command learns it from training or\n\
             # hold-out rows, and puts it next to the model:\n# {}",
            harmless(&learn_command(model.address))
        );
    }
    let _ = writeln!(text, "reference: {}\n", scalar(model.address));
}

fn mlflow_section(text: &mut String, model: &ImportedModel<'_>) {
    text.push_str("# The MLflow server. What is not set here is read from the environment, as MLflow's own clients do.\nmlflow:\n");
    match &model.tracking_uri {
        Some(uri) => {
            let _ = writeln!(text, "  tracking_uri: {}", scalar(uri));
        }
        None => text.push_str(
            "  # The address contains a login, and is therefore read from the environment (MLFLOW_TRACKING_URI).\n  \
             # tracking_uri: https://mlflow.example.com\n",
        ),
    }
    if let Some(uri) = &model.registry_uri {
        let _ = writeln!(text, "  registry_uri: {}", scalar(uri));
    }
    text.push_str(
        "  tracking: false   # true: log each run, with figures and report, to the experiment `vigie/NAME` of the model\n  \
         # username: vigie\n  \
         # password_file: /etc/vigie/mlflow-password   # or token_file alone\n  \
         # ca_file: /etc/vigie/ca.pem                  # instead of the system's certificates\n\n",
    );
}

fn source_section(text: &mut String, model: &ImportedModel<'_>) {
    let log = model.log.map_or("log".into(), |log| log.to_string_lossy());
    let score = match model.kind {
        Some(ScoreKind::Prediction) => "prediction: [outputs.prediction, prediction]",
        _ => "probability: [outputs.proba_default, outputs.probability, probability]",
    };
    let _ = write!(
        text,
        "source:\n  kind: files\n  \
         path: {}   # the prediction log: a file, a folder or a glob; .parquet .ndjson .jsonl .csv, also .gz .zst\n  \
         # where: {{endpoint: /predict}}   # ignore other records, such as health checks\n  \
         fields:   # dotted paths into a record; for a list, the first path found is used\n    \
         timestamp: [ts, timestamp]\n    \
         features: inputs   # an object, or an array with `feature_names`; without this line the columns themselves\n    \
         {score}\n    \
         # decision: outputs.decision\n    \
         # latency_ms: latency_ms\n    \
         # status: status_code          # 400 and above is a failed request\n    \
         # id: request_id               # required for labels, and to leave out duplicates\n    \
         # model_version: model_version\n\n",
        scalar(&log)
    );
}

const OTHER_SECTIONS: &str = "schedule:
  cron: \"0 15 6 * * *\"   # when the daemon checks: second minute hour day month weekday
  timezone: UTC          # of the cron schedule and of the windows
  window: 1d             # or 7d (from Monday), or month
  lateness: 2h           # how long to wait for late records after the end of a window

policy:
  min_rows: 500          # windows with fewer rows get no verdict

reports: {dir: reports, keep: 400d}
state: state             # folder for the daemon's state, and for the models of the registry

# Actual outcomes, joined by id; `id` of source.fields is then required.
# labels: {path: labels, id: request_id, target: actual}

# alerts:
#   email: {smtp: \"smtps://mail.example.com:465\", from: vigie@example.com, to: [risk@example.com]}
#   after: 2               # consecutive windows before an alert opens; also of an outage of the registry

# http: {listen: \"127.0.0.1:8787\"}   # reports, /metrics, /healthz
";

/// A text as a YAML scalar: in quotation marks, with JSON's escapes, which YAML shares.
fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
