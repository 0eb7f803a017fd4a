//! Pages over many windows: the list of reports, and a replayed range.

pub(crate) mod index;
pub(crate) mod summary;
