//! The instruction sets for scoring. The best one available is chosen when a model is read; all give the same bits.

use std::fmt;

use super::simd::{Avx2, Avx512};

/// An instruction set for scoring. A SIMD variant can only be created if the processor supports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Plain Rust, for every processor.
    Portable,
    /// 32 bytes at a time.
    Avx2(Avx2),
    /// 64 bytes at a time, with leaf values looked up in registers. Needs VBMI: Ice Lake, Zen 4 and later.
    Avx512(Avx512),
}

impl Kernel {
    /// All kernels that this processor supports, the widest last.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let wide = [Avx2::detect().map(Self::Avx2), Avx512::detect().map(Self::Avx512)];
        std::iter::once(Self::Portable).chain(wide.into_iter().flatten()).collect()
    }

    /// The widest kernel that this processor supports.
    #[must_use]
    pub fn best() -> Self {
        Self::available().last().copied().unwrap_or(Self::Portable)
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
