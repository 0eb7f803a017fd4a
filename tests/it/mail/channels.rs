//! All channels at once, with the real binary: what waits, what is sent again, and that secrets stay secret.

use std::{fs, process::Command};

use serde_json::Value;

use super::outbox::run_once;
use crate::support::{
    fake_http::{FakeHttp, HttpRequest, answer},
    fake_smtp::FakeSmtp,
    watched::{at, configure, day, watched},
    world::World,
};

const SECRETS: [&str; 4] = ["s3cret-hook", "s3cret-slack", "s3cret-teams", "0123456789abcdef0123456789abcdef"];

struct Servers {
    smtp: FakeSmtp,
    webhook: FakeHttp,
    slack: FakeHttp,
    teams: FakeHttp,
    pagerduty: FakeHttp,
}

impl Servers {
    /// Servers that accept everything; the chat services and PagerDuty only after a first attempt that fails.
    fn busy_at_first() -> Self {
        let then = |first: (u16, &'static str), status: u16, body: &'static str| {
            FakeHttp::with(move |number| match number {
                0 => answer(first.0, first.1, ""),
                _ => answer(status, "", body),
            })
        };
        Self {
            smtp: FakeSmtp::with(|_| None),
            webhook: FakeHttp::answering(204, ""),
            slack: then((429, "Retry-After: 120\r\n"), 200, "ok"),
            teams: then((503, ""), 202, ""),
            pagerduty: then((500, ""), 202, r#"{"status":"success"}"#),
        }
    }

    fn configure(&self, world: &World) {
        world.file("slack-url", format!("http://127.0.0.1:{}/{}\n", self.slack.port, SECRETS[1]));
        world.file("pagerduty-key", SECRETS[3]);
        configure(
            world,
            &format!(
                "alerts:\n  after: 1\n  \
                 email: {{smtp: \"smtp://127.0.0.1:{}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n  \
                 webhook: {{url: \"http://127.0.0.1:{}/{}\"}}\n  \
                 slack: {{url_file: slack-url}}\n  \
                 teams: {{url: \"http://127.0.0.1:{}/workflow?sig={}\"}}\n  \
                 pagerduty: {{url: \"http://127.0.0.1:{}/v2/enqueue\", routing_key_file: pagerduty-key}}\n",
                self.smtp.port, self.webhook.port, SECRETS[0], self.teams.port, SECRETS[2], self.pagerduty.port
            ),
        );
    }
}

fn status(world: &World) -> Value {
    let json = world.vigie(&["status", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    serde_json::from_str(&json).unwrap()
}

fn undelivered(world: &World) -> Vec<Value> {
    status(world)["undelivered"].as_array().unwrap().clone()
}

#[test]
fn every_channel_sends_what_waited_with_the_same_bytes() {
    let servers = Servers::busy_at_first();
    let world = watched("");
    servers.configure(&world);
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let (ok, first) = run_once(&world, at(2, 6));
    assert!(ok, "{first}");
    assert_eq!((servers.smtp.received().len(), servers.webhook.requests().len()), (1, 1), "{first}");
    let waiting = undelivered(&world);
    let channels: Vec<&str> = waiting.iter().map(|message| message["channel"].as_str().unwrap()).collect();
    let incidents = channels.iter().filter(|word| **word == "pagerduty").count();
    assert!(incidents >= 1, "{channels:?}");
    assert_eq!(channels.len(), incidents + 2, "{channels:?}");
    let slack = waiting.iter().find(|message| message["channel"] == "slack").unwrap();
    assert_eq!(slack["to"], Value::Null);
    assert_eq!(slack["next_try_at"], at(2, 6).to_string().replace("06:00:00", "06:02:00"), "as Slack asked");
    assert!(slack["reason"].as_str().unwrap().contains("429"), "{slack}");
    let ledger = fs::read(world.path("state/ledger.sqlite")).unwrap();
    // The next day recovers; what waited is sent first.
    day(&world, 2, 120, 0);
    let (ok, second) = run_once(&world, at(3, 6));
    assert!(ok, "{second}");
    assert_eq!(undelivered(&world), Vec::<Value>::new(), "{second}");
    for server in [&servers.slack, &servers.teams, &servers.pagerduty] {
        let requests = server.requests();
        assert!(requests.len() >= 3, "{}", requests.len());
        assert_eq!(requests[0].body, requests[1].body, "the same bytes again");
        assert_ne!(requests[1].body, requests[2].body, "and each message once");
    }
    let events: Vec<Value> = servers.pagerduty.requests().iter().skip(1).map(HttpRequest::json).collect();
    let keys = |action: &str| -> Vec<&str> {
        let events = events.iter().filter(|event| event["event_action"] == action);
        let mut keys: Vec<&str> = events.map(|event| event["dedup_key"].as_str().unwrap()).collect();
        keys.sort_unstable();
        keys
    };
    // PagerDuty ignores the recovery of a watch, which opened no incident.
    assert!(keys("trigger").iter().all(|key| keys("resolve").contains(key)), "every incident is resolved");
    assert_eq!(keys("trigger").len(), incidents);
    // With the real report, and a recovery.
    let slack = servers.slack.requests()[2].json();
    assert!(slack["text"].as_str().unwrap().contains("AGE"), "{slack}");
    let text = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    let shown = world.vigie(&["config", "show", "--config", "vigie.yaml"]).ok().stdout;
    for secret in SECRETS {
        for (place, said) in [("log", &first), ("log", &second), ("status", &text), ("config", &shown)] {
            assert!(!said.contains(secret), "{place}: {said}");
        }
        assert!(!ledger.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret} is in the ledger");
    }
}

#[test]
fn alert_test_sends_on_every_channel() {
    let servers = Servers {
        slack: FakeHttp::answering(200, "ok"),
        teams: FakeHttp::answering(202, ""),
        pagerduty: FakeHttp::answering(202, "{}"),
        ..Servers::busy_at_first()
    };
    let world = watched("");
    servers.configure(&world);
    let said = world.vigie(&["alert", "test", "--config", "vigie.yaml"]).ok().stdout;
    for line in [
        "PagerDuty accepted the message\nPagerDuty accepted the message\n",
        "the webhook accepted the message\n",
        "Slack accepted the message\n",
        "Microsoft Teams accepted the message\n",
        "the mail server accepted <vigie.",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(servers.slack.requests().len(), 1);
    assert_eq!(servers.smtp.received().len(), 1);
    let refusing = Servers { slack: FakeHttp::answering(404, "no_service"), ..servers };
    refusing.configure(&world);
    let failed = world.vigie(&["alert", "test", "--config", "vigie.yaml"]);
    assert_eq!(failed.code, Some(2));
    assert!(failed.stderr.contains("alerts.slack: ") && failed.stderr.contains("404 no_service"), "{}", failed.stderr);
    assert!(SECRETS.iter().all(|secret| !failed.stderr.contains(secret)), "{}", failed.stderr);
    configure(&world, "");
    let none = world.vigie(&["alert", "test", "--config", "vigie.yaml"]);
    assert!(none.stderr.contains("`pagerduty` or `webhook` or `slack` or `teams` or `email`"), "{}", none.stderr);
}

/// The secrets of both channels come from systemd credentials.
#[test]
fn refused_credentials_are_named_by_their_place() {
    let (webhook, pagerduty) = (FakeHttp::answering(401, ""), FakeHttp::answering(403, ""));
    let world = watched("");
    configure(
        &world,
        &format!(
            "alerts:\n  webhook: {{url: \"http://127.0.0.1:{}/hook\"}}\n  \
             pagerduty: {{url: \"http://127.0.0.1:{}/v2/enqueue\"}}\n",
            webhook.port, pagerduty.port
        ),
    );
    let test = || {
        let mut vigie = Command::new(env!("CARGO_BIN_EXE_vigie"));
        vigie.args(["alert", "test", "--config", "vigie.yaml"]).current_dir(world.root());
        let output = vigie.env("CREDENTIALS_DIRECTORY", world.path("credentials")).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    world.file("credentials/vigie.webhook-token", "t0ken");
    world.file("credentials/vigie.pagerduty-key", SECRETS[3]);
    let (code, stderr) = test();
    assert_eq!(code, Some(2), "{stderr}");
    let reasons = "alerts.pagerduty: not sent: PagerDuty refused the credentials (403); check the systemd credential vigie.pagerduty-key; \
                   alerts.webhook: not sent: the webhook refused the credentials (401); check the systemd credential vigie.webhook-token";
    assert!(stderr.contains(reasons), "{stderr}");
    // Without a token, the key that sets one.
    fs::remove_file(world.path("credentials/vigie.webhook-token")).unwrap();
    let (_, stderr) = test();
    assert!(stderr.contains("(401); check alerts.webhook.token_file"), "{stderr}");
}

#[test]
fn a_refused_message_is_not_sent_again() {
    let servers = Servers { slack: FakeHttp::answering(400, "invalid_payload"), ..Servers::busy_at_first() };
    let world = watched("");
    servers.configure(&world);
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let (ok, log) = run_once(&world, at(2, 6));
    assert!(ok, "{log}");
    assert!(log.contains("permanently refused: Slack rejected the message (400 invalid_payload)"), "{log}");
    let text = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(text.contains("slack refused: ") && text.contains("400 invalid_payload"), "{text}");
    run_once(&world, at(2, 12));
    assert_eq!(servers.slack.requests().len(), 1);
}

/// A channel that was removed from the config, and one that only a later version knows.
#[test]
fn messages_of_missing_channels_wait_and_are_never_sent_as_something_else() {
    let servers = Servers::busy_at_first();
    let world = watched("");
    servers.configure(&world);
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let (ok, log) = run_once(&world, at(2, 6));
    assert!(ok, "{log}");
    let db = rusqlite::Connection::open(world.path("state/ledger.sqlite")).unwrap();
    db.execute_batch(
        "INSERT INTO outbox (id, model, channel, message_id, subject, letter, queued_us) \
           VALUES (1000, 'm', 'pigeon', '1', 'm: ALARM', x'7b7d', 1); \
         INSERT INTO delivery (letter, recipient, state, next_us) VALUES (1000, 'roof', 'queued', 1);",
    )
    .unwrap();
    drop(db);
    let mails = servers.smtp.received().len();
    configure(
        &world,
        &format!(
            "alerts:\n  after: 1\n  \
             email: {{smtp: \"smtp://127.0.0.1:{}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n",
            servers.smtp.port
        ),
    );
    let (ok, log) = run_once(&world, at(2, 12));
    assert!(ok, "{log}");
    assert_eq!((servers.smtp.received().len(), servers.slack.requests().len()), (mails, 1));
    let text = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    for line in [
        "slack queued: ",
        "alerts.slack is no longer configured; configure it to send what is queued",
        "pigeon queued to roof: m: ALARM: this version of vigie has no channel `pigeon`; a version that has it will send the message",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let pigeon = undelivered(&world).into_iter().find(|message| message["channel"] == "pigeon").unwrap();
    assert_eq!((&pigeon["state"], &pigeon["attempts"], &pigeon["to"]), (&"queued".into(), &0.into(), &"roof".into()));
    // Configured again, Slack's message is sent.
    servers.configure(&world);
    let (ok, log) = run_once(&world, at(2, 20));
    assert!(ok, "{log}");
    let slack = servers.slack.requests();
    assert_eq!((slack.len(), &slack[0].body), (2, &slack[1].body));
    let left: Vec<String> = undelivered(&world).iter().map(|message| message["channel"].to_string()).collect();
    assert_eq!(left, ["\"pigeon\""]);
}
