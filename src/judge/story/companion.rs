//! Whether a move of a number explains that the levels of a categorical feature have other shares.

use super::StoryCase;
use crate::drift::{FeatureDrift, MeanShift, PsiBinKind};

/// Least and greatest slope of the observed changes over those that the move leads to expect, and its least value in standard
/// errors.
const SLOPES: std::ops::RangeInclusive<f64> = 0.3..=3.0;
const MIN_ERRORS: f64 = 3.0;
/// Most that the move may leave over, as a part of the chi-square beyond chance.
const LEFT_OVER: f64 = 0.25;

/// Rows with one level, or without any.
struct LevelRows {
    reference: f64,
    window: f64,
    /// Mean normal score of the number among the reference's rows.
    score: f64,
}

/// Returns whether a move of the feature `lead`, a number, explains the shares of a categorical feature's levels. A share is taken to
/// change in proportion to the mean score that its rows have in the reference: the slope over the levels is fitted by least
/// squares, weighted by what chance leads to expect. Pooled rare levels and unknown ones are left out.
pub(super) fn explains_levels(
    case: &StoryCase<'_>,
    (lead, shift): (usize, &MeanShift),
    (feature, drift): (usize, &FeatureDrift),
) -> bool {
    let levels = drift.bins.iter().filter_map(|bin| {
        let level = match bin.kind {
            PsiBinKind::Level => Some(bin.label.as_str()),
            PsiBinKind::Missing => None,
            _ => return None,
        };
        let score = (case.level_score)(feature, level, lead)?;
        (bin.reference > 0).then(|| LevelRows { reference: real(bin.reference), window: real(bin.window), score })
    });
    is_explained(&levels.collect::<Vec<_>>(), shift.value)
}

fn is_explained(levels: &[LevelRows], shift: f64) -> bool {
    let sum = |of: &dyn Fn(&LevelRows) -> f64| levels.iter().map(of).sum::<f64>();
    let (ours, theirs) = (sum(&|level| level.reference), sum(&|level| level.window));
    if levels.len() < 2 || theirs <= 0.0 {
        return false;
    }
    let mean = sum(&|level| level.reference * level.score) / ours;
    let (mut expected, mut both, mut observed) = (0.0, 0.0, 0.0);
    for level in levels {
        let share = level.reference / ours;
        let (x, y) = (share * shift * (level.score - mean), level.window / theirs - share);
        let variance = share * (1.0 / ours + 1.0 / theirs);
        expected += x * x / variance;
        both += x * y / variance;
        observed += y * y / variance;
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of levels")]
    let by_chance = (levels.len() - 1) as f64;
    let slope = both / expected;
    let left_over = observed - slope * both - (by_chance - 1.0);
    // An undefined slope explains nothing.
    SLOPES.contains(&slope) && slope * expected.sqrt() >= MIN_ERRORS && left_over <= LEFT_OVER * (observed - by_chance)
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels with these shares, scores and shares in a window of 1,000 rows.
    fn explained(levels: &[(f64, f64, f64)], shift: f64) -> bool {
        let rows = |(reference, score, window): &(f64, f64, f64)| LevelRows {
            reference: reference * 20_000.0,
            window: window * 1_000.0,
            score: *score,
        };
        is_explained(&levels.iter().map(rows).collect::<Vec<_>>(), shift)
    }

    #[test]
    fn shares_that_follow_the_scores_are_explained() {
        // Pensioners are old, by 1.2 standard deviations; the applicants are older by 0.8.
        let levels = |pensioners: f64| {
            [
                (0.2, 1.2, pensioners),
                (0.5, -0.3, 0.5 * (1.0 - pensioners) / 0.8),
                (0.3, -0.3, 0.3 * (1.0 - pensioners) / 0.8),
            ]
        };
        assert!(explained(&levels(0.40), 0.8));
        assert!(!explained(&levels(0.40), -0.8), "the other direction");
        assert!(!explained(&levels(0.20), 0.8), "nothing changed");
        assert!(!explained(&levels(0.40), 0.05), "more than eight times what the move leads to expect");
    }

    #[test]
    fn another_cause_beside_the_move_is_not_explained() {
        // The third level is logged as the second one.
        assert!(!explained(&[(0.2, 1.2, 0.4), (0.5, -0.3, 0.6), (0.3, -0.3, 0.0)], 0.8));
        // Nothing is known about the levels.
        assert!(!explained(&[(0.5, 0.0, 0.7), (0.5, 0.0, 0.3)], 0.8));
        assert!(!explained(&[(1.0, 0.5, 1.0)], 0.8));
        assert!(!explained(&[], 0.8));
    }
}
