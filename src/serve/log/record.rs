//! The records of a request: a line of JSON for each row.
//!
//! Scores are not rounded, and inputs are the caller's own text by name, so that `vigie replay` can prove each score.

use std::{fmt::Write as _, time::Duration};

use memchr::memchr2;
use serde_json::Value;
use vigie_profile::window::Instant;

use crate::serve::{
    json_object::{JsonMembers, json_object},
    model::{RowScore, ServedModel},
};

/// What all records of a request have in common.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct RequestFacts<'a> {
    pub at: Instant,
    pub request_id: &'a str,
    pub endpoint: &'a str,
    pub latency_ms: f64,
    /// Time to read the request and to score its rows, in microseconds.
    pub parse_us: u64,
    pub score_us: u64,
}

/// The rows of a request that was answered.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct BatchRecord<'a> {
    pub facts: RequestFacts<'a>,
    pub model: &'a ServedModel,
    /// For each row, the JSON object of its inputs.
    pub inputs: &'a [&'a str],
    /// For each row, the id by which its inputs were found in the feature table.
    pub entities: &'a [Option<String>],
    /// For each row, how old these inputs were.
    pub ages: &'a [Option<Duration>],
    pub scores: &'a [RowScore],
    /// Names that are not logged.
    pub omit: &'a [String],
}

/// A request that was refused.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct RefusedRecord<'a> {
    pub facts: RequestFacts<'a>,
    pub model: &'a ServedModel,
    pub status: u16,
    /// Why; quotes no value.
    pub error: &'a str,
}

impl BatchRecord<'_> {
    /// One line for each row, without what the writer adds in front.
    pub(in crate::serve) fn lines(&self) -> Vec<Vec<u8>> {
        let is_batch = self.scores.len() > 1;
        let rows = self.scores.iter().zip(self.inputs).enumerate();
        rows.map(|(row, (score, inputs))| {
            let mut line = String::with_capacity(inputs.len() + 640);
            begin(&mut line, &self.facts, is_batch.then_some(row));
            write_model(&mut line, self.model, 200);
            if let Some(entity) = self.entities.get(row).and_then(Option::as_ref) {
                line.push_str(",\"entity_id\":");
                push_text(&mut line, entity);
            }
            if let Some(Some(age)) = self.ages.get(row) {
                let _ = write!(line, ",\"features_age_s\":{:.3}", age.as_secs_f64());
            }
            line.push_str(",\"inputs\":");
            push_inputs(&mut line, inputs, self.omit);
            line.push_str(",\"outputs\":{\"raw\":");
            push_number(&mut line, score.raw);
            let _ = write!(line, ",\"{}\":", self.model.score_key);
            push_number(&mut line, score.score);
            if let (Some(refused), Some(rule)) = (score.refused, self.model.rule) {
                let _ = write!(line, ",\"score\":{},\"decision\":", u8::from(refused));
                push_text(&mut line, self.model.decision(refused));
                line.push_str(",\"threshold\":");
                push_number(&mut line, rule.threshold);
            }
            line.push_str("},\"error\":null}\n");
            line.into_bytes()
        })
        .collect()
    }
}

impl RefusedRecord<'_> {
    /// The line, without what the writer adds in front.
    pub(in crate::serve) fn lines(&self) -> Vec<Vec<u8>> {
        let mut line = String::with_capacity(512);
        begin(&mut line, &self.facts, None);
        write_model(&mut line, self.model, self.status);
        let _ = writeln!(line, ",\"inputs\":null,\"outputs\":null,\"error\":{}}}", Value::from(self.error));
        vec![line.into_bytes()]
    }
}

/// The fields that every record has.
fn begin(line: &mut String, facts: &RequestFacts<'_>, row: Option<usize>) {
    let _ = write!(line, "\"ts\":\"{}\",\"request_id\":", facts.at);
    match row {
        Some(row) => {
            push_text(line, &format!("{}#{row}", facts.request_id));
            line.push_str(",\"batch_id\":");
            push_text(line, facts.request_id);
            let _ = write!(line, ",\"row\":{row}");
        }
        None => push_text(line, facts.request_id),
    }
    line.push_str(",\"endpoint\":");
    push_text(line, facts.endpoint);
    line.push_str(",\"latency_ms\":");
    push_number(line, facts.latency_ms);
    let (parse, score) = (facts.parse_us, facts.score_us);
    let _ = write!(line, ",\"timing\":{{\"parse_us\":{parse},\"score_us\":{score}}}");
}

fn write_model(line: &mut String, model: &ServedModel, status: u16) {
    let _ = write!(line, ",\"status_code\":{status},\"model_name\":");
    push_text(line, &model.name);
    line.push_str(",\"model_version\":");
    match &model.version {
        Some(version) => push_text(line, version),
        None => line.push_str("null"),
    }
    let _ = write!(line, ",\"model_sha256\":\"{}\"", model.sha256);
}

/// A text of JSON. Most need no escapes.
fn push_text(line: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        line.push('"');
        line.push_str(text);
        line.push('"');
    } else {
        let _ = write!(line, "{}", Value::from(text));
    }
}

/// The shortest digits that read back as the same number.
fn push_number(line: &mut String, number: f64) {
    match serde_json::Number::from_f64(number) {
        Some(number) => {
            let _ = write!(line, "{number}");
        }
        None => line.push_str("null"),
    }
}

/// The object of inputs on one line, without the names that are not logged.
fn push_inputs(line: &mut String, inputs: &str, omit: &[String]) {
    if omit.is_empty() {
        return push_on_one_line(line, inputs);
    }
    // The inputs have been read before, so they are an object.
    let JsonMembers(members) = serde_json::from_str(inputs).unwrap_or(JsonMembers(Vec::new()));
    let kept = members.iter().filter(|(name, _)| !omit.contains(name));
    push_on_one_line(line, &json_object(kept.map(|(name, value)| (name.as_str(), value.get()))));
}

/// Replaces line breaks by spaces: in JSON they occur only between tokens.
fn push_on_one_line(line: &mut String, json: &str) {
    // Most bodies are one line, and a search for bytes is faster than a split at characters.
    if memchr2(b'\n', b'\r', json.as_bytes()).is_none() {
        return line.push_str(json);
    }
    let mut parts = json.split(['\n', '\r']);
    line.push_str(parts.next().unwrap_or_default());
    for part in parts {
        line.push(' ');
        line.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{push_inputs, push_text};

    fn logged(inputs: &str, omit: &[&str]) -> String {
        let omit: Vec<String> = omit.iter().map(|name| (*name).to_owned()).collect();
        let mut line = String::new();
        push_inputs(&mut line, inputs, &omit);
        line
    }

    #[test]
    fn inputs_keep_their_text_on_one_line() {
        assert_eq!(logged("{\"a\": 0.10,\r\n \"b\": \"x\\ny\"}", &[]), "{\"a\": 0.10,   \"b\": \"x\\ny\"}");
    }

    #[test]
    fn texts_are_escaped_as_json_has_it() {
        for text in ["", "credit-default", "caf\u{e9}", "a\"b", "a\\b", "a\nb", "\u{7f}\u{0}"] {
            let mut line = String::new();
            push_text(&mut line, text);
            assert_eq!(line, Value::from(text).to_string());
        }
    }

    #[test]
    fn omitted_names_are_left_out() {
        assert_eq!(logged("{\"a\": 0.10, \"NAME\": \"D\", \"b\": [1,\n2]}", &["NAME"]), "{\"a\":0.10,\"b\":[1, 2]}");
        assert_eq!(logged("{\"NAME\": 1}", &["NAME"]), "{}");
    }
}
