//! `vigie run`: the daemon.

use std::num::NonZero;

use super::{ExitStatus, args::RunArgs};
use crate::{
    daemon::{self, Clock, DaemonOptions},
    fault::Result,
};

pub(super) fn run(args: &RunArgs) -> Result<ExitStatus> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let start = DaemonOptions { config: args.config.clone(), cores, clock: Clock::from_env(), once: args.once };
    daemon::run(&start).map(|()| ExitStatus::Success)
}
