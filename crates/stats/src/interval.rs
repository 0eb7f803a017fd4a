//! A figure with the interval that chance leaves it.

/// 97.5 % of the standard normal lie below.
const Z: f64 = 1.959_963_984_540_054;

/// A value and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Of a value whose error is normal.
    #[must_use]
    pub fn normal(value: f64, variance: f64) -> Self {
        let reach = Z * variance.max(0.0).sqrt();
        Self { value, low: value - reach, high: value + reach }
    }

    /// Of a value strictly between 0 and 1 whose log odds have a normal error; `variance` is the value's own.
    #[must_use]
    pub fn logit(value: f64, variance: f64) -> Self {
        let (odds, reach) = (value / (1.0 - value), Z * variance.max(0.0).sqrt() / (value * (1.0 - value)));
        let of = |odds: f64| if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 };
        Self { value, low: of(odds * (-reach).exp()).min(value), high: of(odds * reach.exp()).max(value) }
    }

    /// Of a share of rows (Wilson 1927); `None` of no rows.
    #[must_use]
    pub fn wilson(hits: f64, rows: f64) -> Option<Self> {
        if rows <= 0.0 {
            return None;
        }
        let (share, square) = (hits / rows, Z * Z);
        let middle = (share + square / (2.0 * rows)) / (1.0 + square / rows);
        let reach = Z / (1.0 + square / rows) * (share * (1.0 - share) / rows + square / (4.0 * rows * rows)).sqrt();
        Some(Self { value: share, low: (middle - reach).clamp(0.0, share), high: (middle + reach).clamp(share, 1.0) })
    }

    /// How often chance alone would take two normal values as far apart (two-sided); `None` where neither has any chance.
    #[must_use]
    pub fn apart(&self, other: &Self) -> Option<f64> {
        let error = |interval: &Self| (interval.high - interval.value) / Z;
        let errors = error(self).hypot(error(other));
        let z = (self.value - other.value).abs() / errors;
        z.is_finite().then(|| statrs::function::erf::erfc(z / std::f64::consts::SQRT_2))
    }

    /// Value and interval times that.
    #[must_use]
    pub fn scaled(self, by: f64) -> Self {
        Self { value: self.value * by, low: self.low * by, high: self.high * by }
    }

    /// No wider than that.
    #[must_use]
    pub fn within(self, least: f64, greatest: f64) -> Self {
        Self { low: self.low.max(least), high: self.high.min(greatest), ..self }
    }

    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}
