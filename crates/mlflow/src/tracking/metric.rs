//! Figures: points of metrics, and their history.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    client::{MlflowClient, api},
    error::Result,
    json::integer,
    wire::Call,
};

/// A value of a metric. A server keeps each combination of key, step, time and value once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// The metric; see [`safe_key`](super::safe_key).
    pub key: String,
    /// A finite number.
    #[serde(deserialize_with = "number")]
    pub value: f64,
    /// Milliseconds since 1970.
    #[serde(rename = "timestamp", deserialize_with = "integer")]
    pub timestamp_ms: i64,
    /// Position on the chart. Values with the same step are one point, the latest; a revision needs a step of its own.
    #[serde(default, deserialize_with = "integer")]
    pub step: i64,
    /// The logged model on whose page the metric appears. Left out for servers older than MLflow 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
}

impl MetricPoint {
    /// Whether the server would keep only one of the two.
    pub(super) fn is_same_point(&self, other: &Self) -> bool {
        self.key == other.key
            && self.step == other.step
            && self.timestamp_ms == other.timestamp_ms
            && self.value.to_bits() == other.value.to_bits()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrWord {
    Number(f64),
    Word(String),
}

/// Servers write NaN and infinite values, which other clients may have logged, as texts.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match NumberOrWord::deserialize(deserializer)? {
        NumberOrWord::Number(number) => Ok(number),
        NumberOrWord::Word(word) => word.parse().map_err(serde::de::Error::custom),
    }
}

#[derive(Deserialize)]
struct MetricHistory {
    #[serde(default)]
    metrics: Vec<MetricPoint>,
    next_page_token: Option<String>,
}

impl MlflowClient {
    /// All points of a metric of a run.
    ///
    /// # Errors
    ///
    /// `NotFound`: no such run; as every call.
    pub fn metric_history(&self, run_id: &str, key: &str) -> Result<Vec<MetricPoint>> {
        let purpose = format!("reading the history of the metric {key:?} of run {run_id}");
        let mut points = Vec::new();
        let mut token = String::new();
        loop {
            let mut query = vec![("run_id", run_id), ("metric_key", key), ("max_results", "10000")];
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let url = api(self.tracking(), "metrics/get-history", &query);
            let reply: MetricHistory = self.tracking().json(&Call::get(url, &purpose))?;
            points.extend(reply.metrics);
            match reply.next_page_token.filter(|next| !next.is_empty() && *next != token) {
                Some(next) => token = next,
                None => return Ok(points),
            }
        }
    }
}
