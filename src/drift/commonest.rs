//! Whether a feature still tells rows apart: its rows without a value, and the value that most of the others share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::{
    layout::{Cells, Levels},
    profile::{CellCounts, LevelCounts},
    sketch::ValueDistribution,
};

use super::AlikeRows;

/// Rows without a value on both sides, including those with the word that stands for a missing level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmptyRows {
    pub reference: u64,
    pub window: u64,
}

/// A value that many rows share: of a numeric feature, or a level of a categorical one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CommonValue {
    Number(f64),
    /// `None` if redacted: it may be free text.
    Level(Option<String>),
}

/// The commonest value of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Commonest {
    pub value: CommonValue,
    /// Rows of the window with this value.
    pub rows: u64,
    /// Upper bound on the rows of the reference that share one value, whichever it is.
    pub reference_rows: u64,
}

impl CommonValue {
    /// Returns the value without the text of a level.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            number @ Self::Number(_) => number,
            Self::Level(_) => Self::Level(None),
        }
    }
}

impl EmptyRows {
    pub(super) fn of_numbers(reference: &CellCounts, window: &CellCounts) -> Self {
        Self { reference: reference.missing(), window: window.missing() }
    }

    pub(super) fn of_levels(levels: &Levels, reference: &LevelCounts, window: &LevelCounts) -> Self {
        let stand_in = |counts: &LevelCounts| levels.missing().and_then(|level| counts.levels().get(level).copied());
        let empty = |counts: &LevelCounts| counts.missing() + stand_in(counts).unwrap_or(0);
        Self { reference: empty(reference), window: empty(window) }
    }
}

impl Commonest {
    /// Returns the only value of the window, or else the commonest of those that have a cell to themselves. `single`: by cell,
    /// whether it can hold only one value.
    pub(super) fn of_numbers(
        cells: &Cells,
        single: &[bool],
        reference: &CellCounts,
        window: &CellCounts,
    ) -> Option<Self> {
        let (least, greatest) = window.range()?;
        let (value, rows) = if least.total_cmp(&greatest).is_eq() {
            (least, window.present())
        } else {
            let counted = window.cells().iter().zip(single).enumerate();
            let own = counted.filter(|(_, (_, is_single))| **is_single).map(|(cell, (rows, _))| (cell, *rows));
            let (cell, rows) = own.max_by_key(|(_, rows)| *rows)?;
            (cells.bounds(cell).1, rows)
        };
        value.is_finite().then_some(Self::number(value, rows, reference))
    }

    /// Returns the value of nearly all rows, if there is one.
    pub(super) fn of_values(reference: &CellCounts, window: &ValueDistribution) -> Option<Self> {
        let (value, rows) = window.heavy(AlikeRows::SHARE).pop().filter(|(value, _)| value.is_finite())?;
        Some(Self::number(value, rows, reference))
    }

    fn number(value: f64, rows: u64, reference: &CellCounts) -> Self {
        // All rows with one value are in one cell.
        let reference_rows = reference.cells().iter().max().copied().unwrap_or(0);
        Self { value: CommonValue::Number(value), rows, reference_rows }
    }

    /// The word that stands for a missing level is not a value.
    pub(super) fn of_levels(levels: &Levels, reference: &LevelCounts, window: &LevelCounts) -> Option<Self> {
        let is_level = |index: usize| levels.missing() != Some(index);
        let known = levels.names().iter().zip(window.levels()).enumerate().filter(|(index, _)| is_level(*index));
        let known = known.map(|(_, (name, rows))| (name, *rows));
        let unseen = window.unseen().iter().map(|(name, rows)| (name, *rows));
        let (name, rows) = known.chain(unseen).max_by_key(|(_, rows)| *rows).filter(|(_, rows)| *rows > 0)?;
        let others = reference.levels().iter().enumerate().filter(|(index, _)| is_level(*index));
        let reference_rows = others.map(|(_, rows)| *rows).max().unwrap_or(0);
        Some(Self { value: CommonValue::Level(Some(name.clone())), rows, reference_rows })
    }
}

#[cfg(test)]
mod tests {
    use vigie_profile::{layout::Precision, profile::scale};

    use super::*;

    fn counted(cells: &Cells, values: &[(f64, u64)]) -> CellCounts {
        let mut counts = CellCounts::empty(cells);
        let scale = scale(cells);
        values.iter().for_each(|(value, rows)| counts.observe_n(*value, *rows, cells, &scale));
        counts
    }

    fn commonest(reference: &[(f64, u64)], window: &[(f64, u64)]) -> Option<Commonest> {
        let cells = Cells::learn(reference, Precision::F64);
        let single: Vec<bool> = (0..cells.len()).map(|cell| cells.is_single(cell, Precision::F64)).collect();
        Commonest::of_numbers(&cells, &single, &counted(&cells, reference), &counted(&cells, window))
    }

    #[test]
    fn numbers_in_a_cell_of_their_own_or_alone_in_the_window_are_known() {
        let reference = [(0.0, 700), (1.0, 200), (2.5, 100)];
        let number = |value, rows| Some(Commonest { value: CommonValue::Number(value), rows, reference_rows: 700 });
        assert_eq!(commonest(&reference, &[(0.0, 3), (1.0, 40)]), number(1.0, 40));
        // Between values of the reference, and beyond them, only a value that is the only one is known.
        assert_eq!(commonest(&reference, &[(2.0, 40)]), number(2.0, 40));
        assert_eq!(commonest(&reference, &[(9.0, 40)]), number(9.0, 40));
        assert_eq!(commonest(&reference, &[(1.0, 2), (8.0, 20), (9.0, 40)]), number(1.0, 2));
        assert_eq!(commonest(&reference, &[]), None);
        assert_eq!(commonest(&reference, &[(f64::INFINITY, 5)]), None);
    }

    #[test]
    fn the_word_for_a_missing_level_is_empty_and_not_a_value() {
        let mut levels = Levels::new(["F", "M", "MISSING"].map(ToOwned::to_owned).into());
        levels.count_missing_as("MISSING");
        let reference = LevelCounts::from_parts(vec![60, 30, 10], 0);
        let mut window = LevelCounts::empty(&levels);
        window.observe(None, 90, &levels);
        window.observe(Some("F"), 4, &levels);
        window.observe(Some("X"), 6, &levels);
        assert_eq!(EmptyRows::of_levels(&levels, &reference, &window), EmptyRows { reference: 10, window: 90 });
        let found = Commonest::of_levels(&levels, &reference, &window).unwrap();
        assert_eq!((found.value, found.rows, found.reference_rows), (CommonValue::Level(Some("X".to_owned())), 6, 60));
        assert_eq!(Commonest::of_levels(&levels, &reference, &LevelCounts::empty(&levels)), None);
    }
}
