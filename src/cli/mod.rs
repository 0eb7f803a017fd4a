//! The command line: one file a verb, exit codes, what the terminal shows.

mod args;
mod check;
mod config;
mod explain;
mod learn;
mod progress;
mod replay;
mod run;
mod say;
mod score;
mod table;

pub use args::Cli;
pub use run::{Ending, run};
