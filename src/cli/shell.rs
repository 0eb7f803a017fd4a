//! `vigie completions` and `vigie man`: what packages install next to the binary.

use std::{fs, io};

use clap::CommandFactory;
use clap_complete::generate;

use super::{
    Cli, ExitStatus,
    setup_args::{CompletionsArgs, ManArgs},
};
use crate::fault::{Fault, Result};

/// Prints the completion script of a shell.
pub(super) fn completions(args: &CompletionsArgs) -> ExitStatus {
    generate(args.shell, &mut Cli::command(), "vigie", &mut io::stdout());
    ExitStatus::Success
}

/// Writes a manual page for vigie and one for each command.
pub(super) fn man(args: &ManArgs) -> Result<ExitStatus> {
    let written = fs::create_dir_all(&args.out).and_then(|()| clap_mangen::generate_to(Cli::command(), &args.out));
    written.map_err(|error| {
        Fault::setup(format!("{}: cannot write the manual pages: {error}; choose another --out", args.out.display()))
    })?;
    Ok(ExitStatus::Success)
}
