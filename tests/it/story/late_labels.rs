//! Late labels: the daemon checks past windows again, a few at a time, and no alert opens twice.

use std::{fmt::Write as _, fs};

use serde_json::Value;
use vigie::judge::Headline;

use crate::support::{
    applicants::applicants,
    watched::{Watcher, at, day, watched},
    world::World,
};

const LABELS: &str = "labels: {path: labels, id: id, target: y}\n";

/// Writes outcomes of these days' records to one file.
pub(crate) fn label(world: &World, file: &str, days: std::ops::Range<i64>, rows: usize) {
    let mut csv = "id,y\n".to_owned();
    for number in days {
        for (place, one) in applicants(120, 7).iter().enumerate().take(rows) {
            writeln!(csv, "d{number}-{},{}", one.id, place % 5 / 4).unwrap();
        }
    }
    world.file(&format!("labels/{file}.csv"), csv);
}

pub(crate) fn report(world: &World, number: i64) -> Value {
    let of = |at: String| at[..10].replace('-', "") + "T000000Z";
    let folder = format!("{}_{}", of(at(number, 0).to_string()), of(at(number + 1, 0).to_string()));
    serde_json::from_slice(&fs::read(world.path(&format!("reports/m/{folder}/report.json"))).unwrap()).unwrap()
}

/// Number of labels matched on each of these days.
pub(crate) fn matched(world: &World, days: std::ops::Range<i64>) -> Vec<u64> {
    days.map(|day| report(world, day)["performance"]["labels"]["matched"].as_u64().unwrap()).collect()
}

#[test]
fn windows_are_revised_as_labels_arrive_oldest_first_and_a_few_at_a_time() {
    let world = watched(&format!("{LABELS}alerts: {{after: 1}}\n"));
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        day(&world, number, 120, if number == 2 { 40 } else { 0 });
        watcher.check(at(number + 1, 6));
    }
    // No labels yet: stated in the report, but not a finding.
    let first = report(&world, 0);
    assert!(first["performance"]["labels"]["not_yet"].as_str().unwrap().ends_with("labels"), "{first}");
    assert_eq!(first["performance"]["labels"]["coverage"], 0.0);
    assert_eq!(first["verdict"]["findings"], Value::Array(Vec::new()));
    let story = watcher.events();
    assert_eq!(story.iter().filter(|line| line.contains("Opened AGE values")).count(), 1, "{story:?}");

    label(&world, "a", 0..6, 60);
    day(&world, 6, 120, 0);
    // The window that is due comes first, then four past ones.
    let looked = watcher.check(at(7, 6));
    assert_eq!((looked.reported, looked.more), (5, true));
    assert_eq!(matched(&world, 0..7), [60, 60, 60, 60, 0, 0, 0]);
    let looked = watcher.check(at(7, 6));
    assert_eq!((looked.reported, looked.more), (2, false));
    assert_eq!(matched(&world, 0..7), [60, 60, 60, 60, 60, 60, 0]);
    assert_eq!(watcher.check(at(7, 7)).reported, 0, "nothing has come since");
    for number in 0..6 {
        assert_eq!(report(&world, number)["run"]["revision"], 1, "day {number}");
    }
    assert_eq!(report(&world, 0)["performance"]["realised"]["rows"], 60);

    // More labels on the same day have to wait. Then the oldest window is first again.
    label(&world, "b", 0..7, 100);
    assert_eq!(watcher.check(at(7, 17)).reported, 0);
    let looked = watcher.check(at(7, 18));
    assert_eq!((looked.reported, looked.more), (4, true));
    assert_eq!(matched(&world, 0..7), [100, 100, 100, 100, 60, 60, 0]);
    // Windows that have waited longest are next, so none starves.
    label(&world, "c", 0..7, 110);
    let looked = watcher.check(at(8, 7));
    assert_eq!((looked.reported, looked.more), (1 + 4, true), "a day without records, and four windows");
    assert_eq!(matched(&world, 0..7), [110, 100, 100, 100, 110, 110, 110]);
    assert_eq!(watcher.events().iter().filter(|line| line.contains("Opened AGE")).count(), 1, "no alert opens again");
    // The ledger has a row for each checked window.
    let checks = watcher.ledger().view(|entry| entry.label_checks("m")).unwrap();
    assert_eq!(checks.len(), 8);
}

#[test]
fn windows_that_are_too_old_or_without_a_log_keep_their_report() {
    let world = watched("labels: {path: labels/*.csv, id: id, target: y, revise: 3d}\n");
    fs::create_dir(world.path("labels")).unwrap();
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    let rotated = at(3, 0).to_string();
    fs::remove_dir_all(world.path(&format!("log/dt={}", &rotated[..10]))).unwrap();
    label(&world, "a", 0..6, 120);
    // Windows that ended less than three days ago are those of days 3 to 5. Revisions for late rows are turned off.
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("lateness: 2h", "lateness: 2h, revise: 0"));
    let watcher = Watcher::new(&world);
    let looked = watcher.check(at(6, 18));
    assert_eq!((looked.reported, looked.failed, looked.more), (2, 0, false));
    assert_eq!(matched(&world, 0..6), [0, 0, 0, 0, 120, 120]);
    assert_eq!(report(&world, 3)["window"]["rows_used"], 120, "the report of a log that was rotated away stays");
    assert_eq!(watcher.check(at(6, 19)).reported, 0);
}

/// A window whose log is incomplete when labels arrive keeps its report, and is checked again half a day later.
#[test]
fn a_log_that_is_complete_again_gets_its_labels() {
    let world = watched(LABELS);
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("lateness: 2h", "lateness: 2h, revise: 0"));
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    day(&world, 1, 60, 0);
    label(&world, "a", 0..3, 120);
    let looked = watcher.check(at(3, 18));
    assert_eq!((looked.reported, looked.failed), (2, 0));
    assert_eq!(matched(&world, 0..3), [120, 0, 120]);
    assert_eq!(report(&world, 1)["window"]["rows_used"], 120, "the report of all rows stays");
    let checks = watcher.ledger().view(|entry| entry.label_checks("m")).unwrap();
    assert_eq!(checks.iter().filter(|check| check.fingerprint == "unread").count(), 1, "{checks:?}");
    day(&world, 1, 120, 0);
    assert_eq!(watcher.check(at(3, 19)).reported, 0, "not twice within half a day");
    assert_eq!(watcher.check(at(4, 7)).reported, 1 + 1, "the day that is due, and the one that is complete again");
    assert_eq!(matched(&world, 0..3), [120, 120, 120]);
}

#[test]
fn windows_of_a_previous_reference_are_not_revised() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    let csv = fs::read_to_string(world.path("train.csv")).unwrap();
    world.file("train.csv", csv.lines().take(900).map(|line| format!("{line}\n")).collect::<String>());
    world.vigie(crate::support::applicants::LEARN).ok();
    day(&world, 3, 120, 0);
    watcher.check(at(4, 6));
    label(&world, "a", 0..4, 50);
    assert_eq!(watcher.check(at(5, 6)).reported, 1 + 1);
    assert_eq!(matched(&world, 0..4), [0, 0, 0, 50]);
}

#[test]
fn unreadable_labels_are_reported_once_and_read_again_when_fixed() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    world.file("labels/a.csv", "id,z\nd0-1,1\n");
    watcher.check(at(1, 6));
    let findings = report(&world, 0)["verdict"]["findings"].clone();
    assert!(findings[0]["reason"].as_str().unwrap().contains("labels.target: "), "{findings}");
    assert_eq!(watcher.check(at(1, 19)).reported, 0, "a broken file is not read again and again");
    label(&world, "a", 0..1, 70);
    assert_eq!(watcher.check(at(1, 20)).reported, 1);
    assert_eq!(matched(&world, 0..1), [70]);
    assert_eq!(report(&world, 0)["verdict"]["findings"], Value::Array(Vec::new()));
}

#[test]
fn a_missing_log_is_not_retried_immediately() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    label(&world, "a", 0..6, 120);
    fs::rename(world.path("log"), world.path("away")).unwrap();
    let looked = watcher.check(at(6, 18));
    assert_eq!((looked.reported, looked.more), (0, false), "`more` would retry without a pause");
    fs::rename(world.path("away"), world.path("log")).unwrap();
    assert_eq!(watcher.check(at(6, 19)).reported, 4);
}

#[test]
fn windows_that_cannot_be_rechecked_do_not_block_others() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    for number in 0..8 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    label(&world, "a", 0..8, 120);
    // Files are where the folders of the first four days should be.
    for number in 0..4 {
        let of = |at: String| at[..10].replace('-', "") + "T000000Z";
        let folder = format!("{}_{}", of(at(number, 0).to_string()), of(at(number + 1, 0).to_string()));
        fs::remove_dir_all(world.path(&format!("reports/m/{folder}"))).unwrap();
        world.file(&format!("reports/m/{folder}"), "in the way");
    }
    let looked = watcher.check(at(8, 18));
    assert_eq!((looked.reported, looked.failed), (0, 4), "these cannot be written");
    let looked = watcher.check(at(8, 18));
    assert_eq!((looked.reported, looked.failed), (4, 0), "the others have their turn");
    assert_eq!(matched(&world, 4..8), [120, 120, 120, 120]);
}

#[test]
fn a_replaced_reference_does_not_judge_earlier_windows() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    let before = report(&world, 0)["run"]["reference_id"].clone();
    let csv = fs::read_to_string(world.path("train.csv")).unwrap();
    world.file("train.csv", csv.lines().take(900).map(|line| format!("{line}\n")).collect::<String>());
    world.vigie(crate::support::applicants::LEARN).ok();
    label(&world, "a", 0..3, 50);
    // No window is due yet, so the ledger knows the previous reference only.
    assert_eq!(watcher.check(at(3, 18)).reported, 0);
    assert_eq!(report(&world, 0)["run"]["reference_id"], before);
    assert_eq!(matched(&world, 0..3), [0, 0, 0]);
}

/// A monitored model with a hold-out reference that has outcomes.
pub(crate) fn with_outcomes(more: &str) -> World {
    let world = watched(&format!("{LABELS}{more}"));
    let mut args: Vec<&str> = crate::support::applicants::LEARN.to_vec();
    args.extend(["--holdout", "yes"]);
    world.vigie(&args).ok();
    world
}

/// Writes outcomes of days: as in the reference, or with every other row inverted.
pub(crate) fn outcomes(world: &World, file: &str, days: std::ops::Range<i64>, turned: bool) {
    let mut csv = "id,y\n".to_owned();
    for number in days {
        for (place, one) in applicants(120, 7).iter().enumerate() {
            let is = (one.probability > 0.6) != (turned && place % 2 == 0);
            writeln!(csv, "d{number}-{},{}", one.id, u8::from(is)).unwrap();
        }
    }
    world.file(&format!("labels/{file}.csv"), csv);
}

fn of_labels(watcher: &Watcher) -> Vec<String> {
    watcher.events().into_iter().filter(|line| line.contains("realised_")).collect()
}

#[test]
fn label_alerts_of_past_windows_open_and_recover_once() {
    let world = with_outcomes("alerts: {after: 2}\n");
    let watcher = Watcher::new(&world);
    for number in 0..8 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    outcomes(&world, "a", 0..6, true);
    let looked = watcher.check(at(8, 9));
    assert!(looked.more, "four of six");
    assert_eq!(of_labels(&watcher), Vec::<String>::new(), "not before all were checked again");
    let looked = watcher.check(at(8, 9));
    assert!(!looked.more);
    // One notification for six windows, about the newest.
    assert_eq!(of_labels(&watcher), ["10-06 Opened - realised_cost", "10-06 Opened - realised_auc"]);
    {
        let told = watcher.notifications.lock().unwrap();
        let is_about_labels = |headline: &Headline| matches!(headline, Headline::Labels { .. });
        let letters: Vec<_> = told.iter().filter(|telling| is_about_labels(&telling.headline)).collect();
        assert_eq!(letters.len(), 1, "one letter tells of both");
        assert_eq!(letters[0].headline, Headline::Labels { windows: 6 });
        assert!(letters[0].id.ends_with("/r1/labels"), "{}", letters[0].id);
        assert!(letters[0].report.as_ref().unwrap().contains("20261006T000000Z"));
    }
    // A day without labels changes nothing; in particular, it is not a recovery.
    day(&world, 8, 120, 0);
    watcher.check(at(9, 6));
    assert_eq!(of_labels(&watcher).len(), 2);
    // The same for another window: no second message within the cooldown.
    outcomes(&world, "b", 6..7, true);
    while watcher.check(at(9, 6)).more {}
    assert_eq!(matched(&world, 6..7), [120]);
    assert_eq!(of_labels(&watcher).len(), 2);
    // Corrected labels of an old window change nothing.
    fs::remove_file(world.path("labels/a.csv")).unwrap();
    outcomes(&world, "a", 0..6, false);
    while watcher.check(at(9, 21)).more {}
    assert_eq!(of_labels(&watcher).len(), 2, "an older window no longer matters");
    // The next window is stable: one recovery.
    outcomes(&world, "c", 7..9, false);
    while watcher.check(at(10, 9)).more {}
    let story = of_labels(&watcher);
    assert_eq!(story[2..], ["10-09 Recovered - realised_cost", "10-09 Recovered - realised_auc"]);
    while watcher.check(at(10, 22)).more {}
    assert_eq!(of_labels(&watcher).len(), 4);
}

#[test]
fn alarms_that_come_and_go_between_two_rounds_are_not_reported() {
    let world = with_outcomes("alerts: {after: 2}\n");
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    outcomes(&world, "a", 0..3, true);
    outcomes(&world, "b", 3..6, false);
    while watcher.check(at(6, 18)).more {}
    assert_eq!(matched(&world, 0..6), [120; 6]);
    assert_eq!(of_labels(&watcher), Vec::<String>::new());
    assert!(watcher.ledger().view(|entry| entry.live_alerts(None)).unwrap().is_empty());
    // A single window is not two in a row.
    day(&world, 6, 120, 0);
    watcher.check(at(7, 6));
    outcomes(&world, "c", 6..7, true);
    while watcher.check(at(7, 20)).more {}
    assert_eq!(of_labels(&watcher), Vec::<String>::new());
    // More labels of the same window do not count as a second window.
    outcomes(&world, "d", 6..7, true);
    while watcher.check(at(8, 10)).more {}
    assert_eq!(of_labels(&watcher), Vec::<String>::new());
}

#[test]
fn a_message_that_failed_is_composed_by_the_next_round() {
    let world = with_outcomes("alerts: {after: 1}\n");
    let watcher = Watcher::new(&world);
    for number in 0..2 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    outcomes(&world, "a", 0..2, true);
    watcher.fail_compose(true);
    assert!(watcher.try_check(at(2, 18)).is_err(), "the transaction is undone as a whole");
    assert_eq!(matched(&world, 0..2), [120, 120], "their reports remain");
    watcher.fail_compose(false);
    assert_eq!(watcher.check(at(2, 19)).reported, 0, "no window has to be checked again for it");
    assert_eq!(of_labels(&watcher), ["10-02 Opened - realised_cost", "10-02 Opened - realised_auc"]);
    watcher.check(at(2, 20));
    assert_eq!(of_labels(&watcher).len(), 2);
}
