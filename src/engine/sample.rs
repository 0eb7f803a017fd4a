//! Size of a sample of the rows that count.

/// Size of a sample. It consists of the rows with the smallest keys, so that it does not depend on the
/// order of rows or the number of threads.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Up to this number of rows, all are taken.
    pub max_rows: u64,
    /// Approximate number of rows taken from more; below `max_rows`, because keys are hashes and the number varies.
    pub target_rows: u64,
}

impl Sample {
    /// Upper bound (exclusive) of the keys to take from this number of rows; `None`: take all.
    #[must_use]
    pub fn below(self, rows: u64) -> Option<u128> {
        (rows > self.max_rows).then(|| u128::MAX / u128::from(rows) * u128::from(self.target_rows))
    }
}
