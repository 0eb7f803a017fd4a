//! `vigie run`: the daemon.

use std::num::NonZero;

use super::{Ending, args::RunArgs};
use crate::{
    daemon::{self, Clock, Start},
    fault::Result,
};

pub(super) fn run(args: &RunArgs) -> Result<Ending> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let start = Start { config: args.config.clone(), cores, clock: Clock::of_environment(), once: args.once };
    daemon::run(&start).map(|()| Ending::Told)
}
