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
mod cost_alert;
mod crash;
mod crash_labels;
mod daemon;
mod decide;
mod decimals;
mod dirt;
mod draw;
mod estimate;
mod example;
mod explain;
mod failing;
mod false_alarms;
mod forest_exercise;
mod forest_golden;
mod forest_mutants;
mod french_money;
mod hostile;
mod importance;
mod lab;
mod ladder;
mod late_labels;
mod laws;
mod layouts;
mod ledger;
mod logging;
mod looks;
mod mail;
mod mail_real;
mod mail_server;
mod mime;
mod null_calibration;
mod outbox;
mod page;
mod parity;
mod performance;
mod performance_golden;
mod postgres;
mod postman;
mod power;
mod publish;
mod replay;
mod sameness;
mod score;
mod score_shift;
mod segments;
mod showcase;
mod silence;
mod snapshots;
mod stats_golden;
mod threshold_golden;
mod traps;
mod units;
mod watched;
mod web;
mod webhook;
mod world;
