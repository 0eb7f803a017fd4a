//! Multi-threaded passes over a log: records are filtered, counted and merged, with a result that does not depend on
//! order.

mod area_reader;
mod column_scan;
mod columnar;
mod count;
mod count_records;
mod counted;
mod detail;
mod duplicates;
mod events;
mod find;
mod first_pass;
mod fixed_sum;
mod job;
mod keyed_rows;
mod latest;
mod log_days;
mod losses;
mod refine;
mod sample;
mod sample_check;
mod scan;
mod sift;
mod steps;
mod tally;
mod threads;
mod usable_rows;

pub use column_scan::HASHED_TOGETHER;
pub use count::count;
pub use count_records::count_records;
pub use counted::Counted;
pub use detail::FeatureDetail;
pub use find::{Record, find};
pub use job::CountJob;
pub use keyed_rows::KeyedRows;
pub use latest::latest;
pub use log_days::log_days;
pub use refine::{InexactFeature, Refined, RefinedDistances, refine};
pub use sample::Sample;
pub use sample_check::{CheckedSample, check_sample};
pub use scan::{RowQuery, Scanned, scan};
pub use sift::{Eligibility, count_usable};
pub use usable_rows::{UsableRows, usable_rows};
