//! Searches for the cause of differing scores: each hypothesis is applied to sampled rows, which are scored again.

use std::{collections::HashMap, sync::Arc};

use arrow_array::{Array, ArrayRef, Float64Array, cast::AsArray, types::Float64Type};
use vigie_models::Link;
use vigie_stats::correlation;

use super::{
    IterationsUsed, ParityCause, Rescorer, RowJudge, ScoreKind, UnitRatio,
    cause_sample::{CauseSearch, MANY, OtherRows, ParitySample, scores},
};
use crate::fault::Result;

/// With fewer differing rows, no cause is named.
pub const LEAST_DIFFERING: usize = 5;
/// With fewer decimals or digits, no cause is named either.
const COARSE: u8 = 2;
/// From this share of differing rows on, another model is the likely cause.
const NEARLY_ALL: f64 = 0.9;
/// From this rank correlation on, the logged scores are those of a similar model.
const SIMILAR: f64 = 0.5;
/// From this number of decimals or digits on, scores of another model agree by chance in fewer than this share of the rows.
const PRECISE: u8 = 6;
const BY_CHANCE: f64 = 0.02;

/// The same model file, read with other options.
pub struct Rereadings<'a> {
    /// Each with the cause that it stands for.
    pub whole: Vec<(ParityCause, Rescorer)>,
    /// With only this number of boosting iterations; `None` if the file does not allow it.
    pub first: &'a dyn Fn(u32) -> Option<Rescorer>,
}

/// Finds the cause of differences between the logged scores and the model's. `importance` is that of the model's features,
/// to try the most important first. `None` if too few rows differ, or if nothing explains them.
pub fn find_cause(
    model: &Rescorer,
    judge: RowJudge,
    sample: &ParitySample,
    rereadings: &Rereadings<'_>,
    importance: &[f64],
) -> Result<Option<ParityCause>> {
    let own = scores(model, sample)?;
    let mut search = CauseSearch::new(model, &judge, sample, &own)?;
    // Scores of a log that has hardly any decimals, such as decisions, or that are all alike, fit many hypotheses.
    let is_coarse = judge.digits().is_some_and(|digits| digits < COARSE) || judge.is_flat(&sample.logged);
    if search.differing.logged.len() < LEAST_DIFFERING || is_coarse {
        return Ok(None);
    }
    if let Some(cause) = search.cause(rereadings, importance)? {
        return Ok(Some(cause));
    }
    if search.differing.logged.len() >= MANY {
        search.others = OtherRows::Any;
        if let Some(cause) = search.cause(rereadings, importance)? {
            return Ok(Some(cause));
        }
    }
    Ok(other_model(&judge, sample, &own))
}

/// Another model, if nearly all rows differ and no more agree than scores of another model would by chance.
fn other_model(judge: &RowJudge, sample: &ParitySample, own: &[f64]) -> Option<ParityCause> {
    let pairs = sample.logged.iter().zip(own);
    #[expect(clippy::cast_precision_loss, reason = "at most some thousand rows")]
    let share = pairs.filter(|(logged, score)| judge.agrees(**logged, **score)).count() as f64 / own.len() as f64;
    let is_chance = judge.digits().is_some_and(|digits| digits < PRECISE) || share < BY_CHANCE;
    if share > 1.0 - NEARLY_ALL || !is_chance {
        return None;
    }
    let correlation = correlation::correlation(&correlation::ranks(&sample.logged), &correlation::ranks(own));
    Some(ParityCause::OtherModel { similar: correlation.is_some_and(|correlation| correlation >= SIMILAR) })
}

impl CauseSearch<'_> {
    /// The first hypothesis that explains the differing rows.
    fn cause(&self, rereadings: &Rereadings<'_>, importance: &[f64]) -> Result<Option<ParityCause>> {
        if let Some(cause) = self.simple_cause(&rereadings.whole)? {
            return Ok(Some(cause));
        }
        if self.differing.logged.len() < MANY {
            return Ok(None);
        }
        if let Some(tree) = self.changed_leaf()? {
            return Ok(Some(ParityCause::ChangedLeaf { tree }));
        }
        if let Some(cause) = self.changed_column(importance)? {
            return Ok(Some(cause));
        }
        if let Some(count) = self.first_iterations(rereadings.first)? {
            return Ok(Some(ParityCause::Iterations { uses: IterationsUsed::First(count) }));
        }
        self.swapped_columns(importance)
    }

    /// Hypotheses that are tried once each.
    fn simple_cause(&self, rereadings: &[(ParityCause, Rescorer)]) -> Result<Option<ParityCause>> {
        let scoring = self.model.scoring();
        let has_other_class = scoring.kind() == ScoreKind::Probability && scoring.model().output_count() == 1;
        let other_class =
            |sample: &ParitySample| Ok(self.scores(sample)?.into_iter().map(|score| 1.0 - score).collect::<Vec<f64>>());
        if has_other_class && self.explains(other_class)? {
            return Ok(Some(ParityCause::OtherClass));
        }
        if let Some(cause) = self.other_scores()? {
            return Ok(Some(cause));
        }
        if let Some(decimals) = self.cut_decimals()? {
            return Ok(Some(ParityCause::ScoresCut { decimals }));
        }
        for (cause, other) in rereadings {
            if self.explains(|sample| scores(other, sample))? {
                return Ok(Some(cause.clone()));
            }
        }
        if self.explains_numbers(&|number| number.filter(|number| *number != 0.0))? {
            return Ok(Some(ParityCause::ZerosMissing));
        }
        if self.explains_numbers(&|number| number.or(Some(0.0)))? {
            return Ok(Some(ParityCause::MissingZeros));
        }
        if let Some(value) = self.missing_value()? {
            return Ok(Some(ParityCause::ValueMissing { value }));
        }
        if let Some(features) = self.missing_levels()? {
            return Ok(Some(ParityCause::LevelsMissing { features }));
        }
        Ok(self.has_sorted_columns()?.then_some(ParityCause::ColumnsSorted))
    }

    /// Whether a change of every number explains the differing rows.
    fn explains_numbers(&self, change: &dyn Fn(Option<f64>) -> Option<f64>) -> Result<bool> {
        let own = |column: &Option<ArrayRef>| {
            let numbers = column.as_ref().and_then(|column| column.as_primitive_opt::<Float64Type>())?;
            let known = |number: Option<f64>| number.filter(|number| !number.is_nan());
            let changed: Float64Array = numbers.iter().map(|number| change(known(number))).collect();
            Some(Arc::new(changed) as ArrayRef)
        };
        self.explains(|sample| {
            let columns = sample.columns.iter().map(|column| own(column).or_else(|| column.clone())).collect();
            self.scores(&sample.with_columns(columns))
        })
    }

    /// Scores in another unit, or before the link function.
    fn other_scores(&self) -> Result<Option<ParityCause>> {
        if self.model.scoring().model().link() != Link::Identity
            && self.explains(|sample| self.model.raw_scores(sample.logged.len(), sample.columns.iter().cloned()))?
        {
            return Ok(Some(ParityCause::RawScores));
        }
        for by in [100, 1_000, 10] {
            for ratio in [UnitRatio::Over(by), UnitRatio::Times(by)] {
                let scaled = |sample: &ParitySample| {
                    Ok(self.scores(sample)?.into_iter().map(|score| ratio.apply(score)).collect())
                };
                if self.explains(scaled)? {
                    return Ok(Some(ParityCause::ScoresScaled { ratio }));
                }
            }
        }
        Ok(None)
    }

    /// A whole number that explains the differing rows as a missing value, among those that occur in many of these rows.
    fn missing_value(&self) -> Result<Option<i64>> {
        for value in self.frequent_values() {
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let number = value as f64;
            #[expect(clippy::float_cmp, reason = "the value as logged")]
            if self.explains_numbers(&|own| own.filter(|own| *own != number))? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Whole numbers other than 0 and 1 by the number of differing rows that have them, the most frequent first.
    fn frequent_values(&self) -> Vec<i64> {
        const TRIED: usize = 20;
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        let mut rows: HashMap<i64, (usize, usize)> = HashMap::new();
        for column in self.differing.columns.iter().flatten() {
            let numbers = column.as_primitive_opt::<Float64Type>().into_iter().flatten().enumerate();
            for (row, number) in numbers {
                let whole = number.filter(|number| number.fract() == 0.0 && number.abs() < LARGEST);
                #[expect(clippy::cast_possible_truncation, reason = "whole and bounded")]
                let Some(whole) = whole.map(|number| number as i64).filter(|whole| !matches!(whole, 0 | 1)) else {
                    continue;
                };
                let (count, last) = rows.entry(whole).or_insert((0, 0));
                // Several features of a row may have it.
                if *last != row + 1 {
                    (*count, *last) = (*count + 1, row + 1);
                }
            }
        }
        let mut values: Vec<(usize, i64)> = rows.into_iter().map(|(value, (count, _))| (count, value)).collect();
        values.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        values.into_iter().take(TRIED).map(|(_, value)| value).collect()
    }

    /// The number of decimals after which all scores, those that agree included, are cut off.
    fn cut_decimals(&self) -> Result<Option<u8>> {
        let Some(decimals) = self.judge.decimals() else { return Ok(None) };
        let kept = |sample: &ParitySample| -> Result<usize> {
            let scores = self.scores(sample)?;
            let pairs = sample.logged.iter().zip(&scores);
            Ok(pairs.filter(|(logged, score)| !self.judge.is_cut(**logged, **score, decimals)).count())
        };
        let left = kept(&self.differing)? + kept(&self.agreeing)?;
        Ok(self.is_few(left).then_some(decimals))
    }

    /// The features with missing levels, if these explain the differing rows when they are not replaced by an inferred word.
    fn missing_levels(&self) -> Result<Option<Vec<String>>> {
        let is_missing = |column: &Option<ArrayRef>| column.as_ref().is_some_and(|column| column.null_count() > 0);
        let inferred = self.model.inferred();
        let names = self.model.names().iter().zip(&self.differing.columns);
        let names: Vec<String> = names
            .filter(|(name, column)| inferred.contains(&name.as_str()) && is_missing(column))
            .map(|(name, _)| name.clone())
            .collect();
        if names.is_empty() {
            return Ok(None);
        }
        let is_explained = self.explains(|sample| {
            let rows = sample.logged.len();
            self.model.scores(&self.model.inputs_as_configured(rows, sample.columns.iter().cloned())?, rows)
        })?;
        Ok(is_explained.then_some(names))
    }
}
