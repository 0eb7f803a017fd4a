//! Slack: the payload of an incoming webhook, its limits, and the meaning of each response.

use std::time::Duration;

use serde_json::Value;
use vigie::{
    alert::{AlertChange, Channel, ComposeContext, Delivery, Event, Message, Notification, Slack, test_notification},
    judge::{Facts, Finding, Measure, Severity, Subject, Test},
    report::Language,
};
use vigie_profile::window::Instant;

use super::webhook::{notification, within};
use crate::support::{
    applicants::DAY,
    fake_http::{FakeHttp, answer},
    world::World,
};

fn context(language: Language) -> ComposeContext<'static> {
    ComposeContext { report: None, base_url: Some("https://vigie.example.com"), language, now: Instant(DAY) }
}

fn compose(notification: &Notification, language: Language) -> Message {
    let messages = Slack::default().compose(notification, &context(language)).unwrap();
    let [message] = messages.try_into().unwrap();
    message
}

fn slack(port: u16) -> Slack {
    Slack { url: Some(format!("http://127.0.0.1:{port}/services/T0/B0/s3cret").into()), ..Slack::default() }
}

/// Many features with hostile names, and long reasons.
pub(crate) fn crowded() -> Notification {
    let events = (0..40)
        .map(|number| Event {
            change: AlertChange::Opened,
            finding: Finding {
                subject: Subject::Feature(format!(
                    "<!channel> *x* _y_ ~z~ `q` <http://evil.example|y> {number} {}",
                    "&".repeat(80)
                )),
                test: Test::Measure(Measure::Psi),
                severity: Severity::Alarm,
                value: Some(0.43),
                limit: Some(0.25),
                q_value: None,
                facts: Facts::Stored { sentence: Some("<@U1> & ".repeat(200)) },
            },
            since: Instant(DAY),
            thread: None,
            origins: Vec::new(),
        })
        .collect();
    Notification { model: "<&>".repeat(40), events, ..notification() }
}

/// Checks the documented structure and limits.
#[track_caller]
fn assert_valid(payload: &Value) {
    let keys: Vec<&String> = payload.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["blocks", "text", "unfurl_links", "unfurl_media"]);
    assert!(!payload["text"].as_str().unwrap().is_empty());
    let blocks = payload["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()), "{} blocks", blocks.len());
    for block in blocks {
        let (text, kind, limit) = match block["type"].as_str().unwrap() {
            "rich_text" => {
                assert_rich_text(block);
                continue;
            }
            "header" => (&block["text"], "plain_text", 150),
            "section" => (&block["text"], "mrkdwn", 3_000),
            "context" => {
                assert_eq!(block["elements"].as_array().unwrap().len(), 1);
                (&block["elements"][0], "mrkdwn", 3_000)
            }
            other => panic!("{other}"),
        };
        assert_eq!(text["type"], kind, "{block}");
        let length = text["text"].as_str().unwrap().chars().count();
        assert!((1..=limit).contains(&length), "{length}: {block}");
    }
}

/// Lines of text and nothing else: no link, mention or emoji.
#[track_caller]
fn assert_rich_text(block: &Value) {
    let runs = runs(block);
    assert!(!runs.is_empty(), "{block}");
    for run in &runs {
        assert_eq!(run["type"], "text", "{run}");
        assert!(!run["text"].as_str().unwrap().is_empty(), "{run}");
        let mut keys: Vec<&String> = run.as_object().unwrap().keys().collect();
        keys.retain(|key| *key != "style");
        assert_eq!(keys, ["text", "type"], "{run}");
        assert!(run.get("style").is_none_or(|style| *style == serde_json::json!({ "bold": true })), "{run}");
    }
    let length: usize = runs.iter().map(|run| run["text"].as_str().unwrap().chars().count()).sum();
    assert!(length <= 3_000, "{length}: {block}");
}

/// The runs of all lines of a rich text block.
#[track_caller]
fn runs(block: &Value) -> Vec<&Value> {
    let lines = block["elements"].as_array().unwrap().iter();
    lines
        .flat_map(|line| {
            assert_eq!(line["type"], "rich_text_section", "{line}");
            line["elements"].as_array().unwrap()
        })
        .collect()
}

#[test]
fn a_message_is_what_slack_documents() {
    let server = FakeHttp::answering(200, "ok");
    let message = compose(&notification(), Language::English);
    let delivery = slack(server.port).send(&message, within(Duration::from_secs(10)));
    assert_eq!(delivery, Delivery::Accepted { refused: vec![] });
    let request = server.requests()[0].clone();
    assert_eq!(request.line, "POST /services/T0/B0/s3cret HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.body.as_bytes(), message.bytes, "what is stored is what is sent");
    assert_valid(&request.json());
    insta::assert_snapshot!(serde_json::to_string_pretty(&request.json()).unwrap());
    assert_eq!(message, compose(&notification(), Language::English));
    assert!(message.to.is_empty() && message.subject.contains("AGE"), "{}", message.subject);
    let test: Value =
        serde_json::from_slice(&compose(&test_notification("m", Instant(DAY)), Language::English).bytes).unwrap();
    assert_valid(&test);
}

#[test]
fn the_message_is_in_the_language_of_the_reports() {
    let text = String::from_utf8(compose(&notification(), Language::French).bytes).unwrap();
    assert!(text.contains(r#""text":"Ce qui a changé""#) && text.contains("|Ouvrir le rapport>"), "{text}");
    assert!(!text.contains("What changed"), "{text}");
}

#[test]
fn names_can_neither_mention_nor_link_nor_format_nor_exceed_the_limits() {
    let message = compose(&crowded(), Language::English);
    let payload: Value = serde_json::from_slice(&message.bytes).unwrap();
    assert_valid(&payload);
    let blocks = payload["blocks"].as_array().unwrap();
    let (rich, markup): (Vec<&Value>, Vec<&Value>) = blocks.iter().partition(|block| block["type"] == "rich_text");
    // Names are in rich text, which shows every character as it is.
    let shown: Vec<&str> = rich.iter().flat_map(|block| runs(block)).map(|run| run["text"].as_str().unwrap()).collect();
    assert!(
        shown.iter().any(|text| text.contains("<!channel> *x* _y_ ~z~ `q` <http://evil.example|y> 0")),
        "{shown:?}"
    );
    assert!(shown.iter().any(|text| text.contains("<@U1>")), "{shown:?}");
    // Elsewhere, nothing can be read as a link or as formatting.
    let markup: String = markup.into_iter().map(ToString::to_string).collect();
    assert!(!markup.contains(['*', '`', '~']), "{markup}");
    let texts = markup + payload["text"].as_str().unwrap();
    let links: Vec<&str> = texts.split('<').skip(1).map(|rest| rest.split(['|', '>']).next().unwrap()).collect();
    assert!(texts.contains("&lt;&amp;&gt;"), "{texts}");
    assert_eq!(links, ["https://vigie.example.com/m/20261001T000000Z_20261002T000000Z/report.html"]);
    for block in blocks.iter().filter(|block| block["type"] == "section") {
        assert_eq!(block["text"]["verbatim"], true, "{block}");
    }
}

#[test]
fn every_response_has_a_meaning() {
    let message = compose(&notification(), Language::English);
    let send = |status: u16, body: &str| {
        let server = FakeHttp::answering(status, body);
        slack(server.port).send(&message, within(Duration::from_secs(10)))
    };
    for (status, body) in [
        (403, "action_prohibited"),
        (403, "invalid_token"),
        (404, "no_service"),
        (404, "channel_not_found"),
        (410, "channel_is_archived"),
        (410, ""),
        (400, "no_team"),
        (302, "found"),
    ] {
        match send(status, body) {
            Delivery::Later { reason, setup: true, .. } => {
                assert!(reason.contains("alerts.slack.url") && !reason.contains("s3cret"), "{reason}");
                assert!(status == 302 || reason.contains(format!("{status} {body}").trim()), "{reason}");
            }
            other => panic!("{status} {body}: {other:?}"),
        }
    }
    for (status, body) in [(400, "invalid_payload"), (400, "no_text"), (413, "<html>")] {
        match send(status, body) {
            Delivery::Refused { reason, .. } => assert!(reason.starts_with("Slack rejected the message"), "{reason}"),
            other => panic!("{status} {body}: {other:?}"),
        }
    }
    for (status, body) in [(500, "rollup_error"), (503, "")] {
        let delivery = send(status, body);
        assert!(matches!(delivery, Delivery::Later { setup: false, retry_after: None, .. }), "{delivery:?}");
    }
    let limited = FakeHttp::with(|_| answer(429, "Retry-After: 30\r\n", "rate_limited"));
    match slack(limited.port).send(&message, within(Duration::from_secs(10))) {
        Delivery::Later { setup: false, retry_after, .. } => assert_eq!(retry_after, Some(Duration::from_secs(30))),
        other => panic!("{other:?}"),
    }
    // A body that quotes the URL is not repeated.
    let quoted = send(400, "no such webhook: /services/T0/B0/s3cret");
    let reason = "Slack rejected the message (400)".to_owned();
    assert_eq!(quoted, Delivery::Refused { reason, replies: vec![] });
}

#[test]
fn the_url_comes_from_a_file() {
    let server = FakeHttp::answering(200, "ok");
    let world = World::new();
    let message = compose(&notification(), Language::English);
    let url_file = Some(world.file("slack-url", format!("http://127.0.0.1:{}/services/T0/B0/s3cret\n", server.port)));
    let from_file = Slack { url_file, ..Slack::default() };
    assert_eq!(from_file.send(&message, within(Duration::from_secs(10))), Delivery::Accepted { refused: vec![] });
    assert_eq!(server.requests()[0].line, "POST /services/T0/B0/s3cret HTTP/1.1");
    for (content, problem) in [("hooks.slack.com/s3cret", "not an http or https URL"), ("", "the file is empty")] {
        let url_file = Some(world.file("wrong", content));
        match (Slack { url_file, ..Slack::default() }).send(&message, within(Duration::from_secs(10))) {
            Delivery::Later { reason, setup: true, .. } => {
                assert!(reason.contains(problem) && !reason.contains("s3cret"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    match Slack::default().send(&message, within(Duration::from_secs(10))) {
        Delivery::Later { reason, setup: true, .. } => {
            assert!(
                reason.contains("set alerts.slack.url_file or pass the systemd credential vigie.slack-url"),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(!format!("{:?}", slack(1)).contains("s3cret"));
}
