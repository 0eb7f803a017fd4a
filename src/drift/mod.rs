//! Distances between a window and the reference: numbers with their sample sizes, not judged here.

mod bins;
mod categorical;
mod change;
mod classify;
mod commonest;
mod compare;
mod decisions;
mod distances;
mod distinct_values;
mod feature;
mod histogram;
mod mean_shift;
mod numeric;
mod onset;
mod psi;
mod reshaped;
mod respelled;
mod segments;
mod summary;
mod wasserstein;

pub use bins::{BinCount, PsiBinKind};
pub use categorical::is_rare;
pub use change::{Change, LoneValue, Onset, OnsetOf, Respelled};
pub use classify::{ChangeCase, CountsOfBoth, classify};
pub use commonest::{CommonValue, Commonest, EmptyRows};
pub use compare::{Drift, ScoreDrift, compare};
pub use decisions::{FollowedThreshold, LoggedDecisions};
pub use distances::Distances;
pub use feature::{Chi2, FeatureDrift, Ks, Missing, OutOfRange, Psi, Refused, Unseen};
pub use histogram::HistogramStep;
pub use mean_shift::MeanShift;
pub use numeric::{bin_labels, compare_counts};
pub use onset::onset;
pub use segments::{Disparity, NotCompared, SegmentDrift, SegmentsDrift, compare_segments};
pub use summary::{QuantileSource, Summary};
pub use wasserstein::Wasserstein;
