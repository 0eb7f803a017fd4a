//! What each threshold would cost, and which is the cheapest.

use super::{Confusion, Outcomes, Price};

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
