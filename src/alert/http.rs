//! HTTP POST for channels: TLS, time limits, and the meaning of each response.

use std::{fs, io::Read, path::Path, time::Duration};

use ureq::{
    http::HeaderMap,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::Delivery;

/// Maximum number of bytes read from a response.
const MAX_REPLY: u64 = 2_048;

/// A JSON POST, and the names under which messages about it mention its parts.
pub(super) struct Post<'a> {
    /// `the webhook`, `Slack`.
    pub server: &'static str,
    pub url: &'a str,
    /// Where the URL is set: `alerts.webhook.url`.
    pub url_place: &'a str,
    /// Where the credentials are set.
    pub secret_place: &'a str,
    /// A PEM file to trust in addition to the system's certificates, and the key that names it.
    pub ca: (&'static str, Option<&'a Path>),
    pub headers: &'a [(&'static str, &'a str)],
    pub body: &'a [u8],
}

/// A response.
pub(super) struct Reply {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The beginning of the body; empty on success. May quote the request.
    pub body: String,
}

impl Post<'_> {
    /// Sends the request and returns the response, or why there is none. Redirects are never followed, because they could
    /// leak secrets.
    pub(super) fn send(&self, timeout: Duration) -> Result<Reply, Delivery> {
        let roots = roots(self.ca).map_err(|reason| Delivery::setup(&reason))?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .new_agent();
        let mut request = agent.post(self.url).header("Content-Type", "application/json");
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(self.body).map_err(|error| self.unreachable(&error))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let mut body = Vec::new();
        if !(200..=299).contains(&status) {
            // The status says enough if the body cannot be read.
            let _ = response.body_mut().as_reader().take(MAX_REPLY).read_to_end(&mut body);
        }
        Ok(Reply { status, retry_after, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// Interprets a response.
    ///
    /// | status | result |
    /// |---|---|
    /// | 2xx | [`Delivery::Accepted`] |
    /// | 408, 425, 429, 5xx, no connection | [`Delivery::Later`] |
    /// | 401, 403, 404, 407, a redirect, an untrusted certificate | [`Delivery::Later`] with `setup` |
    /// | other 4xx | [`Delivery::Refused`] |
    ///
    /// `detail`: what the body says, without secrets.
    pub(super) fn delivery(&self, reply: &Reply, detail: Option<&str>) -> Delivery {
        let Self { server, url_place, secret_place, .. } = self;
        let shown = shown(reply.status, detail);
        match reply.status {
            200..=299 => Delivery::Accepted { refused: Vec::new() },
            300..=399 => Delivery::setup(&format!("{server} responded with a redirect ({shown}); update {url_place}")),
            401 | 403 | 407 => {
                Delivery::setup(&format!("{server} refused the credentials ({shown}); check {secret_place}"))
            }
            404 => Delivery::setup(&format!("{url_place} was not found ({shown}); check the URL")),
            408 | 425 | 429 | 500.. => {
                Delivery::later(&format!("{server} responded with status {shown}"), reply.retry_after)
            }
            _ => Delivery::refused(&format!("{server} rejected the message ({shown})")),
        }
    }

    /// The setup is wrong in a way that only this channel's server states. `place`: where to fix it.
    pub(super) fn rejected_setup(&self, reply: &Reply, detail: Option<&str>, place: &str) -> Delivery {
        Delivery::setup(&format!("{} responded {}; check {place}", self.server, shown(reply.status, detail)))
    }

    fn unreachable(&self, error: &ureq::Error) -> Delivery {
        let untrusted = error.to_string().contains("invalid peer certificate");
        // Without the URL, which may contain a key.
        let why = match error {
            ureq::Error::Timeout(_) => "the request timed out".to_owned(),
            ureq::Error::BadUri(_) => format!("{} is not a valid URL", self.url_place),
            ureq::Error::HostNotFound => "the host name could not be resolved".to_owned(),
            error => error.to_string(),
        };
        let hint = if untrusted {
            format!("set {} if the server uses a private CA", self.ca.0)
        } else {
            format!("check {} and that the server is running", self.url_place)
        };
        let reason = format!("cannot reach {}: {why}; {hint}", self.server);
        if untrusted || matches!(error, ureq::Error::BadUri(_) | ureq::Error::Http(_)) {
            return Delivery::setup(&reason);
        }
        Delivery::later(&reason, None)
    }
}

/// `410`, or `410 channel_is_archived`.
fn shown(status: u16, detail: Option<&str>) -> String {
    detail.map_or_else(|| status.to_string(), |detail| format!("{status} {detail}"))
}

/// Returns the text if it is a server's name for an error, such as `invalid_payload`; anything else might quote a secret.
pub(super) fn error_word(text: &str) -> Option<&str> {
    let word = text.trim();
    let is_word = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    (!word.is_empty() && word.len() <= 60 && word.bytes().all(is_word)).then_some(word)
}

/// Reads `Retry-After` in seconds. Dates are ignored.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get("retry-after")?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The system's root certificates and those of the file.
fn roots((key, file): (&'static str, Option<&Path>)) -> Result<RootCerts, String> {
    let system = rustls_native_certs::load_native_certs().certs;
    let mut trusted: Vec<Certificate<'static>> =
        system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    if let Some(file) = file {
        let cannot = |why: String| format!("{key}: {}: {why}", file.display());
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
