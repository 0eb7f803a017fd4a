//! Webhooks: the request, and the meaning of each response.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::Value;
use vigie::{
    alert::{Change, Delivery, Event, Notification, Webhook, post, test_notification, webhook_call},
    judge::{Direction, DriftedFeatures, Facts, Finding, Headline, Severity, Subject, Test, VerdictHeadline},
};
use vigie_profile::window::{Instant, Window};

use crate::support::{applicants::DAY, world::World};

/// Answers every request with these bytes, and collects the requests.
fn server(answer: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let collected = Arc::clone(&requests);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            loop {
                let read = stream.read(&mut chunk).unwrap_or(0);
                bytes.extend(&chunk[..read]);
                let text = String::from_utf8_lossy(&bytes);
                let is_complete = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head.to_ascii_lowercase();
                    let length =
                        length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                    body.len() >= length.unwrap_or(0)
                });
                if read == 0 || is_complete {
                    break;
                }
            }
            collected.lock().unwrap().push(String::from_utf8_lossy(&bytes).into_owned());
            if answer == "hang" {
                thread::sleep(Duration::from_secs(20));
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, requests)
}

fn hook(port: u16) -> Webhook {
    Webhook { url: format!("http://127.0.0.1:{port}/hook?key=s3cret"), token_file: None, ca_file: None }
}

fn notification() -> Notification {
    let window = Window::new(Instant(DAY), Instant(DAY + 86_400_000_000));
    Notification {
        id: "m/20261001/0".to_owned(),
        model: "m".to_owned(),
        window,
        severity: Severity::Alarm,
        headline: Headline::Verdict(VerdictHeadline {
            severity: Severity::Alarm,
            rows: 1_000,
            min_rows: 500,
            features: 5,
            drifted: Some(DriftedFeatures {
                count: 1,
                worst: "AGE".to_owned(),
                direction: Direction::Median { from: 41.0, to: 52.5 },
                also: Vec::new(),
                more: 0,
            }),
            others: Vec::new(),
            is_feature_worst: true,
        }),
        note: None,
        events: vec![Event {
            change: Change::Opened,
            finding: Finding {
                subject: Subject::Feature("AGE".to_owned()),
                test: Test::Psi,
                severity: Severity::Alarm,
                value: Some(0.43),
                limit: Some(0.25),
                q_value: Some(1e-9),
                facts: Facts::Psi { value: 0.43, largest_bin: None, exact_test: None },
            },
            since: Instant(DAY),
            thread: None,
        }],
        report: Some("m/20261001T000000Z_20261002T000000Z/report.html".to_owned()),
    }
}

#[test]
fn a_call_reports_what_happened() {
    let (port, requests) = server("HTTP/1.1 204 No Content\r\n\r\n");
    let world = World::new();
    let webhook = Webhook { token_file: Some(world.file("token", "t0ken\n")), ..hook(port) };
    let call = webhook_call(&notification(), Some("https://vigie.example.com"));
    assert_eq!(post(&webhook, &call, Duration::from_secs(10)), Delivery::Accepted { refused: vec![] });
    let request = requests.lock().unwrap()[0].clone();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /hook?key=s3cret http/1.1"), "{head}");
    for line in
        ["content-type: application/json", &format!("idempotency-key: {}", call.key), "authorization: bearer t0ken"]
    {
        assert!(head.contains(line), "{head}");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&serde_json::from_str::<Value>(body).unwrap()).unwrap());
    assert_eq!(call, webhook_call(&notification(), Some("https://vigie.example.com")));
    assert!(!format!("{webhook:?}").contains("s3cret"));
    let test: Value = serde_json::from_slice(&webhook_call(&test_notification("m", Instant(DAY)), None).body).unwrap();
    assert_eq!(test["events"], serde_json::json!([]));
}

#[test]
fn every_response_has_a_meaning() {
    let delivery = |answer: &'static str| {
        post(&hook(server(answer).0), &webhook_call(&notification(), None), Duration::from_secs(10))
    };
    let later = |answer: &'static str| match delivery(answer) {
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
        assert!(matches!(delivery(answer), Delivery::Refused { .. }), "{answer}");
    }
}

#[test]
fn a_webhook_that_hangs_times_out() {
    let clock = StdInstant::now();
    let delivery = post(&hook(server("hang").0), &webhook_call(&notification(), None), Duration::from_millis(500));
    assert!(
        matches!(&delivery, Delivery::Later { reason, setup: false, .. } if reason.contains("timed out")),
        "{delivery:?}"
    );
    assert!(clock.elapsed() < Duration::from_secs(3), "{:?}", clock.elapsed());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let delivery = post(&hook(free), &webhook_call(&notification(), None), Duration::from_secs(5));
    assert!(matches!(&delivery, Delivery::Later { setup: false, .. }), "{delivery:?}");
    let missing = Webhook { token_file: Some("/nowhere/token".into()), ..hook(free) };
    let delivery = post(&missing, &webhook_call(&notification(), None), Duration::from_secs(5));
    assert!(matches!(&delivery, Delivery::Later { setup: true, .. }), "{delivery:?}");
}
