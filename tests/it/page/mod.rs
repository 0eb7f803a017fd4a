//! Tests of pages, snapshots and the HTTP server.

mod connections;
pub(crate) mod earlier_windows;
mod every_finding;
mod every_skew;
pub(crate) mod leaf_drift;
pub(crate) mod page;
pub(crate) mod pseudo_decisions;
pub(crate) mod pseudo_language;
mod pseudo_unusable;
pub(crate) mod snapshots;
pub(crate) mod web;
