//! Logged decisions compared with those that the scores call for.

use vigie_profile::decision::{AgainstScore, DecisionRule, DecisionTally, HighScore, ScoreCell};

/// Decisions of a window's used rows.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedDecisions {
    pub rule: DecisionRule,
    pub accepted: u64,
    pub refused: u64,
    /// Rows that the threshold refuses, among those with a decision.
    pub called: u64,
    /// Rows accepted although their score calls for refusal, beyond rounding.
    pub accepted_against: u64,
    /// Rows refused although their score calls for acceptance, beyond rounding.
    pub refused_against: u64,
    /// Rows accepted and refused whose score is so close to the threshold that rounding may have moved it across.
    pub accepted_undecidable: u64,
    pub refused_undecidable: u64,
    /// Distance from the threshold up to which a row is undecidable.
    pub rounding: f64,
    /// Rows without a decision.
    pub without: u64,
    /// Rows whose decision is still open.
    pub open: u64,
    /// Rows with an unknown word.
    pub unknown: u64,
    /// The lexicographically first unknown words.
    pub unknown_words: Vec<String>,
    /// Rows against the score, farthest from the threshold first.
    pub examples: Vec<AgainstScore>,
    /// Another threshold that explains most of the rows against the score.
    pub followed: Option<FollowedThreshold>,
}

/// The threshold that the decisions follow instead of the configured one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FollowedThreshold {
    /// Within a two-thousandth, as far as the rows tell.
    pub threshold: f64,
    /// Rows that contradict the configured threshold but not this one.
    pub explained: u64,
}

/// A threshold is named only if it explains at least this many rows.
const LEAST_EXPLAINED: u64 = 5;

impl LoggedDecisions {
    /// Summarises the decisions of a window. `unit` is the factor that the reader multiplied logged scores by.
    #[must_use]
    pub fn new(tally: &DecisionTally, rule: DecisionRule, unit: f64) -> Self {
        let ((accepted, refused), (accepted_against, refused_against)) = (tally.decided(), tally.against());
        let ((without, open), (unknown, words)) = (tally.undecided(), tally.unknown());
        let ((accepted_undecidable, refused_undecidable), rounding) = (tally.undecidable(), tally.rounding(unit));
        Self {
            rule,
            accepted,
            refused,
            called: tally.called(),
            accepted_against,
            refused_against,
            accepted_undecidable,
            refused_undecidable,
            rounding,
            without,
            open,
            unknown,
            unknown_words: words.iter().cloned().collect(),
            examples: tally.examples(unit).cloned().collect(),
            followed: followed(tally.cells(), rule, rounding, accepted_against + refused_against),
        }
    }

    /// Rows with a decision.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.accepted + self.refused
    }

    /// Rows whose decision contradicts the score.
    #[must_use]
    pub fn against(&self) -> u64 {
        self.accepted_against + self.refused_against
    }

    /// Rows whose decision can be compared with the score.
    #[must_use]
    pub fn decidable(&self) -> u64 {
        self.rows() - self.undecidable()
    }

    /// Rows with a decision that cannot be compared with the score.
    #[must_use]
    pub fn undecidable(&self) -> u64 {
        self.accepted_undecidable + self.refused_undecidable
    }
}

/// Finds the cut with the fewest rows against it. `None` unless it explains most of the rows `against` the threshold.
fn followed(cells: &[ScoreCell], rule: DecisionRule, rounding: f64, against: u64) -> Option<FollowedThreshold> {
    if against < LEAST_EXPLAINED {
        return None;
    }
    // Rows that a cut contradicts if they are at or above it, and if they are below it: sums over the cells before each cut.
    let wrong = |cell: &ScoreCell| match rule.high_score {
        HighScore::Bad => (cell.accepted, cell.refused),
        HighScore::Good => (cell.refused, cell.accepted),
    };
    let mut sums = Vec::with_capacity(cells.len() + 1);
    sums.push((0, 0));
    let (mut above, mut below) = (0, 0);
    for cell in cells {
        let (if_above, if_below) = wrong(cell);
        above += if_above;
        below += if_below;
        sums.push((above, below));
    }
    let all_above = above;
    let sum = |cut: usize| sums.get(cut.min(cells.len())).copied().unwrap_or_default();
    let contradicted = |cut: usize, tie: usize| all_above - sum(cut + tie).0 + sum(cut.saturating_sub(tie)).1;
    let fewest = (0..sums.len()).map(|cut| contradicted(cut, 0)).min()?;
    let best: Vec<usize> = (0..sums.len()).filter(|cut| contradicted(*cut, 0) == fewest).collect();
    let configured = steps(rule.threshold);
    // Cuts without a row between them are equally good.
    let runs = best.chunk_by(|one, next| one + 1 == *next);
    let nearest = runs.min_by_key(|run| run.iter().map(|cut| cut.abs_diff(configured)).min())?;
    let cut = roundest(nearest)?;
    let explained = against.saturating_sub(contradicted(cut, steps(rounding).max(1)));
    #[expect(clippy::cast_precision_loss, reason = "at most 2,001")]
    let threshold = cut as f64 / PER_ONE;
    let is_other = (threshold - rule.threshold).abs() > rounding.max(DecisionTally::STEP);
    (is_other && explained >= LEAST_EXPLAINED && 2 * explained >= against)
        .then_some(FollowedThreshold { threshold, explained })
}

/// Cuts per unit of the score.
const PER_ONE: f64 = 1.0 / DecisionTally::STEP;

/// The number of cells that a distance reaches into.
fn steps(distance: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 2,000")]
    let steps = (distance.clamp(0.0, 1.0) * PER_ONE).round() as usize;
    steps
}

/// The cut of a run that people would have configured: the one with the fewest decimals, and of those the one nearest to the
/// middle.
fn roundest(run: &[usize]) -> Option<usize> {
    let middle = run.first()?.midpoint(*run.last()?);
    // Multiples of 0.1, 0.05, 0.01 and 0.001.
    let mut round = [200, 100, 20, 2, 1].into_iter().map(|step| run.iter().copied().filter(move |cut| cut % step == 0));
    round.find_map(|cuts| cuts.min_by_key(|cut| cut.abs_diff(middle)))
}

#[cfg(test)]
mod tests {
    use arrow_array::{BooleanArray, Float64Array, StringArray};
    use vigie_profile::{batch::Records, decision::DecisionWords};

    use super::*;

    fn rule(threshold: f64, high_score: HighScore) -> DecisionRule {
        DecisionRule { threshold, high_score }
    }

    /// Decisions of rows with these scores by `decides`, judged by `rule`.
    fn decisions(scores: &[f64], rule: DecisionRule, decides: impl Fn(usize, f64) -> bool) -> LoggedDecisions {
        let words = DecisionWords::new([], "decision", rule.high_score);
        let refused: Vec<bool> = scores.iter().enumerate().map(|(row, score)| decides(row, *score)).collect();
        let decision: StringArray =
            refused.iter().map(|refused| Some(if *refused { "REFUSED" } else { "APPROVED" })).collect();
        let records = Records {
            len: scores.len(),
            timestamp: vec![0; scores.len()],
            probability: Some(Float64Array::from(scores.to_vec())),
            refused: Some(words.decide(&decision)),
            decision: Some(decision),
            ..Records::default()
        };
        let mut tally = DecisionTally::default();
        tally.observe(&records, &BooleanArray::from(vec![true; scores.len()]), &words, rule, 1.0);
        LoggedDecisions::new(&tally, rule, 1.0)
    }

    /// Scores of 700 rows, mostly below one half, without a pattern.
    fn scores() -> Vec<f64> {
        let mut state = 12_345_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 33).unwrap()) / f64::from(1u32 << 31)
        };
        (0..700).map(|_| uniform() * (0.5 + 0.5 * uniform())).collect()
    }

    #[test]
    fn another_threshold_is_found_on_either_side_and_for_both_events() {
        for high_score in [HighScore::Bad, HighScore::Good] {
            for followed in [0.45, 0.48, 0.55, 0.4] {
                let other = rule(followed, high_score);
                let logged = decisions(&scores(), rule(0.5, high_score), |_, score| other.refuses(score));
                let found = logged.followed.unwrap();
                assert!((found.threshold - followed).abs() <= 0.0015, "{followed}: {found:?}");
                assert_eq!(found.explained, logged.against(), "{followed}");
            }
            let logged = decisions(&scores(), rule(0.5, high_score), |_, score| rule(0.5, high_score).refuses(score));
            assert_eq!((logged.against(), logged.followed), (0, None));
        }
    }

    #[test]
    fn overrides_are_not_another_threshold() {
        let bad = rule(0.5, HighScore::Bad);
        let logged = decisions(&scores(), bad, |row, score| bad.refuses(score) != (row % 33 == 0));
        assert!(logged.against() >= 20);
        assert_eq!(logged.followed, None);
        // A moved threshold is found among them.
        let moved = rule(0.45, HighScore::Bad);
        let logged = decisions(&scores(), bad, |row, score| moved.refuses(score) != (row % 50 == 0));
        assert!((logged.followed.unwrap().threshold - 0.45).abs() <= 0.0015);
    }

    #[test]
    fn rounded_scores_name_the_threshold_they_can() {
        let moved = rule(0.45, HighScore::Bad);
        let rounded: Vec<f64> = scores().iter().map(|score| (score * 100.0).round() / 100.0).collect();
        let exact = scores();
        let logged = decisions(&rounded, rule(0.5, HighScore::Bad), |row, _| moved.refuses(exact[row]));
        assert!((logged.followed.unwrap().threshold - 0.45).abs() <= 0.011);
        assert!((logged.rounding - 0.01).abs() < 1e-9 && logged.undecidable() > 0);
    }

    #[test]
    fn the_roundest_cut_is_chosen() {
        assert_eq!(roundest(&(899..905).collect::<Vec<_>>()), Some(900));
        assert_eq!(roundest(&(905..912).collect::<Vec<_>>()), Some(908));
        assert_eq!(roundest(&[913]), Some(913));
    }
}
