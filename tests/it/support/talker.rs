//! A peer that never stops sending, and the memory of a program that listens to it.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// Answers what a client writes first with `start`, and then sends `more` without end.
pub(crate) struct Talker {
    pub port: u16,
    sent: Arc<AtomicU64>,
}

impl Talker {
    pub(crate) fn new(start: &[u8], more: &[u8]) -> Self {
        Self::answering(true, start, more)
    }

    /// Does not wait for the client to begin.
    pub(crate) fn greeting(start: &[u8], more: &[u8]) -> Self {
        Self::answering(false, start, more)
    }

    fn answering(waits: bool, start: &[u8], more: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        let (start, chunk) = (start.to_vec(), more.repeat(65_536_usize.div_ceil(more.len())));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if waits {
                    let _ = stream.read(&mut [0; 8_192]);
                }
                let _ = stream.write_all(&start);
                let mut rest: &[u8] = &[];
                loop {
                    if rest.is_empty() {
                        rest = &chunk;
                    }
                    let Ok(written) = stream.write(rest) else { break };
                    rest = &rest[written..];
                    counter.fetch_add(written as u64, Ordering::Relaxed);
                }
            }
        });
        Self { port, sent }
    }

    /// Number of bytes sent until now.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Runs a program to its end. Also returns the most memory that it had at once, in bytes.
pub(crate) fn measured(command: &mut Command) -> (Output, u64) {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: Option<u64> = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(kib.unwrap_or(0) * 1_024);
        thread::sleep(Duration::from_millis(2));
    }
    (child.wait_with_output().unwrap(), most)
}
