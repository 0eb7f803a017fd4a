//! Why a request is refused, before it is written in the words of the endpoint that was called.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::rows_reader::InputFaults;
use crate::config::{InputPolicy, Misfit};

/// A refused request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScoringRefusal {
    pub status: StatusCode,
    pub code: &'static str,
    /// What is wrong, and what to do; quotes names, and no values.
    pub message: String,
    /// The names, by what is wrong with them.
    pub details: Map<String, Value>,
    /// Whether the refusal is to be logged; not if the log itself is the reason.
    pub is_logged: bool,
}

impl ScoringRefusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Map::new(), is_logged: true }
    }

    /// A body that cannot be read.
    pub(super) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// A part of a body that has another shape than expected.
    pub(super) fn misread(part: &str, error: &serde_json::Error) -> Self {
        Self::unreadable(format!("{part} cannot be read: {}", without_value(error)))
    }

    /// Inputs that cannot be scored.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "INVALID_INPUT", message)
    }

    /// The service cannot answer now.
    pub(super) fn not_ready(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_READY", message)
    }

    /// A request that cannot be logged, so that it is not answered.
    pub(super) fn unlogged(message: impl Into<String>) -> Self {
        Self { is_logged: false, ..Self::not_ready(message) }
    }

    /// Whether the same request may succeed in a second.
    pub(super) fn is_temporary(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The refusal that the faults of a request amount to, by the policy; `None` if it is to be scored.
    pub(super) fn of_faults(faults: &InputFaults, policy: InputPolicy) -> Option<Self> {
        let mut parts = Vec::new();
        let mut details = Map::new();
        let mut add = |key: &str, what: &str, names: &[String]| {
            if !names.is_empty() {
                parts.push(format!("{what}: {}", names.join(", ")));
                details.insert(key.to_owned(), json!(names));
            }
        };
        let refuses = |misfit: Misfit| misfit == Misfit::Refuse;
        if refuses(policy.unknown) {
            add("unknown", "not features of the model", &faults.unknown);
        }
        if refuses(policy.absent) {
            add("absent", "features without a value (send null for a missing one)", &faults.absent);
        }
        let wrong: Vec<String> =
            faults.wrong.iter().map(|(name, wanted)| format!("{name} (expected {wanted})")).collect();
        add("wrong_type", "values of the wrong type", &wrong);
        add("repeated", "named twice", &faults.repeated);
        if refuses(policy.unseen) {
            add("unseen_level", "levels that the model was not trained with, in", &faults.unseen);
        }
        (!parts.is_empty()).then(|| Self { details, ..Self::invalid(parts.join("; ")) })
    }

    /// What an answer says about faults that the policy allows.
    pub(super) fn notes(faults: &InputFaults) -> Vec<String> {
        let note = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
        let all = [
            note("not features of the model, ignored", &faults.unknown),
            note("features without a value, taken as missing", &faults.absent),
            note("levels that the model was not trained with, in", &faults.unseen),
        ];
        all.into_iter().flatten().collect()
    }
}

/// What is wrong with JSON, and where. The parser quotes a value of the wrong type, which may be an applicant's.
pub(super) fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let quoting = ["invalid type: ", "invalid value: "].into_iter().find(|what| text.starts_with(what));
    match (quoting, text.rsplit_once(", expected ")) {
        (Some(what), Some((_, expected))) => format!("{what}expected {expected}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::without_value;

    #[test]
    fn values_are_not_quoted() {
        let wrong = |text: &str| without_value(&serde_json::from_str::<Vec<usize>>(text).unwrap_err());
        assert_eq!(wrong("[\"D, expected x\"]"), "invalid type: expected usize at line 1 column 16");
        assert_eq!(wrong("[17.25]"), "invalid type: expected usize at line 1 column 6");
        assert_eq!(wrong("[-17]"), "invalid value: expected usize at line 1 column 4");
        assert_eq!(wrong("[1"), "EOF while parsing a list at line 1 column 2");
    }
}
