//! What each threshold would cost, and which is the cheapest.

use super::{Confusion, Outcomes, Price};

/// 97.5 % of the standard normal lie below.
const Z: f64 = 1.959_963_984_540_054;

/// Decisions at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At {
    /// Refused when the score is at least this; `None`: nobody is refused.
    pub threshold: Option<f64>,
    pub confusion: Confusion,
    pub cost: f64,
}

/// Every threshold that makes a difference, from refusing nobody down to refusing all.
fn each(outcomes: &Outcomes, price: Price) -> impl Iterator<Item = At> {
    let none = Confusion {
        false_negatives: outcomes.positives(),
        true_negatives: outcomes.negatives(),
        ..Confusion::default()
    };
    let first = At { threshold: None, confusion: none, cost: none.cost(price) };
    let more = outcomes.steps().iter().rev().scan(none, move |confusion, step| {
        confusion.true_positives += step.positives;
        confusion.false_positives += step.negatives;
        confusion.false_negatives = (confusion.false_negatives - step.positives).max(0.0);
        confusion.true_negatives = (confusion.true_negatives - step.negatives).max(0.0);
        Some(At { threshold: Some(step.score), confusion: *confusion, cost: confusion.cost(price) })
    });
    std::iter::once(first).chain(more)
}

/// The cheapest threshold; of equally cheap ones, that which refuses the fewest. `None` without rows.
#[must_use]
pub fn cheapest(outcomes: &Outcomes, price: Price) -> Option<At> {
    if outcomes.rows() <= 0.0 {
        return None;
    }
    each(outcomes, price).reduce(|best, at| if at.cost < best.cost { at } else { best })
}

/// The thresholds from the lowest to the highest whose cost is not significantly above the least (5 %, two-sided).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// `None`: only refusing nobody.
    pub low: Option<f64>,
    /// `None`: refusing nobody is among them.
    pub high: Option<f64>,
}

/// What chance leaves the [`cheapest`] threshold. Two thresholds decide differently on the rows between them only, and each such
/// row makes one price of difference: so the difference of their costs is a sum over rows, and is held against its own
/// variance (the paired z test). `None` without rows.
#[must_use]
pub fn near_cheapest(outcomes: &Outcomes, price: Price, cheapest: &At) -> Option<Range> {
    let squares = |at: &At| {
        let Confusion { true_positives, false_positives, .. } = at.confusion;
        price.false_negative.powi(2) * true_positives + price.false_positive.powi(2) * false_positives
    };
    let own = squares(cheapest);
    let is_near = |at: &At| {
        let difference = at.cost - cheapest.cost;
        let variance = (squares(at) - own).abs() - difference * difference / outcomes.rows();
        difference <= Z * variance.max(0.0).sqrt()
    };
    let mut near = each(outcomes, price).filter(is_near);
    let high = near.next()?.threshold;
    let low = near.last().map_or(high, |at| at.threshold);
    Some(Range { low, high })
}

/// Decisions and their cost at `steps` + 1 thresholds from 0 to 1, ascending.
#[must_use]
pub fn curve(outcomes: &Outcomes, price: Price, steps: u32) -> Vec<At> {
    let mut all = each(outcomes, price).peekable();
    let mut last = None;
    let mut points: Vec<At> = (0..=steps)
        .rev()
        .filter_map(|step| {
            let threshold = f64::from(step) / f64::from(steps.max(1));
            while let Some(at) = all.next_if(|at| at.threshold.is_none_or(|own| own >= threshold)) {
                last = Some(at);
            }
            last.map(|at| At { threshold: Some(threshold), ..at })
        })
        .collect();
    points.reverse();
    points
}
