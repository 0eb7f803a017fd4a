//! A small model that is watched for many days: one folder of records a day, some days drifted; looked at through the library.

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
    alert::Telling,
    config::Settings,
    daemon::{Hands, Looked, look},
    fault::{Fault, Result},
    ledger::{Channel, Ledger, Queued},
    monitor::Looking,
    report::Report,
};
use vigie_profile::window::Instant;

use crate::support::{
    applicants::{DAY, LEARN, applicants, training_csv},
    world::World,
};

pub(crate) const DAY_US: i64 = 86_400_000_000;

/// A world with a reference and a config; `more` are further lines of it.
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

/// Only AGE is judged: chance has no say in these tests.
const OFF: &str = "{psi: {watch: null, alarm: null}, ks: {watch: null}, chi2: {watch: null}, missing: {watch: null, alarm: null}, unseen: {watch: null, alarm: null}}";

/// The records of a day, counted from 2026-10-01 in UTC; `shift` is added to the age.
pub(crate) fn day(world: &World, number: i64, rows: usize, shift: i64) {
    let date = Instant(DAY + number * DAY_US).to_string()[..10].to_owned();
    let mut text = String::new();
    // The same applicants every day: nothing happens by chance.
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

/// Midnight of a day and so many hours.
pub(crate) fn at(number: i64, hours: i64) -> Instant {
    Instant(DAY + number * DAY_US + hours * 3_600_000_000)
}

/// Looks through the library, with letters that are only counted.
pub(crate) struct Watcher {
    pub settings: Settings,
    pub state: PathBuf,
    pub told: Mutex<Vec<Telling>>,
    /// Windows told by each look.
    pub done: Mutex<Vec<usize>>,
    /// Whether no letter can be made.
    failing: AtomicBool,
}

impl Watcher {
    pub(crate) fn new(world: &World) -> Self {
        let settings = Settings::load(&world.path("vigie.yaml")).unwrap_or_else(|problems| panic!("{problems}"));
        let state = settings.state.clone();
        Self { state, settings, told: Mutex::default(), done: Mutex::default(), failing: AtomicBool::new(false) }
    }

    /// From now on, a letter ends in a fault, or does not any more.
    pub(crate) fn fail_letters(&self, fail: bool) {
        self.failing.store(fail, Ordering::Relaxed);
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::open(&self.state, std::time::Duration::from_secs(1)).unwrap()
    }

    pub(crate) fn try_look(&self, now: Instant) -> Result<Looked> {
        let mut ledger = Ledger::open(&self.state, std::time::Duration::from_millis(200))?;
        let compose = |telling: &Telling, _: Option<&Report>| {
            if self.failing.load(Ordering::Relaxed) {
                return Err(Fault::retry("no letter can be made"));
            }
            self.told.lock().unwrap().push(telling.clone());
            let message_id = format!("<{}>", telling.id);
            Ok(vec![Queued {
                channel: Channel::Email,
                message_id,
                subject: telling.verdict.clone(),
                to: vec!["risk@example.com".to_owned()],
                letter: vec![1],
            }])
        };
        let hands = Hands {
            now,
            looking: Looking { threads: 1, progress: &|_, _| () },
            compose: &compose,
            stop: &AtomicBool::new(false),
        };
        let looked = look(&self.settings, &mut ledger, hands)?;
        self.done.lock().unwrap().push(looked.told);
        Ok(looked)
    }

    #[track_caller]
    pub(crate) fn look(&self, now: Instant) -> Looked {
        self.try_look(now).unwrap()
    }

    /// `change feature test` of every event, with the day it was told on.
    pub(crate) fn story(&self) -> Vec<String> {
        let told = self.told.lock().unwrap();
        let line = |telling: &Telling| {
            let from = telling.window.unwrap().from.to_string()[5..10].to_owned();
            telling
                .events
                .iter()
                .map(|event| {
                    let subject = event.key.feature.as_deref().unwrap_or("-");
                    format!("{from} {:?} {subject} {}", event.change, event.key.test.word())
                })
                .collect::<Vec<_>>()
        };
        told.iter().flat_map(line).collect()
    }
}
