//! Delivers one message to one mail server.

use std::{
    io::ErrorKind,
    sync::mpsc,
    thread,
    time::{Duration, Instant as StdInstant},
};

use super::{
    Delivery, Email, Message, Refusal, Timeouts,
    address::{ascii_address, mailbox},
    server::{Security, SmtpServer},
    smtp_session::{SmtpError, SmtpSession},
    words::sentence,
};
use crate::fault::describe_io;

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
                let _ = sender.send(SmtpEvent::Done(dialogue.send(&mut connection, &from)));
                // The outcome is known; QUIT is a courtesy.
                connection.set_deadline(StdInstant::now() + Duration::from_secs(1));
                let _ = connection.command("QUIT");
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

    /// Connects, starts TLS and logs in. Returns the session and the sender's address.
    fn open(&self, email: &Email) -> Result<(SmtpSession, String), SmtpFailure> {
        let setup = |reason: String| SmtpFailure { reason, kind: FailureKind::Setup };
        let from = mailbox("alerts.email.from", &email.from).map_err(|fault| setup(fault.to_string()))?;
        let server = SmtpServer::from_config(email).map_err(setup)?;
        let at = format!("{}:{}", server.host, server.port);
        let implicit = match &server.security {
            Security::Tls(tls) => Some(tls),
            Security::StartTls(_) | Security::Plain => None,
        };
        // A refusal before the server has seen the message is not about the message: the setup is wrong.
        let failure = |what: &str, error: &SmtpError| {
            let failure = failure(what, error);
            let kind = if matches!(failure.kind, FailureKind::Refused) { FailureKind::Setup } else { failure.kind };
            SmtpFailure { kind, ..failure }
        };
        let address = (server.host.as_str(), server.port);
        let mut session = SmtpSession::connect(address, implicit, self.end).map_err(|error| {
            if error.code().is_some() {
                return failure(&format!("{at} refused the connection"), &error);
            }
            let mut failure = failure(&format!("cannot connect to {at}"), &error);
            if !is_untrusted(&error) {
                failure.reason.push_str("; check alerts.email.smtp and that the server is running");
            }
            failure
        })?;
        if let Security::StartTls(tls) = &server.security {
            if !session.can_start_tls() {
                let _ = session.command("QUIT");
                return Err(setup(format!(
                    "{at} does not support STARTTLS; use smtps://, or set alerts.email.starttls to never"
                )));
            }
            session = session.start_tls(tls).map_err(|error| failure(&format!("{at}: STARTTLS failed"), &error))?;
        }
        if let Some(login) = &server.login {
            session.log_in(login).map_err(|error| login_failure(&at, &error))?;
        }
        Ok((session, from.email.to_string()))
    }

    /// Sends MAIL, RCPT for each recipient, and DATA. A refused recipient does not affect the others.
    fn send(&self, session: &mut SmtpSession, from: &str) -> Delivery {
        if let Err(error) = session.command(&format!("MAIL FROM:<{from}>")) {
            return self.failed(&failure("the server refused the sender", &error));
        }
        let (mut accepted, mut deferred, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for to in &self.message.to {
            // Messages queued by earlier versions may have other addresses.
            let Some(address) = ascii_address(to) else {
                refused.push(Refusal { to: to.clone(), reply: "not a valid email address".to_owned() });
                continue;
            };
            match session.command(&format!("RCPT TO:<{address}>")) {
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
        if let Err(error) = session.command("DATA") {
            return self.failed_after(refused, &failure("the server did not accept the message", &error));
        }
        (self.on_data)();
        session.set_deadline(StdInstant::now() + self.acceptance);
        match session.message(&self.message.bytes) {
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
fn failure(what: &str, error: &SmtpError) -> SmtpFailure {
    let untrusted = is_untrusted(error);
    let kind = match () {
        // Authentication or encryption required (RFC 4954).
        () if matches!(error.code(), Some(530 | 534 | 535 | 538)) => FailureKind::Setup,
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
fn login_failure(at: &str, error: &SmtpError) -> SmtpFailure {
    let is_setup = error.is_permanent() || matches!(error, SmtpError::NoMechanism);
    let (kind, hint) = if is_setup {
        (FailureKind::Setup, "; check alerts.email.username and its password, then run `vigie alert test`")
    } else {
        (FailureKind::Later, "")
    };
    SmtpFailure { reason: format!("{at} refused the login: {}{hint}", describe(error)), kind }
}

/// Returns the server's reply, or the connection error.
fn describe(error: &SmtpError) -> String {
    match error {
        SmtpError::Negative(reply) => format!("{} {}", reply.code, reply.text()).trim_end().to_owned(),
        // A socket reports a timeout as either of the two.
        SmtpError::Connection(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            "the server did not respond in time".to_owned()
        }
        SmtpError::Connection(error) => describe_io(error),
        SmtpError::Malformed(what) => (*what).to_owned(),
        SmtpError::NoMechanism => "it offers neither AUTH PLAIN nor AUTH LOGIN".to_owned(),
    }
}

fn is_untrusted(error: &SmtpError) -> bool {
    let SmtpError::Connection(error) = error else { return false };
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some_and(|error| {
        matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
    })
}
