//! Conditions on bins.

/// One condition of a tree, which holds if `(bin ^ mask) >= least`.
///
/// For numbers, `mask` is 0 and the condition compares the order. For levels, `mask` maps the wanted bin to 255 and
/// `least` is 255, so the same two operations test for equality. Source: CatBoost's `TRepackedBin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Split {
    /// Index into [`Binning::columns`](super::Binning::columns).
    pub column: u16,
    /// Bits that are flipped before the comparison.
    pub mask: u8,
    /// The smallest value that meets the condition.
    pub least: u8,
}

impl Split {
    /// Returns true if a bin of [`Split::column`] meets the condition.
    #[must_use]
    #[inline]
    pub fn holds(self, bin: u8) -> bool {
        bin ^ self.mask >= self.least
    }
}
