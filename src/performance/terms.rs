//! Terms of a decision: the threshold, and the price of errors.

use vigie_stats::Price;

/// Threshold of decisions, and the cost of wrong ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// A row is refused if its score is at least this.
    pub threshold: f64,
    pub price: Price,
    /// Weight of recall relative to precision in F-beta.
    pub beta: f64,
}
