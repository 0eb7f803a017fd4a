//! A scriptable SMTP server on a real socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// A point in the session at which the server replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Greeting,
    /// A command, as received.
    Command(String),
    /// Before the first byte of the message.
    Body,
    /// After the message.
    End,
}

impl Step {
    pub(crate) fn is(&self, command: &str) -> bool {
        matches!(self, Self::Command(line) if line.starts_with(command))
    }
}

/// What the server does instead of its normal reply.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Reply(&'static str),
    Bytes(Vec<u8>),
    Hang,
    /// Replies after a delay.
    ReplyLate(Duration, &'static str),
    /// Sends a byte now and then, but never a full line.
    Drip,
    /// Sends these bytes again and again, and counts them.
    Endless(&'static [u8], Arc<AtomicU64>),
    Close,
    /// Closes after this many bytes of the message.
    CloseAfter(usize),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub from: String,
    pub to: Vec<String>,
    pub bytes: Vec<u8>,
}

pub(crate) struct FakeSmtp {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    commands: Arc<Mutex<Vec<String>>>,
}

type Script = dyn Fn(&Step) -> Option<Act> + Send + Sync;

impl FakeSmtp {
    /// `script` chooses the steps at which the server deviates from a normal session.
    pub(crate) fn with(script: impl Fn(&Step) -> Option<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (received, commands) = (Arc::default(), Arc::default());
        let smtp = Self { port, received: Arc::clone(&received), commands: Arc::clone(&commands) };
        let script: Arc<Script> = Arc::new(script);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, received, commands) = (Arc::clone(&script), Arc::clone(&received), Arc::clone(&commands));
                thread::spawn(move || serve_connection(&stream, script.as_ref(), &received, &commands));
            }
        });
        smtp
    }

    pub(crate) fn accepting_all() -> Self {
        Self::with(|_| None)
    }

    /// Deviates at one command.
    pub(crate) fn at(command: &'static str, act: Act) -> Self {
        Self::with(move |step| step.is(command).then(|| act.clone()))
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Returns all commands received, in order.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }
}

/// Serves one connection. Returns `None` when it ends.
fn serve_connection(
    stream: &TcpStream,
    script: &Script,
    received: &Mutex<Vec<Received>>,
    commands: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let mut message = Received::default();
    reply(stream, script, &Step::Greeting, "220 smtp.example.com ESMTP")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        commands.lock().unwrap().push(line.clone());
        let normal = match line.split(' ').next().unwrap() {
            "EHLO" => "250-smtp.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
            "DATA" => "354 go ahead",
            "AUTH" => "235 2.7.0 welcome",
            "QUIT" => "221 bye",
            _ => "250 2.0.0 fine",
        };
        let taken = reply(stream, script, &Step::Command(line.clone()), normal)?;
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match () {
            () if !taken => {}
            () if line.starts_with("MAIL") => message.from = address(),
            () if line.starts_with("RCPT") => message.to.push(address()),
            () if line.starts_with("DATA") => {
                if let Some(Act::CloseAfter(bytes)) = script(&Step::Body) {
                    let mut some = vec![0; bytes];
                    let _ = lines.read_exact(&mut some);
                    let _ = stream.shutdown(std::net::Shutdown::Both);
                    return None;
                }
                message.bytes = read_body(&mut lines)?;
                // Stored before the reply, as a real server does.
                if matches!(script(&Step::End), None | Some(Act::ReplyLate(..))) {
                    received.lock().unwrap().push(message.clone());
                }
                reply(stream, script, &Step::End, "250 2.0.0 queued")?;
            }
            () if line.starts_with("QUIT") => return None,
            () => {}
        }
    }
}

/// Reads the message up to the final dot, and undoes dot-stuffing.
fn read_body(lines: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        if line == b".\r\n" {
            return Some(bytes);
        }
        bytes.extend(line.strip_prefix(b".").unwrap_or(&line));
    }
}

/// Sends the reply for this step. Returns whether it was positive.
fn reply(mut stream: &TcpStream, script: &Script, step: &Step, normal: &'static str) -> Option<bool> {
    let act = script(step).unwrap_or(Act::Reply(normal));
    match act {
        Act::Reply(line) => {
            stream.write_all(format!("{line}\r\n").as_bytes()).ok()?;
            Some(line.starts_with(['2', '3']))
        }
        Act::ReplyLate(wait, line) => {
            thread::sleep(wait);
            stream.write_all(format!("{line}\r\n").as_bytes()).ok()?;
            Some(line.starts_with(['2', '3']))
        }
        Act::Bytes(bytes) => {
            stream.write_all(&bytes).ok()?;
            Some(false)
        }
        Act::Hang => {
            thread::sleep(Duration::from_secs(30));
            None
        }
        Act::Drip => {
            for _ in 0..300 {
                stream.write_all(b"2").ok()?;
                thread::sleep(Duration::from_millis(100));
            }
            None
        }
        Act::Endless(bytes, sent) => {
            let chunk = bytes.repeat(65_536 / bytes.len());
            loop {
                sent.fetch_add(stream.write(&chunk).ok()? as u64, Ordering::Relaxed);
            }
        }
        Act::Close | Act::CloseAfter(_) => {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            None
        }
    }
}
