//! A local HTTP server that records requests and answers as the test says.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;

/// A request, as received.
#[derive(Debug, Clone)]
pub(crate) struct HttpRequest {
    /// `POST /path HTTP/1.1`.
    pub line: String,
    head: String,
    pub body: String,
}

impl HttpRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) struct FakeHttp {
    pub port: u16,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
}

impl FakeHttp {
    /// Answers every request with these bytes; does not answer if they are `hang`.
    pub(crate) fn new(answer: &'static str) -> Self {
        Self::with(move |_| answer.to_owned())
    }

    /// Answers each request with a status and a body.
    pub(crate) fn answering(status: u16, body: &str) -> Self {
        let answer = answer(status, "", body);
        Self::with(move |_| answer.clone())
    }

    /// `script` returns the answer to the request with this number.
    pub(crate) fn with(script: impl Fn(usize) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<HttpRequest>>> = Arc::default();
        let collected = Arc::clone(&requests);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = read(&mut stream);
                let number = {
                    let mut all = collected.lock().unwrap();
                    all.push(request);
                    all.len() - 1
                };
                let answer = script(number);
                if answer == "hang" {
                    thread::sleep(Duration::from_secs(20));
                }
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { port, requests }
    }

    pub(crate) fn requests(&self) -> Vec<HttpRequest> {
        self.requests.lock().unwrap().clone()
    }
}

/// The bytes of an answer; `headers` end with line breaks.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn read(stream: &mut TcpStream) -> HttpRequest {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).unwrap_or(0);
        bytes.extend(&chunk[..read]);
        let split = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let is_complete = split.is_some_and(|split| {
            let head = String::from_utf8_lossy(&bytes[..split]).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            bytes.len() - split - 4 >= length.unwrap_or(0)
        });
        if read == 0 || is_complete {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let (line, head) = head.split_once("\r\n").unwrap_or((head, ""));
    HttpRequest { line: line.to_owned(), head: head.to_owned(), body: body.to_owned() }
}
