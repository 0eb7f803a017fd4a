//! Pages, snapshots and HTTP.

pub(crate) mod page;
pub(crate) mod snapshots;
pub(crate) mod web;
