//! A small model checked over many days through the library: one folder of records per day, some of them drifted.

use std::{
    fmt::Write as _,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;
use vigie::{
    alert::Notification,
    config::Settings,
    daemon::{CheckContext, CheckSummary, check_model},
    fault::{Fault, Result},
    ledger::{Ledger, NewMessage},
    monitor::ScanOptions,
    report::{Language, Report},
};
use vigie_profile::window::Instant;

use crate::support::{
    applicants::{DAY, LEARN, applicants, training_csv},
    world::World,
};

pub(crate) const DAY_US: i64 = 86_400_000_000;

/// Creates a world with a reference and a config; `more` is appended to the config.
pub(crate) fn watched(more: &str) -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    configure(&world, more);
    world
}

pub(crate) fn configure(world: &World, more: &str) {
    let schedule = if more.contains("schedule:") { "" } else { "schedule: {lateness: 2h}\n" };
    let reports = if more.contains("reports:") { "" } else { "reports: {dir: reports}\n" };
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m}}\nreference: ref.vigie\n\
             source:\n  path: log\n  fields: {{timestamp: ts, features: inputs, probability: p, id: id}}\n\
             policy: {{min_rows: 50, features: {{INCOME: {OFF}, JOB: {OFF}, OWNS: {OFF}, emp.var.rate: {OFF}}}}}\n\
             {reports}{schedule}{more}"
        ),
    );
}

/// Turns off all features but AGE, so that chance plays no role in these tests.
const OFF: &str = "{psi: {watch: null, alarm: null}, ks: {watch: null}, chi2: {watch: null}, missing: {watch: null, alarm: null}, unseen: {watch: null, alarm: null}}";

/// Writes the records of a day, counted from 2026-10-01 in UTC; `shift` is added to every age.
pub(crate) fn day(world: &World, number: i64, rows: usize, shift: i64) {
    let date = Instant(DAY + number * DAY_US).to_string()[..10].to_owned();
    let mut text = String::new();
    // The same applicants every day, so that nothing happens by chance.
    for one in applicants(rows, 7) {
        let mut inputs = one.inputs();
        inputs["AGE"] = json!(one.age + shift);
        let at = Instant(one.at + number * DAY_US).to_string();
        let _ = writeln!(
            text,
            "{}",
            json!({"ts": at, "inputs": inputs, "p": one.probability, "id": format!("d{number}-{}", one.id)})
        );
    }
    world.file(&format!("log/dt={date}/a.ndjson"), text);
}

/// Returns the time `hours` after the start of a day.
pub(crate) fn at(number: i64, hours: i64) -> Instant {
    Instant(DAY + number * DAY_US + hours * 3_600_000_000)
}

/// Checks the model through the library and collects its notifications.
pub(crate) struct Watcher {
    pub settings: Settings,
    pub state: PathBuf,
    pub notifications: Mutex<Vec<Notification>>,
    /// Number of windows reported by each check.
    pub reported: Mutex<Vec<usize>>,
    /// Whether composing a message fails.
    failing: AtomicBool,
}

impl Watcher {
    pub(crate) fn new(world: &World) -> Self {
        let settings = Settings::load(&world.path("vigie.yaml")).unwrap_or_else(|problems| panic!("{problems}"));
        let state = settings.state.clone();
        Self {
            state,
            settings,
            notifications: Mutex::default(),
            reported: Mutex::default(),
            failing: AtomicBool::new(false),
        }
    }

    /// Makes composing a message fail from now on, or succeed again.
    pub(crate) fn fail_compose(&self, fail: bool) {
        self.failing.store(fail, Ordering::Relaxed);
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::open(&self.state, std::time::Duration::from_secs(1)).unwrap()
    }

    pub(crate) fn try_check(&self, now: Instant) -> Result<CheckSummary> {
        let mut ledger = Ledger::open(&self.state, std::time::Duration::from_millis(200))?;
        let compose = |notification: &Notification, _: Option<&Report>| {
            if self.failing.load(Ordering::Relaxed) {
                return Err(Fault::retry("cannot compose the message"));
            }
            self.notifications.lock().unwrap().push(notification.clone());
            let message_id = format!("<{}>", notification.id);
            Ok(vec![NewMessage {
                channel: "email".to_owned(),
                message_id,
                subject: Language::English.headline(&notification.headline).unwrap(),
                to: vec!["risk@example.com".to_owned()],
                payload: vec![1],
                is_thread: true,
            }])
        };
        let context = CheckContext {
            now,
            scan: ScanOptions { threads: 1, progress: &|_, _| () },
            compose: &compose,
            stop: &AtomicBool::new(false),
        };
        let summary = check_model(&self.settings, &mut ledger, context)?;
        self.reported.lock().unwrap().push(summary.reported);
        Ok(summary)
    }

    #[track_caller]
    pub(crate) fn check(&self, now: Instant) -> CheckSummary {
        self.try_check(now).unwrap()
    }

    /// Returns `day change feature test` for every event.
    pub(crate) fn events(&self) -> Vec<String> {
        let notifications = self.notifications.lock().unwrap();
        let lines = |notification: &Notification| {
            let from = notification.window.unwrap().from.to_string()[5..10].to_owned();
            notification
                .events
                .iter()
                .map(|event| {
                    let subject = event.finding.subject.name().unwrap_or("-");
                    format!("{from} {:?} {subject} {}", event.change, event.finding.test.word())
                })
                .collect::<Vec<_>>()
        };
        notifications.iter().flat_map(lines).collect()
    }
}
