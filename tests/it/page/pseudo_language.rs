//! Every word that is shown comes from the languages: in a language of bracketed words, nothing is left outside brackets.

use std::fs;

use serde_json::Value;
use vigie::{
    alert::{
        AlertChange, Channel, ComposeContext, Event, Notification, PagerDuty, Slack, Teams, compose, test_notification,
    },
    config::Settings,
    fault::{LeftOut, PublicCause},
    judge::{Facts, Failure, Finding, Headline, Note, Severity, Test},
    monitor::{ReplayRequest, RunRequest, ScanOptions, check, examine, replay},
    performance::NoEstimate,
    reference::{FeatureDescription, Holdout},
    replay::{Attribution, LoggedPrecision, ModelDifference, OtherModel, Unmeasured},
    report::{
        Context, ListedReport, OpenAlert, Report, ReportIndex, SkippedFiles, TrendPoint, to_html, to_index, to_terminal,
    },
};
use vigie_profile::window::{Instant, Window};

use crate::{
    mail::mail::email,
    page::{
        every_finding::{every_finding, loss},
        snapshots::drifted,
    },
    story::{
        estimate::labels,
        performance::{LABELS, scored, world},
        replay::{configure, example, with_another_leaf},
        segments::{always_unequal, drawn, ndjson},
    },
    support::{
        applicants::DAY,
        bracketed::{BRACKETED, Bracketed},
        mime::Part,
        unbracketed::{in_html, in_text},
        world::World,
    },
};

const DAY_US: i64 = 86_400_000_000;
pub(super) const SCAN: ScanOptions<'_> = ScanOptions { threads: 2, progress: &|_, _| () };

pub(super) fn day(number: i64) -> Window {
    Window::new(Instant(DAY + number * DAY_US), Instant(DAY + (number + 1) * DAY_US)).unwrap()
}

pub(super) fn settings(world: &World) -> Settings {
    let mut settings = Settings::load(&world.path("vigie.yaml")).unwrap_or_else(|problems| panic!("{problems}"));
    settings.language = BRACKETED;
    settings
}

pub(super) fn report_of(world: &World) -> Report {
    examine(&settings(world), RunRequest { window: Some(day(0)), now: Instant(DAY + 2 * DAY_US) }, SCAN).unwrap()
}

/// Names that come from data and config: of features, levels, segments, ids, files, versions.
pub(super) fn names(report: &Report) -> Vec<String> {
    let features = report.drift.features.iter().map(|feature| feature.name.clone());
    let segments = report.segments.iter().flat_map(|segments| &segments.drift.list);
    let files = report.reference.files.iter().map(|file| file.name.clone());
    let examples = report.replay.iter().flat_map(|replay| &replay.parity.examples);
    let challenged = report.replay.iter().filter_map(|replay| replay.challenger.as_ref());
    let parts = challenged.flat_map(|shift| shift.segments.iter().flat_map(|part| [&part.feature, &part.label]));
    let unseen = report.drift.features.iter().filter_map(|feature| feature.unseen.as_ref());
    let levels = unseen.flat_map(|unseen| unseen.levels.iter().map(|(level, _)| level.clone()));
    let decisions = report.decisions.iter().map(|decisions| &decisions.counts);
    let decided = decisions.flat_map(|counts| {
        let examples = counts.examples.iter().flat_map(|example| [example.id.clone(), example.word.clone()]);
        examples.chain(counts.unknown_words.iter().cloned()).collect::<Vec<_>>()
    });
    let model = &report.run.model;
    let run = [&model.name, &model.event, &report.run.vigie_version, &report.run.reference_id].map(ToOwned::to_owned);
    let entries = report.verdict.entries();
    let findings = report.verdict.findings.iter().chain(&entries).filter_map(|finding| finding.subject.name());
    features
        .chain(segments.map(|segment| segment.name.clone()))
        .chain(files)
        .chain(levels)
        .chain(examples.map(|example| example.id.clone()))
        .chain(parts.cloned())
        .chain(findings.map(ToOwned::to_owned))
        .chain(run)
        .chain(decided)
        .collect()
}

#[track_caller]
pub(super) fn assert_bracketed_page(html: &str, names: &[String]) {
    let words = in_html(html, names);
    assert!(words.is_empty(), "words that no language has: {words:?}");
}

/// Renders the page after earlier windows, and checks that it has these sections.
#[track_caller]
pub(super) fn assert_bracketed(report: &Report, past: Vec<TrendPoint>, sections: &[&str]) {
    let context = Context { language: BRACKETED, past, index: Some("../index.html".to_owned()) };
    let html = to_html(report, &context).unwrap();
    for section in sections {
        assert!(html.contains(&format!("<section id=\"{section}\">")), "no section {section}");
    }
    let place = |section: &str| html.find(&format!("<section id=\"{section}\">"));
    for before in ["decisions", "performance", "segments"] {
        assert!(place(before) < place("features"), "{before} comes after the list of features");
    }
    assert_bracketed_page(&html, &names(report));
    let text = to_terminal(report, std::path::Path::new("report.html"), false, &Bracketed);
    let findings = &report.verdict.entries();
    let is_row = |line: &&str| findings.iter().any(|one| line.starts_with(&format!("{:<8} ", one.severity.word())));
    let (rows, others): (Vec<&str>, Vec<&str>) = text.lines().partition(is_row);
    let mut known = names(report);
    let mut words = in_text(&others.join("\n"), &known);
    // In the rows of the table, tests and severities have their names in the config, and long names are cut.
    known.extend(findings.iter().flat_map(|one| [one.measured().word().to_owned(), one.severity.word().to_owned()]));
    known.extend(findings.iter().filter_map(|one| Some(one.subject.name()?.chars().take(40).collect())));
    words.extend(in_text(&rows.join("\n"), &known));
    assert!(words.is_empty(), "on the terminal: {words:?}\n{text}");
}

/// The points of ten earlier days: like this one, but calm, drifted and without data.
pub(super) fn past(report: &Report) -> Vec<TrendPoint> {
    let point = TrendPoint::from_report(report);
    (-10..0)
        .map(|number| {
            let mut point = point.clone();
            point.head.window = day(number);
            point.head.severity = [Severity::Stable, Severity::Alarm, Severity::NoData][number.rem_euclid(3) as usize];
            point.head.refused_share = point.head.refused_share.map(|share| share / 2.0);
            point.features.iter_mut().for_each(|feature| feature.2 = Severity::Stable);
            point
        })
        .collect()
}

#[test]
fn a_report_of_a_drifted_day() {
    let mut report = report_of(&drifted());
    assert_eq!(report.verdict.severity, Severity::Alarm);
    // The texts of a dictionary are those of its language.
    let described = FeatureDescription::new("1", Some("2"), Some("3")).unwrap();
    report.descriptions = vec![Some(described); report.drift.features.len()];
    let sections = ["findings", "map", "score", "features", "service", "quality", "glossary", "provenance"];
    assert_bracketed(&report, past(&report), &sections);
    // The same drift for a second day, and a day that is stable again.
    assert_bracketed(&report, vec![TrendPoint::from_report(&report)], &[]);
    let mut calm = report.clone();
    calm.verdict.findings.clear();
    calm.verdict.stories.clear();
    calm.verdict.severity = Severity::Stable;
    calm.verdict.features.iter_mut().for_each(|feature| feature.severity = Severity::Stable);
    assert_bracketed(&calm, vec![TrendPoint::from_report(&report)], &[]);
    assert_bracketed(&calm, vec![TrendPoint::from_report(&calm)], &[]);
}

#[test]
fn a_report_with_labels() {
    let rows = scored(2_000, 21);
    let world = world(&rows, LABELS);
    let empty = world.path("labels");
    fs::create_dir(&empty).unwrap();
    let report = report_of(&world);
    assert!(report.performance.as_ref().unwrap().labels.as_ref().unwrap().not_yet.is_some());
    assert_bracketed(&report, Vec::new(), &["performance", "threshold"]);
    labels(&world, &rows, 600);
    world.file("labels/b.csv", "id,y\nnobody,1\n,0\nr0,\nr1,maybe\n");
    world.file("labels/c.ndjson", "torn\n");
    let mut report = report_of(&world);
    let performance = report.performance.as_ref().unwrap();
    assert!(performance.estimate_check.as_ref().unwrap().is_surprise());
    assert!(performance.labels.as_ref().unwrap().malformed > 0);
    assert_bracketed(&report, past(&report), &["performance", "estimate", "threshold"]);
    let performance = report.performance.as_mut().unwrap();
    performance.labels.as_mut().unwrap().unreadable =
        vec![LeftOut { place: Some("labels/d.csv".to_owned()), cause: None }, LeftOut { place: None, cause: None }];
    for reason in [NoEstimate::NoOutcomes, NoEstimate::NoRows] {
        report.performance.as_mut().unwrap().expected = Err(reason);
        assert_bracketed(&report, Vec::new(), &["performance"]);
    }
}

#[test]
fn a_report_with_segments() {
    let world = always_unequal(LABELS);
    let rows = drawn(4_000, 4, 0.22);
    world.file("log/a.ndjson", ndjson(&rows));
    let outcomes: String =
        rows.iter().enumerate().map(|(number, _)| format!("r{number},{}\n", number % 5 / 4)).collect();
    world.file("labels/a.csv", format!("id,y\n{outcomes}"));
    let mut report = report_of(&world);
    assert!(report.verdict.findings.iter().any(|finding| finding.test == Test::Disparity));
    let segments = report.segments.as_mut().unwrap();
    let reasons = [
        vigie::drift::NotCompared::TooFewRows,
        vigie::drift::NotCompared::NotInReference,
        vigie::drift::NotCompared::TooFewReferenceRows,
    ];
    for (segment, reason) in segments.drift.list.iter_mut().zip(reasons) {
        segment.not_compared = Some(reason);
    }
    segments.drift.left_out.push(("region".to_owned(), 3));
    assert_bracketed(&report, past(&report), &["segments", "performance"]);
}

#[test]
fn replays_attribution_and_another_model() {
    let world = example();
    configure(&world, |config| config.replace("policy:\n", "policy:\n  attribution: true\n"));
    world.file("new.cbm", with_another_leaf());
    let settings = settings(&world);
    let report = check(&settings, RunRequest { window: Some(day(13)), now: Instant(DAY + 15 * DAY_US) }, SCAN).unwrap();
    let page = fs::read_to_string(&report.published.html).unwrap();
    assert_bracketed_page(&page, &names(&report.report));
    let report = report.report;
    assert_bracketed(&report, past(&report), &["replay", "attribution", "score-shift"]);
    // The changed model replays the log: its scores differ, and it would decide otherwise.
    let request = ReplayRequest {
        window: Window::new(day(12).from, day(13).to).unwrap(),
        each: None,
        model: Some(world.path("new.cbm").into()),
        now: Instant(DAY + 15 * DAY_US),
    };
    let replayed = replay(&settings, &request, SCAN).unwrap();
    let mut known = names(&report);
    let shift = replayed.summary.challenger.as_ref().unwrap();
    known.extend(shift.segments.iter().flat_map(|part| [part.feature.clone(), part.label.clone()]));
    let parity = replayed.summary.parity.as_ref().unwrap();
    known.extend(parity.examples.iter().map(|example| example.id.clone()));
    known.extend(replayed.summary.file.clone());
    known.push(replayed.summary.each.clone());
    let summary = fs::read_to_string(&replayed.html).unwrap();
    assert!(summary.contains("<section id=\"challenger\">") && summary.contains("<section id=\"windows\">"));
    assert_bracketed_page(&summary, &known);
    for window in &replayed.summary.windows {
        let page = replayed.html.with_file_name(window.window.folder()).join("report.html");
        assert_bracketed_page(&fs::read_to_string(page).unwrap(), &known);
    }
}

/// What cannot be measured, left out or compared is stated in words too.
#[test]
fn a_report_of_what_is_missing() {
    let mut report = report_of(&drifted());
    report.examined.missing_fields = vec!["decision".to_owned()];
    report.examined.doubled_names = vec!["AGE".to_owned()];
    report.examined.empty_later = Some(day(1));
    report.run.skipped_files = Some(SkippedFiles { names: vec!["a.txt".to_owned()], more: 2 });
    report.other_version = Some(report.drift.clone());
    let differences = [
        ModelDifference::FileOrOptions,
        ModelDifference::File { learnt: "ab12".to_owned(), now: "cd34".to_owned() },
        ModelDifference::Options { learnt: Vec::new(), now: vec!["iterations: 4".to_owned()] },
    ];
    report.reference.reduced = true;
    report.run.attribution_seconds = Some(1.5);
    let reasons = [
        Unmeasured::NoModel,
        Unmeasured::OtherModel,
        Unmeasured::Model("an error".to_owned()),
        Unmeasured::Distributions,
        Unmeasured::Prediction,
        Unmeasured::TooFewRows,
        Unmeasured::NoRows,
    ];
    let holdouts = [Holdout::Yes, Holdout::No, Holdout::Unknown];
    let findings = every_finding();
    for (number, reason) in reasons.into_iter().enumerate() {
        report.attribution = Some(Attribution::Unavailable(reason.clone()));
        report.score_shift = Some(Err(reason));
        let difference = differences[number % differences.len()].clone();
        report.other_model = Some(OtherModel { learnt: "m.cbm".to_owned(), difference });
        report.reference.holdout = holdouts[number % holdouts.len()];
        report.verdict.severity = [Severity::NoData, Severity::TooFew, Severity::Stable, Severity::Watch][number % 4];
        report.verdict.findings = findings.iter().skip(number * 8).take(12).cloned().collect();
        assert_bracketed(&report, Vec::new(), &["attribution", "score-shift"]);
    }
    report.verdict.findings = findings;
    assert_bracketed(&report, past(&report), &[]);
}

#[test]
fn the_list_of_reports() {
    let report = report_of(&drifted());
    let point = TrendPoint::from_report(&report);
    // Twenty days with a gap, of every severity, one with a sentence of an earlier version.
    let severities = [Severity::Stable, Severity::Watch, Severity::Alarm, Severity::TooFew, Severity::NoData];
    let runs = (0..20).filter(|number| *number != 7).map(|number| {
        let mut head = point.head.clone();
        head.window = day(number);
        head.severity = severities[number as usize % severities.len()];
        head.severities.insert(Test::Latency, Severity::Watch);
        ListedReport { link: format!("m/{number}/report.html"), head }
    });
    let alert = |finding: Finding, is_acknowledged| OpenAlert {
        id: 1,
        model: "m".to_owned(),
        finding,
        since: Instant(DAY),
        report: None,
        is_acknowledged,
    };
    let alerts = every_finding().into_iter().enumerate().map(|(number, finding)| alert(finding, number % 2 == 0));
    let index = ReportIndex {
        language: BRACKETED,
        alerts: Some(alerts.collect()),
        runs: runs.collect(),
        replays: vec![("m".to_owned(), "2026-10-01 – 2026-10-15".to_owned(), "m/replay/summary.html".to_owned())],
    };
    let mut names = names(&report);
    names.extend(["AGE", "sex = M"].map(ToOwned::to_owned));
    assert_bracketed_page(&to_index(&index).unwrap(), &names);
    let empty = ReportIndex { language: BRACKETED, alerts: Some(Vec::new()), ..ReportIndex::default() };
    assert_bracketed_page(&to_index(&empty).unwrap(), &[]);
}

fn event(change: AlertChange, finding: Finding) -> Event {
    Event { change, finding, since: Instant(DAY), thread: None, origins: Vec::new() }
}

/// Checks subject, text and HTML of an email.
#[track_caller]
fn assert_bracketed_mail(notification: &Notification, report: Option<&Report>, names: &[String]) {
    let (base_url, now) = (Some("https://example.com/reports"), Instant(DAY + DAY_US));
    assert_bracketed_channels(notification, &ComposeContext { report, base_url, language: BRACKETED, now }, names);
    let sent = compose(&email(), notification, report, base_url, BRACKETED, now).unwrap();
    let mail = Part::of(&sent.bytes);
    let words = in_text(&mail.header("Subject").unwrap(), names);
    assert!(words.is_empty(), "in the subject: {words:?}");
    let text = mail.find("text/plain").unwrap().text();
    // Links, and commands to copy.
    let is_prose = |line: &&str| !line.starts_with("  vigie ") && !line.starts_with("https://");
    let prose: String = text.lines().filter(is_prose).map(|line| format!("{line}\n")).collect();
    let words = in_text(&prose, names);
    assert!(words.is_empty(), "in the text: {words:?}\n{text}");
    assert_bracketed_page(&mail.find("text/html").unwrap().text(), names);
}

/// Checks what Slack, Teams and PagerDuty show of a message.
#[track_caller]
fn assert_bracketed_channels(notification: &Notification, context: &ComposeContext<'_>, names: &[String]) {
    let mut known = names.to_vec();
    known.extend(context.base_url.zip(notification.report.as_ref()).map(|(base, page)| format!("{base}/{page}")));
    let pagerduty = PagerDuty { url: String::new(), routing_key_file: None, ca_file: None };
    let channels: [&dyn Channel; 3] = [&Slack::default(), &Teams::default(), &pagerduty];
    for channel in channels {
        for message in channel.compose(notification, context).unwrap() {
            let mut texts = vec![message.subject];
            add_texts(&serde_json::from_slice(&message.bytes).unwrap(), &mut texts);
            for text in texts {
                let words = in_text(&text, &known);
                assert!(words.is_empty(), "{}: {words:?} in {text}", channel.spec().word);
            }
        }
    }
}

/// Adds the texts of a message that are shown; other strings are for machines.
fn add_texts(value: &Value, texts: &mut Vec<String>) {
    const SHOWN: [&str; 6] = ["text", "title", "fallbackText", "summary", "verdict", "reason"];
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
            Value::String(text) if SHOWN.contains(&key.as_str()) => texts.push(text.clone()),
            other => add_texts(other, texts),
        }),
        Value::Array(values) => values.iter().for_each(|value| add_texts(value, texts)),
        _ => {}
    }
}

#[test]
fn emails_and_messages_of_other_channels() {
    let report = report_of(&drifted());
    let changes =
        [AlertChange::Opened, AlertChange::Worsened, AlertChange::Reminded, AlertChange::Recovered, AlertChange::Noted];
    let names: Vec<String> = names(&report).into_iter().chain(["AGE", "sex = M"].map(ToOwned::to_owned)).collect();
    let notification = |headline, severity, events, note| Notification {
        id: "m/1".to_owned(),
        model: "m".to_owned(),
        window: Some(day(0)),
        severity,
        headline,
        note,
        events,
        report: Some("m/1/report.html".to_owned()),
        muted: std::collections::BTreeSet::new(),
    };
    for severity in [Severity::Stable, Severity::Watch, Severity::Alarm, Severity::TooFew, Severity::NoData] {
        let findings = every_finding().into_iter().map(|finding| Finding { severity, ..finding });
        let events: Vec<Event> =
            findings.zip(changes.into_iter().cycle()).map(|(finding, change)| event(change, finding)).collect();
        // An email shows a few events: all of them in turn.
        for events in events.chunks(6) {
            let note = Note::NewTrendLine { reference: true, model: true, from: Instant(DAY), reset_alerts: 2 };
            let notified = notification(report.headline(), severity, events.to_vec(), Some(note));
            assert_bracketed_mail(&notified, Some(&report), &names);
            assert_bracketed_mail(&notified, None, &names);
            let promoted = Note::Promoted {
                name: "credit-default".to_owned(),
                alias: Some("champion".to_owned()),
                former: 1,
                version: 2,
                from: Instant(DAY),
                new_line: true,
                reset_alerts: 1,
            };
            assert_bracketed_mail(&Notification { note: Some(promoted), ..notified }, None, &names);
        }
        assert_bracketed_mail(&notification(report.headline(), severity, events, None), None, &names);
    }
    let error = |public| Failure::Error { detail: None, public };
    let failures = [
        error(PublicCause::Text("it failed".to_owned())),
        error(PublicCause::Crashed),
        error(PublicCause::Lost(loss())),
        error(PublicCause::NotCounted),
        error(PublicCause::NotReadAgain),
        Failure::Retried { windows: 3, first: day(0) },
        Failure::Missed { windows: 3, span: day(0) },
    ];
    for failure in failures {
        let facts = Facts::Failed(failure.clone());
        let finding = Finding::of_run(Test::RunFailed, Severity::Alarm, facts);
        let headline = Headline::Failed { test: Test::RunFailed, failure };
        let notified = notification(headline, Severity::Alarm, vec![event(AlertChange::Opened, finding)], None);
        assert_bracketed_mail(&notified, None, &names);
    }
    assert_bracketed_mail(
        &notification(Headline::Labels { windows: 3 }, Severity::Watch, Vec::new(), None),
        None,
        &names,
    );
    assert_bracketed_mail(&test_notification("m", Instant(DAY)), None, &names);
}

/// Precisions have no section of their own.
#[test]
fn precisions_of_the_log() {
    let precisions =
        [LoggedPrecision::Single, LoggedPrecision::Digits(6), LoggedPrecision::Decimals(4), LoggedPrecision::Full];
    assert!(in_text(&BRACKETED.logged_precision(&precisions), &[]).is_empty());
    assert!(in_text(&BRACKETED.logged_precision(&[]), &[]).is_empty());
}
