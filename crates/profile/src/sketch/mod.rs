//! A closer look at single features of a window, from a second pass over their values: their distribution in buckets of
//! 0.4%, and when their rows were missing, unknown, low or high.

mod distribution;
mod sketch;
mod slots;

pub use distribution::{Bucket, ValueDistribution};
pub use sketch::Sketch;
pub use slots::{SlotCount, SlotCounts, Slots};
