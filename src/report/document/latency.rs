//! The `latency` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::profile::Latency;

/// Latency in milliseconds, to 3 significant digits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LatencySection {
    pub max: Option<f64>,
    pub mean: Option<f64>,
    /// Number of requests with a latency.
    pub n: u64,
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    /// `ms`.
    pub unit: String,
}

impl LatencySection {
    pub(super) fn new(latency: &Latency) -> Self {
        Self {
            max: latency.max_ms(),
            mean: latency.mean_ms(),
            n: latency.count(),
            p50: latency.quantile_ms(0.50),
            p90: latency.quantile_ms(0.90),
            p95: latency.quantile_ms(0.95),
            p99: latency.quantile_ms(0.99),
            unit: "ms".to_owned(),
        }
    }
}
