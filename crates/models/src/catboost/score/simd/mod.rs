//! SIMD kernels: with those in `ensemble::simd` and `shap::simd`, the only `unsafe` code of this crate (loads, stores, and
//! instructions that not every processor has).
//!
//! A value of [`Avx2`] or [`Avx512`] proves that the processor has the instructions; only `detect` creates one. The
//! kernels compute the same bits as the portable code in `search` and `walk`: sums are not reordered and multiplications
//! are not fused.

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
