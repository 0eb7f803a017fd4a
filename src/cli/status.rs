//! `vigie status`: what the ledger knows. It reads only, and works beside the daemon.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};
use vigie_profile::{
    shown::{harmless, shown},
    window::{Instant, Window},
};

use super::{
    Ending, alert,
    args::{Format, StatusArgs},
    say::say,
};
use crate::{
    alert::{Alert, Phase},
    config::{Problems, Settings},
    daemon,
    fault::Result,
    ledger::{Channel, Ended, Ledger, Letter, RunRow, Watched},
    monitor,
};

/// What is known of one model.
struct ModelStatus {
    name: String,
    last: Option<RunRow>,
    failed: Vec<RunRow>,
    watched: Option<Watched>,
    next: Window,
    next_at: Instant,
    due: usize,
}

struct Status {
    has_ledger: bool,
    is_running: bool,
    models: Vec<ModelStatus>,
    alerts: Vec<Alert>,
    letters: Vec<Letter>,
}

pub(super) fn run(args: &StatusArgs) -> Result<Ending> {
    let fleet = Settings::load_all(&args.config).map_err(Problems::into_fault)?;
    if args.rebuild {
        rebuild(&fleet)?;
    }
    let status = read(&fleet)?;
    say(&match args.format {
        Format::Json => format!("{:#}\n", as_json(&status)),
        Format::Text => as_text(&status),
    });
    Ok(Ending::Told)
}

fn rebuild(fleet: &[Settings]) -> Result<()> {
    let Some(first) = fleet.first() else { return Ok(()) };
    let _alone = daemon::lock(&first.state)?;
    if let Some(aside) = Ledger::set_aside(&first.state, Instant::now())? {
        say(&format!("the damaged ledger was set aside as {}\n", aside.display()));
    }
    let mut ledger = Ledger::open(&first.state, Duration::from_secs(5))?;
    for settings in fleet {
        let (runs, unreadable) = monitor::rebuild(settings, &mut ledger)?;
        say(&format!("{}: {runs} runs were read from their reports", settings.model.name));
        say(&match unreadable {
            0 => "\n".to_owned(),
            n => format!("; {n} folders hold no report that can be read\n"),
        });
    }
    Ok(())
}

fn read(fleet: &[Settings]) -> Result<Status> {
    let now = daemon::Clock::of_environment().now();
    let state = fleet.first().map(|settings| settings.state.clone()).unwrap_or_default();
    let ledger = Ledger::read(&state)?;
    let is_running = daemon::is_held(&state);
    let has_ledger = ledger.is_some();
    let mut status = Status { has_ledger, is_running, models: Vec::new(), alerts: Vec::new(), letters: Vec::new() };
    let mut ledger = ledger;
    if let Some(ledger) = &mut ledger {
        (status.alerts, status.letters) = ledger.view(|entry| Ok((entry.live_alerts(None)?, entry.undelivered()?)))?;
    }
    for settings in fleet {
        let name = settings.model.name.clone();
        let (runs, watched) = match &mut ledger {
            Some(ledger) => ledger.view(|entry| Ok((entry.latest(&name, 100)?, entry.watched(&name)?)))?,
            None => (Vec::new(), None),
        };
        let cadence = settings.schedule.cadence();
        let newest = cadence.latest_complete(now, settings.schedule.lateness);
        let due = match (&mut ledger, &watched) {
            (Some(ledger), Some(watched)) => daemon::of_ledger(ledger, settings, watched, newest)?.windows,
            _ => Vec::new(),
        };
        let next = due.first().copied().unwrap_or_else(|| cadence.after(newest));
        let failed = runs.iter().filter(|run| run.ended.word() != "told").cloned().collect();
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

fn run_json(run: &RunRow) -> Value {
    json!({
        "window": run.window,
        "revision": run.revision,
        "outcome": run.ended.word(),
        "severity": run.severity,
        "sentence": run.sentence,
        "rows_used": run.rows_used,
        "attempts": run.attempts,
        "trend_line": run.line,
        "created_at": run.created_at,
        "report": run.report,
        "note": run.note,
    })
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
    let letters: Vec<Value> = status
        .letters
        .iter()
        .flat_map(|letter| letter.to.iter().map(move |recipient| (letter, recipient)))
        .map(|(letter, recipient)| {
            json!({
                "model": letter.model,
                "channel": letter.channel.word(),
                "to": (letter.channel == Channel::Email).then_some(&recipient.address),
                "message_id": letter.message_id,
                "subject": letter.subject,
                "state": recipient.state,
                "queued_at": letter.queued_at,
                "attempts": recipient.attempts,
                "next_try_at": (recipient.waits()).then_some(recipient.next_at),
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
        "undelivered": letters,
    })
}

fn as_text(status: &Status) -> String {
    let mut text = String::new();
    let running = if status.is_running { "the daemon is running" } else { "the daemon is not running" };
    let _ = writeln!(text, "{running}");
    if !status.has_ledger {
        let _ = writeln!(text, "there is no ledger yet: `vigie run` or `vigie check` makes it");
    }
    for model in &status.models {
        let _ = writeln!(text, "\n{}", model.name);
        match &model.last {
            None => {
                let _ = writeln!(text, "  last run      none yet");
            }
            Some(run) => {
                let severity = run.severity.map_or(run.ended.word(), |severity| severity.word());
                let _ = writeln!(text, "  last run      {} to {}: {severity}", run.window.from, run.window.to);
                // Why one has no report stands below.
                if run.ended == Ended::Told {
                    let _ = writeln!(text, "                {}", harmless(&run.sentence));
                }
                if let Some(note) = &run.note {
                    let _ = writeln!(text, "                {}", harmless(note));
                }
            }
        }
        for run in model.failed.iter().take(5) {
            let _ = writeln!(
                text,
                "  no report     {} to {}: {}: {}",
                run.window.from,
                run.window.to,
                run.ended.word(),
                harmless(&run.sentence)
            );
        }
        if model.due > 0 {
            let windows = if model.due == 1 { "window" } else { "windows" };
            let _ = writeln!(text, "  due now       {} {windows} from {}", model.due, model.next.from);
        } else {
            let _ = writeln!(
                text,
                "  next window   {} to {}, looked at after {}",
                model.next.from, model.next.to, model.next_at
            );
        }
    }
    let open: Vec<&Alert> = status.alerts.iter().filter(|alert| alert.phase == Phase::Open).collect();
    let alerts = if open.len() == 1 { "alert" } else { "alerts" };
    let _ = writeln!(text, "\n{} open {alerts}, {} pending", open.len(), status.alerts.len() - open.len());
    for one in open {
        let _ = writeln!(text, "  {}", alert::line(one));
    }
    // A letter to two people is two messages: one may have his, and the other none.
    let recipients = || status.letters.iter().flat_map(|letter| letter.to.iter().map(move |to| (letter, to)));
    let waiting = recipients().filter(|(_, to)| to.waits()).count();
    let messages = if waiting == 1 { "message waits" } else { "messages wait" };
    let refused = recipients().count() - waiting;
    let were = if refused == 1 { "was" } else { "were" };
    let _ = writeln!(text, "{waiting} {messages}, {refused} {were} not taken");
    for (letter, to) in recipients() {
        let name = format!("{}: ", to.address);
        let why = to.reason.as_deref().map(|why| why.strip_prefix(&name).unwrap_or(why));
        let whom = if to.address.is_empty() { String::new() } else { format!(" to {}", shown(&to.address)) };
        let _ = writeln!(
            text,
            "  {} {}{whom}: {}: {}",
            letter.channel.word(),
            to.state,
            shown(&letter.subject),
            why.map_or("not tried yet".to_owned(), harmless)
        );
    }
    text
}
