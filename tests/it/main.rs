//! All integration tests in one binary: real files, the real program.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong shall stop"
)]

mod config;
mod daemon;
mod laws;
mod mail;
mod oracle;
mod page;
mod postgres;
mod story;
mod support;
