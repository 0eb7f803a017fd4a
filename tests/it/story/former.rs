//! Files of an earlier version, which stored sentences instead of facts, can still be read and continued.

use std::{fmt::Write as _, fs, path::Path};

use serde_json::{Value, json};
use vigie::{
    config::Settings,
    daemon::send_due,
    judge::{Facts, Failure, Headline, Measure, Subject, Test},
    ledger::{Ledger, RunStatus},
    report::Language,
};
use vigie_profile::window::{Instant, Window};

use crate::support::{fake_http::FakeHttp, fake_smtp::FakeSmtp, watched::Watcher, world::World};

const HOUR: i64 = 3_600_000_000;
/// 2026-11-28, the window whose run failed.
const LAST: Instant = Instant(1_795_824_000_000_000);
const STORED: &str = "PSI 5.61, most of it from above the reference (0 % → 51.3 %); alarm from 0.250, q < 1e-99";

/// A world with copies of the former files, and the log of the last window.
fn former() -> World {
    let world = World::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/former"), world.root());
    in_language(&world, "en");
    // The fixtures have no pages, which are large.
    for folder in fs::read_dir(world.path("reports/m")).unwrap() {
        fs::write(folder.unwrap().path().join("report.html"), "").unwrap();
    }
    let mut log = String::new();
    for row in 0..300 {
        let job = ["clerk", "driver", "nurse", "astronaut"][row % 4];
        let inputs = json!({ "AGE": 40 + 5 * (row % 8), "JOB": job });
        let at = Instant(LAST.0 + row as i64 * 60_000_000).to_string();
        writeln!(log, "{}", json!({ "ts": at, "id": row.to_string(), "p": row % 97, "inputs": inputs })).unwrap();
    }
    world.file("log/a.ndjson", log.replace("\"p\":", "\"p\":0."));
    world
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            fs::create_dir_all(to.join(&name)).unwrap();
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

fn in_language(world: &World, language: &str) {
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m}}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {{timestamp: ts, features: inputs, \
             probability: p, id: id}}\npolicy: {{min_rows: 50}}\nsegments: {{by: [JOB], min_rows: 20}}\n\
             reports: {{dir: reports, language: {language}}}\nschedule: {{lateness: 2h, start: 2026-11-24, revise: 0}}\n\
             alerts:\n  webhook: {{url: \"http://127.0.0.1:9/hook\"}}\n  \
             email: {{smtp: \"smtp://127.0.0.1:9\", from: vigie@example.com, to: risk@example.com}}\n"
        ),
    );
}

#[test]
fn status_and_alerts_are_read_without_changing_the_former_ledger() {
    let world = former();
    let before = fs::read(world.path("state/ledger.sqlite")).unwrap();
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    for line in [
        "2026-11-28T00:00:00Z to 2026-11-29T00:00:00Z: failed: reference: /tmp/former/ref.vigie is cut short or damaged",
        "11 open alerts, 0 pending",
        &format!("#4 open alarm · m · AGE · psi since 2026-11-25T00:00:00Z: {STORED}"),
        "#9 open alarm · m · JOB = nurse · segment_score since 2026-11-25T00:00:00Z: the score of its 60 rows",
        "4 messages pending, 0 rejected",
        "email queued to risk@example.com: m: ALARM – new: run failed (2026-11-28)",
    ] {
        assert!(status.contains(line), "{line}: {status}");
    }
    let list = world.vigie(&["alert", "list", "--config", "vigie.yaml"]).ok().stdout;
    assert!(list.lines().count() == 11 && list.contains(STORED), "{list}");
    let list = world.vigie(&["alert", "list", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let list: Value = serde_json::from_str(&list).unwrap();
    let subjects: Vec<(&str, &str, &str)> = list["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| {
            let subject = &alert["subject"];
            assert_eq!(
                alert["feature"],
                if subject["kind"] == "feature" { subject["name"].clone() } else { Value::Null }
            );
            (
                subject["kind"].as_str().unwrap(),
                subject["name"].as_str().unwrap_or_default(),
                alert["test"].as_str().unwrap(),
            )
        })
        .collect();
    for subject in [
        ("run", "", "source"),
        ("score", "", "share_refused"),
        ("score", "", "score"),
        ("feature", "AGE", "psi"),
        ("feature", "JOB", "unseen"),
        ("segment", "JOB = nurse", "segment_score"),
        ("segment", "JOB = nurse", "disparity"),
        ("run", "", "run_failed"),
    ] {
        assert!(subjects.contains(&subject), "{subject:?}: {subjects:?}");
    }
    assert_eq!(fs::read(world.path("state/ledger.sqlite")).unwrap(), before, "reading does not migrate");
}

#[test]
fn the_index_lists_former_alerts_and_reports_in_both_languages() {
    let world = former();
    let page = |language: &str| {
        in_language(&world, language);
        vigie::monitor::index(&Watcher::new(&world).settings).unwrap();
        fs::read_to_string(world.path("reports/index.html")).unwrap().replace('\u{a0}', " ")
    };
    let english = page("en");
    assert!(english.contains(&STORED.replace('<', "&#60;")), "{english}");
    // The sentence of the trend file, and that of a report without one.
    assert_eq!(english.matches("2 of 2 features moved").count(), 3, "the latest twice: {english}");
    let french = page("fr");
    for words in [
        "PSI 5,61 ; alarme à partir de 0,250",
        "23,0 % de lignes de plus qu’attendu ont des modalités absentes de la référence ; alarme à partir de 10,0 %",
        "score du segment : PSI 4,25",
        "2 variables sur 2 ont bougé",
        "alarme : 11 constats, 100 % des variables en dérive.",
    ] {
        assert!(french.contains(words), "{words}: {french}");
    }
    assert!(!french.contains("mostly") && !french.contains("most of it"), "{french}");
}

#[test]
fn the_next_run_continues_the_former_alerts() {
    let world = former();
    let watcher = Watcher::new(&world);
    let checked = watcher.check(Instant(LAST.0 + 30 * HOUR));
    assert_eq!((checked.reported, checked.failed), (1, 0));
    let mut ledger = watcher.ledger();
    let (runs, live) = ledger.view(|entry| Ok((entry.latest("m", 10)?, entry.live_alerts(None)?))).unwrap();
    assert!(matches!(&runs[0].headline, Headline::Verdict(_)), "{:?}", runs[0]);
    assert_eq!(runs[0].status, RunStatus::Reported);
    assert!(
        matches!(&runs[1].headline, Headline::Stored { sentence, french: None } if sentence.starts_with("Alarm: "))
    );
    // The failure is over, and the drift goes on under the same number, now as one story for each feature.
    let events = watcher.events();
    assert!(events.contains(&"11-28 Recovered - run_failed".to_owned()), "{events:?}");
    let age = live.iter().find(|alert| alert.id == Some(4)).unwrap();
    assert_eq!((&age.finding.subject, age.finding.test), (&Subject::Feature("AGE".to_owned()), Test::Values));
    let Facts::Story { strongest, .. } = &age.finding.facts else { panic!("{age:?}") };
    assert!(matches!(**strongest, Facts::Psi { .. }), "{age:?}");
    assert!(age.origins.contains(&(Subject::Feature("AGE".to_owned()), Test::Measure(Measure::Psi))), "{age:?}");
    for feature in ["AGE", "JOB"] {
        let about = |name: Option<&str>| name == Some(feature);
        assert_eq!(
            live.iter().filter(|alert| about(alert.finding.subject.feature())).count(),
            1,
            "{feature}: {live:?}"
        );
        // Somebody knows of each, so nothing is new, and nothing is over.
        let is_segment = |line: &&String| line.contains(" = ");
        let about = |line: &&String| line.split(' ').nth(2) == Some(feature) && !is_segment(line);
        let told = events.iter().filter(about);
        assert!(told.clone().all(|line| line.contains("Reminded")) && told.count() <= 1, "{events:?}");
    }
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("last run      2026-11-28T00:00:00Z to 2026-11-29T00:00:00Z: alarm"), "{status}");
    // A recovered alert still quotes the stored sentence, in English; the French mail states it as an error.
    let notifications = watcher.notifications.lock().unwrap();
    let failed = notifications.iter().flat_map(|one| &one.events).find(|event| event.finding.test == Test::RunFailed);
    let finding = &failed.unwrap().finding;
    assert!(matches!(&finding.facts, Facts::Stored { sentence: Some(_) }), "{finding:?}");
    assert!(Language::English.statement(finding).starts_with("reference: /tmp/former/ref.vigie is cut short"));
    assert!(Language::French.statement(finding).starts_with("«\u{a0}reference: /tmp/former/ref.vigie"));
}

/// A window that fails again keeps the former alert open.
#[test]
fn a_former_failure_goes_on() {
    let world = former();
    let window = Window { from: LAST, to: Instant(LAST.0 + 24 * HOUR) };
    world.file(&format!("reports/m/{}", window.folder()), "in the way");
    let watcher = Watcher::new(&world);
    assert_eq!(watcher.check(Instant(LAST.0 + 30 * HOUR)).failed, 1);
    let mut ledger = Ledger::open(&watcher.state, std::time::Duration::from_secs(1)).unwrap();
    let live = ledger.view(|entry| entry.live_alerts(None)).unwrap();
    let failed = live.iter().find(|alert| alert.finding.test == Test::RunFailed).unwrap();
    assert_eq!(failed.id, Some(11));
    let Facts::Failed(Failure::Error { detail: None, .. }) = &failed.finding.facts else { panic!("{failed:?}") };
}

/// Former sentences may quote values of single rows, so messages state the test and its value instead.
#[test]
fn redacted_former_findings_do_not_quote_rows() {
    let world = former();
    let mut ledger = Ledger::read(&world.path("state")).unwrap().unwrap();
    let live = ledger.view(|entry| entry.live_alerts(None)).unwrap();
    for alert in live {
        let finding = alert.finding.redacted();
        for language in [Language::English, Language::French] {
            let message = language.message(&finding);
            let is_quoted = message.contains("astronaut") || message.contains("Corrupt footer");
            assert!(!message.is_empty() && !is_quoted, "{language:?}: {message}");
        }
    }
}

/// What a former version has queued is sent, each message once and without that version's envelope.
#[test]
fn former_messages_are_sent() {
    let world = former();
    let stored = rusqlite::Connection::open(world.path("state/ledger.sqlite")).unwrap();
    let mut rows =
        stored.prepare("SELECT channel, message_id, letter FROM outbox WHERE letter <> x'' ORDER BY id").unwrap();
    let rows: Vec<(String, String, Vec<u8>)> =
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect();
    let of = |channel: &str| rows.iter().filter(|row| row.0 == channel).collect::<Vec<_>>();
    let (mails, calls) = (of("email"), of("webhook"));
    assert!(!mails.is_empty() && !calls.is_empty() && mails.len() + calls.len() == rows.len());
    let (smtp, http) = (FakeSmtp::with(|_| None), FakeHttp::answering(204, ""));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let config = config.replace("http://127.0.0.1:9/", &format!("http://127.0.0.1:{}/", http.port));
    let config = config.replace("smtp://127.0.0.1:9", &format!("smtp://127.0.0.1:{}", smtp.port));
    world.file("vigie.yaml", config);
    let settings = Settings::load(&world.path("vigie.yaml")).unwrap();
    let mut ledger = Ledger::open(&settings.state, std::time::Duration::from_secs(1)).unwrap();
    let now = || Instant(LAST.0 + 300 * HOUR);
    for channel in ["email", "webhook"] {
        assert_eq!(send_due(&mut ledger, channel, &settings, &now, &|| false).unwrap().next, None);
    }
    let received = smtp.received();
    assert_eq!(received.len(), mails.len());
    for ((_, id, stored), mail) in mails.iter().zip(&received) {
        // The server adds the last line break.
        assert!(stored.starts_with(b"<") && stored.trim_ascii_end().ends_with(mail.bytes.trim_ascii_end()), "{id}");
        let text = String::from_utf8_lossy(&mail.bytes);
        assert!(text.contains(&format!("Message-ID: {id}")) && text.lines().next().unwrap().contains(": "), "{text}");
        assert_eq!(mail.to, ["risk@example.com"]);
    }
    let requests = http.requests();
    assert_eq!(requests.len(), calls.len());
    for ((_, id, stored), request) in calls.iter().zip(&requests) {
        assert_eq!(*stored, [id.as_bytes(), b"\n", request.body.as_bytes()].concat());
        assert_eq!((request.header("idempotency-key"), &request.json()["id"]), (Some(id.as_str()), &json!(id)));
    }
}
