//! `vigie serve`: the scoring API.

use std::num::NonZero;

use super::{ExitStatus, args::ServeArgs};
use crate::{
    fault::Result,
    serve::{ServeRequest, run as serve},
};

pub(super) fn run(args: &ServeArgs) -> Result<ExitStatus> {
    let threads =
        args.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), usize::from);
    serve(&ServeRequest { config: args.config.clone(), model: args.model.clone(), threads })
        .map(|()| ExitStatus::Success)
}
