//! From a command line to the verb that was asked for.

use super::{Cli, alert, args::Verb, check, config, daemon, explain, learn, replay, score, status};
use crate::fault::Result;

/// How a command ended that could tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Told,
    /// An alarm, and `--exit-code` asked to hear of it.
    Alarm,
}

/// Does what was asked for.
pub fn run(cli: &Cli) -> Result<Ending> {
    match &cli.verb {
        Verb::Learn(args) => learn::run(args),
        Verb::Check(args) => check::run(args),
        Verb::Run(args) => daemon::run(args),
        Verb::Status(args) => status::run(args),
        Verb::Alert { verb } => alert::run(verb),
        Verb::Explain(args) => explain::run(args),
        Verb::Replay(args) => replay::run(args),
        Verb::Score(args) => score::run(args),
        Verb::Config { verb } => config::run(verb),
    }
}
