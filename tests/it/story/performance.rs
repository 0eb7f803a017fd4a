//! Costs: by labels joined by id, and estimated without labels.

use std::fmt::Write as _;

use serde_json::Value;
use vigie::performance::{Expected, Terms};
use vigie_profile::decision::HighScore;
use vigie_stats::{Outcomes, Price, Ranked};

use crate::support::{draw::Draw, world::World};

pub(crate) const TERMS: Terms = Terms {
    threshold: 0.3,
    price: Price { false_negative: 10.0, false_positive: 1.0 },
    beta: 1.0,
    high_score: HighScore::Bad,
};

/// Scores with outcomes, which are more frequent than the scores say.
pub(crate) fn scored(rows: usize, seed: u64) -> Vec<(f64, bool)> {
    let mut draw = Draw::seeded(seed);
    (0..rows)
        .map(|_| {
            let score = (draw.uniform() * draw.uniform() * 1e4).round() / 1e4;
            (score, draw.chance(0.03 + 0.9 * score))
        })
        .collect()
}

pub(crate) fn known(rows: &[(f64, bool)]) -> Outcomes {
    Outcomes::from_rows(rows.iter().copied())
}

pub(crate) fn world(rows: &[(f64, bool)], more: &str) -> World {
    let world = World::new();
    let mut train = "x,p,y\n".to_owned();
    for (score, outcome) in scored(4_000, 1) {
        writeln!(train, "{},{score},{}", score * 2.0, u8::from(outcome)).unwrap();
    }
    world.file("train.csv", train);
    world.vigie(&["learn", "--data", "train.csv", "--target", "y", "--probability", "p", "--out", "ref.vigie"]).ok();
    let mut log = String::new();
    for (number, (score, _)) in rows.iter().enumerate() {
        writeln!(log, r#"{{"ts":"2026-10-01T00:00:01Z","x":{},"p":{score},"id":"r{number}"}}"#, score * 2.0).unwrap();
    }
    world.file("log/day.ndjson", log);
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, threshold: 0.3}}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {{timestamp: ts, \
             probability: p, id: id}}\npolicy: {{min_rows: 100}}\nreports: {{dir: reports}}\n{more}"
        ),
    );
    world
}

pub(crate) const LABELS: &str = "labels: {path: labels, id: id, target: y}\n";

pub(crate) fn check(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

pub(crate) fn near(value: &Value, wanted: f64) {
    let got = value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"));
    assert!((got - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{got}, not {wanted}");
}

#[test]
fn late_partial_and_dirty_labels() {
    let rows = scored(1_000, 7);
    let world = world(&rows, LABELS);
    std::fs::create_dir(world.path("labels")).unwrap();
    // Without labels, everything else is there, and the report has the reason.
    let report = check(&world);
    assert_eq!(report["performance"]["realised"], Value::Null);
    assert_eq!(report["performance"]["realised_reason"], "none of the 1000 used rows has a label");
    // Half of the labels arrive, in two kinds of file, with every kind of error.
    let mut csv = "y,id\n".to_owned();
    for (number, (_, outcome)) in rows.iter().enumerate().take(300) {
        writeln!(csv, "{}.0,r{number}", u8::from(*outcome)).unwrap();
    }
    csv += "1,nobody\n0,\n2,r900\nmaybe,r901\n,r902\n";
    writeln!(csv, "{},r0\n{},r1", u8::from(rows[0].1), u8::from(!rows[1].1)).unwrap();
    world.file("labels/a.csv", csv);
    let mut json = String::new();
    for (number, (_, outcome)) in rows.iter().enumerate().take(500).skip(300) {
        writeln!(json, r#"{{"id":"r{number}","y":{outcome}}}"#).unwrap();
    }
    world.file("labels/b.ndjson", json);
    let report = check(&world);
    let labels = &report["performance"]["labels"];
    let counts = ["matched", "read", "elsewhere", "without_id", "duplicates", "contradictory", "invalid", "pending"];
    let got: Vec<u64> = counts.iter().map(|key| labels[*key].as_u64().unwrap()).collect();
    assert_eq!(got, [499, 507, 1, 1, 1, 1, 2, 1], "{labels}");
    assert!(report["run"]["revision"].as_u64().unwrap() >= 1, "labels that came revise the window's report");
    near(&labels["coverage"], 0.499);

    // Computed independently, row by row.
    let known: Vec<(f64, bool)> = rows.iter().take(500).enumerate().filter(|(n, _)| *n != 1).map(|(_, r)| *r).collect();
    let count = |refused: bool, outcome: bool| {
        known.iter().filter(|(score, is)| (*score >= 0.3) == refused && *is == outcome).count() as f64
    };
    let (missed, wrongly) = (count(false, true), count(true, false));
    let realised = &report["performance"]["realised"];
    let confusion = &realised["confusion"];
    assert_eq!(confusion["false_negatives"].as_f64(), Some(missed));
    assert_eq!(confusion["false_positives"].as_f64(), Some(wrongly));
    near(&report["cost"]["realised"]["total"]["value"], 10.0 * missed + wrongly);
    near(&report["cost"]["realised"]["per_1000"]["value"], 1000.0 * (10.0 * missed + wrongly) / 499.0);
    near(&realised["recall"]["value"], count(true, true) / (count(true, true) + missed));
    near(&realised["precision"]["value"], count(true, true) / (count(true, true) + wrongly));
    let (mut pairs, mut won) = (0.0, 0.0);
    for (score, _) in known.iter().filter(|(_, is)| *is) {
        for (other, _) in known.iter().filter(|(_, is)| !is) {
            pairs += 1.0;
            won += if score > other {
                1.0
            } else if score < other {
                0.0
            } else {
                0.5
            };
        }
    }
    near(&realised["auc"]["value"], won / pairs);
    assert!(report["cost"]["realised"]["saving"].as_f64().unwrap() >= 0.0);
    let page = std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    assert!(page.contains("Performance and cost") && page.contains("from labels, 49.9% of rows"), "{page}");
}

#[test]
fn unreadable_labels_are_only_a_finding() {
    let world = world(&scored(500, 3), LABELS);
    let told = |report: &Value| {
        let findings = report["verdict"]["findings"].as_array().unwrap();
        let reasons = findings.iter().map(|finding| finding["reason"].as_str().unwrap().to_owned());
        reasons.filter(|reason| reason.contains("labels.")).collect::<Vec<_>>()
    };
    // Labels may still arrive in an existing folder, as one file or many.
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let path = |path: &str| world.file("vigie.yaml", config.replace("path: labels,", &format!("path: \"{path}\",")));
    std::fs::create_dir(world.path("empty")).unwrap();
    for place in ["labels", "labels.parquet", "empty", "empty/*.csv", "*/y=1/*.parquet"] {
        path(place);
        let report = check(&world);
        assert_eq!(told(&report), Vec::<String>::new(), "{place}");
        let labels = &report["performance"]["labels"];
        assert!(labels["not_yet"].as_str().unwrap().ends_with(place), "{labels}");
        assert_eq!((&labels["matched"], &labels["coverage"]), (&Value::from(0), &Value::from(0.0)));
        let page = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html");
        assert!(std::fs::read_to_string(page).unwrap().contains("Labels: none have arrived yet"), "{place}");
        assert!(world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout.contains("no problem"));
    }
    // Labels that cannot arrive are a mistake that the operator has to fix.
    world.file("empty/readme.txt", "not a table");
    for (place, said) in [
        (
            "nowhere/labels.csv",
            "neither the path nor its parent folder exists; set it to the file, folder or glob where labels arrive",
        ),
        (
            "nowhere/*.csv",
            "the folder for the labels does not exist; set it to the file, folder or glob where labels arrive",
        ),
        (
            "empty",
            "has no readable file (.parquet, .ndjson, .jsonl or .csv, optionally with .gz or .zst); it contains only 1 file of another type",
        ),
    ] {
        path(place);
        let report = check(&world);
        assert!(told(&report).concat().contains(said), "{place}: {:?}", told(&report));
        assert_eq!(report["performance"]["labels"]["not_yet"], Value::Null);
    }
    let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert_eq!(ran.code, Some(0), "a folder of other files is no mistake of the config: {}", ran.stderr);
    path("nowhere/labels.csv");
    let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert!(
        ran.stderr.contains("`labels.path`: ") && ran.stderr.contains("no such file or directory"),
        "{}",
        ran.stderr
    );
    path("labels");
    world.file("labels/a.csv", "id,wrong\nr1,1\n");
    let report = check(&world);
    assert!(report["performance"]["labels"]["unreadable"][0].as_str().unwrap().contains("no column `y`"));
    // The headline says what is wrong: the names of columns are no values of rows.
    let verdict = report["verdict"]["sentence"].as_str().unwrap();
    assert!(
        verdict.contains("labels could not be used: ") && verdict.contains("labels/a.csv has no column `y`"),
        "{verdict}"
    );
    assert!(report["performance"]["estimated"]["auc"]["value"].is_f64());
}

#[test]
fn without_labels_the_cost_is_estimated() {
    let rows = scored(2_000, 11);
    let world = world(&rows, "");
    let report = check(&world);
    assert_eq!(report["performance"]["realised_reason"], "no labels are configured");
    let cost = &report["cost"]["expected"]["total"];
    let truth: f64 = rows
        .iter()
        .map(|(score, is)| if *score < 0.3 && *is { 10.0 } else { f64::from(u8::from(*score >= 0.3 && !is)) })
        .sum();
    assert!(cost["low"].as_f64().unwrap() <= truth && truth <= cost["high"].as_f64().unwrap(), "{truth}: {cost}");
    assert!(report["performance"]["estimated"]["assumption"].as_str().unwrap().contains("concept drift"));
    assert!(report["verdict"]["findings"].as_array().unwrap().iter().all(|finding| finding["test"] != "cost"));
}

#[test]
fn scores_closer_to_the_threshold_raise_the_expected_cost() {
    // Accepted, but close to the threshold: each has a higher expected cost.
    let rows: Vec<(f64, bool)> = scored(2_000, 5).iter().map(|(score, is)| (0.1 + score * 0.19, *is)).collect();
    let report = check(&world(&rows, ""));
    let finding =
        report["verdict"]["findings"].as_array().unwrap().iter().find(|one| one["test"] == "cost").unwrap().clone();
    assert_eq!(finding["severity"], "alarm");
    assert!(finding["reason"].as_str().unwrap().starts_with("the expected cost of decisions rose by"), "{finding}");
}

#[test]
fn expected_costs_match_real_ones_without_concept_drift() {
    let reference = known(&scored(10_000, 100));
    let (mut inside, mut expected, mut realised) = (0, 0.0, 0.0);
    for window in 0..100 {
        let rows = scored(1_000, 200 + window);
        let scores: Vec<f64> = rows.iter().map(|(score, _)| *score).collect();
        let told = Expected::new(&Ranked::new(scores.clone()), &reference, TERMS).unwrap();
        let truth: f64 = rows
            .iter()
            .map(|(score, is)| if *score < 0.3 && *is { 10.0 } else { f64::from(u8::from(*score >= 0.3 && !is)) })
            .sum();
        inside += u32::from(told.cost.contains(truth));
        expected += told.cost.value;
        realised += truth;
    }
    assert!((expected / realised - 1.0).abs() < 0.10, "{expected} expected, {realised} realised");
    assert!(inside >= 90, "{inside} of 100 windows inside their band");
}

#[test]
fn a_missing_target_is_the_reason_for_a_missing_estimate() {
    let world = world(&scored(500, 2), "");
    world.vigie(&["learn", "--data", "train.csv", "--ignore", "y", "--probability", "p", "--out", "ref.vigie"]).ok();
    let report = check(&world);
    assert_eq!(report["performance"]["estimated"], Value::Null);
    assert!(report["performance"]["estimated_reason"].as_str().unwrap().contains("--target"));
}

/// A cost just below its limit keeps an open alert open, so that it does not recover and reopen every day.
#[test]
fn a_cost_close_to_its_limit_keeps_an_alert_open() {
    let near = |scale: f64, base: f64| {
        let rows: Vec<(f64, bool)> = scored(4_000, 5).iter().map(|(score, is)| (base + score * scale, *is)).collect();
        let world = world(&rows, "");
        let settings = vigie::config::Settings::load(&world.path("vigie.yaml")).unwrap();
        let day = vigie_profile::window::Window::new(
            vigie_profile::window::Instant(crate::support::applicants::DAY),
            vigie_profile::window::Instant(crate::support::applicants::DAY + 86_400_000_000),
        );
        let asked = vigie::monitor::RunRequest { window: day, now: vigie_profile::window::Instant::now() };
        let looking = vigie::monitor::ScanOptions { threads: 1, progress: &|_, _| () };
        let report = vigie::monitor::examine(&settings, asked, looking).unwrap();
        let found = report.verdict.findings.iter().find(|found| found.test == vigie::judge::Test::Cost).cloned();
        let near = vigie::alert::nearness(&report);
        (found, near.get(&(vigie::judge::Subject::Run, vigie::judge::Test::Cost)).copied())
    };
    // Far above the limit: nearness is the finding's value divided by the watch limit.
    let (found, over) = near(0.19, 0.1);
    let found = found.unwrap();
    let limit = vigie::judge::Policy::default().cost.watch.unwrap();
    assert!((over.unwrap() - found.value.unwrap() / limit).abs() < 1e-9, "{over:?} {found:?}");
    // The reference's own scores: no significant change.
    let (found, even) = near(1.0, 0.0);
    assert!(found.is_none() && even.is_none_or(|share| share < vigie::alert::RECOVERY_SHARE), "{even:?}");
    // In between, there is no finding any more, but an open alert stays open.
    let wavers =
        (0..60).map(|step| near(1.0 - f64::from(step) * 0.005, f64::from(step) * 0.001)).any(|(found, near)| {
            found.is_none() && near.is_some_and(|near| (vigie::alert::RECOVERY_SHARE..1.0).contains(&near))
        });
    assert!(wavers, "no window between 80 % and the limit");
}

#[test]
fn undefined_figures_are_null_with_a_reason() {
    let rows: Vec<(f64, bool)> = scored(600, 21).into_iter().filter(|(score, _)| *score < 0.3).collect();
    let world = world(&rows, LABELS);
    let labels: String = (0..rows.len()).fold("id,y\n".to_owned(), |all, number| format!("{all}r{number},0\n"));
    world.file("labels/a.csv", labels);
    let report = check(&world);
    let realised = &report["performance"]["realised"];
    for (key, why) in [
        ("auc", "the labelled rows have only one outcome"),
        ("average_precision", "no labelled row is positive"),
        ("recall", "no labelled row is positive"),
        ("precision", "no labelled row was refused"),
        ("f_beta", "no labelled row is positive or refused"),
    ] {
        assert_eq!((&realised[key], realised["null_reasons"][key].as_str()), (&Value::Null, Some(why)), "{key}");
    }
    let estimated = &report["performance"]["estimated"];
    assert_eq!(estimated["precision"]["value"], Value::Null);
    assert_eq!(estimated["null_reasons"]["precision.value"], "no row is refused");
    assert!(estimated["precision"]["reference"].as_f64().unwrap() > 0.0, "{estimated}");
}

#[test]
fn the_performance_section_is_translated_into_french() {
    let rows = scored(700, 31);
    let french = world(&rows, LABELS);
    let config = std::fs::read_to_string(french.path("vigie.yaml")).unwrap();
    french.file("vigie.yaml", config.replace("reports: {dir: reports}", "reports: {dir: reports, language: fr}"));
    let labels: String =
        rows.iter().enumerate().fold("id,y\n".to_owned(), |all, (n, (_, is))| format!("{all}r{n},{}\n", u8::from(*is)));
    french.file("labels/a.csv", labels);
    check(&french);
    let page = std::fs::read_to_string(french.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    let section = page.split(r#"<section id="performance">"#).nth(1).unwrap().split("</section>").next().unwrap();
    for words in [
        "Performance et coût",
        "Le coût attendu de ces décisions",
        "coût pour 1\u{202f}000",
        "rappel",
        "Étiquettes\u{a0}:",
    ] {
        assert!(section.contains(words), "{words}: {section}");
    }
    for english in ["expected", "recall", "reference", "Labels", "rows", "cost"] {
        assert!(!section.contains(english), "{english}: {section}");
    }
}

#[test]
fn later_empty_windows_are_reported_in_json() {
    let world = world(&scored(500, 41), "");
    let told = world.vigie(&["check", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["run"]["empty_later"]["from"], "2026-10-02T00:00:00Z");
    assert_eq!(check(&world)["run"]["empty_later"], Value::Null, "a window was asked for");
}

/// Learns from hold-out rows with their outcomes.
pub(crate) const LEARN: [&str; 11] =
    ["learn", "--data", "train.csv", "--target", "y", "--probability", "p", "--holdout", "yes", "--out", "ref.vigie"];

#[test]
fn a_lower_auc_is_found_by_labels_and_by_estimates() {
    // Half of the outcomes no longer depend on the score: only labels can show it.
    let mut draw = Draw::seeded(51);
    let rows: Vec<(f64, bool)> = scored(4_000, 52)
        .into_iter()
        .map(|(score, is)| (score, if draw.chance(0.5) { draw.chance(0.25) } else { is }))
        .collect();
    let world = world(&rows, LABELS);
    world.vigie(&LEARN).ok();
    let labels: String =
        rows.iter().enumerate().fold("id,y\n".to_owned(), |all, (n, (_, is))| format!("{all}r{n},{}\n", u8::from(*is)));
    let report = check(&world);
    let of_auc = |report: &Value| -> Vec<Value> {
        report["verdict"]["findings"].as_array().unwrap().iter().filter(|one| one["test"] == "auc").cloned().collect()
    };
    assert_eq!(of_auc(&report), Vec::<Value>::new(), "without labels nobody can know");
    world.file("labels/a.csv", labels);
    let report = check(&world);
    let [finding] = of_auc(&report).try_into().unwrap();
    assert_eq!(finding["severity"], "alarm");
    let reason = finding["reason"].as_str().unwrap();
    assert!(reason.starts_with("the AUC of labelled rows fell by"), "{reason}");
    // Scores that are close together imply a lower AUC by themselves.
    let rows: Vec<(f64, bool)> = scored(4_000, 53).iter().map(|(score, is)| (0.2 + score * 0.2, *is)).collect();
    let report = check(&self::world(&rows, ""));
    let [finding] = of_auc(&report).try_into().unwrap();
    assert!(finding["reason"].as_str().unwrap().starts_with("the expected AUC fell by"), "{finding}");
}

/// A training table whose outcomes follow the raw score with a slope of `odds`, and whose scores are shifted by `moved`.
fn table(odds: f64, moved: f64) -> String {
    let mut draw = Draw::seeded(61);
    let mut text = "x,p,y\n".to_owned();
    for _ in 0..6_000 {
        let raw = draw.normal() * 0.8 - 1.5;
        let chance = |raw: f64| 1.0 / (1.0 + (-raw).exp());
        writeln!(text, "{raw},{},{}", chance(raw + moved), u8::from(draw.chance(chance(odds * raw)))).unwrap();
    }
    text
}

#[test]
fn learn_warns_about_an_optimistic_auc() {
    let stderr_of = |table: String, holdout: &str| {
        let world = World::new();
        world.file("train.csv", table);
        let args = LEARN.map(|arg| if arg == "yes" { holdout } else { arg });
        world.vigie(&args).ok().stderr
    };
    let warning = "but the scores imply";
    // Under-confident scores of hold-out rows look the same, so neither is asserted.
    let unknown = stderr_of(table(2.0, 0.0), "unknown");
    assert!(unknown.contains(warning) && unknown.contains("either the scores are under-confident"), "{unknown}");
    let held_out = stderr_of(table(2.0, 0.0), "yes");
    assert!(!held_out.contains("AUC"), "no accusation of rows that were held out: {held_out}");
    // Class weights in training shift all scores without changing the implied AUC.
    assert!(stderr_of(table(2.0, 1.7), "no").contains(warning));
    for (odds, moved) in [(1.0, 0.0), (1.0, 1.7), (0.7, 0.0)] {
        let told = stderr_of(table(odds, moved), "yes");
        assert!(!told.contains("the scores imply"), "{odds}, {moved}: {told}");
    }
    assert!(stderr_of(table(1.0, 0.0), "unknown").contains("--holdout yes"));
}
