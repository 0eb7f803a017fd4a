//! `StandardScaler`, `MinMaxScaler` and `RobustScaler`.

use super::builder::PipelineBuilder;
use crate::{
    error::Result,
    sklearn::{
        file::{
            level::{LevelValue, levels},
            node::SkopsNode,
            refusal::damaged,
        },
        score::program::{ColumnOp, rounded},
    },
};

/// (x − centre) / scale, either of which may be absent. `centre`: the name of its attribute.
pub(crate) fn centred(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: &[usize],
    centre: &str,
) -> Result<Vec<usize>> {
    let columns = finite(builder, columns)?;
    // With 32-bit inputs, StandardScaler rounds its own numbers since it accepts arrays of other libraries.
    let rounds = builder.program.single_inputs && node.class() == "StandardScaler" && node.is_since(1, 8)?;
    let own = |number: f64| if rounds { rounded(number) } else { number };
    let centred = each(builder, node, &columns, centre, |number| ColumnOp::Subtract(own(number)))?;
    each(builder, node, &centred, "scale_", |number| ColumnOp::Divide(own(number)))
}

/// x · scale + minimum, which may be clipped.
pub(crate) fn min_max(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: &[usize],
) -> Result<Vec<usize>> {
    let columns = finite(builder, columns)?;
    let scaled = each(builder, node, &columns, "scale_", ColumnOp::Multiply)?;
    let moved = each(builder, node, &scaled, "min_", ColumnOp::Add)?;
    if !node.is_set("clip")? {
        return Ok(moved);
    }
    let range = levels(&node.attribute("feature_range")?)?;
    let [LevelValue::Number(low), LevelValue::Number(high)] = *range else {
        return Err(damaged("the range of a scaler is not two numbers"));
    };
    moved.into_iter().map(|column| builder.step(column, ColumnOp::Clip { low, high })).collect()
}

/// Requires finite numbers, or missing ones.
fn finite(builder: &mut PipelineBuilder<'_>, columns: &[usize]) -> Result<Vec<usize>> {
    builder.require_numbers(columns)?;
    columns.iter().map(|column| builder.finite(*column)).collect()
}

/// Adds a step to each column, with the number of the attribute; none if the scaler does not have the attribute.
fn each(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: &[usize],
    name: &str,
    op: impl Fn(f64) -> ColumnOp,
) -> Result<Vec<usize>> {
    let Some(numbers) = node.find(name)? else { return Ok(columns.to_vec()) };
    let numbers = numbers.numbers()?;
    if numbers.len() != columns.len() {
        return Err(damaged("a scaler does not match its columns"));
    }
    columns.iter().zip(numbers).map(|(column, number)| builder.step(*column, op(number))).collect()
}
