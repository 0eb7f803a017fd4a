//! Counts of rows on the cells and levels of a reference: integers only, exactly mergeable.

mod categorical;
mod hour_of_day;
mod latency;
mod moments;
mod numeric;
mod profile;
mod served_request;
mod tally;
mod traffic;
mod vector_width;

pub use categorical::LevelCounts;
pub use hour_of_day::HourOfDay;
pub use latency::Latency;
pub use moments::{Moments, Scale};
pub use numeric::CellCounts;
pub use profile::{Counts, Profile, scale};
pub use served_request::ServedRequest;
pub use traffic::Traffic;
