//! `vigie status`: summary of the ledger. Read-only; works while the daemon is running.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};
use vigie_profile::{
    shown::{harmless, shown},
    window::{Instant, Window},
};

use super::{
    ExitStatus, alert,
    args::{OutputFormat, StatusArgs},
    print::{noun, print},
};
use crate::{
    alert::{Alert, Phase},
    config::{Problems, Settings},
    daemon,
    fault::Result,
    ledger::{Ledger, QueuedMessage, RunRow, RunStatus, WatchState},
    monitor,
    report::Language,
};

/// Status of one model.
struct ModelStatus {
    name: String,
    last: Option<RunRow>,
    failed: Vec<RunRow>,
    watched: Option<WatchState>,
    next: Window,
    next_at: Instant,
    due: usize,
}

struct Status {
    has_ledger: bool,
    is_running: bool,
    models: Vec<ModelStatus>,
    alerts: Vec<Alert>,
    messages: Vec<QueuedMessage>,
}

pub(super) fn run(args: &StatusArgs) -> Result<ExitStatus> {
    let fleet = Settings::load_all(&args.config).map_err(Problems::into_fault)?;
    if args.rebuild {
        rebuild(&fleet)?;
    }
    let status = read(&fleet)?;
    print(&match args.format {
        OutputFormat::Json => format!("{:#}\n", as_json(&status)),
        OutputFormat::Text => as_text(&status),
    });
    Ok(ExitStatus::Success)
}

fn rebuild(fleet: &[Settings]) -> Result<()> {
    let Some(first) = fleet.first() else { return Ok(()) };
    let _lock = daemon::lock(&first.state)?;
    if let Some(aside) = Ledger::set_aside(&first.state, Instant::now())? {
        print(&format!("damaged ledger set aside as {}\n", aside.display()));
    }
    let mut ledger = Ledger::open(&first.state, Duration::from_secs(5))?;
    for settings in fleet {
        let (runs, unreadable) = monitor::rebuild(settings, &mut ledger)?;
        print(&format!("{}: {runs} {} rebuilt from reports", settings.model.name, noun(runs as u64, "run")));
        print(&match unreadable {
            0 => "\n".to_owned(),
            n => format!("; {n} {} without a readable report\n", noun(n as u64, "folder")),
        });
    }
    Ok(())
}

fn read(fleet: &[Settings]) -> Result<Status> {
    let now = daemon::Clock::from_env().now();
    let state = fleet.first().map(|settings| settings.state.clone()).unwrap_or_default();
    let ledger = Ledger::read(&state)?;
    let is_running = daemon::is_held(&state);
    let has_ledger = ledger.is_some();
    let mut status = Status { has_ledger, is_running, models: Vec::new(), alerts: Vec::new(), messages: Vec::new() };
    let mut ledger = ledger;
    if let Some(ledger) = &mut ledger {
        (status.alerts, status.messages) = ledger.view(|entry| Ok((entry.live_alerts(None)?, entry.undelivered()?)))?;
    }
    if let Some(settings) = fleet.first() {
        status.messages.iter_mut().for_each(|message| explain_waiting(message, settings));
    }
    for settings in fleet {
        let name = settings.model.name.clone();
        let (runs, watched) = match &mut ledger {
            Some(ledger) => ledger.view(|entry| Ok((entry.latest(&name, 100)?, entry.watch_state(&name)?)))?,
            None => (Vec::new(), None),
        };
        let cadence = settings.schedule.cadence();
        let newest = cadence.latest_complete(now, settings.schedule.lateness);
        let due = match (&mut ledger, &watched) {
            (Some(ledger), Some(watched)) => daemon::due_from_ledger(ledger, settings, watched, newest, now)?.windows,
            _ => Vec::new(),
        };
        let next = due.first().copied().unwrap_or_else(|| cadence.after(newest));
        let failed = runs.iter().filter(|run| run.status.word() != "told").cloned().collect();
        let due = due.len();
        status.models.push(ModelStatus {
            name,
            last: runs.into_iter().next(),
            failed,
            watched,
            next,
            next_at: Instant(next.to.0.saturating_add(settings.schedule.lateness.microseconds())),
            due,
        });
    }
    Ok(status)
}

/// States why nobody sends a message, if its channel is not configured.
fn explain_waiting(message: &mut QueuedMessage, settings: &Settings) {
    let Some(why) = daemon::why_waiting(settings, &message.channel) else { return };
    for recipient in message.to.iter_mut().filter(|recipient| recipient.is_queued()) {
        recipient.reason = Some(why.clone());
    }
}

fn run_json(run: &RunRow) -> Value {
    json!({
        "window": run.window,
        "revision": run.revision,
        "outcome": run.status.word(),
        "severity": run.severity,
        "sentence": Language::English.headline(&run.headline),
        "rows_used": run.rows_used,
        "attempts": run.attempts,
        "trend_line": run.line,
        "created_at": run.created_at,
        "report": run.report,
        "note": run.note.as_ref().map(|note| Language::English.note(note)),
    })
}

/// The verdict, or why there is no report.
fn sentence(run: &RunRow) -> String {
    Language::English.headline(&run.headline).unwrap_or_default()
}

fn as_json(status: &Status) -> Value {
    let models: Vec<Value> = status
        .models
        .iter()
        .map(|model| {
            json!({
                "model": model.name,
                "last_run": model.last.as_ref().map(run_json),
                "without_report": model.failed.iter().map(run_json).collect::<Vec<_>>(),
                "watched_since": model.watched.as_ref().map(|watched| watched.first),
                "next_window": model.next,
                "next_window_at": model.next_at,
                "due_windows": model.due,
            })
        })
        .collect();
    let messages: Vec<Value> = status
        .messages
        .iter()
        .flat_map(|message| message.to.iter().map(move |recipient| (message, recipient)))
        .map(|(message, recipient)| {
            json!({
                "model": message.model,
                "channel": message.channel,
                "to": (!recipient.address.is_empty()).then_some(&recipient.address),
                "message_id": message.message_id,
                "subject": message.subject,
                "state": recipient.state,
                "queued_at": message.queued_at,
                "attempts": recipient.attempts,
                "next_try_at": (recipient.is_queued()).then_some(recipient.next_at),
                "reason": recipient.reason,
            })
        })
        .collect();
    let alerts = |phase: Phase| -> Vec<Value> {
        status.alerts.iter().filter(|alert| alert.phase == phase).map(alert::as_json).collect()
    };
    json!({
        "daemon_running": status.is_running,
        "ledger": status.has_ledger,
        "models": models,
        "open_alerts": alerts(Phase::Open),
        "pending_alerts": alerts(Phase::Pending),
        "undelivered": messages,
    })
}

fn as_text(status: &Status) -> String {
    let mut text = String::new();
    let running = if status.is_running { "the daemon is running" } else { "the daemon is not running" };
    let _ = writeln!(text, "{running}");
    if !status.has_ledger {
        let _ = writeln!(text, "no ledger yet: `vigie run` or `vigie check` creates it");
    }
    for model in &status.models {
        let _ = writeln!(text, "\n{}", model.name);
        match &model.last {
            None => {
                let _ = writeln!(text, "  last run      none yet");
            }
            Some(run) => {
                let severity = run.severity.map_or(run.status.word(), |severity| severity.word());
                let _ = writeln!(text, "  last run      {} to {}: {severity}", run.window.from, run.window.to);
                // Runs without a report are listed below.
                if run.status == RunStatus::Reported {
                    let _ = writeln!(text, "                {}", harmless(&sentence(run)));
                }
                if let Some(note) = &run.note {
                    let _ = writeln!(text, "                {}", harmless(&Language::English.note(note)));
                }
            }
        }
        for run in model.failed.iter().take(5) {
            let _ = writeln!(
                text,
                "  no report     {} to {}: {}: {}",
                run.window.from,
                run.window.to,
                run.status.word(),
                harmless(&sentence(run))
            );
        }
        if model.due > 0 {
            let windows = noun(model.due as u64, "window");
            let _ = writeln!(text, "  due now       {} {windows} from {}", model.due, model.next.from);
        } else {
            let _ =
                writeln!(text, "  next window   {} to {}, due at {}", model.next.from, model.next.to, model.next_at);
        }
    }
    let open: Vec<&Alert> = status.alerts.iter().filter(|alert| alert.phase == Phase::Open).collect();
    let alerts = noun(open.len() as u64, "alert");
    let _ = writeln!(text, "\n{} open {alerts}, {} pending", open.len(), status.alerts.len() - open.len());
    for one in open {
        let _ = writeln!(text, "  {}", alert::line(one));
    }
    // Delivery is per recipient: one may have the message and another not.
    let recipients = || status.messages.iter().flat_map(|message| message.to.iter().map(move |to| (message, to)));
    let waiting = recipients().filter(|(_, to)| to.is_queued()).count();
    let messages = noun(waiting as u64, "message");
    let refused = recipients().count() - waiting;
    let _ = writeln!(text, "{waiting} {messages} pending, {refused} rejected");
    for (message, to) in recipients() {
        let recipient = if to.address.is_empty() { String::new() } else { format!(" to {}", shown(&to.address)) };
        let _ = writeln!(
            text,
            "  {} {}{recipient}: {}: {}",
            shown(&message.channel),
            to.state,
            shown(&message.subject),
            to.reason.as_deref().map_or("not attempted yet".to_owned(), harmless)
        );
    }
    text
}
