//! The `vigie-prepare` binary: parses arguments and sets the exit code; everything else is in the library.

use std::process::ExitCode;

use clap::Parser;
use vigie_prepare::cli::{PrepareArguments, run};

fn main() -> ExitCode {
    match run(&PrepareArguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
