//! Scoring: from inputs to bins, from bins to leaves, and the sums of leaf values.

pub(crate) mod inputs;
pub(crate) mod kernel;
pub(crate) mod leaves;
pub(crate) mod quantise;
pub(crate) mod score;
pub(crate) mod search;
pub(crate) mod simd;
pub(crate) mod tables;
pub(crate) mod walk;

pub use kernel::Kernel;
pub use simd::{Avx2, Avx512};
