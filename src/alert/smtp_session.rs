//! An SMTP session: commands and their replies, over a plain or an encrypted connection. Whatever the server sends, a reply
//! and the session as a whole take a bounded amount of memory and time.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Instant as StdInstant,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};

use super::bounded_stream::BoundedStream;

/// Maximum length of a line of a reply, in bytes. RFC 5321 requires support for 512.
const MAX_LINE: u64 = 2_048;
/// Maximum length of a reply, in bytes.
const MAX_REPLY: usize = 64 * 1_024;
/// Maximum number of bytes received in a session, including certificates.
const MAX_SESSION: usize = 4 * 1_024 * 1_024;

/// User name and password.
pub(super) struct SmtpLogin {
    pub user: String,
    pub password: String,
}

/// A reply: its code, and its lines without the code.
pub(super) struct SmtpReply {
    pub code: u16,
    lines: Vec<String>,
}

impl SmtpReply {
    /// All lines in one.
    pub(super) fn text(&self) -> String {
        self.lines.join(" ").trim().to_owned()
    }
}

/// Why a command failed.
pub(super) enum SmtpError {
    /// The server replied with 4xx or 5xx.
    Negative(SmtpReply),
    Connection(io::Error),
    /// What the server sent is not a reply.
    Malformed(&'static str),
    /// The server offers no way to log in that this client supports.
    NoMechanism,
}

impl SmtpError {
    /// The code of a negative reply.
    pub(super) fn code(&self) -> Option<u16> {
        if let Self::Negative(reply) = self { Some(reply.code) } else { None }
    }

    pub(super) fn is_permanent(&self) -> bool {
        self.code().is_some_and(|code| code >= 500)
    }

    pub(super) fn is_transient(&self) -> bool {
        self.code().is_some_and(|code| code < 500)
    }
}

type SmtpResult = Result<SmtpReply, SmtpError>;

enum SmtpStream {
    Plain(BoundedStream),
    Tls(Box<StreamOwned<ClientConnection, BoundedStream>>),
}

impl SmtpStream {
    fn bounded(&mut self) -> &mut BoundedStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &mut stream.sock,
        }
    }
}

impl Read for SmtpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for SmtpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// An open session after EHLO.
pub(super) struct SmtpSession {
    wire: BufReader<SmtpStream>,
    host: String,
    /// The lines of the reply to EHLO, in capitals.
    extensions: Vec<String>,
}

impl SmtpSession {
    /// Connects, encrypted from the start if `tls` is set, and says EHLO.
    pub(super) fn connect(
        (host, port): (&str, u16),
        tls: Option<&Arc<ClientConfig>>,
        deadline: StdInstant,
    ) -> Result<Self, SmtpError> {
        let socket = connect((host, port), deadline).map_err(SmtpError::Connection)?;
        let stream = BoundedStream::new(socket, deadline, MAX_SESSION);
        let wire = match tls {
            None => SmtpStream::Plain(stream),
            Some(config) => encrypted(stream, config, host)?,
        };
        let mut session = Self { wire: BufReader::new(wire), host: host.to_owned(), extensions: Vec::new() };
        session.reply()?;
        session.hello()?;
        Ok(session)
    }

    /// Sets the time until which the server must have replied.
    pub(super) fn set_deadline(&mut self, deadline: StdInstant) {
        self.wire.get_mut().bounded().set_deadline(deadline);
    }

    pub(super) fn can_start_tls(&self) -> bool {
        matches!(self.wire.get_ref(), SmtpStream::Plain(_)) && self.extensions.iter().any(|line| line == "STARTTLS")
    }

    /// Encrypts the connection, and says EHLO again.
    pub(super) fn start_tls(mut self, config: &Arc<ClientConfig>) -> Result<Self, SmtpError> {
        self.command("STARTTLS")?;
        // Bytes that were injected before encryption must not be read as the first reply after it.
        if !self.wire.buffer().is_empty() {
            return Err(SmtpError::Malformed("the server sent data before encryption began"));
        }
        let Self { wire, host, .. } = self;
        let wire = match wire.into_inner() {
            SmtpStream::Plain(stream) => encrypted(stream, config, &host)?,
            wire @ SmtpStream::Tls(_) => wire,
        };
        let mut session = Self { wire: BufReader::new(wire), host, extensions: Vec::new() };
        session.hello()?;
        Ok(session)
    }

    fn hello(&mut self) -> Result<(), SmtpError> {
        // An address literal: this machine may not have a name that the server can resolve.
        let reply = self.command("EHLO [127.0.0.1]")?;
        self.extensions = reply.lines.iter().skip(1).map(|line| line.trim().to_ascii_uppercase()).collect();
        Ok(())
    }

    fn offers(&self, mechanism: &str) -> bool {
        let lists = self.extensions.iter().filter_map(|line| line.strip_prefix("AUTH"));
        lists.flat_map(|list| list.split([' ', '='])).any(|offered| offered == mechanism)
    }

    /// Logs in with PLAIN or, if the server does not offer it, with LOGIN. XOAUTH2 requires a token, not a password.
    pub(super) fn log_in(&mut self, login: &SmtpLogin) -> SmtpResult {
        let SmtpLogin { user, password } = login;
        if self.offers("PLAIN") {
            let proof = STANDARD.encode(format!("\0{user}\0{password}"));
            return self.command(&format!("AUTH PLAIN {proof}"));
        }
        if !self.offers("LOGIN") {
            return Err(SmtpError::NoMechanism);
        }
        self.command("AUTH LOGIN")?;
        self.command(&STANDARD.encode(user))?;
        self.command(&STANDARD.encode(password))
    }

    /// Sends a command and returns the reply; an error if it is negative.
    pub(super) fn command(&mut self, command: &str) -> SmtpResult {
        self.write(format!("{command}\r\n").as_bytes())?;
        self.reply()
    }

    /// Sends the message after DATA.
    pub(super) fn message(&mut self, message: &[u8]) -> SmtpResult {
        let mut stuffed = Vec::with_capacity(message.len() + 64);
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            if line.first() == Some(&b'.') {
                stuffed.push(b'.');
            }
            stuffed.extend_from_slice(line);
        }
        if !stuffed.ends_with(b"\r\n") {
            stuffed.extend_from_slice(b"\r\n");
        }
        stuffed.extend_from_slice(b".\r\n");
        self.write(&stuffed)?;
        self.reply()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SmtpError> {
        let wire = self.wire.get_mut();
        wire.write_all(bytes).and_then(|()| wire.flush()).map_err(SmtpError::Connection)
    }

    /// Reads a reply: lines `250-text`, and a last line `250 text`.
    fn reply(&mut self) -> SmtpResult {
        let (mut lines, mut code, mut bytes) = (Vec::new(), None, 0);
        loop {
            let line = self.line()?;
            bytes += line.len();
            if bytes > MAX_REPLY {
                return Err(SmtpError::Malformed("the server's reply is too long"));
            }
            let (this, rest) = split_code(&line).ok_or(SmtpError::Malformed("the server's reply is not SMTP"))?;
            if code.is_some_and(|code| code != this) {
                return Err(SmtpError::Malformed("the server's reply has several codes"));
            }
            code = Some(this);
            lines.push(rest.strip_prefix([' ', '-']).unwrap_or(rest).to_owned());
            if !rest.starts_with('-') {
                let reply = SmtpReply { code: this, lines };
                return if this < 400 { Ok(reply) } else { Err(SmtpError::Negative(reply)) };
            }
        }
    }

    /// Reads a line without its end.
    fn line(&mut self) -> Result<String, SmtpError> {
        let mut line = Vec::new();
        (&mut self.wire).take(MAX_LINE).read_until(b'\n', &mut line).map_err(SmtpError::Connection)?;
        if line.is_empty() {
            return Err(SmtpError::Connection(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the server closed the connection",
            )));
        }
        if line.last() != Some(&b'\n') {
            return Err(SmtpError::Malformed("a line of the server's reply is too long or incomplete"));
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

/// Splits `250-text` into the code and the rest.
fn split_code(line: &str) -> Option<(u16, &str)> {
    let (code, rest) = line.split_at_checked(3)?;
    let is_code =
        code.bytes().all(|byte| byte.is_ascii_digit()) && matches!(code.as_bytes().first(), Some(b'2'..=b'5'));
    let is_reply = is_code && (rest.is_empty() || rest.starts_with([' ', '-']));
    if is_reply { Some((code.parse().ok()?, rest)) } else { None }
}

/// Connects to the first address that answers.
fn connect(server: (&str, u16), deadline: StdInstant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "could not resolve to any address");
    for address in server.to_socket_addrs()? {
        let wait = deadline.saturating_duration_since(StdInstant::now());
        if wait.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, wait) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn encrypted(stream: BoundedStream, config: &Arc<ClientConfig>, host: &str) -> Result<SmtpStream, SmtpError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| SmtpError::Malformed("the host name is not valid in a certificate"))?;
    let connection = ClientConnection::new(Arc::clone(config), name)
        .map_err(|error| SmtpError::Connection(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    Ok(SmtpStream::Tls(Box::new(StreamOwned::new(connection, stream))))
}
