//! Raw cells as typed, cleaned columns, and the expressions of tests and rules on them.

use polars::{
    prelude::{
        DataFrame, DataType, Expr, IntoLazy, LazyFrame, NULL, PolarsResult, SortMultipleOptions, col, lit, when,
    },
    series::IsSorted,
};

use crate::spec::{CellKind, CellTest, RawColumn, RawTable, RowRule};

use super::needs::TableNeeds;

/// The needed columns, cleaned, with a boolean column for each sentinel, sorted by key and then by the table's order.
pub(super) fn clean(needs: &TableNeeds<'_>, rows: DataFrame) -> PolarsResult<LazyFrame> {
    let cells = needs.columns.iter().map(|column| cell(needs.table, column));
    let sentinels = needs.columns.iter().filter_map(|column| {
        let test = CellTest::Sentinel(column.name.clone()).id();
        Some(number(&column.name).eq_missing(lit(column.sentinel?)).alias(test))
    });
    let table = needs.table;
    let by: Vec<Expr> = [table.key].iter().chain(table.order).map(|name| col(*name)).collect();
    let mut rows = rows
        .lazy()
        .select(cells.chain(sentinels).collect::<Vec<_>>())
        .sort_by_exprs(by, SortMultipleOptions::default().with_maintain_order(true))
        .collect()?;
    // Groups of a column that is marked as sorted are slices, and slicing each column for each small group is several times
    // slower than groups of row numbers, which keep the order of rows as well.
    let mut key = rows.column(table.key)?.clone();
    key.set_sorted_flag(IsSorted::Not);
    rows.with_column(key)?;
    Ok(rows.lazy())
}

fn number(name: &str) -> Expr {
    col(name).cast(DataType::Float64).fill_nan(lit(NULL))
}

/// One cell, cleaned: keys and whole numbers as 64-bit integers, numbers as 64-bit floats, flags as booleans, text as text.
fn cell(table: &RawTable, column: &RawColumn) -> Expr {
    let name = column.name.as_str();
    let cell = match column.kind {
        CellKind::Key => col(name).cast(DataType::Int64),
        CellKind::Number => match column.sentinel {
            None => number(name),
            Some(sentinel) => when(number(name).eq(lit(sentinel))).then(lit(NULL)).otherwise(number(name)),
        },
        CellKind::Whole => number(name).cast(DataType::Int64),
        CellKind::Flag => either(&number(name), lit(1.0), lit(0.0)),
        CellKind::YesNo => either(&col(name).cast(DataType::String), lit("Y"), lit("N")),
        CellKind::Text(_) => {
            let text = col(name).cast(DataType::String);
            let text = table
                .missing_texts
                .iter()
                .fold(text, |text, missing| when(text.clone().eq(lit(*missing))).then(lit(NULL)).otherwise(text));
            table
                .renamed
                .iter()
                .fold(text, |text, (from, to)| when(text.clone().eq(lit(*from))).then(lit(*to)).otherwise(text))
        }
    };
    cell.alias(name)
}

/// True, false, or missing for anything else.
fn either(cell: &Expr, yes: Expr, no: Expr) -> Expr {
    when(cell.clone().eq(yes))
        .then(lit(true))
        .otherwise(when(cell.clone().eq(no)).then(lit(false)).otherwise(lit(NULL).cast(DataType::Boolean)))
}

/// Whether the test holds; never missing.
pub(super) fn test(test: &CellTest) -> Expr {
    let cell = col(test.column());
    match test {
        CellTest::Missing(_) => cell.is_null(),
        CellTest::Sentinel(_) => col(test.id()),
        CellTest::Level(_, level) => cell.eq_missing(lit(*level)),
        CellTest::AnyLevel(_, levels) => {
            levels.iter().fold(lit(false), |any, level| any.or(cell.clone().eq_missing(lit(*level))))
        }
        CellTest::Below(_, bound) => cell.lt(lit(*bound)).fill_null(lit(false)),
        CellTest::Above(_, bound) => cell.gt(lit(*bound)).fill_null(lit(false)),
        CellTest::Equals(_, value) => cell.eq_missing(lit(*value)),
    }
}

/// The value of a derived column.
pub(super) fn rule(rule: &RowRule) -> Expr {
    match rule {
        RowRule::Copy(column) => col(column.as_str()),
        RowRule::Ratio(first, second) => {
            let divisor = col(second.as_str());
            when(divisor.clone().neq(lit(0.0))).then(col(first.as_str()) / divisor).otherwise(lit(NULL))
        }
        RowRule::Difference(first, second) => col(first.as_str()) - col(second.as_str()),
        RowRule::Total(columns) => columns
            .iter()
            .map(|column| col(column.as_str()).fill_null(lit(0.0)))
            .reduce(|total, column| total + column)
            .unwrap_or_else(|| lit(0.0)),
        RowRule::Indicator(test) => col(test.id()),
    }
}
