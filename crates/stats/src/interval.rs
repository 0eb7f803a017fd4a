//! An estimate with its 95% confidence interval.

/// 97.5% quantile of the standard normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// An estimate and its 95% confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Interval of an estimate with a normal error of this variance.
    #[must_use]
    pub fn normal(value: f64, variance: f64) -> Self {
        let reach = Z * variance.max(0.0).sqrt();
        Self { value, low: value - reach, high: value + reach }
    }

    /// Interval of an estimate strictly between 0 and 1 whose log odds have a normal error; `variance` is that of the
    /// value itself, not of the log odds.
    #[must_use]
    pub fn logit(value: f64, variance: f64) -> Self {
        let (odds, reach) = (value / (1.0 - value), Z * variance.max(0.0).sqrt() / (value * (1.0 - value)));
        let share = |odds: f64| if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 };
        Self { value, low: share(odds * (-reach).exp()).min(value), high: share(odds * reach.exp()).max(value) }
    }

    /// Interval of the proportion `hits / rows` (Wilson 1927); `None` without rows.
    #[must_use]
    pub fn wilson(hits: f64, rows: f64) -> Option<Self> {
        if rows <= 0.0 {
            return None;
        }
        let (share, square) = (hits / rows, Z * Z);
        let middle = (share + square / (2.0 * rows)) / (1.0 + square / rows);
        let reach = Z / (1.0 + square / rows) * (share * (1.0 - share) / rows + square / (4.0 * rows * rows)).sqrt();
        let (low, high) = (middle - reach, middle + reach);
        Some(Self { value: share, low: low.max(0.0).min(share), high: high.max(share).min(1.0) })
    }

    /// Two-sided p-value of the difference between two independent estimates with normal errors; `None` when both
    /// intervals have no width. The standard errors are taken from the upper half-widths.
    #[must_use]
    pub fn difference_p_value(&self, other: &Self) -> Option<f64> {
        let error = |interval: &Self| (interval.high - interval.value) / Z;
        let errors = error(self).hypot(error(other));
        let z = (self.value - other.value).abs() / errors;
        z.is_finite().then(|| statrs::function::erf::erfc(z / std::f64::consts::SQRT_2))
    }

    /// Multiplies the estimate and both bounds by a factor.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }

    /// Limits both bounds to the range from `least` to `greatest`; the estimate itself is unchanged.
    #[must_use]
    pub fn clamped(self, least: f64, greatest: f64) -> Self {
        Self { low: self.low.max(least), high: self.high.min(greatest), ..self }
    }

    /// Whether the interval contains a value, bounds included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}
