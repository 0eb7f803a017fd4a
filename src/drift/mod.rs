//! Distances between a window and the reference: numbers with their sample sizes, not judged here.

mod bins;
mod categorical;
mod compare;
mod distances;
mod feature;
mod histogram;
mod numeric;
mod psi;
mod segments;
mod summary;
mod wasserstein;

pub use bins::{BinCount, PsiBinKind};
pub use categorical::is_rare;
pub use compare::{Drift, ScoreDrift, compare};
pub use distances::Distances;
pub use feature::{Chi2, FeatureDrift, Ks, Missing, OutOfRange, Psi, Refused, Unseen};
pub use histogram::HistogramStep;
pub use numeric::{bin_labels, compare_counts};
pub use segments::{Disparity, NotCompared, SegmentDrift, SegmentsDrift, compare_segments};
pub use summary::Summary;
pub use wasserstein::Wasserstein;
