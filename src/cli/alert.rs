//! `vigie alert list`, `ack`, `mute`, `test`.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};
use vigie_profile::{
    near::nearest,
    shown::{harmless, shown},
    window::Instant,
};

use super::{
    ExitStatus,
    args::{AlertListArgs, AlertVerb, OutputFormat},
    print::{print, print_error},
};
use crate::{
    alert::{self, Alert, Channel, ComposeContext, Delivery, Mute, Notification, Phase, Timeouts},
    config::{Alerts, Problems, Settings},
    fault::{Fault, Remedy, Result},
    judge::{Story, Test},
    ledger::Ledger,
    monitor,
    report::Language,
};

/// How long to wait for the ledger.
const WAIT: Duration = Duration::from_secs(5);

pub(super) fn run(verb: &AlertVerb) -> Result<ExitStatus> {
    match verb {
        AlertVerb::List(args) => list(args)?,
        AlertVerb::Ack { alert, config } => acknowledge(&shared_settings(&config.config)?, alert)?,
        AlertVerb::Mute { subject, until, model, config } => {
            let models = match model {
                Some(model) => {
                    vec![Settings::load_one(&config.config, "--model", Some(model)).map_err(Problems::into_fault)?]
                }
                None => Settings::load_all(&config.config).map_err(Problems::into_fault)?,
            };
            mute(&models, subject, until, model.as_deref())?;
        }
        AlertVerb::Test(args) => test(&shared_settings(&args.config)?)?,
    }
    Ok(ExitStatus::Success)
}

/// Acknowledges an alert by its number, or all alerts with this name.
fn acknowledge(settings: &Settings, alert: &str) -> Result<()> {
    let mut ledger = Ledger::open(&settings.state, WAIT)?;
    let ids = ledger.write(|entry| {
        let ids: Vec<i64> = match alert.parse() {
            Ok(id) => vec![id],
            Err(_) => {
                let live = entry.live_alerts(None)?;
                live.iter().filter(|one| is_named(one, alert)).filter_map(|one| one.id).collect()
            }
        };
        let mut open = Vec::new();
        for id in ids {
            if entry.acknowledge(id)? {
                open.push(id);
            }
        }
        Ok(open)
    })?;
    if ids.is_empty() {
        let alert = shown(alert);
        return Err(Fault::setup(format!("alert {alert} is not open; `vigie alert list` shows open alerts")));
    }
    for id in ids {
        print(&format!("alert {id} acknowledged: no reminders until it recovers\n"));
    }
    Ok(())
}

/// Returns whether a name is that of an alert: of its subject, of its story, or of its test if it is about all rows.
fn is_named(alert: &Alert, name: &str) -> bool {
    let finding = &alert.finding;
    let own = finding.story().map(Story::subject);
    let subjects = [Some(&finding.subject), own.as_ref()];
    finding.subject.name().is_none() && finding.test.word() == name
        || subjects.into_iter().flatten().any(|subject| subject.name() == Some(name))
}

fn mute(models: &[Settings], subject: &str, until: &str, model: Option<&str>) -> Result<()> {
    let Some(settings) = models.first() else { return Ok(()) };
    let at = Instant::parse(until, &settings.schedule.zone).ok_or_else(|| {
        Fault::setup(format!("--until {until}: not a valid time; write 2026-12-01 or 2026-12-01T06:00:00Z"))
    })?;
    let now = Instant::now();
    // A mute that is over may be of a feature that has been removed.
    if at > now {
        refuse_unknown(models, subject, settings)?;
    }
    let mute = Mute { model: model.map(ToOwned::to_owned), subject: subject.to_owned(), until: at };
    Ledger::open(&settings.state, WAIT)?.write(|entry| entry.put_mute(&mute, now))?;
    let subject = shown(subject);
    print(&if at > now {
        format!("{subject} is muted until {at}; alerts still open at that time will be sent then\n")
    } else {
        format!("{at} is in the past: {subject} is no longer muted\n")
    });
    Ok(())
}

/// Fails if no model has the subject: the mute would silence nothing.
fn refuse_unknown(models: &[Settings], subject: &str, shared: &Settings) -> Result<()> {
    let mut known: Vec<String> = Test::OF_WHOLE.iter().map(|test| test.word().to_owned()).collect();
    let live =
        Ledger::read(&shared.state)?.map(|mut ledger| ledger.view(|entry| entry.live_alerts(None))).transpose()?;
    if live.iter().flatten().any(|alert| is_named(alert, subject)) {
        return Ok(());
    }
    for settings in models {
        match monitor::subjects(settings) {
            Ok(subjects) => known.extend(subjects),
            Err(fault) => {
                print_error(&format!("note: whether {} exists was not checked: {fault}", shown(subject)));
                return Ok(());
            }
        }
    }
    if known.iter().any(|name| name == subject) {
        return Ok(());
    }
    let near = nearest(subject, known.iter().map(String::as_str));
    let hint = near.map_or("; `vigie alert list` shows what can be muted".to_owned(), |near| {
        format!("; did you mean `{}`?", shown(near))
    });
    Err(Fault::setup(format!("no model has a feature, group, segment or test named `{}`{hint}", shown(subject))))
}

/// The settings shared by all models, taken from the first.
fn shared_settings(config: &std::path::Path) -> Result<Settings> {
    let all = Settings::load_all(config).map_err(Problems::into_fault)?;
    all.into_iter().next().ok_or_else(|| Fault::setup("the config defines no model"))
}

fn list(args: &AlertListArgs) -> Result<()> {
    let settings = shared_settings(&args.config)?;
    let (live, past, mutes) = match Ledger::read(&settings.state)? {
        None => (Vec::new(), Vec::new(), Vec::new()),
        Some(mut ledger) => {
            ledger.view(|entry| Ok((entry.live_alerts(None)?, entry.past_alerts(20)?, entry.mutes(Instant::now())?)))?
        }
    };
    if args.format == OutputFormat::Json {
        let mutes: Vec<Value> = mutes
            .iter()
            .map(|mute| json!({ "model": mute.model, "feature": mute.subject, "until": mute.until }))
            .collect();
        let document = json!({
            "alerts": live.iter().map(as_json).collect::<Vec<_>>(),
            "recovered": past.iter().map(as_json).collect::<Vec<_>>(),
            "mutes": mutes,
        });
        print(&format!("{document:#}\n"));
        return Ok(());
    }
    let mut text = String::new();
    if live.is_empty() {
        text.push_str("no open alerts\n");
    }
    for alert in live.iter().chain(&past) {
        let _ = writeln!(text, "{}", line(alert));
    }
    for mute in &mutes {
        let model = mute.model.as_deref().map_or(String::new(), |model| format!(" (model {})", shown(model)));
        let _ = writeln!(text, "muted until {}: {}{model}", mute.until, shown(&mute.subject));
    }
    print(&text);
    Ok(())
}

/// One alert as a line of text.
pub(super) fn line(alert: &Alert) -> String {
    let finding = &alert.finding;
    let subject = finding.subject.name().map_or("whole run".to_owned(), shown);
    let mut text = format!(
        "#{} {} {} · {} · {} · {} since {}",
        alert.id.unwrap_or_default(),
        alert.phase.word(),
        finding.severity,
        shown(&alert.model),
        subject,
        finding.test.word(),
        alert.since
    );
    if alert.acknowledged {
        text.push_str(" (acknowledged)");
    }
    let _ = write!(text, ": {}", harmless(&Language::English.statement(finding)));
    text
}

pub(super) fn as_json(alert: &Alert) -> Value {
    let finding = &alert.finding;
    json!({
        "id": alert.id,
        "model": alert.model,
        "subject": finding.subject,
        "feature": finding.subject.feature(),
        "features": finding.story().map(|story| story.members.iter().map(|one| one.feature.as_str()).collect::<Vec<_>>()),
        "test": finding.test,
        "phase": alert.phase.word(),
        "severity": finding.severity,
        "since": alert.since,
        "opened_at": alert.opened,
        "told_at": alert.notified,
        "reminders": alert.reminders,
        "acknowledged": alert.acknowledged,
        "pending_windows": (alert.phase == Phase::Pending).then_some(alert.streak),
        "value": finding.value,
        "limit": finding.limit,
        "reason": Language::English.statement(finding),
        "message_id": alert.thread,
    })
}

/// Sends a real message on each channel, bypassing the outbox for immediate feedback.
fn test(settings: &Settings) -> Result<()> {
    let channels = settings.alerts.channels();
    if channels.is_empty() {
        let known: Vec<String> = Alerts::specs().iter().map(|spec| format!("`{}`", spec.word)).collect();
        return Err(Fault::setup(format!(
            "alerts: set {} to receive alerts; see config/vigie.yaml",
            known.join(" or ")
        )));
    }
    let now = Instant::now();
    let notification = alert::test_notification(&settings.model.name, now);
    let base_url = settings.base_url.as_deref();
    let context = ComposeContext { report: None, base_url, language: settings.language, now };
    let failed: Vec<Fault> =
        channels.into_iter().filter_map(|channel| test_channel(channel, &notification, &context).err()).collect();
    combined(&failed).map_or(Ok(()), Err)
}

/// Joins the failures of several channels. A later attempt may succeed if that is true of each.
fn combined(failed: &[Fault]) -> Option<Fault> {
    if failed.len() < 2 {
        return failed.first().cloned();
    }
    let sentences: Vec<String> = failed.iter().map(ToString::to_string).collect();
    let sentence = sentences.join("; ");
    let may_succeed_later = failed.iter().all(|fault| fault.remedy() == Remedy::Retry);
    Some(if may_succeed_later { Fault::retry(sentence) } else { Fault::setup(sentence) })
}

fn test_channel(channel: &dyn Channel, notification: &Notification, context: &ComposeContext<'_>) -> Result<()> {
    let spec = channel.spec();
    for message in channel.compose(notification, context)? {
        check_delivered(&format!("alerts.{}", spec.word), channel.send(&message, Timeouts::default()))?;
        print(&if message.to.is_empty() {
            format!("{} accepted the message\n", spec.server)
        } else {
            format!("{} accepted {} for {}\n", spec.server, message.message_id, message.to.join(", "))
        });
    }
    Ok(())
}

fn check_delivered(key: &str, delivery: Delivery) -> Result<()> {
    match delivery {
        Delivery::Accepted { refused } if refused.is_empty() => Ok(()),
        Delivery::Accepted { refused } => {
            let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
            Err(Fault::setup(format!("{key}: refused for some recipients: {}", refused.join("; "))))
        }
        Delivery::Refused { reason, .. } => Err(Fault::setup(format!("{key}: refused: {reason}"))),
        Delivery::Later { reason, .. } => Err(Fault::retry(format!("{key}: not sent: {reason}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Remedy, combined};

    #[test]
    fn failures_of_several_channels_are_joined() {
        let (later, setup) = (Fault::retry("alerts.slack: not sent"), Fault::setup("alerts.webhook: refused"));
        let outcome = |failed: &[Fault]| combined(failed).map(|fault| (fault.remedy(), fault.to_string()));
        assert_eq!(outcome(&[]), None);
        assert_eq!(outcome(std::slice::from_ref(&later)), Some((Remedy::Retry, "alerts.slack: not sent".to_owned())));
        let twice = "alerts.slack: not sent; alerts.slack: not sent";
        assert_eq!(outcome(&[later.clone(), later.clone()]), Some((Remedy::Retry, twice.to_owned())));
        let mixed = "alerts.slack: not sent; alerts.webhook: refused";
        assert_eq!(outcome(&[later, setup]), Some((Remedy::FixSetup, mixed.to_owned())));
    }
}
