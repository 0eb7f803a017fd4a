//! Which server, how encrypted, as whom: what `alerts.email.smtp` means.

use std::{fs, net::IpAddr};

use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, TlsParameters},
};

use super::{
    Email, StartTls,
    secret::{PASSWORD_CREDENTIAL, credential, secret},
};

/// When the connection is encrypted.
pub(super) enum Security {
    /// From the first byte.
    Tls(TlsParameters),
    /// After STARTTLS, or not at all.
    StartTls(TlsParameters),
    Plain,
}

/// A mail server, ready to be called.
pub(super) struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<Credentials>,
}

impl Server {
    /// The error is a sentence for whoever mends the setup.
    pub(super) fn of(email: &Email) -> Result<Self, String> {
        let place = Place::of(&email.smtp).ok_or("alerts.email.smtp is no mail server; write smtps://host:465")?;
        let tls = || encryption(email, &place.host);
        let security = match (place.is_tls, email.starttls) {
            (true, _) => Security::Tls(tls()?),
            (false, Some(StartTls::Never)) => Security::Plain,
            (false, None) if is_this_machine(&place.host) => Security::Plain,
            (false, Some(StartTls::Required) | None) => Security::StartTls(tls()?),
        };
        Ok(Self { login: login(email, place.login)?, host: place.host, port: place.port, security })
    }
}

/// The parts of `smtps://user:password@host:465`.
struct Place {
    is_tls: bool,
    host: String,
    port: u16,
    login: Option<(String, String)>,
}

impl Place {
    fn of(url: &str) -> Option<Self> {
        let (is_tls, rest) = match url.split_once("://")? {
            ("smtps", rest) => (true, rest),
            ("smtp", rest) => (false, rest),
            _ => return None,
        };
        let rest = rest.trim_end_matches('/');
        let (login, address) = match rest.rsplit_once('@') {
            Some((login, address)) => (login.split_once(':'), address),
            None => (None, rest),
        };
        let standard = if is_tls { 465 } else { 587 };
        // [::1]:25, host:25, host
        let (host, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, standard),
            Some((host, port)) => (host, port.strip_prefix(':')?.parse().ok()?),
            None => match address.split_once(':') {
                Some((host, port)) => (host, port.parse().ok()?),
                None => (address, standard),
            },
        };
        let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
        let login = login.map(|(user, password)| (decoded(user), decoded(password)));
        is_host.then(|| Self { is_tls, host: host.to_owned(), port, login })
    }
}

/// Whether an address means a mail server.
#[must_use]
pub fn is_server(url: &str) -> bool {
    Place::of(url).is_some()
}

/// `%40` → `@`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let code =
            rest.strip_prefix('%').and_then(|rest| rest.get(..2)).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let (byte, used) = match code {
            Some(byte) => (vec![byte], 3),
            None => (first.to_string().into_bytes(), first.len_utf8()),
        };
        bytes.extend(byte);
        rest = rest.get(used..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Mail to it never leaves the machine.
fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn encryption(email: &Email, host: &str) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &email.ca_file {
        let cannot = |why: String| format!("alerts.email.ca_file: {}: {why}", file.display());
        let pem = fs::read(file).map_err(|error| cannot(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| cannot("no certificate in PEM".to_owned()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|error| format!("TLS cannot be set up: {error}"))
}

fn login(email: &Email, in_address: Option<(String, String)>) -> Result<Option<Credentials>, String> {
    let Some(user) = email.username.clone() else {
        return Ok(in_address.map(|(user, password)| Credentials::new(user, password)));
    };
    let file = email.password_file.clone().or_else(|| credential(PASSWORD_CREDENTIAL));
    let password = match (file, in_address) {
        (Some(file), _) => secret(&file).map_err(|why| format!("the password of the mail server: {why}"))?,
        (None, Some((_, password))) => password,
        (None, None) => {
            return Err(format!(
                "no password for alerts.email.username; name alerts.email.password_file, or give systemd's credential {PASSWORD_CREDENTIAL}"
            ));
        }
    };
    Ok(Some(Credentials::new(user, password)))
}
