//! Delivery to a real mail server with TLS and login (aiosmtpd); the emails are parsed with Python's email package.
//!
//! `VIGIE_SMTP_PYTHON` is a Python with the packages in `tests/oracle/smtp_requirements.txt`; `.ci/run` creates one.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use vigie::{
    alert::{Addresses, Delivery, Email, Message, StartTls, Timeouts, compose, deliver, test_notification},
    report::Language,
};
use vigie_profile::window::Instant;

use crate::{
    mail::mail,
    support::{applicants::DAY, world::World},
};

struct Server {
    child: Child,
    smtps: u16,
    starttls: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn server(python: &str, world: &World) -> Server {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/smtp_server.py");
    let mut child = Command::new(python)
        .arg(script)
        .arg(world.root())
        .args(["vigie", "hunter2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ports: Vec<u16> = line.split_whitespace().map(|port| port.parse().unwrap()).collect();
    Server { child, smtps: ports[0], starttls: ports[1] }
}

fn mails(world: &World) -> Vec<Value> {
    let text = std::fs::read_to_string(world.path("mails.ndjson")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const TIMEOUTS: Timeouts = Timeouts { dialogue: Duration::from_secs(20), acceptance: Duration::from_secs(20) };

#[test]
fn mail_is_delivered_with_tls_and_login() {
    let Ok(python) = std::env::var("VIGIE_SMTP_PYTHON") else {
        println!("NOT RUN: set VIGIE_SMTP_PYTHON to a Python with tests/oracle/smtp_requirements.txt");
        return;
    };
    let world = World::new();
    let server = server(&python, &world);
    let password = world.file("password", "hunter2\n");
    let base = Email {
        to: Addresses::Many(vec!["risk@example.com".to_owned(), "ops@example.com".to_owned()]),
        username: Some("vigie".to_owned()),
        password_file: Some(password),
        ca_file: Some(world.path("ca.pem")),
        ..mail::email()
    };
    let smtps = Email { smtp: format!("smtps://localhost:{}", server.smtps), ..base.clone() };
    let starttls = Email {
        smtp: format!("smtp://localhost:{}", server.starttls),
        starttls: Some(StartTls::Required),
        ..base.clone()
    };
    let accepted = Delivery::Accepted { refused: vec![] };
    let (message, pictures) = mail::drifted_message();
    assert_eq!(deliver(&smtps, &message, TIMEOUTS), accepted);
    let test =
        compose(&base, &test_notification("credit-default", Instant(DAY)), None, None, Language::English, Instant(DAY))
            .unwrap();
    assert_eq!(deliver(&starttls, &test, TIMEOUTS), accepted);

    let got = mails(&world);
    assert_eq!(got.len(), 2);
    for mail in &got {
        assert_eq!((&mail["tls"], &mail["login"]), (&Value::from(true), &Value::from("vigie")), "{mail}");
        assert_eq!(mail["defects"], serde_json::json!([]), "{mail}");
        assert_eq!(mail["from"], "vigie@example.com");
    }
    assert_parsed(&got[0], &message, pictures);
    assert_eq!(got[1]["headers"]["Subject"], test.subject);

    // An unknown certificate is not trusted.
    let assert_untrusted = |email: &Email| match deliver(email, &test, TIMEOUTS) {
        Delivery::Later { reason, setup, .. } => {
            assert!(setup && reason.contains("ca_file"), "{reason}");
        }
        other => panic!("{other:?}"),
    };
    assert_untrusted(&Email { ca_file: None, ..smtps.clone() });
    assert_untrusted(&Email { ca_file: None, ..starttls.clone() });
    // Wrong password.
    let wrong = Email { password_file: Some(world.file("wrong", "hunter3")), ..smtps.clone() };
    match deliver(&wrong, &test, TIMEOUTS) {
        Delivery::Later { reason, setup: true, .. } => {
            assert!(reason.contains("535") && !reason.contains("hunter3"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(mails(&world).len(), 2);
}

/// Asserts that Python parsed the mail as intended.
fn assert_parsed(got: &Value, message: &Message, pictures: usize) {
    let headers = &got["headers"];
    assert_eq!(headers["Subject"], message.subject.as_str());
    assert_eq!(headers["Message-ID"], message.message_id.as_str());
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    let parts = got["parts"].as_array().unwrap();
    let kinds: Vec<&str> = parts.iter().map(|part| part["kind"].as_str().unwrap()).collect();
    let mut expected = vec!["multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html"];
    expected.extend(std::iter::repeat_n("image/png", pictures));
    expected.push("text/html");
    assert_eq!(kinds, expected);
    let html = parts[4]["text"].as_str().unwrap();
    for picture in parts.iter().filter(|part| part["kind"] == "image/png") {
        let id = picture["id"].as_str().unwrap().trim_matches(['<', '>']);
        assert!(html.contains(&format!("cid:{id}")), "{id}");
        assert_eq!(picture["disposition"], "inline");
    }
    let page = parts.last().unwrap();
    assert_eq!((&page["disposition"], &page["name"]), (&Value::from("attachment"), &Value::from("m.html")));
}
