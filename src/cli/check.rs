//! `vigie check`: one window, now.

use std::{io::IsTerminal, num::NonZero};

use jiff::tz::TimeZone;

use super::{
    Ending,
    args::{CheckArgs, Format},
    progress::Bar,
    say::say,
    table::table,
};
use crate::{
    config::{Problems, Settings},
    fault::{Fault, Outcome},
    judge::Severity,
    monitor::{Asked, Looking, check},
    report::to_json,
    window::{Instant, Window},
};

pub(super) fn run(args: &CheckArgs) -> Outcome<Ending> {
    let settings = Settings::load(&args.config).map_err(Problems::into_fault)?;
    let window = match (&args.from, &args.to) {
        (Some(from), Some(to)) => Some(window(from, to, &settings.schedule.zone)?),
        _ => None,
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let bar = Bar::new("reading the log");
    let looking =
        Looking { threads: args.threads.map_or(cores, usize::from), progress: &|done, all| bar.at(done, all) };
    let checked = check(&settings, Asked { window, now: Instant::now() }, looking)?;
    drop(bar);
    let text = match args.format {
        Format::Json => to_json(&checked.report),
        Format::Text => {
            let colour =
                std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
            table(&checked, colour)
        }
    };
    say(&text);
    let is_alarm = checked.report.verdict.severity == Severity::Alarm;
    Ok(if args.exit_code && is_alarm { Ending::Alarm } else { Ending::Told })
}

pub(super) fn window(from: &str, to: &str, zone: &TimeZone) -> Outcome<Window> {
    let at = |flag: &str, text: &str| {
        Instant::parse(text, zone)
            .ok_or_else(|| Fault::setup(format!("{flag} {text}: not a time; write 2026-11-01 or 2026-11-01T06:00:00Z")))
    };
    let (start, end) = (at("--from", from)?, at("--to", to)?);
    Window::new(start, end).ok_or_else(|| Fault::setup(format!("--to {to} is not after --from {from}")))
}
