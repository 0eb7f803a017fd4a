//! Resolves the `alerts.email` settings into a server, an encryption mode and a login.

use std::{fs, net::IpAddr, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{
    Email, StartTls,
    secret::{credential, secret, secret_key},
    smtp_session::SmtpLogin,
};

/// How the connection is encrypted.
pub(super) enum Security {
    /// TLS from the start.
    Tls(Arc<ClientConfig>),
    /// TLS after STARTTLS, which is required.
    StartTls(Arc<ClientConfig>),
    /// No encryption.
    Plain,
}

/// The connection settings of a mail server.
pub(super) struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<SmtpLogin>,
}

impl SmtpServer {
    /// Returns the settings, or a sentence that says what to fix.
    pub(super) fn from_config(email: &Email) -> Result<Self, String> {
        let url = SmtpUrl::parse(&email.smtp)
            .ok_or("alerts.email.smtp is not a valid SMTP URL; write it as smtps://host:465")?;
        let tls = || tls_config(email);
        let security = match (url.is_tls, email.starttls) {
            (true, _) => Security::Tls(tls()?),
            (false, Some(StartTls::Never)) => Security::Plain,
            (false, None) if is_local(&url.host) => Security::Plain,
            (false, Some(StartTls::Required) | None) => Security::StartTls(tls()?),
        };
        Ok(Self { login: login(email, url.login)?, host: url.host, port: url.port, security })
    }
}

/// The parts of `smtps://user:password@host:465`.
struct SmtpUrl {
    is_tls: bool,
    host: String,
    port: u16,
    login: Option<(String, String)>,
}

impl SmtpUrl {
    fn parse(url: &str) -> Option<Self> {
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
        let default_port = if is_tls { 465 } else { 587 };
        // [::1]:25, host:25, host
        let (host, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, default_port),
            Some((host, port)) => (host, port.strip_prefix(':')?.parse().ok()?),
            None => match address.split_once(':') {
                Some((host, port)) => (host, port.parse().ok()?),
                None => (address, default_port),
            },
        };
        let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
        let login = login.map(|(user, password)| (percent_decode(user), percent_decode(password)));
        is_host.then(|| Self { is_tls, host: host.to_owned(), port, login })
    }
}

/// Returns whether the text is a valid SMTP URL.
#[must_use]
pub fn is_smtp_url(url: &str) -> bool {
    SmtpUrl::parse(url).is_some()
}

/// Decodes percent-encoding: `%40` → `@`.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let code =
            rest.strip_prefix('%').and_then(|rest| rest.get(..2)).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let (decoded, used) = match code {
            Some(byte) => (vec![byte], 3),
            None => (first.to_string().into_bytes(), first.len_utf8()),
        };
        bytes.extend(decoded);
        rest = rest.get(used..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns whether email to this host never leaves the machine.
fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Trusts the system's certificates and those of `alerts.email.ca_file`.
fn tls_config(email: &Email) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = &email.ca_file {
        let cannot = |why: String| format!("alerts.email.ca_file: {}: {why}", file.display());
        let pem = fs::read(file).map_err(|error| cannot(error.to_string()))?;
        let certificates: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
        if roots.add_parsable_certificates(certificates).0 == 0 {
            return Err(cannot("the file contains no PEM certificate".to_owned()));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot set up TLS: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn login(email: &Email, in_url: Option<(String, String)>) -> Result<Option<SmtpLogin>, String> {
    let Some(user) = email.username.clone() else {
        return Ok(in_url.map(|(user, password)| SmtpLogin { user, password }));
    };
    let credential_name = Email::SPEC.credential;
    let key = secret_key("alerts.email.password_file", email.password_file.is_some(), credential_name);
    let file = email.password_file.clone().or_else(|| credential(credential_name));
    let password = match (file, in_url) {
        (Some(file), _) => secret(&file).map_err(|why| format!("{key}: {why}"))?,
        (None, Some((_, password))) => password,
        (None, None) => {
            return Err(format!(
                "alerts.email.username has no password; set alerts.email.password_file or pass the systemd credential {}",
                Email::SPEC.credential
            ));
        }
    };
    Ok(Some(SmtpLogin { user, password }))
}
