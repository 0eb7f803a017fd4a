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
