//! Labels come late: the daemon checks past windows again, a few at a time, and no alert opens twice.

use std::{fmt::Write as _, fs};

use serde_json::Value;

use crate::support::{
    applicants::applicants,
    watched::{Watcher, at, day, watched},
    world::World,
};

const LABELS: &str = "labels: {path: labels, id: id, target: y}\n";

/// Outcomes of these days' records, one file a call.
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

/// Labels found for each of these days.
pub(crate) fn matched(world: &World, days: std::ops::Range<i64>) -> Vec<u64> {
    days.map(|day| report(world, day)["performance"]["labels"]["matched"].as_u64().unwrap()).collect()
}

#[test]
fn windows_are_revised_as_labels_come_the_oldest_first_and_a_few_at_a_time() {
    let world = watched(&format!("{LABELS}alerts: {{after: 1}}\n"));
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        day(&world, number, 120, if number == 2 { 40 } else { 0 });
        watcher.look(at(number + 1, 6));
    }
    // None has come: said calmly, and no finding.
    let first = report(&world, 0);
    assert!(first["performance"]["labels"]["not_yet"].as_str().unwrap().ends_with("labels"), "{first}");
    assert_eq!(first["performance"]["labels"]["coverage"], 0.0);
    assert_eq!(first["verdict"]["findings"], Value::Array(Vec::new()));
    let story = watcher.story();
    assert_eq!(story.iter().filter(|line| line.contains("Opened AGE psi")).count(), 1, "{story:?}");

    label(&world, "a", 0..6, 60);
    day(&world, 6, 120, 0);
    // The window that is due comes first, then four of the past.
    let looked = watcher.look(at(7, 6));
    assert_eq!((looked.told, looked.more), (5, true));
    assert_eq!(matched(&world, 0..7), [60, 60, 60, 60, 0, 0, 0]);
    let looked = watcher.look(at(7, 6));
    assert_eq!((looked.told, looked.more), (2, false));
    assert_eq!(matched(&world, 0..7), [60, 60, 60, 60, 60, 60, 0]);
    assert_eq!(watcher.look(at(7, 7)).told, 0, "nothing has come since");
    for number in 0..6 {
        assert_eq!(report(&world, number)["run"]["revision"], 1, "day {number}");
    }
    assert_eq!(report(&world, 0)["performance"]["realised"]["rows"], 60);

    // More of them, on the same day: later. All of them wait as long; then the oldest is first again.
    label(&world, "b", 0..7, 100);
    assert_eq!(watcher.look(at(7, 17)).told, 0);
    let looked = watcher.look(at(7, 18));
    assert_eq!((looked.told, looked.more), (4, true));
    assert_eq!(matched(&world, 0..7), [100, 100, 100, 100, 60, 60, 0]);
    // Whatever comes in between, those that wait longest are next: nobody is starved.
    label(&world, "c", 0..7, 110);
    let looked = watcher.look(at(8, 7));
    assert_eq!((looked.told, looked.more), (1 + 4, true), "a day without records, and four windows");
    assert_eq!(matched(&world, 0..7), [110, 100, 100, 100, 110, 110, 110]);
    assert_eq!(watcher.story().iter().filter(|line| line.contains("Opened AGE")).count(), 1, "no alert opens again");
    // The daemon's bookkeeping goes with the runs.
    let looks = watcher.ledger().view(|entry| entry.label_looks("m")).unwrap();
    assert_eq!(looks.len(), 8);
}

#[test]
fn what_is_too_old_or_whose_log_is_gone_keeps_its_report() {
    let world = watched("labels: {path: labels/*.csv, id: id, target: y, revise: 3d}\n");
    fs::create_dir(world.path("labels")).unwrap();
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    let rotated = at(3, 0).to_string();
    fs::remove_dir_all(world.path(&format!("log/dt={}", &rotated[..10]))).unwrap();
    label(&world, "a", 0..6, 120);
    // Windows that ended less than three days before: those of days 3 to 5; three revisions of late rows are turned off.
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("lateness: 2h", "lateness: 2h, revise: 0"));
    let watcher = Watcher::new(&world);
    let looked = watcher.look(at(6, 18));
    assert_eq!((looked.told, looked.failed, looked.more), (2, 0, false));
    assert_eq!(matched(&world, 0..6), [0, 0, 0, 0, 120, 120]);
    assert_eq!(report(&world, 3)["window"]["rows_used"], 120, "the report of a log that was rotated away stays");
    assert_eq!(watcher.look(at(6, 19)).told, 0);
}

/// A log that is short when labels come keeps its report, and is asked for again half a day later.
#[test]
fn a_log_that_is_whole_again_gets_its_labels() {
    let world = watched(LABELS);
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("lateness: 2h", "lateness: 2h, revise: 0"));
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    day(&world, 1, 60, 0);
    label(&world, "a", 0..3, 120);
    let looked = watcher.look(at(3, 18));
    assert_eq!((looked.told, looked.failed), (2, 0));
    assert_eq!(matched(&world, 0..3), [120, 0, 120]);
    assert_eq!(report(&world, 1)["window"]["rows_used"], 120, "the report of all rows stays");
    let looks = watcher.ledger().view(|entry| entry.label_looks("m")).unwrap();
    assert_eq!(looks.iter().filter(|look| look.mark == "unread").count(), 1, "{looks:?}");
    day(&world, 1, 120, 0);
    assert_eq!(watcher.look(at(3, 19)).told, 0, "not twice within half a day");
    assert_eq!(watcher.look(at(4, 7)).told, 1 + 1, "the day that is due, and the one that is whole again");
    assert_eq!(matched(&world, 0..3), [120, 120, 120]);
}

#[test]
fn windows_of_a_former_reference_are_left_as_they_are() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    let csv = fs::read_to_string(world.path("train.csv")).unwrap();
    world.file("train.csv", csv.lines().take(900).map(|line| format!("{line}\n")).collect::<String>());
    world.vigie(crate::support::applicants::LEARN).ok();
    day(&world, 3, 120, 0);
    watcher.look(at(4, 6));
    label(&world, "a", 0..4, 50);
    assert_eq!(watcher.look(at(5, 6)).told, 1 + 1);
    assert_eq!(matched(&world, 0..4), [0, 0, 0, 50]);
}

#[test]
fn labels_that_cannot_be_read_are_told_once_and_looked_at_when_they_are_mended() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    world.file("labels/a.csv", "id,z\nd0-1,1\n");
    watcher.look(at(1, 6));
    let findings = report(&world, 0)["verdict"]["findings"].clone();
    assert!(findings[0]["reason"].as_str().unwrap().contains("labels.target: "), "{findings}");
    assert_eq!(watcher.look(at(1, 19)).told, 0, "a broken file is not read again and again");
    label(&world, "a", 0..1, 70);
    assert_eq!(watcher.look(at(1, 20)).told, 1);
    assert_eq!(matched(&world, 0..1), [70]);
    assert_eq!(report(&world, 0)["verdict"]["findings"], Value::Array(Vec::new()));
}

#[test]
fn a_log_that_is_away_is_not_asked_again_at_once() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    label(&world, "a", 0..6, 120);
    fs::rename(world.path("log"), world.path("away")).unwrap();
    let looked = watcher.look(at(6, 18));
    assert_eq!((looked.told, looked.more), (0, false), "more would be looked for without a pause");
    fs::rename(world.path("away"), world.path("log")).unwrap();
    assert_eq!(watcher.look(at(6, 19)).told, 4);
}

#[test]
fn windows_that_cannot_be_checked_again_do_not_hold_up_the_others() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    for number in 0..8 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    label(&world, "a", 0..8, 120);
    // Files stand where the folders of the first four days should be.
    for number in 0..4 {
        let of = |at: String| at[..10].replace('-', "") + "T000000Z";
        let folder = format!("{}_{}", of(at(number, 0).to_string()), of(at(number + 1, 0).to_string()));
        fs::remove_dir_all(world.path(&format!("reports/m/{folder}"))).unwrap();
        world.file(&format!("reports/m/{folder}"), "in the way");
    }
    let looked = watcher.look(at(8, 18));
    assert_eq!((looked.told, looked.failed), (0, 4), "these cannot be written");
    let looked = watcher.look(at(8, 18));
    assert_eq!((looked.told, looked.failed), (4, 0), "the others have their turn");
    assert_eq!(matched(&world, 4..8), [120, 120, 120, 120]);
}

#[test]
fn a_reference_that_is_replaced_between_two_windows_does_not_judge_those_before() {
    let world = watched(LABELS);
    let watcher = Watcher::new(&world);
    for number in 0..3 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    let before = report(&world, 0)["run"]["reference_id"].clone();
    let csv = fs::read_to_string(world.path("train.csv")).unwrap();
    world.file("train.csv", csv.lines().take(900).map(|line| format!("{line}\n")).collect::<String>());
    world.vigie(crate::support::applicants::LEARN).ok();
    label(&world, "a", 0..3, 50);
    // No window is due yet, so the ledger knows of the former reference only.
    assert_eq!(watcher.look(at(3, 18)).told, 0);
    assert_eq!(report(&world, 0)["run"]["reference_id"], before);
    assert_eq!(matched(&world, 0..3), [0, 0, 0]);
}

/// What is watched with a hold-out reference that knows its outcomes.
pub(crate) fn with_outcomes(more: &str) -> World {
    let world = watched(&format!("{LABELS}{more}"));
    let mut args: Vec<&str> = crate::support::applicants::LEARN.to_vec();
    args.extend(["--holdout", "yes"]);
    world.vigie(&args).ok();
    world
}

/// Outcomes of days: as in the reference, but for every other row where they are turned round.
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
    watcher.story().into_iter().filter(|line| line.contains("realised_")).collect()
}

#[test]
fn what_labels_say_of_past_windows_is_told_once_and_so_is_its_end() {
    let world = with_outcomes("alerts: {after: 2}\n");
    let watcher = Watcher::new(&world);
    for number in 0..8 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    outcomes(&world, "a", 0..6, true);
    let looked = watcher.look(at(8, 7));
    assert!(looked.more, "four of six");
    assert_eq!(of_labels(&watcher), Vec::<String>::new(), "not before all were checked again");
    let looked = watcher.look(at(8, 7));
    assert!(!looked.more);
    // Six windows, one story: of the newest.
    assert_eq!(of_labels(&watcher), ["10-06 Opened - realised_cost", "10-06 Opened - realised_auc"]);
    {
        let told = watcher.told.lock().unwrap();
        let letters: Vec<_> = told.iter().filter(|telling| telling.by_labels.is_some()).collect();
        assert_eq!(letters.len(), 1, "one letter tells of both");
        assert_eq!(letters[0].by_labels, Some(6));
        assert!(letters[0].id.ends_with("/r1/labels"), "{}", letters[0].id);
        assert!(letters[0].report.as_ref().unwrap().contains("20261006T000000Z"));
    }
    // Days without labels say nothing of it, neither that it is over.
    day(&world, 8, 120, 0);
    watcher.look(at(9, 6));
    assert_eq!(of_labels(&watcher).len(), 2);
    // The same once more, of another window: no second letter within the cooldown.
    outcomes(&world, "b", 6..7, true);
    while watcher.look(at(9, 6)).more {}
    assert_eq!(matched(&world, 6..7), [120]);
    assert_eq!(of_labels(&watcher).len(), 2);
    // A corrected label of an old window moves nothing.
    fs::remove_file(world.path("labels/a.csv")).unwrap();
    outcomes(&world, "a", 0..6, false);
    while watcher.look(at(9, 21)).more {}
    assert_eq!(of_labels(&watcher).len(), 2, "an older window has no say any more");
    // The next one is well: told once.
    outcomes(&world, "c", 7..9, false);
    while watcher.look(at(10, 9)).more {}
    let story = of_labels(&watcher);
    assert_eq!(story[2..], ["10-09 Recovered - realised_cost", "10-09 Recovered - realised_auc"]);
    while watcher.look(at(10, 22)).more {}
    assert_eq!(of_labels(&watcher).len(), 4);
}

#[test]
fn alarms_that_came_and_went_between_two_looks_are_no_story() {
    let world = with_outcomes("alerts: {after: 2}\n");
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    outcomes(&world, "a", 0..3, true);
    outcomes(&world, "b", 3..6, false);
    while watcher.look(at(6, 18)).more {}
    assert_eq!(matched(&world, 0..6), [120; 6]);
    assert_eq!(of_labels(&watcher), Vec::<String>::new());
    assert!(watcher.ledger().view(|entry| entry.live_alerts(None)).unwrap().is_empty());
    // One window alone is not two in a row.
    day(&world, 6, 120, 0);
    watcher.look(at(7, 6));
    outcomes(&world, "c", 6..7, true);
    while watcher.look(at(7, 20)).more {}
    assert_eq!(of_labels(&watcher), Vec::<String>::new());
    // More labels of the same window are no second window.
    outcomes(&world, "d", 6..7, true);
    while watcher.look(at(8, 10)).more {}
    assert_eq!(of_labels(&watcher), Vec::<String>::new());
}

#[test]
fn a_letter_that_cannot_be_made_is_made_by_the_next_look() {
    let world = with_outcomes("alerts: {after: 1}\n");
    let watcher = Watcher::new(&world);
    for number in 0..2 {
        day(&world, number, 120, 0);
        watcher.look(at(number + 1, 6));
    }
    outcomes(&world, "a", 0..2, true);
    watcher.fail_letters(true);
    assert!(watcher.try_look(at(2, 18)).is_err(), "the transaction is undone as a whole");
    assert_eq!(matched(&world, 0..2), [120, 120], "their reports stand");
    watcher.fail_letters(false);
    assert_eq!(watcher.look(at(2, 19)).told, 0, "no window has to be checked again for it");
    assert_eq!(of_labels(&watcher), ["10-02 Opened - realised_cost", "10-02 Opened - realised_auc"]);
    watcher.look(at(2, 20));
    assert_eq!(of_labels(&watcher).len(), 2);
}
