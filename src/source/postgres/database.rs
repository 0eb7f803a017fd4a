//! Which database, as whom, secured how: the `source:` keys as a connection that can be opened.

use std::{fmt, time::Duration};

use tokio_postgres::{
    Config,
    config::{Host, SslMode as Wire},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use vigie_profile::window::Span;

use super::{access::Access, password, tls};
use crate::{
    fault::{Fault, Result},
    source::SslMode,
};

/// A server that does not answer within this is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection is asked whether it still lives after so long a silence: a cut cable must not hold a run for hours.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Everything needed to connect.
pub(super) struct Database {
    pub config: Config,
    pub tls: MakeRustlsConnect,
    pub statement_timeout: Span,
    /// The section of the config that names it, and the one that says what is read.
    pub section: &'static str,
    pub rows: &'static str,
    shown: String,
}

impl Database {
    /// What the config says, with the password from wherever it is kept.
    pub(super) fn of(access: &Access<'_>) -> Result<Self> {
        let section = access.section;
        let url = access.server.url.as_ref().map_or("", |url| url.0.as_str());
        let (text, said) = sslmode_of(section, url)?;
        let mut config: Config = text.parse().map_err(|error| unreadable(section, &error))?;
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
        let mut mode = access.server.sslmode.or(said).unwrap_or_default();
        if mode == SslMode::Require && access.server.sslrootcert.is_some() {
            mode = SslMode::VerifyCa;
        }
        let has_socket = config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_)));
        config.ssl_mode(match mode {
            // A socket of this machine is not encrypted, whatever is asked for: libpq does as much.
            _ if has_socket => Wire::Disable,
            SslMode::Disable => Wire::Disable,
            SslMode::Prefer => Wire::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => Wire::Require,
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
        Ok(Self { config, tls, statement_timeout: access.wanted.statement_timeout, section, rows: access.rows, shown })
    }
}

/// Host, port and database: never the password.
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

fn how(section: &str) -> String {
    format!("write it as `postgresql://user@host:5432/database`, and the password into `{section}.password_file`")
}

/// The parser's complaint, as far as it cannot hold a piece of a password.
fn unreadable(section: &str, error: &tokio_postgres::Error) -> Fault {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let which = cause.filter(|cause| cause.starts_with("invalid value for option"));
    let which = which.map(|which| format!(" ({which})")).unwrap_or_default();
    Fault::setup(format!("{section}.url cannot be read{which}; {}", how(section)))
}

const SSLMODE: &str = "sslmode=";

/// The url with libpq's two stricter modes taken out, which the driver does not know, and the mode it said.
fn sslmode_of(section: &str, url: &str) -> Result<(String, Option<SslMode>)> {
    if url.contains("://") && url.matches('@').count() > 1 {
        return Err(Fault::setup(format!(
            "{section}.url has more than one `@`: in a password it has to be written %40; {}",
            how(section)
        )));
    }
    if ["sslrootcert=", "sslcert=", "sslkey=", "sslcrl="].iter().any(|key| url.contains(key)) {
        return Err(Fault::setup(format!(
            "{section}.url names certificates, which are not read from there; name the authority's file in `{section}.sslrootcert`"
        )));
    }
    let Some(start) = url.find(SSLMODE).map(|at| at + SSLMODE.len()) else { return Ok((url.to_owned(), None)) };
    let rest = url.get(start..).unwrap_or_default();
    let length = rest.find(|letter: char| !letter.is_ascii_alphabetic() && letter != '-').unwrap_or(rest.len());
    let mode = match rest.get(..length).unwrap_or_default() {
        "disable" => SslMode::Disable,
        "prefer" => SslMode::Prefer,
        "require" => SslMode::Require,
        "verify-ca" => SslMode::VerifyCa,
        "verify-full" => SslMode::VerifyFull,
        _ => {
            return Err(Fault::setup(format!(
                "{section}.url: its sslmode is none of disable, prefer, require, verify-ca, verify-full; write one of them"
            )));
        }
    };
    let mut text = url.to_owned();
    text.replace_range(start..start + length, "prefer");
    Ok((text, Some(mode)))
}
