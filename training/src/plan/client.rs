//! The rows of a block of clients as one lazy query, and the schema of the result.

use polars::prelude::{DataFrame, DataType, Expr, Field, LazyFrame, PolarsResult, Schema, col};

use crate::{
    spec::{CellKind, FeatureSource, RawTable},
    tables::CLIENT,
};

use super::{
    cells::{clean, test},
    group::{grouped, left_join},
    needs::ClientNeeds,
    rows::BlockRows,
};

/// One row per client, in ascending order of the key, with the wanted features in their order. `grouped_rows` has one entry
/// per `ClientNeeds::grouped`.
pub(crate) fn client_rows(
    needs: &ClientNeeds<'_>,
    application: DataFrame,
    grouped_rows: Vec<BlockRows>,
) -> PolarsResult<LazyFrame> {
    let holds: Vec<Expr> = needs
        .application
        .features
        .iter()
        .filter_map(|feature| match &feature.source {
            FeatureSource::Holds(tested) => Some(test(tested).alias(feature.name.as_str())),
            _ => None,
        })
        .collect();
    let mut clients = clean(&needs.application, application)?.with_columns(holds);
    for (table, rows) in needs.grouped.iter().zip(grouped_rows) {
        clients = left_join(clients, grouped(table, rows)?, CLIENT, table.table.key);
    }
    let features = needs.features.iter().map(|feature| col(feature.name.as_str()));
    Ok(clients.select(features.collect::<Vec<_>>()))
}

/// Names and types of the result: they follow from the declarations alone.
pub(crate) fn output_schema(needs: &ClientNeeds<'_>) -> Schema {
    let fields = needs.features.iter().map(|feature| {
        let dtype = match &feature.source {
            FeatureSource::Cell(column) => cell_type(needs.application.table, column),
            FeatureSource::Holds(_) => DataType::Boolean,
            _ => DataType::Float64,
        };
        Field::new(feature.name.as_str().into(), dtype)
    });
    fields.collect()
}

fn cell_type(table: &RawTable, column: &str) -> DataType {
    match table.column(column).map(|column| column.kind) {
        Some(CellKind::Key | CellKind::Whole) => DataType::Int64,
        Some(CellKind::Flag | CellKind::YesNo) => DataType::Boolean,
        Some(CellKind::Text(_)) => DataType::String,
        Some(CellKind::Number) | None => DataType::Float64,
    }
}
