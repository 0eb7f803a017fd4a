//! Tests of the preparation on hand-made and on random raw tables.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic on failure; keys and seeds are small"
)]

mod columns;
mod command_line;
mod errors;
mod golden;
mod invariance;
mod levels;
mod random;
mod raw;
