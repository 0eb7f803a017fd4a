//! The pact between a reference and every window: features, their kinds, cells, bins and levels, hashed to a [`LayoutId`].

mod cells;
mod feature;
mod layout;
mod levels;
mod places;

pub use cells::{Bin, BinKind, Cells};
pub use feature::{Column, Feature, Kind, Shape};
pub use layout::{Layout, LayoutId, Precision};
pub use levels::Levels;
pub use places::{BLOCK, Real};
