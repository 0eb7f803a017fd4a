//! The command line: one file a verb, exit codes, what the terminal shows.

mod alert;
mod args;
mod check;
mod config;
mod connect;
mod cost;
mod daemon;
mod explain;
mod learn;
mod log;
mod progress;
mod replay;
mod run;
mod say;
mod score;
mod status;
mod table;

pub use args::Cli;
pub use log::Log;
pub use run::{Ending, run};
