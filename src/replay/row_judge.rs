//! Single rows judged by how the whole log rounds, for the search for causes.

use super::{
    parity::{ParityOptions, ParityTally},
    precision::Rounding,
};

impl ParityTally {
    /// Judges single rows by how the whole log rounds.
    #[must_use]
    pub fn row_judge(&self, options: ParityOptions) -> RowJudge {
        RowJudge { rounding: self.rounding(), options }
    }
}

/// Whether the score of a row agrees with the logged one, at the precision of the log.
#[derive(Debug, Clone, Copy)]
pub struct RowJudge {
    rounding: Rounding,
    options: ParityOptions,
}

impl RowJudge {
    /// Whether rounding explains the difference.
    #[must_use]
    pub fn agrees(&self, logged: f64, replayed: f64) -> bool {
        let (_, _, required) = self.options.difference(logged, replayed);
        self.rounding.explains(required)
    }

    /// Number of decimals of the log, if it rounds to decimals.
    pub(super) fn decimals(&self) -> Option<u8> {
        self.rounding.decimals().and_then(|decimals| u8::try_from(decimals).ok())
    }

    /// Number of digits by which the scores of the log can be told apart, if it rounds.
    pub(super) fn digits(&self) -> Option<u8> {
        self.rounding.digits()
    }

    /// Whether the scores differ by so little that the promise of the model hardly tells them apart.
    pub(super) fn is_flat(&self, logged: &[f64]) -> bool {
        const APART: f64 = 1_000.0;
        let (least, most) = logged
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), score| (least.min(*score), most.max(*score)));
        most - least <= APART * self.options.tolerance.within
    }

    /// Whether the logged score is the replayed one, cut off after this number of decimals.
    pub(super) fn is_cut(&self, logged: f64, replayed: f64, decimals: u8) -> bool {
        let unit = 10f64.powi(i32::from(decimals)) / self.options.scale;
        let (logged, replayed) = ((logged * unit).round(), replayed * unit);
        // A score next to a cut may be on either side of it in another implementation.
        (replayed.trunc() - logged).abs() < 0.5 || (replayed - logged).abs() < 1e-6
    }

    /// Whether rounding would explain half of the difference, as where the score is itself derived from rounded values.
    #[must_use]
    pub fn nearly_agrees(&self, logged: f64, replayed: f64) -> bool {
        let (written, off, _) = self.options.difference(logged, replayed);
        self.rounding.explains(written.required_precision(0.5 * off, self.options.tolerance))
    }
}
