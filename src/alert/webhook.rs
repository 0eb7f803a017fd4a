//! The webhook channel, for programs: a JSON POST to a configured URL.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    AlertChange, Channel, ChannelKey, ChannelSpec, ComposeContext, Delivery, Event, KeyKind, Message, MissingSecret,
    Notification, SecretUrl, Timeouts,
    channel::set_files,
    content::link,
    http::Post,
    message::digest,
    secret::{credential, secret, secret_key},
    words::{headline, reason, short},
};
use crate::{fault::Result, report::Language};

/// The `alerts.webhook:` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The URL to call: `https://…` or `http://…`.
    pub url: SecretUrl,
    /// A file that contains a token and nothing else, sent as `Authorization: Bearer`. Default: the systemd credential
    /// `vigie.webhook-token`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// A PEM file with certificates to trust in addition to the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Webhook {
    pub const SPEC: ChannelSpec = ChannelSpec {
        word: "webhook",
        server: "the webhook",
        credential: "vigie.webhook-token",
        keys: &[
            ChannelKey::required(
                "alerts.webhook.url",
                KeyKind::WebUrl { example: "https://hooks.example.com/vigie" },
                "set it to the endpoint: `https://hooks.example.com/vigie`",
            ),
            ChannelKey::new("alerts.webhook.token_file", KeyKind::SecretFile),
            ChannelKey::new("alerts.webhook.ca_file", KeyKind::CertificateFile),
        ],
        has_threads: false,
    };

    /// Returns the token that proves who is calling, if there is one, and the name of its place.
    fn token(&self) -> Result<(Option<String>, String), String> {
        let file = self.token_file.clone().or_else(|| credential(Self::SPEC.credential));
        // Without a token, the place is the key that would set one.
        let is_configured = self.token_file.is_some() || file.is_none();
        let place = secret_key("alerts.webhook.token_file", is_configured, Self::SPEC.credential);
        let token = file.map(|file| secret(&file).map_err(|why| format!("{place}: {why}"))).transpose()?;
        Ok((token, place))
    }
}

impl Channel for Webhook {
    fn spec(&self) -> &'static ChannelSpec {
        &Self::SPEC
    }

    fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        set_files([("alerts.webhook.token_file", &mut self.token_file), ("alerts.webhook.ca_file", &mut self.ca_file)])
    }

    fn missing_secret(&self) -> Option<MissingSecret> {
        None
    }

    fn compose(&self, notification: &Notification, context: &ComposeContext<'_>) -> Result<Vec<Message>> {
        Ok(vec![webhook_call(notification, context.base_url)])
    }

    /// Sends the `message_id` as `Idempotency-Key`.
    fn send(&self, message: &Message, timeouts: Timeouts) -> Delivery {
        let (token, token_place) = match self.token() {
            Ok((token, place)) => (token.map(|token| format!("Bearer {token}")), place),
            Err(reason) => return Delivery::setup(&reason),
        };
        let mut headers = vec![("Idempotency-Key", message.message_id.as_str())];
        headers.extend(token.as_deref().map(|token| ("Authorization", token)));
        let post = Post {
            server: Self::SPEC.server,
            url: self.url.reveal(),
            url_place: "alerts.webhook.url",
            secret_place: &token_place,
            ca: ("alerts.webhook.ca_file", self.ca_file.as_deref()),
            headers: &headers,
            body: without_preamble(&message.bytes),
        };
        post.send(timeouts.dialogue).map_or_else(|failed| failed, |reply| post.delivery(&reply, None))
    }
}

/// Calls queued by earlier versions begin with a line that holds the key.
fn without_preamble(stored: &[u8]) -> &[u8] {
    let end = stored.iter().position(|byte| *byte == b'\n').filter(|_| stored.first() != Some(&b'{'));
    end.and_then(|end| stored.get(end + 1..)).unwrap_or(stored)
}

/// Builds the call for one notification, with the same wording as an English email. The same notification yields the same
/// bytes.
#[must_use]
pub fn webhook_call(notification: &Notification, base_url: Option<&str>) -> Message {
    let notification = &notification.redacted();
    let id = digest(&notification.id);
    let body = json!({
        "schema_version": 1,
        "id": id,
        "model": short(&notification.model),
        "window": notification.window.map(|window| json!({ "from": window.from, "to": window.to })),
        "severity": notification.severity,
        "verdict": headline(notification, Language::English),
        "events": notification.events.iter().map(event).collect::<Vec<_>>(),
        "report": base_url.zip(notification.report.as_deref()).and_then(|(base, page)| link(base, page)),
        "vigie_version": env!("CARGO_PKG_VERSION"),
    });
    Message {
        message_id: id,
        subject: format!("{}: {} {}", notification.model, notification.severity, notification.events.len()),
        to: Vec::new(),
        bytes: body.to_string().into_bytes(),
    }
}

fn event(event: &Event) -> Value {
    let finding = &event.finding;
    let name = finding.subject.name().map(short);
    let mut facts = json!(finding.facts);
    shorten(&mut facts);
    json!({
        "change": match event.change {
            AlertChange::Opened => "opened",
            AlertChange::Worsened => "worsened",
            AlertChange::Reminded => "reminded",
            AlertChange::Recovered => "recovered",
            AlertChange::Noted => "noted",
        },
        "severity": finding.severity,
        "subject": { "kind": finding.subject.kind(), "name": name },
        "feature": name.filter(|_| finding.subject.feature().is_some()),
        "test": finding.test,
        "value": finding.value,
        "limit": finding.limit,
        "q_value": finding.q_value,
        "since": event.since,
        "reason": reason(finding, Language::English),
        "facts": facts,
    })
}

/// Makes every text safe to display.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => *text = short(text),
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(keys) => keys.values_mut().for_each(shorten),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::without_preamble;

    #[test]
    fn calls_of_earlier_versions_lose_their_preamble() {
        assert_eq!(without_preamble(b"{\"a\":1}"), b"{\"a\":1}");
        assert_eq!(without_preamble(b"0a1b\n{\"a\":1}"), b"{\"a\":1}");
    }
}
