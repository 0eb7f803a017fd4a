//! `vigie check`: one window, now.

use std::{io::IsTerminal, num::NonZero, time::Duration};

use jiff::tz::TimeZone;
use vigie_profile::window::{Instant, Window};

use super::{
    Ending,
    args::{CheckArgs, Format},
    progress::Bar,
    say::say,
    table::table,
};
use crate::{
    alert::Telling,
    config::{Problems, Settings},
    daemon::{self, Clock},
    fault::{Fault, Result},
    judge::{Severity, Test},
    ledger::Ledger,
    monitor::{self, Asked, Looking, Tried, check},
    report::{Report, to_json, verdict_sentence},
};

pub(super) fn run(args: &CheckArgs) -> Result<Ending> {
    let settings = Settings::load_one(&args.config, args.model.as_deref()).map_err(Problems::into_fault)?;
    let window = match (&args.from, &args.to) {
        (Some(from), Some(to)) => Some(window(from, to, &settings.schedule.zone)?),
        _ => None,
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let bar = Bar::new("reading the log");
    let looking =
        Looking { threads: args.threads.map_or(cores, usize::from), progress: &|done, all| bar.at(done, all) };
    let asked = Asked { window, now: Clock::of_environment().now() };
    let checked = match check(&settings, asked, looking) {
        Ok(checked) => checked,
        Err(fault) => {
            drop(bar);
            return Err(if args.send { failed(&settings, asked, fault) } else { fault });
        }
    };
    drop(bar);
    tracing::info!(
        model = checked.report.run.model.name,
        window = %checked.report.examined.window,
        severity = %checked.report.verdict.severity,
        rows = checked.report.drift.n_window,
        report = %checked.published.html.display(),
        "{}",
        verdict_sentence(&checked.report),
    );
    let text = match args.format {
        Format::Json => to_json(&checked.report),
        Format::Text => {
            let colour =
                std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
            table(&checked, colour)
        }
    };
    say(&text);
    let window = checked.report.examined.window;
    if let Err(fault) = write_down(&settings, window, asked.now, monitor::RunResult::Told(&checked.report), args.send) {
        eprintln!("note: {fault}");
    }
    if window.to > asked.now {
        eprintln!("note: this window is not over, it ends at {}: more records may come, and no alert moves", window.to);
    }
    if args.send && checked.report.examined.empty_later.is_some() {
        tell_silence(&settings, asked, args.threads.map_or(cores, usize::from));
    }
    let is_alarm = checked.report.verdict.severity == Severity::Alarm;
    Ok(if args.exit_code && is_alarm { Ending::Alarm } else { Ending::Told })
}

/// The run takes its place in the ledger, which is waited for at most 5 s. The report is there already, whatever comes.
fn write_down(
    settings: &Settings,
    window: Window,
    now: Instant,
    result: monitor::RunResult<'_>,
    send: bool,
) -> Result<()> {
    let missing = |fault: Fault| fault.context("the report is written, the ledger does not know of it");
    let mut ledger = Ledger::open(&settings.state, Duration::from_secs(5)).map_err(missing)?;
    let cadence = settings.schedule.cadence();
    let newest = cadence.latest_complete(now, settings.schedule.lateness);
    let scheduled = cadence.has(window) && window.to <= newest.to;
    let compose = |telling: &Telling, report: Option<&Report>| daemon::compose(settings, telling, report, now);
    let tried = Tried { settings, window, scheduled, records: None, now };
    monitor::settle(&mut ledger, &tried, result, &compose).map_err(missing)?;
    // Once more: it may have opened an alert, or seen one recover.
    monitor::index(settings)?;
    if send { daemon::send_now(&mut ledger, settings) } else { Ok(()) }
}

/// The latest window holds no record, so an earlier one was looked at. With `--send` nobody else tells of the silence.
fn tell_silence(settings: &Settings, asked: Asked, threads: usize) {
    let newest = settings.schedule.cadence().latest_complete(asked.now, settings.schedule.lateness);
    let looking = Looking { threads, progress: &|_, _| () };
    let told = check(settings, Asked { window: Some(newest), ..asked }, looking)
        .and_then(|silent| write_down(settings, newest, asked.now, monitor::RunResult::Told(&silent.report), true));
    if let Err(fault) = told {
        eprintln!("note: {fault}");
    }
}

/// With `--send` nobody else tells of a check that failed.
fn failed(settings: &Settings, asked: Asked, fault: Fault) -> Fault {
    let newest = settings.schedule.cadence().latest_complete(asked.now, settings.schedule.lateness);
    let result = monitor::RunResult::Failed(Test::RunFailed, &fault);
    if let Err(further) = write_down(settings, asked.window.unwrap_or(newest), asked.now, result, true) {
        eprintln!("note: {further}");
    }
    fault
}

pub(super) fn window(from: &str, to: &str, zone: &TimeZone) -> Result<Window> {
    let at = |flag: &str, text: &str| {
        Instant::parse(text, zone)
            .ok_or_else(|| Fault::setup(format!("{flag} {text}: not a time; write 2026-11-01 or 2026-11-01T06:00:00Z")))
    };
    let (start, end) = (at("--from", from)?, at("--to", to)?);
    Window::new(start, end).ok_or_else(|| Fault::setup(format!("--to {to} is not after --from {from}")))
}
