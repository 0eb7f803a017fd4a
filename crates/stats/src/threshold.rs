//! Cost of each decision threshold, and the cheapest one.

use super::{Confusion, Outcomes, Price, interval::Z};

/// Decisions at one threshold, with their cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoint {
    /// Rows with a score at or above this are refused; `None`: no row is refused.
    pub threshold: Option<f64>,
    pub confusion: Confusion,
    pub cost: f64,
}

/// All thresholds with different decisions, from refusing no row to refusing every row.
fn each(outcomes: &Outcomes, price: Price) -> impl Iterator<Item = OperatingPoint> {
    let none = Confusion {
        false_negatives: outcomes.positives(),
        true_negatives: outcomes.negatives(),
        ..Confusion::default()
    };
    let first = OperatingPoint { threshold: None, confusion: none, cost: none.cost(price) };
    let more = outcomes.steps().iter().rev().scan(none, move |confusion, step| {
        confusion.true_positives += step.positives;
        confusion.false_positives += step.negatives;
        confusion.false_negatives = (confusion.false_negatives - step.positives).max(0.0);
        confusion.true_negatives = (confusion.true_negatives - step.negatives).max(0.0);
        Some(OperatingPoint { threshold: Some(step.score), confusion: *confusion, cost: confusion.cost(price) })
    });
    std::iter::once(first).chain(more)
}

/// The cheapest threshold; among equally cheap ones, the one that refuses the fewest rows. `None` without rows.
#[must_use]
pub fn cheapest(outcomes: &Outcomes, price: Price) -> Option<OperatingPoint> {
    if outcomes.rows() <= 0.0 {
        return None;
    }
    each(outcomes, price).reduce(|best, at| if at.cost < best.cost { at } else { best })
}

/// Range of thresholds whose cost is not significantly above the minimum (5%, two-sided).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdRange {
    /// Lowest threshold; `None`: the range holds only the decision to refuse no row.
    pub low: Option<f64>,
    /// Highest threshold; `None`: the range includes the decision to refuse no row.
    pub high: Option<f64>,
}

/// Uncertainty of the [`cheapest`] threshold: the range of thresholds that are not significantly more expensive. `None`
/// without rows.
///
/// Two thresholds decide differently only on the rows between them, and each such row changes the cost by one price.
/// The cost difference is therefore a sum over rows, which is compared with its own variance (paired z test).
#[must_use]
pub fn near_cheapest(outcomes: &Outcomes, price: Price, cheapest: &OperatingPoint) -> Option<ThresholdRange> {
    let squares = |at: &OperatingPoint| {
        let Confusion { true_positives, false_positives, .. } = at.confusion;
        price.false_negative.powi(2) * true_positives + price.false_positive.powi(2) * false_positives
    };
    let own = squares(cheapest);
    let is_near = |at: &OperatingPoint| {
        let difference = at.cost - cheapest.cost;
        let variance = (squares(at) - own).abs() - difference * difference / outcomes.rows();
        difference <= Z * variance.max(0.0).sqrt()
    };
    let mut near = each(outcomes, price).filter(is_near);
    let high = near.next()?.threshold;
    let low = near.last().map_or(high, |at| at.threshold);
    Some(ThresholdRange { low, high })
}

/// Decisions and their cost at `steps + 1` evenly spaced thresholds from 0 to 1, ascending.
#[must_use]
pub fn curve(outcomes: &Outcomes, price: Price, steps: u32) -> Vec<OperatingPoint> {
    let mut all = each(outcomes, price).peekable();
    let mut last = None;
    let mut points: Vec<OperatingPoint> = (0..=steps)
        .rev()
        .filter_map(|step| {
            let threshold = f64::from(step) / f64::from(steps.max(1));
            while let Some(at) = all.next_if(|at| at.threshold.is_none_or(|own| own >= threshold)) {
                last = Some(at);
            }
            last.map(|at| OperatingPoint { threshold: Some(threshold), ..at })
        })
        .collect();
    points.reverse();
    points
}
