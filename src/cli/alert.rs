//! `vigie alert list`, `ack`, `mute`, `test`.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};
use vigie_profile::{
    near::nearest,
    shown::{harmless, shown},
    window::Instant,
};

use super::{
    Ending,
    args::{AlertListArgs, AlertVerb, Format},
    say::say,
};
use crate::{
    alert::{self, Alert, Delivery, Mute, Phase},
    config::{Problems, Settings},
    fault::{Fault, Result},
    judge::Test,
    ledger::Ledger,
    monitor,
};

/// The ledger is waited for so long.
const WAIT: Duration = Duration::from_secs(5);

pub(super) fn run(verb: &AlertVerb) -> Result<Ending> {
    match verb {
        AlertVerb::List(args) => list(args)?,
        AlertVerb::Ack { id, of } => {
            let settings = first(&of.config)?;
            if !Ledger::open(&settings.state, WAIT)?.write(|entry| entry.acknowledge(*id))? {
                return Err(Fault::setup(format!("no open alert has the number {id}; `vigie alert list` shows them")));
            }
            say(&format!("alert {id} is acknowledged: no reminders until it recovers\n"));
        }
        AlertVerb::Mute { feature, until, model, of } => {
            let fleet = match model {
                Some(model) => vec![Settings::load_one(&of.config, Some(model)).map_err(Problems::into_fault)?],
                None => Settings::load_all(&of.config).map_err(Problems::into_fault)?,
            };
            mute(&fleet, feature, until, model.as_deref())?;
        }
        AlertVerb::Test(args) => test(&first(&args.config)?)?,
    }
    Ok(Ending::Told)
}

fn mute(fleet: &[Settings], feature: &str, until: &str, model: Option<&str>) -> Result<()> {
    let Some(settings) = fleet.first() else { return Ok(()) };
    let at = Instant::parse(until, &settings.schedule.zone).ok_or_else(|| {
        Fault::setup(format!("--until {until}: not a time; write 2026-12-01 or 2026-12-01T06:00:00Z"))
    })?;
    let now = Instant::now();
    let mute = Mute { model: model.map(ToOwned::to_owned), subject: feature.to_owned(), until: at };
    Ledger::open(&settings.state, WAIT)?.write(|entry| entry.put_mute(&mute, now))?;
    let feature = shown(feature);
    say(&if at > now {
        format!("nobody is told of {feature} until {at}; an alert that is open then is told\n")
    } else {
        format!("{at} is over: people are told of {feature} again\n")
    });
    if let Some(note) = stranger(fleet, &mute.subject) {
        eprintln!("note: {note}");
    }
    Ok(())
}

/// What is said of a subject that no model has. Segments, and references that cannot be read, may have any.
fn stranger(fleet: &[Settings], subject: &str) -> Option<String> {
    let mut known: Vec<String> = Vec::new();
    for settings in fleet {
        let reference = monitor::open_reference("reference", &settings.reference).ok()?;
        known.extend(reference.layout().features().iter().map(|feature| feature.name.clone()));
    }
    let has_segments = fleet.iter().any(|settings| settings.segments.is_some());
    if has_segments || Test::parse(subject).is_some() || known.iter().any(|name| name == subject) {
        return None;
    }
    let near = nearest(subject, known.iter().map(String::as_str));
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{}`?", shown(near)));
    Some(format!("no model has a feature `{}`{hint}", shown(subject)))
}

/// What all models of a config have in common stands in each.
fn first(config: &std::path::Path) -> Result<Settings> {
    let all = Settings::load_all(config).map_err(Problems::into_fault)?;
    all.into_iter().next().ok_or_else(|| Fault::setup("the config watches no model"))
}

fn list(args: &AlertListArgs) -> Result<()> {
    let settings = first(&args.config)?;
    let (live, past, mutes) = match Ledger::read(&settings.state)? {
        None => (Vec::new(), Vec::new(), Vec::new()),
        Some(mut ledger) => {
            ledger.view(|entry| Ok((entry.live_alerts(None)?, entry.past_alerts(20)?, entry.mutes(Instant::now())?)))?
        }
    };
    if args.format == Format::Json {
        let mutes: Vec<Value> = mutes
            .iter()
            .map(|mute| json!({ "model": mute.model, "feature": mute.subject, "until": mute.until }))
            .collect();
        let document = json!({
            "alerts": live.iter().map(as_json).collect::<Vec<_>>(),
            "recovered": past.iter().map(as_json).collect::<Vec<_>>(),
            "mutes": mutes,
        });
        say(&format!("{document:#}\n"));
        return Ok(());
    }
    let mut text = String::new();
    if live.is_empty() {
        text.push_str("no alert is open\n");
    }
    for alert in live.iter().chain(&past) {
        let _ = writeln!(text, "{}", line(alert));
    }
    for mute in &mutes {
        let of = mute.model.as_deref().map_or(String::new(), |model| format!(" of {}", shown(model)));
        let _ = writeln!(text, "muted until {}: {}{of}", mute.until, shown(&mute.subject));
    }
    say(&text);
    Ok(())
}

/// One alert in one line.
pub(super) fn line(alert: &Alert) -> String {
    let subject = alert.key.feature.as_deref().map_or("(run)".to_owned(), shown);
    let mut text = format!(
        "#{} {} {} {} {} {} since {}",
        alert.id.unwrap_or_default(),
        alert.phase.word(),
        alert.severity,
        alert.key.model,
        subject,
        alert.key.test.word(),
        alert.since
    );
    if alert.acknowledged {
        text.push_str(" (acknowledged)");
    }
    let _ = write!(text, ": {}", harmless(&alert.sentence));
    text
}

pub(super) fn as_json(alert: &Alert) -> Value {
    json!({
        "id": alert.id,
        "model": alert.key.model,
        "feature": alert.key.feature,
        "test": alert.key.test,
        "phase": alert.phase.word(),
        "severity": alert.severity,
        "since": alert.since,
        "opened_at": alert.opened,
        "told_at": alert.told,
        "reminders": alert.reminders,
        "acknowledged": alert.acknowledged,
        "pending_windows": (alert.phase == Phase::Pending).then_some(alert.streak),
        "value": alert.value,
        "limit": alert.limit,
        "reason": alert.sentence,
        "message_id": alert.thread,
    })
}

/// One real mail and one real call, past the outbox: whoever tests wants to know now.
fn test(settings: &Settings) -> Result<()> {
    let alerts = &settings.alerts;
    if alerts.email.is_none() && alerts.webhook.is_none() {
        return Err(Fault::setup(
            "alerts: neither `email` nor `webhook` is set, nobody would be told; see config/vigie.yaml",
        ));
    }
    let now = Instant::now();
    let telling = alert::trial(&settings.model.name, settings.language, now);
    if let Some(email) = &alerts.email {
        let letter = alert::compose(email, &telling, None, settings.base_url.as_deref(), settings.language, now)?;
        arrived("alerts.email", alert::deliver(email, &letter, alert::Patience::default()))?;
        say(&format!("the mail server took {} for {}\n", letter.message_id, letter.to.join(", ")));
    }
    if let Some(webhook) = &alerts.webhook {
        let call = alert::call_of(&telling, settings.base_url.as_deref());
        arrived("alerts.webhook", alert::post(webhook, &call, Duration::from_mins(1)))?;
        say("the webhook was called\n");
    }
    Ok(())
}

fn arrived(key: &str, delivery: Delivery) -> Result<()> {
    match delivery {
        Delivery::Accepted { refused } if refused.is_empty() => Ok(()),
        Delivery::Accepted { refused } => {
            let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
            Err(Fault::setup(format!("{key}: sent, but not to everybody: {}", refused.join("; "))))
        }
        Delivery::Refused(reason) => Err(Fault::setup(format!("{key}: refused: {reason}"))),
        Delivery::Later { reason, .. } => Err(Fault::retry(format!("{key}: not sent: {reason}"))),
    }
}
