//! Reads model files: bytes become checked `parts`, whatever the format.

pub(crate) mod allowance;
pub(crate) mod cbm;
pub(crate) mod cbm_ctr;
pub(crate) mod flatbuffer;
pub(crate) mod json;
pub(crate) mod json_ctr;
pub(crate) mod json_cuts;
pub(crate) mod json_each;
pub(crate) mod json_trees;
pub(crate) mod parts;
pub(crate) mod refusal;
