//! The PagerDuty channel: the Events API v2. Each alert is an incident, opened and resolved under the same key.
//!
//! <https://developer.pagerduty.com/docs/send-alert-event>

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vigie_profile::shown::harmless;

use super::{
    AlertChange, AlertKey, Channel, ChannelKey, ChannelSpec, ComposeContext, Delivery, Event, KeyKind, Message,
    MissingSecret, Notification, Timeouts,
    channel::set_files,
    content::link,
    http::Post,
    message::digest,
    secret::{credential, secret, secret_key},
    words::{change_word, headline, reason, severity_word, short, subject},
};
use crate::{
    fault::Result,
    judge::{Headline, Severity, Subject, Test},
};

/// The `alerts.pagerduty:` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PagerDuty {
    /// The URL of the Events API. In the EU region: `https://events.eu.pagerduty.com/v2/enqueue`.
    #[serde(default = "default_url")]
    pub url: String,
    /// A file that contains the integration key (routing key) of the service and nothing else. Default: the systemd
    /// credential `vigie.pagerduty-key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_key_file: Option<PathBuf>,
    /// A PEM file with certificates to trust in addition to the system's, for example those of a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

fn default_url() -> String {
    "https://events.pagerduty.com/v2/enqueue".to_owned()
}

/// Maximum number of characters in a summary.
const MAX_SUMMARY: usize = 1_024;
/// Number of characters in an integration key.
const KEY_LENGTH: usize = 32;

impl PagerDuty {
    pub const SPEC: ChannelSpec = ChannelSpec {
        word: "pagerduty",
        server: "PagerDuty",
        credential: "vigie.pagerduty-key",
        keys: &[
            ChannelKey::new("alerts.pagerduty", KeyKind::Section),
            ChannelKey::new(
                "alerts.pagerduty.url",
                KeyKind::WebUrl { example: "https://events.pagerduty.com/v2/enqueue" },
            ),
            ChannelKey::new("alerts.pagerduty.routing_key_file", KeyKind::SecretFile),
            ChannelKey::new("alerts.pagerduty.ca_file", KeyKind::CertificateFile),
        ],
        has_threads: false,
    };

    /// Returns the routing key and the name of its place, or a sentence that says what to fix.
    fn routing_key(&self) -> Result<(String, String), String> {
        let name = Self::SPEC.credential;
        let place = secret_key("alerts.pagerduty.routing_key_file", self.routing_key_file.is_some(), name);
        let file = self.routing_key_file.clone().or_else(|| credential(name)).ok_or_else(|| {
            format!(
                "alerts.pagerduty has no routing key; set alerts.pagerduty.routing_key_file or pass the systemd credential {name}"
            )
        })?;
        let key = secret(&file).map_err(|why| format!("{place}: {why}"))?;
        // PagerDuty would reject the message, although nothing is wrong with it.
        if key.len() != KEY_LENGTH || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let file = file.display();
            return Err(format!("{place}: {file}: not an integration key, which has {KEY_LENGTH} letters and digits"));
        }
        Ok((key, place))
    }

    fn post(&self, body: &[u8], (key, place): (&str, &str), timeouts: Timeouts) -> Delivery {
        let post = Post {
            server: Self::SPEC.server,
            url: &self.url,
            url_place: "alerts.pagerduty.url",
            secret_place: place,
            ca: ("alerts.pagerduty.ca_file", self.ca_file.as_deref()),
            headers: &[],
            body,
        };
        let reply = match post.send(timeouts.dialogue) {
            Ok(reply) => reply,
            Err(failed) => return failed,
        };
        let rejection = Rejection::parse(&reply.body);
        let detail = rejection.detail().map(|detail| harmless(&detail.replace(key, "***")));
        // An unknown or revoked key is a bad request. The event is fine and is kept.
        if reply.status == 400 && rejection.mentions_routing_key() {
            return post.rejected_setup(&reply, detail.as_deref(), place);
        }
        post.delivery(&reply, detail.as_deref())
    }
}

impl Channel for PagerDuty {
    fn spec(&self) -> &'static ChannelSpec {
        &Self::SPEC
    }

    fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        set_files([
            ("alerts.pagerduty.routing_key_file", &mut self.routing_key_file),
            ("alerts.pagerduty.ca_file", &mut self.ca_file),
        ])
    }

    fn missing_secret(&self) -> Option<MissingSecret> {
        self.routing_key_file.is_none().then_some(MissingSecret {
            key: "alerts.pagerduty",
            problem: "`alerts.pagerduty` has no routing key",
            file_key: "routing_key_file",
        })
    }

    /// One message per alert, so that one that PagerDuty refuses does not keep back the others.
    fn compose(&self, notification: &Notification, context: &ComposeContext<'_>) -> Result<Vec<Message>> {
        let notification = &notification.redacted();
        if notification.headline == Headline::Test {
            return Ok(test_messages(notification, context));
        }
        let events = notification.events.iter();
        Ok(events.flat_map(|event| alert_messages(notification, event, context)).collect())
    }

    /// Adds the routing key, which is not stored with the message.
    fn send(&self, message: &Message, timeouts: Timeouts) -> Delivery {
        let (key, place) = match self.routing_key() {
            Ok(found) => found,
            Err(reason) => return Delivery::setup(&reason),
        };
        match serde_json::from_slice(&message.bytes) {
            Ok(Value::Object(mut event)) => {
                event.insert("routing_key".to_owned(), json!(key));
                self.post(Value::Object(event).to_string().as_bytes(), (&key, &place), timeouts)
            }
            _ => Delivery::refused("the stored message is not a PagerDuty event"),
        }
    }
}

/// Why PagerDuty rejects an event: `{"status": …, "message": …, "errors": […]}`. Every part may be missing.
struct Rejection {
    message: Option<String>,
    errors: Vec<String>,
}

impl Rejection {
    fn parse(body: &str) -> Self {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        let errors = body.get("errors").and_then(Value::as_array);
        Self {
            message: body.get("message").and_then(text),
            errors: errors.into_iter().flatten().filter_map(text).collect(),
        }
    }

    fn detail(&self) -> Option<String> {
        if self.errors.is_empty() { self.message.clone() } else { Some(self.errors.join("; ")) }
    }

    /// Matches `Invalid routing key` and `'routing_key' is missing`.
    fn mentions_routing_key(&self) -> bool {
        let mentions = |text: &String| text.to_lowercase().replace('_', " ").contains("routing key");
        self.errors.iter().chain(&self.message).any(mentions)
    }
}

/// What an event does to the alert's incident.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Trigger,
    Resolve,
}

impl Action {
    /// Nobody is called for what waits for the daily digest. A reminder triggers again: PagerDuty adds it to an open
    /// incident, and opens a new one if someone resolved it although the drift persists. A recovery always
    /// resolves: the last finding of an alarm may be a watch, and PagerDuty ignores the event if there is no incident.
    fn of_event(event: &Event) -> Option<Self> {
        match event.change {
            AlertChange::Recovered => Some(Self::Resolve),
            AlertChange::Opened | AlertChange::Worsened | AlertChange::Reminded => {
                (event.finding.severity > Severity::Watch).then_some(Self::Trigger)
            }
            AlertChange::Noted => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Resolve => "resolve",
        }
    }
}

/// The messages about one event; none if it does not concern an incident. An alert that was opened under another name keeps that
/// incident, and resolves those of all its names.
fn alert_messages(notification: &Notification, event: &Event, context: &ComposeContext<'_>) -> Vec<Message> {
    let Some(action) = Action::of_event(event) else { return Vec::new() };
    let (finding, language) = (&event.finding, context.language);
    let colon = language.colon();
    let own = AlertKey::new(&notification.model, finding);
    let key_of = |(subject, test): &(Subject, Test)| AlertKey { subject: subject.clone(), test: *test, ..own.clone() };
    let origins: Vec<AlertKey> = event.origins.iter().map(key_of).filter(|key| *key != own).collect();
    let key = dedup_key(origins.first().unwrap_or(&own));
    let model = short(&notification.model);
    let subject = subject(finding, language);
    let stated = reason(finding, language);
    let about = if stated.is_empty() { headline(notification, language) } else { stated.clone() };
    let summary = format!("{model}{colon} {} – {subject}{colon} {about}", severity_word(finding.severity, language));
    let title = format!("{model}{colon} {}{colon} {subject}", change_word(event.change, language));
    if action == Action::Resolve {
        let keys = origins.iter().chain([&own]).map(dedup_key);
        return keys.map(|key| message(notification, action, &key, title.clone(), json!({}))).collect();
    }
    let payload = json!({
        "summary": truncated(&summary),
        "source": model,
        "severity": severity(finding.severity),
        "timestamp": context.now,
        "component": finding.subject.name().map_or_else(|| finding.subject.kind().to_owned(), short),
        "group": model,
        "class": finding.test,
        "custom_details": {
            "verdict": headline(notification, language),
            "reason": stated,
            "subject": { "kind": finding.subject.kind(), "name": finding.subject.name().map(short) },
            "test": finding.test,
            "severity": finding.severity,
            "value": finding.value,
            "limit": finding.limit,
            "q_value": finding.q_value,
            "since": event.since,
            "window": notification.window.map(|window| json!({ "from": window.from, "to": window.to })),
            "vigie_version": env!("CARGO_PKG_VERSION"),
        },
    });
    let mut fields = json!({ "client": "vigie", "payload": payload });
    let report = context.base_url.zip(notification.report.as_deref()).and_then(|(base, page)| link(base, page));
    if let (Some(report), Some(fields)) = (report, fields.as_object_mut()) {
        fields.insert("links".to_owned(), json!([{ "href": report, "text": language.mail_labels().open }]));
        fields.insert("client_url".to_owned(), json!(report));
    }
    vec![message(notification, action, &key, title, fields)]
}

/// Opens an incident and resolves it, so that nothing remains of a test.
fn test_messages(notification: &Notification, context: &ComposeContext<'_>) -> Vec<Message> {
    let key = format!("vigie-{}", digest(&notification.id));
    let model = short(&notification.model);
    let summary = format!("{model}{} {}", context.language.colon(), headline(notification, context.language));
    let payload = json!({
        "summary": truncated(&summary),
        "source": model,
        "severity": severity(notification.severity),
        "timestamp": context.now,
    });
    let trigger = json!({ "client": "vigie", "payload": payload });
    [(Action::Trigger, trigger), (Action::Resolve, json!({}))]
        .into_iter()
        .map(|(action, fields)| message(notification, action, &key, summary.clone(), fields))
        .collect()
}

/// `fields`: what the action adds to the keys that every event has.
fn message(notification: &Notification, action: Action, key: &str, subject: String, mut fields: Value) -> Message {
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("event_action".to_owned(), json!(action.word()));
        fields.insert("dedup_key".to_owned(), json!(key));
    }
    Message {
        message_id: digest(&format!("{}/{}/{key}", notification.id, action.word())),
        subject,
        to: Vec::new(),
        bytes: fields.to_string().into_bytes(),
    }
}

/// The same for all events of an alert, and for its next occurrence: PagerDuty opens a new incident if the last is resolved.
fn dedup_key(key: &AlertKey) -> String {
    let AlertKey { model, subject, test } = key;
    format!("vigie-{}", digest(&json!([model, subject, test]).to_string()))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Alarm => "critical",
        Severity::NoData => "error",
        Severity::TooFew | Severity::Watch => "warning",
        Severity::Stable => "info",
    }
}

fn truncated(summary: &str) -> String {
    summary.chars().take(MAX_SUMMARY).collect()
}
