//! An HTTP server that sends scripted replies, one a request in the order of their arrival, and records the requests.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// A reply.
pub(crate) enum Script {
    /// These bytes; then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes; then the connection stays open for the next request.
    Keep(Vec<u8>),
    /// These bytes, one at a time with a pause; then the connection is closed.
    Drip(Vec<u8>, Duration),
    /// Nothing for this time; then the connection is closed.
    Silence(Duration),
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// `GET /version HTTP/1.1`.
    pub line: String,
    /// Headers in lower case, one a line.
    pub head: String,
    pub body: Vec<u8>,
}

pub(crate) struct Fake {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    /// Starts the server. Requests after the last script get no reply.
    pub(crate) fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&seen);
        thread::spawn(move || {
            let mut scripts = scripts.into_iter();
            for stream in listener.incoming() {
                serve(&stream.unwrap(), &mut scripts, &recorded);
            }
        });
        Self { port, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, scripts: &mut impl Iterator<Item = Script>, recorded: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(seen) = request(&mut reader) {
        recorded.lock().unwrap().push(seen);
        // Writing fails if the client has given up, which the test expects.
        match scripts.next() {
            None => return,
            Some(Script::Silence(time)) => return thread::sleep(time),
            Some(Script::Bytes(bytes)) => return drop(writer.write_all(&bytes)),
            Some(Script::Keep(bytes)) => drop(writer.write_all(&bytes)),
            Some(Script::Drip(bytes, pause)) => {
                for byte in bytes {
                    if writer.write_all(&[byte]).is_err() {
                        return;
                    }
                    thread::sleep(pause);
                }
                return;
            }
        }
    }
}

fn request(reader: &mut BufReader<&TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut head = String::new();
    loop {
        let mut next = String::new();
        reader.read_line(&mut next).ok().filter(|count| *count > 0)?;
        if next.trim().is_empty() {
            break;
        }
        let (name, value) = next.split_once(':').unwrap();
        head.extend([name.to_ascii_lowercase().as_str(), ":", value.trim_end(), "\n"]);
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { line: line.trim().to_owned(), head, body })
}

/// A complete reply. `status`: `200 OK`; `headers`: each with its line end.
pub(crate) fn reply(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A complete reply with a JSON body.
pub(crate) fn json(status: &str, body: &str) -> Vec<u8> {
    reply(status, "content-type: application/json\r\n", body)
}
