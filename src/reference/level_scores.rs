//! What the reference's rows show about levels and numbers together: the mean normal score of each numeric feature among the rows
//! of each level. Other applicants who move a number move the shares of levels with it.

use super::bytes::{Reader, Writer};

/// Means are stored times this.
const ONE: f64 = 1_000.0;
/// Scores beyond are cut off.
const MAX: i16 = 8_000;
/// Too few rows, or not a numeric feature.
const UNKNOWN: i16 = i16::MIN;
/// Fewest rows of a mean.
const MIN_ROWS: i64 = 20;

/// Mean scores of one categorical feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LevelScores {
    /// Index of the categorical feature.
    feature: usize,
    /// Indices of its commonest levels, ascending.
    levels: Vec<usize>,
    /// By level, then by feature: the mean score, or [`UNKNOWN`]. Rows without a level come last.
    means: Vec<i16>,
}

/// Sum of the scores of some rows, and their number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ScoreSum {
    pub sum: i64,
    pub rows: i64,
}

impl ScoreSum {
    /// The mean as an integer; `unit`: the scores' own.
    fn mean(self, unit: f64) -> i16 {
        if self.rows < MIN_ROWS {
            return UNKNOWN;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 10,000 rows")]
        let mean = self.sum as f64 / self.rows as f64 / unit * ONE;
        #[expect(clippy::cast_possible_truncation, reason = "bounded")]
        let mean = mean.round().clamp(f64::from(-MAX), f64::from(MAX)) as i16;
        mean
    }
}

impl LevelScores {
    /// `sums`: by level and then by feature, rows without a level last. `unit`: that of the scores.
    pub(super) fn new(feature: usize, levels: Vec<usize>, sums: &[ScoreSum], unit: f64) -> Self {
        Self { feature, levels, means: sums.iter().map(|sum| sum.mean(unit)).collect() }
    }

    pub(super) fn feature(&self) -> usize {
        self.feature
    }

    /// Mean score of the feature `number`, of `features`, among the rows with a level, or among those without one.
    pub(super) fn mean(&self, level: Option<usize>, number: usize, features: usize) -> Option<f64> {
        let place = match level {
            Some(level) => self.levels.binary_search(&level).ok()?,
            None => self.levels.len(),
        };
        let mean = self.means.get(place * features + number).filter(|_| number < features)?;
        (*mean != UNKNOWN).then(|| f64::from(*mean) / ONE)
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.integer(self.feature as u64);
        out.integer(self.levels.len() as u64);
        self.levels.iter().for_each(|level| out.integer(*level as u64));
        out.0.extend(self.means.iter().flat_map(|mean| mean.to_le_bytes()));
    }

    /// Reads the scores among `features` features; `None` if they are damaged.
    pub(super) fn read(reader: &mut Reader<'_>, features: usize) -> Option<Self> {
        let mut index = || usize::try_from(reader.integer()?).ok();
        let feature = index().filter(|feature| *feature < features)?;
        let count = reader.count(1)?;
        let mut levels = Vec::with_capacity(count);
        for _ in 0..count {
            levels.push(usize::try_from(reader.integer()?).ok()?);
        }
        let values = count.checked_add(1)?.checked_mul(features)?;
        let (means, _) = reader.take(values.checked_mul(2)?)?.as_chunks();
        let means: Vec<i16> = means.iter().map(|mean| i16::from_le_bytes(*mean)).collect();
        let is_mean = |mean: &i16| *mean == UNKNOWN || (-MAX..=MAX).contains(mean);
        (levels.is_sorted_by(|one, next| one < next) && means.iter().all(is_mean)).then_some(Self {
            feature,
            levels,
            means,
        })
    }
}
