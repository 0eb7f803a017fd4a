//! Size of a drift by one measure.

/// The end of the interval of an inexact distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    Lower,
    Upper,
}

/// Size of a drift, which may be known only between bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    pub value: f64,
    /// Least and greatest possible value; `None` if `value` is exact.
    pub bounds: Option<(f64, f64)>,
    /// `value` in the unit of the feature, if the measure is in standard deviations of the reference.
    pub in_unit: Option<f64>,
}

impl Effect {
    pub(super) fn exact(value: f64) -> Self {
        Self { value, bounds: None, in_unit: None }
    }

    /// Returns the value to judge by.
    pub(super) fn at(self, bound: Bound) -> f64 {
        match (self.bounds, bound) {
            (None, _) => self.value,
            (Some((lower, _)), Bound::Lower) => lower,
            (Some((_, upper)), Bound::Upper) => upper,
        }
    }
}
