//! Finds the leaves of a block of rows by evaluating every condition of a tree for every row: see `plan`.

use super::{bins::GROUP, plan::DenseNode};

/// The leaf of each row, in plain Rust. `leaves` has `stride` elements, a multiple of [`GROUP`].
#[expect(clippy::indexing_slicing, reason = "every node refers to a column, and groups have one length")]
pub(crate) fn dense_leaves(nodes: &[DenseNode], bins: &[u8], stride: usize, leaves: &mut [u8]) {
    for (group, leaves) in leaves.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
        let mut own = [0_u8; GROUP];
        for &DenseNode { column, mask, least, first, right } in nodes {
            let start = column as usize * stride + group * GROUP;
            let Some(bins) = bins[start..].first_chunk::<GROUP>() else { continue };
            // Without branches, so that the compiler uses registers of bytes.
            for row in 0..GROUP {
                let is_right = u8::from(own[row] == first) & u8::from(bins[row] & mask >= least);
                // The first leaf of the right side is above that of the node.
                own[row] = own[row].max(is_right.wrapping_neg() & right);
            }
        }
        *leaves = own;
    }
}
