//! Runs a loop compiled for wider vectors where this processor has them: chosen when the program runs, so that one
//! binary serves every machine.
//!
//! Why `unsafe` stays: a function compiled for more than the least x86-64 can be called safely only by one that is
//! compiled so too, and without it every width would be that of a processor of 2003. Nothing is read or written through
//! it but what safe code reads and writes. Miri could not be run: it comes with a nightly toolchain and the library's
//! sources, neither of which the registries hold that this is built from. What stands in for it: `tally`'s test, which
//! has every width count random bits (both zeros, infinities, subnormals, NaN among what is missing) beside the plain way, and
//! the same test under valgrind's memcheck, where these vectors are executed too and no wrong access is found.
//!
//! Vectors of 512 bits were tried: they add nothing to sums that wait for memory, and make the search for a cell slower.

#![expect(unsafe_code, reason = "a function compiled for more than the least x86-64 can only be called so")]

/// A loop over numbers.
pub(super) trait Work {
    /// Has to be `#[inline(always)]`: what is not inlined is not compiled anew.
    fn run(self);
}

/// Which vectors. They do not change a bit: floats are neither contracted nor added up in another order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Plain,
    Avx2,
}

impl Width {
    /// The widest that this processor has.
    pub(super) fn widest() -> Self {
        if Self::Avx2.is_there() { Self::Avx2 } else { Self::Plain }
    }

    /// Whether this processor has it.
    pub(super) fn is_there(self) -> bool {
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

    /// Runs the work with these vectors if they are there, else plainly.
    pub(super) fn run(self, work: impl Work) {
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx2 && self.is_there() {
            // SAFETY: the processor has all that the function is compiled for, as was just asked.
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
