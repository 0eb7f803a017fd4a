//! From the seven raw tables to one row of features per client.
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
