//! Delivers one message to one mail server.

use std::{
    error::Error as _,
    sync::mpsc,
    thread,
    time::{Duration, Instant as StdInstant},
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::Mechanism,
        client::SmtpConnection,
        commands::{Data, Mail, Quit, Rcpt},
        extension::ClientId,
    },
};

use super::{
    Delivery, Email, Message, Refusal, Timeouts,
    compose::mailbox,
    server::{Security, SmtpServer},
    words::sentence,
};

/// Progress reported by the thread that talks to the server.
enum SmtpEvent {
    /// The server accepted DATA: the message is sent now.
    SendingMessage,
    Done(Delivery),
}

/// Sends a message and returns within `timeouts`, whatever the server does. Blocks.
///
/// | server | result |
/// |---|---|
/// | 4xx (421, 450, 451, 452), closed connection, timeout, unreachable | [`Delivery::Later`] |
/// | login refused (535 and similar), untrusted certificate | [`Delivery::Later`] with `setup` |
/// | 5xx (550, 553, 554) for the message or every recipient | [`Delivery::Refused`] |
/// | 5xx for some recipients | [`Delivery::Accepted`], with these in `refused` |
pub fn deliver(email: &Email, message: &Message, timeouts: Timeouts) -> Delivery {
    let end = StdInstant::now() + timeouts.dialogue;
    let (sender, events) = mpsc::channel();
    let (email, owned_message) = (email.clone(), message.clone());
    // In a separate thread: a server that sends a byte now and then never triggers the socket's timeout.
    let spawned = thread::Builder::new().name("vigie-mail".to_owned()).spawn(move || {
        let on_data = || {
            let _ = sender.send(SmtpEvent::SendingMessage);
        };
        let dialogue = Dialogue { end, acceptance: timeouts.acceptance, message: &owned_message, on_data: &on_data };
        match dialogue.open(&email) {
            Err(failure) => {
                let _ = sender.send(SmtpEvent::Done(dialogue.failed(&failure)));
            }
            Ok((mut connection, from)) => {
                let _ = sender.send(SmtpEvent::Done(dialogue.send(&mut connection, from)));
                // The outcome is known; QUIT is a courtesy.
                let _ = connection.set_timeout(Some(Duration::from_secs(1)));
                let _ = connection.command(Quit);
            }
        }
    });
    let retry = |reason: &str| later(message, reason, false);
    if let Err(error) = spawned {
        return retry(&format!("cannot start a thread to send the email: {error}"));
    }
    let mut wait = timeouts.dialogue;
    loop {
        match events.recv_timeout(wait) {
            Ok(SmtpEvent::Done(delivery)) => return delivery,
            Ok(SmtpEvent::SendingMessage) => wait = timeouts.acceptance,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let seconds = wait.as_secs_f64().ceil();
                return retry(&format!("the mail server did not respond within {seconds} s"));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return retry("the mail thread crashed"),
        }
    }
}

fn later(message: &Message, reason: &str, setup: bool) -> Delivery {
    let (reason, to) = (sentence(reason), message.to.clone());
    Delivery::Later { reason, to, replies: Vec::new(), refused: Vec::new(), setup, retry_after: None }
}

/// One SMTP session for one message.
struct Dialogue<'a> {
    end: StdInstant,
    acceptance: Duration,
    message: &'a Message,
    /// Called when the server has accepted DATA.
    on_data: &'a dyn Fn(),
}

/// Why the session ended before the message was accepted.
struct SmtpFailure {
    reason: String,
    kind: FailureKind,
}

enum FailureKind {
    Later,
    Setup,
    Refused,
}

impl Dialogue<'_> {
    fn failed(&self, failure: &SmtpFailure) -> Delivery {
        match failure.kind {
            FailureKind::Later => later(self.message, &failure.reason, false),
            FailureKind::Setup => later(self.message, &failure.reason, true),
            FailureKind::Refused => Delivery::Refused { reason: sentence(&failure.reason), replies: Vec::new() },
        }
    }

    /// Like [`Self::failed`], after some recipients were refused: these are not retried.
    fn failed_after(&self, known: Vec<Refusal>, failure: &SmtpFailure) -> Delivery {
        match self.failed(failure) {
            Delivery::Later { reason, to, replies, setup, .. } => {
                let to = to.into_iter().filter(|to| known.iter().all(|refusal| refusal.to != *to)).collect();
                Delivery::Later { reason, to, replies, refused: known, setup, retry_after: None }
            }
            delivery => delivery,
        }
    }

    /// Returns the time until the deadline. A socket timeout must not be zero.
    fn remaining(&self) -> Duration {
        self.end.saturating_duration_since(StdInstant::now()).max(Duration::from_millis(1))
    }

    /// Connects, starts TLS and logs in.
    fn open(&self, email: &Email) -> Result<(SmtpConnection, Address), SmtpFailure> {
        let setup = |reason: String| SmtpFailure { reason, kind: FailureKind::Setup };
        let from = mailbox("alerts.email.from", &email.from).map_err(|fault| setup(fault.to_string()))?.email;
        let server = SmtpServer::from_config(email).map_err(setup)?;
        let at = format!("{}:{}", server.host, server.port);
        let hello = ClientId::default();
        let implicit = match &server.security {
            Security::Tls(tls) => Some(tls),
            Security::StartTls(_) | Security::Plain => None,
        };
        let address = (server.host.as_str(), server.port);
        // A refusal before the server has seen the message is not about the message: the setup is wrong.
        let failure = |what: &str, error: &Error| {
            let failure = failure(what, error);
            let kind = if matches!(failure.kind, FailureKind::Refused) { FailureKind::Setup } else { failure.kind };
            SmtpFailure { kind, ..failure }
        };
        let mut connection =
            SmtpConnection::connect(address, Some(self.remaining()), &hello, implicit, None).map_err(|error| {
                if error.status().is_some() {
                    return failure(&format!("{at} refused the connection"), &error);
                }
                let mut failure = failure(&format!("cannot connect to {at}"), &error);
                if !is_untrusted(&error) {
                    failure.reason.push_str("; check alerts.email.smtp and that the server is running");
                }
                failure
            })?;
        if let Security::StartTls(tls) = &server.security {
            if !connection.can_starttls() {
                connection.abort();
                return Err(setup(format!(
                    "{at} does not support STARTTLS; use smtps://, or set alerts.email.starttls to never"
                )));
            }
            self.set_timeout(&mut connection);
            connection.starttls(tls, &hello).map_err(|error| failure(&format!("{at}: STARTTLS failed"), &error))?;
        }
        if let Some(login) = &server.login {
            self.set_timeout(&mut connection);
            // XOAUTH2 requires a token, not a password.
            let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], login);
            login.map_err(|error| login_failure(&at, &error))?;
        }
        Ok((connection, from))
    }

    fn set_timeout(&self, connection: &mut SmtpConnection) {
        let _ = connection.set_timeout(Some(self.remaining()));
    }

    /// Sends MAIL, RCPT for each recipient, and DATA. A refused recipient does not affect the others.
    fn send(&self, connection: &mut SmtpConnection, from: Address) -> Delivery {
        self.set_timeout(connection);
        if let Err(error) = connection.command(Mail::new(Some(from), vec![])) {
            return self.failed(&failure("the server refused the sender", &error));
        }
        let (mut accepted, mut deferred, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for to in &self.message.to {
            let Ok(address) = to.parse::<Address>() else {
                refused.push(Refusal { to: to.clone(), reply: "not a valid email address".to_owned() });
                continue;
            };
            self.set_timeout(connection);
            match connection.command(Rcpt::new(address, vec![])) {
                Ok(_) => accepted.push(to.clone()),
                Err(error) if error.is_permanent() => {
                    refused.push(Refusal { to: to.clone(), reply: sentence(&describe(&error)) });
                }
                Err(error) if error.is_transient() => {
                    deferred.push(Refusal { to: to.clone(), reply: sentence(&describe(&error)) });
                }
                Err(error) => return self.failed_after(refused, &failure("the connection was lost", &error)),
            }
        }
        if accepted.is_empty() {
            return if deferred.is_empty() {
                Delivery::Refused { reason: list(&refused), replies: refused }
            } else {
                later_for(deferred, refused)
            };
        }
        self.set_timeout(connection);
        if let Err(error) = connection.command(Data) {
            return self.failed_after(refused, &failure("the server did not accept the message", &error));
        }
        (self.on_data)();
        let _ = connection.set_timeout(Some(self.acceptance));
        match connection.message(&self.message.bytes) {
            Err(error) => self.failed_after(refused, &failure("the server did not accept the message", &error)),
            Ok(_) if deferred.is_empty() => Delivery::Accepted { refused },
            Ok(_) => later_for(deferred, refused),
        }
    }
}

/// To be tried again for the deferred recipients only.
fn later_for(deferred: Vec<Refusal>, refused: Vec<Refusal>) -> Delivery {
    let to = deferred.iter().map(|deferral| deferral.to.clone()).collect();
    Delivery::Later { reason: list(&deferred), to, replies: deferred, refused, setup: false, retry_after: None }
}

fn list(replies: &[Refusal]) -> String {
    sentence(&replies.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

/// Classifies a failed step.
fn failure(what: &str, error: &Error) -> SmtpFailure {
    let untrusted = is_untrusted(error);
    let kind = match () {
        // Authentication or encryption required (RFC 4954).
        () if error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538)) => FailureKind::Setup,
        () if error.is_permanent() => FailureKind::Refused,
        () if untrusted => FailureKind::Setup,
        () => FailureKind::Later,
    };
    let hint = if untrusted {
        "; check the host name, and set alerts.email.ca_file if the server uses a private CA"
    } else {
        ""
    };
    SmtpFailure { reason: format!("{what}: {}{hint}", describe(error)), kind }
}

/// Classifies a failed login. It is never a refusal of the message.
fn login_failure(at: &str, error: &Error) -> SmtpFailure {
    let kind = if error.is_permanent() || error.is_client() { FailureKind::Setup } else { FailureKind::Later };
    let hint = match kind {
        FailureKind::Setup => "; check alerts.email.username and its password, then run `vigie alert test`",
        _ => "",
    };
    SmtpFailure { reason: format!("{at} refused the login: {}{hint}", describe(error)), kind }
}

/// Returns the server's reply, or the connection error.
fn describe(error: &Error) -> String {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    match (error.status(), source.as_str()) {
        (Some(code), "") => code.to_string(),
        (Some(code), text) => format!("{code} {text}"),
        (None, _) if error.is_timeout() || is_read_timeout(error) => "the server did not respond in time".to_owned(),
        (None, "") => error.to_string(),
        (None, text) => text.split(" (os error").next().unwrap_or(text).to_owned(),
    }
}

/// Returns the I/O error in the chain of causes.
fn io_error(error: &Error) -> Option<&std::io::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref() {
            return Some(error);
        }
        source = cause.source();
    }
    None
}

/// Returns whether a socket read timed out.
fn is_read_timeout(error: &Error) -> bool {
    io_error(error).is_some_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

fn is_untrusted(error: &Error) -> bool {
    let inner = io_error(error).and_then(std::io::Error::get_ref);
    inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some_and(|error| {
        matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
    })
}
