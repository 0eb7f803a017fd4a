//! Raw columns: name, kind of cell, unit and meaning.

/// What the cells of a raw column hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellKind {
    /// An integer that identifies a row or its owner; never missing.
    Key,
    /// A number. NaN is missing.
    Number,
    /// An integer that may be missing, written as an integer: the target.
    Whole,
    /// 1 or 0, as a number or a boolean.
    Flag,
    /// The text Y or N.
    YesNo,
    /// Text, with the levels that are known after renaming.
    Text(&'static [&'static str]),
}

/// A declared column of a raw table. Columns of the file that no feature needs are not declared and never read.
#[derive(Debug, Clone, PartialEq)]
pub struct RawColumn {
    /// The name in the file.
    pub name: String,
    /// What the cells hold.
    pub kind: CellKind,
    /// The number that stands for a missing value.
    pub sentinel: Option<f64>,
    /// The unit, such as `days` or `currency`.
    pub unit: &'static str,
    /// The meaning, as a noun phrase without an article.
    pub what: String,
}

impl RawColumn {
    fn new(name: impl Into<String>, kind: CellKind, unit: &'static str, what: impl Into<String>) -> Self {
        Self { name: name.into(), kind, sentinel: None, unit, what: what.into() }
    }

    /// Cells that equal `value` are missing.
    #[must_use]
    pub fn with_sentinel(self, value: f64) -> Self {
        Self { sentinel: Some(value), ..self }
    }
}

/// A key column.
#[must_use]
pub fn key(name: &str, what: &str) -> RawColumn {
    RawColumn::new(name, CellKind::Key, "identifier", what)
}

/// A numeric column.
pub fn number(name: impl Into<String>, unit: &'static str, what: impl Into<String>) -> RawColumn {
    RawColumn::new(name, CellKind::Number, unit, what)
}

/// An integer column that is written as integers.
#[must_use]
pub fn whole(name: &str, unit: &'static str, what: &str) -> RawColumn {
    RawColumn::new(name, CellKind::Whole, unit, what)
}

/// A column of 1 and 0.
pub fn flag(name: impl Into<String>, what: impl Into<String>) -> RawColumn {
    RawColumn::new(name, CellKind::Flag, "true or false", what)
}

/// A column of Y and N.
#[must_use]
pub fn yes_no(name: &str, what: &str) -> RawColumn {
    RawColumn::new(name, CellKind::YesNo, "true or false", what)
}

/// A text column with its levels.
#[must_use]
pub fn text(name: &str, levels: &'static [&'static str], what: &str) -> RawColumn {
    RawColumn::new(name, CellKind::Text(levels), "level", what)
}
