//! A finding about a segment has words of its own wherever the run is summarised, in both languages.

use serde_json::Value;
use vigie::{
    alert::{AlertChange, Event, Notification, compose, webhook_call},
    config::Settings,
    judge::{Facts, Finding, Headline, Severity, Subject, Test, VerdictHeadline},
    monitor::{RunRequest, ScanOptions, examine},
    report::{Language, Report},
};
use vigie_profile::window::{Instant, Window};

use crate::{
    mail::mail::email,
    story::segments::{always_unequal, check, drawn, ndjson},
    support::{applicants::DAY, mime::Part, world::World},
};

const FOLDER: &str = "reports/m/20261001T000000Z_20261002T000000Z";

/// A window in which nothing drifts, and men are refused more often than women.
fn unequal() -> World {
    let world = always_unequal("");
    world.file("log/a.ndjson", ndjson(&drawn(4_000, 4, 0.22)));
    world
}

fn in_language(world: &World, language: &str) {
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let reports = format!("reports: {{dir: reports, language: {language}}}");
    let lines = config.lines().map(|line| if line.starts_with("reports:") { &reports } else { line });
    let config: Vec<&str> = lines.collect();
    world.file("vigie.yaml", config.join("\n"));
}

/// The text of a file without no-break spaces and the spans around numbers.
fn text(world: &World, path: &str) -> String {
    let html = std::fs::read_to_string(world.path(path)).unwrap();
    html.replace("<span class=\"u\">", "").replace('\u{a0}', " ")
}

fn report_of(world: &World) -> Report {
    let settings = Settings::load(&world.path("vigie.yaml")).unwrap();
    let window = Window::new(Instant(DAY), Instant(DAY + 86_400_000_000));
    let scan = ScanOptions { threads: 1, progress: &|_, _| () };
    examine(&settings, RunRequest { window, now: Instant(DAY + 2 * 86_400_000_000) }, scan).unwrap()
}

fn notification(report: &Report) -> Notification {
    let event = |finding: &Finding| Event {
        change: AlertChange::Opened,
        finding: finding.clone(),
        since: Instant(DAY),
        thread: None,
        origins: Vec::new(),
    };
    Notification {
        id: "m/1".to_owned(),
        model: "m".to_owned(),
        window: Some(report.examined.window),
        severity: report.verdict.severity,
        headline: report.headline(),
        note: None,
        events: report.verdict.findings.iter().map(event).collect(),
        report: None,
        muted: std::collections::BTreeSet::new(),
    }
}

/// The text part of the mail, as one line.
fn mail(notification: &Notification, report: &Report, language: Language) -> String {
    let sent = compose(&email(), notification, Some(report), None, language, Instant(DAY)).unwrap();
    let text = Part::of(&sent.bytes).find("text/plain").unwrap().text();
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(sent.subject.contains("sex = M"), "{}", sent.subject);
    flat
}

#[test]
fn a_window_whose_only_finding_is_a_disparity_has_a_headline_about_the_segment() {
    let world = unequal();
    let report = check(&world);
    let findings = report["verdict"]["findings"].as_array().unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|one| one["test"] == "disparity"), "{findings:?}");
    assert_eq!(findings[0]["subject"], serde_json::json!({ "kind": "segment", "name": "sex = M" }));
    assert!(findings[0]["feature"].is_null());
    let says_english =
        |text: &str| text.contains("egment “sex = M” is accepted 0.") && text.contains(" times as often as “sex = F”");
    let is_english = |text: &str| text.contains("Watch: segment “sex = M”") && says_english(text);
    // Pages show the severity apart.
    let says_french = |text: &str| {
        text.contains("e segment « sex = M » a un taux d’acceptation égal à 0,")
            && text.contains(" fois celui de « sex = F »")
    };
    let sentence = report["verdict"]["sentence"].as_str().unwrap();
    assert!(is_english(sentence) && sentence.ends_with('.'), "{sentence}");
    let terminal = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok();
    assert!(is_english(&terminal.stdout), "{}", terminal.stdout);
    // The trend file has the headline as values.
    let trend = std::fs::read_to_string(world.path(&format!("{FOLDER}/trend.ndjson"))).unwrap();
    let head: Value = serde_json::from_str(trend.lines().next().unwrap()).unwrap();
    let first = &head["headline"]["others"][0];
    assert_eq!((&first["subject"]["name"], &first["facts"]["kind"]), (&"sex = M".into(), &"disparity".into()));
    assert!(head.get("sentence").is_none() && head.get("own").is_none(), "{head}");
    for page in ["report.html", "index.html"] {
        let path = if page == "index.html" { "reports/index.html".to_owned() } else { format!("{FOLDER}/{page}") };
        in_language(&world, "en");
        check(&world);
        assert!(says_english(&text(&world, &path)), "{page}");
        in_language(&world, "fr");
        check(&world);
        assert!(says_french(&text(&world, &path)), "{page}");
    }
    let report = report_of(&world);
    let notification = notification(&report);
    assert!(is_english(&mail(&notification, &report, Language::English)));
    assert!(says_french(&mail(&notification, &report, Language::French)));
    let call: Value = serde_json::from_slice(&webhook_call(&notification, None).bytes).unwrap();
    assert!(is_english(call["verdict"].as_str().unwrap()), "{call}");
    let event = &call["events"][0];
    assert_eq!(event["subject"], serde_json::json!({ "kind": "segment", "name": "sex = M" }));
    assert!(event["feature"].is_null(), "a segment is not a feature");
    assert_eq!(event["facts"]["against"], "sex = F");
}

#[test]
fn a_headline_states_the_drifted_score_of_a_segment() {
    let finding = Finding {
        subject: Subject::Segment("sex = M".to_owned()),
        test: Test::SegmentScore,
        severity: Severity::Alarm,
        value: Some(0.4),
        limit: Some(0.25),
        q_value: Some(1e-9),
        facts: Facts::SegmentScore { rows: 1_600, psi: 0.4, refused: Some((0.1, 0.25)) },
    };
    let headline = Headline::Verdict(VerdictHeadline {
        severity: Severity::Watch,
        rows: 4_000,
        min_rows: 100,
        features: 3,
        drifted: None,
        others: vec![finding],
        more_others: 0,
        is_feature_worst: false,
    });
    let stated = |language: Language| language.headline(&headline).unwrap().replace('\u{a0}', " ");
    assert_eq!(
        stated(Language::English),
        "Watch: the score of segment “sex = M” has drifted, PSI 0.400, refusal rate 10.0% → 25.0%."
    );
    assert_eq!(
        stated(Language::French),
        "À surveiller : le score du segment « sex = M » a dérivé, PSI 0,400, taux de refus 10,0 % → 25,0 %."
    );
}

/// A segment's alarm ranks first; the features that drifted are named after it. The run is a watch.
#[test]
fn a_segment_that_ranks_first_does_not_hide_the_features() {
    let world = always_unequal("");
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let policy = "policy: {min_rows: 100, drifted_share: 0.5, disparity: {watch: 0.2, alarm: 0.25}}";
    world.file("vigie.yaml", config.replace("policy: {min_rows: 100}", policy));
    let mut rows = drawn(4_000, 4, 0.22);
    rows.iter_mut().step_by(7).for_each(|row| row.income = 150.0);
    world.file("log/a.ndjson", ndjson(&rows));
    let report = report_of(&world);
    let found: Vec<(&Subject, Test, Severity)> =
        report.verdict.findings.iter().map(|one| (&one.subject, one.test, one.severity)).collect();
    let men = Subject::Segment("sex = M".to_owned());
    assert_eq!(found[0], (&men, Test::Disparity, Severity::Alarm), "{found:?}");
    let income = Subject::Feature("income".to_owned());
    assert!(
        found.iter().any(|(subject, _, severity)| **subject == income && *severity == Severity::Watch),
        "{found:?}"
    );
    assert_eq!(report.verdict.severity, Severity::Watch, "a segment is a part of the rows");
    let english = Language::English.headline(&report.headline()).unwrap();
    let (segment, features) = english.split_once("; ").unwrap();
    assert!(segment.starts_with("Watch: segment “sex = M” is accepted"), "{english}");
    assert!(features.starts_with("income ") && features.contains("1 of 3 features drifted."), "{english}");
    let french = Language::French.headline(&report.headline()).unwrap();
    assert!(french.contains("income ") && french.contains("1 variable sur 3 en dérive."), "{french}");

    let page = vigie::report::to_html(&report, &vigie::report::Context::default()).unwrap();
    assert!(page.contains("<b>sex = M</b>") && page.contains("<b>income</b>"));
}
