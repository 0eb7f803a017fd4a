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
//! | [`proportion`] | two shares, unseen levels, values outside the reference's range |
//! | [`fdr`] | Benjamini–Hochberg q-values over many tests |
//!
//! Every law is checked against scipy: `tests/oracle/stats_golden.py` makes the values, `tests/it/stats_golden.rs` reads them.

pub mod chance;
pub mod chi2;
pub mod fdr;
pub mod ks;
pub mod proportion;
pub mod psi;

mod binomial;
mod kolmogorov;
mod pomeranz;
mod real;
mod smirnov;
mod stirling;

pub use chance::{Chance, Place};
pub use chi2::Homogeneity;
pub use fdr::benjamini_hochberg;
pub use ks::Grid;
pub use psi::EmptyBins;
