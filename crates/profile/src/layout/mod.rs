//! How features are counted: their kinds, cells, bins and levels, learnt from the reference and hashed to a
//! [`LayoutId`].

mod cells;
mod edge_index;
mod feature;
mod layout;
mod levels;
mod precision;
mod prefix;

pub use cells::{Bin, BinKind, Cells};
pub use edge_index::{BLOCK, Real};
pub use feature::{Column, Feature, Kind, LevelSpelling, Shape};
pub use layout::{Layout, LayoutId};
pub use levels::Levels;
pub use precision::Precision;
pub use prefix::{PrefixBlock, prefix_blocks};
