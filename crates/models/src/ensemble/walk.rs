//! Finds leaves by walking from node to node: for a few rows, and for trees with many leaves.

use super::plan::WalkNode;

/// Number of walks that are taken at the same time, so that a processor need not wait for each load.
pub(crate) const LANES: usize = 8;

/// Takes walks until all have reached a leaf. `at`: where each walk is, in the form of [`WalkNode::sides`]; on return,
/// `!leaf`. `rows`: the row of each walk.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_sign_loss,
    reason = "nodes and columns exist; negative places are leaves"
)]
#[inline]
pub(crate) fn walk(nodes: &[WalkNode], bins: &[u8], stride: usize, rows: &[usize; LANES], at: &mut [i32; LANES]) {
    while at.iter().any(|at| *at >= 0) {
        for (at, row) in at.iter_mut().zip(rows) {
            let node = &nodes[(*at).max(0) as usize];
            let bin = bins[node.condition.column as usize * stride + row];
            let next = node.sides[usize::from(node.condition.holds(bin))];
            *at = if *at < 0 { *at } else { next };
        }
    }
}
