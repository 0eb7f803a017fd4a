//! What leaves the organisation about skew, and revisions of reports.

use std::collections::BTreeSet;

use serde_json::json;
use vigie::{
    alert::{AlertChange, Channel, ComposeContext, Notification, PagerDuty, Slack, Teams, Webhook},
    config::Settings,
    judge::{Facts, Test},
    monitor::{RunRequest, ScanOptions, examine, examine_again, publish},
    report::{Language, Report},
};
use vigie_profile::window::{Instant, Window};

use super::table::{Client, DAYS, clients, log, ndjson, with_features};
use crate::{
    mail::mail::{message, notification_of},
    support::{applicants::DAY, mime::Part, world::World},
};

const SECRET_LEVEL: &str = "Doctor of Astronautics";

fn world(table: &[Client]) -> World {
    let world = World::new();
    log(&world, DAYS[1], |client, inputs| {
        if inputs["NAME_EDUCATION_TYPE"] == "Higher education" {
            inputs["NAME_EDUCATION_TYPE"] = json!(SECRET_LEVEL);
        }
        if client % 3 == 0 {
            inputs["DAYS_EMPLOYED"] = json!(365_243);
        }
    });
    world.file("features.ndjson", ndjson(table));
    with_features(&world, "features: {path: features.ndjson, id: SK_ID_CURR}");
    world
}

fn request() -> RunRequest {
    let from = Instant::parse("2026-10-03", &jiff::tz::TimeZone::UTC).unwrap();
    RunRequest { window: Window::new(from, Instant(from.0 + DAY)), now: Instant(from.0 + 2 * DAY) }
}

const SCAN: ScanOptions<'static> = ScanOptions { threads: 2, progress: &|_, _| () };

fn settings(world: &World) -> Settings {
    Settings::load(&world.path("vigie.yaml")).unwrap_or_else(|problems| panic!("{problems}"))
}

fn report(world: &World) -> Report {
    examine(&settings(world), request(), SCAN).unwrap_or_else(|fault| panic!("{fault}"))
}

/// One entry about all features, without ids, levels or values of single applicants, in every channel.
#[test]
fn messages_have_one_entry_and_no_value_of_an_applicant() {
    let table = clients(&DAYS[1..2]);
    let report = report(&world(&table));
    let entries = report.verdict.entries();
    let about: Vec<_> = entries.iter().filter(|finding| finding.test == Test::Skew).collect();
    assert_eq!(about.len(), 1, "one entry: {about:?}");
    let Facts::Skew { causes, .. } = &about[0].facts else { panic!("{about:?}") };
    assert_eq!(causes.len(), 2);
    let mut notification: Notification = notification_of(&report);
    let mut event = notification.events[0].clone();
    event.finding = about[0].clone().redacted();
    event.change = AlertChange::Opened;
    notification.events = vec![event];
    let known = format!("{report:?}");
    assert!(known.contains(SECRET_LEVEL), "the report itself has it");
    let ids: BTreeSet<&str> = table.iter().map(|(id, _)| id.as_str()).collect();
    let check = |text: &str, channel: &str| {
        assert!(!text.contains("Astronautics"), "{channel}: {text}");
        let words = text.split(|char: char| !char.is_ascii_alphanumeric());
        let leaked: Vec<&str> = words.filter(|word| ids.contains(word)).collect();
        assert!(leaked.is_empty(), "{channel} contains ids: {leaked:?}");
    };
    let everything = Part::of(&message(&notification, Some(&report)).bytes).everything();
    check(&everything, "email");
    let flat = everything.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "DAYS_EMPLOYED: 365,243 in place of the feature table",
        "NAME_EDUCATION_TYPE: 1 level logged under another name",
    ] {
        assert!(flat.contains(part), "{part}: {flat}");
    }
    let context =
        ComposeContext { report: Some(&report), base_url: None, language: Language::English, now: Instant(DAY) };
    let webhook = Webhook { url: "https://hooks.example.com".to_owned().into(), token_file: None, ca_file: None };
    let pagerduty: PagerDuty = serde_json::from_str("{}").unwrap();
    for channel in [&webhook as &dyn Channel, &Slack::default(), &Teams::default(), &pagerduty] {
        for message in channel.compose(&notification, &context).unwrap() {
            check(&String::from_utf8(message.bytes).unwrap(), channel.spec().word);
        }
    }
}

/// Labels arrive months later, when the table has other values: the report keeps what the first check found.
#[test]
fn a_revision_keeps_the_comparison_of_the_first_check() {
    let table = clients(&DAYS[1..2]);
    let world = world(&table);
    let settings = settings(&world);
    let first = report(&world);
    publish(&settings, first.clone()).unwrap();
    let mut later = table;
    later.iter_mut().for_each(|(_, features)| features["AMT_CREDIT"] = json!(1));
    world.file("features.ndjson", ndjson(&later));
    let revised = examine_again(&settings, request(), SCAN).unwrap();
    assert_eq!((&revised.skew, &revised.verdict.findings), (&first.skew, &first.verdict.findings));
    assert_ne!(report(&world).skew, first.skew, "a check by hand compares again");
}
