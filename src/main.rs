//! `vigie`: arguments in, exit code out; everything else is the library's.

use std::process::ExitCode;

use clap::Parser;
use vigie::{
    cli::{Cli, Ending, run},
    shown::harmless,
};

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(Ending::Told) => ExitCode::SUCCESS,
        Ok(Ending::Alarm) => ExitCode::from(1),
        Err(fault) => {
            // A file's name is not ours, and may hold what controls a terminal.
            let sentence = fault.to_string();
            let lines: Vec<String> = sentence.lines().map(harmless).collect();
            eprintln!("vigie: {}", lines.join("\n"));
            ExitCode::from(2)
        }
    }
}
