//! The `vigie` binary: parses arguments and sets the exit code; everything else is in the library.

use std::process::ExitCode;

use vigie::cli::{Cli, ExitStatus, run};

fn main() -> ExitCode {
    let cli = Cli::from_process();
    let logging = cli.init_logging();
    match run(&cli) {
        Ok(ExitStatus::Success) => ExitCode::SUCCESS,
        Ok(ExitStatus::Alarm) => ExitCode::from(1),
        Err(fault) => {
            logging.report_fault(&fault);
            ExitCode::from(2)
        }
    }
}
