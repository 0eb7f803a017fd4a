//! Segments: rows split by filters and levels, counted in the same pass, judged together.

use std::{fmt::Write as _, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use serde_json::Value;
use vigie::performance::Expected;
use vigie_stats::Ranked;

use crate::support::{
    draw::Draw,
    world::{World, without_run},
};

/// One applicant: sex, region, income, score, outcome.
#[derive(Clone)]
pub(crate) struct Row {
    sex: Option<&'static str>,
    region: &'static str,
    pub(crate) income: f64,
    score: f64,
    outcome: bool,
}

/// `harder`: how much higher the scores of men are.
pub(crate) fn drawn(rows: usize, seed: u64, harder: f64) -> Vec<Row> {
    let mut draw = Draw::seeded(seed);
    (0..rows)
        .map(|_| {
            let sex = match draw.below(20) {
                0 => None,
                1..=12 => Some("F"),
                _ => Some("M"),
            };
            let more = if sex == Some("M") { harder } else { 0.0 };
            let score = ((draw.uniform() * draw.uniform() + more).min(1.0) * 1e4).round() / 1e4;
            let region = ["north", "south", "isles"][if draw.chance(0.02) { 2 } else { draw.below(2) }];
            Row { sex, region, income: (draw.uniform() * 1000.0).round(), score, outcome: draw.chance(score) }
        })
        .collect()
}

/// Whether a row is in a segment.
type Is = fn(&Row) -> bool;

const SEGMENTS: &str = "segments:\n  by: [sex, region]\n  filters:\n    rich women: sex == \"F\" and income > 800\n    poor or \
                        unknown: income <= 100 or sex is missing\n";

fn train(rows: &[Row]) -> String {
    let mut text = "sex,region,income,p,y\n".to_owned();
    for row in rows {
        let sex = row.sex.unwrap_or_default();
        writeln!(text, "{sex},{},{},{},{}", row.region, row.income, row.score, u8::from(row.outcome)).unwrap();
    }
    text
}

pub(crate) fn ndjson(rows: &[Row]) -> String {
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let sex = row.sex.map_or("null".to_owned(), |sex| format!("\"{sex}\""));
        writeln!(
            text,
            r#"{{"ts":"2026-10-01T00:00:01Z","sex":{sex},"region":"{}","income":{},"p":{},"id":"r{number}"}}"#,
            row.region, row.income, row.score
        )
        .unwrap();
    }
    text
}

fn parquet(rows: &[Row], path: &std::path::Path) {
    let texts =
        |of: &dyn Fn(&Row) -> Option<String>| Arc::new(rows.iter().map(of).collect::<StringArray>()) as ArrayRef;
    let numbers = |of: fn(&Row) -> f64| Arc::new(rows.iter().map(of).collect::<Float64Array>()) as ArrayRef;
    let mut number = 0..;
    let ids: StringArray = rows.iter().map(|_| number.next().map(|number: u32| format!("r{number}"))).collect();
    let batch = RecordBatch::try_from_iter([
        ("ts", texts(&|_| Some("2026-10-01T00:00:01Z".to_owned()))),
        ("sex", texts(&|row| row.sex.map(ToOwned::to_owned))),
        ("region", texts(&|row| Some(row.region.to_owned()))),
        ("income", numbers(|row| row.income)),
        ("p", numbers(|row| row.score)),
        ("id", Arc::new(ids) as ArrayRef),
    ])
    .unwrap();
    let properties =
        parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(700)).build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// `learns`: additional arguments of `learn`.
fn world(more: &str, learns: &[&str]) -> World {
    world_with(0.0, more, learns)
}

/// A world in which men's scores are higher than women's in the reference as well.
pub(crate) fn always_unequal(more: &str) -> World {
    world_with(0.22, &format!("{SEGMENTS}{more}"), &WITH)
}

fn world_with(harder: f64, more: &str, learns: &[&str]) -> World {
    let world = World::new();
    world.file("train.csv", train(&drawn(6_000, 1, harder)));
    std::fs::create_dir(world.path("log")).unwrap();
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, threshold: 0.3}}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {{timestamp: ts, \
             probability: p, id: id}}\npolicy: {{min_rows: 100}}\nreports: {{dir: reports}}\n{more}"
        ),
    );
    let mut args = crate::story::performance::LEARN.to_vec();
    args.extend(learns);
    world.vigie(&args).ok();
    world
}

const WITH: [&str; 3] = ["--segments", "--config", "vigie.yaml"];

pub(crate) fn check(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

#[track_caller]
fn segment<'r>(report: &'r Value, name: &str) -> &'r Value {
    let list = report["segments"]["list"].as_array().unwrap();
    list.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no segment {name} in {list:?}"))
}

#[test]
fn segment_counts_match_a_manual_count() {
    let world = world(&format!("{SEGMENTS}  min_rows: 100\n"), &WITH);
    let rows = drawn(3_000, 2, 0.0);
    world.file("log/a.ndjson", ndjson(&rows));
    let report = check(&world);
    let by_hand: [(&str, Is); 7] = [
        ("sex = F", |row| row.sex == Some("F")),
        ("sex = M", |row| row.sex == Some("M")),
        ("sex missing", |row| row.sex.is_none()),
        ("region = north", |row| row.region == "north"),
        ("region = isles", |row| row.region == "isles"),
        ("rich women", |row| row.sex == Some("F") && row.income > 800.0),
        ("poor or unknown", |row| row.income <= 100.0 || row.sex.is_none()),
    ];
    for (name, is) in by_hand {
        let own: Vec<&Row> = rows.iter().filter(|row| is(row)).collect();
        let refused = own.iter().filter(|row| row.score >= 0.3).count() as f64;
        let told = segment(&report, name);
        assert_eq!(told["rows"], own.len(), "{name}");
        let share = told["refused_share"]["window"].as_f64().unwrap();
        assert!((share - refused / own.len() as f64).abs() < 1e-12, "{name}");
        let before: Vec<Row> = drawn(6_000, 1, 0.0).into_iter().filter(is).collect();
        let refused = before.iter().filter(|row| row.score >= 0.3).count() as f64;
        let share = told["refused_share"]["reference"].as_f64().unwrap();
        assert!((share - refused / before.len() as f64).abs() < 1e-12, "{name}");
    }
    let isles = segment(&report, "region = isles");
    assert_eq!(isles["null_reasons"]["score"], "fewer than 100 rows");
    assert!(isles["severity"].is_null() && isles["disparity"].is_null());
    assert!(segment(&report, "sex = F")["score"]["psi"]["value"].is_f64());
    assert_eq!(report["verdict"]["findings"].as_array().unwrap().len(), 0, "{}", report["verdict"]);
    // Segments add their own section and change nothing else.
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.split("segments:").next().unwrap());
    let mut without = without_run(check(&world));
    assert_eq!(without["segments"], Value::Null);
    let mut with = without_run(report);
    for report in [&mut with, &mut without] {
        report.as_object_mut().unwrap().remove("segments");
    }
    assert_eq!(with, without);
}

#[test]
fn formats_threads_and_duplicates_give_the_same_segments() {
    let world = world(SEGMENTS, &WITH);
    let rows = drawn(3_000, 3, 0.1);
    world.file("log/a.ndjson", ndjson(&rows));
    let report = without_run(check(&world));
    let lines = ndjson(&rows);
    let backwards: Vec<&str> = lines.lines().rev().collect();
    world.file("log/a.ndjson", backwards.join("\n"));
    for threads in ["1", "3"] {
        assert_eq!(without_run(world.check_with("2026-10-01", "2026-10-02", &["--threads", threads])), report);
    }
    // Each id twice: duplicate records count once.
    world.file("log/b.ndjson", ndjson(&rows));
    assert_eq!(without_run(check(&world))["segments"], report["segments"]);
    std::fs::remove_file(world.path("log/a.ndjson")).unwrap();
    std::fs::remove_file(world.path("log/b.ndjson")).unwrap();
    parquet(&rows, &world.path("log/a.parquet"));
    let apart = without_run(check(&world));
    assert_eq!(apart["segments"], report["segments"]);
    assert_eq!(apart["verdict"], report["verdict"]);
}

/// A window in which men's scores are higher than they were.
pub(crate) fn unequal() -> World {
    let world = world(SEGMENTS, &WITH);
    world.file("log/a.ndjson", ndjson(&drawn(4_000, 4, 0.22)));
    world
}

#[test]
fn a_segment_that_moves_and_is_refused_more_often_is_found() {
    let world = unequal();
    let report = check(&world);
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let of = |test: &str| -> Vec<&str> {
        findings.iter().filter(|one| one["test"] == test).filter_map(|one| one["segment"].as_str()).collect()
    };
    assert_eq!(of("segment_score").first(), Some(&"sex = M"), "{findings:?}");
    assert!(!of("segment_score").contains(&"sex = F"), "{findings:?}");
    assert_eq!(of("disparity"), ["sex = M"], "{findings:?}");
    assert!(findings.iter().all(|one| one["feature"] != "sex = M"), "a segment is not a feature");
    let men = segment(&report, "sex = M");
    assert_eq!(men["disparity"]["against"], "sex = F");
    let ratio = men["disparity"]["ratio"].as_f64().unwrap();
    assert!(ratio < 0.8 && men["disparity"]["high"].as_f64().unwrap() > ratio);
    assert!(men["disparity"]["q_value"].as_f64().unwrap() <= 0.01);
    assert_eq!(segment(&report, "sex = F")["severity"], "stable");
    let trend =
        std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/trend.ndjson")).unwrap();
    assert!(trend.lines().nth(2).unwrap().contains("sex = M"), "{trend}");
    let page = std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    assert!(page.contains(r#"<section id="segments">"#) && page.contains("rich women"));
    // And in French.
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("reports: {dir: reports}", "reports: {dir: reports, language: fr}"));
    check(&world);
    let page = std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    for words in ["taux d’acceptation égal à", "le score de ses", "rapporté au plus favorisé"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("times as often"));
}

#[test]
fn without_drift_segments_have_no_findings() {
    let world = world(SEGMENTS, &WITH);
    let mut found = 0;
    for seed in 100..140 {
        world.file("log/a.ndjson", ndjson(&drawn(2_000, seed, 0.0)));
        let report = check(&world);
        let findings = report["verdict"]["findings"].as_array().unwrap();
        found += findings.iter().filter(|one| one["segment"].is_string()).count();
    }
    assert!(found <= 1, "{found} findings about segments in 40 windows without drift");
}

#[test]
fn a_reference_without_segments_is_the_reason_for_a_missing_score() {
    let world = world(SEGMENTS, &[]);
    world.file("log/a.ndjson", ndjson(&drawn(3_000, 5, 0.3)));
    let report = check(&world);
    let men = segment(&report, "sex = M");
    assert!(men["score"].is_null());
    assert!(men["null_reasons"]["score"].as_str().unwrap().contains("vigie learn --segments"), "{men}");
    assert!(men["disparity"]["ratio"].is_f64(), "figures that need no reference are there");
}

#[test]
fn labels_are_joined_per_segment() {
    let world = world(&format!("{SEGMENTS}labels: {{path: labels.csv, id: id, target: y}}\n"), &WITH);
    let rows = drawn(3_000, 6, 0.0);
    world.file("log/a.ndjson", ndjson(&rows));
    let mut labels = "id,y\n".to_owned();
    rows.iter()
        .enumerate()
        .take(2_000)
        .for_each(|(n, row)| writeln!(labels, "r{n},{}", u8::from(row.outcome)).unwrap());
    world.file("labels.csv", labels);
    let by_lines = check(&world);
    let known: Vec<&Row> = rows.iter().take(2_000).filter(|row| row.sex == Some("F")).collect();
    let cost: f64 = known
        .iter()
        .map(|row| match (row.score >= 0.3, row.outcome) {
            (false, true) => 10.0,
            (true, false) => 1.0,
            _ => 0.0,
        })
        .sum();
    let women = &segment(&by_lines, "sex = F")["realised"];
    assert_eq!((&women["rows"], women["cost"].as_f64()), (&Value::from(known.len()), Some(cost)));
    assert!(women["auc"]["low"].as_f64().unwrap() < women["auc"]["value"].as_f64().unwrap());
    // The same with columns read separately, and with duplicate ids.
    std::fs::remove_file(world.path("log/a.ndjson")).unwrap();
    parquet(&rows, &world.path("log/a.parquet"));
    assert_eq!(check(&world)["segments"], by_lines["segments"]);
    parquet(&rows, &world.path("log/b.parquet"));
    assert_eq!(check(&world)["segments"], by_lines["segments"]);
}

#[test]
fn each_segment_has_an_expected_cost() {
    let all = SEGMENTS.replace("  filters:\n", "  filters:\n    all: income >= 0\n");
    let world = world(&format!("{all}labels: {{path: labels.csv, id: id, target: y}}\n"), &WITH);
    let rows = drawn(8_000, 8, 0.22);
    world.file("log/a.ndjson", ndjson(&rows));
    let report = check(&world);
    let cost = |name: &str, key: &str| segment(&report, name)["expected"]["cost_per_1000"][key].as_f64().unwrap();
    // A segment of all rows has the cost and the band of all rows.
    for key in ["value", "low", "high"] {
        let whole = report["cost"]["expected"]["per_1000"][key].as_f64().unwrap();
        assert!((cost("all", key) - whole).abs() < 1e-9 * whole, "{key}");
    }
    // The costs of the parts add up to the whole, also in the reference.
    let rows_of = |names: &[&str]| -> Vec<f64> {
        names.iter().map(|name| segment(&report, name)["rows"].as_f64().unwrap()).collect()
    };
    let parts = ["sex = F", "sex = M", "sex missing"];
    let sum: f64 = parts.iter().zip(rows_of(&parts)).map(|(name, rows)| rows * cost(name, "value")).sum();
    assert!((sum / 8_000.0 - cost("all", "value")).abs() < 1e-9 * sum);
    let before = drawn(6_000, 1, 0.0);
    let learnt: [(&str, Is); 3] = [
        ("sex = F", |row| row.sex == Some("F")),
        ("sex = M", |row| row.sex == Some("M")),
        ("sex missing", |row| row.sex.is_none()),
    ];
    let rows_learnt = |is: Is| before.iter().filter(|row| is(row)).count() as f64;
    let sum: f64 = learnt.iter().map(|(name, is)| rows_learnt(*is) * cost(name, "reference")).sum();
    assert!((sum / 6_000.0 - cost("all", "reference")).abs() < 1e-9 * sum);
    // Each equals the expected cost of its rows alone.
    let known =
        crate::story::performance::known(&before.iter().map(|row| (row.score, row.outcome)).collect::<Vec<_>>());
    let filters: [(&str, Is); 2] = [
        ("rich women", |row| row.sex == Some("F") && row.income > 800.0),
        ("poor or unknown", |row| row.income <= 100.0 || row.sex.is_none()),
    ];
    for (name, is) in learnt.iter().chain(&filters) {
        let own: Vec<f64> = rows.iter().filter(|row| is(row)).map(|row| row.score).collect();
        let alone = Expected::new(&Ranked::new(own), &known, crate::story::performance::TERMS).unwrap().cost_per_1000;
        for (key, wanted) in [("value", alone.value), ("low", alone.low), ("high", alone.high)] {
            assert!((cost(name, key) - wanted).abs() < 1e-9 * wanted, "{name}: {key}");
        }
    }
    // Only men's scores are higher now.
    assert!(cost("sex = M", "value") > 1.05 * cost("sex = M", "reference"));
    let women = segment(&report, "sex = F");
    assert!((cost("sex = F", "value") / cost("sex = F", "reference") - 1.0).abs() < 0.05, "{women}");
    // Outcomes arrive as expected, and are shown next to the estimate.
    assert!(women["realised"].is_null());
    let labels = |rows: &[Row]| {
        let each = rows.iter().enumerate().map(|(n, row)| format!("r{n},{}\n", u8::from(row.outcome)));
        format!("id,y\n{}", each.collect::<String>())
    };
    world.file("labels.csv", labels(&rows));
    let report = check(&world);
    let women = segment(&report, "sex = F");
    let known = women["realised"]["cost_per_1000"]["value"].as_f64().unwrap();
    let band = &women["expected"]["cost_per_1000"];
    assert!(band["low"].as_f64().unwrap() < known && known < band["high"].as_f64().unwrap(), "{women}");
    let page = std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    for words in ["Cost by segment", "cost per 1,000 from labels (95% CI)", "a segment that repays better, or worse"] {
        assert!(page.contains(words), "{words}");
    }
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("reports: {dir: reports}", "reports: {dir: reports, language: fr}"));
    check(&world);
    let page = std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    for words in ["Coût par segment", "d’après les étiquettes (IC à 95", "rembourse mieux, ou moins bien"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn without_outcomes_no_segment_has_an_expected_cost() {
    let world = world(SEGMENTS, &WITH);
    world.file("log/a.ndjson", ndjson(&drawn(2_000, 9, 0.0)));
    let args: Vec<&str> = crate::story::performance::LEARN.iter().copied().chain(WITH).collect();
    let target = args.iter().position(|arg| *arg == "--target").unwrap();
    let bare: Vec<&str> =
        args.iter().enumerate().filter(|(n, _)| *n != target && *n != target + 1).map(|(_, arg)| *arg).collect();
    std::fs::remove_file(world.path("ref.vigie")).unwrap();
    world.vigie(&bare).ok();
    let report = check(&world);
    let women = segment(&report, "sex = F");
    assert!(women["expected"].is_null());
    assert!(women["null_reasons"]["expected"].as_str().unwrap().contains("--target"), "{women}");
}

#[test]
fn invalid_segments_are_rejected_with_a_hint() {
    let refused = |segments: &str| {
        let world = world("", &[]);
        world.file("log/a.ndjson", ndjson(&drawn(300, 7, 0.0)));
        let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
        world.file("vigie.yaml", format!("{config}segments: {segments}\n"));
        let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
        assert_eq!(ran.code, Some(2), "{segments}: {}", ran.stdout);
        ran.stderr
    };
    for (segments, why) in [
        ("{by: [age]}", "segments.by: the reference has no feature `age`; available: sex, region, income"),
        (
            "{filters: {rich: incme > 3}}",
            "segments.filters.rich: the reference has no feature `incme`; did you mean `income`? Available: income, sex, region",
        ),
        ("{by: [income]}", "vigie: segments.by: `income` is numeric; use filters"),
        ("{filters: {a: sex > 3}}", "vigie: segments.filters.a: `sex` is categorical"),
        ("{filters: {a: 'income == \"x\"'}}", "`income` is numeric"),
        ("{filters: {a: sex = 3}}", "write `==`"),
        ("{filters: {a: sex == F}}", "put text in quotes"),
        ("{min_rows: 100}", "`segments` defines no segments"),
        ("{by: [sex], min_rows: 5}", "at least 20"),
        ("{by: [sex], wher: {}}", "wher"),
    ] {
        let said = refused(segments);
        assert!(said.contains(why), "{segments}: {said}");
    }
    let world = world("", &[]);
    let args = [
        "learn",
        "--data",
        "train.csv",
        "--probability",
        "p",
        "--out",
        "b.vigie",
        "--segments",
        "--config",
        "vigie.yaml",
    ];
    let ran = world.vigie(&args);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("defines none"), "{}", ran.stderr);
}
