//! All integration tests in one binary, using real files and the real program.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic on failure"
)]

mod compare;
mod config;
mod daemon;
mod init;
mod laws;
mod mail;
mod oracle;
mod page;
mod postgres;
mod rates;
mod serve;
mod skew;
mod story;
mod support;
