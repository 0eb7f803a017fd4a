//! Draws incidents, checks them with the real program, and counts the right stories.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::Value;

use super::{
    incidents::{Incident, Incidents, window},
    pool::{Fresh, Pool},
};
use crate::{
    story::replay::home_credit,
    support::{
        draw::Draw,
        stories::{Outcome, assess},
        world::World,
    },
};

/// 2026-11-16T00:00:00Z in microseconds, a Monday.
const YESTERDAY: i64 = 1_794_787_200_000_000;
const DAY: i64 = 86_400_000_000;
/// Draws of each incident that are enough for a rate.
const ENOUGH_DRAWS: usize = 20;
const ONSET_TOLERANCE_MINUTES: i64 = 10;

/// Draws of each incident, 1 unless `VIGIE_STORY_DRAWS` is set.
fn draws() -> usize {
    std::env::var("VIGIE_STORY_DRAWS").ok().and_then(|draws| draws.parse().ok()).unwrap_or(1).max(1)
}

/// Windows without an incident: as many as in the other tests of false alarms if the draws are enough for a rate.
fn quiet_windows() -> usize {
    (2 * draws()).max(10)
}

/// Outcomes of the draws of one incident.
#[derive(Default, Clone)]
struct Tally {
    right: usize,
    cannot_be_told: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Right => self.right += 1,
            Outcome::CannotBeTold => self.cannot_be_told += 1,
            Outcome::Wrong(why) => self.wrong.push(why),
        }
    }

    fn draws(&self) -> usize {
        self.right + self.cannot_be_told + self.wrong.len()
    }

    fn sum<'t>(tallies: impl Iterator<Item = &'t Self>) -> Self {
        tallies.fold(Self::default(), |mut all, one| {
            all.right += one.right;
            all.cannot_be_told += one.cannot_be_told;
            all.wrong.extend_from_slice(&one.wrong);
            all
        })
    }

    fn row(&self, name: &str) -> String {
        let percent = |count: usize| 100.0 * count as f64 / self.draws().max(1) as f64;
        format!(
            "{name:<42} {:>5} {:>7.1} {:>15.1} {:>7.1}",
            self.draws(),
            percent(self.right),
            percent(self.cannot_be_told),
            percent(self.wrong.len())
        )
    }
}

fn world() -> World {
    let world = World::new();
    let config = format!(
        "model: {{name: m, version: \"1\", threshold: 0.5, file: {}}}\nreference: {}\n\
         source:\n  path: log\n  fields: {{timestamp: ts, features: inputs, probability: probability, decision: decision, id: id}}\n\
         reports: {{dir: reports}}\nstate: state\n",
        home_credit("model.cbm").display(),
        home_credit("reference.vigie").display(),
    );
    world.file("vigie.yaml", config);
    world
}

fn check(world: &World, from: &str, to: &str) -> Value {
    let args = ["check", "--config", "vigie.yaml", "--from", from, "--to", to, "--format", "json"];
    serde_json::from_str(&world.vigie(&args).ok().stdout).unwrap()
}

/// The report on a window of fresh rows with an incident, or without one.
fn report(incident: Option<&Incident>, mut fresh: Fresh<'_>) -> Value {
    let world = world();
    let pool = fresh.pool;
    let yesterday = fresh.window();
    let today = match incident {
        Some(incident) => window(&incident.name, &yesterday, &mut fresh),
        None => fresh.window(),
    };
    world.file("log/2.ndjson", today.log(&pool.model, YESTERDAY + DAY));
    if incident.is_none_or(Incident::needs_yesterday) {
        world.file("log/1.ndjson", yesterday.log(&pool.model, YESTERDAY));
        check(&world, "2026-11-16", "2026-11-17");
    }
    check(&world, "2026-11-17", "2026-11-18")
}

/// One draw, with a seed of its own.
fn outcome(incident: Option<&Incident>, pool: &Pool, seed: usize) -> Outcome {
    let report = report(incident, Fresh::new(pool, Draw::seeded(seed as u64)));
    let features: Vec<String> = pool.model.features().iter().map(|feature| feature.name.clone()).collect();
    let expected = incident.map_or(&[][..], |incident| &incident.stories);
    let outcome = assess(&report, &features, expected, ONSET_TOLERANCE_MINUTES);
    if incident.is_none() && outcome == Outcome::Right && report["verdict"]["severity"] != "stable" {
        return Outcome::Wrong(report["verdict"]["findings"].to_string());
    }
    outcome
}

/// Tallies of each incident, then of windows without one.
fn tallies(incidents: &[&Incident], pool: &Pool) -> (Vec<Tally>, Tally) {
    let draws = draws();
    let incident_draws = incidents.len() * draws;
    let (next, results) =
        (AtomicUsize::new(0), Mutex::new((vec![Tally::default(); incidents.len()], Tally::default())));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= incident_draws + quiet_windows() {
                        return;
                    }
                    let place = (number < incident_draws).then_some(number / draws);
                    let outcome = outcome(place.map(|place| incidents[place]), pool, number);
                    let mut results = results.lock().unwrap();
                    match place {
                        Some(place) => results.0[place].add(outcome),
                        None => results.1.add(outcome),
                    }
                }
            });
        }
    });
    results.into_inner().unwrap()
}

/// Prints one group; returns the sums of incidents that can be told, and of those that cannot.
fn print_group(title: &str, group: &[Incident], tallies: &[Tally]) -> (Tally, Tally) {
    println!("{title:<42} draws right % cannot be told % wrong %");
    let sum = |can_be_told: bool| {
        let these = group.iter().zip(tallies).filter(|(incident, _)| incident.can_be_told() == can_be_told);
        for (incident, tally) in these.clone() {
            println!("{}", tally.row(&incident.name));
            for why in tally.wrong.iter().take(3) {
                println!("    {}; {why}", incident.what);
            }
        }
        let sum = Tally::sum(these.map(|(_, tally)| tally));
        println!("{}\n", sum.row(if can_be_told { "together" } else { "together, where nobody could tell the side" }));
        sum
    };
    (sum(true), sum(false))
}

/// Rates for incidents that the rules were found on and for those that they were not, apart; and windows without an incident.
/// The rates of the new ones are measured, not required.
#[test]
fn stories_are_right_for_known_incidents_and_none_is_told_without_one() {
    let (pool, incidents) = (Pool::open(), Incidents::read());
    let all: Vec<&Incident> = incidents.all().collect();
    let (tallies, quiet) = tallies(&all, &pool);
    let (of_tuned, others) = tallies.split_at(incidents.tuned.len());
    let (of_known, of_new) = others.split_at(incidents.known.len());
    let (tuned, tuned_unknown) = print_group("incidents that the rules were found on", &incidents.tuned, of_tuned);
    let (_, known_unknown) = print_group("measured before, no rule was made for them", &incidents.known, of_known);
    let (new, new_unknown) = print_group("new incidents", &incidents.new, of_new);
    println!("{}", quiet.row("no incident, nothing told"));
    for why in &quiet.wrong {
        println!("    {why}");
    }
    assert!(
        quiet.wrong.len() * 200 <= 3 * quiet.draws(),
        "{} of {}: {:?}",
        quiet.wrong.len(),
        quiet.draws(),
        quiet.wrong
    );
    // One draw of each is too few for a rate: this finds rules that are broken.
    let (part, of) = if draws() >= ENOUGH_DRAWS { (9, 10) } else { (3, 4) };
    assert!(tuned.right * of >= part * tuned.draws(), "{} of {}: {:?}", tuned.right, tuned.draws(), tuned.wrong);
    assert!(tuned_unknown.cannot_be_told * 3 >= 2 * tuned_unknown.draws(), "{:?}", tuned_unknown.wrong);
    assert_eq!((tuned_unknown.right, known_unknown.right, new_unknown.right), (0, 0, 0), "nobody can tell these");
    assert_eq!(new.draws() + new_unknown.draws(), incidents.new.len() * draws());
}

#[test]
fn each_incident_has_a_name_of_its_own_and_enough_are_new() {
    let incidents = Incidents::read();
    let mut names: Vec<&str> = incidents.all().map(|incident| incident.name.as_str()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(incidents.new.iter().filter(|incident| incident.can_be_told()).count() >= 8);
}
