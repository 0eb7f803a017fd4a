//! Models of every family by the same words: learnt, checked, replayed, explained and scored.

use std::fs;

use serde_json::{Value, json};
use vigie::reference::{Training, TrainingValues, read_table};

use crate::{
    story::replay::{configure, day, example, home_credit, log},
    support::{
        applicants::{Applicant, applicants, training_csv},
        light_model::LightModel,
        world::{World, feature},
    },
};

/// A world with a LightGBM model, a reference learnt with it, and a log of each applicant's probability as `write` gives it.
pub(crate) fn light_world(model: &LightModel, write: impl Fn(usize, &Applicant) -> f64) -> World {
    let world = World::new();
    world.file("model.txt", model.text());
    world.file("train.csv", training_csv(1_000));
    let learn = ["learn", "--data", "train.csv", "--model", "model.txt", "--out", "ref.vigie", "--holdout", "yes"];
    world.vigie(&learn).ok();
    let lines = applicants(600, 5).into_iter().enumerate().map(|(row, one)| {
        let line = json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": write(row, &one)});
        format!("{line}\n")
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    light_config(&world, "");
    world
}

/// The config of that world, with more keys of `model:`, each with a comma before it.
pub(crate) fn light_config(world: &World, more: &str) {
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, file: model.txt{more}}}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {{timestamp: ts, \
             features: inputs, probability: p, id: id}}\npolicy: {{min_rows: 100, attribution: true}}\nreports: {{dir: reports}}\n"
        ),
    );
}

pub(crate) fn checked(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

#[test]
fn a_lightgbm_model_is_learnt_checked_and_explained() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| model.probability(LightModel::row(one)));
    let report = checked(&world);
    let replay = &report["replay"];
    assert_eq!((&replay["compared"], &replay["mismatches"]), (&600.into(), &0.into()), "{replay}");
    assert_eq!(replay["promise"]["tolerance"], Value::Null);
    let words = replay["promise"]["words"].as_str().unwrap();
    assert!(words.starts_with("those of LightGBM") && words.ends_with(", to the bit"), "{words}");
    assert_eq!((&replay["cause"], &replay["not_scorable"]), (&Value::Null, &Value::Null));
    // Importance, contributions and the score come from the model.
    assert!(feature(&report, "AGE")["importance"].as_f64().unwrap() > 0.0);
    assert_eq!(report["attribution"]["rows"], 600);
    assert!(report["score"]["psi"]["value"].as_f64().unwrap() < 0.25, "{}", report["score"]);
    let html = fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    assert!(html.contains("those of LightGBM"));

    let one = &applicants(600, 5)[77];
    let explain = ["explain", "--config", "vigie.yaml", "--id", &one.id, "--format", "json"];
    let explained: Value = serde_json::from_str(&world.vigie(&explain).ok().stdout).unwrap();
    assert_eq!(explained["probability"], model.probability(LightModel::row(one)));
    assert_eq!(
        (&explained["raw"], &explained["logged"]["agrees"]),
        (&model.raw(LightModel::row(one)).into(), &true.into())
    );
    let number = |value: &Value| value.as_f64().unwrap();
    let sum: f64 = explained["contributions"].as_array().unwrap().iter().map(|one| number(&one["contribution"])).sum();
    assert!((sum + number(&explained["expected_value"]) - number(&explained["raw"])).abs() < 1e-12, "{explained}");

    let stated = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    assert!(stated.contains("model: 5 features; probabilities equal those of LightGBM"), "{stated}");
}

#[test]
fn options_are_part_of_the_identity_of_a_model() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| model.probability(LightModel::row(one)));
    let whole = checked(&world)["run"]["model"]["sha256"].clone();
    light_config(&world, ", iterations: 4");
    let report = checked(&world);
    assert_ne!(report["run"]["model"]["sha256"], whole);
    // The reference's contributions are those of the whole model.
    assert!(
        report["attribution"]["reason"].as_str().unwrap().contains("another model file"),
        "{}",
        report["attribution"]
    );
    let first = ["score", "--model", "model.txt", "--data", "train.csv", "--out", "out.csv", "--output", "raw"];
    world.vigie(&[&first[..], &["--iterations", "4"]].concat()).ok();
    let raw = fs::read_to_string(world.path("out.csv")).unwrap();
    let short = model.first(4);
    let expected = applicants(1_000, 999).iter().map(|one| short.raw(LightModel::row(one))).collect::<Vec<f64>>();
    assert_eq!(raw.lines().skip(1).map(|line| line.parse().unwrap()).collect::<Vec<f64>>(), expected);
}

/// A service that logs `predict_proba[:, 0]`.
#[test]
fn the_score_may_be_the_probability_of_the_first_class() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| 1.0 - model.probability(LightModel::row(one)));
    let learn = ["learn", "--data", "train.csv", "--model", "model.txt", "--class", "0", "--out", "ref.vigie"];
    let ran = world.vigie(&[&learn[..], &["--holdout", "yes"]].concat()).ok();
    assert!((ran.stdout + &ran.stderr).contains("The score is the probability of class `0`, not of `1`."));
    light_config(&world, ", class: \"0\"");
    let report = checked(&world);
    assert_eq!((&report["replay"]["compared"], &report["replay"]["mismatches"]), (&600.into(), &0.into()));
    assert!(report["score"]["psi"]["value"].as_f64().unwrap() < 0.25, "{}", report["score"]);
    let drift = feature(&report, "AGE")["attribution"]["psi"].as_f64().unwrap();
    assert!(drift < 0.25, "{drift}: contributions have the sign of the reference's");

    let one = &applicants(600, 5)[77];
    let explain = ["explain", "--config", "vigie.yaml", "--id", &one.id, "--format", "json"];
    let explained: Value = serde_json::from_str(&world.vigie(&explain).ok().stdout).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    assert!((number(&explained["probability"]) - (1.0 - model.probability(LightModel::row(one)))).abs() < 1e-15);
    assert_eq!(explained["raw"], -model.raw(LightModel::row(one)));
    let sum: f64 = explained["contributions"].as_array().unwrap().iter().map(|one| number(&one["contribution"])).sum();
    assert!((sum + number(&explained["expected_value"]) - number(&explained["raw"])).abs() < 1e-12, "{explained}");
    light_config(&world, ", class: \"2\"");
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("the model has no class `2`"), "{}", ran.stderr);
}

/// A model trained on an array has no names: its features are the columns in their order.
#[test]
fn a_model_without_names_reads_columns_by_their_order() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| model.probability(LightModel::row(one)));
    let names = "feature_names=AGE INCOME emp.var.rate JOB OWNS";
    assert!(model.text().contains(names));
    let nameless = model.text().replace(names, "feature_names=Column_0 Column_1 Column_2 Column_3 Column_4");
    world.file("model.txt", &nameless);
    let learn = ["learn", "--model", "model.txt", "--ignore", "TARGET,p", "--out", "ref.vigie", "--data"];
    let ran = world.vigie(&[&learn[..], &["train.csv"]].concat()).ok();
    let printed = ran.stdout + &ran.stderr;
    assert!(printed.contains("its 5 features are the columns in the order of the file (`AGE`, `INCOME`"), "{printed}");
    let report = checked(&world);
    assert_eq!((&report["replay"]["compared"], &report["replay"]["mismatches"]), (&600.into(), &0.into()));
    let explain = ["explain", "--config", "vigie.yaml", "--id", "a77", "--format", "json"];
    let id = &applicants(600, 5)[77].id;
    let explained = world.vigie(&explain.map(|word| if word == "a77" { id.as_str() } else { word })).ok().stdout;
    assert!(explained.contains("\"AGE\"") && !explained.contains("Column_0"), "{explained}");
    // One more column, and nobody knows which one is not a feature.
    let data = fs::read_to_string(world.path("train.csv")).unwrap();
    let wider: String = data
        .lines()
        .enumerate()
        .map(|(row, line)| format!("{line},{}\n", if row == 0 { "more".to_owned() } else { (row % 9).to_string() }))
        .collect();
    world.file("wider.csv", wider);
    let ran = world.vigie(&[&learn[..], &["wider.csv"]].concat());
    assert!(
        ran.code == Some(2) && ran.stderr.contains("reads 5 columns by their order, but the file has 6"),
        "{}",
        ran.stderr
    );
    let listed =
        ["learn", "--model", "model.txt", "--features", "AGE,INCOME,emp.var.rate,JOB,OWNS", "--out", "ref.vigie"];
    world.vigie(&[&listed[..], &["--data", "wider.csv"]].concat()).ok();
    assert_eq!(checked(&world)["replay"]["mismatches"], 0);
    world.file("model.txt", model.text());
    let ran = world.vigie(&[&listed[..], &["--data", "wider.csv"]].concat());
    assert!(ran.code == Some(2) && ran.stderr.contains("--features: the model names its features"), "{}", ran.stderr);
    world.file("model.txt", nameless);
    let ran = world.vigie(&["score", "--model", "model.txt", "--data", "train.csv", "--out", "scores.csv"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("pass the features in the order of training"), "{}", ran.stderr);
}

#[test]
fn an_output_never_replaces_its_input() {
    let world = World::new();
    let (data, model) = (training_csv(50), LightModel::new().text());
    world.file("rows.csv", &data);
    world.file("model.txt", &model);
    world.file("model.csv", &model);
    for (args, flag) in [
        (&["score", "--model", "model.txt", "--data", "rows.csv", "--out", "./rows.csv"][..], "--data"),
        (&["score", "--model", "model.csv", "--data", "rows.csv", "--out", "model.csv"], "--model"),
        (&["learn", "--data", "rows.csv", "--out", "rows.csv"], "--data"),
        (&["learn", "--data", "rows.csv", "--model", "model.txt", "--out", "model.txt"], "--model"),
    ] {
        let ran = world.vigie(args);
        let sentence = format!("is the file of {flag}, which would be lost; choose another name");
        assert!(ran.code == Some(2) && ran.stderr.contains(&sentence), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(fs::read_to_string(world.path("rows.csv")).unwrap(), data);
    assert_eq!(fs::read_to_string(world.path("model.txt")).unwrap(), model);
}

/// Bits of a 32-bit float, in hexadecimal.
fn single(bits: &Value) -> f32 {
    f32::from_bits(u32::from_str_radix(bits.as_str().unwrap(), 16).unwrap())
}

/// A value of a column of a golden file.
fn cell(column: &Value, row: usize) -> f64 {
    match column.get("single") {
        Some(singles) => f64::from(single(&singles[row])),
        None => f64::from_bits(u64::from_str_radix(column["double"][row].as_str().unwrap(), 16).unwrap()),
    }
}

/// XGBoost scored these rows with `missing=0`.
#[test]
fn a_number_may_stand_for_missing_values() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/xgboost/missing_zero");
    let golden: Value = serde_json::from_str(&fs::read_to_string(format!("{folder}.json")).unwrap()).unwrap();
    let columns = golden["features"].as_array().unwrap();
    let rows = (0..golden["rows"].as_u64().unwrap() as usize)
        .map(|row| columns.iter().map(|column| cell(column, row)).collect::<Vec<f64>>())
        // The library refuses the others: infinite numbers, also if they are so in 32 bits.
        .filter(|row| row.iter().all(|value| value.is_nan() || value.abs() <= f64::from(f32::MAX)));
    let line = |row: Vec<f64>| {
        let cells = row.into_iter().map(|value| if value.is_nan() { String::new() } else { format!("{value:e}") });
        cells.collect::<Vec<String>>().join(",") + "\n"
    };
    let names = (0..columns.len()).map(|place| format!("f{place}")).collect::<Vec<String>>();
    let world = World::new();
    world.file("rows.csv", names.join(",") + "\n" + &rows.map(line).collect::<String>());
    let model = format!("{folder}.ubj");
    let scores = |missing: &[&str]| {
        let score = ["score", "--model", &model, "--data", "rows.csv", "--out", "scores.csv"];
        world.vigie(&[&score[..], missing].concat()).ok();
        let scores = fs::read_to_string(world.path("scores.csv")).unwrap();
        scores.lines().skip(1).map(|score| score.parse().unwrap()).collect::<Vec<f64>>()
    };
    let official: Vec<f64> =
        golden["prediction"].as_array().unwrap().iter().map(|bits| f64::from(single(bits))).collect();
    assert_eq!(scores(&["--missing", "0"]), official);
    assert_ne!(scores(&[]), official);
    let ran = world.vigie(&[
        "score",
        "--model",
        &home_credit("model.cbm").display().to_string(),
        "--data",
        "rows.csv",
        "--out",
        "a.csv",
        "--missing",
        "-999",
    ]);
    assert!(
        ran.stderr.contains("a CatBoost file leaves only `iterations` open, so that `missing` has no effect"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_column_of_which_the_model_knows_no_level_is_noted() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| model.probability(LightModel::row(one)));
    let jobs = world.path("train.csv");
    let data = fs::read_to_string(&jobs).unwrap();
    let other = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        [&cells[..3], &["other"], &cells[cells.len() - 3..]].concat().join(",")
    };
    let mut lines = data.lines();
    let head = lines.next().unwrap().to_owned();
    world.file("other.csv", head + "\n" + &lines.map(|line| other(line) + "\n").collect::<String>());
    let ran = world.vigie(&["learn", "--data", "other.csv", "--model", "model.txt", "--out", "other.vigie"]).ok();
    let printed = ran.stdout + &ran.stderr;
    assert!(printed.contains("knows no level of column `JOB` (`other`)"), "{printed}");
}

#[test]
fn options_that_a_file_does_not_have_are_refused() {
    let world = example();
    configure(&world, |config| config.replace("  # inputs: f32 ", "  inputs: f32 "));
    let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("a CatBoost file leaves only `iterations` open, so that `inputs` has no effect"),
        "{}",
        ran.stderr
    );
    configure(&world, |config| config.replace("  # class: approved", "  class: approved"));
    let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert!(ran.stderr.contains("the model has no class `approved`"), "{}", ran.stderr);
    configure(&world, |config| config.replace("  # iterations: all ", "  iterations: none "));
    let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert!(ran.stderr.contains("`model.iterations` must be an integer or"), "{}", ran.stderr);
    let ran = world.vigie(&["replay", "--from", "2026-10-01", "--to", "2026-10-02", "--iterations", "3"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--model <M>"), "{}", ran.stderr);
}

/// Cells of a column as numbers; CSV has them as text.
fn numbers(table: &Training, name: &str) -> Vec<f64> {
    match &table.column(name).unwrap().values {
        TrainingValues::Numbers(numbers) => numbers.clone(),
        TrainingValues::Texts(texts) => texts.iter().map(|text| text.as_ref().unwrap().parse().unwrap()).collect(),
        _ => panic!("{name} is not a column of numbers"),
    }
}

const CHALLENGERS: [(&str, &str, f64); 3] =
    [("lightgbm", "lightgbm.txt", 0.0), ("xgboost", "xgboost.ubj", 0.0), ("sklearn", "sklearn.skops", 1e-12)];

#[test]
fn challengers_score_as_their_libraries_do() {
    let world = World::new();
    let data = home_credit("reference.parquet").display().to_string();
    let own = home_credit("challengers/scores.csv");
    let own = read_table("scores.csv", fs::read(own).unwrap(), vigie::delimited::CsvForm::default()).unwrap();
    for (name, file, tolerance) in CHALLENGERS {
        let model = home_credit("challengers").join(file).display().to_string();
        world.vigie(&["score", "--model", &model, "--data", &data, "--out", "scores.csv"]).ok();
        let ours =
            read_table("scores.csv", fs::read(world.path("scores.csv")).unwrap(), vigie::delimited::CsvForm::default())
                .unwrap();
        let (ours, own) = (numbers(&ours, "probability"), numbers(&own, name));
        assert_eq!((ours.len(), own.len()), (20_000, 500));
        for (row, (ours, own)) in ours.iter().zip(&own).enumerate() {
            assert!((ours - own).abs() <= tolerance, "{file}, row {row}: {ours}, not {own}");
        }
    }
}

#[test]
fn challengers_of_other_families_are_compared_with_the_champion() {
    let world = example();
    let lines = day("2026-10-01");
    let own = lines.iter().filter_map(|line| line["outputs"]["proba_default"].as_f64()).collect::<Vec<f64>>();
    for (_, file, _) in CHALLENGERS {
        let model = home_credit("challengers").join(file).display().to_string();
        let replay =
            ["replay", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02", "--format", "json"];
        let summary = world.vigie(&[&replay[..], &["--model", &model]].concat()).ok().stdout;
        let summary: Value = serde_json::from_str(&summary).unwrap();
        let challenger = &summary["challenger"];
        assert_eq!(summary["replay"]["compared"], own.len(), "{file}");
        assert_eq!(summary["replay"]["cause"], Value::Null, "{file}: a challenger differs by design");
        assert!(
            challenger["decisions_changed"]["accepted_to_refused"]["rows"].as_u64().unwrap() > 0,
            "{file}: {challenger}"
        );
        assert!(summary["run"]["model"]["sha256"].as_str().is_some_and(|sha| sha.len() == 64));
    }
}

/// On 2026-10-05, 12% of the rows have a level that no model was trained with.
#[test]
fn rows_that_the_library_refuses_are_left_out_and_counted() {
    let world = example();
    log(&world, &day("2026-10-05"));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let shipped = format!("file: {}", home_credit("model.cbm").display());
    let words = "missing_level: {OCCUPATION_TYPE: __MISSING__}\n  ";
    assert!(config.contains(&shipped));
    let xgboost = format!("{words}file: {}", home_credit("challengers/xgboost.ubj").display());
    world.file("vigie.yaml", config.replace(&shipped, &xgboost));
    let report = world.check("2026-10-05", "2026-10-06");
    let unseen =
        day("2026-10-05").iter().filter(|line| line["inputs"]["ORGANIZATION_TYPE"] == "Platform work").count() as u64;
    assert!(unseen > 50);
    let replay = &report["replay"];
    assert_eq!(replay["not_scorable"], unseen, "{replay}");
    assert_eq!(replay["compared"].as_u64().unwrap() + unseen, 700);
    assert!(replay["promise"]["words"].as_str().unwrap().contains("to the bit of its 32-bit floats"), "{replay}");
    // The log has the scores of another model.
    assert_eq!(replay["cause"]["kind"], "other_model", "{replay}");
    assert!(replay["cause"]["words"].as_str().unwrap().contains("Another version of the model"), "{replay}");
}

/// Contributions to a linear model are differences from the means of the reference, which keeps them.
#[test]
fn a_linear_pipeline_is_explained_against_the_means_of_its_reference() {
    let world = example();
    let model = home_credit("challengers/sklearn.skops").display().to_string();
    let data = home_credit("reference.parquet").display().to_string();
    world.vigie(&["learn", "--data", &data, "--model", &model, "--holdout", "yes", "--out", "linear.vigie"]).ok();
    let champion = format!("file: {}", home_credit("model.cbm").display());
    let reference = home_credit("reference.vigie").display().to_string();
    configure(&world, |config| {
        assert!(
            config.contains(&champion) && config.contains(&reference) && config.contains("  # attribution: false ")
        );
        config
            .replace(&champion, &format!("file: {model}"))
            .replace(&reference, "linear.vigie")
            .replace("  # attribution: false ", "  attribution: true ")
    });
    let report = world.check("2026-10-01", "2026-10-02");
    assert!(report["attribution"]["rows"].as_u64().unwrap() > 100, "{}", report["attribution"]);
    assert!(feature(&report, "EXT_SOURCE_2")["importance"].as_f64().unwrap() > 0.0);

    let score = ["score", "--model", &model, "--data", &data, "--out", "scores.csv", "--output", "raw,shap"];
    world.vigie(&score).ok();
    let scores =
        read_table("scores.csv", fs::read(world.path("scores.csv")).unwrap(), vigie::delimited::CsvForm::default())
            .unwrap();
    let raw = numbers(&scores, "raw");
    let mean = raw.iter().sum::<f64>() / 20_000.0;
    let expected = numbers(&scores, "shap_expected_value");
    assert!((expected[0] - mean).abs() < 1e-9, "{} is not the mean, {mean}", expected[0]);
    let own = numbers(&scores, "shap_EXT_SOURCE_2");
    assert!((own.iter().sum::<f64>() / 20_000.0).abs() < 1e-9, "differences from the mean");

    let lines = day("2026-10-01");
    let line = lines.iter().find(|one| one["inputs"]["AMT_CREDIT"].is_number()).unwrap();
    let id = line["request_id"].as_str().unwrap();
    let explain = ["explain", "--config", "vigie.yaml", "--id", id, "--format", "json"];
    let explained: Value = serde_json::from_str(&world.vigie(&explain).ok().stdout).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    assert!((number(&explained["expected_value"]) - mean).abs() < 1e-9, "{explained}");
    let sum: f64 = explained["contributions"].as_array().unwrap().iter().map(|one| number(&one["contribution"])).sum();
    assert!((sum + mean - number(&explained["raw"])).abs() < 1e-9, "{explained}");
}

/// In every tenth row, a level that the pipeline was not trained with makes scikit-learn refuse.
#[test]
fn rows_without_a_score_of_scikit_learn_are_left_out_everywhere() {
    let world = World::new();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/sklearn/lr_unknown_refused.skops");
    world.file("model.txt", fs::read(model).unwrap());
    let inputs = |row: usize| {
        let contract = if row % 10 == 3 { "never seen" } else { ["cash", "revolving"][row % 2] };
        json!({
            "amount": 1_000 + row * 37 % 9_000, "age": 20 + row % 50, "ratio": (row % 7) as f64 / 7.0, "small": 0.5,
            "code": row % 3, "contract type": contract, "city": "a"
        })
    };
    let names = ["amount", "age", "ratio", "small", "code", "contract type", "city"];
    let cells = |row: usize| names.map(|name| inputs(row)[name].to_string().replace('"', "")).join(",") + "\n";
    world.file("train.csv", names.join(",") + "\n" + &(0..300).map(cells).collect::<String>());
    let learn = ["learn", "--data", "train.csv", "--model", "model.txt", "--out", "ref.vigie", "--holdout", "yes"];
    let ran = world.vigie(&learn).ok();
    assert!((ran.stdout + &ran.stderr).contains("30 of 300 rows have a value that"));

    world.vigie(&["score", "--model", "model.txt", "--data", "train.csv", "--out", "scores.csv"]).ok();
    let scores = fs::read_to_string(world.path("scores.csv")).unwrap();
    let lines = scores.lines().skip(1).enumerate().map(|(row, score)| {
        let score = score.parse().ok().filter(|score: &f64| !score.is_nan()).unwrap_or(0.5);
        let at = format!("2026-10-01T{:02}:{:02}:00Z", row / 60, row % 60);
        format!("{}\n", json!({"ts": at, "id": format!("r{row}"), "inputs": inputs(row), "p": score}))
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    light_config(&world, "");
    let report = checked(&world);
    let replay = &report["replay"];
    assert_eq!((&replay["compared"], &replay["mismatches"]), (&270.into(), &0.into()), "{replay}");
    assert_eq!(replay["not_scorable"], 30);
    assert!(feature(&report, "age")["importance"].as_f64().unwrap() > 0.0);
    let ran = world.vigie(&["explain", "--config", "vigie.yaml", "--id", "r3"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("refuses to score this record"), "{}", ran.stderr);
    world.vigie(&["explain", "--config", "vigie.yaml", "--id", "r4"]).ok();
}
