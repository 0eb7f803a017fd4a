//! Drift and model-performance statistics computed from counts.
//!
//! The crate compares a *window* of production data with a *reference*, and scores with the outcomes that followed.
//! Every function is pure: no files, no clock, no configuration, no random numbers. Effect sizes (PSI, KS distance,
//! Cramér's V) say how much a distribution moved; p-values say how likely a move of that size is without drift. Limits
//! and severities are left to the caller.
//!
//! | Module or type | Statistic | Source |
//! |---|---|---|
//! | [`psi`] | population stability index, in total and per bin | Siddiqi 2006 |
//! | [`psi_test`] | critical value and p-value of a PSI, after merging thin bins | Yurdakul 2018 |
//! | [`ks`] | Kolmogorov–Smirnov distance: bounds from binned counts, exact value, p-value | Smirnov 1939, Simard and L'Ecuyer 2011 |
//! | [`mod@wasserstein`] | first Wasserstein distance, in the unit of the values and in standard deviations | Vallender 1974 |
//! | [`wasserstein_bounds`], [`UnreadArea`] | the same from binned counts: bounds, estimate, and what must be read to make it exact | |
//! | [`mod@jensen_shannon`] | Jensen–Shannon distance of binned counts, base 2 | Lin 1991, Endres and Schindelin 2003 |
//! | [`chi2`] | chi-square test of homogeneity, Cramér's V, chi-square distribution | Pearson 1900, Yates 1934, Cochran 1954 |
//! | [`proportion`] | tests on shares: missing values, unseen levels, values out of range; ratio of two shares | Good 1953, Katz 1978 |
//! | [`Mixture`] | share of another distribution mixed into the reference | |
//! | [`RarePart`] | the same, from the values that are rare in the reference | |
//! | [`best_split`], [`best_interval`] | when a share changed, for good or for a while, by likelihood ratio | |
//! | [`correlation`] | Spearman's rank correlation | |
//! | [`normal_score`] | ranks as values of the standard normal distribution | van der Waerden 1952 |
//! | [`leaves`] | shift of rows among the leaves of many trees | Pearson 1900 |
//! | [`SimulatedLaw`] | p-value from simulated draws and, beyond them, Pearson's type III | Pearson 1895 |
//! | [`fdr`] | q-values of many tests | Benjamini and Hochberg 1995 |
//! | [`ranking`] | AUC and average precision with intervals | `DeLong` et al. 1988, Efron 1982 |
//! | [`loss`] | Brier score, log loss, calibration curve | scikit-learn |
//! | [`PredictionErrors`] | RMSE, MAE and R² of predicted numbers | scikit-learn |
//! | [`Multiclass`] | AUC one-versus-rest and recall of class probabilities, by class and on average | scikit-learn |
//! | [`threshold`] | cost of each decision threshold, and the cheapest one | |
//! | [`Confusion`] | recall, precision, F-beta and cost of decisions | scikit-learn |
//! | [`Isotonic`] | calibration of scores by isotonic regression | Ayer et al. 1955 |
//! | [`Estimate`] | performance expected from calibrated scores, without labels (CBPE) | `NannyML` |
//! | [`Interval`] | an estimate with its 95% interval: normal, logit, Wilson | Wilson 1927 |
//!
//! # Units and conventions
//!
//! - Counts are numbers of rows (`u64`), in the same bin order on both sides; a shorter side is padded with zeros.
//! - Shares, p-values and q-values are fractions from 0 to 1, not percentages. All intervals have a 95% level.
//! - A *positive* is a row that should be refused; a row is refused when its score is at or above the threshold.
//! - Costs are in the unit of [`Price`].
//!
//! # Errors
//!
//! Nothing panics and nothing returns a `Result`. A statistic that is not defined for its input (an empty side, a
//! single bin, only one outcome) is `None`. Counters saturate instead of overflowing.
//!
//! # Accuracy
//!
//! Tests compare the results with scipy and scikit-learn: `tests/oracle/stats_golden.py`,
//! `tests/oracle/performance_golden.py` and `tests/oracle/prediction_golden.py` write the expected values that
//! `tests/it/oracle` checks.
//!
//! # Example
//!
//! ```
//! use vigie_stats::{BinRole, EmptyBins, Outcomes, psi::psi, psi_test::psi_test, ranking};
//!
//! // Rows per bin, in the reference and in a window.
//! let reference = [253, 302, 204, 134, 72, 26, 8];
//! let window = [177, 262, 285, 158, 88, 25, 6];
//!
//! let value = psi(&reference, &window, EmptyBins::HalfCount).unwrap();
//! assert!((value - 0.0677).abs() < 1e-4);
//!
//! // The last bin is thin and merged with its neighbour, which leaves six bins.
//! let test = psi_test(&reference, &window, &[BinRole::Value; 7], EmptyBins::HalfCount);
//! assert_eq!(test.bins, 6);
//! assert!(test.p_value.unwrap() < 0.001);
//!
//! // An empty window has no PSI.
//! assert_eq!(psi(&reference, &[], EmptyBins::HalfCount), None);
//!
//! // Scores with their outcomes: `true` is a positive.
//! let outcomes = Outcomes::from_rows([(0.1, false), (0.4, false), (0.35, true), (0.8, true)]);
//! assert_eq!(ranking::auc(&outcomes), Some(0.75));
//! assert_eq!(outcomes.confusion(0.5).recall(), Some(0.5));
//! ```

pub mod chi2;
pub mod correlation;
pub mod fdr;
pub mod jensen_shannon;
pub mod ks;
pub mod leaves;
pub mod loss;
pub mod normal_score;
pub mod proportion;
pub mod psi;
pub mod psi_test;
pub mod ranking;
pub mod threshold;
pub mod wasserstein;
pub mod wasserstein_bounds;

mod binned;
mod binomial;
mod confusion;
mod episode;
mod estimate;
mod expected;
mod interval;
mod isotonic;
mod kolmogorov;
mod mixture;
mod multiclass;
mod outcomes;
mod pomeranz;
mod ranked;
mod rare_part;
mod real;
mod regression;
mod simulated_law;
mod smirnov;
mod split;
mod step;
mod stirling;
mod unread_area;

pub use binned::{BinnedPair, BinnedSample};
pub use chi2::Homogeneity;
pub use confusion::{Confusion, Price};
pub use episode::{StepInterval, best_interval};
pub use estimate::Estimate;
pub use fdr::benjamini_hochberg;
pub use interval::Interval;
pub use isotonic::Isotonic;
pub use ks::Grid;
pub use leaves::{LeafPooling, LeafShift, TreeShift};
pub use mixture::{Mixture, MixturePoint};
pub use multiclass::{ClassPerformance, Multiclass};
pub use outcomes::Outcomes;
pub use psi::EmptyBins;
pub use psi_test::{BinRole, PsiTest};
pub use ranked::Ranked;
pub use rare_part::RarePart;
pub use regression::PredictionErrors;
pub use simulated_law::{SimulatedLaw, pearson3};
pub use split::{StepCount, StepSplit, best_split};
pub use step::ScoreStep;
pub use unread_area::{UnreadArea, UnreadCell};
pub use wasserstein_bounds::DistanceBounds;
