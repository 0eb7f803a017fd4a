//! Distances of one feature, or of the score, from the reference.

use vigie_profile::{layout::Kind, profile::CellCounts, sketch::ValueDistribution};
use vigie_stats::ks;

use super::{
    AlikeRows, BinCount, Change, Commonest, Distances, EmptyRows, Onset, Summary, distinct_values::DistinctValues,
};

/// All measurements of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDrift {
    pub name: String,
    pub kind: Kind,
    /// Rows of the reference, missing values included.
    pub n_reference: u64,
    /// Rows used in the window, missing values included.
    pub n_window: u64,
    pub missing: Missing,
    pub empty: EmptyRows,
    /// `None` if the window has no values, or if its commonest value is not known: counts show that of a numeric feature only
    /// if it is the only one, or has a cell to itself.
    pub commonest: Option<Commonest>,
    /// Categorical features only.
    pub unseen: Option<Unseen>,
    /// Numeric features only.
    pub out_of_range: Option<OutOfRange>,
    pub psi: Psi,
    pub distances: Distances,
    /// Numeric features with values on both sides.
    pub ks: Option<Ks>,
    /// Categorical features with rows on both sides.
    pub chi2: Option<Chi2>,
    pub bins: Vec<BinCount>,
    pub reference: Summary,
    pub window: Summary,
    /// The reference holds nothing finer than bins, so there is neither KS, Wasserstein nor chi-square.
    pub reduced: bool,
    /// What happened to the feature; known for features in a finding, from a second pass over their values.
    pub change: Option<Change>,
    /// Since when, if that was inside the window.
    pub onset: Option<Onset>,
}

impl FeatureDrift {
    /// Drops the measurements that bins alone cannot give.
    pub(super) fn psi_only(&mut self) {
        (self.ks, self.chi2, self.reduced) = (None, None, true);
        self.distances.bins_only();
    }

    /// Returns the rows without a value, among all.
    #[must_use]
    pub fn rows_without_value(&self) -> AlikeRows {
        let EmptyRows { reference, window } = self.empty;
        AlikeRows { window: (window, self.n_window), reference: (reference, self.n_reference) }
    }

    /// Returns the rows with the commonest value, among those that have any.
    #[must_use]
    pub fn rows_with(&self, commonest: &Commonest) -> AlikeRows {
        AlikeRows {
            window: (commonest.rows, self.n_window - self.empty.window),
            reference: (commonest.reference_rows, self.n_reference - self.empty.reference),
        }
    }

    /// Takes the value of nearly all rows from the values of a numeric feature, if there is one that the counts did not show;
    /// returns whether there is.
    pub fn set_commonest(&mut self, reference: &CellCounts, window: &ValueDistribution) -> bool {
        let known = self.commonest.as_ref().map_or(0, |commonest| commonest.rows);
        let Some(found) = Commonest::of_values(reference, window).filter(|found| found.rows > known) else {
            return false;
        };
        self.commonest = Some(found);
        true
    }

    /// Replaces the quantiles of a numeric feature by those of its values: `reference` holds its sorted distinct values with
    /// counts, if they are known.
    pub fn set_quantiles(&mut self, reference: Option<&[(f64, u64)]>, window: &ValueDistribution) {
        if let Some(values) = reference {
            let values = DistinctValues::new(values);
            self.reference.set_quantiles(&|q| values.quantile(q));
        }
        self.window.set_quantiles(&|q| window.quantile(q));
    }
}

/// Share of rows without a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Missing {
    pub reference_share: Option<f64>,
    pub window_share: Option<f64>,
    /// 2×2 chi-square with Yates' correction; `None` if no value or every value is missing.
    pub p_value: Option<f64>,
}

/// Levels that do not occur in the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Unseen {
    /// Share of all used rows.
    pub share: Option<f64>,
    /// Share that the reference leads to expect (Good–Turing: its singletons / rows).
    pub expected: f64,
    /// `share` − `expected`, at least zero.
    pub excess: Option<f64>,
    /// Names and rows, most rows first, at most 20.
    pub levels: Vec<(String, u64)>,
    /// Number of distinct unseen levels.
    pub distinct: usize,
    /// Probability of at least this many such rows if window and reference had the same distribution.
    pub p_value: Option<f64>,
}

/// Values outside the reference's range, as shares of the used rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutOfRange {
    pub below: Option<f64>,
    pub above: Option<f64>,
    /// Probability of at least this many such values if window and reference had the same distribution.
    pub p_value: Option<f64>,
}

/// Population stability index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Psi {
    pub value: Option<f64>,
    /// Value that chance alone exceeds in 5 of 100 windows.
    pub critical: Option<f64>,
    pub p_value: Option<f64>,
    /// Bins left for the null distribution after thin ones are merged.
    pub p_bins: usize,
}

/// Two-sample Kolmogorov–Smirnov.
#[derive(Debug, Clone, PartialEq)]
pub struct Ks {
    /// D, or its lower bound from the cells.
    pub statistic: f64,
    pub upper_bound: f64,
    pub exact: bool,
    /// Rows with a value: `n` in the reference, `m` in the window.
    pub n: u64,
    pub m: u64,
    /// p at `statistic`.
    pub p_value: Option<f64>,
    /// p at `upper_bound`.
    pub p_at_bound: Option<f64>,
    /// Cells in which D may exceed `statistic`.
    pub candidates: Vec<usize>,
}

impl Ks {
    pub(super) fn new(grid: &ks::Grid, n: u64, m: u64) -> Self {
        let p_value = ks::p_value(grid.grid, n, m);
        let exact = grid.candidates.is_empty();
        Self {
            statistic: grid.grid,
            upper_bound: grid.bound,
            exact,
            n,
            m,
            p_value,
            p_at_bound: if exact { p_value } else { ks::p_value(grid.bound, n, m) },
            candidates: grid.candidates.clone(),
        }
    }

    /// Sets the exact D, given its maximum within the candidate cells.
    pub fn refine(&mut self, inside: f64) {
        self.statistic = self.statistic.max(inside);
        self.upper_bound = self.statistic;
        self.exact = true;
        self.p_value = ks::p_value(self.statistic, self.n, self.m);
        self.p_at_bound = self.p_value;
        self.candidates.clear();
    }
}

/// Chi-square test of homogeneity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chi2 {
    pub statistic: Option<f64>,
    pub dof: usize,
    pub p_value: Option<f64>,
    /// Between 0 and 1, independent of n.
    pub cramers_v: f64,
    /// Levels expected fewer than 5 times in the window, pooled into one.
    pub pooled_levels: usize,
}

/// Share of refused rows: as logged in the window, where it has decisions, otherwise by the threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refused {
    pub reference: Option<f64>,
    pub window: Option<f64>,
    /// Pooled two-proportion z test, two-sided.
    pub p_value: Option<f64>,
}
