//! The `service` section of `report.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::{
    profile::{HourOfDay, Traffic},
    window::Instant,
};

use super::latency::LatencySection;

/// Requests and errors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServiceSection {
    /// Hours with requests.
    pub by_hour: Vec<HourlyRequests>,
    /// Hours of the day in UTC with requests, over all days of the window.
    pub by_hour_of_day: Vec<RequestsByHourOfDay>,
    /// Requests by HTTP status, where the log has one.
    pub by_status: BTreeMap<String, u64>,
    /// Share of failed requests; null without requests.
    pub error_rate: Option<f64>,
    /// Failed requests.
    pub errors: u64,
    /// Latency of failed requests.
    pub failed_latency: LatencySection,
    pub requests: u64,
}

/// Requests of an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HourlyRequests {
    pub errors: u64,
    /// Start of the hour.
    pub hour: Instant,
    pub requests: u64,
}

/// Requests of an hour of the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestsByHourOfDay {
    pub errors_by_status: BTreeMap<String, u64>,
    /// 0 to 23.
    #[schemars(range(max = 23))]
    pub hour: usize,
    pub latency: HourlyLatency,
    pub requests: u64,
}

/// Latency of an hour of the day in milliseconds, to 2 significant digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HourlyLatency {
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    /// `ms`.
    pub unit: String,
}

impl ServiceSection {
    pub(super) fn new(traffic: &Traffic) -> Self {
        let hourly = |(hour, (requests, errors)): (&i64, &(u64, u64))| HourlyRequests {
            errors: *errors,
            hour: Instant(hour.saturating_mul(3_600_000_000)),
            requests: *requests,
        };
        let hours_of_day = traffic.by_hour_of_day.iter().enumerate().filter(|(_, hour)| hour.requests() > 0);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let error_rate = (traffic.requests > 0).then(|| traffic.errors as f64 / traffic.requests as f64);
        Self {
            by_hour: traffic.by_hour.iter().map(hourly).collect(),
            by_hour_of_day: hours_of_day.map(|(hour, traffic)| RequestsByHourOfDay::new(hour, traffic)).collect(),
            by_status: traffic.by_status.iter().map(|(status, count)| (status.to_string(), *count)).collect(),
            error_rate,
            errors: traffic.errors,
            failed_latency: LatencySection::new(&traffic.failed_latency),
            requests: traffic.requests,
        }
    }
}

impl RequestsByHourOfDay {
    fn new(hour: usize, traffic: &HourOfDay) -> Self {
        Self {
            errors_by_status: traffic.errors().iter().map(|(status, count)| (status.to_string(), *count)).collect(),
            hour,
            latency: HourlyLatency {
                p50: traffic.quantile_ms(0.50),
                p95: traffic.quantile_ms(0.95),
                p99: traffic.quantile_ms(0.99),
                unit: "ms".to_owned(),
            },
            requests: traffic.requests(),
        }
    }
}
