//! Limits on the Wasserstein and Jensen–Shannon distances, from the config to findings, page and refinement.

use std::{fmt::Write as _, fs};

use serde_json::Value;
use vigie::{judge::Measure, report::Language};

use crate::{
    page::snapshots::drifted,
    support::{
        draw::Draw,
        world::{World, feature},
    },
};

const NEW: [&str; 2] = ["wasserstein", "jensen_shannon"];

/// Runs the check with these keys added to the policy.
fn check_with_policy(world: &World, keys: &str) -> Value {
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("min_rows: 100", &format!("min_rows: 100, {keys}")));
    let report = world.check("2026-10-01", "2026-10-02");
    world.file("vigie.yaml", config);
    report
}

fn findings(report: &Value) -> Vec<&Value> {
    report["verdict"]["findings"].as_array().unwrap().iter().collect()
}

fn is_new(finding: &Value) -> bool {
    NEW.iter().any(|word| finding["test"] == *word)
}

fn page(world: &World) -> String {
    fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap()
}

#[test]
fn limits_open_findings_and_leave_the_others_as_they_are() {
    let world = drifted();
    let plain = world.check("2026-10-01", "2026-10-02");
    assert!(!findings(&plain).into_iter().any(is_new), "{}", plain["verdict"]);
    let report = check_with_policy(
        &world,
        "wasserstein: {watch: 0.3}, features: {INCOME: {jensen_shannon: {watch: 0.1, alarm: 0.9}}}",
    );
    let (new, old): (Vec<&Value>, Vec<&Value>) = findings(&report).into_iter().partition(|finding| is_new(finding));
    assert_eq!(old, findings(&plain));
    let mut found: Vec<(&str, &str)> =
        new.iter().map(|one| (one["feature"].as_str().unwrap(), one["test"].as_str().unwrap())).collect();
    found.sort_unstable();
    assert_eq!(found, [("INCOME", "jensen_shannon"), ("INCOME", "wasserstein")], "no other feature has moved so far");
    let income = feature(&report, "INCOME");
    for finding in new {
        let (value, q, test) = match finding["test"].as_str() {
            Some("wasserstein") => {
                (&income["wasserstein"]["normalised"], &income["ks"]["q_value"], "(test: KS distance)")
            }
            _ => (&income["jensen_shannon"]["value"], &income["psi"]["q_value"], "(test: PSI)"),
        };
        assert_eq!((&finding["value"], &finding["q_value"]), (value, q));
        let reason = finding["reason"].as_str().unwrap();
        assert!(reason.ends_with(test), "{reason}");
    }
    for (before, after) in plain["features"].as_array().unwrap().iter().zip(report["features"].as_array().unwrap()) {
        assert_eq!(before["q_value"], after["q_value"], "the family of tests is the same");
    }
}

#[test]
fn every_measure_is_on_the_page_in_both_languages() {
    let world = drifted();
    world.check("2026-10-01", "2026-10-02");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    for language in [Language::English, Language::French] {
        world.file(
            "vigie.yaml",
            config.replace("dir: reports", &format!("dir: reports, language: {}", language.code())),
        );
        check_with_policy(&world, "wasserstein: {watch: 0.3}");
        let page = page(&world).replace("&#39;", "'").replace('’', "'");
        for measure in Measure::ALL.iter().copied() {
            let name = match (measure, language) {
                (Measure::Missing, Language::English) => "missing",
                (Measure::Missing, Language::French) => "manquants",
                _ => language.measure_name(measure),
            };
            assert!(page.contains(&format!("<tr><th>{name}<td>")), "{name} is not on the page");
        }
        assert!(page.contains("\u{a0}σ"), "a distance in standard deviations");
    }
}

#[test]
fn a_limit_between_the_bounds_is_decided_by_the_exact_distance() {
    let world = World::new();
    let mut draw = Draw::seeded(11);
    let mut lines = |rows: usize, std: f64, prefix: &str| {
        let mut text = String::new();
        for _ in 0..rows {
            let _ = writeln!(text, "{prefix}{}", draw.normal() * std);
        }
        text
    };
    world.file("train.csv", format!("x\n{}", lines(8_000, 1.0, "")));
    world.file("log/a.csv", format!("ts,x\n{}", lines(20_000, 1.2, "1790812800,")));
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie"]).ok();
    world.config("path: log\nfields: {timestamp: ts}\n");
    let plain = world.check("2026-10-01", "2026-10-02");
    let x = feature(&plain, "x");
    let number = |value: &Value| value.as_f64().unwrap();
    let distance = &x["wasserstein"];
    assert_eq!((&x["severity"], &distance["exact"]), (&Value::from("stable"), &Value::from(false)), "{distance}");
    let std = number(&x["summary"]["reference"]["std"]);
    let bounds = ["lower_bound", "upper_bound"].map(|key| number(&distance[key]) / std);
    let limit = f64::midpoint(bounds[0], bounds[1]);
    let report = check_with_policy(&world, &format!("features: {{x: {{wasserstein: {{watch: {limit}}}}}}}"));
    let x = feature(&report, "x");
    assert_eq!(x["wasserstein"]["exact"], true, "{}", x["wasserstein"]);
    let value = number(&x["wasserstein"]["normalised"]);
    assert!(bounds[0] <= value && value <= bounds[1], "{value} is not in {bounds:?}");
    assert_eq!(x["severity"], if value >= limit { "watch" } else { "stable" });
    let report = check_with_policy(&world, &format!("wasserstein: {{watch: {}}}", bounds[1] * 1.01));
    assert_eq!(feature(&report, "x")["wasserstein"]["exact"], false, "its severity is known from the bounds");
}
