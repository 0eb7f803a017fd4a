//! Webhooks: what is posted, and what every answer means.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant as Stopwatch},
};

use serde_json::Value;
use vigie::{
    alert::{Change, Delivery, Event, Key, Telling, Webhook, call_of, post, trial},
    judge::{Severity, Test},
};
use vigie_profile::window::{Instant, Window};

use crate::support::{applicants::DAY, world::World};

/// Answers every request with these bytes, and keeps what it heard.
fn server(answer: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut bytes = Vec::new();
            let mut piece = [0; 4096];
            loop {
                let read = stream.read(&mut piece).unwrap_or(0);
                bytes.extend(&piece[..read]);
                let text = String::from_utf8_lossy(&bytes);
                let all = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head.to_ascii_lowercase();
                    let length =
                        length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                    body.len() >= length.unwrap_or(0)
                });
                if read == 0 || all {
                    break;
                }
            }
            kept.lock().unwrap().push(String::from_utf8_lossy(&bytes).into_owned());
            if answer == "hang" {
                thread::sleep(Duration::from_secs(20));
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, heard)
}

fn hook(port: u16) -> Webhook {
    Webhook { url: format!("http://127.0.0.1:{port}/hook?key=s3cret"), token_file: None, ca_file: None }
}

fn telling() -> Telling {
    let window = Window::new(Instant(DAY), Instant(DAY + 86_400_000_000));
    Telling {
        id: "m/20261001/0".to_owned(),
        model: "m".to_owned(),
        window,
        severity: Severity::Alarm,
        verdict: "Alarm: 1 of 5 features moved (AGE).".to_owned(),
        by_labels: None,
        events: vec![Event {
            key: Key { model: "m".to_owned(), feature: Some("AGE".to_owned()), test: Test::Psi },
            change: Change::Opened,
            severity: Severity::Alarm,
            sentence: "PSI 0.43; alarm from 0.25, q 1e-9".to_owned(),
            value: Some(0.43),
            limit: Some(0.25),
            since: Instant(DAY),
            thread: None,
        }],
        report: Some("m/20261001T000000Z_20261002T000000Z/report.html".to_owned()),
    }
}

#[test]
fn a_call_says_what_happened() {
    let (port, heard) = server("HTTP/1.1 204 No Content\r\n\r\n");
    let world = World::new();
    let webhook = Webhook { token_file: Some(world.file("token", "t0ken\n")), ..hook(port) };
    let call = call_of(&telling(), Some("https://vigie.example.com"));
    assert_eq!(post(&webhook, &call, Duration::from_secs(10)), Delivery::Accepted { refused: vec![] });
    let heard = heard.lock().unwrap()[0].clone();
    let (top, body) = heard.split_once("\r\n\r\n").unwrap();
    let top = top.to_ascii_lowercase();
    assert!(top.starts_with("post /hook?key=s3cret http/1.1"), "{top}");
    for line in
        ["content-type: application/json", &format!("idempotency-key: {}", call.key), "authorization: bearer t0ken"]
    {
        assert!(top.contains(line), "{top}");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&serde_json::from_str::<Value>(body).unwrap()).unwrap());
    assert_eq!(call, call_of(&telling(), Some("https://vigie.example.com")));
    assert!(!format!("{webhook:?}").contains("s3cret"));
    let test: Value =
        serde_json::from_slice(&call_of(&trial("m", vigie::report::Language::English, Instant(DAY)), None).body)
            .unwrap();
    assert_eq!(test["events"], serde_json::json!([]));
}

#[test]
fn every_answer_has_a_meaning() {
    let answered =
        |answer: &'static str| post(&hook(server(answer).0), &call_of(&telling(), None), Duration::from_secs(10));
    let later = |answer: &'static str| match answered(answer) {
        Delivery::Later { reason, setup, .. } => {
            assert!(!reason.contains("s3cret"), "{reason}");
            setup
        }
        other => panic!("{answer}: {other:?}"),
    };
    for answer in [
        "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 503 Not Now\r\ncontent-length: 0\r\n\r\n",
        "nonsense\r\n\r\n",
        "",
    ] {
        assert!(!later(answer), "{answer}");
    }
    for answer in [
        "HTTP/1.1 401 Who\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 404 Where\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 302 There\r\nlocation: http://127.0.0.1:1/thief\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 307 There\r\nlocation: http://127.0.0.1:1/thief\r\ncontent-length: 0\r\n\r\n",
    ] {
        assert!(later(answer), "{answer}");
    }
    for answer in ["HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 422 No\r\ncontent-length: 0\r\n\r\n"] {
        assert!(matches!(answered(answer), Delivery::Refused(_)), "{answer}");
    }
}

#[test]
fn a_webhook_that_hangs_is_left_at_the_deadline() {
    let clock = Stopwatch::now();
    let delivery = post(&hook(server("hang").0), &call_of(&telling(), None), Duration::from_millis(500));
    assert!(
        matches!(&delivery, Delivery::Later { reason, setup: false, .. } if reason.contains("no answer in time")),
        "{delivery:?}"
    );
    assert!(clock.elapsed() < Duration::from_secs(3), "{:?}", clock.elapsed());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let delivery = post(&hook(free), &call_of(&telling(), None), Duration::from_secs(5));
    assert!(matches!(&delivery, Delivery::Later { setup: false, .. }), "{delivery:?}");
    let missing = Webhook { token_file: Some("/nowhere/token".into()), ..hook(free) };
    let delivery = post(&missing, &call_of(&telling(), None), Duration::from_secs(5));
    assert!(matches!(&delivery, Delivery::Later { setup: true, .. }), "{delivery:?}");
}
