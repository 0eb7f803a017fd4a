//! Causes of differing scores in the columns that a model reads: one is lost, always zero or in another unit, two are
//! exchanged, or all are in another order.

use std::{collections::HashSet, sync::Arc};

use arrow_array::{Array, ArrayRef, Float64Array, StringArray, cast::AsArray, new_null_array, types::Float64Type};
use vigie_models::InputKind;

use super::{
    ParityCause,
    cause::UnitRatio,
    cause_sample::{CauseSearch, OtherRows, ParitySample},
};
use crate::fault::Result;

/// Maximum number of features that are tried, the most important first.
const FEATURES: usize = 200;
/// Number of rows that hypotheses are tried on first, one after the other: a row may differ for a reason of its own.
const STARTS: usize = 3;
/// Maximum number of hypotheses that explain one row, and are tried on all.
const CANDIDATES: usize = 300;

/// What happens to one column before the library reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnChange {
    Lost,
    Zero,
    Scaled(UnitRatio),
}

impl ColumnChange {
    /// The likelier ones first.
    fn all() -> impl Iterator<Item = Self> {
        [Self::Lost, Self::Zero].into_iter().chain(UnitRatio::all().map(Self::Scaled))
    }

    fn number(self, number: Option<f64>) -> Option<f64> {
        match self {
            Self::Lost => None,
            Self::Zero => Some(0.0),
            Self::Scaled(ratio) => number.map(|number| ratio.apply(number)),
        }
    }

    /// The column after the change; `None` if it does not apply to levels.
    fn apply(self, column: &ArrayRef) -> Option<ArrayRef> {
        if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
            return Some(Arc::new(numbers.iter().map(|number| self.number(number)).collect::<Float64Array>()));
        }
        (self == Self::Lost).then(|| new_null_array(column.data_type(), column.len()))
    }

    fn cause(self, feature: String) -> ParityCause {
        match self {
            Self::Lost => ParityCause::LostColumn { feature },
            Self::Zero => ParityCause::ZeroColumn { feature },
            Self::Scaled(ratio) => ParityCause::ScaledColumn { feature, ratio },
        }
    }
}

/// The rows of a search by feature: for each feature, the feature whose value it gets and what happens to that. `None`: it
/// keeps its own.
type Cell = Option<(usize, Option<ColumnChange>)>;

impl CauseSearch<'_> {
    /// One column that explains the differing rows when it is lost, zero or in another unit. If several changes do, the one
    /// that leaves the fewest rows, as trees may not tell similar units apart.
    pub(super) fn changed_column(&self, importance: &[f64]) -> Result<Option<ParityCause>> {
        let order = self.by_importance(importance);
        for row in 0..STARTS.min(self.differing.logged.len()) {
            let one = self.differing.select(&[row])?;
            let mut best: Option<(usize, usize, ColumnChange)> = None;
            let mut tried = 0;
            for change in ColumnChange::all() {
                let places = order.iter().copied().filter(|place| self.applies(change, *place)).collect::<Vec<usize>>();
                let cell =
                    |row: usize, place: usize| (places.get(row) == Some(&place)).then_some((place, Some(change)));
                for row in self.rows_that_explain(&one, places.len(), &cell)? {
                    let Some(place) = places.get(row).copied().filter(|_| tried < CANDIDATES) else { continue };
                    tried += 1;
                    if self.others == OtherRows::Any && !self.mingles(place) {
                        continue;
                    }
                    let changed = |sample: &ParitySample| {
                        let mut columns = sample.columns.clone();
                        if let Some(Some(column)) = columns.get_mut(place)
                            && let Some(other) = change.apply(column)
                        {
                            *column = other;
                        }
                        self.scores(&sample.with_columns(columns))
                    };
                    if let Some(left) = self.left_by(changed)?
                        && best.is_none_or(|(fewest, ..)| left < fewest)
                    {
                        best = Some((left, place, change));
                    }
                }
            }
            if let Some((_, place, change)) = best {
                return Ok(Some(change.cause(self.name(place))));
            }
        }
        Ok(None)
    }

    /// Whether rows that agree have values of a feature among those of the rows that differ. If they have others, the cause
    /// is in those values, and not in the whole column.
    fn mingles(&self, place: usize) -> bool {
        const LEAST: f64 = 0.2;
        let column = |sample: &ParitySample| sample.columns.get(place).cloned().flatten();
        let (Some(differing), Some(agreeing)) = (column(&self.differing), column(&self.agreeing)) else { return true };
        let shares = |all: usize, among: usize| {
            #[expect(clippy::cast_precision_loss, reason = "at most some thousand rows")]
            let share = among as f64 / all as f64;
            all == 0 || share >= LEAST
        };
        if let (Some(differing), Some(agreeing)) =
            (differing.as_primitive_opt::<Float64Type>(), agreeing.as_primitive_opt::<Float64Type>())
        {
            let bounds =
                differing.iter().flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), number| {
                    (number.min(least), number.max(most))
                });
            let others: Vec<f64> = agreeing.iter().flatten().collect();
            return shares(
                others.len(),
                others.iter().filter(|number| bounds.0 <= **number && **number <= bounds.1).count(),
            );
        }
        if let (Some(differing), Some(agreeing)) = (differing.as_string_opt::<i32>(), agreeing.as_string_opt::<i32>()) {
            let levels: HashSet<&str> = differing.iter().flatten().collect();
            let others: Vec<&str> = agreeing.iter().flatten().collect();
            return shares(others.len(), others.iter().filter(|level| levels.contains(**level)).count());
        }
        true
    }

    /// The names of two features that explain the differing rows when they are exchanged.
    pub(super) fn swapped_columns(&self, importance: &[f64]) -> Result<Option<ParityCause>> {
        let order = self.by_importance(importance);
        for row in 0..STARTS.min(self.differing.logged.len()) {
            let one = self.differing.select(&[row])?;
            for (first, second) in self.candidate_pairs(&one, &order)? {
                let swapped = |sample: &ParitySample| {
                    let mut columns = sample.columns.clone();
                    columns.swap(first, second);
                    self.scores(&sample.with_columns(columns))
                };
                if self.explains(swapped)? {
                    let (first, second) = (self.name(first), self.name(second));
                    return Ok(Some(ParityCause::SwappedColumns { first, second }));
                }
            }
        }
        Ok(None)
    }

    /// Whether columns in alphabetical order explain the differing rows, to a library that reads them by their order.
    pub(super) fn has_sorted_columns(&self) -> Result<bool> {
        let names = self.model.names();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|place| names.get(*place));
        let is_possible = order.iter().enumerate().all(|(place, from)| self.are_alike(place, *from));
        if !is_possible || order.is_sorted() {
            return Ok(false);
        }
        self.explains(|sample| {
            let columns = order.iter().map(|from| sample.columns.get(*from).cloned().flatten()).collect();
            self.scores(&sample.with_columns(columns))
        })
    }

    /// The features that the model uses and that have values, the most important first.
    fn by_importance(&self, importance: &[f64]) -> Vec<usize> {
        let features = self.model.model().features();
        let weight = |place: &usize| importance.get(*place).copied().unwrap_or(0.0);
        let has_values = |place: usize| self.differing.columns.get(place).is_some_and(Option::is_some);
        let used = features.iter().enumerate().filter(|(place, feature)| feature.used && has_values(*place));
        let mut order: Vec<usize> = used.map(|(place, _)| place).collect();
        order.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.cmp(b)));
        order.truncate(FEATURES);
        order
    }

    /// Pairs of features that explain one row when they are exchanged.
    fn candidate_pairs(&self, one: &ParitySample, order: &[usize]) -> Result<Vec<(usize, usize)>> {
        let mut candidates = Vec::new();
        for (index, first) in order.iter().copied().enumerate() {
            let others: Vec<usize> =
                order.iter().skip(index + 1).copied().filter(|other| self.are_alike(first, *other)).collect();
            let cell = |row: usize, place: usize| {
                let other = others.get(row).copied()?;
                let from = if place == first { Some(other) } else { (place == other).then_some(first) };
                from.map(|from| (from, None))
            };
            let explained = self.rows_that_explain(one, others.len(), &cell)?;
            candidates.extend(explained.into_iter().filter_map(|row| Some((first, others.get(row).copied()?))));
            if candidates.len() >= CANDIDATES {
                break;
            }
        }
        candidates.truncate(CANDIDATES);
        Ok(candidates)
    }

    /// Scores variants of one row, and returns the numbers of those that explain its logged score. `cell`: what a feature
    /// gets in a variant.
    fn rows_that_explain(
        &self,
        one: &ParitySample,
        variants: usize,
        cell: &dyn Fn(usize, usize) -> Cell,
    ) -> Result<Vec<usize>> {
        let Some(logged) = one.logged.first().filter(|_| variants > 0) else { return Ok(Vec::new()) };
        let source = |place: usize| one.columns.get(place)?.as_ref();
        let number = |variant: usize, place: usize| {
            let (from, change) = cell(variant, place).unwrap_or((place, None));
            let column = source(from)?.as_primitive_opt::<Float64Type>()?;
            let number = column.is_valid(0).then(|| column.value(0));
            change.map_or(number, |change| change.number(number))
        };
        let level = |variant: usize, place: usize| {
            let (from, change) = cell(variant, place).unwrap_or((place, None));
            let column = source(from)?.as_string_opt::<i32>()?;
            (column.is_valid(0) && change != Some(ColumnChange::Lost)).then(|| column.value(0))
        };
        let column = |(place, feature): (usize, &vigie_models::ModelFeature)| {
            source(place)?;
            Some(match feature.kind {
                InputKind::Numeric => {
                    Arc::new((0..variants).map(|variant| number(variant, place)).collect::<Float64Array>()) as ArrayRef
                }
                InputKind::Categorical => {
                    Arc::new((0..variants).map(|variant| level(variant, place)).collect::<StringArray>())
                }
            })
        };
        let features = self.model.model().features();
        let inputs = self.model.inputs_of(variants, features.iter().enumerate().map(column))?;
        let scores = self.model.scores(&inputs, variants)?;
        let explained = scores.iter().enumerate().filter(|(_, score)| self.judge.agrees(*logged, **score));
        Ok(explained.map(|(variant, _)| variant).collect())
    }

    /// Whether a change is possible: only numbers can be zero, or in another unit.
    fn applies(&self, change: ColumnChange, place: usize) -> bool {
        let kind = self.model.model().features().get(place).map(|feature| feature.kind);
        change == ColumnChange::Lost || kind == Some(InputKind::Numeric)
    }

    fn are_alike(&self, first: usize, other: usize) -> bool {
        let kind = |place: usize| self.model.model().features().get(place).map(|feature| feature.kind);
        kind(first) == kind(other)
    }

    fn name(&self, place: usize) -> String {
        self.model.names().get(place).cloned().unwrap_or_default()
    }
}
