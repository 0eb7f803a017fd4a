//! Which instructions score: chosen when a model is read, by what this processor has. All kinds give the same bits.

use std::fmt;

use super::simd::{Avx2, Avx512};

/// A way of scoring. The wide ones exist only where the processor has their instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Plain Rust, everywhere.
    Portable,
    /// 32 bytes at a time.
    Avx2(Avx2),
    /// 64 bytes at a time, leaf values looked up in registers (needs VBMI: Ice Lake, Zen 4 and later).
    Avx512(Avx512),
}

impl Kernel {
    /// All that this processor runs, the widest last.
    #[must_use]
    pub fn here() -> Vec<Self> {
        let wide = [Avx2::detect().map(Self::Avx2), Avx512::detect().map(Self::Avx512)];
        std::iter::once(Self::Portable).chain(wide.into_iter().flatten()).collect()
    }

    /// The widest.
    #[must_use]
    pub fn best() -> Self {
        Self::here().last().copied().unwrap_or(Self::Portable)
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2(_) => "AVX2",
            Self::Avx512(_) => "AVX-512",
        })
    }
}
