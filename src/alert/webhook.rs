//! The same telling for machines: a JSON POST to an address of the user's.

use std::{fmt, fs, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::{
    Change, Delivery, Event, Telling,
    compose::mark,
    secret::{TOKEN_CREDENTIAL, credential, secret},
    story::link,
    words::{sentence, short, spoken},
};

/// The `alerts.webhook:` section.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// `https://…`; `http://` too.
    pub url: String,
    /// A file that holds a token and nothing else, sent as `Authorization: Bearer`. Without it, systemd's credential
    /// `vigie.webhook-token` where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Certificates (PEM) to trust beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Webhook {
    /// Scheme and host: the rest of such addresses is often a key.
    #[must_use]
    pub fn shown(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = place.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}{}", if host.len() == rest.len() { "" } else { "/***" })
    }
}

/// Not the whole address: such URLs hold keys.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.shown())
            .field("token_file", &self.token_file)
            .field("ca_file", &self.ca_file)
            .finish()
    }
}

/// A call as it waits in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The `Idempotency-Key`, made from the telling's id.
    pub key: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// The call of one run: what happened, as a mail says it. The same telling makes the same bytes.
#[must_use]
pub fn call_of(telling: &Telling, base_url: Option<&str>) -> Call {
    let key = mark(&telling.id);
    let body = json!({
        "schema_version": 1,
        "id": key,
        "model": short(&telling.model),
        "window": telling.window.map(|window| json!({ "from": window.from, "to": window.to })),
        "severity": telling.severity,
        "verdict": sentence(&telling.verdict),
        "events": telling.events.iter().map(event).collect::<Vec<_>>(),
        "report": base_url.zip(telling.report.as_deref()).and_then(|(base, page)| link(base, page)),
        "vigie_version": env!("CARGO_PKG_VERSION"),
    });
    Call { key, body: body.to_string().into_bytes() }
}

fn event(event: &Event) -> Value {
    json!({
        "change": match event.change {
            Change::Opened => "opened",
            Change::Worsened => "worsened",
            Change::Reminded => "reminded",
            Change::Recovered => "recovered",
            Change::Noted => "noted",
        },
        "severity": event.severity,
        "feature": event.key.feature.as_deref().map(short),
        "test": event.key.test,
        "value": event.value,
        "limit": event.limit,
        "since": event.since,
        "reason": spoken(event.key.test, event.value, event.limit, &event.sentence),
    })
}

/// Posts a call, and answers within `patience`. Blocks.
///
/// 2xx is [`Delivery::Accepted`]; 408, 425, 429, 5xx and a server that is not there, [`Delivery::Later`]; 401, 403, 404, 407, a
/// redirection (never followed: it would carry the token away) and a certificate that is not trusted, [`Delivery::Later`] with
/// `setup`; other 4xx [`Delivery::Refused`].
pub fn post(webhook: &Webhook, call: &Call, patience: Duration) -> Delivery {
    let (token, roots) = match (token(webhook), roots(webhook)) {
        (Ok(token), Ok(roots)) => (token, roots),
        (Err(reason), _) | (_, Err(reason)) => return later(&reason, true),
    };
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(patience))
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
        Ok(response) => answered(response.status().as_u16()),
        Err(error) => {
            let untrusted = is_untrusted(&error);
            let hint = if untrusted { "; a private authority goes into alerts.webhook.ca_file" } else { "" };
            let is_setup = untrusted || matches!(error, ureq::Error::BadUri(_) | ureq::Error::Http(_));
            later(&format!("the webhook cannot be reached: {}{hint}", error_words(&error)), is_setup)
        }
    }
}

fn later(reason: &str, setup: bool) -> Delivery {
    Delivery::Later { reason: sentence(reason), to: Vec::new(), refused: Vec::new(), setup }
}

fn answered(status: u16) -> Delivery {
    match status {
        200..=299 => Delivery::Accepted { refused: Vec::new() },
        300..=399 => later(&format!("the webhook answers {status}: it has moved; mend alerts.webhook.url"), true),
        401 | 403 | 407 => {
            later(&format!("the webhook does not let vigie in ({status}); mend alerts.webhook.token_file"), true)
        }
        404 => later("nothing is at alerts.webhook.url (404); mend it", true),
        408 | 425 | 429 | 500.. => later(&format!("the webhook answers {status}"), false),
        _ => Delivery::Refused(format!("the webhook refuses the call ({status})")),
    }
}

fn token(webhook: &Webhook) -> Result<Option<String>, String> {
    let file = webhook.token_file.clone().or_else(|| credential(TOKEN_CREDENTIAL));
    file.map(|file| secret(&file).map_err(|why| format!("the token of the webhook: {why}"))).transpose()
}

/// The system's authorities, and those of the file where one is named.
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
            return Err(cannot("no certificate in PEM".to_owned()));
        }
    }
    // A machine without the package ca-certificates still has Mozilla's.
    Ok(if trusted.is_empty() { RootCerts::WebPki } else { RootCerts::from(trusted) })
}

fn is_untrusted(error: &ureq::Error) -> bool {
    error.to_string().contains("invalid peer certificate")
}

/// Without the address: it may hold a key.
fn error_words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::BadUri(_) => "alerts.webhook.url is no web address".to_owned(),
        ureq::Error::HostNotFound => "no such host".to_owned(),
        error => error.to_string(),
    }
}
