//! From drift to money: labels joined by id, and what is expected without them.

use std::fmt::Write as _;

use serde_json::Value;
use vigie::performance::{Expected, Terms};
use vigie_stats::{Outcomes, Price, Ranked};

use crate::support::{draw::Draw, world::World};

pub(crate) const TERMS: Terms =
    Terms { threshold: 0.3, price: Price { false_negative: 10.0, false_positive: 1.0 }, beta: 1.0 };

/// Scores, and whether each came true: more often than it says.
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
    Outcomes::of(rows.iter().copied())
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
    let got = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((got - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{got}, not {wanted}");
}

#[test]
fn labels_come_late_partial_and_dirty() {
    let rows = scored(1_000, 7);
    let world = world(&rows, LABELS);
    std::fs::create_dir(world.path("labels")).unwrap();
    // No label yet: everything else stands, and the report says why there is nothing.
    let report = check(&world);
    assert_eq!(report["performance"]["realised"], Value::Null);
    assert_eq!(report["performance"]["realised_reason"], "none of the 1000 used rows has a label");
    // Half of them come, in two kinds of file, with everything that can be wrong.
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

    // The same by hand, row by row.
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
    assert!(page.contains("Performance and money") && page.contains("by labels of 49.9\u{a0}% of rows"), "{page}");
}

#[test]
fn labels_that_cannot_be_read_are_a_finding_and_no_more() {
    let world = world(&scored(500, 3), LABELS);
    let told = |report: &Value| {
        let findings = report["verdict"]["findings"].as_array().unwrap();
        let reasons = findings.iter().map(|finding| finding["reason"].as_str().unwrap().to_owned());
        reasons.filter(|reason| reason.contains("labels.")).collect::<Vec<_>>()
    };
    // They may still come: into a folder that is there, as a file or as many.
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
        assert!(std::fs::read_to_string(page).unwrap().contains("Labels: none has come yet"), "{place}");
        assert!(world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout.contains("no problem"));
    }
    // They cannot: that is for somebody to mend.
    world.file("empty/readme.txt", "not a table");
    for (place, said) in [
        (
            "nowhere/labels.csv",
            "neither it nor the folder that it should come into is there; set it to where labels come",
        ),
        ("nowhere/*.csv", "the folder that labels should come into is not there; set it to where labels come"),
        (
            "empty",
            "holds no file that can be read (.parquet .ndjson .jsonl .csv, also with .gz or .zst); 1 other files",
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
    assert!(ran.stderr.contains("`labels.path`: ") && ran.stderr.contains("no such file or folder"), "{}", ran.stderr);
    path("labels");
    world.file("labels/a.csv", "id,wrong\nr1,1\n");
    let report = check(&world);
    assert!(report["performance"]["labels"]["unreadable"][0].as_str().unwrap().contains("no column `y`"));
    // The headline names it; why stands below.
    let verdict = report["verdict"]["sentence"].as_str().unwrap();
    assert!(verdict.contains("left out: labels.target") && !verdict.contains("no column"), "{verdict}");
    assert!(report["performance"]["estimated"]["auc"]["value"].is_f64());
}

#[test]
fn without_labels_the_cost_is_expected() {
    let rows = scored(2_000, 11);
    let world = world(&rows, "");
    let report = check(&world);
    assert_eq!(report["performance"]["realised_reason"], "the config names no labels");
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
fn a_score_that_rises_towards_the_threshold_costs_and_is_told() {
    // Accepted, but nearly refused: each is expected to cost more.
    let rows: Vec<(f64, bool)> = scored(2_000, 5).iter().map(|(score, is)| (0.1 + score * 0.19, *is)).collect();
    let report = check(&world(&rows, ""));
    let finding =
        report["verdict"]["findings"].as_array().unwrap().iter().find(|one| one["test"] == "cost").unwrap().clone();
    assert_eq!(finding["severity"], "alarm");
    assert!(finding["reason"].as_str().unwrap().starts_with("the expected cost of decisions rose by"), "{finding}");
}

#[test]
fn expected_costs_are_near_the_real_ones_where_scores_mean_what_they_meant() {
    let reference = known(&scored(10_000, 100));
    let (mut inside, mut expected, mut realised) = (0, 0.0, 0.0);
    for window in 0..100 {
        let rows = scored(1_000, 200 + window);
        let scores: Vec<f64> = rows.iter().map(|(score, _)| *score).collect();
        let told = Expected::of(&Ranked::of(scores.clone()), &reference, TERMS).unwrap();
        let truth: f64 = rows
            .iter()
            .map(|(score, is)| if *score < 0.3 && *is { 10.0 } else { f64::from(u8::from(*score >= 0.3 && !is)) })
            .sum();
        inside += u32::from(told.cost.contains(truth));
        expected += told.cost.value;
        realised += truth;
        // Concept drift is what no score can tell: the estimate does not know of the labels.
    }
    assert!((expected / realised - 1.0).abs() < 0.10, "{expected} expected, {realised} came");
    assert!(inside >= 90, "{inside} of 100 windows inside their band");
}

#[test]
fn a_reference_without_a_target_says_what_it_lacks() {
    let world = world(&scored(500, 2), "");
    world.vigie(&["learn", "--data", "train.csv", "--ignore", "y", "--probability", "p", "--out", "ref.vigie"]).ok();
    let report = check(&world);
    assert_eq!(report["performance"]["estimated"], Value::Null);
    assert!(report["performance"]["estimated_reason"].as_str().unwrap().contains("--target"));
}

/// What costs nearly as much as the limit allows is near it, so that an alert that is open wavers once and not each day.
#[test]
fn a_cost_near_its_limit_is_near_its_limit() {
    let near = |scale: f64, base: f64| {
        let rows: Vec<(f64, bool)> = scored(4_000, 5).iter().map(|(score, is)| (base + score * scale, *is)).collect();
        let world = world(&rows, "");
        let settings = vigie::config::Settings::load(&world.path("vigie.yaml")).unwrap();
        let day = vigie_profile::window::Window::new(
            vigie_profile::window::Instant(crate::support::applicants::DAY),
            vigie_profile::window::Instant(crate::support::applicants::DAY + 86_400_000_000),
        );
        let asked = vigie::monitor::Asked { window: day, now: vigie_profile::window::Instant::now() };
        let looking = vigie::monitor::Looking { threads: 1, progress: &|_, _| () };
        let report = vigie::monitor::examine(&settings, asked, looking).unwrap();
        let found = report.verdict.findings.iter().find(|found| found.test == vigie::judge::Test::Cost).cloned();
        let near = vigie::alert::nearness(&report);
        (found, near.get(&(None, vigie::judge::Test::Cost)).copied())
    };
    // Far over: the nearness is the finding's value over the watch limit.
    let (found, over) = near(0.19, 0.1);
    let found = found.unwrap();
    let limit = vigie::judge::Policy::default().cost.watch.unwrap();
    assert!((over.unwrap() - found.value.unwrap() / limit).abs() < 1e-9, "{over:?} {found:?}");
    // The reference's own scores: nothing that chance would not explain.
    let (found, even) = near(1.0, 0.0);
    assert!(found.is_none() && even.is_none_or(|share| share < vigie::alert::WELL), "{even:?}");
    // Somewhere between there is no finding any more, and an open alert stays open.
    let wavers = (0..60)
        .map(|step| near(1.0 - f64::from(step) * 0.005, f64::from(step) * 0.001))
        .any(|(found, near)| found.is_none() && near.is_some_and(|near| (vigie::alert::WELL..1.0).contains(&near)));
    assert!(wavers, "no window between 80 % and the limit");
}

#[test]
fn what_is_not_defined_is_null_with_a_reason_and_the_references_own_figure_stands() {
    let rows: Vec<(f64, bool)> = scored(600, 21).into_iter().filter(|(score, _)| *score < 0.3).collect();
    let world = world(&rows, LABELS);
    let labels: String = (0..rows.len()).fold("id,y\n".to_owned(), |all, number| format!("{all}r{number},0\n"));
    world.file("labels/a.csv", labels);
    let report = check(&world);
    let realised = &report["performance"]["realised"];
    for (key, why) in [
        ("auc", "only one outcome among the labelled rows"),
        ("average_precision", "no labelled row came true"),
        ("recall", "no labelled row came true"),
        ("precision", "no labelled row was refused"),
        ("f_beta", "no labelled row came true or was refused"),
    ] {
        assert_eq!((&realised[key], realised["null_reasons"][key].as_str()), (&Value::Null, Some(why)), "{key}");
    }
    let estimated = &report["performance"]["estimated"];
    assert_eq!(estimated["precision"]["value"], Value::Null);
    assert_eq!(estimated["null_reasons"]["precision.value"], "no row is refused");
    assert!(estimated["precision"]["reference"].as_f64().unwrap() > 0.0, "{estimated}");
}

#[test]
fn the_page_speaks_french_of_money_too() {
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
    for words in
        ["Performance et coût", "On attend de ces décisions un coût", "coût pour 1 000", "rappel", "Étiquettes :"]
    {
        assert!(section.contains(words), "{words}: {section}");
    }
    for english in ["expected", "recall", "reference", "Labels", "rows", "cost"] {
        assert!(!section.contains(english), "{english}: {section}");
    }
}

#[test]
fn windows_without_a_record_after_the_one_looked_at_are_told_in_json() {
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
fn a_score_that_ranks_worse_is_found_by_labels_and_by_what_scores_promise() {
    // Half of the outcomes say nothing of the score any more: only labels can tell.
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
    assert!(reason.starts_with("the AUC, by the rows with labels, fell by"), "{reason}");
    // Scores that crowd together promise less by themselves.
    let rows: Vec<(f64, bool)> = scored(4_000, 53).iter().map(|(score, is)| (0.2 + score * 0.2, *is)).collect();
    let report = check(&self::world(&rows, ""));
    let [finding] = of_auc(&report).try_into().unwrap();
    assert!(finding["reason"].as_str().unwrap().starts_with("the expected AUC fell by"), "{finding}");
}

/// Scores that are the model's promise, and outcomes that follow with `odds` times as much certainty.
fn lesson(odds: f64, moved: f64) -> String {
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
fn learn_says_when_scores_rank_better_than_they_promise() {
    let said = |table: String, holdout: &str| {
        let world = World::new();
        world.file("train.csv", table);
        let args = LEARN.map(|arg| if arg == "yes" { holdout } else { arg });
        world.vigie(&args).ok().stderr
    };
    let warning = "and the scores themselves promise";
    assert!(said(lesson(2.0, 0.0), "unknown").contains(warning));
    assert!(said(lesson(2.0, 0.0), "yes").contains("make sure that they were held out"));
    // Classes weighted in training move all scores, and promise no less for it.
    assert!(said(lesson(2.0, 1.7), "no").contains(warning));
    for (odds, moved) in [(1.0, 0.0), (1.0, 1.7), (0.7, 0.0)] {
        let told = said(lesson(odds, moved), "yes");
        assert!(!told.contains("promise"), "{odds}, {moved}: {told}");
    }
    assert!(said(lesson(1.0, 0.0), "unknown").contains("--holdout yes"));
}
