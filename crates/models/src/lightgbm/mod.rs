//! Reads LightGBM models: the text that `booster.save_model` writes, of format versions 2 to 4.
//!
//! `reader` puts the parts together: `text` splits lines, `header` and `tree` read their blocks, `objective` finds the transform of `output`, and
//! `features` names the features, with the levels that `pandas` reads from the last line. Rules and traps of the format:
//!
//! - The library finds trees by their sizes in bytes. Here, they are found by their lines, so that a file with other line
//!   ends is read as well; the number of sizes must still be that of the trees.
//! - Values up to 1e-35 from zero are +0 to every condition.
//! - Raw outputs of a random forest are sums; the mean is taken on the way to predictions.

pub(crate) mod features;
mod header;
mod objective;
pub(crate) mod output;
mod pandas;
mod reader;
mod refusal;
#[cfg(test)]
mod round_trip;
mod text;
mod tree;

pub(crate) use features::trained_name;
pub(crate) use reader::{dump, from_bytes, is_dump, is_model, read_text};
