//! Rows whose logged scores differ from the model's, and rows whose scores agree: hypotheses are tried on both.

use arrow_array::{ArrayRef, UInt32Array};
use arrow_select::take::take;

use super::{Rescorer, RowJudge};
use crate::fault::{Fault, Result};

/// With this many differing rows, a hypothesis that no other explains better need not hold for the other rows, because the
/// cause may have come up within the window. A search that tries thousands of hypotheses requires them.
pub(super) const MANY: usize = 20;
/// Share of the differing rows that may stay unexplained.
pub(super) const UNEXPLAINED: f64 = 0.05;
/// Maximum number of differing rows to compare, and of others.
const ROWS: usize = 1_000;

/// Rows of a window: their inputs and logged scores, in the order of their keys.
#[derive(Debug, Clone, Default)]
pub struct ParitySample {
    /// One column per feature of the model, in its order: numbers as doubles, levels as texts. `None`: no row has a value.
    pub columns: Vec<Option<ArrayRef>>,
    pub logged: Vec<f64>,
}

impl ParitySample {
    pub(super) fn select(&self, rows: &[usize]) -> Result<Self> {
        let places: UInt32Array = rows.iter().map(|row| u32::try_from(*row).ok()).collect();
        let chosen = |column: &Option<ArrayRef>| column.as_ref().map(|column| take(column, &places, None)).transpose();
        let columns: Result<Vec<_>, _> = self.columns.iter().map(chosen).collect();
        Ok(Self {
            columns: columns.map_err(|error| Fault::setup(format!("rows cannot be selected: {error}")))?,
            logged: rows.iter().filter_map(|row| self.logged.get(*row).copied()).collect(),
        })
    }

    /// The same rows with other inputs.
    pub(super) fn with_columns(&self, columns: Vec<Option<ArrayRef>>) -> Self {
        Self { columns, logged: self.logged.clone() }
    }
}

/// Rows that differ, and rows that agree.
#[derive(Debug)]
pub(super) struct CauseSearch<'a> {
    pub model: &'a Rescorer,
    pub judge: RowJudge,
    pub differing: ParitySample,
    pub agreeing: ParitySample,
    pub others: OtherRows,
}

/// What a hypothesis does to the rows that agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherRows {
    /// They agree under it too.
    Agree,
    /// They may differ under it: it concerns only a part of the rows.
    Any,
}

impl<'a> CauseSearch<'a> {
    /// Divides the rows of a sample, whose scores by the model are `scores`.
    pub(super) fn new(model: &'a Rescorer, judge: &RowJudge, sample: &ParitySample, scores: &[f64]) -> Result<Self> {
        let agrees = |row: &usize| {
            let pair = sample.logged.get(*row).zip(scores.get(*row));
            pair.is_some_and(|(logged, score)| judge.agrees(*logged, *score))
        };
        let (agreeing, differing): (Vec<usize>, Vec<usize>) = (0..sample.logged.len()).partition(agrees);
        Ok(Self {
            model,
            judge: *judge,
            differing: sample.select(differing.get(..ROWS).unwrap_or(&differing))?,
            agreeing: sample.select(agreeing.get(..ROWS).unwrap_or(&agreeing))?,
            others: OtherRows::Agree,
        })
    }

    /// Number of differing rows that scores under a hypothesis leave unexplained; `None` if these are too many, or if the
    /// hypothesis spoils rows that agree.
    pub(super) fn left_by(&self, score: impl Fn(&ParitySample) -> Result<Vec<f64>>) -> Result<Option<usize>> {
        let unexplained = |sample: &ParitySample| -> Result<usize> {
            let scores = score(sample)?;
            let pairs = sample.logged.iter().zip(&scores);
            Ok(pairs.filter(|(logged, score)| !self.judge.agrees(**logged, **score)).count())
        };
        let left = unexplained(&self.differing)?;
        let is_explained =
            self.is_few(left) && (self.others == OtherRows::Any || self.is_few(left + unexplained(&self.agreeing)?));
        Ok(is_explained.then_some(left))
    }

    /// Whether scores under a hypothesis explain the differing rows.
    pub(super) fn explains(&self, score: impl Fn(&ParitySample) -> Result<Vec<f64>>) -> Result<bool> {
        Ok(self.left_by(score)?.is_some())
    }

    /// Whether so few of the differing rows may stay unexplained.
    pub(super) fn is_few(&self, rows: usize) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "at most some thousand rows")]
        let (rows, differing) = (rows as f64, self.differing.logged.len() as f64);
        rows <= UNEXPLAINED * differing
    }

    /// The model's scores of rows.
    pub(super) fn scores(&self, sample: &ParitySample) -> Result<Vec<f64>> {
        scores(self.model, sample)
    }
}

/// A model's scores of rows.
pub(super) fn scores(model: &Rescorer, sample: &ParitySample) -> Result<Vec<f64>> {
    let rows = sample.logged.len();
    model.scores(&model.inputs_of(rows, sample.columns.iter().cloned())?, rows)
}
