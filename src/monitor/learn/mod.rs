//! `vigie learn`: builds a reference from training rows.

mod dictionary_file;
pub(crate) mod importance;
mod importance_file;
pub(crate) mod learn;
pub(crate) mod leaves;
pub(crate) mod log_rows;
pub(crate) mod meaning;
pub(crate) mod optimism;
pub(crate) mod rows;
pub(crate) mod segments;
mod small_text;
mod stray_texts;
pub(crate) mod training;
mod unknown_levels;
pub(crate) mod writer;
