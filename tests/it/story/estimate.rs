//! Estimates compared with known outcomes, for this window and earlier ones; and the cost of each threshold.

use std::fmt::Write as _;

use serde_json::Value;
use vigie::performance::Expected;
use vigie_stats::Ranked;

use crate::{
    story::performance::{LABELS, TERMS, check, known, near, scored, world},
    support::world::World,
};

/// Writes labels of all rows, with those of the first `flipped` rows inverted.
pub(crate) fn labels(world: &World, rows: &[(f64, bool)], flipped: usize) {
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
fn only_labels_reveal_concept_drift() {
    let rows = scored(2_000, 21);
    let world = world(&rows, LABELS);
    labels(&world, &rows, 0);
    let before = check(&world);
    let against = |report: &Value| report["performance"]["estimate_against_labels"].clone();
    assert_eq!(against(&before)["cost_per_1000"]["inside"], true, "{}", against(&before));
    assert_eq!((&against(&before)["auc"]["inside"], &against(&before)["surprise"]), (&Value::Bool(true), &Value::Null));
    // The same scores, but the outcomes of the first 600 rows are inverted.
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
    assert!(
        page(&world, "20261001", "20261002").contains("dérive de concept, ou changement que le score ne capte pas")
    );
}

#[test]
fn an_estimate_is_compared_with_the_labelled_rows_only() {
    let rows = scored(2_000, 22);
    let world = world(&rows, LABELS);
    labels(&world, rows.get(..700).unwrap(), 0);
    let told = check(&world)["performance"]["estimate_against_labels"].clone();
    // Computed independently: the estimate for these 700 rows alone.
    let reference = known(&scored(4_000, 1));
    let scores: Vec<f64> = rows.iter().take(700).map(|(score, _)| *score).collect();
    let alone = Expected::new(&Ranked::new(scores.clone()), &reference, TERMS).unwrap();
    near(&told["rows"], 700.0);
    for (key, want) in
        [("value", alone.cost_per_1000.value), ("low", alone.cost_per_1000.low), ("high", alone.cost_per_1000.high)]
    {
        let got = told["cost_per_1000"]["estimated"][key].as_f64().unwrap();
        assert!((got - want).abs() < 1e-9, "{key}: {got}, not {want}");
    }
}

#[test]
fn the_page_compares_estimates_with_outcomes_of_past_windows() {
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
    // Without labels, two estimates are drawn, and the table has no rows.
    let drawn = estimate(&page(&world, "20261002", "20261003")).unwrap();
    assert!(drawn.matches("<rect").count() == 2 && !drawn.contains("<tr>"), "{drawn}");
    // Labels of the first day arrive: its report is revised, and the next page of the second day shows them.
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
    // A lost trend file is replaced from the report itself.
    std::fs::remove_file(world.path("reports/m/20261001T000000Z_20261002T000000Z/trend.ndjson")).unwrap();
    world.check("2026-10-02", "2026-10-03");
    assert_eq!(estimate(&page(&world, "20261002", "20261003")).unwrap(), shown);
}

#[test]
fn learn_shows_the_cost_of_each_threshold() {
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
    // Without a config, prices and threshold have defaults. When learning, the table is printed as well.
    near(&json(&[])["threshold"], 0.5);
    let learn =
        ["learn", "--data", "train.csv", "--target", "y", "--probability", "p", "--out", "ref.vigie", "--show", "cost"];
    let text = world.vigie(&learn).ok().stdout;
    assert!(
        text.starts_with("ref.vigie: 1 feature (1 numeric")
            && text.contains("← in use")
            && text.contains("\ncheapest: "),
        "{text}"
    );
    assert_eq!(text.lines().filter(|line| line.contains("%  ")).count(), 21, "{text}");
    // Without outcomes, an error.
    world.vigie(&["learn", "--data", "train.csv", "--ignore", "y", "--probability", "p", "--out", "none.vigie"]).ok();
    let ran = world.vigie(&["learn", "--show", "cost", "--out", "none.vigie"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("none.vigie was built without outcomes"), "{}", ran.stderr);
    // The page shows the curve.
    check(&world);
    assert!(page(&world, "20261001", "20261002").contains("Cost of each threshold"));
}
