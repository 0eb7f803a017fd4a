//! Pages that cover many windows: the list of reports and the summary of a replay.

pub(crate) mod index;
pub(crate) mod summary;
