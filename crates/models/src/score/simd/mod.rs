//! The only `unsafe` of the scorer: loads, stores and instructions that not every processor has.
//!
//! A value of [`Avx2`] or [`Avx512`] is the proof that this processor has the instructions; only `detect` makes one.
//! What is computed stands in `search`, `walk` and `tables`, in plain Rust; the same bits come out here. No sum is
//! reordered and no multiplication fused.

#[cfg(not(target_arch = "x86_64"))]
mod absent;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

#[cfg(not(target_arch = "x86_64"))]
pub use absent::{Avx2, Avx512};
#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
