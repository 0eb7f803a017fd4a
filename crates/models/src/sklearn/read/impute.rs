//! `SimpleImputer`.

use super::builder::PipelineBuilder;
use crate::{
    error::Result,
    sklearn::{
        file::{
            level::{LevelValue, level, levels},
            node::SkopsNode,
            refusal::damaged,
        },
        score::program::{ColumnOp, MissingMarker},
    },
};

/// Replaces missing values, and appends an indicator for each feature that has one.
pub(crate) fn simple_imputer(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: &[usize],
) -> Result<Vec<usize>> {
    let statistics = levels(&node.attribute("statistics_")?)?;
    if statistics.len() != columns.len() {
        return Err(damaged("an imputer does not match its columns"));
    }
    let missing = node.find("missing_values")?.map(|node| level(&node)).transpose()?.unwrap_or(LevelValue::None);
    let keeps_empty = node.is_set("keep_empty_features")?;
    let mut filled = Vec::with_capacity(columns.len());
    for (&column, statistic) in columns.iter().zip(&statistics) {
        if statistic.is_missing() && !keeps_empty {
            // Nothing was known of the column at training; scikit-learn drops it.
            continue;
        }
        let marker = marker(builder, column, &missing)?;
        let value = builder.level(column, statistic, false)?;
        let checked = builder.finite(column)?;
        filled.push(builder.step(checked, ColumnOp::Fill { marker, value })?);
    }
    if let Some(indicator) = node.find("indicator_")? {
        for feature in levels(&indicator.attribute("features_")?)? {
            let column = feature.index().and_then(|at| columns.get(at)).copied();
            let column = column.ok_or_else(|| damaged("an indicator of missing values has no column"))?;
            let marker = marker(builder, column, &missing)?;
            filled.push(builder.step(column, ColumnOp::IsMarked(marker))?);
        }
    }
    Ok(filled)
}

fn marker(builder: &mut PipelineBuilder<'_>, column: usize, missing: &LevelValue) -> Result<MissingMarker> {
    if missing.is_missing() {
        return Ok(MissingMarker::Nan);
    }
    Ok(MissingMarker::Value(builder.level(column, missing, true)?))
}
