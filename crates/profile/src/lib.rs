//! Counts of tabular data on a fixed layout: integers only, exactly mergeable, independent of row order.
//!
//! | module | provides |
//! |---|---|
//! | [`layout`] | features, kinds, cells and levels, hashed to a `LayoutId` |
//! | [`batch`] | rows as Arrow columns, canonical spelling of levels and numbers, complaints about dirty values |
//! | [`profile`] | counts of rows on a layout: empty, observe, merge |
//! | [`segment`] | named filters and levels, counted apart |
//! | [`window`] | instants, half-open windows and the cadence that tiles time |
//! | [`shown`], [`near`] | text that is safe to display, and the nearest known name |

pub mod batch;
pub mod layout;
pub mod near;
pub mod profile;
pub mod segment;
pub mod shown;
pub mod window;
