//! Reference rows in each leaf of the model's trees, and what chance makes of windows: the baseline for a window's leaves.
//!
//! They are in one block, the last. Files of earlier versions do not have it.

use vigie_profile::stored::are_rows;

use super::{
    Reference,
    bytes::{Reader, Writer, decompress},
};
use crate::fault::{Fault, Result};

/// Fast: counts compress little.
const LEVEL: i32 = 3;

/// Leaves of the reference rows. Pooling and weights follow from the reference alone, so that they are the same for every
/// window.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceLeaves {
    /// SHA-256 of the model file.
    pub model_sha256: String,
    /// Number of rows counted.
    pub rows: u64,
    /// Rows in each leaf, tree by tree.
    pub counts: Vec<Vec<u32>>,
    /// Variance of the value of each tree over the rows.
    pub weights: Vec<f64>,
    /// The two summaries of simulated windows without drift, each in ascending order; empty if there are too few rows to
    /// simulate windows.
    pub draws: [Vec<f64>; 2],
}

impl Reference {
    /// Adds the leaves of the reference rows. They come after the segments.
    pub fn with_leaves(self, leaves: &ReferenceLeaves) -> Result<Self> {
        let damaged = self.damaged_message();
        self.with_leaf_block(pack(leaves)).ok_or_else(|| Fault::setup(damaged))
    }

    /// The leaves of the reference rows; `None` if they were not counted, an error if the file is damaged.
    pub fn leaves(&self) -> Result<Option<ReferenceLeaves>> {
        let Some(index) = self.leaf_block() else { return Ok(None) };
        let leaves = self.block_store().block(index).and_then(|packed| unpack(packed.as_ref()));
        leaves.map(Some).ok_or_else(|| Fault::setup(self.damaged_message()))
    }
}

fn pack(leaves: &ReferenceLeaves) -> Vec<u8> {
    let mut out = Writer::default();
    out.text(&leaves.model_sha256);
    out.integer(leaves.rows);
    out.integer(leaves.counts.len() as u64);
    for counts in &leaves.counts {
        out.integer(counts.len() as u64);
        out.run(counts, |count| u64::from(*count));
    }
    for numbers in [&leaves.weights].into_iter().chain(&leaves.draws) {
        out.numbers(numbers);
    }
    zstd::bulk::compress(&out.0, LEVEL).unwrap_or_default()
}

/// Inverse of [`pack`]; `None` if the bytes are damaged, or `learn` cannot have written them.
fn unpack(packed: &[u8]) -> Option<ReferenceLeaves> {
    let bytes = decompress(packed)?;
    let mut reader = Reader(&bytes);
    let (model_sha256, rows) = (reader.text()?, reader.integer()?);
    let trees = reader.count(1)?;
    let counts = (0..trees).map(|_| tree(&mut reader, rows)).collect::<Option<Vec<_>>>()?;
    let weights = reader.numbers()?.to_vec();
    let draws = [reader.numbers()?.to_vec(), reader.numbers()?.to_vec()];
    let are_weights = weights.len() == trees && weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
    let are_draws = |draws: &Vec<f64>| draws.is_sorted() && draws.iter().all(|draw| draw.is_finite());
    let [overall, strongest] = &draws;
    let is_valid = are_rows(rows)
        && are_weights
        && are_draws(overall)
        && are_draws(strongest)
        && overall.len() == strongest.len()
        && reader.0.is_empty();
    is_valid.then_some(ReferenceLeaves { model_sha256, rows, counts, weights, draws })
}

/// The rows in each leaf of a tree, which are all rows.
fn tree(reader: &mut Reader<'_>, rows: u64) -> Option<Vec<u32>> {
    let counts: Vec<u32> =
        reader.integers()?.into_iter().map(|count| u32::try_from(count).ok()).collect::<Option<_>>()?;
    let sum = counts.iter().map(|count| u64::from(*count)).fold(0, u64::saturating_add);
    (sum == rows).then_some(counts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaves() -> ReferenceLeaves {
        ReferenceLeaves {
            model_sha256: "ab12".to_owned(),
            rows: 300,
            counts: vec![vec![300], vec![0, 200, 100, 0]],
            weights: vec![0.0, 0.25],
            draws: [vec![0.5, 1.0], vec![-1.0, 3.5]],
        }
    }

    #[test]
    fn packing_round_trips() {
        let all = [leaves(), ReferenceLeaves { draws: [Vec::new(), Vec::new()], ..leaves() }];
        for leaves in all {
            assert_eq!(unpack(&pack(&leaves)), Some(leaves));
        }
    }

    #[test]
    fn contradictions_are_damage() {
        let contradictions = [
            ReferenceLeaves { rows: 299, ..leaves() },
            ReferenceLeaves { weights: vec![0.25], ..leaves() },
            ReferenceLeaves { weights: vec![0.25, f64::NAN], ..leaves() },
            ReferenceLeaves { weights: vec![0.25, -1.0], ..leaves() },
            ReferenceLeaves { draws: [vec![1.0, 0.5], vec![1.0, 2.0]], ..leaves() },
            ReferenceLeaves { draws: [vec![0.5], vec![1.0, 2.0]], ..leaves() },
            ReferenceLeaves { draws: [vec![f64::INFINITY], vec![1.0]], ..leaves() },
        ];
        for leaves in contradictions {
            assert_eq!(unpack(&pack(&leaves)), None, "{leaves:?}");
        }
    }

    proptest! {
        #[test]
        fn damaged_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), at in 0_usize..60, bit in 0_u8..8) {
            let _ = unpack(&bytes);
            let _ = unpack(&zstd::bulk::compress(&bytes, LEVEL).unwrap());
            let mut raw = decompress(&pack(&leaves())).unwrap();
            if let Some(byte) = raw.get_mut(at) {
                *byte ^= 1 << bit;
            }
            let _ = unpack(&zstd::bulk::compress(&raw, LEVEL).unwrap());
        }
    }
}
