//! A client that sends whatever bytes a test wants, over connections that are kept.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// A response as it came.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    /// 0 if the connection was closed without one.
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl RawAnswer {
    fn none() -> Self {
        Self { status: 0, head: String::new(), body: String::new() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let is_own = |line: &&str| line.split(':').next().is_some_and(|own| own.eq_ignore_ascii_case(name));
        Some(self.head.lines().find(is_own)?.split_once(':')?.1.trim())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}\n{}", self.head, self.body))
    }
}

/// A connection to the server.
pub(crate) struct RawClient {
    stream: TcpStream,
    received: Vec<u8>,
}

impl RawClient {
    #[track_caller]
    pub(crate) fn connect(address: &str) -> Self {
        Self::try_connect(address).unwrap()
    }

    /// `None` if the server does not accept connections.
    pub(crate) fn try_connect(address: &str) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        let limit = Some(Duration::from_mins(2));
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(limit).ok()?;
        stream.set_write_timeout(limit).ok()?;
        Some(Self { stream, received: Vec::new() })
    }

    /// Sends bytes; the server may close before all are sent.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Sends nothing more.
    pub(crate) fn finish(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads the next response, by its length.
    pub(crate) fn receive(&mut self) -> RawAnswer {
        loop {
            if let Some(answer) = self.complete() {
                return answer;
            }
            let mut some = [0; 16_384];
            match self.stream.read(&mut some) {
                Ok(0) | Err(_) => return RawAnswer::none(),
                Ok(count) => self.received.extend_from_slice(&some[..count]),
            }
        }
    }

    fn complete(&mut self) -> Option<RawAnswer> {
        let end = self.received.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut answer = RawAnswer { status, head, body: String::new() };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let body = self.received.get(end + 4..end + 4 + length)?;
        answer.body = String::from_utf8_lossy(body).into_owned();
        self.received.drain(..end + 4 + length);
        Some(answer)
    }

    /// Sends a request with a body, and reads its response.
    pub(crate) fn post(&mut self, path: &str, id: &str, body: &str) -> RawAnswer {
        self.send(&request(
            path,
            &format!("Content-Type: application/json\r\nX-Request-Id: {id}\r\n"),
            body.as_bytes(),
        ));
        self.receive()
    }

    /// Whether the server has closed the connection, or does before it sends something.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.received.is_empty() && matches!(self.stream.read(&mut [0; 1]), Ok(0) | Err(_))
    }
}

/// A request of HTTP/1.1 with a body of this length.
pub(crate) fn request(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// Sends bytes over a connection of their own, and reads the first response.
pub(crate) fn send(address: &str, bytes: &[u8]) -> RawAnswer {
    let mut client = RawClient::connect(address);
    client.send(bytes);
    client.receive()
}
