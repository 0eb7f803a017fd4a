//! A socket that reads and writes until a deadline, and receives no more than a number of bytes.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant as StdInstant},
};

/// The socket of a session. TLS runs on top of it, so the limits also hold for the handshake.
pub(super) struct BoundedStream {
    socket: TcpStream,
    deadline: StdInstant,
    /// Number of bytes that may still be received.
    budget: usize,
}

impl BoundedStream {
    pub(super) fn new(socket: TcpStream, deadline: StdInstant, budget: usize) -> Self {
        Self { socket, deadline, budget }
    }

    pub(super) fn set_deadline(&mut self, deadline: StdInstant) {
        self.deadline = deadline;
    }

    /// Returns the time until the deadline, or an error after it. A socket timeout must not be zero.
    fn remaining(&self) -> io::Result<Duration> {
        match self.deadline.saturating_duration_since(StdInstant::now()) {
            Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
            remaining => Ok(remaining.max(Duration::from_millis(1))),
        }
    }
}

impl Read for BoundedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.remaining()?))?;
        let most = buffer.len().min(self.budget);
        if most == 0 && !buffer.is_empty() {
            return Err(io::Error::other("the server sends too much"));
        }
        let read = self.socket.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.budget -= read.min(self.budget);
        Ok(read)
    }
}

impl Write for BoundedStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.remaining()?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
