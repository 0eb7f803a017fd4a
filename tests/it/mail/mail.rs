//! Emails: their text and their headers.

use serde_json::json;
use vigie::{
    alert::{Addresses, AlertChange, Email, Event, Message, Notification, compose, test_notification},
    config::Settings,
    fault::{InputShape, LostInput, PublicCause},
    judge::{Facts, Failure, Finding, Headline, Measure, Note, Severity, Subject, Test},
    monitor::{RunRequest, ScanOptions, check},
    report::{Language, Report},
};
use vigie_profile::window::{Instant, Window};

use crate::{
    page::snapshots::drifted,
    support::{applicants::DAY, mime::Part, world::World},
};

pub(super) const HOUR: i64 = 3_600_000_000;

pub(crate) fn email() -> Email {
    Email {
        smtp: "smtp://127.0.0.1:25".to_owned(),
        from: "vigie <vigie@example.com>".to_owned(),
        to: Addresses::Many(vec!["risk@example.com".to_owned(), "Ops Team <ops@example.com>".to_owned()]),
        username: None,
        password_file: None,
        ca_file: None,
        starttls: None,
    }
}

/// Checks a day through the library.
pub(super) fn report_of(world: &World, config: &str, day: Window) -> Report {
    let settings = Settings::load(&world.path(config)).unwrap_or_else(|problems| panic!("{problems}"));
    let looking = ScanOptions { threads: 1, progress: &|_, _| () };
    let now = Instant(day.to.0 + 6 * HOUR);
    check(&settings, RunRequest { window: Some(day), now }, looking).unwrap().report
}

pub(super) fn first_day() -> Window {
    Window::new(Instant(DAY), Instant(DAY + 24 * HOUR)).unwrap()
}

/// Builds a notification in which every finding of the report is a new alert.
pub(crate) fn notification_of(report: &Report) -> Notification {
    let window = report.examined.window;
    let events = report.verdict.findings.iter().map(|finding| Event {
        change: AlertChange::Opened,
        finding: finding.clone(),
        since: window.from,
        thread: None,
        origins: Vec::new(),
    });
    Notification {
        id: format!("{}/{}/0", report.run.model.name, window.folder()),
        model: report.run.model.name.clone(),
        window: Some(window),
        severity: report.verdict.severity,
        headline: report.headline(),
        note: None,
        events: events.collect(),
        report: Some(format!("{}/{}/report.html", report.run.model.name, window.folder())),
        muted: std::collections::BTreeSet::new(),
    }
}

pub(crate) fn message(notification: &Notification, report: Option<&Report>) -> Message {
    let base = Some("https://vigie.example.com/reports/");
    compose(&email(), notification, report, base, Language::English, Instant(DAY + 30 * HOUR)).unwrap()
}

pub(super) fn event(feature: Option<&str>, test: Test, change: AlertChange, facts: Facts) -> Event {
    let finding = Finding {
        subject: feature.map_or(Subject::Run, |name| Subject::Feature(name.to_owned())),
        test,
        severity: Severity::Watch,
        value: Some(0.31),
        limit: Some(0.25),
        q_value: Some(1e-9),
        facts,
    };
    Event { change, finding, since: Instant(DAY), thread: None, origins: Vec::new() }
}

pub(super) fn psi() -> Facts {
    Facts::Psi { value: 0.31, largest_bin: None, exact_test: None }
}

fn ks() -> Facts {
    Facts::Distance { measure: Measure::Ks, value: 0.31, bounds: None, in_unit: None }
}

pub(super) fn notification(events: Vec<Event>) -> Notification {
    Notification {
        id: "m/20261001/0".to_owned(),
        model: "m".to_owned(),
        window: Some(first_day()),
        severity: Severity::Watch,
        headline: Headline::Stored { sentence: "Watch: something moved.".to_owned(), french: None },
        note: None,
        events,
        report: Some("m/20261001T000000Z_20261002T000000Z/report.html".to_owned()),
        muted: std::collections::BTreeSet::new(),
    }
}

#[test]
fn the_mail_of_a_drifted_day() {
    let world = drifted();
    let report = report_of(&world, "vigie.yaml", first_day());
    let sent = message(&notification_of(&report), Some(&report));
    let mail = Part::of(&sent.bytes);
    insta::assert_snapshot!("mail-headers", headers(&mail));
    insta::assert_snapshot!("mail-text", mail.find("text/plain").unwrap().text());
    insta::assert_snapshot!("mail-html", mail.find("text/html").unwrap().text());
    let pictures = mail.all("image/png");
    let together: usize = pictures.iter().map(|picture| picture.body.len()).sum();
    assert!((2..=5).contains(&pictures.len()) && together < 150 * 1024, "{} of {together} bytes", pictures.len());
    let html = mail.find("text/html").unwrap().text();
    for picture in pictures {
        assert!(picture.body.starts_with(b"\x89PNG\r\n\x1a\n"));
        let id = picture.header("Content-ID").unwrap();
        assert!(html.contains(&format!("src=\"cid:{}\"", id.trim_matches(['<', '>']))), "{id}");
    }
    // The report page is attached.
    let attached = mail.parts.last().unwrap();
    assert!(attached.header("Content-Disposition").unwrap().contains("attachment"));
    assert!(attached.text().to_lowercase().starts_with("<!doctype html>") && attached.text().len() > 5_000);
}

/// With French pages, the whole mail is French: the verdict, the table and the text part.
#[test]
fn a_mail_in_french() {
    let world = drifted();
    let report = report_of(&world, "vigie.yaml", first_day());
    let mut notification = notification_of(&report);
    // Findings that need history are not in the report.
    let volume = Facts::Volume { records: 40, usual: 90.0, windows: 4 };
    notification.events.push(event(None, Test::Volume, AlertChange::Opened, volume));
    let now = Instant(DAY + 30 * HOUR);
    let sent = compose(&email(), &notification, Some(&report), None, Language::French, now).unwrap();
    let mail = Part::of(&sent.bytes);
    let (text, html) = (mail.find("text/plain").unwrap().text(), mail.find("text/html").unwrap().text());
    insta::assert_snapshot!("mail-text-french", text);
    assert!(html.contains("<html lang=\"fr\">"));
    for part in [&text, &html] {
        for english in [
            "since",
            "Findings by severity",
            "FINDINGS BY SEVERITY",
            " reference",
            "mostly from",
            "rows",
            "alarm limit",
            "limit ",
            "records",
        ] {
            assert!(!part.contains(english), "{english}: {part}");
        }
    }
    assert!(mail.parts.last().unwrap().text().contains("<html lang=\"fr\">"));
}

/// Returns the mail of that day and its number of images.
pub(crate) fn drifted_message() -> (Message, usize) {
    let report = report_of(&drifted(), "vigie.yaml", first_day());
    let sent = message(&notification_of(&report), Some(&report));
    let pictures = Part::of(&sent.bytes).all("image/png").len();
    (sent, pictures)
}

/// Returns all headers, one per line, and the outline of the MIME parts.
fn headers(mail: &Part) -> String {
    let names = mail.headers.iter().map(|(name, _)| format!("{name}: {}\n", mail.header(name).unwrap()));
    names.collect::<String>() + &mail.outline()
}

/// Builds the notification of a failed run.
fn failed(test: Test, failure: Failure) -> Notification {
    let mut event = event(None, test, AlertChange::Opened, Facts::Failed(failure.clone()));
    event.finding = Finding { value: None, limit: None, q_value: None, severity: Severity::Alarm, ..event.finding };
    let headline = Headline::Failed { test, failure };
    Notification { severity: Severity::Alarm, headline, report: None, ..notification(vec![event]) }
}

fn error(text: &str) -> Failure {
    Failure::Error { detail: None, public: PublicCause::Text(text.to_owned()) }
}

#[test]
fn a_mail_without_a_report_gives_the_reason() {
    let why = "reference: /etc/vigie/ref.vigie is truncated or damaged; make it with `vigie learn --data FILE --out ref.vigie`";
    let sent = message(&failed(Test::RunFailed, error(why)), None);
    assert_eq!(sent.subject, "m: ALARM – new: run failed (2026-10-01)");
    let mail = Part::of(&sent.bytes);
    assert_eq!(mail.outline(), "multipart/alternative (text/plain, text/html)");
    let text = mail.find("text/plain").unwrap().text();
    // Commands stay on one line, so that they can be copied.
    for command in ["\n  vigie alert mute NAME --until DATE\n", "`vigie learn --data FILE --out ref.vigie`"] {
        assert!(text.contains(command), "{command}: {text}");
    }
    insta::assert_snapshot!("mail-run-failed", text);
}

/// The daemon's own sentences are translated; an error is quoted as it is.
#[test]
fn the_mail_of_a_failed_run_in_french() {
    let window = first_day();
    let mail_of = |failed: &Notification| {
        let sent = compose(&email(), failed, None, None, Language::French, Instant(DAY + 30 * HOUR)).unwrap();
        let mail = Part::of(&sent.bytes);
        (sent.subject, mail.find("text/plain").unwrap().text(), mail.find("text/html").unwrap().text())
    };
    let broken = failed(Test::RunFailed, error("reference: /etc/vigie/ref.vigie is truncated or damaged"));
    let (subject, text, html) = mail_of(&broken);
    assert_eq!(subject, "m\u{a0}: ALARME – nouveau\u{a0}: échec de l’exécution (2026-10-01)");
    insta::assert_snapshot!("mail-run-failed-french", text);
    for part in [&text, &html] {
        let flat = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat.contains("L’exécution a échoué : « reference: /etc/vigie/ref.vigie is truncated or damaged »"),
            "{part}"
        );
    }
    let array = LostInput { place: "a.json".to_owned(), line: Some(1), shape: InputShape::JsonArray, more: 0 };
    for (failure, french) in [
        (
            Failure::Missed { windows: 40, span: window },
            "40 fenêtres du 2026-10-01T00:00:00Z au 2026-10-02T00:00:00Z n’ont pas été examinées",
        ),
        (
            Failure::Retried { windows: 1, first: window },
            "a fenêtre du 2026-10-01T00:00:00Z au 2026-10-02T00:00:00Z n’a pas",
        ),
        (Failure::Retried { windows: 3, first: window }, "3 fenêtres, la première du 2026-10-01T00:00:00Z au"),
        (
            Failure::Error { detail: Some("it crashed at 4711".to_owned()), public: PublicCause::Crashed },
            "exécution s’est interrompue",
        ),
        (Failure::Error { detail: None, public: PublicCause::NotCounted }, "ne peuvent pas être comptés"),
        (
            Failure::Error { detail: Some("source.path: 4711".to_owned()), public: PublicCause::Lost(array) },
            "a.json, ligne 1 : on dirait un seul tableau JSON",
        ),
        (Failure::Error { detail: None, public: PublicCause::NotReadAgain }, "ne peuvent pas être relus"),
    ] {
        let (_, text, html) = mail_of(&failed(Test::RunFailed, failure));
        for part in [&text, &html] {
            let flat = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(french), "{french}: {part}");
            assert!(!flat.contains('«') && !flat.contains("window") && !flat.contains("4711"), "{part}");
        }
    }
    let away = failed(Test::Source, error("source.path: /log cannot be listed: permission denied"));
    let note = Note::NewTrendLine { reference: true, model: false, from: Instant(DAY), reset_alerts: 0 };
    let (_, text, _) = mail_of(&Notification { note: Some(note), ..away });
    let text = text.replace('\u{a0}', " ");
    assert!(text.contains("Le journal ne peut pas être lu : « source.path: /log"), "{text}");
    assert!(text.contains("À noter : la référence a changé") && !text.contains("Note:"), "{text}");
}

#[test]
fn the_same_notification_gives_the_same_mail() {
    let first = notification(vec![event(Some("AGE"), Test::Measure(Measure::Psi), AlertChange::Opened, psi())]);
    let (a, b) = (message(&first, None), message(&first, None));
    assert_eq!(a, b);
    let other = Notification { id: "m/20261001/1".to_owned(), ..first };
    assert_ne!(message(&other, None).message_id, a.message_id);
    assert_eq!(a.to, ["risk@example.com", "ops@example.com"]);
}

#[test]
fn all_mails_about_an_alert_are_in_one_thread() {
    let thread = |id: &str, event: Event| Event { thread: Some(id.to_owned()), ..event };
    let events = vec![
        thread("<worst@example.com>", event(Some("A"), Test::Measure(Measure::Psi), AlertChange::Worsened, psi())),
        event(Some("B"), Test::Measure(Measure::Psi), AlertChange::Opened, psi()),
        thread("<other@example.com>", event(Some("C"), Test::Measure(Measure::Ks), AlertChange::Recovered, ks())),
        thread("<worst@example.com>", event(Some("A"), Test::Measure(Measure::Ks), AlertChange::Reminded, ks())),
        thread("<broken\r\nBcc: x@y>", event(Some("D"), Test::Measure(Measure::Ks), AlertChange::Reminded, ks())),
    ];
    let sent = message(&notification(events), None);
    let mail = Part::of(&sent.bytes);
    assert_eq!(mail.header("In-Reply-To").unwrap(), "<worst@example.com>");
    assert_eq!(mail.header("References").unwrap(), "<other@example.com> <worst@example.com>");
    assert_eq!(mail.header("Message-ID").unwrap(), sent.message_id);
    assert_eq!(mail.header("Auto-Submitted").unwrap(), "auto-generated");
    assert_eq!(sent.subject, "m: watch – new: B; worse: A; still open: A and 1 more; recovered: C (2026-10-01)");
    assert_eq!(mail.header("Subject").unwrap(), sent.subject);
}

#[test]
fn a_test_mail_is_recognisable() {
    let now = Instant(DAY);
    let sent =
        compose(&email(), &test_notification("credit-default", now), None, None, Language::English, now).unwrap();
    assert_eq!(sent.subject, "credit-default: stable – This is a test message: alert delivery from vigie works.");
    assert!(Part::of(&sent.bytes).find("text/plain").unwrap().text().contains("This is a test message"));
}

/// With many levels and findings, the mail stays short and its images below 150 KB in total.
#[test]
fn a_mail_with_many_findings_is_still_small() {
    let world = World::new();
    let value = |row: usize, feature: usize, moved: usize| (row * 7919 + feature * 104_729) % 97 + moved;
    let line = |row: usize, moved: usize| {
        let inputs: serde_json::Map<String, serde_json::Value> = (0..40)
            .map(|feature| (format!("F{feature}"), json!(format!("level {}", value(row, feature, moved)))))
            .collect();
        json!({ "ts": format!("2026-10-01T{:02}:{:02}:00Z", row / 60 % 24, row % 60), "p": 0.3, "inputs": inputs })
    };
    world.file("train.ndjson", (0..3_000).map(|row| format!("{}\n", line(row, 0)["inputs"])).collect::<String>());
    world.vigie(&["learn", "--data", "train.ndjson", "--out", "ref.vigie"]).ok();
    world.config("path: log\nfields: {timestamp: ts, features: inputs, probability: p}\n");
    world.file("log/a.ndjson", (0..1_400).map(|row| format!("{}\n", line(row, 48))).collect::<String>());
    let report = report_of(&world, "vigie.yaml", first_day());
    let notification = notification_of(&report);
    assert!(notification.events.len() > 60, "{}", notification.events.len());
    let sent = message(&notification, Some(&report));
    let mail = Part::of(&sent.bytes);
    let pictures: Vec<usize> = mail.all("image/png").iter().map(|picture| picture.body.len()).collect();
    assert_eq!(pictures.len(), 5);
    assert!(pictures.iter().sum::<usize>() < 150 * 1024, "{pictures:?}");
    let text = mail.find("text/plain").unwrap().text();
    assert!(text.lines().count() < 100 && text.contains("  … and "), "{text}");
}

/// `VIGIE_MAIL_OUT=DIR` writes the mail of the example's last day to that folder for inspection: as `.eml`, and as an HTML
/// page with its images.
#[test]
fn the_mail_of_the_example() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let world = World::new();
    let config = std::fs::read_to_string(here.join("config/vigie.yaml"))
        .unwrap()
        .replace("../reference_data", &here.join("reference_data").display().to_string())
        .replace("../reports", "reports");
    world.file("vigie.yaml", config);
    let day = |n: i64| Window::new(Instant(DAY + n * 24 * HOUR), Instant(DAY + (n + 1) * 24 * HOUR)).unwrap();
    let report = report_of(&world, "vigie.yaml", day(13));
    let mut notification = notification_of(&report);
    notification.events.truncate(3);
    notification.events.push(Event {
        change: AlertChange::Recovered,
        ..event(
            Some("AMT_CREDIT"),
            Test::Measure(Measure::Missing),
            AlertChange::Recovered,
            Facts::Missing { from: 0.004, to: 0.005 },
        )
    });
    let sent = message(&notification, Some(&report));
    let mail = Part::of(&sent.bytes);
    assert!(!mail.all("image/png").is_empty());
    assert!(sent.bytes.len() < 6 * 1024 * 1024, "{} bytes", sent.bytes.len());
    if let Some(folder) = std::env::var_os("VIGIE_MAIL_OUT").map(std::path::PathBuf::from) {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("mail.eml"), &sent.bytes).unwrap();
        let mut html = mail.find("text/html").unwrap().text();
        for (number, picture) in mail.all("image/png").iter().enumerate() {
            let name = format!("{number}.png");
            std::fs::write(folder.join(&name), &picture.body).unwrap();
            let id = picture.header("Content-ID").unwrap();
            html = html.replace(&format!("cid:{}", id.trim_matches(['<', '>'])), &name);
        }
        std::fs::write(folder.join("mail.html"), html).unwrap();
        std::fs::write(folder.join("mail.txt"), mail.find("text/plain").unwrap().text()).unwrap();
    }
}
