//! `vigie score` on the example's hold-out gives the scores of the official CatBoost, bit for bit.

use std::{fs, path::PathBuf};

use vigie::reference::{Training, TrainingValues, read_table};

use crate::support::world::World;

fn home_credit(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reference_data/home_credit").join(name).display().to_string()
}

fn table(path: &PathBuf) -> Training {
    read_table(&path.display().to_string(), fs::read(path).unwrap(), vigie::delimited::CsvForm::default()).unwrap()
}

/// Cells of a column as numbers; CSV has them as text.
fn numbers(table: &Training, name: &str) -> Vec<f64> {
    match &table.column(name).unwrap().values {
        TrainingValues::Numbers(numbers) => numbers.clone(),
        TrainingValues::Texts(texts) => texts.iter().map(|text| text.as_ref().unwrap().parse().unwrap()).collect(),
        _ => panic!("{name} is not a column of numbers"),
    }
}

#[test]
fn hold_out_scores_equal_catboosts_to_the_bit() {
    let world = World::new();
    let (model, data) = (home_credit("model.cbm"), home_credit("reference.parquet"));
    let official = numbers(&table(&PathBuf::from(&data)), "probability");
    assert_eq!(official.len(), 20_000);
    for out in ["scores.csv", "scores.parquet"] {
        let all = [
            "score",
            "--model",
            &model,
            "--data",
            &data,
            "--out",
            out,
            "--output",
            "raw,probability,decision",
            "--id",
            "TARGET",
        ];
        let ran = world.vigie(&all).ok();
        assert_eq!(ran.stdout, format!("{out}: 20000 rows scored\n"));
        let scores = table(&world.path(out));
        let names: Vec<&str> = scores.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["TARGET", "raw", "probability", "decision"]);
        let ours = numbers(&scores, "probability");
        let unlike = ours.iter().zip(&official).filter(|(ours, official)| ours.to_bits() != official.to_bits()).count();
        assert_eq!(unlike, 0, "{out}: {unlike} of {} scores differ", official.len());
        for (raw, probability) in numbers(&scores, "raw").iter().zip(&ours) {
            assert_eq!((1.0 / (1.0 + (-raw).exp())).to_bits(), probability.to_bits());
        }
        let decisions = numbers(&scores, "decision");
        assert!(decisions.iter().zip(&ours).all(|(decision, probability)| (*decision > 0.5) == (*probability > 0.5)));
    }
}

/// Asserts exit code 2, one line with this sentence, and no file.
#[track_caller]
fn refused(world: &World, args: &[&str], sentence: &str) {
    let ran = world.vigie(&[&["score"], args].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains(sentence), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(!world.path("out.csv").exists());
}

#[test]
fn invalid_input_is_rejected_in_one_sentence() {
    let world = World::new();
    let (model, data) = (home_credit("model.cbm"), home_credit("reference.parquet"));
    refused(&world, &["--model", "no.cbm", "--data", &data, "--out", "out.csv"], "--model no.cbm: no such file");
    refused(&world, &["--model", &model, "--data", "no.csv", "--out", "out.csv"], "--data no.csv: no such file");
    // Rejected before any work is done.
    refused(&world, &["--model", "no.cbm", "--data", &data, "--out", "out.txt"], "use .parquet or .csv");
    refused(&world, &["--model", &model, "--data", &data, "--out", "out.csv", "--id", "X"], "no column `X`");
    refused(&world, &["--model", &model, "--data", &data, "--out", "none/out.csv"], "choose an existing folder");
    world.file("rows.csv", "a,b\n1,2\n");
    refused(&world, &["--model", &model, "--data", "rows.csv", "--out", "out.csv"], "no column `");
    refused(
        &world,
        &["--model", "rows.csv", "--data", &data, "--out", "out.csv"],
        "--model rows.csv: not a model that vigie reads; expected a CatBoost (.cbm, .json), LightGBM (.txt)",
    );
    world.file("half.cbm", &fs::read(&model).unwrap()[..9_999]);
    refused(&world, &["--model", "half.cbm", "--data", &data, "--out", "out.csv"], "half.cbm");
    world.file(
        "tiny.json",
        fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forest/multi_regression.cbm")).unwrap(),
    );
    let model_file = vigie_models::Model::from_bytes("tiny", &fs::read(world.path("tiny.json")).unwrap()).unwrap();
    let names: Vec<&str> = model_file.features().iter().map(|feature| feature.name.as_str()).collect();
    world.file("rows.csv", format!("{}\n{}\n", names.join(","), vec!["1"; names.len()].join(",")));
    refused(
        &world,
        &["--model", "tiny.json", "--data", "rows.csv", "--out", "out.csv"],
        "the model is not a classifier",
    );
    world.file("rows.csv", format!("{}\n{}\n", names.join(","), vec!["one"; names.len()].join(",")));
    refused(
        &world,
        &["--model", "tiny.json", "--data", "rows.csv", "--out", "out.csv"],
        "holds text such as `one`, but the model expects a number",
    );
}

#[test]
fn contributions_add_up_to_the_score() {
    let world = World::new();
    let (model, data) = (home_credit("model.cbm"), home_credit("reference.parquet"));
    let args = ["score", "--model", &model, "--data", &data, "--out", "shap.parquet", "--output", "raw,shap"];
    assert_eq!(world.vigie(&args).ok().stdout, "shap.parquet: 20000 rows scored\n");
    let scores = table(&world.path("shap.parquet"));
    let model_file = vigie_models::Model::from_bytes("model", &fs::read(&model).unwrap()).unwrap();
    let names: Vec<&str> = scores.columns.iter().map(|column| column.name.as_str()).collect();
    let features = model_file.features().iter().map(|feature| format!("shap_{}", feature.name));
    let expected: Vec<String> =
        ["raw".to_owned()].into_iter().chain(features).chain(["shap_expected_value".to_owned()]).collect();
    assert_eq!(names, expected);
    let raw = numbers(&scores, "raw");
    let mut sums = vec![0.0; raw.len()];
    for name in &names[1..] {
        sums.iter_mut().zip(numbers(&scores, name)).for_each(|(sum, value)| *sum += value);
    }
    let worst = raw.iter().zip(&sums).map(|(raw, sum)| (raw - sum).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12, "{worst:e}");
}

#[test]
fn unexplainable_input_is_rejected_in_one_sentence() {
    let world = World::new();
    let golden = |name: &str| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forest").join(name).display().to_string()
    };
    let scaled = golden("scale_and_bias.cbm");
    let model_file = vigie_models::Model::from_bytes("it", &fs::read(&scaled).unwrap()).unwrap();
    let names: Vec<&str> = model_file.features().iter().map(|feature| feature.name.as_str()).collect();
    world.file("rows.csv", format!("{}\n{}\n", names.join(","), vec!["1"; names.len()].join(",")));
    let args = ["--model", &scaled, "--data", "rows.csv", "--out", "out.csv", "--output", "shap"];
    refused(&world, &args, "--output shap: this CatBoost model has a scale of 1.7");
    world.file("rows.csv", format!("{},raw\n{},1\n", names.join(","), vec!["1"; names.len()].join(",")));
    let args = ["--model", &scaled, "--data", "rows.csv", "--out", "out.csv", "--output", "raw", "--id", "raw"];
    refused(&world, &args, "two columns would be named `raw`");
}

/// `score` has no config, which could name a database.
#[test]
fn rows_of_a_table_are_exported_first() {
    let world = World::new();
    let model = home_credit("model.cbm");
    let args = ["--model", &model, "--data", "postgres:rows", "--out", "out.csv"];
    refused(&world, &args, "--data postgres:rows: score reads files; export the rows, for example with psql: \\copy (");
}
