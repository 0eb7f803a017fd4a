//! Which drift moved the score: restored values undo the incidents of the example, and leave unmoved values alone.

use std::fs;

use arrow_array::{StringArray, cast::AsArray, types::Float64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use serde_json::Value;
use vigie::replay::{Draws, ReferenceValues, RestorePlan, SampleColumn, Sampling, changed, restore};
use vigie_stats::correlation;

use crate::{
    story::replay::{configure, day, example, home_credit, log},
    support::{
        draw::Draw,
        world::{World, without_run},
    },
};

/// The example with attribution enabled.
fn attributing() -> World {
    let world = example();
    configure(&world, |config| config.replace("policy:\n", "policy:\n  attribution: true\n"));
    world
}

/// Writes another log, with attribution enabled.
fn log_on(world: &World, lines: &[Value]) {
    log(world, lines);
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("policy:\n", "policy:\n  attribution: true\n"));
}

fn restored<'r>(report: &'r Value, features: &[&str]) -> &'r Value {
    let all = report["attribution"]["score_shift"]["restored"].as_array().unwrap();
    let of = |one: &&Value| {
        let mut names: Vec<&str> =
            one["features"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        names.sort_unstable();
        names == features
    };
    all.iter().find(of).unwrap_or_else(|| panic!("{features:?} in {all:?}"))
}

#[test]
fn restoring_drifted_features_restores_the_decisions() {
    let world = attributing();
    let expected: Value = serde_json::from_str(&fs::read_to_string(home_credit("expected.json")).unwrap()).unwrap();
    let mut days = 0;
    for day in expected["days"].as_array().unwrap().iter().filter(|day| !day["before"].is_null()) {
        days += 1;
        let report = world.check(day["from"].as_str().unwrap(), day["to"].as_str().unwrap());
        let shift = &report["attribution"]["score_shift"];
        let share = shift["window"]["share_refused"].as_f64().unwrap();
        assert!((share - day["share_refused"].as_f64().unwrap()).abs() < 1e-6, "{share}");
        let mut drifted: Vec<&str> = day["features"].as_object().unwrap().keys().map(String::as_str).collect();
        drifted.sort_unstable();
        let back = restored(&report, &drifted);
        let off =
            back["share_refused"]["restored"].as_f64().unwrap() - day["before"]["share_refused"].as_f64().unwrap();
        assert!(off.abs() <= 0.003, "{}: {off} away from the rows before the incident, {back}", day["date"]);
        let mean = back["mean_score"]["restored"].as_f64().unwrap() - day["before"]["mean_score"].as_f64().unwrap();
        assert!(mean.abs() <= 0.003, "{}: {mean}", day["date"]);
        // Features without drift are not changed beyond chance.
        for one in shift["restored"].as_array().unwrap().iter().filter(|one| one["drifted"] == false) {
            for figure in ["mean_score", "share_refused", "expected_cost_per_1000"] {
                let (moved, chance) =
                    (one[figure]["change"].as_f64().unwrap(), one[figure]["by_chance"].as_f64().unwrap());
                assert!(moved.abs() <= chance, "{} {}: {one}", day["date"], one["features"]);
            }
        }
        // Sorted by change. The duration is in the `run` section, which may differ between runs.
        let sizes: Vec<f64> = shift["restored"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["mean_score"]["change"].as_f64().unwrap().abs())
            .collect();
        assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1]), "{sizes:?}");
        assert!(report["run"]["attribution_seconds"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(days, 5, "every incident of the inputs");
}

#[test]
fn a_single_drifted_feature_is_identified() {
    // The log of 2026-10-14 with its original AMT_CREDIT: only AMT_ANNUITY is larger, by half.
    let world = attributing();
    let file = fs::File::open(home_credit("incident_amounts_before.parquet")).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    let text = |name: &str| -> StringArray {
        let column = arrow_cast::cast(batch.column_by_name(name).unwrap(), &arrow_schema::DataType::Utf8).unwrap();
        column.as_string::<i32>().clone()
    };
    let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
    let (ids, credits, before) = (text("request_id"), number("AMT_CREDIT"), number("probability"));
    let mut lines = day("2026-10-14");
    for line in &mut lines {
        let id = line["request_id"].as_str().unwrap_or_default().to_owned();
        if let Some(row) = ids.iter().position(|own| own == Some(id.as_str())) {
            line["inputs"]["AMT_CREDIT"] = credits.value(row).into();
        }
    }
    log_on(&world, &lines);
    let report = world.check("2026-10-14", "2026-10-15");
    let shift = &report["attribution"]["score_shift"];
    let refused = before.values().iter().filter(|score| **score >= 0.5).count() as f64 / before.len() as f64;
    let back = restored(&report, &["AMT_ANNUITY"]);
    let off = back["share_refused"]["restored"].as_f64().unwrap() - refused;
    assert!(shift["window"]["share_refused"].as_f64().unwrap() - refused > 0.05, "{shift}");
    assert!(off.abs() <= 0.003, "{off}: {back}");
    assert_eq!(shift["restored"][0]["features"], serde_json::json!(["AMT_ANNUITY"]));
}

#[test]
fn threads_and_row_order_do_not_change_the_report() {
    let world = attributing();
    let mut lines = day("2026-10-02");
    log_on(&world, &lines);
    let check = |threads: &str| without_run(world.check_with("2026-10-02", "2026-10-03", &["--threads", threads]));
    let wanted = check("1");
    assert!(wanted["attribution"]["score_shift"]["restored"].as_array().unwrap().len() >= 20);
    assert!(check("4") == wanted, "threads");
    Draw::seeded(5).shuffle(&mut lines);
    log_on(&world, &lines);
    assert!(check("3") == wanted, "order");
}

#[test]
fn the_terminal_and_both_pages_show_the_score_shift() {
    let world = attributing();
    let check =
        || world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-14", "--to", "2026-10-15"]).ok().stdout;
    let page = || {
        fs::read_to_string(world.path("reports/credit-default/20261014T000000Z_20261015T000000Z/report.html")).unwrap()
    };
    assert!(check().contains("With AMT_ANNUITY restored to the reference: refusal rate 31.4% → 25"), "{}", check());
    assert!(page().contains("Which drift moved the score") && page().contains("important features without drift"));
    configure(&world, |config| {
        config
            .replace("policy:\n", "policy:\n  attribution: true\n")
            .replace("  keep: 400d\n", "  keep: 400d\n  language: fr\n")
    });
    check();
    let page = page();
    let section = page.split("<section id=\"score-shift\">").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(section.contains("Quelle dérive a déplacé le score") && section.contains("valeurs rétablies"), "{section}");
    assert!(section.contains("31,4\u{a0}%"), "{section}");
}

#[test]
fn nothing_is_restored_with_too_few_rows() {
    let report = attributing().check("2026-10-04", "2026-10-05");
    assert_eq!(report["attribution"]["score_shift"]["reason"], "too few rows for a verdict");
    let report = example().check("2026-10-14", "2026-10-15");
    assert_eq!((&report["attribution"], &report["run"]["attribution_seconds"]), (&Value::Null, &Value::Null));
}

const SMALL: usize = 400;

fn reference_values(values: &[f64]) -> ReferenceValues {
    let missing = values.iter().filter(|value| value.is_nan()).count() as u64;
    ReferenceValues::Numbers { values: crate::support::lab::distinct(values), missing }
}

fn normal(rows: usize, seed: u64) -> Vec<f64> {
    let mut draw = Draw::seeded(seed);
    (0..rows).map(|_| (0..12).map(|_| draw.uniform()).sum::<f64>() - 6.0).collect()
}

fn restored_values(values: &[f64], known_values: &ReferenceValues) -> (RestorePlan, Vec<f64>) {
    let keys: Vec<u128> = (0..values.len() as u128).map(|row| row * 7_919).collect();
    let draws = Draws::new(&keys);
    let column = SampleColumn::Numbers(values.to_vec());
    let plan = RestorePlan::new(&column, known_values, &draws, "x", 0.01);
    let by_group = draws.by_group("x", None);
    let after = restore(&column, known_values, &plan, Sampling::Evenly, (draws.by_row(), &by_group));
    assert_eq!(plan.is_empty(), changed(&column, &after) == 0 && plan.mapped.is_empty(), "{plan:?}");
    match after {
        SampleColumn::Numbers(after) => (plan, after),
        SampleColumn::Levels { .. } => unreachable!("numbers stay numbers"),
    }
}

#[test]
fn unmoved_values_are_kept_and_moved_ones_restored() {
    let reference = normal(4_000, 1);
    let (plan, after) = restored_values(&normal(SMALL, 2), &reference_values(&reference));
    assert!(plan.is_empty() && after == normal(SMALL, 2));
    // Scaled: back to the reference's own quantiles, in the same order.
    let scaled: Vec<f64> = normal(SMALL, 2).iter().map(|value| value * 2.0 + 5.0).collect();
    let (_, after) = restored_values(&scaled, &reference_values(&reference));
    let mut order: Vec<usize> = (0..SMALL).collect();
    order.sort_by(|a, b| scaled[*a].total_cmp(&scaled[*b]));
    assert!(order.windows(2).all(|pair| after[pair[0]] <= after[pair[1]]), "the order is kept");
    let mut known = reference.clone();
    known.sort_unstable_by(f64::total_cmp);
    for (place, row) in order.iter().enumerate() {
        assert_eq!(after[*row].to_bits(), known[(2 * place + 1) * known.len() / (2 * SMALL)].to_bits());
    }
    // A constant is spread over the whole distribution again.
    let (_, after) = restored_values(&vec![0.5; SMALL], &reference_values(&reference));
    assert_eq!(crate::support::lab::distinct(&after).len(), SMALL);
}

#[test]
fn missing_values_and_markers_are_filled_and_values_removed() {
    let reference: Vec<f64> = normal(4_000, 1)
        .iter()
        .enumerate()
        .map(|(row, value)| if row.is_multiple_of(5) { f64::NAN } else { *value })
        .collect();
    let gaps = |values: &[f64]| values.iter().filter(|value| value.is_nan()).count();
    let usual = |row: usize, value: f64| if row.is_multiple_of(5) { f64::NAN } else { value };
    let with = |every: usize, what: f64| -> Vec<f64> {
        normal(SMALL, 3)
            .iter()
            .enumerate()
            .map(|(row, value)| if row % every == 1 { what } else { usual(row, *value) })
            .collect()
    };
    // Too many missing values: filled until one in five is missing.
    let window = with(3, f64::NAN);
    let (plan, after) = restored_values(&window, &reference_values(&reference));
    assert_eq!((gaps(&after), plan.filled.len()), (SMALL / 5, gaps(&window) - SMALL / 5));
    let kept = (0..SMALL).filter(|row| !window[*row].is_nan());
    assert!(kept.into_iter().all(|row| after[row].to_bits() == window[row].to_bits()), "values that were there stay");
    // No missing values: removed until one in five is missing.
    let (plan, after) = restored_values(&normal(SMALL, 3), &reference_values(&reference));
    assert_eq!((gaps(&after), plan.emptied.len()), (SMALL / 5, SMALL / 5));
    // A sentinel in one of ten rows is filled; a single large value is not.
    let mut window = with(10, 365_243.0);
    window[2] = 99.0;
    let (plan, after) = restored_values(&window, &reference_values(&reference));
    assert_eq!((plan.filled.len(), after[2]), (SMALL / 10, 99.0));
    assert!(after.iter().all(|value| *value < 100.0 || value.is_nan()));
    // Every value is missing, or a sentinel.
    for window in [vec![f64::NAN; SMALL], vec![-999.0; SMALL]] {
        assert_eq!(gaps(&restored_values(&window, &reference_values(&reference)).1), SMALL / 5);
    }
}

proptest! {
    #[test]
    fn restored_levels_have_the_references_shares(counts in prop::collection::vec(1u64..400, 2..7), rows in 200usize..500, seed in any::<u64>()) {
        let names: Vec<String> = (0..counts.len()).map(|level| format!("l{level}")).collect();
        let known_values = ReferenceValues::Levels { names: names.clone(), counts: counts.clone(), missing: 0 };
        let mut draw = Draw::seeded(seed);
        // All rows have one level, except some with an unknown level.
        let own = vec!["l1".to_owned(), "unknown".to_owned()];
        let column = SampleColumn::Levels { names: own, rows: (0..rows).map(|_| Some(usize::from(draw.chance(0.1)))).collect() };
        let keys: Vec<u128> = (0..rows as u128).map(|row| row + u128::from(seed)).collect();
        let draws = Draws::new(&keys);
        let plan = RestorePlan::new(&column, &known_values, &draws, "x", 0.01);
        let after = restore(&column, &known_values, &plan, Sampling::Evenly, (draws.by_row(), &draws.by_group("x", None)));
        let SampleColumn::Levels { names: after_names, rows: after } = after else { return Err(TestCaseError::fail("levels")) };
        let all: u64 = counts.iter().sum();
        if plan.redrawn {
            for (level, count) in counts.iter().enumerate() {
                let got = after.iter().filter(|own| **own == Some(level)).count() as f64;
                prop_assert!((got - rows as f64 * *count as f64 / all as f64).abs() <= 1.0, "{} of {:?}", level, after_names);
            }
        } else {
            prop_assert!(after.iter().all(|level| level.is_some_and(|level| level < counts.len())), "unknown levels are filled");
        }
    }

    #[test]
    fn row_order_does_not_matter(values in prop::collection::vec(prop_oneof![Just(f64::NAN), Just(9.0), -2.0..2.0f64], 30..200), seed in any::<u64>()) {
        let reference = reference_values(&normal(500, 4));
        let keys: Vec<u128> = (0..values.len() as u128).map(|row| row * 31 + 5).collect();
        let run = |order: &[usize]| {
            let draws = Draws::new(&order.iter().map(|row| keys[*row]).collect::<Vec<_>>());
            let column = SampleColumn::Numbers(order.iter().map(|row| values[*row]).collect());
            let plan = RestorePlan::new(&column, &reference, &draws, "x", 0.01);
            let SampleColumn::Numbers(after) = restore(&column, &reference, &plan, Sampling::Evenly, (draws.by_row(), &draws.by_group("x", None))) else {
                return Vec::new();
            };
            let mut by_row = vec![0; values.len()];
            order.iter().zip(&after).for_each(|(row, value)| by_row[*row] = value.to_bits());
            by_row
        };
        let mut order: Vec<usize> = (0..values.len()).collect();
        let first = run(&order);
        Draw::seeded(seed).shuffle(&mut order);
        prop_assert_eq!(run(&order), first);
    }

    #[test]
    fn ranks_are_invariant_to_scale(values in prop::collection::vec(-50i32..50, 3..60)) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let ranks = correlation::ranks(&values);
        let grown = correlation::ranks(&values.iter().map(|value| value.exp()).collect::<Vec<_>>());
        prop_assert_eq!(&ranks, &grown);
        if let Some(same) = correlation::correlation(&ranks, &grown) {
            prop_assert!((same - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn rank_correlation_matches_scipy() {
    // scipy.stats.spearmanr([1, 2, 2, 4, 9, 7, 7, 0], [3, 1, 4, 4, 8, 2, 6, 0]).statistic
    let (a, b) = ([1.0, 2.0, 2.0, 4.0, 9.0, 7.0, 7.0, 0.0], [3.0, 1.0, 4.0, 4.0, 8.0, 2.0, 6.0, 0.0]);
    let got = correlation::correlation(&correlation::ranks(&a), &correlation::ranks(&b)).unwrap();
    assert!((got - SCIPY).abs() < 1e-12, "{got}");
    let level = correlation::ranks(&[5.0; 4]);
    assert_eq!(correlation::correlation(&level, &correlation::ranks(&[1.0, 2.0, 3.0, 4.0])), None);
}

const SCIPY: f64 = 0.721_225_366_978_694_7;
