//! Direction of a feature's drift, which a distance does not show.

use serde::{Deserialize, Serialize};

use super::{BinShare, Measure, Test, numbers::number, rules::bin_share};
use crate::drift::{CommonValue, FeatureDrift, PsiBinKind, Summary};

/// How a feature has moved from the reference to the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Direction {
    /// No longer in the log.
    Absent {
        /// A field of the log whose name differs only in case or separators.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        near: Option<String>,
    },
    /// Shares of rows without a value, where it is nearly all.
    Dead {
        from: f64,
        to: f64,
    },
    /// The value that nearly all rows have.
    Constant {
        value: CommonValue,
    },
    /// Shares of missing values.
    Missing {
        from: Option<f64>,
        to: Option<f64>,
    },
    /// Share of rows with levels that the reference does not have.
    Unseen {
        share: Option<f64>,
    },
    /// Shares of values above the reference's maximum.
    Above {
        from: f64,
        to: f64,
    },
    /// Shares of values below the reference's minimum.
    Below {
        from: f64,
        to: f64,
    },
    /// Share of one level, of the rare levels, or of one value shared by many rows.
    Equals {
        bin: BinShare,
    },
    /// Share of an interval of values.
    Within {
        bin: BinShare,
    },
    Median {
        from: f64,
        to: f64,
    },
    Mean {
        from: f64,
        to: f64,
    },
    Unknown,
}

impl Direction {
    /// Returns the direction that explains a finding of this test.
    #[must_use]
    pub fn new(test: Test, drift: &FeatureDrift) -> Self {
        match test {
            Test::Absent => Self::Absent { near: None },
            Test::Measure(Measure::Missing) => Self::missing(drift),
            Test::Measure(Measure::Unseen) => Self::unseen(drift),
            _ => Self::of_values(drift),
        }
    }

    /// Returns the change of the median, or of the mean if the median is unchanged at three significant digits. `None` if
    /// both are unchanged, and for levels.
    #[must_use]
    pub fn central(drift: &FeatureDrift) -> Option<Self> {
        let median = |summary: &Summary| match summary {
            Summary::Numeric { quantiles, .. } => {
                quantiles.iter().find(|(q, _)| (*q - 0.5).abs() < 1e-9).and_then(|(_, value)| *value)
            }
            Summary::Categorical { .. } => None,
        };
        let mean = |summary: &Summary| match summary {
            Summary::Numeric { mean, .. } => *mean,
            Summary::Categorical { .. } => None,
        };
        let changed = |of: &dyn Fn(&Summary) -> Option<f64>| {
            let (from, to) = (of(&drift.reference)?, of(&drift.window)?);
            (number(from) != number(to)).then_some((from, to))
        };
        let median = changed(&median).map(|(from, to)| Self::Median { from, to });
        median.or_else(|| changed(&mean).map(|(from, to)| Self::Mean { from, to }))
    }

    /// Returns the direction without values of single rows.
    ///
    /// Every field is named, so that adding one forces a decision here on whether it may leave the organisation.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            Self::Constant { value } => Self::Constant { value: value.redacted() },
            // Aggregates of many rows, and names from the log and the reference.
            direction @ (Self::Absent { near: _ }
            | Self::Dead { from: _, to: _ }
            | Self::Missing { from: _, to: _ }
            | Self::Unseen { share: _ }
            | Self::Above { from: _, to: _ }
            | Self::Below { from: _, to: _ }
            | Self::Equals { bin: _ }
            | Self::Within { bin: _ }
            | Self::Median { from: _, to: _ }
            | Self::Mean { from: _, to: _ }
            | Self::Unknown) => direction,
        }
    }

    fn missing(drift: &FeatureDrift) -> Self {
        Self::Missing { from: drift.missing.reference_share, to: drift.missing.window_share }
    }

    fn unseen(drift: &FeatureDrift) -> Self {
        Self::Unseen { share: drift.unseen.as_ref().and_then(|unseen| unseen.share) }
    }

    /// Direction of the bin that contributes most: missing, unseen, out of range, one level, or else of the median.
    fn of_values(drift: &FeatureDrift) -> Self {
        let Some(most) = bin_share(drift) else { return Self::Unknown };
        match most.kind {
            PsiBinKind::Missing => Self::missing(drift),
            PsiBinKind::Unseen => Self::unseen(drift),
            PsiBinKind::Above => Self::Above { from: most.from, to: most.to },
            PsiBinKind::Below => Self::Below { from: most.from, to: most.to },
            PsiBinKind::Level | PsiBinKind::Rare => Self::Equals { bin: most },
            PsiBinKind::Atom => Self::central(drift).unwrap_or(Self::Equals { bin: most }),
            PsiBinKind::Interval => Self::central(drift).unwrap_or(Self::Within { bin: most }),
        }
    }
}
