//! One letter to one mail server.

use std::{
    error::Error as _,
    sync::mpsc,
    thread,
    time::{Duration, Instant as Stopwatch},
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
    Delivery, Email, Letter, Refusal,
    compose::mailbox,
    server::{Security, Server},
    words::sentence,
};

/// How long a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the first packet to the server's consent to take the letter (its reply to DATA).
    pub dialogue: Duration,
    /// For the letter itself and the reply to its last line. Whoever leaves before that reply and comes again makes copies,
    /// so RFC 5321 (4.5.3.2.6) asks for ten minutes.
    pub acceptance: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { dialogue: Duration::from_mins(1), acceptance: Duration::from_mins(10) }
    }
}

/// What the thread that speaks to the server has to say.
enum Told {
    /// The server wants the letter now.
    Wanted,
    Ended(Delivery),
}

/// Sends a letter, and answers within `patience` whatever the server does. Blocks.
///
/// | the server | so |
/// |---|---|
/// | 4xx (421, 450, 451, 452), closes, hangs, is not there | [`Delivery::Later`] |
/// | 535 and other refusals of the login, a certificate that is not trusted | [`Delivery::Later`] with `setup` |
/// | 5xx (550, 553, 554) to the letter or to every recipient | [`Delivery::Refused`] |
/// | 5xx to some recipients | [`Delivery::Accepted`] by the others, `refused` names them |
pub fn deliver(email: &Email, letter: &Letter, patience: Patience) -> Delivery {
    let end = Stopwatch::now() + patience.dialogue;
    let (tell, told) = mpsc::channel();
    let (email, letter_sent) = (email.clone(), letter.clone());
    // A thread of its own: a server that sends a byte now and then outlasts every time-out of the socket.
    let spawned = thread::Builder::new().name("vigie-mail".to_owned()).spawn(move || {
        let wanted = || {
            let _ = tell.send(Told::Wanted);
        };
        let dialogue = Dialogue { end, acceptance: patience.acceptance, letter: &letter_sent, wanted: &wanted };
        match dialogue.open(&email) {
            Err(stopped) => {
                let _ = tell.send(Told::Ended(dialogue.ended(&stopped)));
            }
            Ok((mut connection, sender)) => {
                let _ = tell.send(Told::Ended(dialogue.give(&mut connection, sender)));
                // The letter is theirs or not by now: nobody waits for a good-bye.
                let _ = connection.set_timeout(Some(Duration::from_secs(1)));
                let _ = connection.command(Quit);
            }
        }
    });
    let trouble = |reason: &str| later(letter, reason, false);
    if let Err(error) = spawned {
        return trouble(&format!("no thread to send mail: {error}"));
    }
    let mut wait = patience.dialogue;
    loop {
        match told.recv_timeout(wait) {
            Ok(Told::Ended(delivery)) => return delivery,
            Ok(Told::Wanted) => wait = patience.acceptance,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let seconds = wait.as_secs_f64().ceil();
                return trouble(&format!("the mail server did not answer within {seconds} s"));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return trouble("sending broke down"),
        }
    }
}

fn later(letter: &Letter, reason: &str, setup: bool) -> Delivery {
    Delivery::Later { reason: sentence(reason), to: letter.to.clone(), refused: Vec::new(), setup }
}

/// What was said to whom, and until when.
struct Dialogue<'a> {
    end: Stopwatch,
    acceptance: Duration,
    letter: &'a Letter,
    /// Called when the server wants the letter.
    wanted: &'a dyn Fn(),
}

/// Why it stopped before the letter was given.
struct Stopped {
    reason: String,
    kind: Kind,
}

enum Kind {
    Later,
    Setup,
    Refused,
}

impl Dialogue<'_> {
    fn ended(&self, stopped: &Stopped) -> Delivery {
        match stopped.kind {
            Kind::Later => later(self.letter, &stopped.reason, false),
            Kind::Setup => later(self.letter, &stopped.reason, true),
            Kind::Refused => Delivery::Refused(sentence(&stopped.reason)),
        }
    }

    /// The same, after some recipients were refused: they are not asked for again.
    fn ended_but(&self, known: Vec<Refusal>, stopped: &Stopped) -> Delivery {
        match self.ended(stopped) {
            Delivery::Later { reason, to, setup, .. } => {
                let to = to.into_iter().filter(|to| known.iter().all(|refusal| refusal.to != *to)).collect();
                Delivery::Later { reason, to, refused: known, setup }
            }
            ended => ended,
        }
    }

    /// Until the deadline; a socket cannot wait for no time at all.
    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Stopwatch::now()).max(Duration::from_millis(1))
    }

    /// Connects, encrypts, logs in.
    fn open(&self, email: &Email) -> Result<(SmtpConnection, Address), Stopped> {
        let setup = |reason: String| Stopped { reason, kind: Kind::Setup };
        let sender = mailbox("alerts.email.from", &email.from).map_err(|fault| setup(fault.to_string()))?.email;
        let server = Server::of(email).map_err(setup)?;
        let at = format!("{}:{}", server.host, server.port);
        let hello = ClientId::default();
        let implicit = match &server.security {
            Security::Tls(tls) => Some(tls),
            Security::StartTls(_) | Security::Plain => None,
        };
        let address = (server.host.as_str(), server.port);
        // Nothing said before the letter is known is said against it: a refusal here is the setup's.
        let stopped = |what: &str, error: &Error| {
            let stopped = stopped(what, error);
            let kind = if matches!(stopped.kind, Kind::Refused) { Kind::Setup } else { stopped.kind };
            Stopped { kind, ..stopped }
        };
        let mut connection =
            SmtpConnection::connect(address, Some(self.left()), &hello, implicit, None).map_err(|error| {
                // Whoever answers has been reached.
                let what = if error.status().is_some() { "turns vigie away" } else { "cannot be reached" };
                stopped(&format!("{at} {what}"), &error)
            })?;
        if let Security::StartTls(tls) = &server.security {
            if !connection.can_starttls() {
                connection.abort();
                return Err(setup(format!(
                    "{at} offers no encryption (STARTTLS); use smtps://, or say alerts.email.starttls: never"
                )));
            }
            self.wait(&mut connection);
            connection.starttls(tls, &hello).map_err(|error| stopped(&format!("{at}, encrypting"), &error))?;
        }
        if let Some(login) = &server.login {
            self.wait(&mut connection);
            // XOAUTH2 wants a token, not a password.
            let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], login);
            login.map_err(|error| at_login(&at, &error))?;
        }
        Ok((connection, sender))
    }

    fn wait(&self, connection: &mut SmtpConnection) {
        let _ = connection.set_timeout(Some(self.left()));
    }

    /// MAIL, RCPT to each, DATA. One refused recipient does not cost the others their mail.
    fn give(&self, connection: &mut SmtpConnection, sender: Address) -> Delivery {
        self.wait(connection);
        if let Err(error) = connection.command(Mail::new(Some(sender), vec![])) {
            return self.ended(&stopped("the sender is not taken", &error));
        }
        let (mut taken, mut waiting, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut reasons: Vec<String> = Vec::new();
        for to in &self.letter.to {
            let Ok(address) = to.parse::<Address>() else {
                refused.push(Refusal { to: to.clone(), reply: "no mail address".to_owned() });
                continue;
            };
            self.wait(connection);
            match connection.command(Rcpt::new(address, vec![])) {
                Ok(_) => taken.push(to.clone()),
                Err(error) if error.is_permanent() => {
                    refused.push(Refusal { to: to.clone(), reply: sentence(&spoken(&error)) });
                }
                Err(error) if error.is_transient() => {
                    waiting.push(to.clone());
                    reasons.push(format!("{to}: {}", spoken(&error)));
                }
                Err(error) => return self.ended_but(refused, &stopped("the connection broke", &error)),
            }
        }
        if taken.is_empty() {
            if waiting.is_empty() {
                let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
                return Delivery::Refused(sentence(&refused.join("; ")));
            }
            return Delivery::Later { reason: sentence(&reasons.join("; ")), to: waiting, refused, setup: false };
        }
        self.wait(connection);
        if let Err(error) = connection.command(Data) {
            return self.ended_but(refused, &stopped("the letter is not taken", &error));
        }
        (self.wanted)();
        let _ = connection.set_timeout(Some(self.acceptance));
        match connection.message(&self.letter.bytes) {
            Err(error) => self.ended_but(refused, &stopped("the letter is not taken", &error)),
            Ok(_) if waiting.is_empty() => Delivery::Accepted { refused },
            Ok(_) => Delivery::Later { reason: sentence(&reasons.join("; ")), to: waiting, refused, setup: false },
        }
    }
}

/// A failed step, by what may help.
fn stopped(what: &str, error: &Error) -> Stopped {
    let untrusted = is_untrusted(error);
    let kind = match () {
        // "Log in first", "encrypt first": RFC 4954.
        () if error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538)) => Kind::Setup,
        () if error.is_permanent() => Kind::Refused,
        () if untrusted => Kind::Setup,
        () => Kind::Later,
    };
    let hint =
        if untrusted { "; is it the right server? A private authority goes into alerts.email.ca_file" } else { "" };
    Stopped { reason: format!("{what}: {}{hint}", spoken(error)), kind }
}

/// A refusal of the login says nothing against the letter.
fn at_login(at: &str, error: &Error) -> Stopped {
    let kind = if error.is_permanent() || error.is_client() { Kind::Setup } else { Kind::Later };
    let hint = match kind {
        Kind::Setup => "; mend alerts.email.username and its password, then try `vigie alert test`",
        _ => "",
    };
    Stopped { reason: format!("{at} does not let vigie in: {}{hint}", spoken(error)), kind }
}

/// The server's own words, or what happened to the line.
fn spoken(error: &Error) -> String {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    match (error.status(), source.as_str()) {
        (Some(code), "") => code.to_string(),
        (Some(code), text) => format!("{code} {text}"),
        (None, _) if error.is_timeout() || is_blocked(error) => "no answer in time".to_owned(),
        (None, "") => error.to_string(),
        (None, text) => text.split(" (os error").next().unwrap_or(text).to_owned(),
    }
}

/// What happened to the line itself, wherever it stands in the chain of causes.
fn of_line(error: &Error) -> Option<&std::io::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(line) = cause.downcast_ref() {
            return Some(line);
        }
        source = cause.source();
    }
    None
}

/// A socket's read that took too long.
fn is_blocked(error: &Error) -> bool {
    of_line(error).is_some_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

fn is_untrusted(error: &Error) -> bool {
    let inner = of_line(error).and_then(std::io::Error::get_ref);
    inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some_and(|error| {
        matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
    })
}
