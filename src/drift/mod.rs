//! How far a window lies from the reference: numbers with their sample sizes, no opinion.

mod bins;
mod categorical;
mod compare;
mod feature;
mod histogram;
mod numeric;
mod segments;
mod summary;

pub use bins::{BinCount, BinKind};
pub use categorical::is_rare;
pub use compare::{Drift, ScoreDrift, compare};
pub use feature::{Chi2, FeatureDrift, Ks, Missing, OutOfRange, Psi, Refused, Unseen};
pub use histogram::Step;
pub use numeric::{between, labels};
pub use segments::{Disparity, Lack, SegmentDrift, Segmented, segmented};
pub use summary::Summary;
