//! Columns that are computed from the cells of one row, and tests of one cell.

/// A condition on one cell. It is never missing: a missing cell fails every test but [`CellTest::Missing`].
#[derive(Debug, Clone, PartialEq)]
pub enum CellTest {
    /// The cell is missing.
    Missing(String),
    /// The cell held its column's sentinel.
    Sentinel(String),
    /// The text equals this level.
    Level(String, &'static str),
    /// The text is one of these levels.
    AnyLevel(String, &'static [&'static str]),
    /// The number is less than this.
    Below(String, f64),
    /// The number is greater than this.
    Above(String, f64),
    /// The number equals this.
    Equals(String, f64),
}

impl CellTest {
    /// The column that is tested.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Self::Missing(column)
            | Self::Sentinel(column)
            | Self::Level(column, _)
            | Self::AnyLevel(column, _)
            | Self::Below(column, _)
            | Self::Above(column, _)
            | Self::Equals(column, _) => column,
        }
    }

    /// The name of the column that holds the result inside a query. No raw column has a question mark in its name.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Missing(column) => format!("{column}?missing"),
            Self::Sentinel(column) => format!("{column}?sentinel"),
            Self::Level(column, level) => format!("{column}?={level}"),
            Self::AnyLevel(column, levels) => format!("{column}?={}", levels.join("|")),
            Self::Below(column, bound) => format!("{column}?<{bound}"),
            Self::Above(column, bound) => format!("{column}?>{bound}"),
            Self::Equals(column, value) => format!("{column}?=={value}"),
        }
    }
}

/// How a derived column follows from the cells of its row. A missing input gives a missing result unless stated otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum RowRule {
    /// The same value under another name.
    Copy(String),
    /// First ÷ second; missing if the second is 0.
    Ratio(String, String),
    /// First − second.
    Difference(String, String),
    /// The sum of the cells that are present; 0 if all are missing.
    Total(Vec<String>),
    /// 1 if the test holds, else 0.
    Indicator(CellTest),
}

impl RowRule {
    /// The columns that the rule reads.
    #[must_use]
    pub fn inputs(&self) -> Vec<&str> {
        match self {
            Self::Copy(column) => vec![column],
            Self::Ratio(first, second) | Self::Difference(first, second) => vec![first, second],
            Self::Total(columns) => columns.iter().map(String::as_str).collect(),
            Self::Indicator(test) => vec![test.column()],
        }
    }
}

/// A column that is computed row by row, before rows are grouped.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedColumn {
    /// Its name.
    pub name: String,
    /// How it is computed.
    pub rule: RowRule,
    /// The unit.
    pub unit: &'static str,
    /// The meaning as a noun phrase without an article; for [`RowRule::Copy`] and [`RowRule::Indicator`] it follows from the
    /// rule and this is empty.
    pub what: &'static str,
}

impl DerivedColumn {
    /// `first ÷ second`.
    #[must_use]
    pub fn ratio(name: &str, first: &str, second: &str, what: &'static str) -> Self {
        Self { name: name.to_owned(), rule: RowRule::Ratio(first.to_owned(), second.to_owned()), unit: "ratio", what }
    }

    /// `first − second`.
    #[must_use]
    pub fn difference(name: &str, first: &str, second: &str, unit: &'static str, what: &'static str) -> Self {
        Self { name: name.to_owned(), rule: RowRule::Difference(first.to_owned(), second.to_owned()), unit, what }
    }

    /// 1 or 0.
    #[must_use]
    pub fn indicator(name: impl Into<String>, test: CellTest) -> Self {
        Self { name: name.into(), rule: RowRule::Indicator(test), unit: "1 or 0", what: "" }
    }
}
