//! The same rows give the same bytes, in any order, split over any files, read by any number of threads.

use serde_json::Value;

use crate::support::{
    applicants::{Applicant, LEARN, applicants, training_csv},
    draw::Draw,
    world::{World, without_run},
};

const SOURCE: &str =
    "path: log\nfields: {timestamp: ts, features: inputs, probability: p, latency_ms: ms, id: id, status: status}\n";

fn line(one: &Applicant) -> String {
    let status = if one.id.ends_with('7') { 500 } else { 200 };
    let line = serde_json::json!({
        "ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": one.probability, "ms": one.latency_ms, "status": status,
    });
    format!("{line}\n")
}

/// Rows with drift, so that KS distances are refined; some ids occur twice, and some lines are truncated.
fn lines() -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (row, mut one) in applicants(3_000, 11).into_iter().enumerate() {
        one.income = one.income.map(|income| (income * 130.0).round() / 100.0);
        lines.push(line(&one));
        if row % 50 == 0 {
            // An exact duplicate.
            lines.push(line(&one));
        }
        if row % 70 == 0 {
            // The same id with different content, once later and once at the same time.
            one.at += 1_000_000;
            one.age += 7;
            lines.push(line(&one));
            one.at -= 1_000_000;
            lines.push(line(&one));
        }
        if row % 90 == 0 {
            lines.push(format!("{{\"torn\": {row}\n"));
        }
    }
    lines
}

fn text(world: &World, threads: &str) -> String {
    let report = world.check_with("2026-10-01", "2026-10-02", &["--threads", threads]);
    serde_json::to_string_pretty(&without_run(report)).unwrap()
}

#[test]
fn order_files_and_threads_do_not_change_a_byte() {
    let world = World::new();
    world.file("train.csv", training_csv(5_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    let mut lines = lines();
    world.file("log/all.ndjson", lines.concat());
    let expected = text(&world, "1");
    let parsed: Value = serde_json::from_str(&expected).unwrap();
    assert_eq!(parsed["window"]["rejected"]["duplicate"], 60 + 2 * 43);
    assert_eq!(parsed["window"]["rejected"]["malformed"], 34);
    assert!(parsed["window"]["rejected"]["failed"].as_u64().unwrap() > 250);
    let income = crate::support::world::feature(&parsed, "INCOME");
    assert_eq!(income["ks"]["exact"], true, "a finding's distance is exact");
    assert_eq!(income["wasserstein"]["exact"], true);
    assert_ne!(income["severity"], "stable");

    let mut draw = Draw::seeded(3);
    for (files, threads) in [(1, "2"), (3, "4"), (17, "3"), (40, "1")] {
        draw.shuffle(&mut lines);
        std::fs::remove_dir_all(world.path("log")).unwrap();
        let mut parts = vec![String::new(); files];
        for line in &lines {
            parts[draw.below(files)].push_str(line);
        }
        for (place, part) in parts.iter().enumerate() {
            world.file(&format!("log/part-{place}.ndjson"), part);
        }
        let got = text(&world, threads);
        assert!(got == expected, "{files} files, {threads} threads: {}", first_difference(&got, &expected));
    }
}

fn first_difference(got: &str, expected: &str) -> String {
    let pair = got.lines().zip(expected.lines()).find(|(got, expected)| got != expected);
    pair.map_or("lengths differ".to_owned(), |(got, expected)| format!("{got} instead of {expected}"))
}

/// The same rows, reference, config and version give the same report, and no new revision.
#[test]
fn a_second_run_gives_the_same_report() {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config(SOURCE);
    world.file("log/all.ndjson", lines().concat());
    let first = world.check("2026-10-01", "2026-10-02");
    let second = world.check("2026-10-01", "2026-10-02");
    assert_eq!(second["run"]["revision"], 0);
    assert_eq!(without_run(first), without_run(second));
}
