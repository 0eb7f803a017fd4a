//! Conversion of integer counts to `f64`, and sums over rows of counts.

/// Converts a count.
#[expect(clippy::cast_precision_loss, reason = "counts of rows stay below 2^53, where every integer is exact")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}

/// Converts a length or a number of degrees of freedom.
#[expect(clippy::cast_precision_loss, reason = "lengths stay below 2^53, where every integer is exact")]
pub(super) fn length(count: usize) -> f64 {
    count as f64
}

/// Sum of a row of counts; saturates instead of overflowing.
pub(super) fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, &count| sum.saturating_add(count))
}

/// Pairs two rows of counts column by column; the shorter one is padded with zeros.
pub(super) fn columns<'a>(reference: &'a [u64], window: &'a [u64]) -> impl Iterator<Item = (u64, u64)> + 'a {
    let at = |row: &[u64], index: usize| row.get(index).copied().unwrap_or(0);
    (0..reference.len().max(window.len())).map(move |index| (at(reference, index), at(window, index)))
}

/// Converts a difference of products of counts; most fit 64 bits, whose conversion is one instruction.
#[expect(clippy::cast_precision_loss, reason = "rounded once")]
pub(super) fn wide(value: i128) -> f64 {
    // Not inline: the compiler would convert every value in both ways, and choose afterwards.
    #[cold]
    #[inline(never)]
    fn of_more_bits(value: i128) -> f64 {
        value as f64
    }
    i64::try_from(value).map_or_else(|_| of_more_bits(value), |value| value as f64)
}
