//! Intervals as `report.json` has them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::Interval;

/// An estimate with its 95% confidence interval.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedInterval {
    pub high: Option<f64>,
    pub low: Option<f64>,
    pub value: Option<f64>,
}

/// The bounds of a 95% confidence interval, for a value with its own key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedBounds {
    pub high: Option<f64>,
    pub low: Option<f64>,
}

/// An estimate with its 95% confidence interval, and the reference's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedBand {
    pub high: Option<f64>,
    pub low: Option<f64>,
    pub reference: Option<f64>,
    pub value: Option<f64>,
}

impl From<Interval> for ReportedInterval {
    fn from(Interval { value, low, high }: Interval) -> Self {
        Self { high: Some(high), low: Some(low), value: Some(value) }
    }
}

impl From<Interval> for ReportedBounds {
    fn from(Interval { low, high, .. }: Interval) -> Self {
        Self { high: Some(high), low: Some(low) }
    }
}

impl ReportedInterval {
    /// Returns value, low and high if all are defined.
    #[must_use]
    pub fn triple(&self) -> Option<(f64, f64, f64)> {
        Some((self.value?, self.low?, self.high?))
    }
}

impl ReportedBand {
    /// The reference's value is reported even if the window has none.
    pub(super) fn new(window: Option<Interval>, reference: Option<f64>) -> Self {
        let ReportedInterval { high, low, value } = window.map(Into::into).unwrap_or_default();
        Self { high, low, reference, value }
    }

    /// Returns value, low and high if all are defined.
    #[must_use]
    pub fn triple(&self) -> Option<(f64, f64, f64)> {
        Some((self.value?, self.low?, self.high?))
    }
}
