//! Searches for the cause of differing scores: each hypothesis is applied to sampled rows, which are scored again.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, StringArray, UInt32Array, cast::AsArray, types::Float64Type};
use arrow_select::take::take;
use vigie_models::{InputKind, Link, Model};
use vigie_stats::correlation;

use super::{ParityCause, Rescorer, RowJudge, ScoreKind};
use crate::fault::{Fault, Result};

/// With fewer differing rows, no cause is named.
pub const LEAST_DIFFERING: usize = 5;
/// With this many, a hypothesis need not hold for the other rows, because the cause may have come up within the window. The
/// search for two columns, or for a leaf, requires them, because it tries thousands of hypotheses.
const MANY: usize = 20;
/// Share of the differing rows that may stay unexplained.
const UNEXPLAINED: f64 = 0.05;
/// Maximum number of differing rows to look at, and of others.
const ROWS: usize = 1_000;
/// Maximum number of features that may be exchanged, the most important first.
const FEATURES: usize = 200;
/// Number of rows that pairs are tried on first, one after the other.
const STARTS: usize = 3;
/// Maximum number of pairs that explain one row, and are tried on all.
const PAIRS: usize = 300;
/// From this share of differing rows on, another model is the likely cause.
const NEARLY_ALL: f64 = 0.9;
/// From this rank correlation on, the logged scores are those of a similar model.
const SIMILAR: f64 = 0.5;

/// Rows of a window: their inputs and logged scores, in the order of their keys.
#[derive(Debug, Clone, Default)]
pub struct ParitySample {
    /// One column per feature of the model, in its order: numbers as doubles, levels as texts. `None`: no row has a value.
    pub columns: Vec<Option<ArrayRef>>,
    pub logged: Vec<f64>,
}

impl ParitySample {
    fn select(&self, rows: &[usize]) -> Result<Self> {
        let places: UInt32Array = rows.iter().map(|row| u32::try_from(*row).ok()).collect();
        let chosen = |column: &Option<ArrayRef>| column.as_ref().map(|column| take(column, &places, None)).transpose();
        let columns: Result<Vec<_>, _> = self.columns.iter().map(chosen).collect();
        Ok(Self {
            columns: columns.map_err(|error| Fault::setup(format!("rows cannot be selected: {error}")))?,
            logged: rows.iter().filter_map(|row| self.logged.get(*row).copied()).collect(),
        })
    }
}

/// The raw score of each row; then, for each tree, the leaf of each row.
type RawWithLeaves = (Vec<f64>, Vec<Vec<u32>>);

/// Rows that differ, and rows that agree.
struct CauseSearch<'a> {
    model: &'a Rescorer,
    judge: RowJudge,
    differing: ParitySample,
    agreeing: ParitySample,
}

/// Finds the cause of differences between the logged scores and the model's. `rereadings` are the same file read with other
/// options, each with the cause that it stands for. `importance` is that of the model's features, to try the most important
/// first. `None` if too few rows differ, or if nothing explains them.
pub fn find_cause(
    model: &Rescorer,
    judge: RowJudge,
    sample: &ParitySample,
    rereadings: &[(ParityCause, Rescorer)],
    importance: &[f64],
) -> Result<Option<ParityCause>> {
    let scores = scores(model, sample)?;
    let agrees = |row: &usize| {
        let pair = sample.logged.get(*row).zip(scores.get(*row));
        pair.is_some_and(|(logged, score)| judge.agrees(*logged, *score))
    };
    let (agreeing, differing): (Vec<usize>, Vec<usize>) = (0..sample.logged.len()).partition(agrees);
    if differing.len() < LEAST_DIFFERING {
        return Ok(None);
    }
    let search = CauseSearch {
        model,
        judge,
        differing: sample.select(differing.get(..ROWS).unwrap_or(&differing))?,
        agreeing: sample.select(agreeing.get(..ROWS).unwrap_or(&agreeing))?,
    };
    if let Some(cause) = search.simple_cause(rereadings)? {
        return Ok(Some(cause));
    }
    if differing.len() >= MANY {
        if let Some(tree) = search.changed_leaf()? {
            return Ok(Some(ParityCause::ChangedLeaf { tree }));
        }
        if let Some((first, second)) = search.swapped_columns(importance)? {
            return Ok(Some(ParityCause::SwappedColumns { first, second }));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "at most some thousand rows")]
    let share = differing.len() as f64 / sample.logged.len() as f64;
    let similar = || correlation::correlation(&correlation::ranks(&sample.logged), &correlation::ranks(&scores));
    Ok((share >= NEARLY_ALL)
        .then(|| ParityCause::OtherModel { similar: similar().is_some_and(|correlation| correlation >= SIMILAR) }))
}

fn scores(model: &Rescorer, sample: &ParitySample) -> Result<Vec<f64>> {
    let rows = sample.logged.len();
    model.scores(&model.inputs_of(rows, sample.columns.iter().cloned())?, rows)
}

impl CauseSearch<'_> {
    /// Whether scores under a hypothesis explain the differing rows, and leave the agreeing ones as they are unless there
    /// are many differing ones.
    fn explains(&self, score: impl Fn(&ParitySample) -> Result<Vec<f64>>) -> Result<bool> {
        let unexplained = |sample: &ParitySample| -> Result<usize> {
            let scores = score(sample)?;
            let pairs = sample.logged.iter().zip(&scores);
            Ok(pairs.filter(|(logged, score)| !self.judge.agrees(**logged, **score)).count())
        };
        let differing = self.differing.logged.len();
        #[expect(clippy::cast_precision_loss, reason = "at most some thousand rows")]
        let is_few = |rows: usize| rows as f64 <= UNEXPLAINED * differing as f64;
        let left = unexplained(&self.differing)?;
        Ok(is_few(left) && (differing >= MANY || is_few(left + unexplained(&self.agreeing)?)))
    }

    /// Hypotheses that are tried once each.
    fn simple_cause(&self, rereadings: &[(ParityCause, Rescorer)]) -> Result<Option<ParityCause>> {
        let scoring = self.model.scoring();
        let has_other_class = scoring.kind() == ScoreKind::Probability && scoring.model().output_count() == 1;
        let other_class = |sample: &ParitySample| {
            Ok(scores(self.model, sample)?.into_iter().map(|score| 1.0 - score).collect::<Vec<f64>>())
        };
        if has_other_class && self.explains(other_class)? {
            return Ok(Some(ParityCause::OtherClass));
        }
        for (cause, other) in rereadings {
            if self.explains(|sample| scores(other, sample))? {
                return Ok(Some(cause.clone()));
            }
        }
        let with_numbers = |change: &dyn Fn(Option<f64>) -> Option<f64>| {
            let own = |column: &Option<ArrayRef>| {
                let numbers = column.as_ref().and_then(|column| column.as_primitive_opt::<Float64Type>())?;
                let known = |number: Option<f64>| number.filter(|number| !number.is_nan());
                let changed: Float64Array = numbers.iter().map(|number| change(known(number))).collect();
                Some(Arc::new(changed) as ArrayRef)
            };
            self.explains(|sample| {
                let columns = sample.columns.iter().map(|column| own(column).or_else(|| column.clone())).collect();
                scores(self.model, &ParitySample { columns, logged: sample.logged.clone() })
            })
        };
        if with_numbers(&|number| number.filter(|number| *number != 0.0))? {
            return Ok(Some(ParityCause::ZerosMissing));
        }
        Ok(with_numbers(&|number| number.or(Some(0.0)))?.then_some(ParityCause::MissingZeros))
    }

    /// The number of the first tree that has a leaf of exactly the differing rows, whose raw scores are off by the same
    /// amount.
    fn changed_leaf(&self) -> Result<Option<u64>> {
        let (scoring, model) = (self.model.scoring(), self.model.model());
        let Some(trees) = model.leaf_trees().filter(|_| model.output_count() == 1) else { return Ok(None) };
        if self.agreeing.logged.is_empty() {
            return Ok(None);
        }
        let (Some((raw, of_differing)), Some((_, of_agreeing))) =
            (self.leaves(&self.differing, trees.len())?, self.leaves(&self.agreeing, trees.len())?)
        else {
            return Ok(None);
        };
        let is_one_leaf = |(differing, agreeing): (&Vec<u32>, &Vec<u32>)| {
            let Some(leaf) = differing.first() else { return false };
            differing.iter().all(|other| other == leaf) && !agreeing.contains(leaf)
        };
        let Some(tree) = of_differing.iter().zip(&of_agreeing).position(is_one_leaf) else { return Ok(None) };
        let Some(shift) = self.common_shift(model, &raw) else { return Ok(None) };
        let shifted = scoring.scores(raw.iter().map(|raw| raw + shift).collect());
        let pairs = self.differing.logged.iter().zip(&shifted);
        let left = pairs.filter(|(logged, score)| !self.judge.nearly_agrees(**logged, **score)).count();
        #[expect(clippy::cast_precision_loss, reason = "at most some thousand rows")]
        let is_explained = left as f64 <= UNEXPLAINED * raw.len() as f64;
        Ok(is_explained.then_some(tree as u64 + 1))
    }

    /// The raw score of each row, and its leaf in each tree. `None` for damaged models, and families without leaves.
    fn leaves(&self, sample: &ParitySample, trees: usize) -> Result<Option<RawWithLeaves>> {
        let rows = sample.logged.len();
        let inputs = self.model.inputs_of(rows, sample.columns.iter().cloned())?;
        let (mut raw, mut by_tree) = (vec![0.0; rows], vec![Vec::new(); trees]);
        let counted = self.model.model().predict_raw_with_leaves(&inputs, 0..rows, &mut raw, &mut |tree, _, leaves| {
            if let Some(own) = by_tree.get_mut(tree) {
                own.extend_from_slice(leaves);
            }
        });
        Ok(counted.is_ok().then_some((raw, by_tree)))
    }

    /// The amount by which the raw scores behind the logged ones differ from the model's: the mean, weighted by how precisely
    /// a score shows its raw score.
    fn common_shift(&self, model: &Model, raw: &[f64]) -> Option<f64> {
        let is_probability = model.link() == Link::Sigmoid;
        let (mut sum, mut weights) = (0.0, 0.0);
        for (logged, raw) in self.differing.logged.iter().zip(raw) {
            let (own, slope) =
                if is_probability { ((logged / (1.0 - logged)).ln(), logged * (1.0 - logged)) } else { (*logged, 1.0) };
            let weight = slope * slope;
            if own.is_finite() && weight > 0.0 {
                sum += weight * (own - raw);
                weights += weight;
            }
        }
        (weights > 0.0).then(|| sum / weights)
    }

    /// The names of two features that explain the differing rows when they are exchanged.
    fn swapped_columns(&self, importance: &[f64]) -> Result<Option<(String, String)>> {
        let features = self.model.model().features();
        let weight = |place: &usize| importance.get(*place).copied().unwrap_or(0.0);
        let mut order: Vec<usize> = (0..features.len()).filter(|place| self.is_used(*place)).collect();
        order.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.cmp(b)));
        order.truncate(FEATURES);
        // A row may differ for a reason of its own.
        for row in 0..STARTS.min(self.differing.logged.len()) {
            let one = self.differing.select(&[row])?;
            for (first, second) in self.candidate_pairs(&one, &order)? {
                let swapped = |sample: &ParitySample| {
                    let mut columns = sample.columns.clone();
                    columns.swap(first, second);
                    scores(self.model, &ParitySample { columns, logged: sample.logged.clone() })
                };
                if self.explains(swapped)? {
                    let name =
                        |place: usize| features.get(place).map_or_else(String::new, |feature| feature.name.clone());
                    return Ok(Some((name(first), name(second))));
                }
            }
        }
        Ok(None)
    }

    /// Pairs of features that explain one row when they are exchanged.
    fn candidate_pairs(&self, one: &ParitySample, order: &[usize]) -> Result<Vec<(usize, usize)>> {
        let mut candidates = Vec::new();
        for (index, first) in order.iter().enumerate() {
            let others: Vec<usize> =
                order.iter().skip(index + 1).copied().filter(|other| self.are_alike(*first, *other)).collect();
            candidates.extend(self.pairs_that_explain(one, *first, &others)?.into_iter().map(|other| (*first, other)));
            if candidates.len() >= PAIRS {
                break;
            }
        }
        candidates.truncate(PAIRS);
        Ok(candidates)
    }

    fn is_used(&self, place: usize) -> bool {
        let is_used = self.model.model().features().get(place).is_some_and(|feature| feature.used);
        is_used && self.differing.columns.get(place).is_some_and(Option::is_some)
    }

    fn are_alike(&self, first: usize, other: usize) -> bool {
        let kind = |place: usize| self.model.model().features().get(place).map(|feature| feature.kind);
        kind(first) == kind(other)
    }

    /// Which of the other features, exchanged with the first, explain this one row.
    fn pairs_that_explain(&self, one: &ParitySample, first: usize, others: &[usize]) -> Result<Vec<usize>> {
        let Some(logged) = one.logged.first().filter(|_| !others.is_empty()) else { return Ok(Vec::new()) };
        // A row for each pair: the values of the one row, of which two are exchanged.
        let column = |(place, feature): (usize, &vigie_models::ModelFeature)| {
            one.columns.get(place)?.as_ref()?;
            let exchanged = |row: usize| match others.get(row) {
                Some(other) if place == first => *other,
                Some(other) if place == *other => first,
                _ => place,
            };
            let sources = (0..others.len()).map(exchanged);
            Some(match feature.kind {
                InputKind::Numeric => {
                    let number = |place: usize| {
                        let column = one.columns.get(place)?.as_ref()?.as_primitive_opt::<Float64Type>()?;
                        column.is_valid(0).then(|| column.value(0))
                    };
                    Arc::new(sources.map(number).collect::<Float64Array>()) as ArrayRef
                }
                InputKind::Categorical => {
                    let level = |place: usize| {
                        let column = one.columns.get(place)?.as_ref()?.as_string_opt::<i32>()?;
                        column.is_valid(0).then(|| column.value(0))
                    };
                    Arc::new(sources.map(level).collect::<StringArray>())
                }
            })
        };
        let features = self.model.model().features();
        let inputs = self.model.inputs_of(others.len(), features.iter().enumerate().map(column))?;
        let scores = self.model.scores(&inputs, others.len())?;
        let explained = others.iter().zip(&scores).filter(|(_, score)| self.judge.agrees(*logged, **score));
        Ok(explained.map(|(other, _)| *other).collect())
    }
}
