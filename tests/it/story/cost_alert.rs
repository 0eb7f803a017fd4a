//! The alert on the expected cost, day by day: watch, alarm and recovery, each once although the cost fluctuates.

use std::{fmt::Write as _, ops::Range};

use crate::{
    story::performance::{scored, world},
    support::{
        watched::{Watcher, at},
        world::World,
    },
};

/// The same applicants every day. Of every hundred with a low score, `dearer` get a score just below the threshold, so that
/// each has a higher expected cost.
fn day(world: &World, number: i64, dearer: usize) {
    let mut log = String::new();
    let mut safe = 0;
    for (row, (score, _)) in scored(6_000, 5).into_iter().enumerate() {
        let is_safe = score < 0.1;
        safe += usize::from(is_safe);
        let given = if is_safe && safe % 100 < dearer { 0.25 } else { score };
        let ts = at(number, 1).to_string();
        writeln!(log, r#"{{"ts":"{ts}","x":{},"p":{given},"id":"d{number}-{row}"}}"#, score * 2.0).unwrap();
    }
    world.file(&format!("log/{number}.ndjson"), log);
}

/// Change of a day's expected cost from the reference's.
fn moved(world: &World, number: i64) -> f64 {
    let (from, to) = (at(number, 0).to_string(), at(number + 1, 0).to_string());
    world.check(&from, &to)["cost"]["expected"]["moved"].as_f64().unwrap()
}

/// Number of dearer rows per hundred for which the expected cost changes by an amount in this range.
#[track_caller]
fn dearer(world: &World, wanted: &Range<f64>) -> usize {
    let is_it = |share: &usize| {
        day(world, 0, *share);
        wanted.contains(&moved(world, 0))
    };
    (0..100).find(is_it).unwrap_or_else(|| panic!("no day costs {wanted:?} more"))
}

#[test]
fn an_expected_cost_that_fluctuates_around_its_limit_alerts_once() {
    let world = world(&[], "schedule: {lateness: 2h}\nalerts: {after: 2, cooldown: 720h}\n");
    std::fs::remove_file(world.path("log/day.ndjson")).unwrap();
    // An increase of 8 to 10% is not a finding, but keeps an open alert open. (Reminders wait for thirty days.)
    let [calm, near, over, far] =
        [-0.05..0.05, 0.09..0.10, 0.12..0.20, 0.27..0.50].map(|wanted| dearer(&world, &wanted));
    let watcher = Watcher::new(&world);
    let days = [calm, over, calm, over, over, near, over, near, far, over, near, calm, near, calm];
    for (number, dearer) in (0..).zip(days) {
        day(&world, number, dearer);
        watcher.check(at(number + 1, 6));
    }
    let story: Vec<String> = watcher.events().into_iter().filter(|line| line.ends_with("- cost")).collect();
    assert_eq!(story, ["10-05 Noted - cost", "10-09 Worsened - cost", "10-12 Recovered - cost"]);
}
