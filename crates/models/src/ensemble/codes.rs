//! Levels of categories as numbers, which conditions read.

use arrow_array::Array;

use crate::inputs::ColumnValues;

/// The code of a missing level.
pub(crate) const MISSING_CODE: u32 = u32::MAX;
/// The code of a level that the model does not know.
pub(crate) const UNKNOWN_CODE: u32 = u32::MAX - 1;
/// The code of a level that makes the library refuse the row. It is scored as missing.
pub(crate) const REFUSED_CODE: u32 = u32::MAX - 2;

/// To XGBoost, codes from here on are unknown levels.
pub(crate) const XGBOOST_CODES: u32 = 1 << 24;

/// The code of a level as conditions expect it.
pub(crate) fn level(code: u32) -> f64 {
    match code {
        MISSING_CODE | REFUSED_CODE => f64::NAN,
        UNKNOWN_CODE => -1.0,
        code => f64::from(code),
    }
}

/// The value of a column in a row, as conditions expect it.
pub(crate) fn number(column: &ColumnValues, row: usize) -> f64 {
    match column {
        ColumnValues::Single(values) if row < values.len() && !values.is_null(row) => f64::from(values.value(row)),
        ColumnValues::Double(values) if row < values.len() && !values.is_null(row) => values.value(row),
        ColumnValues::Levels(codes) => codes.get(row).map_or(f64::NAN, |code| level(*code)),
        _ => f64::NAN,
    }
}
