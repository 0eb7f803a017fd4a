//! A mail server that does as it is told, or misbehaves as it is told; on a real socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What is about to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Greeting,
    /// A command, as it came.
    Command(String),
    /// The letter is being said: before its first byte.
    Body,
    /// The letter has been said.
    End,
}

impl Step {
    pub(crate) fn is(&self, command: &str) -> bool {
        matches!(self, Self::Command(line) if line.starts_with(command))
    }
}

/// What the server does instead of what it should.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Say(&'static str),
    Bytes(Vec<u8>),
    Hang,
    /// What it should say, but so much later.
    Late(Duration, &'static str),
    /// A byte now and then, never a line.
    Drip,
    Close,
    /// Of a body: after so many bytes.
    CloseAfter(usize),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub from: String,
    pub to: Vec<String>,
    pub bytes: Vec<u8>,
}

pub(crate) struct Postman {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

type Manners = dyn Fn(&Step) -> Option<Act> + Send + Sync;

impl Postman {
    /// `manners` says where it does something else than a mail server does.
    pub(crate) fn with(manners: impl Fn(&Step) -> Option<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (received, heard) = (Arc::default(), Arc::default());
        let postman = Self { port, received: Arc::clone(&received), heard: Arc::clone(&heard) };
        let manners: Arc<Manners> = Arc::new(manners);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (manners, received, heard) = (Arc::clone(&manners), Arc::clone(&received), Arc::clone(&heard));
                thread::spawn(move || talk(&stream, manners.as_ref(), &received, &heard));
            }
        });
        postman
    }

    pub(crate) fn polite() -> Self {
        Self::with(|_| None)
    }

    /// Does `act` at a command.
    pub(crate) fn at(command: &'static str, act: Act) -> Self {
        Self::with(move |step| step.is(command).then(|| act.clone()))
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Every command, in order.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// `None`: the connection is over.
fn talk(
    stream: &TcpStream,
    manners: &Manners,
    received: &Mutex<Vec<Received>>,
    heard: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let mut letter = Received::default();
    answer(stream, manners, &Step::Greeting, "220 postman.example.com ESMTP")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        heard.lock().unwrap().push(line.clone());
        let usual = match line.split(' ').next().unwrap() {
            "EHLO" => "250-postman.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
            "DATA" => "354 go ahead",
            "AUTH" => "235 2.7.0 welcome",
            "QUIT" => "221 bye",
            _ => "250 2.0.0 fine",
        };
        let taken = answer(stream, manners, &Step::Command(line.clone()), usual)?;
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match () {
            () if !taken => {}
            () if line.starts_with("MAIL") => letter.from = address(),
            () if line.starts_with("RCPT") => letter.to.push(address()),
            () if line.starts_with("DATA") => {
                if let Some(Act::CloseAfter(bytes)) = manners(&Step::Body) {
                    let mut some = vec![0; bytes];
                    let _ = lines.read_exact(&mut some);
                    let _ = stream.shutdown(std::net::Shutdown::Both);
                    return None;
                }
                letter.bytes = body(&mut lines)?;
                // Kept before it is said, as a real one does.
                if matches!(manners(&Step::End), None | Some(Act::Late(..))) {
                    received.lock().unwrap().push(letter.clone());
                }
                answer(stream, manners, &Step::End, "250 2.0.0 queued")?;
            }
            () if line.starts_with("QUIT") => return None,
            () => {}
        }
    }
}

/// Up to the single dot, doubled dots undone.
fn body(lines: &mut impl BufRead) -> Option<Vec<u8>> {
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

/// Says what is said at this step. Whether it was a yes.
fn answer(mut stream: &TcpStream, manners: &Manners, step: &Step, usual: &'static str) -> Option<bool> {
    let act = manners(step).unwrap_or(Act::Say(usual));
    match act {
        Act::Say(line) => {
            stream.write_all(format!("{line}\r\n").as_bytes()).ok()?;
            Some(line.starts_with(['2', '3']))
        }
        Act::Late(wait, line) => {
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
        Act::Close | Act::CloseAfter(_) => {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            None
        }
    }
}
