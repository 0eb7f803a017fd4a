//! Webhooks: the request, and the meaning of each response.

use std::{
    net::TcpListener,
    time::{Duration, Instant as StdInstant},
};

use serde_json::Value;
use vigie::{
    alert::{AlertChange, Channel, Delivery, Event, Notification, Timeouts, Webhook, test_notification, webhook_call},
    judge::{Direction, DriftedFeatures, Facts, Finding, Headline, Measure, Severity, Subject, Test, VerdictHeadline},
};
use vigie_profile::window::{Instant, Window};

use crate::support::{applicants::DAY, fake_http::FakeHttp, talker::Talker, world::World};

fn hook(port: u16) -> Webhook {
    Webhook { url: format!("http://127.0.0.1:{port}/hook?key=s3cret").into(), token_file: None, ca_file: None }
}

/// Time limits of an attempt.
pub(crate) fn within(timeout: Duration) -> Timeouts {
    Timeouts { dialogue: timeout, acceptance: timeout }
}

/// A drifted feature.
pub(crate) fn notification() -> Notification {
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
                story: None,
                also: Vec::new(),
                more: 0,
            }),
            others: Vec::new(),
            more_others: 0,
            is_feature_worst: true,
        }),
        note: None,
        events: vec![Event {
            change: AlertChange::Opened,
            finding: Finding {
                subject: Subject::Feature("AGE".to_owned()),
                test: Test::Measure(Measure::Psi),
                severity: Severity::Alarm,
                value: Some(0.43),
                limit: Some(0.25),
                q_value: Some(1e-9),
                facts: Facts::Psi { value: 0.43, largest_bin: None, exact_test: None },
            },
            since: Instant(DAY),
            thread: None,
            origins: Vec::new(),
        }],
        report: Some("m/20261001T000000Z_20261002T000000Z/report.html".to_owned()),
        muted: std::collections::BTreeSet::new(),
    }
}

#[test]
fn a_call_reports_what_happened() {
    let server = FakeHttp::new("HTTP/1.1 204 No Content\r\n\r\n");
    let world = World::new();
    let webhook = Webhook { token_file: Some(world.file("token", "t0ken\n")), ..hook(server.port) };
    let call = webhook_call(&notification(), Some("https://vigie.example.com"));
    assert_eq!(webhook.send(&call, within(Duration::from_secs(10))), Delivery::Accepted { refused: vec![] });
    let request = server.requests()[0].clone();
    assert_eq!(request.line, "POST /hook?key=s3cret HTTP/1.1");
    for (name, value) in [
        ("content-type", "application/json"),
        ("idempotency-key", call.message_id.as_str()),
        ("authorization", "Bearer t0ken"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&request.json()).unwrap());
    assert_eq!(call, webhook_call(&notification(), Some("https://vigie.example.com")));
    assert!(!format!("{webhook:?}").contains("s3cret"));
    let test: Value = serde_json::from_slice(&webhook_call(&test_notification("m", Instant(DAY)), None).bytes).unwrap();
    assert_eq!(test["events"], serde_json::json!([]));
}

#[test]
fn every_response_has_a_meaning() {
    let delivery = |answer: &'static str| {
        hook(FakeHttp::new(answer).port).send(&webhook_call(&notification(), None), within(Duration::from_secs(10)))
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
fn a_webhook_that_never_stops_sending_is_cut_off() {
    let answers: [(&[u8], &[u8]); 5] = [
        (b"", b"x"),
        (b"HTTP/1.1 500 Oh\r\n", b"x"),
        (b"HTTP/1.1 500 Oh\r\n", b"x-name: value\r\n"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 Ok\r\n\r\n", b"x"),
    ];
    for (start, more) in answers {
        let clock = StdInstant::now();
        let talker = Talker::new(start, more);
        let _ = hook(talker.port).send(&webhook_call(&notification(), None), within(Duration::from_secs(30)));
        assert!(clock.elapsed() < Duration::from_secs(10), "{start:?} {more:?}: {:?}", clock.elapsed());
        assert!(talker.sent() < 32 << 20, "{start:?} {more:?}: {}", talker.sent());
    }
}

#[test]
fn a_webhook_that_hangs_times_out() {
    let clock = StdInstant::now();
    let delivery =
        hook(FakeHttp::new("hang").port).send(&webhook_call(&notification(), None), within(Duration::from_millis(500)));
    assert!(
        matches!(&delivery, Delivery::Later { reason, setup: false, .. } if reason.contains("timed out")),
        "{delivery:?}"
    );
    assert!(clock.elapsed() < Duration::from_secs(3), "{:?}", clock.elapsed());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let delivery = hook(free).send(&webhook_call(&notification(), None), within(Duration::from_secs(5)));
    assert!(matches!(&delivery, Delivery::Later { setup: false, .. }), "{delivery:?}");
    let missing = Webhook { token_file: Some("/nowhere/token".into()), ..hook(free) };
    let delivery = missing.send(&webhook_call(&notification(), None), within(Duration::from_secs(5)));
    assert!(matches!(&delivery, Delivery::Later { setup: true, .. }), "{delivery:?}");
}
