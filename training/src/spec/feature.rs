//! Features: the columns that a table contributes to its parent table or to the result.

use super::derived::CellTest;

/// A statistic of the present values of a group of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupStat {
    /// Missing if no value is present.
    Mean,
    /// Missing if no value is present.
    Min,
    /// Missing if no value is present.
    Max,
    /// 0 if no value is present.
    Sum,
    /// With n − 1; missing for fewer than two values.
    Std,
    /// The number of distinct values.
    Distinct,
    /// Maximum − minimum.
    Span,
}

impl GroupStat {
    /// The five statistics of every numeric column, in the order of the columns of the result.
    pub const FIVE: [Self; 5] = [Self::Mean, Self::Min, Self::Max, Self::Sum, Self::Std];

    /// The suffix of the feature's name.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Mean => "MEAN",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::Sum => "SUM",
            Self::Std => "STD",
            Self::Distinct => "NUNIQUE",
            Self::Span => "SPAN",
        }
    }
}

/// Where the values of a feature come from.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureSource {
    /// The cell itself, for the table with one row per client.
    Cell(String),
    /// Whether the cell passes the test, for the table with one row per client.
    Holds(CellTest),
    /// A statistic of a column over the group.
    Stat(String, GroupStat),
    /// The number of rows of the group that pass the test.
    Count(CellTest),
    /// [`FeatureSource::Count`] ÷ the number of rows of the group.
    Share(CellTest),
    /// The number of rows of the group.
    Rows,
}

/// A named column of the result, or of an inner table's contribution to its parent.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureColumn {
    /// Its name.
    pub name: String,
    /// Where its values come from.
    pub source: FeatureSource,
}

impl FeatureColumn {
    /// `<prefix><column>_<STAT>`.
    #[must_use]
    pub fn stat(prefix: &str, column: &str, stat: GroupStat) -> Self {
        Self::named(format!("{prefix}{column}_{}", stat.suffix()), column, stat)
    }

    /// A statistic of a column under a name of its own.
    #[must_use]
    pub fn named(name: impl Into<String>, column: &str, stat: GroupStat) -> Self {
        Self { name: name.into(), source: FeatureSource::Stat(column.to_owned(), stat) }
    }

    /// The number of rows that pass the test.
    #[must_use]
    pub fn count(name: impl Into<String>, test: CellTest) -> Self {
        Self { name: name.into(), source: FeatureSource::Count(test) }
    }

    /// The share of rows that pass the test.
    #[must_use]
    pub fn share(name: impl Into<String>, test: CellTest) -> Self {
        Self { name: name.into(), source: FeatureSource::Share(test) }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(name: &str) -> Self {
        Self { name: name.to_owned(), source: FeatureSource::Rows }
    }
}

/// Mean, minimum, maximum, sum and standard deviation of a column, each named `<prefix><column>_<STAT>`.
pub fn five(prefix: &str, column: &str) -> impl Iterator<Item = FeatureColumn> {
    GroupStat::FIVE.into_iter().map(move |stat| FeatureColumn::stat(prefix, column, stat))
}
