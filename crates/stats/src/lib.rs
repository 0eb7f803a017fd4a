//! Statistics: how far a window lies from the reference, and how often chance alone would take it as far.
//!
//! Pure functions of counts: no file, no clock, no config, and no input that panics. An effect (PSI, D, V) says how much
//! moved; a p-value says whether to believe it. Nothing here decides: limits and severities live with the judge.
//!
//! | module | answers |
//! |---|---|
//! | [`psi`] | population stability index, bin by bin and whole |
//! | [`chance`] | critical value and p-value of a PSI, thin bins joined |
//! | [`ks`] | Kolmogorov–Smirnov: bounds of D from cells, D from values, p-value |
//! | [`chi2`] | homogeneity of two rows of counts, Cramér's V, the chi-square law |
//! | [`correlation`] | Spearman's rank correlation |
//! | [`proportion`] | two shares, unseen levels, values outside the reference's range |
//! | [`fdr`] | Benjamini–Hochberg q-values over many tests |
//! | [`ranking`] | AUC with `DeLong`'s interval, average precision |
//! | [`loss`] | Brier score, log loss, calibration curve |
//! | [`threshold`] | what each threshold would cost, the cheapest one |
//! | [`Isotonic`], [`Estimate`] | calibrated scores; performance expected of them without labels |
//!
//! Every law is checked against scipy: `tests/oracle/stats_golden.py` makes the values, `tests/it/oracle/stats_golden.rs` reads them;
//! performance against scikit-learn: `tests/oracle/performance_golden.py` and `tests/it/oracle/performance_golden.rs`.

pub mod chance;
pub mod chi2;
pub mod correlation;
pub mod fdr;
pub mod ks;
pub mod loss;
pub mod proportion;
pub mod psi;
pub mod ranking;
pub mod threshold;

mod binomial;
mod confusion;
mod estimate;
mod interval;
mod isotonic;
mod kolmogorov;
mod outcomes;
mod pomeranz;
mod ranked;
mod real;
mod smirnov;
mod stirling;

pub use chance::{Chance, Place};
pub use chi2::Homogeneity;
pub use confusion::{Confusion, Price};
pub use estimate::Estimate;
pub use fdr::benjamini_hochberg;
pub use interval::Interval;
pub use isotonic::Isotonic;
pub use ks::Grid;
pub use outcomes::{Outcomes, Step};
pub use psi::EmptyBins;
pub use ranked::Ranked;
