//! Microsoft Teams: the Adaptive Card that a workflow posts, its limits, and the meaning of each response.

use std::time::Duration;

use serde_json::Value;
use vigie::{
    alert::{Channel, ComposeContext, Delivery, Message, Notification, Teams, test_notification},
    judge::Severity,
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
};

fn compose(notification: &Notification, language: Language) -> Message {
    let context =
        ComposeContext { report: None, base_url: Some("https://vigie.example.com"), language, now: Instant(DAY) };
    let [message] = Teams::default().compose(notification, &context).unwrap().try_into().unwrap();
    message
}

fn teams(port: u16) -> Teams {
    let url = format!("http://127.0.0.1:{port}/workflows/1/triggers/manual/paths/invoke?sig=s3cret");
    Teams { url: Some(url.into()), ..Teams::default() }
}

/// Checks the documented structure and limits.
#[track_caller]
fn assert_valid(bytes: &[u8]) -> Value {
    assert!(bytes.len() <= 28 * 1024, "{} bytes", bytes.len());
    let payload: Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(payload["type"], "message");
    let [attachment] = payload["attachments"].as_array().unwrap().as_slice() else { panic!("{payload}") };
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    assert!(attachment.as_object().unwrap().contains_key("contentUrl") && attachment["contentUrl"].is_null());
    let card = &attachment["content"];
    assert_eq!(
        (&card["$schema"], &card["type"], &card["version"]),
        (&"http://adaptivecards.io/schemas/adaptive-card.json".into(), &"AdaptiveCard".into(), &"1.4".into())
    );
    let body = card["body"].as_array().unwrap();
    assert!(!body.is_empty());
    for block in body {
        assert_eq!(block["type"], "RichTextBlock");
        for run in block["inlines"].as_array().unwrap() {
            assert_eq!(run["type"], "TextRun");
            assert!(!run["text"].as_str().unwrap().is_empty(), "{run}");
        }
    }
    for action in card["actions"].as_array().into_iter().flatten() {
        assert_eq!(action["type"], "Action.OpenUrl");
        assert!(action["url"].as_str().unwrap().starts_with("https://"), "{action}");
    }
    payload
}

#[test]
fn a_message_is_what_microsoft_documents() {
    let server = FakeHttp::answering(202, "");
    let message = compose(&notification(), Language::English);
    let delivery = teams(server.port).send(&message, within(Duration::from_secs(10)));
    assert_eq!(delivery, Delivery::Accepted { refused: vec![] });
    let request = server.requests()[0].clone();
    assert_eq!(request.line, "POST /workflows/1/triggers/manual/paths/invoke?sig=s3cret HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.body.as_bytes(), message.bytes, "what is stored is what is sent");
    let payload = assert_valid(&message.bytes);
    let actions = &payload["attachments"][0]["content"]["actions"];
    assert_eq!(actions[0]["url"], "https://vigie.example.com/m/20261001T000000Z_20261002T000000Z/report.html");
    insta::assert_snapshot!(serde_json::to_string_pretty(&payload).unwrap());
    assert_eq!(message, compose(&notification(), Language::English));
    assert_valid(&compose(&test_notification("m", Instant(DAY)), Language::English).bytes);
}

#[test]
fn the_card_is_in_the_language_of_the_reports() {
    let text = String::from_utf8(compose(&notification(), Language::French).bytes).unwrap();
    assert!(text.contains("Ce qui a changé") && text.contains("Ouvrir le rapport"), "{text}");
    assert!(text.contains("\"lang\":\"fr\"") && !text.contains("What changed"), "{text}");
}

#[test]
fn the_title_has_the_colour_of_the_severity() {
    for (severity, colour) in [
        (Severity::Alarm, "Attention"),
        (Severity::Watch, "Warning"),
        (Severity::Stable, "Good"),
        (Severity::TooFew, "Default"),
        (Severity::NoData, "Default"),
    ] {
        let message = compose(&Notification { severity, ..notification() }, Language::English);
        let payload = assert_valid(&message.bytes);
        let title = &payload["attachments"][0]["content"]["body"][0]["inlines"][0];
        assert_eq!(title["color"], colour, "{severity}");
    }
}

#[test]
fn a_long_message_is_shortened() {
    let crowded = crowded();
    let payload = assert_valid(&compose(&crowded, Language::English).bytes);
    let text = payload.to_string();
    assert!(text.contains("… and ") && text.contains("findings in total"), "{text}");
    // Four bytes per character, in every sentence.
    let mut wide = crowded;
    for event in &mut wide.events {
        event.finding.facts = vigie::judge::Facts::Stored { sentence: Some("🂡".repeat(1_000)) };
        event.finding.subject =
            vigie::judge::Subject::Feature(format!("{}{}", "🂡".repeat(100), event.finding.subject.name().unwrap()));
    }
    assert_valid(&compose(&wide, Language::French).bytes);
}

#[test]
fn every_response_has_a_meaning() {
    let message = compose(&notification(), Language::English);
    let send = |status: u16, body: &str| {
        let server = FakeHttp::answering(status, body);
        teams(server.port).send(&message, within(Duration::from_secs(10)))
    };
    assert_eq!(send(200, "1"), Delivery::Accepted { refused: vec![] });
    let turned_off = r#"{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute workflow"}}"#;
    let unsigned = r#"{"error":{"code":"AuthorizationFailed","message":"The signature s3cret is wrong"}}"#;
    for (status, body) in [(400, turned_off), (401, unsigned), (403, ""), (404, "")] {
        match send(status, body) {
            Delivery::Later { reason, setup: true, .. } => {
                assert!(reason.contains("alerts.teams.url") && !reason.contains("s3cret"), "{reason}");
            }
            other => panic!("{status} {body}: {other:?}"),
        }
    }
    let mismatch = r#"{"error":{"code":"TriggerInputSchemaMismatch","message":"The input body s3cret"}}"#;
    let refused = "Microsoft Teams rejected the message (400 TriggerInputSchemaMismatch)";
    assert_eq!(send(400, mismatch), Delivery::Refused { reason: refused.to_owned(), replies: vec![] });
    assert!(matches!(send(502, ""), Delivery::Later { setup: false, .. }));
    let limited = FakeHttp::with(|_| answer(429, "Retry-After: 7\r\n", ""));
    match teams(limited.port).send(&message, within(Duration::from_secs(10))) {
        Delivery::Later { setup: false, retry_after, .. } => assert_eq!(retry_after, Some(Duration::from_secs(7))),
        other => panic!("{other:?}"),
    }
    assert!(!format!("{:?}", teams(1)).contains("s3cret"));
}
