//! Values of a window's rows, the reference's values of the same feature, and per-row hashes that act as random draws.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Seed of all draws. Another seed would draw other rows; reports state the seed.
pub const SEED: u64 = 0;

/// One column of some rows.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleColumn {
    /// NaN is missing.
    Numbers(Vec<f64>),
    /// Each row is an index into `names`; `None` is missing.
    Levels { names: Vec<String>, rows: Vec<Option<usize>> },
}

/// The reference's values of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum ReferenceValues {
    /// Distinct values in ascending order, with counts.
    Numbers { values: Vec<(f64, u64)>, missing: u64 },
    /// In the order of the layout's levels, which is by name.
    Levels { names: Vec<String>, counts: Vec<u64>, missing: u64 },
}

impl ReferenceValues {
    /// Number of reference rows, missing values included.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match self {
            Self::Numbers { values, missing } => values.iter().map(|(_, count)| count).sum::<u64>() + missing,
            Self::Levels { counts, missing, .. } => counts.iter().sum::<u64>() + missing,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows() == 0
    }
}

/// How the reference's values are selected for the rows to fill.
#[derive(Debug, Clone, Copy)]
pub enum Sampling<'a> {
    /// Midpoints of equal parts: reproduces the reference's distribution.
    Evenly,
    /// Random values, as another window would have them: draw `number` of the group of features named after `leader`.
    Drawn { leader: &'a str, number: u64 },
}

impl Sampling<'_> {
    /// Picks `count` of `all` reference rows, as ascending positions.
    pub(super) fn places(self, count: usize, all: u64) -> Vec<u64> {
        match self {
            Self::Evenly => (0..count).map(|row| middle(row, count, all)).collect(),
            Self::Drawn { leader, number } => {
                let seed = seed(leader, Some(number));
                let draw = |row: u64| {
                    let drawn = u128::from(xxh3_64_with_seed(&row.to_le_bytes(), seed)) * u128::from(all);
                    u64::try_from(drawn >> 64).unwrap_or(0)
                };
                let mut places: Vec<u64> = (0..count as u64).map(draw).collect();
                places.sort_unstable();
                places
            }
        }
    }
}

/// Position among `all` of the midpoint of the `row`-th of `rows` equal parts.
fn middle(row: usize, rows: usize, all: u64) -> u64 {
    let place = ((2 * row as u128 + 1) * u128::from(all)).checked_div(2 * rows as u128).unwrap_or(0);
    u64::try_from(place).unwrap_or(u64::MAX)
}

/// `part / whole` of `rows`, rounded.
pub(super) fn part(rows: usize, part: u64, whole: u64) -> usize {
    let (rows, part, whole) = (rows as u128, u128::from(part), u128::from(whole));
    let rounded = (2 * rows * part + whole).checked_div(2 * whole).unwrap_or(0);
    usize::try_from(rounded).unwrap_or(usize::MAX)
}

fn seed(leader: &str, number: Option<u64>) -> u64 {
    let own = xxh3_64_with_seed(leader.as_bytes(), SEED);
    number.map_or(own, |number| xxh3_64_with_seed(&number.to_le_bytes(), own))
}

/// Hashes of row keys, independent of row order and threads.
#[derive(Debug, Clone)]
pub struct Draws {
    keys: Vec<[u8; 16]>,
    by_row: Vec<u64>,
}

impl Draws {
    /// Hashes the keys of the rows.
    #[must_use]
    pub fn new(keys: &[u128]) -> Self {
        let keys: Vec<[u8; 16]> = keys.iter().map(|key| key.to_le_bytes()).collect();
        let by_row = keys.iter().map(|key| xxh3_64_with_seed(key, SEED)).collect();
        Self { keys, by_row }
    }

    /// Draws that decide which rows lose or get a value: the same for all features.
    #[must_use]
    pub fn by_row(&self) -> &[u64] {
        &self.by_row
    }

    /// Draws that break ties, and assign values to the rows that get one: the same for all features of a correlated group,
    /// of which `leader` is the first.
    #[must_use]
    pub fn by_group(&self, leader: &str, number: Option<u64>) -> Vec<u64> {
        let seed = seed(leader, number);
        self.keys.iter().map(|key| xxh3_64_with_seed(key, seed)).collect()
    }
}
