//! Notifications for programs: a JSON POST to a configured URL.

use std::{fmt, fs, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::{
    Change, Delivery, Event, Notification,
    compose::mark,
    content::link,
    secret::{TOKEN_CREDENTIAL, credential, secret, secret_key},
    words::{headline, reason, sentence, short},
};
use crate::report::Language;

/// The `alerts.webhook:` section.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The URL to call: `https://…` or `http://…`.
    pub url: String,
    /// A file that contains a token and nothing else, sent as `Authorization: Bearer`. Default: the systemd credential
    /// `vigie.webhook-token`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// A PEM file with certificates to trust in addition to the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Webhook {
    /// Returns scheme and host only: the rest of a webhook URL often contains a key.
    #[must_use]
    pub fn shown(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}{}", if host.len() == rest.len() { "" } else { "/***" })
    }
}

/// Omits the path of the URL, which often contains a key.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.shown())
            .field("token_file", &self.token_file)
            .field("ca_file", &self.ca_file)
            .finish()
    }
}

/// A webhook call as it waits in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookCall {
    /// The `Idempotency-Key`, derived from the notification's id.
    pub key: String,
    /// The JSON body.
    pub body: Vec<u8>,
}

/// Builds the call for one notification, with the same wording as an English email. The same notification yields the same bytes.
#[must_use]
pub fn webhook_call(notification: &Notification, base_url: Option<&str>) -> WebhookCall {
    let notification = &notification.redacted();
    let key = mark(&notification.id);
    let body = json!({
        "schema_version": 1,
        "id": key,
        "model": short(&notification.model),
        "window": notification.window.map(|window| json!({ "from": window.from, "to": window.to })),
        "severity": notification.severity,
        "verdict": headline(notification, Language::English),
        "events": notification.events.iter().map(event).collect::<Vec<_>>(),
        "report": base_url.zip(notification.report.as_deref()).and_then(|(base, page)| link(base, page)),
        "vigie_version": env!("CARGO_PKG_VERSION"),
    });
    WebhookCall { key, body: body.to_string().into_bytes() }
}

fn event(event: &Event) -> Value {
    let finding = &event.finding;
    let name = finding.subject.name().map(short);
    let mut facts = json!(finding.facts);
    shorten(&mut facts);
    json!({
        "change": match event.change {
            Change::Opened => "opened",
            Change::Worsened => "worsened",
            Change::Reminded => "reminded",
            Change::Recovered => "recovered",
            Change::Noted => "noted",
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

/// Posts a call and returns within `timeout`. Blocks.
///
/// | response | result |
/// |---|---|
/// | 2xx | [`Delivery::Accepted`] |
/// | 408, 425, 429, 5xx, no connection | [`Delivery::Later`] |
/// | 401, 403, 404, 407, a redirect, an untrusted certificate | [`Delivery::Later`] with `setup` |
/// | other 4xx | [`Delivery::Refused`] |
///
/// Redirects are never followed, because they could leak the token.
pub fn post(webhook: &Webhook, call: &WebhookCall, timeout: Duration) -> Delivery {
    let (token, roots) = match (token(webhook), roots(webhook)) {
        (Ok(token), Ok(roots)) => (token, roots),
        (Err(reason), _) | (_, Err(reason)) => return later(&reason, true),
    };
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
        .new_agent();
    let mut request =
        agent.post(&webhook.url).header("Content-Type", "application/json").header("Idempotency-Key", &call.key);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    match request.send(call.body.as_slice()) {
        Ok(response) => status_delivery(response.status().as_u16()),
        Err(error) => {
            let untrusted = is_untrusted(&error);
            let hint = if untrusted {
                "set alerts.webhook.ca_file if the server uses a private CA"
            } else {
                "check alerts.webhook.url and that the server is running"
            };
            let is_setup = untrusted || matches!(error, ureq::Error::BadUri(_) | ureq::Error::Http(_));
            later(&format!("cannot reach the webhook: {}; {hint}", describe(&error)), is_setup)
        }
    }
}

fn later(reason: &str, setup: bool) -> Delivery {
    let reason = sentence(reason);
    Delivery::Later { reason, to: Vec::new(), replies: Vec::new(), refused: Vec::new(), setup }
}

fn status_delivery(status: u16) -> Delivery {
    match status {
        200..=299 => Delivery::Accepted { refused: Vec::new() },
        300..=399 => {
            later(&format!("the webhook responded with a redirect ({status}); update alerts.webhook.url"), true)
        }
        401 | 403 | 407 => {
            later(&format!("the webhook refused the credentials ({status}); check alerts.webhook.token_file"), true)
        }
        404 => later("alerts.webhook.url was not found (404); check the URL", true),
        408 | 425 | 429 | 500.. => later(&format!("the webhook responded with status {status}"), false),
        _ => Delivery::Refused { reason: format!("the webhook rejected the call ({status})"), replies: Vec::new() },
    }
}

fn token(webhook: &Webhook) -> Result<Option<String>, String> {
    let file = webhook.token_file.clone().or_else(|| credential(TOKEN_CREDENTIAL));
    let key = secret_key("alerts.webhook.token_file", webhook.token_file.is_some(), TOKEN_CREDENTIAL);
    file.map(|file| secret(&file).map_err(|why| format!("{key}: {why}"))).transpose()
}

/// The system's root certificates and those of `ca_file`.
fn roots(webhook: &Webhook) -> Result<RootCerts, String> {
    let system = rustls_native_certs::load_native_certs().certs;
    let mut trusted: Vec<Certificate<'static>> =
        system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    if let Some(file) = &webhook.ca_file {
        let cannot = |why: String| format!("alerts.webhook.ca_file: {}: {why}", file.display());
        let pem = fs::read(file).map_err(|error| cannot(error.to_string()))?;
        let before = trusted.len();
        trusted.extend(parse_pem(&pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        }));
        if trusted.len() == before {
            return Err(cannot("the file contains no PEM certificate".to_owned()));
        }
    }
    // Fall back to Mozilla's roots on machines without the ca-certificates package.
    Ok(if trusted.is_empty() { RootCerts::WebPki } else { RootCerts::from(trusted) })
}

fn is_untrusted(error: &ureq::Error) -> bool {
    error.to_string().contains("invalid peer certificate")
}

/// Describes an error without the URL, which may contain a key.
fn describe(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "the request timed out".to_owned(),
        ureq::Error::BadUri(_) => "alerts.webhook.url is not a valid URL".to_owned(),
        ureq::Error::HostNotFound => "the host name could not be resolved".to_owned(),
        error => error.to_string(),
    }
}
