//! Which drift moved the score: values are restored feature by feature, the rows scored again, and the change measured.
//!
//! The part of a change that is due to chance is measured as well: values drawn at random from the reference are put in the
//! same rows, twenty times. 95% of such draws stay within the reported band.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int32Array, StringArray, types::Int32Type};
use vigie_profile::{batch::Rows, decision::DecisionRule};
use vigie_stats::{Isotonic, Outcomes, Price, Ranked, correlation};

use super::{
    column::{Draws, ReferenceValues, SampleColumn, Sampling},
    rescorer::Rescorer,
    restore::{RestorePlan, changed, restore},
};
use crate::fault::{Fault, Result};

/// Rank correlation from which features are restored together: “strong” (Schober, Boer & Schwarte 2018).
pub const STRONG: f64 = 0.7;
/// Number of random draws.
pub const DRAWS: u64 = 20;
/// Maximum number of rows in a draw. The band for more rows is extrapolated.
const DRAWN_ROWS: usize = 2_000;
/// 97.5% quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Summary of the scores of some rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreSummary {
    pub mean_score: f64,
    pub share_refused: f64,
    /// `None` if the reference has no outcomes.
    pub cost_per_1000: Option<f64>,
}

impl ScoreSummary {
    /// Combines two summaries, figure by figure.
    #[must_use]
    pub fn combine(&self, other: &Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            mean_score: of(self.mean_score, other.mean_score),
            share_refused: of(self.share_refused, other.share_refused),
            cost_per_1000: self.cost_per_1000.zip(other.cost_per_1000).map(|(ours, theirs)| of(ours, theirs)),
        }
    }
}

/// Terms by which scores become decisions and costs.
#[derive(Debug, Clone)]
pub struct DecisionTerms {
    pub rule: DecisionRule,
    pub price: Price,
    /// From the risk, as [`vigie_profile::decision::HighScore::risk`] states it, to the probability of the bad event.
    pub calibration: Option<Isotonic>,
    /// Maximum p-value at which a feature counts as moved.
    pub limit: f64,
}

impl DecisionTerms {
    /// Summarises scores, in any order. `None` without rows.
    #[must_use]
    pub fn summarize(&self, mut scores: Vec<f64>) -> Option<ScoreSummary> {
        scores.sort_unstable_by(f64::total_cmp);
        let DecisionRule { high_score, .. } = self.rule;
        let refused = scores.iter().filter(|score| self.rule.refuses(**score)).count();
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let (rows, refused) = (scores.len() as f64, refused as f64);
        let risks = || Ranked::new(scores.iter().map(|score| high_score.risk(*score)).collect());
        let expected = self.calibration.as_ref().map(|calibration| Outcomes::expected(&risks(), calibration));
        let threshold = self.rule.risk_threshold();
        (rows > 0.0).then(|| ScoreSummary {
            mean_score: scores.iter().fold(0.0, |sum, score| sum + score) / rows,
            share_refused: refused / rows,
            cost_per_1000: expected.and_then(|expected| expected.confusion(threshold).cost_per_1000(self.price)),
        })
    }
}

/// A feature whose values can be restored.
#[derive(Debug, Clone)]
pub struct RestorableFeature {
    /// Index in the layout.
    pub feature: usize,
    pub name: String,
    pub is_drifted: bool,
    pub reference: ReferenceValues,
}

/// Restores features of a window's rows, whose columns are in the order of the layout.
#[derive(Debug)]
pub struct Restorer<'a> {
    model: &'a Rescorer,
    columns: Vec<SampleColumn>,
    arrays: Vec<ArrayRef>,
    rows: usize,
    candidates: Vec<RestorableFeature>,
    draws: Draws,
    terms: DecisionTerms,
    groups: Vec<Vec<usize>>,
    /// For each candidate.
    plans: Vec<RestorePlan>,
    now: ScoreSummary,
}

/// The effect of restoring some features.
#[derive(Debug, Clone, PartialEq)]
pub struct Restoration {
    pub features: Vec<String>,
    /// Whether all of them have drifted.
    pub is_drifted: bool,
    /// Number of rows with a changed value.
    pub rows_changed: u64,
    pub summary: ScoreSummary,
    /// Difference from the scores as they are.
    pub change: ScoreSummary,
    /// Half-width of the band that contains 95% of restorations with random values of the reference.
    pub by_chance: ScoreSummary,
}

/// The reference's own figures, where it has them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReferenceFigures {
    pub mean_score: Option<f64>,
    pub share_refused: Option<f64>,
    /// By the reference's outcomes.
    pub cost_per_1000: Option<f64>,
}

/// Why the score moved, feature by feature.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreShift {
    /// Rows that were scored again.
    pub rows: u64,
    pub now: ScoreSummary,
    pub reference: ReferenceFigures,
    /// Ordered by absolute change in mean score, largest first.
    pub restored: Vec<Restoration>,
    /// Number of drifted features beyond the limit.
    pub left_out: usize,
}

impl<'a> Restorer<'a> {
    /// Takes rows in the order of their keys. Fails if the model cannot score them; `None` without rows.
    pub fn new(
        model: &'a Rescorer,
        columns: Vec<SampleColumn>,
        keys: &[u128],
        candidates: Vec<RestorableFeature>,
        terms: DecisionTerms,
    ) -> Result<Option<Self>> {
        let arrays = columns.iter().map(array).collect();
        let groups = groups(&columns, &candidates);
        let now = ScoreSummary { mean_score: 0.0, share_refused: 0.0, cost_per_1000: None };
        let (rows, draws) = (keys.len(), Draws::new(keys));
        let mut restorer =
            Self { model, columns, arrays, rows, candidates, draws, terms, groups, plans: Vec::new(), now };
        restorer.plans = (0..restorer.candidates.len()).map(|place| restorer.plan(place)).collect();
        let scores = restorer.scores(&restorer.arrays, rows)?;
        Ok(restorer.terms.summarize(scores).map(|now| {
            restorer.now = now;
            restorer
        }))
    }

    /// Summary of the rows' scores as they are.
    #[must_use]
    pub fn now(&self) -> ScoreSummary {
        self.now
    }

    /// Sets of candidates to restore: each one alone, correlated drifted ones together, and all drifted ones.
    #[must_use]
    pub fn sets(&self) -> Vec<Vec<usize>> {
        let alone = (0..self.candidates.len()).map(|place| vec![place]);
        let drifted = |place: &usize| self.candidates.get(*place).is_some_and(|candidate| candidate.is_drifted);
        let all: Vec<usize> = (0..self.candidates.len()).filter(drifted).collect();
        let together = self.groups.iter().filter(|group| group.len() > 1).cloned();
        let mut sets: Vec<Vec<usize>> = alone.chain(together).collect();
        if !sets.contains(&all) && !all.is_empty() {
            sets.push(all);
        }
        sets
    }

    /// Restores the values of these candidates.
    pub fn restore(&self, set: &[usize]) -> Result<Restoration> {
        let chosen: Vec<(&RestorableFeature, &RestorePlan)> =
            set.iter().filter_map(|place| self.candidates.get(*place).zip(self.plans.get(*place))).collect();
        let nothing = self.now.combine(&self.now, |_, _| 0.0);
        let mut restored = Restoration {
            features: chosen.iter().map(|(candidate, _)| candidate.name.clone()).collect(),
            is_drifted: chosen.iter().all(|(candidate, _)| candidate.is_drifted),
            rows_changed: 0,
            summary: self.now,
            change: nothing,
            by_chance: nothing,
        };
        if chosen.iter().all(|(_, plan)| plan.is_empty()) {
            return Ok(restored);
        }
        let evenly = self.restored_columns(set, self.rows, None);
        let rows_changed =
            evenly.iter().filter_map(|(feature, after)| Some(changed(self.columns.get(*feature)?, after)));
        restored.rows_changed = rows_changed.max().unwrap_or(0);
        restored.summary = self.summarize(&evenly, self.rows)?;
        restored.change = restored.summary.combine(&self.now, |then, now| then - now);
        restored.by_chance = self.by_chance(set)?;
        Ok(restored)
    }

    /// Scatter of the figures when random values of the reference are used, scaled to the number of rows.
    fn by_chance(&self, set: &[usize]) -> Result<ScoreSummary> {
        let rows = self.rows.min(DRAWN_ROWS);
        let middle = self.summarize(&self.restored_columns(set, rows, None), rows)?;
        let mut squares = middle.combine(&middle, |_, _| 0.0);
        for number in 0..DRAWS {
            let off = self
                .summarize(&self.restored_columns(set, rows, Some(number)), rows)?
                .combine(&middle, |drawn, middle| drawn - middle);
            squares = squares.combine(&off, |sum, off| sum + off * off);
        }
        // The reference is a random sample, too.
        let least = set.iter().filter_map(|place| self.candidates.get(*place)).map(|one| one.reference.rows()).min();
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let (rows, all, reference) = (rows as f64, self.rows as f64, least.unwrap_or(1).max(1) as f64);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let by = Z * (rows * (1.0 / all + 1.0 / reference) / DRAWS as f64).sqrt();
        Ok(squares.combine(&squares, |sum, _| by * sum.sqrt()))
    }

    /// Restored columns of these candidates, for the first `rows` rows: with the reference's distribution, or with draw
    /// `number`.
    fn restored_columns(&self, set: &[usize], rows: usize, number: Option<u64>) -> Vec<(usize, SampleColumn)> {
        let of = |place: &usize| {
            let (candidate, plan) = self.candidates.get(*place).zip(self.plans.get(*place))?;
            let column = self.columns.get(candidate.feature)?;
            let leader = self.leader(*place);
            let sampling = number.map_or(Sampling::Evenly, |number| Sampling::Drawn { leader, number });
            let by_group = self.draws.by_group(leader, number);
            let put = |column: &SampleColumn, plan: &RestorePlan| {
                restore(column, &candidate.reference, plan, sampling, (self.draws.by_row(), &by_group))
            };
            let restored = if rows < self.rows {
                put(&first_rows(column, rows), &plan.first_rows(rows))
            } else {
                put(column, plan)
            };
            Some((candidate.feature, restored))
        };
        set.iter().filter_map(of).collect()
    }

    fn plan(&self, place: usize) -> RestorePlan {
        let of = self.candidates.get(place).and_then(|one| Some((one, self.columns.get(one.feature)?)));
        of.map_or_else(RestorePlan::default, |(candidate, column)| {
            RestorePlan::new(column, &candidate.reference, &self.draws, self.leader(place), self.terms.limit)
        })
    }

    /// Name of the first candidate in this candidate's group.
    fn leader(&self, place: usize) -> &str {
        let group = self.groups.iter().find(|group| group.contains(&place));
        let first = group.and_then(|group| group.first()).copied().unwrap_or(place);
        self.candidates.get(first).map_or("", |candidate| candidate.name.as_str())
    }

    fn summarize(&self, restored: &[(usize, SampleColumn)], rows: usize) -> Result<ScoreSummary> {
        let mut arrays: Vec<ArrayRef> = if rows < self.rows {
            self.arrays.iter().map(|array| array.slice(0, rows)).collect()
        } else {
            self.arrays.clone()
        };
        for (feature, column) in restored {
            if let Some(own) = arrays.get_mut(*feature) {
                *own = array(column);
            }
        }
        let scores = self.scores(&arrays, rows)?;
        self.terms.summarize(scores).ok_or_else(|| Fault::setup("no rows to score"))
    }

    fn scores(&self, arrays: &[ArrayRef], rows: usize) -> Result<Vec<f64>> {
        let features = arrays.iter().cloned().map(Some).collect();
        let inputs = self.model.inputs(&Rows { len: rows, features, ..Rows::default() })?;
        self.model.scores(&inputs, rows)
    }

    /// Collects the results, largest change first.
    #[must_use]
    pub fn finish(&self, mut restored: Vec<Restoration>, reference: ReferenceFigures, left_out: usize) -> ScoreShift {
        restored.sort_by(|a, b| {
            let size = |of: &Restoration| of.change.mean_score.abs();
            size(b).total_cmp(&size(a)).then_with(|| a.features.cmp(&b.features))
        });
        ScoreShift { rows: self.rows as u64, now: self.now, reference, restored, left_out }
    }
}

/// Groups drifted numeric features by rank correlation, transitively. Every other candidate is a group by itself.
fn groups(columns: &[SampleColumn], candidates: &[RestorableFeature]) -> Vec<Vec<usize>> {
    let ranks = |candidate: &RestorableFeature| match columns.get(candidate.feature) {
        Some(SampleColumn::Numbers(values)) if candidate.is_drifted => Some(correlation::ranks(values)),
        _ => None,
    };
    let ranks: Vec<Option<Vec<f64>>> = candidates.iter().map(ranks).collect();
    let mut group: Vec<usize> = (0..candidates.len()).collect();
    for (b, theirs) in ranks.iter().enumerate() {
        for (a, ours) in ranks.iter().enumerate().take(b) {
            let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
            if correlation::correlation(ours, theirs).is_some_and(|how| how.abs() >= STRONG) {
                let (Some(to), Some(from)) = (group.get(a).copied(), group.get(b).copied()) else { continue };
                group.iter_mut().filter(|of| **of == from.max(to)).for_each(|of| *of = from.min(to));
            }
        }
    }
    (0..candidates.len())
        .map(|first| group.iter().enumerate().filter(|(_, of)| **of == first).map(|(place, _)| place).collect())
        .filter(|group: &Vec<usize>| !group.is_empty())
        .collect()
}

fn first_rows(column: &SampleColumn, count: usize) -> SampleColumn {
    match column {
        SampleColumn::Numbers(values) => SampleColumn::Numbers(values.iter().take(count).copied().collect()),
        SampleColumn::Levels { names, rows } => {
            SampleColumn::Levels { names: names.clone(), rows: rows.iter().take(count).copied().collect() }
        }
    }
}

/// Converts a column to a model input.
fn array(column: &SampleColumn) -> ArrayRef {
    match column {
        SampleColumn::Numbers(values) => Arc::new(Float64Array::from(values.clone())),
        SampleColumn::Levels { names, rows } => {
            let keys: Int32Array = rows.iter().map(|level| level.and_then(|level| i32::try_from(level).ok())).collect();
            let names = StringArray::from_iter_values(names);
            // Every key is the index of a name.
            DictionaryArray::<Int32Type>::try_new(keys, Arc::new(names)).map_or_else(
                |_| arrow_array::new_null_array(&arrow_schema::DataType::Null, rows.len()),
                |levels| Arc::new(levels),
            )
        }
    }
}
