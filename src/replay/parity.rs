//! Whether logged scores are the model's own: rows are scored again from their logged inputs, and compared as precisely as
//! the log allows.

use vigie_profile::decision::DecisionRule;

use super::{
    ParityCause, ScorePromise,
    logged_value::{LoggedValue, RequiredPrecision, ScoreTolerance},
    mismatches::MismatchCounts,
    precision::{LoggedPrecision, PrecisionTally, Rounding},
};

/// Maximum number of differing rows to show.
const EXAMPLES: usize = 5;

/// One row with its logged and its recomputed score.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The id, or else the time.
    pub name: &'a str,
    pub key: u128,
    pub logged: f64,
    pub replayed: f64,
    /// The logged decision, if it is known.
    pub refused: Option<bool>,
}

/// A row whose scores differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub id: String,
    pub logged: f64,
    pub replayed: f64,
}

/// How logged scores are interpreted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParityOptions {
    /// Decides replayed scores, and logged ones without a decision. `None`: no decision follows from a score, because the
    /// model predicts a number.
    pub rule: Option<DecisionRule>,
    /// Factor that the reader multiplies logged numbers by.
    pub scale: f64,
    /// How far replayed scores may be from the library's.
    pub tolerance: ScoreTolerance,
}

impl ParityOptions {
    /// A logged value as it was written, its difference from a replayed score in the unit of the log, and the precision
    /// that would explain it.
    pub(super) fn difference(self, logged: f64, replayed: f64) -> (LoggedValue, f64, RequiredPrecision) {
        let written = LoggedValue::new(logged, self.scale);
        let off = distance(written.value, replayed / self.scale);
        (written, off, written.required_precision(off, self.tolerance))
    }
}

fn distance(from: f64, to: f64) -> f64 {
    let off = (from - to).abs();
    if off.is_nan() { f64::INFINITY } else { off }
}

/// Counts of compared rows. Merging is commutative, so the result does not depend on threads.
#[derive(Debug, Clone, Default)]
pub struct ParityTally {
    compared: u64,
    /// Rows left out because the library refuses to score them.
    not_scorable: u64,
    /// Compared rows with a decision, logged or by the rule.
    decided: u64,
    precision: PrecisionTally,
    mismatches: MismatchCounts,
    flips: MismatchCounts,
    refused_logged: u64,
    refused_replayed: u64,
    /// Rows with the largest differences, absolute and relative to the logged value.
    largest: Vec<RankedExample>,
    largest_relative: Vec<RankedExample>,
}

#[derive(Debug, Clone, PartialEq)]
struct RankedExample {
    example: Example,
    required: RequiredPrecision,
    /// Sort key.
    rank: f64,
    key: u128,
}

impl ParityTally {
    pub fn observe(&mut self, pair: Pair<'_>, options: ParityOptions) {
        let Pair { logged, replayed, .. } = pair;
        let (written, off, required) = options.difference(logged, replayed);
        self.compared += 1;
        self.precision.observe(&written);
        self.mismatches.observe(required);
        if let Some(rule) = options.rule {
            let (was, is) = (pair.refused.unwrap_or_else(|| rule.refuses(logged)), rule.refuses(replayed));
            self.decided += 1;
            self.refused_logged += u64::from(was);
            self.refused_replayed += u64::from(is);
            if was != is {
                let off = distance(rule.threshold / options.scale, replayed / options.scale);
                self.flips.observe(written.required_precision(off, options.tolerance));
            }
        }
        if off > 0.0 {
            let candidate = |rank| RankedExample {
                example: Example { id: pair.name.to_owned(), logged, replayed },
                required,
                rank,
                key: pair.key,
            };
            let relative = off / written.value.abs().max(f64::MIN_POSITIVE);
            keep(&mut self.largest, off, pair.key, &|| candidate(off));
            keep(&mut self.largest_relative, relative, pair.key, &|| candidate(relative));
        }
    }

    /// Counts rows that are not compared because the library refuses to score them.
    pub fn leave_out(&mut self, rows: u64) {
        self.not_scorable += rows;
    }

    /// How the log rounds.
    pub(super) fn rounding(&self) -> Rounding {
        self.precision.rounding()
    }

    /// Counts the precision of a row that is not compared.
    pub fn observe_precision(&mut self, logged: f64, scale: f64) {
        self.precision.observe(&LoggedValue::new(logged, scale));
    }

    pub fn merge(&mut self, other: &Self) {
        self.compared += other.compared;
        self.not_scorable += other.not_scorable;
        self.decided += other.decided;
        self.precision.merge(&other.precision);
        self.mismatches.merge(&other.mismatches);
        self.flips.merge(&other.flips);
        self.refused_logged += other.refused_logged;
        self.refused_replayed += other.refused_replayed;
        for candidate in &other.largest {
            keep(&mut self.largest, candidate.rank, candidate.key, &|| candidate.clone());
        }
        for candidate in &other.largest_relative {
            keep(&mut self.largest_relative, candidate.rank, candidate.key, &|| candidate.clone());
        }
    }

    /// Summarises a window with this number of used rows.
    #[must_use]
    pub fn finish(&self, rows: u64) -> Parity {
        let rounding = self.precision.rounding();
        let differs = |candidate: &&RankedExample| !rounding.explains(candidate.required);
        let mut examples: Vec<Example> = Vec::new();
        for candidate in self.largest.iter().chain(&self.largest_relative).filter(differs) {
            if examples.len() < EXAMPLES && !examples.contains(&candidate.example) {
                examples.push(candidate.example.clone());
            }
        }
        Parity {
            rows,
            compared: self.compared,
            not_scorable: self.not_scorable,
            decided: self.decided,
            mismatches: self.mismatches.unexplained(&rounding),
            max_abs_difference: (self.compared > 0)
                .then(|| self.largest.first().map_or(0.0, |far| (far.example.logged - far.example.replayed).abs())),
            decisions_flipped: self.flips.unexplained(&rounding),
            refused_logged: self.refused_logged,
            refused_replayed: self.refused_replayed,
            precision: rounding.precision(),
            decimals: rounding.decimals(),
            examples,
            promise: None,
            cause: None,
        }
    }
}

/// Keeps the top few by rank; ties are broken by key.
fn keep(kept: &mut Vec<RankedExample>, rank: f64, key: u128, candidate: &dyn Fn() -> RankedExample) {
    let place = kept.partition_point(|one| one.rank.total_cmp(&rank).reverse().then(one.key.cmp(&key)).is_lt());
    if place < EXAMPLES {
        kept.insert(place, candidate());
        kept.truncate(EXAMPLES);
    }
}

/// Logged scores compared with the model's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Parity {
    /// Used rows of the window.
    pub rows: u64,
    /// Rows that were scored again.
    pub compared: u64,
    /// Rows that were not, because the library refuses to score them.
    pub not_scorable: u64,
    /// Compared rows with a decision; 0 for a model that predicts a number.
    pub decided: u64,
    /// Rows whose logged score differs from the model's by more than the log's rounding.
    pub mismatches: u64,
    /// Rounding included; `None` if no row was compared.
    pub max_abs_difference: Option<f64>,
    /// Logged decisions that differ from those that the model's scores call for, by more than the log's rounding.
    pub decisions_flipped: u64,
    pub refused_logged: u64,
    pub refused_replayed: u64,
    /// Precision of the log; several if services round differently.
    pub precision: Vec<LoggedPrecision>,
    pub decimals: Option<i8>,
    /// Differing rows, largest difference first.
    pub examples: Vec<Example>,
    /// How closely the model's scores equal those of its library; `None` if it was not stated.
    pub promise: Option<ScorePromise>,
    /// Why scores differ, if the rows show it.
    pub cause: Option<ParityCause>,
}

impl Parity {
    /// Whether any logged score differs from the model's.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.mismatches > 0
    }

    /// Shares of compared rows with a decision that are refused, logged and replayed.
    #[must_use]
    pub fn refused(&self) -> (Option<f64>, Option<f64>) {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = |part: u64| (self.decided > 0).then(|| part as f64 / self.decided as f64);
        (share(self.refused_logged), share(self.refused_replayed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vigie_profile::decision::HighScore;

    use super::*;

    const RULE: DecisionRule = DecisionRule { threshold: 0.5, high_score: HighScore::Bad };
    const OPTIONS: ParityOptions =
        ParityOptions { rule: Some(RULE), scale: 1.0, tolerance: ScoreTolerance { within: 0.0, is_single: false } };

    fn tally(pairs: &[(f64, f64)], first: usize) -> ParityTally {
        let mut tally = ParityTally::default();
        for (row, (logged, replayed)) in pairs.iter().enumerate() {
            let name = format!("r{}", first + row);
            let (key, refused) = ((first + row) as u128, None);
            let pair = Pair { name: &name, key, logged: *logged, replayed: *replayed, refused };
            tally.observe(pair, OPTIONS);
        }
        tally
    }

    #[test]
    fn differing_rows_are_reported_largest_difference_first() {
        let parity = tally(&[(0.25, 0.25), (0.123_456, 0.123_456_4), (0.75, 0.25), (0.6, 0.61)], 0).finish(9);
        assert_eq!((parity.rows, parity.compared, parity.mismatches, parity.decisions_flipped), (9, 4, 2, 1));
        assert_eq!(parity.max_abs_difference, Some(0.5));
        assert_eq!((parity.refused_logged, parity.refused_replayed), (2, 1));
        let ids: Vec<&str> = parity.examples.iter().map(|example| example.id.as_str()).collect();
        assert_eq!(ids, ["r2", "r3"]);
    }

    #[test]
    fn the_logged_decision_counts_where_there_is_one() {
        let mut tally = ParityTally::default();
        for (key, refused) in [None, Some(false), Some(true)].into_iter().enumerate() {
            tally.observe(Pair { name: "r", key: key as u128, logged: 0.25, replayed: 0.25, refused }, OPTIONS);
        }
        let parity = tally.finish(3);
        assert_eq!((parity.mismatches, parity.decisions_flipped), (0, 1));
        assert_eq!((parity.refused_logged, parity.refused_replayed), (1, 0));
    }

    #[test]
    fn a_decision_at_the_threshold_is_compared_at_the_precision_of_the_log() {
        let parity = tally(&[(0.5, 0.499_999_7), (0.123_456, 0.123_456)], 0).finish(2);
        assert_eq!((parity.mismatches, parity.decisions_flipped), (0, 0));
        assert_eq!((parity.refused_logged, parity.refused_replayed), (1, 0));
    }

    /// Scores of a model, from 0.2% to 95%.
    fn scores() -> Vec<f64> {
        (0..4000).map(|row| 1.0 / (1.0 + (6.0 - f64::from(row).sqrt() / 7.01).exp())).collect()
    }

    /// Mismatches of a log that writes these scores in units of `scale`, as they are and moved by `break_by` units.
    fn mismatches(write: &dyn Fn(f64) -> f64, scale: f64, break_by: f64) -> (u64, u64, Vec<LoggedPrecision>) {
        let count = |by: f64| {
            let mut tally = ParityTally::default();
            for (row, exact) in scores().into_iter().enumerate() {
                let (logged, replayed) = (write(exact / scale) * scale, exact + by * scale);
                let pair = Pair { name: "r", key: row as u128, logged, replayed, refused: None };
                tally.observe(pair, ParityOptions { scale, ..OPTIONS });
            }
            tally.finish(1)
        };
        (count(0.0).mismatches, count(break_by).mismatches, count(0.0).precision)
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
    fn single(value: f64) -> f32 {
        value as f32
    }

    /// The unit of the last of this number of decimals.
    fn unit(places: usize) -> f64 {
        format!("1e-{places}").parse().unwrap()
    }

    #[test]
    fn rounding_is_never_a_mismatch_and_a_mismatch_shows_under_any_rounding() {
        let all = scores().len() as u64;
        let parsed = |text: String| text.parse::<f64>().unwrap();
        for decimals in [3, 6, 9, 12, 14, 15, 16_usize] {
            let break_by = 2.1 * unit(decimals) + 3e-16;
            let write = |value: f64| parsed(format!("{value:.decimals$}"));
            let (sound, broken, precision) = mismatches(&write, 1.0, break_by);
            assert_eq!((sound, broken), (0, all), "{decimals} decimals ({precision:?})");
            assert_eq!(precision, [LoggedPrecision::Decimals(i8::try_from(decimals).unwrap())]);
        }
        // From 0.1 up, 17 decimals are the full precision of a double.
        let write = |value: f64| parsed(format!("{value:.17}"));
        assert_eq!(mismatches(&write, 1.0, 4e-16), (0, all, vec![LoggedPrecision::Full]));
        for digits in [5, 7, 10, 15, 16, 17_usize] {
            let write = |value: f64| parsed(format!("{value:.0$e}", digits - 1));
            let break_by = 2.1 * unit(digits) + 3e-16;
            let (sound, broken, precision) = mismatches(&write, 1.0, break_by);
            assert_eq!((sound, broken), (0, all), "{digits} significant digits ({precision:?})");
        }
        let cast = |value: f64| f64::from(single(value));
        let text = |value: f64| parsed(single(value).to_string());
        for (write, what) in [(&cast as &dyn Fn(f64) -> f64, "cast"), (&text, "text")] {
            let (sound, broken, precision) = mismatches(write, 1.0, 1e-6);
            assert_eq!((sound, broken, precision), (0, all, vec![LoggedPrecision::Single]), "{what}");
        }
        assert_eq!(mismatches(&|value| value, 1.0, 3e-16), (0, all, vec![LoggedPrecision::Full]));
    }

    /// Amounts that a service rounds to tens or thousands.
    #[test]
    fn predictions_rounded_to_powers_of_ten_are_compared_at_them() {
        for power in 1..=4_i8 {
            let unit = 10f64.powi(power.into());
            let amounts = (0..500).map(|row| f64::from(row).sqrt() * 31_415.9);
            let broken = |by: f64| {
                let mut tally = ParityTally::default();
                let options = ParityOptions { rule: None, ..OPTIONS };
                for (key, amount) in amounts.clone().enumerate() {
                    let (logged, replayed) = ((amount / unit).round() * unit, amount + by);
                    tally.observe(Pair { name: "r", key: key as u128, logged, replayed, refused: None }, options);
                }
                let parity = tally.finish(500);
                (parity.mismatches, parity.precision)
            };
            assert_eq!(broken(0.0), (0, vec![LoggedPrecision::Decimals(-power)]));
            assert_eq!(broken(1.01 * unit).0, 500);
        }
        // Whole numbers stay whole numbers, and a few round ones prove nothing.
        let tally = tally(&[(1_234.0, 1_238.0), (300.0, 300.2), (0.0, 0.4)], 0).finish(3);
        assert_eq!((tally.mismatches, tally.precision), (1, vec![LoggedPrecision::Decimals(0)]));
    }

    /// A service that logs 0 on errors, and one that cuts scores off at bounds.
    #[test]
    fn constants_next_to_unrounded_scores_are_compared_as_such() {
        for (write, wrong) in [
            (
                &(|row: usize, score: f64| if row.is_multiple_of(30) { 0.0 } else { score })
                    as &dyn Fn(usize, f64) -> f64,
                134,
            ),
            (&|row, score| if row == 7 { 1.0 } else { score }, 1),
            (&|_, score| score.clamp(0.1, 0.9), scores().iter().filter(|score| !(0.1..=0.9).contains(*score)).count()),
        ] {
            let pairs: Vec<(f64, f64)> =
                scores().into_iter().enumerate().map(|(row, score)| (write(row, score), score)).collect();
            let parity = tally(&pairs, 0).finish(1);
            assert_eq!((parity.mismatches, parity.precision), (wrong as u64, vec![LoggedPrecision::Full]));
        }
    }

    /// numpy rounds arrays of 32-bit floats, whose values are widened or written as their shortest texts.
    #[test]
    fn rounded_floats_of_32_bits_are_compared_at_their_decimals() {
        let all = scores().len() as u64;
        for decimals in [3, 4, 5, 6_usize] {
            let rounded = |value: f64| format!("{value:.decimals$}").parse::<f64>().unwrap();
            let cast = |value: f64| f64::from(single(rounded(value)));
            let text = |value: f64| single(rounded(value)).to_string().parse::<f64>().unwrap();
            for write in [&cast as &dyn Fn(f64) -> f64, &text] {
                let (sound, broken, precision) = mismatches(write, 1.0, 2.1 * unit(decimals));
                assert_eq!((sound, broken), (0, all), "{decimals} decimals ({precision:?})");
                assert_eq!(precision, [LoggedPrecision::Decimals(i8::try_from(decimals).unwrap())]);
            }
        }
    }

    #[test]
    fn floats_of_16_bits_are_compared_as_such() {
        let all = scores().len() as u64;
        // Rounds to 11 significant bits.
        let half = |value: f64| {
            let unit = (value.log2().floor() - 10.0).exp2();
            (value / unit).round() * unit
        };
        let (sound, broken, precision) = mismatches(&half, 1.0, 1e-3);
        assert_eq!((sound, broken), (0, all), "{precision:?}");
        assert_eq!(precision, [LoggedPrecision::Half]);
    }

    #[test]
    fn logs_in_percent_are_compared_in_the_same_way() {
        let all = scores().len() as u64;
        let parsed = |text: String| text.parse::<f64>().unwrap();
        for scale in [0.01, 0.001] {
            for decimals in 0..=11_usize {
                let write = |value: f64| parsed(format!("{value:.decimals$}"));
                let (sound, broken, precision) = mismatches(&write, scale, 2.1 * unit(decimals));
                assert_eq!((sound, broken), (0, all), "{decimals} decimals of {scale} ({precision:?})");
            }
            assert_eq!(mismatches(&|value| f64::from(single(value)), scale, 1e-6 / scale).0, 0);
            let (sound, broken, precision) = mismatches(&|value| value, scale, 1e-12 / scale);
            assert_eq!((sound, broken), (0, all), "all digits of {scale} ({precision:?})");
        }
    }

    #[test]
    fn a_model_is_judged_by_its_promise() {
        let logged = 0.331_812_228_3;
        let broken = |within: f64, is_single: bool, replayed: f64| {
            let options = ParityOptions { tolerance: ScoreTolerance { within, is_single }, ..OPTIONS };
            let mut tally = ParityTally::default();
            // A log that does not round.
            for (key, value) in [logged, 1.0 / 3.0, 2.0 / 7.0].into_iter().enumerate() {
                let replayed = if key == 0 { replayed } else { value };
                tally.observe(Pair { name: "r", key: key as u128, logged: value, replayed, refused: None }, options);
            }
            tally.finish(3).mismatches
        };
        assert_eq!(broken(0.0, false, logged + 1e-12), 1);
        assert_eq!(broken(2e-12, false, logged + 1e-12), 0);
        assert_eq!(broken(2e-12, false, logged + 3e-12), 1);
        // The last bit of a 32-bit float.
        assert_eq!(broken(0.0, true, logged + 2e-8), 0);
        assert_eq!(broken(0.0, true, logged + 2e-7), 1);
    }

    /// XGBoost returns 32-bit floats: services log their shortest texts, or the same numbers widened.
    #[test]
    fn scores_of_single_precision_are_compared_in_it() {
        let all = scores().len() as u64;
        let tolerance = ScoreTolerance { within: 0.0, is_single: true };
        let options = ParityOptions { tolerance, ..OPTIONS };
        let text = |value: f32| value.to_string().parse::<f64>().unwrap();
        for write in [&text as &dyn Fn(f32) -> f64, &|value: f32| f64::from(value)] {
            let count = |steps: usize| {
                let mut tally = ParityTally::default();
                for (row, exact) in scores().into_iter().enumerate() {
                    let score = single(exact);
                    let replayed = f64::from((0..steps).fold(score, |score, _| score.next_up()));
                    let pair = Pair { name: "r", key: row as u128, logged: write(score), replayed, refused: None };
                    tally.observe(pair, options);
                }
                tally.finish(1).mismatches
            };
            // The last bit depends on the implementation of `exp`.
            assert_eq!((count(0), count(1), count(5)), (0, 0, all));
        }
    }

    #[test]
    fn a_predicted_number_is_compared_without_decisions() {
        let mut tally = ParityTally::default();
        let options = ParityOptions { rule: None, ..OPTIONS };
        for (key, (logged, replayed)) in [(1_234.5, 1_234.5), (17.25, 17.5), (-3.125, -3.125)].into_iter().enumerate() {
            tally.observe(Pair { name: "r", key: key as u128, logged, replayed, refused: Some(true) }, options);
        }
        tally.leave_out(2);
        let parity = tally.finish(5);
        assert_eq!((parity.compared, parity.not_scorable, parity.mismatches), (3, 2, 1));
        assert_eq!((parity.decided, parity.decisions_flipped, parity.refused()), (0, 0, (None, None)));
    }

    proptest! {
        #[test]
        fn row_order_and_merging_do_not_change_the_result(
            pairs in prop::collection::vec((0.0f64..1.0, 0.0f64..1.0, any::<bool>()), 1..60),
            at in 0usize..60,
        ) {
            let pairs: Vec<(f64, f64)> = pairs
                .into_iter()
                .map(|(logged, other, same)| {
                    let logged = (logged * 1e4).round() / 1e4;
                    (logged, if same { logged + 2e-5 } else { other })
                })
                .collect();
            let at = at % pairs.len();
            let whole = tally(&pairs, 0).finish(1);
            let mut merged = tally(&pairs[at..], at);
            merged.merge(&tally(&pairs[..at], 0));
            prop_assert_eq!(merged.finish(1), whole);
        }
    }
}
