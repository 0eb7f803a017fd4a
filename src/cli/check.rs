//! `vigie check`: one window, now.

use std::{io::IsTerminal, num::NonZero, time::Duration};

use jiff::tz::TimeZone;
use vigie_profile::window::{Instant, Span, Window};

use super::{
    ExitStatus,
    args::{CheckArgs, OutputFormat},
    check_range,
    left_out::too_many_left_out,
    print::{print, print_error},
    progress::ProgressLine,
};
use crate::{
    alert::Notification,
    config::{Problems, Settings},
    daemon::{self, Clock},
    fault::{Fault, Result},
    judge::{Severity, Test},
    ledger::Ledger,
    monitor::{
        self, AgainstRequest, RangeRequest, RunAttempt, RunOutput, RunRequest, ScanOptions, check, check_against,
    },
    report::{Report, terminal_words, to_json, to_terminal, verdict_sentence},
};

pub(super) fn run(args: &CheckArgs) -> Result<ExitStatus> {
    let settings = Settings::load_one(&args.config, "--model", args.model.as_deref()).map_err(Problems::into_fault)?;
    let window = match (&args.from, &args.to) {
        (Some(from), Some(to)) => Some(window(from, to, &settings.schedule.zone)?),
        _ => None,
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let bar = ProgressLine::new("reading the log");
    let scan_options =
        ScanOptions { threads: args.threads.map_or(cores, usize::from), progress: &|done, all| bar.update(done, all) };
    let request = RunRequest { window, now: Clock::from_env().now() };
    let settings = match monitor::with_registry_values(&settings) {
        Ok(own) => own.into_owned(),
        Err(fault) => return Err(if args.send { record_failure(&settings, request, fault) } else { fault }),
    };
    if let (Some(range), Some(each)) = (window, args.each) {
        let checked = check_range::run(&settings, RangeRequest { range, each, now: request.now }, scan_options)?;
        drop(bar);
        checked.print(args.format);
        return Ok(exit_status(args, checked.severity()));
    }
    if let (Some(window), Some(from), Some(to)) = (window, &args.against_from, &args.against_to) {
        let other = window_between(("--against-from", from), ("--against-to", to), &settings.schedule.zone)?;
        let checked = check_against(&settings, &AgainstRequest { window, other, now: request.now }, scan_options)?;
        drop(bar);
        print_report(args, &checked);
        return Ok(exit_status(args, checked.report.verdict.severity));
    }
    let is_first = monitor::is_first_check(&settings);
    let checked = match check(&settings, request, scan_options) {
        Ok(checked) => checked,
        Err(fault) => {
            drop(bar);
            return Err(if args.send { record_failure(&settings, request, fault) } else { fault });
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
    print_report(args, &checked);
    let window = checked.report.examined.window;
    if let Err(fault) = record(&settings, window, request.now, monitor::RunResult::Reported(&checked.report), args.send)
    {
        print_error(&format!("note: {fault}"));
    }
    if is_first {
        for note in monitor::first_check_notes(&settings, &checked.report) {
            print_error(&format!("note: {note}"));
        }
    }
    if let Some(note) = note_open_window(window, request.now, settings.schedule.lateness) {
        print_error(&format!("note: {note}"));
    }
    if args.send && checked.report.examined.empty_later.is_some() {
        record_silence(&settings, request, args.threads.map_or(cores, usize::from));
    }
    if let Some(fault) = too_many_left_out(&checked.report, &checked.published.html) {
        return Err(fault);
    }
    Ok(exit_status(args, checked.report.verdict.severity))
}

fn print_report(args: &CheckArgs, checked: &RunOutput) {
    print(&match args.format {
        OutputFormat::Json => to_json(&checked.report),
        OutputFormat::Text => {
            let colour =
                std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
            to_terminal(&checked.report, &checked.published.html, colour, terminal_words())
        }
    });
}

/// `severity`: that of the run, or the worst of several.
fn exit_status(args: &CheckArgs, severity: Severity) -> ExitStatus {
    if args.exit_code && severity == Severity::Alarm { ExitStatus::Alarm } else { ExitStatus::Success }
}

/// A note if records of the window may still arrive.
fn note_open_window(window: Window, now: Instant, lateness: Span) -> Option<String> {
    let place = if window.to > now {
        format!("the window ends in the future, at {}", window.to)
    } else if window.to.0.saturating_add(lateness.microseconds()) > now.0 {
        format!("the window ended at {}, less than schedule.lateness ({lateness}) ago", window.to)
    } else {
        return None;
    };
    Some(format!("{place}: more records may arrive, so alerts are unchanged"))
}

/// Records the run in the ledger, waiting for it at most 5 s. The report has been written already.
fn record(settings: &Settings, window: Window, now: Instant, result: monitor::RunResult<'_>, send: bool) -> Result<()> {
    let missing = |fault: Fault| fault.context("the report was written but not recorded in the ledger");
    let mut ledger = Ledger::open(&settings.state, Duration::from_secs(5)).map_err(missing)?;
    let cadence = settings.schedule.cadence();
    let newest = cadence.latest_complete(now, settings.schedule.lateness);
    let scheduled = cadence.contains(window) && window.to <= newest.to;
    let compose = |notification: &Notification, report: Option<&Report>| {
        daemon::compose_messages(settings, notification, report, now)
    };
    let attempt = RunAttempt { settings, window, scheduled, records: None, now };
    monitor::record_run(&mut ledger, &attempt, result, &compose).map_err(missing)?;
    // Update the index again: alerts may have opened or recovered.
    monitor::index(settings)?;
    match () {
        () if send => daemon::send_now(&mut ledger, settings),
        () if monitor::is_tracked(settings) => daemon::track_now(&mut ledger, settings),
        () => Ok(()),
    }
}

/// The latest window is empty, so an earlier one was checked. With `--send`, no daemon will alert on the silence.
fn record_silence(settings: &Settings, request: RunRequest, threads: usize) {
    let newest = settings.schedule.cadence().latest_complete(request.now, settings.schedule.lateness);
    let scan_options = ScanOptions { threads, progress: &|_, _| () };
    let result = check(settings, RunRequest { window: Some(newest), ..request }, scan_options)
        .and_then(|silent| record(settings, newest, request.now, monitor::RunResult::Reported(&silent.report), true));
    if let Err(fault) = result {
        print_error(&format!("note: {fault}"));
    }
}

/// Records a failed check. With `--send`, no daemon will alert on it.
fn record_failure(settings: &Settings, request: RunRequest, fault: Fault) -> Fault {
    let newest = settings.schedule.cadence().latest_complete(request.now, settings.schedule.lateness);
    let result = monitor::RunResult::Failed(Test::RunFailed, &fault);
    if let Err(record_fault) = record(settings, request.window.unwrap_or(newest), request.now, result, true) {
        print_error(&format!("note: {record_fault}"));
    }
    fault
}

pub(super) fn window(from: &str, to: &str, zone: &TimeZone) -> Result<Window> {
    window_between(("--from", from), ("--to", to), zone)
}

/// The window between two times, each with the flag that names it.
fn window_between(from: (&str, &str), to: (&str, &str), zone: &TimeZone) -> Result<Window> {
    let at = |(flag, text): (&str, &str)| {
        Instant::parse(text, zone).ok_or_else(|| {
            Fault::setup(format!("{flag} {text}: not a valid time; write 2026-11-01 or 2026-11-01T06:00:00Z"))
        })
    };
    let (start, end) = (at(from)?, at(to)?);
    Window::new(start, end)
        .ok_or_else(|| Fault::setup(format!("{} {} must be after {} {}", to.0, to.1, from.0, from.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_until_late_records_have_arrived() {
        let at = |text: &str| Instant::parse(text, &TimeZone::UTC).unwrap();
        let window = Window::new(at("2026-10-01"), at("2026-10-02")).unwrap();
        let note = |now: &str| note_open_window(window, at(now), Span::from_hours(2));
        assert_eq!(
            note("2026-10-01T23:00:00Z").unwrap(),
            "the window ends in the future, at 2026-10-02T00:00:00Z: more records may arrive, so alerts are unchanged"
        );
        assert_eq!(
            note("2026-10-02T01:59:59Z").unwrap(),
            "the window ended at 2026-10-02T00:00:00Z, less than schedule.lateness (2h) ago: more records may arrive, so \
             alerts are unchanged"
        );
        assert_eq!(note("2026-10-02T02:00:00Z"), None);
    }
}
