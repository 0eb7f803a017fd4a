//! How closely scores equal those of the official library.

use std::fmt;

/// How closely two numbers agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Agreement {
    /// Every bit is equal.
    Bits,
    /// They differ by at most this, relative to values above 1.
    Within(f64),
}

/// How closely the results of a model equal those of its official library. Parity is judged by it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// Raw outputs.
    pub raw: Agreement,
    /// Probabilities, or the numbers that a regression predicts.
    pub probability: Agreement,
    /// SHAP values; `None` if the model has none.
    pub contributions: Option<Agreement>,
    /// The precision in which the library returns its outputs.
    pub output: crate::InputPrecision,
}

impl Agreement {
    /// The weaker of two agreements.
    #[must_use]
    pub(crate) fn looser(self, other: Self) -> Self {
        match (self, other) {
            (Self::Bits, other) => other,
            (Self::Within(_), Self::Bits) => self,
            (Self::Within(one), Self::Within(other)) => Self::Within(one.max(other)),
        }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits => f.write_str("to the bit"),
            Self::Within(tolerance) => write!(f, "within {tolerance:e}"),
        }
    }
}
