//! What the reference's rows show about features together: which are missing in the same rows, how their ranks correlate, and
//! which ranks the rows of each level have.
//!
//! Learnt from at most 10,000 rows, evenly spaced; files of earlier versions have none.

use super::{
    bytes::{Reader, Writer},
    level_scores::LevelScores,
};

/// Relations between features, by their index in the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relations {
    /// Rows it was learnt from.
    rows: u64,
    features: usize,
    /// Correlations times [`ONE`], of pairs (0, 1), (0, 2), (1, 2), (0, 3), …; [`UNKNOWN`] where there is none.
    correlations: Vec<i16>,
    missing_together: Vec<Vec<usize>>,
    /// Correlations of each feature's scores (rows) with whether each is missing (columns), times [`ONE`]; empty in files that
    /// have none.
    missing: Vec<i16>,
    /// By categorical feature, ascending; empty in files of earlier versions, and if there are too many levels.
    level_scores: Vec<LevelScores>,
}

/// A correlation of 1.
const ONE: i16 = 10_000;
/// A categorical feature, a constant, or too few rows with both values.
pub(super) const UNKNOWN: i16 = i16::MIN;

/// A correlation as an integer.
pub(super) fn units(correlation: f64) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "from -10,000 to 10,000")]
    let units = (correlation * f64::from(ONE)).round().clamp(f64::from(-ONE), f64::from(ONE)) as i16;
    units
}

impl Relations {
    /// `correlations` and `missing` as in [`Relations`], or none if there are too many features.
    pub(super) fn new(
        rows: u64,
        features: usize,
        correlations: Vec<i16>,
        missing_together: Vec<Vec<usize>>,
        missing: Vec<i16>,
    ) -> Self {
        Self { rows, features, correlations, missing_together, missing, level_scores: Vec::new() }
    }

    pub(super) fn with_level_scores(mut self, level_scores: Vec<LevelScores>) -> Self {
        self.level_scores = level_scores;
        self
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.integer(self.correlations.len() as u64);
        out.0.extend(self.correlations.iter().flat_map(|units| units.to_le_bytes()));
        out.integer(self.missing_together.len() as u64);
        for group in &self.missing_together {
            out.integer(group.len() as u64);
            group.iter().for_each(|feature| out.integer(*feature as u64));
        }
        out.integer(self.missing.len() as u64);
        out.0.extend(self.missing.iter().flat_map(|units| units.to_le_bytes()));
        out.integer(self.level_scores.len() as u64);
        self.level_scores.iter().for_each(|scores| scores.write(out));
    }

    /// Reads the relations of `features` features; `None` if they are damaged.
    pub(super) fn read(reader: &mut Reader<'_>, rows: u64, features: usize) -> Option<Self> {
        let pairs = features.checked_mul(features.saturating_sub(1))? / 2;
        let correlations = read_units(reader, pairs)?;
        let groups = reader.count(1)?;
        let mut missing_together = Vec::with_capacity(groups);
        for _ in 0..groups {
            let members = reader.count(1)?;
            let member = |_| usize::try_from(reader.integer()?).ok().filter(|feature| *feature < features);
            let group = (0..members).map(member).collect::<Option<Vec<usize>>>()?;
            if !group.is_sorted_by(|one, next| one < next) {
                return None;
            }
            missing_together.push(group);
        }
        let missing = read_units(reader, features.checked_mul(features)?)?;
        let level_scores = read_level_scores(reader, features)?;
        Some(Self { rows, features, correlations, missing_together, missing, level_scores })
    }

    /// Number of rows it was learnt from.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Correlation of the normal scores of two numeric features over the rows that have both, accurate to 0.0001; `None` for
    /// a categorical feature, a constant, or fewer than 100 such rows.
    #[must_use]
    pub fn correlation(&self, one: usize, other: usize) -> Option<f64> {
        let (low, high) = (one.min(other), one.max(other));
        if low == high || high >= self.features {
            return None;
        }
        let place = high * (high - 1) / 2 + low;
        let units = self.correlations.get(place).copied().filter(|units| *units != UNKNOWN)?;
        Some(f64::from(units) / f64::from(ONE))
    }

    /// Correlation of the normal scores of a numeric feature with whether `other` is missing, over the rows that have the former;
    /// `None` for a categorical feature, a constant, fewer than 100 such rows, and unless `other` is missing in 1–99% of the rows.
    #[must_use]
    pub fn missing_correlation(&self, feature: usize, other: usize) -> Option<f64> {
        if feature >= self.features || other >= self.features {
            return None;
        }
        let units = self.missing.get(feature * self.features + other).copied().filter(|units| *units != UNKNOWN)?;
        Some(f64::from(units) / f64::from(ONE))
    }

    /// Mean normal score of a numeric feature among the rows in which a categorical one has a level, by index, or no level;
    /// accurate to 0.001. `None` for fewer than 20 such rows, and for levels beyond the 100 commonest.
    #[must_use]
    pub fn level_score(&self, categorical: usize, level: Option<usize>, numeric: usize) -> Option<f64> {
        let place = self.level_scores.binary_search_by_key(&categorical, LevelScores::feature).ok()?;
        self.level_scores.get(place)?.mean(level, numeric, self.features)
    }

    /// Features with a known correlation with `feature`, strongest first, then by index.
    #[must_use]
    pub fn correlated(&self, feature: usize) -> Vec<(usize, f64)> {
        let known = (0..self.features).filter_map(|other| Some((other, self.correlation(feature, other)?)));
        let mut known: Vec<(usize, f64)> = known.collect();
        known.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        known
    }

    /// Groups of at least two features that are missing in the same rows (Jaccard index of the missing indicators ≥ 0.9, each
    /// missing in 1–99% of the rows). A feature is in at most one group; features and groups are in the order of the layout.
    #[must_use]
    pub fn missing_together(&self) -> &[Vec<usize>] {
        &self.missing_together
    }
}

/// Reads the scores of all categorical features. Files of earlier versions end before.
fn read_level_scores(reader: &mut Reader<'_>, features: usize) -> Option<Vec<LevelScores>> {
    if reader.0.is_empty() {
        return Some(Vec::new());
    }
    let count = reader.count(1)?;
    let scores = (0..count).map(|_| LevelScores::read(reader, features)).collect::<Option<Vec<_>>>()?;
    scores.is_sorted_by(|one, next| one.feature() < next.feature()).then_some(scores)
}

/// Reads `full` correlations or none; `None` if they are damaged.
fn read_units(reader: &mut Reader<'_>, full: usize) -> Option<Vec<i16>> {
    let count = reader.count(2)?;
    let (units, _) = reader.take(count.checked_mul(2)?)?.as_chunks();
    let units: Vec<i16> = units.iter().map(|units| i16::from_le_bytes(*units)).collect();
    let is_known = |units: &i16| *units == UNKNOWN || (-ONE..=ONE).contains(units);
    ((count == 0 || count == full) && units.iter().all(is_known)).then_some(units)
}
