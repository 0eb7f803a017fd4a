//! From drift to money: labels joined by id, and what is expected without them.

use std::fmt::Write as _;

use serde_json::Value;
use vigie::{
    performance::{Expected, Terms},
    reference::ByOutcome,
    stats::Price,
};

use crate::{draw::Draw, lab::distinct, world::World};

const TERMS: Terms = Terms { threshold: 0.3, price: Price { false_negative: 10.0, false_positive: 1.0 }, beta: 1.0 };

/// Scores, and whether each came true: more often than it says.
fn scored(rows: usize, seed: u64) -> Vec<(f64, bool)> {
    let mut draw = Draw::seeded(seed);
    (0..rows)
        .map(|_| {
            let score = (draw.uniform() * draw.uniform() * 1e4).round() / 1e4;
            (score, draw.chance(0.03 + 0.9 * score))
        })
        .collect()
}

fn by_outcome(rows: &[(f64, bool)]) -> ByOutcome {
    let of = |outcome: bool| {
        distinct(&rows.iter().filter(|(_, is)| *is == outcome).map(|(score, _)| *score).collect::<Vec<_>>())
    };
    ByOutcome { positives: of(true), negatives: of(false) }
}

fn world(rows: &[(f64, bool)], more: &str) -> World {
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

const LABELS: &str = "labels: {path: labels, id: id, target: y}\n";

fn check(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

fn near(value: &Value, wanted: f64) {
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
    assert!(page.contains("Performance and money") && page.contains("by labels of 49.9 % of rows"), "{page}");
}

#[test]
fn labels_that_cannot_be_read_are_a_finding_and_no_more() {
    let world = world(&scored(500, 3), LABELS);
    let report = check(&world);
    let findings = report["verdict"]["findings"].as_array().unwrap();
    assert!(
        findings.iter().any(|f| f["test"] == "source" && f["reason"].as_str().unwrap().contains("labels")),
        "{findings:?}"
    );
    world.file("labels/a.csv", "id,wrong\nr1,1\n");
    let report = check(&world);
    assert!(report["performance"]["labels"]["unreadable"][0].as_str().unwrap().contains("no column `y`"));
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
    let reference = by_outcome(&scored(10_000, 100));
    let (mut inside, mut expected, mut realised) = (0, 0.0, 0.0);
    for window in 0..100 {
        let rows = scored(1_000, 200 + window);
        let scores: Vec<f64> = rows.iter().map(|(score, _)| *score).collect();
        let told = Expected::of(&scores, &reference, TERMS).unwrap();
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

/// Labels of all rows, those of the first `flipped` turned round.
fn labels(world: &World, rows: &[(f64, bool)], flipped: usize) {
    let mut csv = "id,y\n".to_owned();
    for (number, (_, outcome)) in rows.iter().enumerate() {
        writeln!(csv, "r{number},{}", u8::from(*outcome != (number < flipped))).unwrap();
    }
    world.file("labels/all.csv", csv);
}

fn page(world: &World, from: &str, to: &str) -> String {
    std::fs::read_to_string(world.path(&format!("reports/m/{from}T000000Z_{to}T000000Z/report.html"))).unwrap()
}

#[test]
fn concept_drift_is_what_only_labels_can_see() {
    let rows = scored(2_000, 21);
    let world = world(&rows, LABELS);
    labels(&world, &rows, 0);
    let before = check(&world);
    let against = |report: &Value| report["performance"]["estimate_against_labels"].clone();
    assert_eq!(against(&before)["cost_per_1000"]["inside"], true, "{}", against(&before));
    assert_eq!((&against(&before)["auc"]["inside"], &against(&before)["surprise"]), (&Value::Bool(true), &Value::Null));
    // The same scores, but of the first 600 rows every outcome is the other one.
    labels(&world, &rows, 600);
    let after = check(&world);
    assert_eq!(after["cost"]["expected"], before["cost"]["expected"], "no estimate can see it");
    assert_eq!(after["performance"]["estimated"], before["performance"]["estimated"]);
    let moved = |report: &Value| report["cost"]["realised"]["per_1000"]["value"].as_f64().unwrap();
    assert!(moved(&after) > 1.5 * moved(&before), "{} {}", moved(&after), moved(&before));
    let told = against(&after);
    assert_eq!(
        (&told["cost_per_1000"]["inside"], &told["auc"]["inside"]),
        (&Value::Bool(false), &Value::Bool(false)),
        "{told}"
    );
    let sentence = told["surprise"].as_str().unwrap();
    assert!(sentence.contains("no estimate without them can see") && sentence.contains("concept drift"), "{sentence}");
    assert!(page(&world, "20261001", "20261002").contains(sentence));
    let french = std::fs::read_to_string(world.path("vigie.yaml"))
        .unwrap()
        .replace("{dir: reports}", "{dir: reports, language: fr}");
    world.file("vigie.yaml", french);
    check(&world);
    assert!(page(&world, "20261001", "20261002").contains("dérive de concept, ou autre chose"));
}

#[test]
fn an_estimate_is_held_against_the_rows_whose_labels_have_come() {
    let rows = scored(2_000, 22);
    let world = world(&rows, LABELS);
    labels(&world, rows.get(..700).unwrap(), 0);
    let told = check(&world)["performance"]["estimate_against_labels"].clone();
    // The same by hand: the estimate of these 700 rows alone.
    let reference = by_outcome(&scored(4_000, 1));
    let scores: Vec<f64> = rows.iter().take(700).map(|(score, _)| *score).collect();
    let alone = Expected::of(&scores, &reference, TERMS).unwrap();
    near(&told["rows"], 700.0);
    for (key, want) in
        [("value", alone.cost_per_1000.value), ("low", alone.cost_per_1000.low), ("high", alone.cost_per_1000.high)]
    {
        let got = told["cost_per_1000"]["estimated"][key].as_f64().unwrap();
        assert!((got - want).abs() < 1e-9, "{key}: {got}, not {want}");
    }
}

#[test]
fn the_page_shows_estimate_against_truth_for_past_windows() {
    let rows = scored(1_000, 23);
    let world = world(&rows, LABELS);
    let later = std::fs::read_to_string(world.path("log/day.ndjson"))
        .unwrap()
        .replace("2026-10-01", "2026-10-02")
        .replace("\"r", "\"s");
    world.file("log/later.ndjson", later);
    check(&world);
    world.check("2026-10-02", "2026-10-03");
    let estimate = |page: &str| {
        page.split("<section id=\"estimate\">").nth(1).map(|part| part.split("</section>").next().unwrap().to_owned())
    };
    // No labels yet: two estimates are drawn, and no row is in the table.
    let drawn = estimate(&page(&world, "20261002", "20261003")).unwrap();
    assert!(drawn.matches("<rect").count() == 2 && !drawn.contains("<tr>"), "{drawn}");
    // Labels of the first day come: its report is revised, and the next page of the second day shows them.
    labels(&world, &rows, 0);
    let first = check(&world);
    world.check("2026-10-02", "2026-10-03");
    let shown = estimate(&page(&world, "20261002", "20261003")).unwrap();
    let realised = first["cost"]["realised"]["per_1000"]["value"].as_f64().unwrap();
    assert!(
        shown.contains("<th scope=\"row\">2026-10-01</th>") && !shown.contains("<th scope=\"row\">2026-10-02</th>"),
        "{shown}"
    );
    let trend =
        std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/trend.ndjson")).unwrap();
    let head: Value = serde_json::from_str(trend.lines().next().unwrap()).unwrap();
    assert!((head["performed"]["cost_realised"].as_f64().unwrap() - realised).abs() < 1e-5, "{realised}: {head}");
    // A point that is lost is made up for from the report itself.
    std::fs::remove_file(world.path("reports/m/20261001T000000Z_20261002T000000Z/trend.ndjson")).unwrap();
    world.check("2026-10-02", "2026-10-03");
    assert_eq!(estimate(&page(&world, "20261002", "20261003")).unwrap(), shown);
}

#[test]
fn learn_shows_what_each_threshold_would_cost() {
    let world = world(&scored(10, 2), "");
    let json = |more: &[&str]| -> Value {
        let args = [&["learn", "--show", "cost", "--out", "ref.vigie", "--format", "json"], more].concat();
        serde_json::from_str(&world.vigie(&args).ok().stdout).unwrap()
    };
    let told = json(&["--config", "vigie.yaml"]);
    // Brute force over the rows of the reference.
    let rows = scored(4_000, 1);
    let cost = |threshold: f64| -> f64 {
        rows.iter()
            .map(
                |(score, is)| {
                    if *score < threshold && *is { 10.0 } else { f64::from(u8::from(*score >= threshold && !is)) }
                },
            )
            .sum()
    };
    for point in told["points"]["rows"].as_array().unwrap() {
        near(&point[1], cost(point[0].as_f64().unwrap()) / 4.0);
    }
    assert_eq!(told["points"]["rows"].as_array().unwrap().len(), 101);
    let least = rows.iter().map(|(score, _)| cost(*score)).fold(f64::INFINITY, f64::min);
    near(&told["cheapest"]["per_1000"], least / 4.0);
    near(&told["per_1000"], cost(0.3) / 4.0);
    near(&told["threshold"], 0.3);
    let (low, high) = (told["cheapest"]["low"].as_f64().unwrap(), told["cheapest"]["high"].as_f64().unwrap());
    assert!((low..=high).contains(&told["cheapest"]["threshold"].as_f64().unwrap()));
    // Without a config, prices and threshold are the defaults; while learning, it is shown besides.
    near(&json(&[])["threshold"], 0.5);
    let learn =
        ["learn", "--data", "train.csv", "--target", "y", "--probability", "p", "--out", "ref.vigie", "--show", "cost"];
    let text = world.vigie(&learn).ok().stdout;
    assert!(
        text.starts_with("ref.vigie: 1 features") && text.contains("← in use") && text.contains("\ncheapest: "),
        "{text}"
    );
    assert_eq!(text.lines().filter(|line| line.contains(" %  ")).count(), 21, "{text}");
    // Where nothing is known of outcomes, a sentence.
    world.vigie(&["learn", "--data", "train.csv", "--ignore", "y", "--probability", "p", "--out", "none.vigie"]).ok();
    let ran = world.vigie(&["learn", "--show", "cost", "--out", "none.vigie"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("none.vigie does not know how its rows turned out"), "{}", ran.stderr);
    // The page draws it.
    check(&world);
    assert!(page(&world, "20261001", "20261002").contains("What each threshold would cost"));
}
