//! Doubts about a column that is learnt as a feature: it may be an identifier, misread numbers, or have too many levels.

use arrow_array::ArrayRef;
use vigie_profile::{
    batch::{Number, for_each_number, has_decimal_comma, number},
    layout::Cells,
    profile::LevelCounts,
};

/// A note if all of many levels are rare: they are pooled, and a change among them goes unnoticed.
pub(super) fn note_rare_levels(name: &str, counts: &LevelCounts) -> Option<String> {
    let levels = counts.levels().len();
    let rows = counts.present() + counts.missing();
    let most = counts.levels().iter().max().copied().unwrap_or(0);
    (levels > 1_000 && is_rare(most, rows)).then(|| {
        format!(
            "{name}: {levels} levels, none with 1% of the rows: changes among them are not tested, only levels that are new; \
             group them to test their shares"
        )
    })
}

/// Levels with less than 1% of all rows are pooled.
fn is_rare(rows: u64, all: u64) -> bool {
    rows * 100 < all
}

/// Returns an example if all levels are numbers, and some have a decimal comma.
pub(super) fn decimal_comma(levels: &[String]) -> Option<&String> {
    let is_number = |text: &String| matches!(number(text), Number::Value(_));
    let example = levels.iter().find(|text| has_decimal_comma(text))?;
    levels.iter().all(|text| is_number(text) || has_decimal_comma(text)).then_some(example)
}

/// Minimum number of rows or levels for a column to look like an identifier.
pub(super) const MIN_IDENTIFIERS: usize = 1_000;

/// Returns whether all rows have different whole numbers that are close together, as identifiers are.
pub(super) fn is_numbered(cells: &Cells, numbers: &[ArrayRef]) -> bool {
    let rows: usize = numbers.iter().map(|array| array.len()).sum();
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
