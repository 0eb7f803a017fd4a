//! `vigie`: arguments in, exit code out; everything else is the library's.

use std::process::ExitCode;

use clap::Parser;
use vigie::cli::{Cli, Ending, run};

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(Ending::Told) => ExitCode::SUCCESS,
        Ok(Ending::Alarm) => ExitCode::from(1),
        Err(fault) => {
            eprintln!("vigie: {fault}");
            ExitCode::from(2)
        }
    }
}
