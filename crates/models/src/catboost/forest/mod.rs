//! The model in memory: features, bins, trees and link function.

pub(crate) mod binning;
pub(crate) mod bins;
pub(crate) mod city;
pub(crate) mod ctr;
pub(crate) mod ctr_bins;
pub(crate) mod exponent;
pub(crate) mod feature;
pub(crate) mod forest;
pub(crate) mod iterations;
pub(crate) mod link;
pub(crate) mod missing;
pub(crate) mod model_info;
pub(crate) mod split;
pub(crate) mod trees;

pub use bins::{BinColumn, Binning, CONDITIONS_PER_COLUMN};
pub use city::level_hash;
pub use ctr::{CtrColumn, CtrTable, EMPTY_KEY, Projection, element_of_level, extend_key};
pub use forest::Forest;
pub use split::Split;
pub use trees::{Branching, MAX_DEPTH, Oblivious, TreeNode, Trees};
