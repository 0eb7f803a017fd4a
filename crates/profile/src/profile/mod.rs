//! Counts of some rows on the reference's cells and levels: integers only, exactly mergeable.

mod categorical;
mod hour_of_day;
mod latency;
mod moments;
mod numeric;
mod profile;
mod tally;
mod traffic;
mod widest;

pub use categorical::LevelCounts;
pub use hour_of_day::HourOfDay;
pub use latency::Latency;
pub use moments::{Moments, Scale};
pub use numeric::CellCounts;
pub use profile::{Counts, Profile, scale};
pub use traffic::{Answer, Traffic};
