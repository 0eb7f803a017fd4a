//! Training rows become a reference.

pub(crate) mod draft;
pub(crate) mod flattery;
pub(crate) mod importance;
pub(crate) mod learn;
pub(crate) mod rows;
pub(crate) mod segments;
pub(crate) mod training;
