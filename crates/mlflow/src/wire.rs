//! HTTP with one server: credentials, time limits, retries, and size limits of replies.

use std::{fs::File, io::Read, path::Path, thread, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Serialize, de::DeserializeOwned};
use ureq::{
    Agent, Body, Proxy, SendBody,
    http::{HeaderMap, HeaderValue, Method, Request, Response, Uri},
    tls::TlsConfig,
};

use crate::{
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    failure::{Caller, MESSAGE_BYTES},
    redact::Secrets,
    server_url::ServerUrl,
    settings::{CallLimits, Credentials},
    sink::{FetchedArtifact, Sink, copy},
};

/// Longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// What a request sends.
pub(crate) enum Payload<'a> {
    Nothing,
    Json(Vec<u8>),
    Bytes(&'a [u8]),
    File(&'a Path),
}

/// A request.
pub(crate) struct Call<'a> {
    pub method: Method,
    pub url: String,
    pub payload: Payload<'a>,
    /// Whether a second copy of the request changes nothing.
    pub is_repeatable: bool,
    /// What the call is for; begins the sentence of an error.
    pub purpose: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) fn get(url: String, purpose: &'a str) -> Self {
        Self { method: Method::GET, url, payload: Payload::Nothing, is_repeatable: true, purpose }
    }

    /// A request with a JSON body that changes nothing when it is sent twice.
    pub(crate) fn json(method: Method, url: String, body: &impl Serialize, purpose: &'a str) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(|error| {
            MlflowError::new(Kind::Refused, format!("{purpose}: cannot be written as JSON: {error}"))
        })?;
        Ok(Self { method, url, payload: Payload::Json(body), is_repeatable: true, purpose })
    }

    pub(crate) fn once(self) -> Self {
        Self { is_repeatable: false, ..self }
    }
}

/// A failed attempt, and how long the server asks to wait.
struct Attempt {
    error: MlflowError,
    retry_after: Option<Duration>,
}

impl From<MlflowError> for Attempt {
    fn from(error: MlflowError) -> Self {
        Self { error, retry_after: None }
    }
}

/// A server.
pub(crate) struct ServerWire {
    url: ServerUrl,
    headers: Vec<(&'static str, HeaderValue)>,
    login: Option<String>,
    secrets: Secrets,
    /// How errors name the server: its address, and the proxy on the way to it.
    shown: String,
    has_proxy: bool,
    limits: CallLimits,
    /// For calls with small replies, and for files: they differ in their time limits.
    quick: Agent,
    transfer: Agent,
}

impl ServerWire {
    pub(crate) fn new(
        url: ServerUrl,
        credentials: &Credentials,
        workspace: Option<&str>,
        tls: &TlsConfig,
        limits: CallLimits,
    ) -> Result<Self> {
        let mut headers = Vec::new();
        let mut secrets = Vec::new();
        let mut add = |name: &'static str, value: &str, what: &str| -> Result<()> {
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| MlflowError::setup(format!("{what} contains characters that HTTP cannot send")))?;
            value.set_sensitive(true);
            headers.push((name, value));
            Ok(())
        };
        let login = match credentials {
            Credentials::None => None,
            Credentials::Basic { username, password } => {
                let encoded = BASE64_STANDARD.encode(format!("{username}:{}", password.reveal()));
                add("authorization", &format!("Basic {encoded}"), "the MLflow password")?;
                secrets.extend([password.reveal().to_owned(), encoded]);
                if password.reveal().is_empty() {
                    // A token, as in `https://TOKEN@host`.
                    secrets.push(username.clone());
                    Some("the user in its address".to_owned())
                } else {
                    Some(format!("user {username:?}"))
                }
            }
            Credentials::Bearer(token) => {
                add("authorization", &format!("Bearer {}", token.reveal()), "the MLflow token")?;
                secrets.push(token.reveal().to_owned());
                Some("a token".to_owned())
            }
        };
        if let Some(workspace) = workspace {
            add("x-mlflow-workspace", workspace, "the name of the MLflow workspace")?;
        }
        // As ureq chooses it.
        let proxy = Proxy::try_from_env();
        let proxy = proxy.filter(|proxy| url.join("/").parse::<Uri>().is_ok_and(|uri| !proxy.is_no_proxy(&uri)));
        let shown = match &proxy {
            Some(proxy) => format!("{url} (through the proxy {}:{})", proxy.host(), proxy.port()),
            None => url.to_string(),
        };
        let login_of_proxy = proxy.iter().filter_map(|proxy| proxy.password().or(proxy.username()));
        secrets.extend(login_of_proxy.map(ToOwned::to_owned));
        let agent = |attempt: Duration| {
            ureq::Agent::config_builder()
                .timeout_connect(Some(limits.connect))
                .timeout_recv_response(Some(limits.reply))
                .timeout_global(Some(attempt))
                .max_redirects(0)
                .http_status_as_error(false)
                .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
                .tls_config(tls.clone())
                .build()
                .new_agent()
        };
        let (quick, transfer) = (agent(limits.reply), agent(limits.transfer));
        let (secrets, has_proxy) = (Secrets::new(secrets), proxy.is_some());
        Ok(Self { url, headers, login, secrets, shown, has_proxy, limits, quick, transfer })
    }

    pub(crate) fn url(&self) -> &ServerUrl {
        &self.url
    }

    fn caller<'a>(&'a self, purpose: &'a str) -> Caller<'a> {
        let Self { shown: server, secrets, has_proxy, .. } = self;
        Caller { server, has_proxy: *has_proxy, secrets, login: self.login.as_deref(), purpose }
    }

    /// Sends a call and parses its JSON reply.
    pub(crate) fn json<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T> {
        let body = self.body(call, &self.quick)?;
        let caller = self.caller(call.purpose);
        serde_json::from_slice(&body).map_err(|error| {
            if body.trim_ascii_start().starts_with(b"<") {
                return caller.bad_reply("is a web page instead of JSON");
            }
            // The parser's text quotes what it has found.
            let error = caller.said(&error.to_string(), false);
            caller.bad_reply(&format!("is not the JSON that MLflow documents ({error})"))
        })
    }

    /// Sends a call whose reply says nothing but its status. Files get the time limit of a transfer.
    pub(crate) fn send(&self, call: &Call<'_>) -> Result<()> {
        let is_file = matches!(call.payload, Payload::Bytes(_) | Payload::File(_));
        self.body(call, if is_file { &self.transfer } else { &self.quick }).map(|_| ())
    }

    /// Sends a call and returns its reply as text.
    pub(crate) fn text(&self, call: &Call<'_>) -> Result<String> {
        let body = self.body(call, &self.quick)?;
        String::from_utf8(body).map_err(|_| self.caller(call.purpose).bad_reply("is not text"))
    }

    fn body(&self, call: &Call<'_>, agent: &Agent) -> Result<Vec<u8>> {
        self.repeat(call.is_repeatable, || {
            let mut response = self.attempt(agent, call, &[])?;
            let limit = self.limits.reply_bytes;
            let too_long = || {
                let caller = self.caller(call.purpose);
                let why = format!("has more than {limit} bytes, which is the limit");
                caller.bad_reply(&why).with_kind(Kind::TooLarge)
            };
            if response.body().content_length().is_some_and(|length| length > limit) {
                return Err(too_long().into());
            }
            let mut body = Vec::new();
            let read = response.body_mut().as_reader().take(limit + 1).read_to_end(&mut body);
            read.map_err(|error| self.caller(call.purpose).cut_short(error))?;
            if body.len() as u64 > limit { Err(too_long().into()) } else { Ok(body) }
        })
    }

    /// Downloads a file of at most `limit` bytes. `more`: further headers, such as those of a signed address.
    pub(crate) fn download(
        &self,
        call: &Call<'_>,
        more: &[(String, String)],
        limit: u64,
        sink: &mut dyn Sink,
    ) -> Result<FetchedArtifact> {
        self.repeat(call.is_repeatable, || {
            let caller = self.caller(call.purpose);
            let mut response = self.attempt(&self.transfer, call, more)?;
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
            let is_page = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
            if is_page && header("content-disposition").is_none() {
                return Err(caller.bad_reply("is a web page instead of the file").into());
            }
            if header("content-encoding").is_some_and(|encoding| encoding != "identity") {
                return Err(caller.bad_reply("is compressed although that was not asked for").into());
            }
            if response.status().as_u16() != 200 {
                return Err(caller
                    .bad_reply(&format!("has status {} instead of 200", response.status().as_u16()))
                    .into());
            }
            let length = response.body().content_length();
            let mut reader = response.body_mut().with_config().limit(u64::MAX).reader();
            copy(&mut reader, length, limit, sink, call.purpose, |error| caller.cut_short(error)).map_err(Attempt::from)
        })
    }

    /// One attempt: a response with status 2xx, or the reason why there is none.
    fn attempt(&self, agent: &Agent, call: &Call<'_>, more: &[(String, String)]) -> Result<Response<Body>, Attempt> {
        let caller = self.caller(call.purpose);
        let local = |path: &Path, error: &std::io::Error| {
            MlflowError::new(Kind::Local, format!("{}: {}: {error}", call.purpose, path.display()))
        };
        let mut request = Request::builder().method(call.method.clone()).uri(&call.url);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        for (name, value) in more {
            request = request.header(name, value);
        }
        let built = |error: ureq::http::Error| caller.unreachable(&ureq::Error::Http(error));
        let sent = match &call.payload {
            Payload::Nothing => agent.run(request.body(SendBody::none()).map_err(built)?),
            Payload::Json(body) => {
                agent.run(request.header("content-type", "application/json").body(body.as_slice()).map_err(built)?)
            }
            Payload::Bytes(body) => {
                agent.run(request.header("content-type", "application/octet-stream").body(*body).map_err(built)?)
            }
            Payload::File(path) => {
                let file = File::open(path).map_err(|error| local(path, &error))?;
                agent.run(request.header("content-type", "application/octet-stream").body(file).map_err(built)?)
            }
        };
        let mut response = sent.map_err(|error| self.redacted(caller.unreachable(&error)))?;
        let status = response.status().as_u16();
        if (200..=299).contains(&status) {
            return Ok(response);
        }
        let mut body = Vec::new();
        // The status says enough if the body cannot be read.
        let _ = response.body_mut().as_reader().take(MESSAGE_BYTES as u64).read_to_end(&mut body);
        let error = self.redacted(caller.refusal(status, response.headers(), &body));
        Err(Attempt { error, retry_after: retry_after(response.headers()) })
    }

    fn redacted(&self, error: MlflowError) -> MlflowError {
        self.secrets.iter().fold(error, MlflowError::without)
    }

    /// Repeats an attempt after failures that may be temporary.
    fn repeat<T>(&self, is_repeatable: bool, mut attempt: impl FnMut() -> Result<T, Attempt>) -> Result<T> {
        let attempts = if is_repeatable { self.limits.attempts.max(1) } else { 1 };
        let mut pause = self.limits.pause;
        let mut number = 1;
        loop {
            match attempt() {
                Ok(value) => return Ok(value),
                Err(failed) if number >= attempts || !failed.error.is_retryable() => return Err(failed.error),
                Err(failed) => thread::sleep(failed.retry_after.unwrap_or(pause).min(MAX_PAUSE)),
            }
            pause = pause.saturating_mul(2);
            number += 1;
        }
    }
}

/// Reads `Retry-After` in seconds. Dates are ignored.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get("retry-after")?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
