//! The values of some rows, what the reference holds of the same feature, and draws that belong to rows.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Of all draws. Another seed would draw other rows; the report says which it was.
pub const SEED: u64 = 0;

/// The values of some rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// NaN is missing.
    Numbers(Vec<f64>),
    /// `None` is missing, else the place of the name.
    Levels { names: Vec<String>, rows: Vec<Option<usize>> },
}

/// What the reference holds of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Holding {
    /// Distinct values, ascending, with counts.
    Numbers { values: Vec<(f64, u64)>, missing: u64 },
    /// In the order of the layout's levels: by name.
    Levels { names: Vec<String>, counts: Vec<u64>, missing: u64 },
}

impl Holding {
    /// Rows of the reference, missing ones too.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match self {
            Self::Numbers { values, missing } => values.iter().map(|(_, count)| count).sum::<u64>() + missing,
            Self::Levels { counts, missing, .. } => counts.iter().sum::<u64>() + missing,
        }
    }

    /// Whether there is a row at all: nothing can be put back from nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows() == 0
    }
}

/// Which of the reference's values are put in some rows.
#[derive(Debug, Clone, Copy)]
pub enum Taking<'a> {
    /// Those at the middle of equal parts: the reference's distribution itself.
    Evenly,
    /// Drawn ones, as another window would have them: the draw of that number, for features led by that name.
    Drawn { leader: &'a str, number: u64 },
}

impl Taking<'_> {
    /// Of `all` rows of the reference, the ascending places of `count`.
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

/// Where the middle of the `row`-th of `rows` equal parts lies among `all`.
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

/// Hashes of rows' keys: neither the order of rows nor threads have a say.
#[derive(Debug, Clone)]
pub struct Draws {
    keys: Vec<[u8; 16]>,
    first: Vec<u64>,
}

impl Draws {
    /// Of rows with these keys.
    #[must_use]
    pub fn of(keys: &[u128]) -> Self {
        let keys: Vec<[u8; 16]> = keys.iter().map(|key| key.to_le_bytes()).collect();
        let first = keys.iter().map(|key| xxh3_64_with_seed(key, SEED)).collect();
        Self { keys, first }
    }

    /// By which a row loses its value, or gets one: the same for all features.
    #[must_use]
    pub fn first(&self) -> &[u64] {
        &self.first
    }

    /// By which ties are told apart, and values come to the rows that get one: the same for features that go together, of
    /// which `leader` is the first.
    #[must_use]
    pub fn second(&self, leader: &str, number: Option<u64>) -> Vec<u64> {
        let seed = seed(leader, number);
        self.keys.iter().map(|key| xxh3_64_with_seed(key, seed)).collect()
    }
}
