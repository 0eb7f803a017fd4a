//! Dispatches to the verbs.

use super::{
    Cli, ExitStatus, alert, args::Verb, check, compare, config, daemon, explain, import, init, learn, replay, score,
    serve, shell, status,
};
use crate::fault::Result;

/// Runs the command.
pub fn run(cli: &Cli) -> Result<ExitStatus> {
    match &cli.verb {
        Verb::Compare(args) => compare::run(args),
        Verb::Init(args) => init::run(args),
        Verb::Learn(args) => learn::run(args),
        Verb::Check(args) => check::run(args),
        Verb::Run(args) => daemon::run(args),
        Verb::Status(args) => status::run(args),
        Verb::Alert { verb } => alert::run(verb),
        Verb::Import { verb } => import::run(verb),
        Verb::Explain(args) => explain::run(args),
        Verb::Replay(args) => replay::run(args),
        Verb::Score(args) => score::run(args),
        Verb::Serve(args) => serve::run(args),
        Verb::Config { verb } => config::run(verb),
        Verb::Completions(args) => Ok(shell::completions(args)),
        Verb::Man(args) => shell::man(args),
    }
}
