//! Counts of some rows on the reference's cells and levels: integers only, exactly mergeable.

mod categorical;
mod moments;
mod numeric;
mod profile;
mod tally;
mod traffic;
mod widest;

pub use categorical::LevelCounts;
pub use moments::{Moments, Scale};
pub use numeric::CellCounts;
pub use profile::{Counts, Profile, scale};
pub use traffic::{Answer, Latency, Traffic};
