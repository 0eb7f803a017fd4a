//! PagerDuty: events of the Events API v2, the incident of each alert, and the meaning of each response.

use std::time::Duration;

use serde_json::{Value, json};
use vigie::{
    alert::{
        AlertChange, Channel, ComposeContext, Delivery, Event, Message, Notification, PagerDuty, test_notification,
    },
    judge::{Facts, Failure, Finding, Headline, Measure, Severity, Subject, Test},
    report::Language,
};
use vigie_profile::window::Instant;

use super::{
    slack::crowded,
    webhook::{notification, within},
};
use crate::support::{
    applicants::DAY,
    fake_http::{FakeHttp, answer},
    world::World,
};

const KEY: &str = "0123456789abcdef0123456789ABCDEF";

fn pagerduty(world: &World, port: u16) -> PagerDuty {
    let routing_key_file = Some(world.file("pagerduty-key", format!("{KEY}\n")));
    PagerDuty { url: format!("http://127.0.0.1:{port}/v2/enqueue"), routing_key_file, ca_file: None }
}

fn compose(notification: &Notification, language: Language) -> Vec<Message> {
    let channel: PagerDuty = serde_json::from_value(json!({})).unwrap();
    assert_eq!(channel.url, "https://events.pagerduty.com/v2/enqueue");
    let base_url = Some("https://vigie.example.com");
    channel.compose(notification, &ComposeContext { report: None, base_url, language, now: Instant(DAY) }).unwrap()
}

fn payloads(notification: &Notification) -> Vec<Value> {
    let messages = compose(notification, Language::English);
    messages.iter().map(|message| serde_json::from_slice(&message.bytes).unwrap()).collect()
}

/// The notification with one event per change.
fn with_changes(changes: &[(AlertChange, Severity)]) -> Notification {
    let base = notification();
    let events = changes.iter().enumerate().map(|(number, (change, severity))| {
        let event = base.events[0].clone();
        let subject = Subject::Feature(format!("F{number}"));
        Event { change: *change, finding: Finding { severity: *severity, subject, ..event.finding.clone() }, ..event }
    });
    Notification { events: events.collect(), ..base.clone() }
}

/// Checks the documented structure and limits; `routing_key` is expected in what is sent only.
#[track_caller]
fn assert_valid(event: &Value, is_sent: bool) {
    assert_eq!(event.get("routing_key"), is_sent.then_some(&json!(KEY)));
    let key = event["dedup_key"].as_str().unwrap();
    assert!((1..=255).contains(&key.len()), "{key}");
    match event["event_action"].as_str().unwrap() {
        "resolve" => assert!(event.get("payload").is_none(), "{event}"),
        "trigger" => {
            let payload = &event["payload"];
            assert!((1..=1_024).contains(&payload["summary"].as_str().unwrap().chars().count()), "{payload}");
            assert!(!payload["source"].as_str().unwrap().is_empty());
            assert!(["critical", "error", "warning", "info"].contains(&payload["severity"].as_str().unwrap()));
            assert!(payload["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
            for key in ["component", "group", "class"] {
                assert!(payload.get(key).is_none_or(|value| value.as_str().is_some_and(|text| !text.is_empty())));
            }
            for link in event["links"].as_array().into_iter().flatten() {
                assert!(link["href"].as_str().unwrap().starts_with("https://") && link["text"].is_string());
            }
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_event_is_what_pagerduty_documents() {
    let world = World::new();
    let server = FakeHttp::answering(202, r#"{"status":"success","message":"Event processed","dedup_key":"x"}"#);
    let messages = compose(&notification(), Language::English);
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    let channel = pagerduty(&world, server.port);
    assert_eq!(channel.send(message, within(Duration::from_secs(10))), Delivery::Accepted { refused: vec![] });
    let request = server.requests()[0].clone();
    assert_eq!(request.line, "POST /v2/enqueue HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    let mut event = request.json();
    assert_valid(&event, true);
    // Stored without the key.
    assert!(!String::from_utf8(message.bytes.clone()).unwrap().contains(KEY));
    event.as_object_mut().unwrap().remove("routing_key");
    assert_eq!(event, serde_json::from_slice::<Value>(&message.bytes).unwrap());
    insta::assert_snapshot!(serde_json::to_string_pretty(&event).unwrap());
    // Sent again, with the same bytes.
    assert_eq!(channel.send(message, within(Duration::from_secs(10))), Delivery::Accepted { refused: vec![] });
    assert_eq!(server.requests()[1].body, request.body);
    assert_eq!(messages, compose(&notification(), Language::English));
    let french = String::from_utf8(compose(&notification(), Language::French)[0].bytes.clone()).unwrap();
    assert!(french.contains("Ouvrir le rapport") && !french.contains("Open the report"), "{french}");
}

#[test]
fn an_alert_has_one_incident_from_opening_to_recovery() {
    let life = [AlertChange::Opened, AlertChange::Worsened, AlertChange::Reminded, AlertChange::Recovered];
    let events: Vec<Value> = life
        .iter()
        .enumerate()
        .map(|(day, change)| {
            // Later runs have other ids, and the last finding may be milder.
            let id = format!("m/{day}/0");
            let notification = Notification { id, ..with_changes(&[(*change, Severity::Alarm)]) };
            let [event] = payloads(&notification).try_into().unwrap();
            event
        })
        .collect();
    let actions: Vec<&str> = events.iter().map(|event| event["event_action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["trigger", "trigger", "trigger", "resolve"]);
    assert!(events.iter().all(|event| event["dedup_key"] == events[0]["dedup_key"]));
    events.iter().for_each(|event| assert_valid(event, false));
    // Another model, feature or test has another incident.
    let of = |notification: &Notification| payloads(notification)[0]["dedup_key"].clone();
    let first = with_changes(&[(AlertChange::Opened, Severity::Alarm)]);
    let mut others = [Notification { model: "n".to_owned(), ..first.clone() }, first.clone(), first.clone()];
    others[1].events[0].finding.subject = Subject::Segment("F0".to_owned());
    others[2].events[0].finding.test = Test::Measure(Measure::Ks);
    let keys: std::collections::BTreeSet<String> =
        others.iter().chain([&first]).map(|notification| of(notification).to_string()).collect();
    assert_eq!(keys.len(), 4);
}

/// Each alert is a message of its own, and nobody is called because of a watch.
#[test]
fn each_alert_is_an_event_and_a_watch_is_none() {
    let notification = with_changes(&[
        (AlertChange::Opened, Severity::Alarm),
        (AlertChange::Opened, Severity::NoData),
        (AlertChange::Noted, Severity::Watch),
        (AlertChange::Reminded, Severity::Watch),
        (AlertChange::Recovered, Severity::Watch),
    ]);
    let events = payloads(&notification);
    let found: Vec<(&str, &str)> = events
        .iter()
        .map(|event| (event["event_action"].as_str().unwrap(), event["payload"]["severity"].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(found, [("trigger", "critical"), ("trigger", "error"), ("resolve", "-")]);
    let ids: std::collections::BTreeSet<String> =
        compose(&notification, Language::English).into_iter().map(|message| message.message_id).collect();
    assert_eq!(ids.len(), 3, "each has an id of its own");
    assert_eq!(payloads(&crowded()).len(), 40);
    payloads(&crowded()).iter().for_each(|event| assert_valid(event, false));
}

#[test]
fn a_failed_run_is_an_incident() {
    let failure = Failure::Missed { windows: 3, span: notification().window.unwrap() };
    let finding = Finding::of_run(Test::RunFailed, Severity::Alarm, Facts::Failed(failure.clone()));
    let event = Event { change: AlertChange::Opened, finding, since: Instant(DAY), thread: None, origins: Vec::new() };
    let headline = Headline::Failed { test: Test::RunFailed, failure };
    let failed = Notification { headline, events: vec![event], report: None, ..notification() };
    let [event] = payloads(&failed).try_into().unwrap();
    assert_valid(&event, false);
    assert_eq!((&event["payload"]["severity"], &event["payload"]["class"]), (&"critical".into(), &"run_failed".into()));
    assert_eq!(event["payload"]["component"], "run");
    assert!(event.get("links").is_none(), "there is no report");
}

#[test]
fn a_test_leaves_no_incident() {
    let events = payloads(&test_notification("m", Instant(DAY)));
    let [trigger, resolve] = events.as_slice() else { panic!("{events:?}") };
    assert_valid(trigger, false);
    assert_valid(resolve, false);
    assert_eq!((&trigger["event_action"], &trigger["payload"]["severity"]), (&"trigger".into(), &"info".into()));
    assert_eq!((&resolve["event_action"], &resolve["dedup_key"]), (&"resolve".into(), &trigger["dedup_key"]));
}

#[test]
fn every_response_has_a_meaning() {
    let world = World::new();
    let message = &compose(&notification(), Language::English)[0];
    let send = |status: u16, body: &str| {
        let server = FakeHttp::answering(status, body);
        pagerduty(&world, server.port).send(message, within(Duration::from_secs(10)))
    };
    let invalid =
        format!(r#"{{"status":"invalid event","message":"Event object is invalid","errors":["{KEY} is bad"]}}"#);
    let refused = "PagerDuty rejected the message (400 *** is bad)";
    assert_eq!(send(400, &invalid), Delivery::Refused { reason: refused.to_owned(), replies: vec![] });
    for status in [500, 502, 503] {
        assert!(matches!(send(status, ""), Delivery::Later { setup: false, .. }), "{status}");
    }
    // What is wrong is in `message` if there are no `errors`.
    let unexplained = r#"{"status":"invalid event","message":"Event object is invalid","errors":[]}"#;
    let refused = "PagerDuty rejected the message (400 Event object is invalid)";
    assert_eq!(send(400, unexplained), Delivery::Refused { reason: refused.to_owned(), replies: vec![] });
    // An unknown or revoked key, although the event is fine.
    for (body, said) in [
        (
            r#"{"status":"invalid event","message":"Event object is invalid","errors":["Invalid routing key"]}"#,
            "Invalid routing key",
        ),
        (r#"{"status":"invalid event","message":"Invalid Routing Key"}"#, "Invalid Routing Key"),
        (r#"{"message":"Invalid event","errors":["'routing_key' is unknown", "x"]}"#, "'routing_key' is unknown; x"),
    ] {
        match send(400, body) {
            Delivery::Later { reason, setup: true, .. } => {
                assert_eq!(reason, format!("PagerDuty responded 400 {said}; check alerts.pagerduty.routing_key_file"));
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    for status in [401, 403] {
        match send(status, "") {
            Delivery::Later { reason, setup: true, .. } => {
                assert!(reason.ends_with("; check alerts.pagerduty.routing_key_file"), "{reason}");
            }
            other => panic!("{status}: {other:?}"),
        }
    }
    let limited = FakeHttp::with(|_| answer(429, "Retry-After: 60\r\n", ""));
    match pagerduty(&world, limited.port).send(message, within(Duration::from_secs(10))) {
        Delivery::Later { setup: false, retry_after, .. } => assert_eq!(retry_after, Some(Duration::from_mins(1))),
        other => panic!("{other:?}"),
    }
}

/// PagerDuty would reject an event with a malformed key, although the event is fine.
#[test]
fn a_wrong_routing_key_keeps_the_message() {
    let world = World::new();
    let server = FakeHttp::answering(202, "{}");
    let message = &compose(&notification(), Language::English)[0];
    let short = PagerDuty { routing_key_file: Some(world.file("short", "s3cret")), ..pagerduty(&world, server.port) };
    let missing = PagerDuty { routing_key_file: None, ..pagerduty(&world, server.port) };
    for (channel, problem) in [
        (short, "not an integration key, which has 32 letters and digits"),
        (missing, "set alerts.pagerduty.routing_key_file or pass the systemd credential vigie.pagerduty-key"),
    ] {
        match channel.send(message, within(Duration::from_secs(10))) {
            Delivery::Later { reason, setup: true, .. } => {
                assert!(reason.contains(problem) && !reason.contains("s3cret"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(server.requests().is_empty());
}
