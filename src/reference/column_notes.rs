//! Notes about columns that are learnt as they are, although they are probably not meant so.

use arrow_array::ArrayRef;
use vigie_profile::{
    batch::{Number, for_each_number, has_decimal_comma, number},
    layout::Cells,
    profile::{CellCounts, LevelCounts},
    shown::shown,
};

use super::columns::ColumnInfo;

/// Minimum number of rows or levels for a column to look like an identifier.
const MIN_IDENTIFIERS: usize = 1_000;
/// Number of levels from which it is worth saying that all of them are rare.
const MANY_LEVELS: usize = 1_000;

/// What to say about a column that is learnt.
#[derive(Debug, Default)]
pub(super) struct ColumnNotes {
    pub lines: Vec<String>,
    /// Whether it looks like an identifier.
    pub is_identifier: bool,
}

impl ColumnNotes {
    fn line(line: String) -> Self {
        Self { lines: vec![line], is_identifier: false }
    }
}

/// Returns notes about a column of numbers. `is_chosen`: the user named it as a feature.
pub(super) fn of_numbers(
    name: &str,
    (cells, counts): (&Cells, &CellCounts),
    numbers: &[ArrayRef],
    is_chosen: bool,
) -> ColumnNotes {
    let name = shown(name);
    if counts.present() == 0 {
        return ColumnNotes::line(note_empty(&name));
    }
    let rows: usize = numbers.iter().map(|array| array.len()).sum();
    let is_identifier = !is_chosen && is_numbered(cells, numbers, rows);
    let note = is_identifier.then(|| {
        format!(
            "{name}: a different whole number in each of {rows} rows, probably an identifier; exclude it with --ignore {name}"
        )
    });
    ColumnNotes { lines: note.into_iter().collect(), is_identifier }
}

/// Returns notes about a column of levels. `is_declared`: the user or the model says that it has levels.
pub(super) fn of_levels(info: &ColumnInfo, levels: &[String], counts: &LevelCounts, is_declared: bool) -> ColumnNotes {
    let name = shown(&info.name);
    let rows = counts.present() + counts.missing();
    if counts.present() == 0 {
        return ColumnNotes::line(note_empty(&name));
    }
    let mut lines = Vec::new();
    match decimal_comma(levels) {
        _ if is_declared => {}
        Some(example) => lines.push(format!(
            "{name}: text with a decimal comma, such as {}, treated as categorical; if these are numbers, \
             pass --csv 'decimal=,' or write points",
            shown(example)
        )),
        None if info.is_typed => {}
        None => lines.push(format!("{name}: contains text; treated as categorical")),
    }
    let count = levels.len();
    let is_identifier = count > MIN_IDENTIFIERS && count as u64 * 2 > rows;
    if is_identifier {
        lines.push(format!(
            "{name}: {count} levels in {rows} rows, probably an identifier; exclude it with --ignore {name}"
        ));
    } else if count > MANY_LEVELS && counts.levels().iter().all(|level| is_rare(*level, rows)) {
        lines.push(format!(
            "{name}: {count} levels, none with 1% of the rows: changes among them are not tested, only levels that are new; \
             group them to test their shares"
        ));
    }
    // A column that the user or the model declares is one to compare.
    ColumnNotes { lines, is_identifier: is_identifier && !is_declared }
}

fn note_empty(name: &str) -> String {
    format!("{name}: no row has a value, so any value will be drift; exclude it with --ignore {name}")
}

/// Levels with less than 1% of all rows are pooled.
fn is_rare(rows: u64, all: u64) -> bool {
    rows * 100 < all
}

/// Returns an example if all levels are numbers, and some have a decimal comma.
fn decimal_comma(levels: &[String]) -> Option<&String> {
    let is_number = |text: &String| matches!(number(text), Number::Value(_));
    let example = levels.iter().find(|text| has_decimal_comma(text))?;
    levels.iter().all(|text| is_number(text) || has_decimal_comma(text)).then_some(example)
}

/// Returns whether all rows have different whole numbers that are close together, as identifiers are.
fn is_numbered(cells: &Cells, numbers: &[ArrayRef], rows: usize) -> bool {
    let (Some(below), Some(most)) = (cells.edges().first(), cells.edges().last()) else { return false };
    let least = below.ceil();
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let is_dense = most - least < 10.0 * rows as f64;
    // The range tells most other columns apart without a pass over their values.
    if rows < MIN_IDENTIFIERS || !cells.atoms().is_empty() || !is_dense || most.fract() != 0.0 {
        return false;
    }
    let mut seen = vec![false; rows.saturating_mul(10)];
    let mut is_distinct = true;
    for array in numbers {
        for_each_number(array.as_ref(), &mut |value| {
            if !is_distinct {
                return;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to ten times the rows")]
            let place = seen.get_mut((value - least) as usize).filter(|_| value.fract() == 0.0);
            is_distinct &= place.is_some_and(|seen| !std::mem::replace(seen, true));
        });
    }
    is_distinct
}
