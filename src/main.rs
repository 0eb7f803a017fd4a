//! `vigie`: arguments in, exit code out; everything else is the library's.

use std::process::ExitCode;

use clap::Parser;
use vigie::cli::{Cli, Ending, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = cli.begin_log();
    match run(&cli) {
        Ok(Ending::Told) => ExitCode::SUCCESS,
        Ok(Ending::Alarm) => ExitCode::from(1),
        Err(fault) => {
            log.complain(&fault);
            ExitCode::from(2)
        }
    }
}
