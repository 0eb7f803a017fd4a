//! Pages, snapshots and HTTP.

pub mod page;
pub mod snapshots;
pub mod web;
