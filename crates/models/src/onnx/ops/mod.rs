//! Operators. Each has a function that checks a node and takes over its constants, and one that computes a block of rows.

mod arithmetic;
mod elementwise;
mod encode;
mod layout;
mod matrix;
mod operator;
mod post_transform;
mod reduce;
mod scale;
mod select;
mod tree_nodes;
mod trees;

pub(crate) use operator::{Operator, compile};
pub(crate) use trees::has_raw_scores;
