//! What the records leave open, and the answers of the user.

use std::collections::BTreeMap;

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpenPoint {
    Timestamp,
    Timezone,
    Score,
    LatencyUnit,
    Words,
}

/// A choice that the records do not settle. The first option is taken without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub subject: OpenPoint,
    pub text: String,
    /// The answers, of which one is chosen; empty for a time zone.
    pub options: Vec<String>,
    /// What is taken without an answer.
    pub default: String,
}

/// Answers by subject.
pub type Answers = BTreeMap<OpenPoint, String>;
