//! Turns the config's database keys into connection settings: host, user, password, TLS.

use std::{fmt, time::Duration};

use tokio_postgres::{
    Config,
    config::{Host, SslMode as DriverSslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use vigie_profile::window::Span;

use super::{access::Access, password, tls};
use crate::{
    fault::{Fault, Result},
    source::{DatabaseUrl, SslMode},
};

/// A server that does not answer within this time counts as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Idle time before TCP keepalive probes, so that a cut cable does not block a run for hours.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Everything needed to connect.
pub(super) struct Database {
    pub config: Config,
    pub tls: MakeRustlsConnect,
    pub statement_timeout: Span,
    /// The config section with the connection, and the one with the table or query.
    pub server_section: &'static str,
    pub rows_section: &'static str,
    shown: String,
}

impl Database {
    /// Reads the connection settings from the config, and the password from the file, the environment or the url.
    pub(super) fn new(access: &Access<'_>) -> Result<Self> {
        let section = access.server_section;
        let url = access.server.url.as_ref().map_or("", |url| url.0.as_str());
        let (mut config, mode_in_url) =
            parse_url(section, url).map_err(|(why, hint)| Fault::setup(format!("{section}.url {why}; {hint}")))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("/var/run/postgresql");
        }
        let user = config.get_user().map(ToOwned::to_owned);
        if config.get_dbname().is_none()
            && let Some(user) = &user
        {
            config.dbname(user);
        }
        if let Some(password) = password::find(section, access.server.password_file.as_deref(), &config)? {
            config.password(password);
        }
        let mut mode = access.server.sslmode.or(mode_in_url).unwrap_or_default();
        if mode == SslMode::Require && access.server.sslrootcert.is_some() {
            mode = SslMode::VerifyCa;
        }
        let has_socket = config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_)));
        config.ssl_mode(match mode {
            // Unix sockets are never encrypted; libpq ignores the mode as well.
            _ if has_socket => DriverSslMode::Disable,
            SslMode::Disable => DriverSslMode::Disable,
            SslMode::Prefer => DriverSslMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriverSslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_keepalives_idle() > KEEPALIVE {
            config.keepalives_idle(KEEPALIVE).keepalives_interval(Duration::from_secs(10)).keepalives_retries(3);
        }
        config.application_name("vigie");
        let shown = shown(&config);
        let tls = tls::connector(section, mode, access.server.sslrootcert.as_deref())?;
        Ok(Self {
            config,
            tls,
            statement_timeout: access.rows.statement_timeout,
            server_section: section,
            rows_section: access.rows_section,
            shown,
        })
    }
}

/// Shows host, port and database, never the password.
impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Database({self})")
    }
}

fn shown(config: &Config) -> String {
    let name = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    };
    let mut hosts: Vec<String> = config.get_hosts().iter().map(name).collect();
    if hosts.is_empty() {
        hosts = config.get_hostaddrs().iter().map(ToString::to_string).collect();
    }
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{}:{port}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

fn url_hint(section: &str) -> String {
    format!(
        "write it as `postgresql://user@host:5432/database` and put the password in the file named by `{section}.password_file`"
    )
}

/// What is wrong with a URL, as the end of a sentence that begins with its key; and how to fix it.
type UrlProblem = (String, String);

/// Checks a URL without connecting.
pub(in crate::source) fn check_url(section: &str, url: &DatabaseUrl) -> Option<UrlProblem> {
    parse_url(section, &url.0).err()
}

fn parse_url(section: &str, url: &str) -> Result<(Config, Option<SslMode>), UrlProblem> {
    let (text, mode) = split_sslmode(section, url)?;
    let config: Config = text.parse().map_err(|error| unreadable(section, &error))?;
    Ok((config, mode))
}

/// Reports the parser's error, unless it may contain a part of the password.
fn unreadable(section: &str, error: &tokio_postgres::Error) -> UrlProblem {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let which = cause.filter(|cause| cause.starts_with("invalid value for option"));
    let which = which.map(|which| format!(" ({which})")).unwrap_or_default();
    (format!("is not a valid connection string{which}"), url_hint(section))
}

const SSLMODE: &str = "sslmode=";

/// Returns the url without its `sslmode`, as the driver does not support libpq's two strictest modes, and the mode.
fn split_sslmode(section: &str, url: &str) -> Result<(String, Option<SslMode>), UrlProblem> {
    if url.contains("://") && url.matches('@').count() > 1 {
        let hint = format!("in a password, write it as %40; {}", url_hint(section));
        return Err(("has more than one `@`".to_owned(), hint));
    }
    if ["sslrootcert=", "sslcert=", "sslkey=", "sslcrl="].iter().any(|key| url.contains(key)) {
        return Err((
            "has certificate options, which are not supported there".to_owned(),
            format!("set `{section}.sslrootcert` to the CA file"),
        ));
    }
    let Some(start) = url.find(SSLMODE).map(|at| at + SSLMODE.len()) else { return Ok((url.to_owned(), None)) };
    let rest = url.get(start..).unwrap_or_default();
    let length = rest.find(|char: char| !char.is_ascii_alphabetic() && char != '-').unwrap_or(rest.len());
    let mode = match rest.get(..length).unwrap_or_default() {
        "disable" => SslMode::Disable,
        "prefer" => SslMode::Prefer,
        "require" => SslMode::Require,
        "verify-ca" => SslMode::VerifyCa,
        "verify-full" => SslMode::VerifyFull,
        _ => {
            return Err((
                "has an unknown sslmode".to_owned(),
                "use disable, prefer, require, verify-ca or verify-full".to_owned(),
            ));
        }
    };
    let mut text = url.to_owned();
    text.replace_range(start..start + length, "prefer");
    Ok((text, Some(mode)))
}
