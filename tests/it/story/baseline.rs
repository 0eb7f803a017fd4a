//! The second baseline: a jump, a slow drift since training and a return are told apart, and the verdict stays the reference's.

use std::fs;

use serde_json::{Value, json};
use vigie_profile::window::Instant;

use crate::support::{
    applicants::DAY,
    watched::{DAY_US, day, watched},
    world::World,
};

const BASELINE: &str = "baseline: {windows: 10}\n";

fn folder(number: i64) -> String {
    let at = |number: i64| Instant(DAY + number * DAY_US).compact();
    format!("reports/m/{}_{}", at(number), at(number + 1))
}

fn report(world: &World, number: i64) -> Value {
    serde_json::from_str(&fs::read_to_string(world.path(&folder(number)).join("report.json")).unwrap()).unwrap()
}

/// Checks the days of a world with these ages added.
fn checked(more: &str, shifts: &[i64]) -> World {
    let world = watched(more);
    for (number, shift) in (0..).zip(shifts) {
        day(&world, number, 120, *shift);
    }
    check(&world, shifts.len());
    world
}

fn check(world: &World, days: usize) {
    let date = |number: i64| Instant(DAY + number * DAY_US).to_string();
    let (from, to) = (date(0), date(days as i64));
    world.vigie(&["check", "--config", "vigie.yaml", "--from", &from, "--to", &to, "--each", "1d"]).ok();
}

/// The comparison of the age; `None` with too few windows.
fn age(report: &Value) -> Option<Value> {
    let features = report["baseline"]["features"].as_array().unwrap();
    features.iter().find(|feature| feature["name"] == "AGE").cloned()
}

fn pace(world: &World, number: i64) -> Value {
    age(&report(world, number)).map_or(json!("none"), |age| age["pace"].clone())
}

#[test]
fn a_jump_stays_one_while_it_lasts() {
    let shifts = [&[0; 12][..], &[40; 4], &[0; 2]].concat();
    let world = checked(BASELINE, &shifts);
    assert_eq!((pace(&world, 6), pace(&world, 7)), (json!("none"), json!(null)), "seven windows are needed");
    assert_eq!(pace(&world, 11), json!(null));
    for number in 12..16 {
        let report = report(&world, number);
        let age = age(&report).unwrap();
        assert_eq!((&age["pace"], &age["rank"], &age["windows"]), (&json!("jump"), &json!(1), &json!(10)), "{number}");
        assert_eq!(age["left_out"], number - 12);
        let since = if number == 12 { json!(null) } else { json!("2026-10-13T00:00:00Z") };
        assert_eq!(age["left_out_since"], since);
        assert!(age["psi"].as_f64().unwrap() > 1.0 && age["q_value"].as_f64().unwrap() < 1e-6, "{age}");
        assert_ne!(report["verdict"]["severity"], "stable");
    }
    // The windows that were read are listed with their revisions.
    let read = report(&world, 12)["baseline"]["windows"].as_array().unwrap().clone();
    assert_eq!(read.len(), 12);
    assert_eq!(read[0], json!({"from": "2026-10-01T00:00:00Z", "revision": 0, "to": "2026-10-02T00:00:00Z"}));
    let page = fs::read_to_string(world.path(&folder(13)).join("report.html")).unwrap();
    assert!(
        page.contains("<section id=\"recent\">") && page.contains("A jump in the window of 2026-10-13: PSI"),
        "{page}"
    );
    let findings = page.split("<section id=\"findings\">").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(findings.matches("A jump in the window").count(), 1, "with the first finding of the feature");
    // Over, like the reference; the days of the fault belong to the past.
    assert_eq!(report(&world, 17)["verdict"]["severity"], "stable");
}

#[test]
fn a_slow_drift_is_no_jump() {
    let shifts: Vec<i64> = (0..60).map(|number| number / 4).collect();
    let world = checked(BASELINE, &shifts);
    for number in 7..60 {
        let pace = pace(&world, number);
        assert!(pace == json!(null) || pace == json!("slow"), "{number}: {pace}");
    }
    let last = report(&world, 59);
    let age = age(&last).unwrap();
    assert_eq!((&age["pace"], &age["left_out"]), (&json!("slow"), &json!(0)));
    let against_reference = crate::support::world::feature(&last, "AGE")["psi"]["value"].as_f64().unwrap();
    assert!(against_reference > 0.25 && age["psi"].as_f64().unwrap() < 0.10, "{against_reference} {age}");
    let page = fs::read_to_string(world.path(&folder(59)).join("report.html")).unwrap();
    assert!(page.contains("it has drifted slowly since training, or changed long ago"), "{page}");
}

#[test]
fn a_return_to_the_reference_is_told_and_changes_no_verdict() {
    let shifts = [&[40; 12][..], &[0; 1]].concat();
    let world = checked(BASELINE, &shifts);
    assert_eq!(pace(&world, 11), json!("slow"));
    let report = report(&world, 12);
    assert_eq!(age(&report).unwrap()["pace"], "return");
    assert_eq!((&report["verdict"]["severity"], &report["verdict"]["findings"]), (&json!("stable"), &json!([])));
    let page = fs::read_to_string(world.path(&folder(12)).join("report.html")).unwrap();
    assert!(page.contains("a former change has been undone"), "{page}");
}

/// Weekends differ: against the same weekday they do not.
#[test]
fn the_same_weekday_is_compared_with_its_own() {
    // 2026-10-01 is a Thursday: days 3, 10, … are Sundays.
    let shifts: Vec<i64> = (0..39).map(|number| if number % 7 == 3 { 40 } else { 0 }).collect();
    let world = checked("baseline: {windows: 10, same_weekday: true}\n", &shifts);
    // Four Sundays are needed, and there are five before the last one.
    assert_eq!(pace(&world, 24), json!("none"));
    let sunday = age(&report(&world, 38)).unwrap();
    assert_eq!((&sunday["windows"], &sunday["pace"], &sunday["psi"]), (&json!(5), &json!("slow"), &json!(0.0)));
    let baseline = &report(&world, 38)["baseline"];
    assert_eq!((&baseline["same_weekday"], &baseline["least"]), (&json!(true), &json!(4)));
    assert_eq!(baseline["windows"][0]["from"], "2026-10-04T00:00:00Z");
}

#[test]
fn without_the_key_there_is_no_second_baseline() {
    let world = checked("", &[0; 9]);
    assert!(report(&world, 8).get("baseline").is_none());
    // The same rows again, now with it: the windows before have kept their counts.
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", format!("{config}{BASELINE}"));
    check(&world, 9);
    assert_eq!(pace(&world, 8), json!(null));
    for (wrong, message) in [
        ("baseline: {windows: 3}", "`baseline.windows` must be between 4 and 100, not 3"),
        ("baseline: {window: 28}", "unknown key `window` under `baseline` — did you mean `windows`?"),
    ] {
        world.file("vigie.yaml", format!("{config}{wrong}\n"));
        let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        let output = ran.stdout + &ran.stderr;
        assert!(ran.code == Some(2) && output.contains(message), "{output}");
    }
}
