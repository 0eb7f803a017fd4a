//! Parsers for `.skops` files: a ZIP archive of a graph of objects in JSON and of NumPy arrays.

pub(crate) mod level;
pub(crate) mod node;
pub(crate) mod npy;
pub(crate) mod refusal;
pub(crate) mod zip;
