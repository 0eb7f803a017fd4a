//! The command line: one file per verb, exit codes, terminal output.

mod alert;
mod args;
mod check;
mod check_range;
mod compare;
mod config;
mod connect;
mod cost;
mod csv_args;
mod daemon;
mod exit_status;
mod explain;
mod help;
mod import;
mod init;
mod learn;
mod left_out;
mod log;
mod model_args;
mod names;
mod print;
mod progress;
mod replay;
mod run;
mod score;
mod score_args;
mod serve;
mod setup_args;
mod shell;
mod status;

pub use args::Cli;
pub use exit_status::ExitStatus;
pub use log::Logging;
pub use run::run;
