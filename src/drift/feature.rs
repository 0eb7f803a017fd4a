//! The distances of one feature (or of the score) from the reference.

use vigie_profile::layout::Kind;
use vigie_stats::ks;

use super::{BinCount, Summary};

/// Everything measured of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDrift {
    pub name: String,
    pub kind: Kind,
    /// Rows of the reference, missing values included.
    pub n_reference: u64,
    /// Used rows of the window, missing values included.
    pub n_window: u64,
    pub missing: Missing,
    /// Categorical features only.
    pub unseen: Option<Unseen>,
    /// Numeric features only.
    pub out_of_range: Option<OutOfRange>,
    pub psi: Psi,
    /// Numeric features with values on both sides.
    pub ks: Option<Ks>,
    /// Categorical features with rows on both sides.
    pub chi2: Option<Chi2>,
    pub bins: Vec<BinCount>,
    pub reference: Summary,
    pub window: Summary,
    /// The reference holds bins and nothing finer: there is neither KS nor chi-square.
    pub reduced: bool,
}

impl FeatureDrift {
    /// What bins alone can tell.
    pub(super) fn psi_only(&mut self) {
        (self.ks, self.chi2, self.reduced) = (None, None, true);
    }
}

/// Share of rows without a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Missing {
    pub reference_share: Option<f64>,
    pub window_share: Option<f64>,
    /// 2×2 chi-square with Yates' correction; `None` when nothing or everything is missing.
    pub p_value: Option<f64>,
}

/// Levels the reference never had.
#[derive(Debug, Clone, PartialEq)]
pub struct Unseen {
    /// Of all used rows.
    pub share: Option<f64>,
    /// What the reference leads to expect (Good–Turing: its singletons / rows).
    pub expected: f64,
    /// `share` less `expected`, not below zero.
    pub excess: Option<f64>,
    /// Names and rows, most rows first, at most 20.
    pub levels: Vec<(String, u64)>,
    /// How many such levels there are.
    pub distinct: usize,
    /// Probability of so many rows if window and reference were drawn alike.
    pub p_value: Option<f64>,
}

/// Values outside the reference's range, as shares of the used rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutOfRange {
    pub below: Option<f64>,
    pub above: Option<f64>,
    /// Probability of so many if window and reference were drawn alike.
    pub p_value: Option<f64>,
}

/// Population stability index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Psi {
    pub value: Option<f64>,
    /// What chance alone exceeds in 5 of 100 windows.
    pub critical: Option<f64>,
    pub p_value: Option<f64>,
    /// Bins left for the law of chance when thin ones are joined.
    pub p_bins: usize,
}

/// Two-sample Kolmogorov–Smirnov.
#[derive(Debug, Clone, PartialEq)]
pub struct Ks {
    /// D, or its lower bound from the cells.
    pub statistic: f64,
    pub upper_bound: f64,
    pub exact: bool,
    /// Rows with a value, reference and window.
    pub n: u64,
    pub m: u64,
    /// p at `statistic`.
    pub p_value: Option<f64>,
    /// p at `upper_bound`.
    pub p_at_bound: Option<f64>,
    /// Cells in which D may lie above `statistic`.
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

    /// Takes the exact D of the candidate cells.
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
    /// 0–1, independent of n.
    pub cramers_v: f64,
    /// Levels expected fewer than 5 times in the window, pooled into one.
    pub pooled_levels: usize,
}

/// Share of decisions at or above the threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refused {
    pub reference: Option<f64>,
    pub window: Option<f64>,
    /// Pooled two-proportion z test, two-sided.
    pub p_value: Option<f64>,
}
