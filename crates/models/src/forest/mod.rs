//! The model in memory: features, bins, trees and the link, checked and laid out.

pub(crate) mod about;
pub(crate) mod binning;
pub(crate) mod bins;
pub(crate) mod city;
pub(crate) mod ctr;
pub(crate) mod ctr_bins;
pub(crate) mod exponent;
pub(crate) mod feature;
pub(crate) mod forest;
pub(crate) mod link;
pub(crate) mod missing;
pub(crate) mod trees;

pub use bins::{BinColumn, Binning, PER_COLUMN, Split};
pub use city::level_hash;
pub use ctr::{CtrColumn, CtrTable, EMPTY, Projection, element_of_level, extend_key};
pub use feature::{Feature, InputKind};
pub use forest::Forest;
pub use link::Link;
pub use trees::{Branching, DEEPEST, Node, Oblivious, Trees};
