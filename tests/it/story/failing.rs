//! Windows whose run fails: retries count as one window, and the alert stays open while any window fails.

use std::fs;

use vigie::judge::{Facts, Failure};

use crate::support::watched::{Watcher, at, configure, day, watched};

/// Puts a file where the folder of a day's report should be, so that only this window fails.
fn block(world: &crate::support::world::World, number: i64) -> String {
    let folder = vigie_profile::window::Window { from: at(number, 0), to: at(number + 1, 0) }.folder();
    let path = format!("reports/m/{folder}");
    world.file(&path, "in the way");
    path
}

#[test]
fn a_window_that_fails_keeps_its_alert_open_while_later_ones_succeed() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    watcher.check(at(1, 6));
    let path = block(&world, 1);
    for number in 1..5 {
        day(&world, number, 120, 0);
        let looked = watcher.check(at(number + 1, 6));
        assert_eq!((looked.reported, looked.failed), (usize::from(number > 1), 1), "day {number}");
        // However often it is retried.
        assert_eq!(watcher.check(at(number + 1, 7)).failed, 1);
    }
    // It fails again the next day, which is the second window in a row. Nothing changes on the day after.
    let story: Vec<String> = watcher.events().into_iter().filter(|line| !line.contains("Reminded")).collect();
    assert_eq!(story, ["10-03 Opened - run_failed"]);
    let open = watcher.ledger().view(|entry| entry.live_alerts(None)).unwrap();
    let first = vigie_profile::window::Window { from: at(1, 0), to: at(2, 0) };
    assert_eq!(open[0].finding.facts, Facts::Failed(Failure::Retried { windows: 1, first }));
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("failed: cannot create the folder"), "{status}");
    // The list of reports shows it, also in French.
    let page = || fs::read_to_string(world.path("reports/index.html")).unwrap();
    assert!(page().contains("has no report yet and will be retried"), "{}", page());
    configure(&world, "reports: {dir: reports, language: fr}\n");
    vigie::monitor::index(&Watcher::new(&world).settings).unwrap();
    assert!(page().contains("n’a pas encore de rapport et sera réexaminée"), "{}", page());
    assert!(!page().contains("retried"), "{}", page());
    configure(&world, "");
    // Reported at last, after later windows: the alert recovers.
    fs::remove_file(world.path(&path)).unwrap();
    assert_eq!(watcher.check(at(5, 8)).reported, 1);
    assert_eq!(watcher.events().last().unwrap(), "10-02 Recovered - run_failed");
    assert_eq!(watcher.ledger().view(|entry| entry.live_alerts(None)).unwrap(), []);
}

#[test]
fn an_alert_on_two_failures_ends_when_both_are_fixed() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    watcher.check(at(1, 6));
    let (one, other) = (block(&world, 1), block(&world, 2));
    for number in 1..4 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    let told = |watcher: &Watcher| -> Vec<String> {
        watcher.events().into_iter().filter(|line| !line.contains("Reminded")).collect()
    };
    assert_eq!(told(&watcher), ["10-03 Opened - run_failed"]);
    fs::remove_file(world.path(&other)).unwrap();
    assert_eq!(watcher.check(at(4, 7)).reported, 1);
    assert_eq!(told(&watcher).len(), 1, "the first still fails");
    fs::remove_file(world.path(&one)).unwrap();
    assert_eq!(watcher.check(at(4, 8)).reported, 1);
    assert_eq!(told(&watcher)[1..], ["10-02 Recovered - run_failed"]);
}
