//! What a message must never contain: values of single applicants, quoted read errors, markup and control characters in names.

use serde_json::json;
use vigie::{
    alert::{AlertChange, Channel, ComposeContext, Notification, PagerDuty, Slack, Teams, Webhook, compose},
    drift::PsiBinKind,
    judge::{BinShare, Facts, Headline, Measure, Test},
    report::Language,
};
use vigie_profile::window::Instant;

use super::mail::{HOUR, email, event, first_day, message, notification, notification_of, psi, report_of};
use crate::{
    page::snapshots::drifted,
    support::{applicants::DAY, mime::Part},
};

/// No ids, rows, rejected examples or free-text levels are sent, not even in the attached page.
#[test]
fn a_mail_contains_no_data_of_single_applicants() {
    let world = drifted();
    let log = std::fs::read_to_string(world.path("log/a.ndjson")).unwrap();
    let wrong = json!({ "ts": "2026-10-01T09:00:00Z", "id": "person-4711", "p": 0.2, "ms": 1, "status": 200,
        "inputs": { "AGE": "born 1971-02-03", "INCOME": 1, "emp.var.rate": 1, "JOB": "Astronaut", "OWNS": true } });
    world.file("log/a.ndjson", format!("{log}{wrong}\n{{\"id\": \"torn-0815\", \"inputs\": {{\n"));
    let report = report_of(&world, "vigie.yaml", first_day());
    let notification = notification_of(&report);
    // The input contains all of it.
    let known = format!("{report:?}{notification:?}");
    assert!(["Astronaut", "born 1971", "torn-0815"].iter().all(|secret| known.contains(secret)), "{known}");
    let sent = message(&notification, Some(&report));
    let all = Part::of(&sent.bytes).everything();
    for secret in ["Astronaut", "born 1971", "person-4711", "torn-0815", "r21-00"] {
        assert!(!all.contains(secret), "the mail contains {secret}");
    }
    let context =
        ComposeContext { report: Some(&report), base_url: None, language: Language::English, now: Instant(DAY) };
    let webhook = Webhook { url: "https://hooks.example.com".to_owned().into(), token_file: None, ca_file: None };
    let pagerduty: PagerDuty = serde_json::from_str("{}").unwrap();
    for channel in [&webhook as &dyn Channel, &Slack::default(), &Teams::default(), &pagerduty] {
        let messages = channel.compose(&notification, &context).unwrap();
        assert!(!messages.is_empty(), "{}", channel.spec().word);
        for message in messages {
            let text = String::from_utf8(message.bytes).unwrap();
            for secret in ["Astronaut", "born 1971", "person-4711", "torn-0815", "r21-00"] {
                assert!(!text.contains(secret), "{} contains {secret}", channel.spec().word);
            }
        }
    }
}

/// A read error may quote the file's contents: emails only name the file, in all parts and both languages.
#[test]
fn a_mail_does_not_quote_read_errors() {
    let world = drifted();
    world.file("log/torn.parquet", "PAR1, and nothing that follows from it");
    let report = report_of(&world, "vigie.yaml", first_day());
    let source = report.verdict.findings.iter().find(|finding| finding.test == Test::Source).unwrap();
    let Facts::LeftOut(input) = &source.facts else { panic!("{source:?}") };
    let (name, why) = (input.place.as_deref().unwrap(), input.cause.as_deref().unwrap());
    assert!(name.contains("torn.parquet") && why.len() > 10, "{input:?}");
    let full = notification_of(&report);
    let source_only = Notification {
        events: full.events.iter().filter(|event| event.finding.test == Test::Source).cloned().collect(),
        ..full.clone()
    };
    for language in [Language::English, Language::French] {
        for (notification, report) in [(&full, Some(&report)), (&source_only, None)] {
            let sent = compose(&email(), notification, report, None, language, Instant(DAY + 30 * HOUR)).unwrap();
            let mail = Part::of(&sent.bytes);
            let text = mail.find("text/plain").unwrap().text();
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(report.is_some() || flat.contains("torn.parquet"), "{text}");
            let everything = mail.everything();
            for part in [&sent.subject, &flat, &everything] {
                assert!(!part.contains(why), "{language:?}: {part}");
            }
        }
    }
}

const HOSTILE: [&str; 7] = [
    "<script>alert('x')</script>",
    "\"><img src=x onerror=alert(1)>",
    "A\r\nBcc: thief@example.com\r\n\r\nbody",
    "\u{202e}EMOCNI\u{2066}\u{1b}[31m\u{0}\u{7}",
    "=?utf-8?B?QQ0KQmNjOiB4QHk=?=",
    "{{ 7 * 7 }} %s ${x}",
    ".",
];

#[test]
fn hostile_names_are_harmless() {
    let long = "L".repeat(10_000);
    for name in HOSTILE.into_iter().chain([long.as_str(), &"é\u{301}".repeat(5_000)]) {
        let largest_bin = Some(BinShare { kind: PsiBinKind::Level, label: name.to_owned(), from: 0.1, to: 0.2 });
        let levels = vec![name.to_owned()];
        let unseen = Facts::Unseen { share: 0.31, excess: 0.31, levels, has_more: false };
        let mut notification = notification(vec![
            event(
                Some(name),
                Test::Measure(Measure::Psi),
                AlertChange::Opened,
                Facts::Psi { value: 0.31, largest_bin, exact_test: None },
            ),
            event(Some(name), Test::Measure(Measure::Unseen), AlertChange::Recovered, unseen),
        ]);
        notification.model = name.to_owned();
        notification.headline = Headline::Stored { sentence: format!("Watch: {name} moved."), french: None };
        notification.report = Some(format!("{name}/../{name}/report.html"));
        let sent = message(&notification, None);
        let mail = Part::of(&sent.bytes);
        let names: Vec<&str> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "From",
                "Date",
                "Subject",
                "Message-ID",
                "Auto-Submitted",
                "X-Auto-Response-Suppress",
                "X-Mailer",
                "X-Vigie-Model",
                "X-Vigie-Severity",
                "To",
                "MIME-Version",
                "Content-Type"
            ],
            "{name:?}"
        );
        assert_eq!(mail.header("Subject").unwrap(), sent.subject, "{name:?}");
        assert!(sent.subject.chars().count() < 250, "{}", sent.subject);
        let longest = sent.bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap();
        assert!(longest <= 998, "a line of {longest} bytes");
        assert!(sent.bytes.len() < 80_000, "{} bytes", sent.bytes.len());
        let (text, html) = (mail.find("text/plain").unwrap().text(), mail.find("text/html").unwrap().text());
        for part in [&text, &html, &sent.subject] {
            assert!(!part.chars().any(|c| c.is_control() && c != '\n'), "{name:?}");
            assert!(!part.contains(['\u{202e}', '\u{2066}']), "{name:?}");
        }
        let tags = html.matches('<').count();
        assert!(
            !html.contains("<script") && !html.contains("<img") && tags == harmless_tags(html.contains("href=")),
            "{name:?}: {tags} tags"
        );
        let Some(link) = html.split("href=\"").nth(1).map(|rest| rest.split('"').next().unwrap()) else {
            assert!(name.len() > 600, "{name:?} has no link");
            continue;
        };
        assert!(link.starts_with("https://vigie.example.com/reports/") && !link.contains("/../"), "{link}");
        assert!(link.bytes().all(|byte| byte.is_ascii_graphic()), "{link}");
    }
}

/// Returns the number of tags in the same mail with harmless names.
fn harmless_tags(linked: bool) -> usize {
    let mut notification = notification(vec![
        event(Some("AGE"), Test::Measure(Measure::Psi), AlertChange::Opened, psi()),
        event(Some("AGE"), Test::Measure(Measure::Unseen), AlertChange::Recovered, psi()),
    ]);
    notification.report = notification.report.filter(|_| linked);
    Part::of(&message(&notification, None).bytes).find("text/html").unwrap().text().matches('<').count()
}
