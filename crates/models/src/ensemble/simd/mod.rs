//! SIMD kernels for branching trees. The tokens of CatBoost's kernels prove here too that the processor has the
//! instructions.
//!
//! They find the same leaves as the portable code in `dense`.

#[cfg(not(target_arch = "x86_64"))]
mod absent;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
