//! Mergeable counts of logged decisions against the scores they were made on.
//!
//! How far a score must be from the threshold to contradict a decision depends on how the log rounds scores, which is known
//! only once the whole window has been read. Rows are therefore counted by the coarsest rounding at which their side of the
//! threshold is certain, and by cell of the score, so that a window's figures for any rounding are sums of integers.

use std::collections::BTreeSet;

use arrow_array::{Array, BooleanArray};

use super::{DecisionRule, DecisionWords};
use crate::{batch::Records, shown::shown, window::Instant};

/// Most decimals that are distinguished. With more, scores within a ten-millionth of the threshold are a tie, because single
/// precision cannot tell them from it either.
const MOST: usize = 7;
/// Cells of the score from 0 to 1; the last one holds 1 itself.
const CELLS: u16 = 2_000;
/// Maximum number of example rows, and of unknown words.
const EXAMPLES: usize = 5;

/// Rows with a decision whose score is in one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScoreCell {
    pub accepted: u64,
    pub refused: u64,
}

/// A row whose decision is not the one that its score calls for.
#[derive(Debug, Clone, PartialEq)]
pub struct AgainstScore {
    /// The row's id, or else its time.
    pub id: String,
    pub score: f64,
    /// The decision as logged.
    pub word: String,
    /// Distance of the score from the threshold.
    pub distance: f64,
}

/// Counts of used rows by logged decision and score. Merging is exact, commutative and associative.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionTally {
    /// Rows by decision (accepted, refused), by the decision that the score calls for (the same order), and by the fewest
    /// decimals that settle the side of the threshold; the last place holds rows that none settles.
    sides: [[[u64; MOST + 2]; 2]; 2],
    /// By cell of the score; empty until there is a row.
    cells: Vec<ScoreCell>,
    /// Most decimals of a score, in the unit of the log.
    decimals: usize,
    without: u64,
    open: u64,
    unknown: u64,
    /// The lexicographically first unknown words.
    words: BTreeSet<String>,
    /// The rows against the score that are farthest from the threshold.
    examples: Vec<AgainstScore>,
}

impl Default for DecisionTally {
    fn default() -> Self {
        Self {
            sides: [[[0; MOST + 2]; 2]; 2],
            cells: Vec::new(),
            decimals: 0,
            without: 0,
            open: 0,
            unknown: 0,
            words: BTreeSet::new(),
            examples: Vec::new(),
        }
    }
}

impl DecisionTally {
    /// Counts the rows of `records` marked in `used`, whose decisions are in [`Records::refused`]. `unit` is the factor that
    /// the reader multiplied logged scores by.
    pub fn observe(
        &mut self,
        records: &Records,
        used: &BooleanArray,
        words: &DecisionWords,
        rule: DecisionRule,
        unit: f64,
    ) {
        let Some(scores) = &records.probability else { return };
        let rows = used.iter().enumerate().filter(|(_, used)| *used == Some(true)).map(|(row, _)| row);
        for row in rows.filter(|row| *row < scores.len() && scores.is_valid(*row)) {
            let score = scores.value(row);
            while self.decimals < MOST && !has_decimals(score / unit, self.decimals) {
                self.decimals += 1;
            }
            let word = records.decision.as_ref().filter(|words| words.is_valid(row)).map(|words| words.value(row));
            match records.refused.as_ref().filter(|refused| refused.is_valid(row)) {
                Some(refused) => {
                    self.count(score, refused.value(row), rule, unit, || {
                        let id =
                            records.id.as_ref().filter(|ids| ids.is_valid(row)).map(|ids| ids.value(row).to_owned());
                        let at = || Instant(records.timestamp.get(row).copied().unwrap_or_default()).to_string();
                        (id.unwrap_or_else(at), word.unwrap_or_default().to_owned())
                    });
                }
                None => self.count_undecided(word, words),
            }
        }
    }

    fn count_undecided(&mut self, word: Option<&str>, words: &DecisionWords) {
        match word.map(|word| (word, words.meaning(word))) {
            None => self.without += 1,
            Some((word, None)) => {
                self.unknown += 1;
                self.keep_word(shown(word));
            }
            Some(_) => self.open += 1,
        }
    }

    /// Counts a row with a decision. `named` returns its id and its word.
    fn count(
        &mut self,
        score: f64,
        refused: bool,
        rule: DecisionRule,
        unit: f64,
        named: impl FnOnce() -> (String, String),
    ) {
        let (called, distance) = (rule.refuses(score), (score - rule.threshold).abs());
        let is_settled = |decimals: &usize| distance > tie(*decimals, unit);
        let fewest = (0..=MOST).find(is_settled).unwrap_or(MOST + 1);
        let [accepted, refusals] = &mut self.sides;
        let [to_accept, to_refuse] = if refused { refusals } else { accepted };
        let side = if called { to_refuse } else { to_accept };
        if let Some(rows) = side.get_mut(fewest) {
            *rows += 1;
        }
        if self.cells.is_empty() {
            self.cells = vec![ScoreCell::default(); usize::from(CELLS) + 1];
        }
        if let Some(cell) = self.cells.get_mut(cell(score)) {
            *(if refused { &mut cell.refused } else { &mut cell.accepted }) += 1;
        }
        let is_far = self.examples.len() < EXAMPLES
            || self.examples.last().is_some_and(|last| distance.total_cmp(&last.distance).is_ge());
        if refused != called && is_far {
            let (id, word) = named();
            self.keep_example(AgainstScore { id, score, word, distance });
        }
    }

    fn keep_word(&mut self, word: String) {
        self.words.insert(word);
        if self.words.len() > EXAMPLES {
            self.words.pop_last();
        }
    }

    /// Keeps the farthest rows; ties are broken by id.
    fn keep_example(&mut self, example: AgainstScore) {
        let order =
            |one: &AgainstScore| one.distance.total_cmp(&example.distance).reverse().then(one.id.cmp(&example.id));
        let place = self.examples.partition_point(|one| order(one).is_lt());
        if place < EXAMPLES {
            self.examples.insert(place, example);
            self.examples.truncate(EXAMPLES);
        }
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: Self) {
        let theirs = other.sides.into_iter().flatten().flatten();
        self.sides.iter_mut().flatten().flatten().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        if self.cells.is_empty() {
            self.cells = other.cells;
        } else {
            for (ours, theirs) in self.cells.iter_mut().zip(other.cells) {
                ours.accepted += theirs.accepted;
                ours.refused += theirs.refused;
            }
        }
        self.decimals = self.decimals.max(other.decimals);
        self.without += other.without;
        self.open += other.open;
        self.unknown += other.unknown;
        other.words.into_iter().for_each(|word| self.keep_word(word));
        other.examples.into_iter().for_each(|example| self.keep_example(example));
    }

    /// Rows with a decision: accepted, refused.
    #[must_use]
    pub fn decided(&self) -> (u64, u64) {
        let [accepted, refused] = &self.sides;
        let sum = |sides: &[[u64; MOST + 2]; 2]| sides.iter().flatten().sum::<u64>();
        (sum(accepted), sum(refused))
    }

    /// Rows whose score the threshold calls to refuse, among those with a decision.
    #[must_use]
    pub fn called(&self) -> u64 {
        self.sides.iter().filter_map(|sides| sides.last()).flatten().sum()
    }

    /// Rows accepted and refused against the score, beyond rounding.
    #[must_use]
    pub fn against(&self) -> (u64, u64) {
        let [[_, accepted], [refused, _]] = &self.sides;
        (self.settled(accepted), self.settled(refused))
    }

    /// Rows accepted and refused whose score is too close to the threshold to tell, because of rounding.
    #[must_use]
    pub fn undecidable(&self) -> (u64, u64) {
        let [accepted, refused] = &self.sides;
        let unsettled = |side: &[u64; MOST + 2]| side.iter().sum::<u64>() - self.settled(side);
        (accepted.iter().map(unsettled).sum(), refused.iter().map(unsettled).sum())
    }

    fn settled(&self, side: &[u64; MOST + 2]) -> u64 {
        side.iter().take(self.decimals + 1).sum()
    }

    /// Distance from the threshold up to which a score is a tie: one unit of the last decimal of the log, which covers
    /// rounding and truncation.
    #[must_use]
    pub fn rounding(&self, unit: f64) -> f64 {
        tie(self.decimals, unit)
    }

    /// Rows without a decision, and with one that is still open.
    #[must_use]
    pub fn undecided(&self) -> (u64, u64) {
        (self.without, self.open)
    }

    /// Rows with an unknown word, and the first such words in lexicographic order.
    #[must_use]
    pub fn unknown(&self) -> (u64, &BTreeSet<String>) {
        (self.unknown, &self.words)
    }

    /// Rows against the score beyond rounding, farthest from the threshold first.
    pub fn examples(&self, unit: f64) -> impl Iterator<Item = &AgainstScore> {
        let tie = self.rounding(unit);
        self.examples.iter().filter(move |example| example.distance > tie)
    }

    /// Rows with a decision by cell of the score, ascending; empty without rows. Cell `i` holds scores from `i` to below
    /// `i + 1` steps of [`Self::STEP`].
    #[must_use]
    pub fn cells(&self) -> &[ScoreCell] {
        &self.cells
    }

    /// Width of a cell.
    pub const STEP: f64 = 1.0 / 2_000.0;
}

/// Greatest distance from the threshold that rounding to this many decimals may explain. Binary fractions need a little more
/// than the decimal they stand for.
fn tie(decimals: usize, unit: f64) -> f64 {
    const TIES: [f64; MOST + 1] = [1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7];
    TIES.get(decimals).copied().unwrap_or(0.0) * unit * (1.0 + 1e-9)
}

/// Whether a number has at most this many decimals, but for the last digits that scaling may have added.
fn has_decimals(number: f64, decimals: usize) -> bool {
    const POWERS: [f64; MOST + 1] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
    let scaled = number * POWERS.get(decimals).copied().unwrap_or(1.0);
    (scaled - scaled.round()).abs() <= 1e-6
}

/// The cell of a score. A score on an edge belongs to the cell above it, whatever its last binary digit.
fn cell(score: f64) -> usize {
    let steps = (score.clamp(0.0, 1.0) * f64::from(CELLS) + 1e-6).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 2,000")]
    let cell = steps as u16;
    usize::from(cell.min(CELLS))
}

#[cfg(test)]
mod tests {
    use arrow_array::{Float64Array, StringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::decision::HighScore;

    const RULE: DecisionRule = DecisionRule { threshold: 0.5, high_score: HighScore::Bad };

    fn words() -> DecisionWords {
        DecisionWords::new([], "decision", HighScore::Bad)
    }

    fn tally_of(rows: &[(f64, &str)], rule: DecisionRule, unit: f64) -> DecisionTally {
        let decision = StringArray::from(rows.iter().map(|(_, word)| Some(*word)).collect::<Vec<_>>());
        let ids: StringArray = (0..rows.len()).map(|row| Some(format!("{:?}", rows.get(row)))).collect();
        let records = Records {
            len: rows.len(),
            timestamp: vec![0; rows.len()],
            probability: Some(Float64Array::from(rows.iter().map(|(score, _)| *score).collect::<Vec<_>>())),
            refused: Some(words().decide(&decision)),
            decision: Some(decision),
            id: Some(ids),
            ..Records::default()
        };
        let mut tally = DecisionTally::default();
        tally.observe(&records, &BooleanArray::from(vec![true; rows.len()]), &words(), rule, unit);
        tally
    }

    #[test]
    fn decisions_against_the_score_are_not_ties() {
        let tally = tally_of(
            &[(0.4, "OK"), (0.7, "OK"), (0.9, "REFUSED"), (0.25, "KO"), (0.51, "OK"), (0.3, "A"), (0.5, "REFER")],
            RULE,
            1.0,
        );
        // Two decimals: 0.51 may have been 0.4999.
        assert_eq!((tally.decided(), tally.against(), tally.undecidable()), ((3, 2), (1, 1), (1, 0)));
        assert_eq!((tally.called(), tally.undecided(), tally.unknown().0), (3, (0, 1), 1));
        assert_eq!(tally.unknown().1.iter().collect::<Vec<_>>(), ["A"]);
        let examples: Vec<f64> = tally.examples(1.0).map(|example| example.score).collect();
        assert!((examples[0] - 0.25).abs() < 1e-12 && (examples[1] - 0.7).abs() < 1e-12 && examples.len() == 2);
        assert!((tally.rounding(1.0) - 0.01).abs() < 1e-9);
    }

    #[test]
    fn a_good_score_is_refused_below_the_threshold() {
        let rule = DecisionRule { threshold: 0.5, high_score: HighScore::Good };
        // One decimal: 0.4 may have been 0.5.
        let tally = tally_of(&[(0.4, "REFUSED"), (0.7, "OK"), (0.8, "KO"), (0.1, "OK"), (0.5, "OK")], rule, 1.0);
        assert_eq!((tally.against(), tally.undecidable(), tally.called()), ((1, 1), (1, 1), 2));
    }

    #[test]
    fn rounded_scores_never_contradict_their_decisions() {
        for decimals in [1usize, 2, 3, 4, 6] {
            for unit in [1.0, 0.01] {
                let rows: Vec<(f64, &str)> = (0..20_000)
                    .map(|row| {
                        let exact = f64::from(row) / 20_011.0;
                        let logged: f64 = format!("{:.decimals$}", exact / unit).parse().unwrap();
                        (logged * unit, if exact >= 0.5 { "REFUSED" } else { "APPROVED" })
                    })
                    .collect();
                let tally = tally_of(&rows, RULE, unit);
                assert_eq!(tally.against(), (0, 0), "{decimals} decimals of {unit}");
                assert_eq!(tally.decimals, decimals, "{unit}");
                assert!(decimals > 2 || tally.undecidable() != (0, 0));
            }
        }
    }

    proptest! {
        #[test]
        fn merging_equals_observing_all(
            rows in prop::collection::vec(
                (prop_oneof![0.0..=1.0f64, (0u32..=100).prop_map(|score| f64::from(score) / 100.0)], 0usize..5),
                0..60,
            ),
            at in 0usize..60,
            is_good: bool,
        ) {
            let high_score = if is_good { HighScore::Good } else { HighScore::Bad };
            let rule = DecisionRule { threshold: 0.45, high_score };
            let spell = |(score, word): &(f64, usize)| (*score, ["APPROVED", "REFUSED", "REFER", "x", "y"][*word]);
            let rows: Vec<(f64, &str)> = rows.iter().map(spell).collect();
            let (left, right) = rows.split_at(at.min(rows.len()));
            let whole = tally_of(&rows, rule, 1.0);
            let mut merged = tally_of(right, rule, 1.0);
            merged.merge(tally_of(left, rule, 1.0));
            prop_assert_eq!(merged, whole);
        }
    }
}
