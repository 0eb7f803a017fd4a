//! What an unsuccessful reply or a broken connection means, in one sentence.

use std::io;

use serde::Deserialize;
use ureq::http::HeaderMap;

use crate::{
    error::{MlflowError, MlflowErrorKind as Kind},
    redact::Secrets,
    server_url::origin_of,
};

/// The first bytes of a body that are looked at for a message.
pub(crate) const MESSAGE_BYTES: usize = 4_096;

/// MLflow's JSON errors.
#[derive(Deserialize, Default)]
struct ErrorBody {
    error_code: Option<serde_json::Value>,
    message: Option<String>,
}

/// Who was refused.
pub(crate) struct Caller<'a> {
    /// The address of the server, and the proxy on the way to it.
    pub server: &'a str,
    pub has_proxy: bool,
    pub secrets: &'a Secrets,
    /// `user "risk"`, `a token`; `None` without credentials.
    pub login: Option<&'a str>,
    pub purpose: &'a str,
}

impl Caller<'_> {
    /// The error of a reply with a status other than 2xx. `body`: its beginning.
    pub(crate) fn refusal(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> MlflowError {
        let Self { server, login, purpose, secrets, .. } = self;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let json: Option<ErrorBody> = serde_json::from_slice(body).ok();
        let is_json = json.is_some();
        let json = json.unwrap_or_default();
        let code = json.error_code.and_then(|code| code.as_str().map(ToOwned::to_owned));
        let is_text = !is_json && header("content-type").starts_with("text/plain");
        let message = json.message.or_else(|| is_text.then(|| String::from_utf8_lossy(body).into_owned()));
        // Secrets are removed before the text is cut, because half of one would not be recognised.
        let is_cut = body.len() >= MESSAGE_BYTES;
        let said = message.as_deref().map(|text| self.said(text, is_cut)).filter(|text| !text.is_empty());
        let said = said.map_or(String::new(), |text| format!(" ({text})"));
        let (kind, what) = match status {
            300..=399 => {
                let target = origin_of(&secrets.removed(header("location"), false));
                let next = "redirects are not followed, because they could pass on credentials; set the tracking URI to \
                            the final address";
                (Kind::Setup, format!("{server} redirects to {target}; {next}"))
            }
            401 => {
                let next = match login {
                    Some(login) => format!("refused the credentials of {login}{said}; check them"),
                    None => format!(
                        "requires credentials{said}; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or \
                         MLFLOW_TRACKING_TOKEN"
                    ),
                };
                (Kind::Denied, format!("{server} {next}"))
            }
            403 if said.contains("Invalid Host header") => (
                Kind::Setup,
                format!(
                    "{server} does not accept this host name{said}; start the server with --allowed-hosts or \
                     MLFLOW_SERVER_ALLOWED_HOSTS, or use a name that it accepts"
                ),
            ),
            403 => {
                let who = login.unwrap_or("a caller without credentials");
                (Kind::Denied, format!("{server} does not permit this to {who}{said}; ask for the permission"))
            }
            404 if code.is_some() => (Kind::NotFound, format!("not found on {server}{said}; check the name")),
            404 | 405 | 501 => (
                Kind::Unsupported,
                format!(
                    "{server} has no such call (status {status}){said}; check that this is the address of an MLflow \
                     server, with its path prefix, and that it is MLflow 2.3 or newer"
                ),
            ),
            500 if is_missing_file(message.as_deref().unwrap_or_default()) => {
                (Kind::NotFound, format!("there is no such file on {server}; check the path"))
            }
            407 => (
                Kind::Setup,
                format!(
                    "the proxy requires credentials{said}; write them into its address, as http://user:password@proxy:3128"
                ),
            ),
            408 | 429 | 500.. => (Kind::Busy, format!("{server} replied with status {status}{said}; try again later")),
            _ => (Kind::Refused, format!("{server} rejected the request with status {status}{said}")),
        };
        MlflowError::new(kind, format!("{purpose}: {what}")).with_status(status, code)
    }

    /// The error of a request that got no reply, or half of one.
    pub(crate) fn unreachable(&self, error: &ureq::Error) -> MlflowError {
        let Self { server, purpose, secrets, .. } = self;
        let text = secrets.removed(&error.to_string(), false);
        let is_plain = text.contains("received corrupt message");
        let (kind, why) = match error {
            // ureq's texts may contain the address, and that of storage a signature.
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => (Kind::Setup, "it is not a valid address".to_owned()),
            _ if is_plain => (Kind::Setup, "it does not speak TLS on this port".to_owned()),
            ureq::Error::HostNotFound => (Kind::Unreachable, "the host name could not be resolved".to_owned()),
            ureq::Error::Timeout(_) => (Kind::Unreachable, "it did not reply in time".to_owned()),
            ureq::Error::LargeResponseHeader(..) => (Kind::BadReply, "its reply has too long a head".to_owned()),
            ureq::Error::Protocol(_) => (Kind::BadReply, format!("it does not speak HTTP ({})", shown(&text))),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                (Kind::Unreachable, "the connection ended before the reply was complete".to_owned())
            }
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::Pem(_) => (Kind::Setup, shown(&text)),
            _ if text.contains("invalid peer certificate") => (Kind::Setup, shown(&text)),
            _ => (Kind::Unreachable, shown(&text)),
        };
        let next = if why.contains("invalid peer certificate") {
            "set MLFLOW_TRACKING_SERVER_CERT_PATH (or the CA file) if the server uses a private CA"
        } else if is_plain {
            "write http:// instead of https://, or the port of its TLS"
        } else if self.has_proxy {
            "check the address, and that server and proxy are running; NO_PROXY names hosts that are reached without a proxy"
        } else {
            "check the address, and that the server is running"
        };
        let is_address = matches!(error, ureq::Error::BadUri(_) | ureq::Error::Http(_));
        MlflowError::new(kind, format!("{purpose}: cannot reach {server}: {why}; {next}"))
            .untrusted(kind == Kind::Setup && !is_address)
    }

    /// The error of a body that ended early.
    pub(crate) fn cut_short(&self, error: io::Error) -> MlflowError {
        self.unreachable(&ureq::Error::from(error))
    }

    /// What a server says, in one line and without secrets.
    pub(crate) fn said(&self, text: &str, is_cut: bool) -> String {
        // A second time, because a line break or control character in a secret is left out of the line.
        shown(&self.secrets.removed(&in_one_line(&self.secrets.removed(text, is_cut)), false))
    }

    /// The error of a reply that MLflow would not send.
    pub(crate) fn bad_reply(&self, why: &str) -> MlflowError {
        let Self { server, purpose, .. } = self;
        MlflowError::new(
            Kind::BadReply,
            format!(
                "{purpose}: the reply of {server} {why}; check that this is the address of an MLflow server and not of a \
                 login page or proxy before it"
            ),
        )
    }
}

/// How servers of MLflow 2 say that a file of theirs is missing.
fn is_missing_file(message: &str) -> bool {
    message.contains("while downloading one or more artifacts")
        && ["No such file or directory", "NoSuchKey", "(404)", "404 Not Found"].iter().any(|why| message.contains(why))
}

/// A text without line breaks and control characters.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}

/// A text in one line, without control characters, cut.
pub(crate) fn shown(text: &str) -> String {
    let line = in_one_line(text);
    let mut shown: String = line.chars().take(300).collect();
    if shown.chars().count() < line.chars().count() {
        shown.push('…');
    }
    shown.trim_end_matches('.').to_owned()
}
