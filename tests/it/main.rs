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

mod applicants;
mod bad_input;
mod config;
mod dirt;
mod draw;
mod example;
mod false_alarms;
mod forest_golden;
mod forest_mutants;
mod hostile;
mod lab;
mod ladder;
mod laws;
mod layouts;
mod null_calibration;
mod page;
mod power;
mod publish;
mod sameness;
mod score;
mod showcase;
mod snapshots;
mod stats_golden;
mod traps;
mod web;
mod world;
