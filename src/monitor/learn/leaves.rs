//! Counts the leaves of the reference's rows in the trees of the model.

use vigie_models::{Inputs, LeafTree, Model};
use vigie_stats::LeafPooling;

use super::rows::FeatureColumns;
use crate::{
    fault::Result,
    monitor::on_demand::shap_columns::by_thread,
    reference::{ReferenceLeaves, Training},
    replay::{LeafBaseline, LeafCounts},
};

/// Number of rows from which windows are drawn, evenly spaced: memory for one byte per row and tree.
const SAMPLE: usize = 20_000;
/// Number of rows scored at a time.
const ROWS_AT_ONCE: usize = 1024;

/// Counts all rows of a table. `None` if the model has no trees, too many leaves, or none that divide these rows.
pub(crate) fn count_leaves(
    model: &Model,
    columns: &FeatureColumns,
    training: &Training,
    threads: usize,
) -> Result<Option<ReferenceLeaves>> {
    let Some(trees) = model.leaf_trees() else { return Ok(None) };
    let inputs = columns.inputs(model, training)?;
    let counts = count_rows(model, &trees, &inputs, threads)?;
    LeafBaseline::learn(model, &trees, counts, |poolings| sample_cells(model, poolings, &inputs, threads))
}

fn count_rows(model: &Model, trees: &[LeafTree], inputs: &Inputs, threads: usize) -> Result<LeafCounts> {
    let rows = inputs.rows();
    let each = rows.div_ceil(threads.max(1)).max(1);
    let mut parts = vec![LeafCounts::empty(trees); rows.div_ceil(each)];
    by_thread(rows, each, parts.iter_mut(), |own, counts| {
        for from in own.clone().step_by(ROWS_AT_ONCE) {
            let next = from..(from + ROWS_AT_ONCE).min(own.end);
            let mut raw = vec![0.0; next.len() * model.output_count()];
            model.predict_raw_with_leaves(inputs, next, &mut raw, &mut |tree, _, leaves| {
                counts.observe(tree, leaves.iter().copied());
            })?;
        }
        Ok(())
    })?;
    let mut all = LeafCounts::empty(trees);
    parts.iter().for_each(|part| all.merge(part));
    Ok(all)
}

/// The cell of each sampled row in each tree, row by row.
fn sample_cells(model: &Model, poolings: &[LeafPooling], inputs: &Inputs, threads: usize) -> Result<Vec<u8>> {
    let (rows, trees) = (inputs.rows(), poolings.len());
    let sampled = rows.min(SAMPLE);
    let row_at = |place: usize| (place * rows).checked_div(sampled).unwrap_or(0);
    let mut cells = vec![0; sampled * trees];
    let each = sampled.div_ceil(threads.max(1)).max(1);
    by_thread(sampled, each, cells.chunks_mut((each * trees).max(1)), |own, cells| {
        let mut place = own.start;
        while place < own.end {
            // Consecutive rows are scored together.
            let first = row_at(place);
            let run = (place..own.end.min(place + ROWS_AT_ONCE))
                .take_while(|next| row_at(*next) - first == next - place)
                .count()
                .max(1);
            let mut raw = vec![0.0; run * model.output_count()];
            model.predict_raw_with_leaves(inputs, first..first + run, &mut raw, &mut |tree, row, leaves| {
                let Some(pooling) = poolings.get(tree) else { return };
                let start = (place - own.start + row - first) * trees + tree;
                for (cell, leaf) in cells.iter_mut().skip(start).step_by(trees.max(1)).zip(leaves) {
                    *cell = pooling.cell(*leaf as usize).unwrap_or(0);
                }
            })?;
            place += run;
        }
        Ok(())
    })?;
    Ok(cells)
}
