//! One row per key: rows joined with their inner tables, derived columns, statistics.

use polars::prelude::{
    DataType, Expr, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, NULL, PolarsResult, col, len, lit,
};

use crate::spec::{DerivedColumn, FeatureSource, GroupStat, RowRule};

use super::{
    cells::{clean, rule, test},
    needs::TableNeeds,
    rows::BlockRows,
};

/// The wanted features of a table with many rows per key, one row per key that has rows.
pub(super) fn grouped(needs: &TableNeeds<'_>, rows: BlockRows) -> PolarsResult<LazyFrame> {
    let mut lazy = clean(needs, rows.frame)?;
    for (inner, rows) in needs.inner.iter().zip(rows.inner) {
        let key = needs.table.row_key.unwrap_or(inner.table.key);
        lazy = left_join(lazy, grouped(inner, rows)?, key, inner.table.key);
    }
    let (indicators, values): (Vec<_>, Vec<_>) =
        needs.derived.iter().partition(|column| matches!(column.rule, RowRule::Indicator(_)));
    let named = |columns: Vec<&&DerivedColumn>| -> Vec<Expr> {
        columns.into_iter().map(|column| rule(&column.rule).alias(column.name.as_str())).collect()
    };
    let tests: Vec<Expr> =
        needs.tests.iter().map(|tested| test(tested).cast(DataType::Float64).alias(tested.id())).collect();
    let features: Vec<Expr> =
        needs.features.iter().map(|feature| feature_value(&feature.source).alias(feature.name.as_str())).collect();
    Ok(lazy
        .with_columns(named(values))
        .with_columns(tests)
        .with_columns(named(indicators))
        .group_by_stable([col(needs.table.key)])
        .agg(features))
}

/// `left` in its order with the columns of `right`; missing where `right` has no such key.
pub(super) fn left_join(left: LazyFrame, right: LazyFrame, left_key: &str, right_key: &str) -> LazyFrame {
    let how = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
    left.join(right, [col(left_key)], [col(right_key)], how)
}

fn feature_value(source: &FeatureSource) -> Expr {
    match source {
        FeatureSource::Stat(column, stat) => {
            let values = col(column.as_str());
            match stat {
                GroupStat::Mean => values.mean(),
                GroupStat::Min => values.min(),
                GroupStat::Max => values.max(),
                GroupStat::Sum => values.sum(),
                GroupStat::Std => values.std(1),
                // A missing value counts as one more distinct value.
                GroupStat::Distinct => {
                    values.clone().n_unique().cast(DataType::Float64)
                        - values.null_count().gt(lit(0)).cast(DataType::Float64)
                }
                GroupStat::Span => values.clone().max() - values.min(),
            }
        }
        FeatureSource::Count(test) => col(test.id()).sum(),
        FeatureSource::Share(test) => col(test.id()).mean(),
        FeatureSource::Rows => len().cast(DataType::Float64),
        // Only the table with one row per client has these, and it is not grouped.
        FeatureSource::Cell(_) | FeatureSource::Holds(_) => lit(NULL),
    }
}
