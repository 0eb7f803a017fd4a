//! Tests of pages, snapshots and the HTTP server.

pub(crate) mod page;
pub(crate) mod snapshots;
pub(crate) mod web;
