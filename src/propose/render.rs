//! A proposal as the text of a config, with the evidence as comments.

use std::fmt::Write as _;

use vigie_profile::{decision::HighScore, shown::harmless};

use super::proposal::{Proposal, ProposedScore};

/// Width of lines of names, in characters.
const WIDTH: usize = 120;
/// Column at which evidence begins, if the value is short enough.
const EVIDENCE: usize = 46;

/// What a config names besides the proposal.
#[derive(Debug, Clone, Copy)]
pub struct ConfigText<'a> {
    pub name: &'a str,
    /// The log, relative to the config.
    pub log: &'a str,
    /// Number of files that were read, and of all files.
    pub files: (usize, usize),
    pub model: Option<&'a str>,
    pub reference: &'a str,
    /// The command that learns the reference.
    pub learn: &'a str,
    pub volume: Volume,
}

/// Length of a window, and the rows that it needs for a verdict, for the log's number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// As in `schedule.window`.
    pub window: &'static str,
    pub min_rows: u64,
    /// Median number of rows of a day.
    pub daily: u64,
}

/// The text of the config.
#[must_use]
pub fn render(proposal: &Proposal, config: &ConfigText<'_>) -> String {
    let (read, all) = config.files;
    let files = if all == 1 { "1 file".to_owned() } else { format!("{read} of {all} files") };
    let mut text = format!(
        "# Configuration of vigie, written by `vigie init` from {} records of {files}. Comments say what each field was taken for, \
         and why.\n# Relative paths are relative to this file. `vigie config check --config FILE` reports problems; `vigie config show \
         --config FILE` prints every option.\n\n",
        proposal.records
    );
    model(&mut text, proposal, config);
    let _ = writeln!(
        text,
        "# The data that the log is compared with, made by\n# {}\nreference: {}\n",
        harmless(config.learn),
        scalar(config.reference)
    );
    source(&mut text, proposal, config);
    schedule(&mut text, proposal, config.volume);
    text.push_str(OTHER_SECTIONS);
    text
}

fn model(text: &mut String, proposal: &Proposal, config: &ConfigText<'_>) {
    let _ = writeln!(text, "model:");
    line(text, 2, "name", &scalar(config.name), "also the name of the report folder");
    if let Some(file) = config.model {
        line(text, 2, "file", &scalar(file), "rescores a sample of each window");
    }
    if let Some((_, version)) = &proposal.version {
        line(text, 2, "version", &quoted(version), "rows of other versions are counted, and can be a finding");
    }
    if matches!(proposal.score, Some(ProposedScore::Probability { .. })) {
        match &proposal.event {
            Some(event) => {
                let side = if proposal.high_score == HighScore::Good { "good" } else { "bad" };
                line(text, 2, "event", &scalar(event), &format!("by the name of the score: a high one is {side}"));
            }
            None if proposal.high_score == HighScore::Good => {
                line(text, 2, "high_score", "good", "low scores were refused");
            }
            None => text.push_str("  # high_score: bad   # or good, if low scores are refused\n"),
        }
        match &proposal.threshold {
            Some((threshold, why)) => line(text, 2, "threshold", &threshold.to_string(), why),
            None => text.push_str(
                "  # threshold: 0.5   # no decision of the log shows it; refused at this probability or above\n",
            ),
        }
        if let Some((accepted, refused)) = &proposal.words {
            let list = |words: &[String]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
            let value = format!("{{accepted: [{}], refused: [{}]}}", list(accepted), list(refused));
            line(text, 2, "decisions", &value, "check this: only the scores say it");
        }
        text.push_str("  # cost: {false_negative: 10, false_positive: 1}   # cost of a wrong decision, in any unit\n");
    }
    text.push('\n');
}

fn source(text: &mut String, proposal: &Proposal, config: &ConfigText<'_>) {
    text.push_str("source:\n");
    if proposal.is_own_log {
        line(text, 2, "kind", "vigie", "`vigie serve` wrote the log; its fields are known");
        line(text, 2, "path", &scalar(config.log), "");
        if let Some(ProposedScore::Prediction(field)) = &proposal.score {
            let _ = writeln!(text, "  fields: {{prediction: {}}}", scalar(&field.path));
        }
        text.push('\n');
        return;
    }
    line(text, 2, "path", &scalar(config.log), "a file, a folder or a glob");
    if let Some(format) = proposal.format {
        line(text, 2, "format", format, "the names of the files do not tell it");
    }
    if let Some(csv) = &proposal.csv {
        line(text, 2, "csv", &csv.form.as_yaml(), &csv.evidence());
    }
    if let Some((field, values)) = &proposal.filter {
        let value = match values.as_slice() {
            [value] => quoted(value),
            values => format!("[{}]", values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", ")),
        };
        line(text, 2, "where", &format!("{{{}: {value}}}", scalar(&field.path)), &field.evidence);
    }
    match &proposal.timezone {
        Some(zone) => line(text, 2, "timestamp_timezone", &scalar(zone), "of times without a zone"),
        None if proposal.is_naive => {
            line(
                text,
                2,
                "timestamp_timezone",
                "UTC",
                "taken, because the times state no zone; change it if they are local",
            );
        }
        None => {}
    }
    if let Some(from) = proposal.names_from {
        let note = match from {
            "made up" => "made up: replace them, in the order of the list".to_owned(),
            from => format!("from {from}, in its order"),
        };
        names(text, "  feature_names: [", "]", &proposal.feature_names, Some(&note));
    }
    text.push_str("  fields:   # dotted paths into a record; for a list, the first path found is used\n");
    fields(text, proposal);
    if proposal.names_from.is_none() {
        names(text, "  # inputs: ", "", &proposal.feature_names, None);
    }
    text.push('\n');
}

fn fields(text: &mut String, proposal: &Proposal) {
    line(text, 4, "timestamp", &scalar(&proposal.timestamp.path), &proposal.timestamp.evidence);
    match &proposal.features {
        Some(path) => line(text, 4, "features", &scalar(path), &proposal.features_evidence),
        None => {
            let _ = writeln!(text, "    # features: {}", harmless(&proposal.features_evidence));
        }
    }
    let scaled = |path: &str, scale: f64| match scale {
        1.0 => scalar(path),
        scale => format!("{{path: {}, scale: {scale}}}", scalar(path)),
    };
    match &proposal.score {
        Some(ProposedScore::Probability { field, scale }) => {
            line(text, 4, "probability", &scaled(&field.path, *scale), &field.evidence);
        }
        Some(ProposedScore::Prediction(field)) => line(text, 4, "prediction", &scalar(&field.path), &field.evidence),
        Some(ProposedScore::Classes { field, paths }) => {
            let paths = paths.iter().map(|(class, path)| format!("{}: {}", quoted(class), scalar(path)));
            let value = format!("{{{}}}", paths.collect::<Vec<_>>().join(", "));
            line(text, 4, "probabilities", &value, &field.evidence);
        }
        None => text.push_str("    # probability: …   # no field of the records looks like a score\n"),
    }
    for other in &proposal.other_scores {
        let _ = writeln!(text, "    # or probability: {}   # {}", scalar(&other.path), harmless(&other.evidence));
    }
    if let Some(decision) = &proposal.decision {
        line(text, 4, "decision", &scalar(&decision.path), &decision.evidence);
    }
    if let Some((latency, scale)) = &proposal.latency {
        line(text, 4, "latency_ms", &scaled(&latency.path, *scale), &latency.evidence);
    }
    let plain = [("status", &proposal.status), ("error", &proposal.error), ("id", &proposal.id)];
    for (key, field) in plain {
        if let Some(field) = field {
            line(text, 4, key, &scalar(&field.path), &field.evidence);
        }
    }
    if let Some((version, _)) = &proposal.version {
        line(text, 4, "model_version", &scalar(&version.path), &version.evidence);
    }
}

fn schedule(text: &mut String, proposal: &Proposal, volume: Volume) {
    let zone = proposal.timezone.as_deref().unwrap_or("UTC");
    text.push_str("schedule:\n");
    line(text, 2, "cron", "\"0 15 6 * * *\"", "when the daemon checks: second minute hour day month weekday");
    line(text, 2, "timezone", &scalar(zone), "of the cron schedule and of the windows");
    let daily = format!("1d, 7d (from Monday) or month; a day has about {} rows", volume.daily);
    line(text, 2, "window", volume.window, &daily);
    line(text, 2, "lateness", "2h", "how long to wait for late records");
    text.push_str("\npolicy:\n");
    line(text, 2, "min_rows", &volume.min_rows.to_string(), "windows with fewer rows get no verdict");
    text.push('\n');
}

const OTHER_SECTIONS: &str = "reports: {dir: reports}
state: state   # folder for the daemon's state

# Actual outcomes, joined by id; `id` of source.fields is then required.
# labels: {path: labels.csv, id: request_id, target: actual}
";

/// A key with its value, and the evidence at its end.
fn line(text: &mut String, indent: usize, key: &str, value: &str, evidence: &str) {
    let own = format!("{:indent$}{key}: {value}", "");
    if evidence.is_empty() {
        let _ = writeln!(text, "{own}");
    } else {
        let _ = writeln!(text, "{own:EVIDENCE$}   # {}", harmless(evidence));
    }
}

/// Names over several lines, as values or as a comment.
fn names(text: &mut String, begin: &str, end: &str, names: &[String], note: Option<&str>) {
    if let Some(note) = note {
        let _ = writeln!(text, "  # {}", harmless(note));
    }
    let is_comment = begin.trim_start().starts_with('#');
    let mut line = begin.to_owned();
    for (place, name) in names.iter().enumerate() {
        let name = if is_comment { harmless(name) } else { scalar(name) };
        let word = format!("{name}{}", if place + 1 < names.len() { ", " } else { end });
        if line.chars().count() + word.chars().count() > WIDTH && place > 0 {
            let _ = writeln!(text, "{}", line.trim_end());
            line = if is_comment { "  #   ".to_owned() } else { "    ".to_owned() };
        }
        line.push_str(&word);
    }
    let _ = writeln!(text, "{line}");
}

/// A text as a YAML scalar: plain if nothing in it has a meaning.
fn scalar(text: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "_./-".contains(char);
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '_');
    let is_word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_lowercase().as_str());
    if begins && text.chars().all(is_plain) && !is_word { text.to_owned() } else { quoted(text) }
}

/// A text in quotation marks, with JSON's escapes, which YAML shares.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_with_a_meaning_are_quoted() {
        assert_eq!(scalar("outputs.proba_default"), "outputs.proba_default");
        for (text, expected) in [("y", "\"y\""), ("1", "\"1\""), ("%EC", "\"%EC\""), ("a b", "\"a b\""), ("~", "\"~\"")]
        {
            assert_eq!(scalar(text), expected);
        }
    }
}
