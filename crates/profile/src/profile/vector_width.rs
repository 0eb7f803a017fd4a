//! Runs a loop compiled for wider vectors if the processor supports them. The width is detected at run time, so that
//! one binary serves every machine.
//!
//! Why `unsafe` is needed: a function with extra target features can be called safely only from a function with the
//! same features, and without them every loop would be limited to baseline x86-64 (2003). All memory accesses inside it are
//! in safe code. Miri is not part of the tests because it needs a nightly toolchain. Instead, the tests of `tally`
//! compare the counts of every width over random bits (both zeros, infinities, subnormals, NaN among missing values),
//! and the same tests were run under valgrind's memcheck, which supports these instructions; it reported no errors.
//!
//! 512-bit vectors were tried: they do not speed up sums that wait for memory, and slow down the search for a cell.

#![expect(unsafe_code, reason = "a function with extra target features can only be called this way")]

/// A loop over numbers.
pub(super) trait Work {
    /// Must be `#[inline(always)]`: only inlined code is compiled for the wider vectors.
    fn run(self);
}

/// Vector width. Results are bit-identical for every width: floats are neither contracted nor reordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Plain,
    Avx2,
}

impl Width {
    /// Widest supported by this processor.
    pub(super) fn detect() -> Self {
        if Self::Avx2.is_supported() { Self::Avx2 } else { Self::Plain }
    }

    /// Whether this processor supports it.
    pub(super) fn is_supported(self) -> bool {
        match self {
            Self::Plain => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("popcnt")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => false,
        }
    }

    /// Runs the work with these vectors if they are supported, otherwise with baseline instructions.
    pub(super) fn run(self, work: impl Work) {
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx2 && self.is_supported() {
            // SAFETY: the processor supports all target features of the function, as checked above.
            return unsafe { with_avx2(work) };
        }
        work.run();
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn with_avx2(work: impl Work) {
    work.run();
}
