//! From the seven raw tables to one row of features per client.
//!
//! `vigie-prepare --tables DIR --out FEATURES.parquet` writes 1,658 columns; with `--columns @kept.txt` only those of a model,
//! and only the tables that they need are read. Clients are prepared in blocks, so memory grows with the block and with the
//! largest row group of a raw table, not with the number of clients. Raw tables may be in any order; if they are sorted by
//! client, each row group is read once instead of once per block.
//!
//! `tables` declares, `plan` turns the declarations into lazy queries, `read` reads blocks of clients, `run` puts it together.

pub mod cli;
mod error;
mod output;
mod plan;
mod progress;
mod read;
mod run;
pub mod spec;
pub mod tables;

pub use error::PrepareError;
pub use run::{PrepareOptions, PrepareReport, prepare};
