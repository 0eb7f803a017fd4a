//! Rounds of the daemon in simulated time: each window once, outages are caught up with, one email per event.

use std::{collections::BTreeSet, fs};

use jiff::{civil::date, tz::TimeZone};
use rusqlite::Connection;
use vigie::judge::Note;
use vigie_profile::window::{Instant, Window};

use crate::support::{
    draw::Draw,
    watched::{Watcher, at, configure, day, watched},
    world::World,
};

fn runs(world: &World) -> Vec<(Window, String, i64)> {
    let db = Connection::open(world.path("state/ledger.sqlite")).unwrap();
    let mut query =
        db.prepare("SELECT from_us, to_us, outcome, revision FROM run WHERE current = 1 ORDER BY from_us").unwrap();
    let rows = query.query_map([], |row| {
        Ok((Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) }, row.get(2)?, row.get(3)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Number of 2026-01-10, in days from day 0.
const FIRST: i64 = -264;

/// 400 days in a time zone with two clock changes, and five outages, some longer than the daemon catches up with.
fn four_hundred_days(zone: &str, seed: u64) {
    let world = watched(&format!("schedule: {{lateness: 2h, timezone: {zone}, start: 2026-01-10}}\n"));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file(
        "vigie.yaml",
        config
            .replace("reports: {dir: reports}", "reports: {dir: reports, keep: 20d}")
            .replace("min_rows: 50", "min_rows: 10"),
    );
    for number in [FIRST - 1, FIRST] {
        day(&world, number, 12, 0);
    }
    let watcher = Watcher::new(&world);
    let zone = TimeZone::get(zone).unwrap();
    let mut draw = Draw::seeded(seed);
    let outages: Vec<(i64, i64)> = vec![(20, 3), (70, 12), (150, 40), (250, 1), (300, 31)];
    let start = date(2026, 1, 10);
    let midnight = |number: i64| {
        let day = start.saturating_add(jiff::ToSpan::days(number));
        Instant::from(day.to_zoned_datetime(zone.clone()).unwrap().timestamp())
    };
    let mut expected = BTreeSet::new();
    let mut gaps = 0;
    let mut covered = 0;
    for number in 1..=400 {
        day(&world, FIRST + number, 12, 0);
        // The log is rotated.
        let old = at(FIRST + number - 50, 0).to_string();
        let _ = fs::remove_dir_all(world.path(&format!("log/dt={}", &old[..10])));
        if outages.iter().any(|(from, days)| (*from..from + days).contains(&number)) {
            continue;
        }
        // At random between 04:00 and midnight, sometimes more than once a day.
        for _ in 0..=draw.below(2) {
            let now = Instant(midnight(number).0 + (4 + draw.below(18) as i64) * 3_600_000_000);
            watcher.check(now);
        }
        if number - covered > 31 {
            gaps += 1;
            covered = number - 31;
        }
        for done in covered..number {
            expected.insert(Window { from: midnight(done), to: midnight(done + 1) });
        }
        covered = number;
    }
    // Old runs are removed along with their reports, so only the newest are compared.
    let left = runs(&world);
    let newest: Vec<Window> =
        left.iter().filter(|(_, outcome, _)| outcome == "told").map(|(window, ..)| *window).collect();
    assert!(newest.len() >= 19, "{}", newest.len());
    let wanted: Vec<Window> = expected.iter().rev().take(newest.len()).rev().copied().collect();
    assert_eq!(newest, wanted);
    for pair in newest.windows(2) {
        assert_eq!(pair[0].to, pair[1].from, "no gap, no overlap");
    }
    let lengths: BTreeSet<i64> = expected.iter().map(|window| (window.to.0 - window.from.0) / 3_600_000_000).collect();
    assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [23, 24, 25], "the clocks changed both ways");
    assert_eq!(gaps, 2);
    let story = watcher.events();
    assert_eq!(
        story.iter().filter(|line| line.contains("Opened - run_failed")).count(),
        gaps,
        "a gap is one finding: {story:?}"
    );
    // No window was reported twice.
    assert_eq!(reported(&watcher), expected.len());
}

/// Total number of reported windows.
fn reported(watcher: &Watcher) -> usize {
    watcher.reported.lock().unwrap().iter().copied().sum()
}

#[test]
fn four_hundred_days_in_paris() {
    four_hundred_days("Europe/Paris", 1);
}

#[test]
fn four_hundred_days_in_new_york() {
    four_hundred_days("America/New_York", 2);
}

#[test]
fn two_weeks_of_drift_open_once_remind_and_recover_once() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    for number in 0..30 {
        day(&world, number, 120, if (6..20).contains(&number) { 40 } else { 0 });
        watcher.check(at(number + 1, 6));
    }
    let story: Vec<String> = watcher.events().into_iter().filter(|line| line.ends_with("AGE values")).collect();
    assert_eq!(
        story,
        [
            "10-08 Opened AGE values",
            "10-09 Reminded AGE values",
            "10-11 Reminded AGE values",
            "10-15 Reminded AGE values",
            "10-21 Recovered AGE values"
        ]
    );
    // Later emails are in the thread of the one that opened the alert.
    let told = watcher.notifications.lock().unwrap();
    let events: Vec<_> =
        told.iter().flat_map(|telling| telling.events.iter().map(|event| (telling.id.clone(), event))).collect();
    let opened = &events.iter().find(|(_, event)| format!("{:?}", event.change) == "Opened").unwrap().0;
    let answers: Vec<_> = events
        .iter()
        .filter(|(_, event)| event.finding.test.word() == "values" && format!("{:?}", event.change) != "Opened")
        .map(|(_, event)| event.thread.clone())
        .collect();
    assert_eq!(answers, vec![Some(format!("<{opened}>")); 4]);
}

#[test]
fn a_single_spike_opens_no_alert() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    for number in 0..8 {
        day(&world, number, 120, if number == 4 { 40 } else { 0 });
        watcher.check(at(number + 1, 6));
    }
    assert_eq!(watcher.events(), Vec::<String>::new());
}

#[test]
fn late_rows_revise_the_report_without_new_alerts() {
    let world = watched("alerts: {after: 1}\n");
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    watcher.check(at(2, 6));
    let opened = watcher.events();
    assert_eq!(opened, ["10-02 Opened AGE values"]);
    day(&world, 1, 150, 40);
    day(&world, 2, 120, 40);
    assert_eq!(watcher.check(at(3, 6)).reported, 2);
    assert_eq!(runs(&world).iter().map(|(_, _, revision)| *revision).collect::<Vec<_>>(), [0, 1, 0]);
    assert!(!watcher.events().iter().skip(1).any(|line| line.contains("Opened") || line.contains("10-02")));
    // Without changes, nothing is done.
    assert_eq!(watcher.check(at(3, 7)).reported, 0);
    // Windows beyond the last three are not revised.
    for number in 3..6 {
        day(&world, number, 120, 0);
    }
    watcher.check(at(6, 6));
    day(&world, 0, 10, 0);
    assert_eq!(watcher.check(at(6, 7)).reported, 0);
}

#[test]
fn missing_data_is_reported_except_on_usually_quiet_days() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    // 2026-10-01 is a Thursday: Sundays are days 3, 10, 17, 24, 31.
    for number in 0..33 {
        let is_sunday = number % 7 == 3;
        let quiet = number == 29;
        let few = number == 30;
        if !is_sunday && !quiet {
            day(&world, number, if few { 52 } else { 130 }, 0);
        }
        watcher.check(at(number + 1, 6));
    }
    let story = watcher.events();
    let silences: Vec<_> = story.iter().filter(|line| line.contains("no_data")).collect();
    assert_eq!(
        silences,
        [
            "10-04 Opened - no_data",
            "10-05 Recovered - no_data",
            "10-11 Opened - no_data",
            "10-12 Recovered - no_data",
            "10-18 Opened - no_data",
            "10-19 Recovered - no_data",
            "10-30 Opened - no_data",
            "10-31 Recovered - no_data"
        ],
        "three Sundays establish the usual Sunday"
    );
    let ledger = watcher.ledger().view(|entry| entry.live_alerts(None)).unwrap();
    assert!(ledger.iter().all(|alert| alert.finding.test.word() != "too_few"), "{ledger:?}");
    // Less than half of the median of Saturdays for a single day: pending, then dropped.
    assert!(!story.iter().any(|line| line.contains("volume")), "{story:?}");
}

/// Every weekday has been quiet for weeks, so none of them counts as usually quiet.
#[test]
fn a_log_that_has_stopped_never_counts_as_usual() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    for number in 0..45 {
        watcher.check(at(number + 1, 6));
    }
    let story = watcher.events();
    let (opened, rest) = story.split_first().unwrap();
    assert_eq!(opened, "10-02 Opened - no_data");
    assert!(!rest.is_empty() && rest.iter().all(|line| line.contains("Reminded - no_data")), "{story:?}");
    let open = watcher.ledger().view(|entry| entry.live_alerts(None)).unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
}

#[test]
fn a_missing_source_alerts_and_recovers() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    watcher.check(at(1, 6));
    fs::rename(world.path("log"), world.path("elsewhere")).unwrap();
    let gone = watcher.check(at(2, 6));
    assert_eq!((gone.reported, gone.failed), (0, 1));
    // There is no report, but the list of reports shows the error.
    let list = fs::read_to_string(world.path("reports/index.html")).unwrap();
    assert!(list.contains("no such file or directory"), "{list}");
    fs::rename(world.path("elsewhere"), world.path("log")).unwrap();
    day(&world, 1, 120, 0);
    assert_eq!(watcher.check(at(2, 7)).reported, 1);
    assert_eq!(watcher.events(), ["10-02 Opened - source", "10-02 Recovered - source"]);
    assert!(runs(&world).iter().all(|(_, outcome, _)| outcome == "told"));
}

#[test]
fn unwritable_reports_fail_the_run_and_recover() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    world.file("reports", "a file where the folder should be");
    let stuck = watcher.check(at(1, 6));
    assert_eq!((stuck.reported, stuck.failed), (0, 1));
    // A retry counts as the same window; the next day is another one.
    assert_eq!(watcher.check(at(1, 7)).failed, 1);
    assert_eq!(watcher.events(), Vec::<String>::new());
    day(&world, 1, 120, 0);
    assert_eq!(watcher.check(at(2, 6)).failed, 2);
    let told = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(told.contains("failed: cannot create the folder"), "{told}");
    fs::remove_file(world.path("reports")).unwrap();
    assert_eq!(watcher.check(at(2, 8)).reported, 2);
    assert_eq!(watcher.events(), ["10-02 Opened - run_failed", "10-02 Recovered - run_failed"]);
}

#[test]
fn a_new_reference_starts_a_new_trend_line_and_resets_pending_alerts() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    watcher.check(at(2, 6));
    assert!(!watcher.ledger().view(|entry| entry.live_alerts(None)).unwrap().is_empty());
    let csv = fs::read_to_string(world.path("train.csv")).unwrap();
    world.file("train.csv", csv.lines().take(900).map(|line| format!("{line}\n")).collect::<String>());
    world.vigie(crate::support::applicants::LEARN).ok();
    day(&world, 2, 120, 40);
    watcher.check(at(3, 6));
    assert_eq!(watcher.events(), Vec::<String>::new(), "the second window in a row, but the first on this line");
    let told = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(
        told.contains("the reference changed in the window from 2026-10-03T00:00:00Z: trends start over"),
        "{told}"
    );
    let trend = watcher.ledger().view(|entry| entry.trend("m", Some("AGE"), 10)).unwrap();
    assert_eq!(trend.len(), 1);
    day(&world, 3, 120, 40);
    watcher.check(at(4, 6));
    assert_eq!(watcher.events(), ["10-04 Opened AGE values"]);
}

/// The model file changed under the same config: a new trend line, with a note in the next email.
#[test]
fn a_new_model_starts_a_new_trend_line() {
    let world = watched("");
    configure(&world, "alerts: {ignore: [parity]}\n");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("model: {name: m}", "model: {name: m, file: model.json}"));
    let mut model = crate::story::parity::model();
    world.file("model.json", model.to_string());
    let watcher = Watcher::new(&world);
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    watcher.check(at(2, 6));
    let pending = watcher.ledger().view(|entry| entry.live_alerts(None)).unwrap();
    assert!(pending.iter().any(|alert| alert.finding.test.word() == "values"), "{pending:?}");
    model["oblivious_trees"][0]["leaf_values"][0] = serde_json::json!(-0.25);
    world.file("model.json", model.to_string());
    day(&world, 2, 120, 40);
    watcher.check(at(3, 6));
    assert_eq!(watcher.events(), Vec::<String>::new(), "the second window in a row, but the first on this line");
    let told = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    let note = "the model file changed in the window from 2026-10-03T00:00:00Z: trends start over";
    assert!(told.contains(note) && told.contains("pending alerts reset: "), "{told}");
    assert_eq!(watcher.ledger().view(|entry| entry.trend("m", Some("AGE"), 10)).unwrap().len(), 1);
    // The next email has the note, although it is about a later run; the one after does not.
    for number in 3..5 {
        day(&world, number, 120, if number == 3 { 40 } else { 0 });
        watcher.check(at(number + 1, 6));
    }
    let told = watcher.notifications.lock().unwrap();
    let is_about_model = |note: &Note| matches!(note, Note::NewTrendLine { reference: false, model: true, .. });
    let notes: Vec<bool> = told.iter().map(|telling| telling.note.as_ref().is_some_and(is_about_model)).collect();
    assert_eq!(notes, [true, false], "{told:?}");
}

#[test]
fn old_reports_are_removed_except_those_of_open_alerts_and_the_example() {
    let world = watched("");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("reports: {dir: reports}", "reports: {dir: reports, keep: 5d}"));
    world.file("reports/example/report.json", "{}");
    world.file("reports/m/replay/20261001T000000Z_20261002T000000Z/report.json", "{}");
    let watcher = Watcher::new(&world);
    for number in 0..20 {
        day(&world, number, 120, if number >= 4 { 40 } else { 0 });
        watcher.check(at(number + 1, 6));
    }
    let mut left: Vec<String> = fs::read_dir(world.path("reports/m"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "replay")
        .map(|name| name[6..8].to_owned())
        .collect();
    left.sort();
    let days: Vec<String> = (5..=20).map(|day| format!("{day:02}")).collect();
    assert_eq!(left, days, "days 1 to 4 are removed, those of the open alert stay");
    assert!(world.path("reports/example/report.json").exists());
    assert!(world.path("reports/m/replay/20261001T000000Z_20261002T000000Z/report.json").exists());
    for number in 20..30 {
        day(&world, number, 120, 0);
        watcher.check(at(number + 1, 6));
    }
    assert_eq!(runs(&world).len(), 6, "five days before the newest window that holds a record");
    assert_eq!(fs::read_dir(world.path("reports/m")).unwrap().count(), 6 + 1);
}

#[test]
fn a_clock_that_ran_ahead_loses_no_report() {
    let world = watched("");
    let watcher = Watcher::new(&world);
    for number in 0..4 {
        day(&world, number, 120, 0);
    }
    watcher.check(at(2, 6));
    watcher.check(at(500, 6));
    watcher.check(at(4, 6));
    let told: Vec<Window> =
        runs(&world).into_iter().filter(|(_, outcome, _)| outcome == "told").map(|(window, ..)| window).collect();
    let days: Vec<Window> = (0..4).map(|number| Window { from: at(number, 0), to: at(number + 1, 0) }).collect();
    assert_eq!(told, days);
}

#[test]
fn a_failing_model_does_not_stop_others() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let one = |name: &str, reference: &str| {
        format!(
            "- model: {{name: {name}}}\n  reference: {reference}\n  policy: {{min_rows: 50}}\n  schedule: {{lateness: 2h, start: 2026-10-01}}\n  source:\n    path: log\n    fields: {{timestamp: ts, features: inputs, probability: p, id: id}}\n"
        )
    };
    world.file("damaged.vigie", "no reference");
    world.file("vigie.yaml", format!("models:\n{}{}", one("bad", "damaged.vigie"), one("good", "ref.vigie")));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["run", "--once", "--config", "vigie.yaml"])
        .current_dir(world.root())
        .env("VIGIE_NOW", "2026-10-02T06:00:00Z")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(world.path("reports/good/20261001T000000Z_20261002T000000Z/report.json").exists());
    let told = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(told.contains("1 open alert,") && told.contains("bad · whole run · run_failed"), "{told}");
    let check = world.vigie(&["check", "--config", "vigie.yaml"]);
    assert!(check.stderr.contains("the config defines several models: bad, good"), "{}", check.stderr);
    world
        .vigie(&["check", "--config", "vigie.yaml", "--model", "good", "--from", "2026-10-01", "--to", "2026-10-02"])
        .ok();
}

#[test]
fn a_new_ledger_starts_at_the_first_record() {
    let world = watched("");
    for number in 3..6 {
        day(&world, number, 120, 0);
    }
    let watcher = Watcher::new(&world);
    assert_eq!(watcher.check(at(7, 6)).reported, 4);
    configure(&world, "schedule: {lateness: 2h, start: 2026-10-02}\n");
    fs::remove_dir_all(world.path("state")).unwrap();
    let watcher = Watcher::new(&world);
    assert_eq!(watcher.check(at(7, 6)).reported, 6);
}
