//! Compares ONNX models with onnxruntime, on the files written by `tests/oracle/onnx_golden.py`.
//!
//! If `VIGIE_ONNX` names a folder made by `onnx_golden.py --large` (larger models, 2,500 rows each), it is checked too.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_cmp,
    reason = "a failing test may panic; exact results are compared"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, Int64Array, LargeStringArray, StringArray, types::Int32Type,
};
use serde::Deserialize;
use vigie_models::{Agreement, InputKind, Link, Model, ModelOptions};

/// Results of onnxruntime.
#[derive(Deserialize)]
struct Golden {
    rows: usize,
    /// Whether the file names its columns.
    named: bool,
    /// Whether scores are not probabilities.
    raw_scores: bool,
    features: Vec<Column>,
    classes: Option<Vec<String>>,
    /// All columns of the output, row by row.
    scores: Vec<String>,
    label: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    single: Option<Vec<String>>,
    double: Option<Vec<String>>,
    whole: Option<Vec<i64>>,
    level: Option<Vec<String>>,
}

fn single(bits: &str) -> f32 {
    f32::from_bits(u32::from_str_radix(bits, 16).unwrap())
}

fn double(bits: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(bits, 16).unwrap())
}

impl Column {
    /// The column as an Arrow array, in one of two encodings.
    fn array(&self, encoding: usize) -> ArrayRef {
        if let Some(bits) = &self.single {
            // A missing value is a null in one encoding and NaN in the other.
            let all =
                bits.iter().map(|bits| single(bits)).map(|value| (encoding == 0 || !value.is_nan()).then_some(value));
            return Arc::new(all.collect::<Float32Array>());
        }
        if let Some(bits) = &self.double {
            return Arc::new(bits.iter().map(|bits| double(bits)).map(Some).collect::<Float64Array>());
        }
        if let Some(numbers) = &self.whole {
            return Arc::new(Int64Array::from(numbers.clone()));
        }
        let levels = self.level.as_ref().unwrap().iter().map(|level| Some(level.as_str()));
        match encoding {
            0 => Arc::new(levels.collect::<StringArray>()),
            1 => Arc::new(levels.collect::<LargeStringArray>()),
            _ => Arc::new(levels.collect::<DictionaryArray<Int32Type>>()),
        }
    }
}

/// How far results are from those of the library.
#[derive(Default)]
struct Distance {
    scores: usize,
    equal: usize,
    worst: f64,
}

/// The difference relative to values above 1; 0 for equal infinities and two NaN.
fn difference(got: f64, expected: f64) -> f64 {
    if got.to_bits() == expected.to_bits() || (got.is_nan() && expected.is_nan()) {
        0.0
    } else if got.is_finite() && expected.is_finite() {
        (got - expected).abs() / expected.abs().max(1.0)
    } else {
        f64::INFINITY
    }
}

fn read(path: &Path) -> Model {
    Model::from_bytes(&path.file_name().unwrap().to_string_lossy(), &fs::read(path).unwrap()).unwrap()
}

fn check(path: &Path, golden: &Golden) -> Distance {
    let model = read(path);
    let name = path.file_stem().unwrap().to_string_lossy();
    assert_eq!(model.has_feature_names(), golden.named, "{name}");
    assert_eq!(model.features().len(), golden.features.len(), "{name}");
    for (feature, column) in model.features().iter().zip(&golden.features) {
        assert!(feature.name == column.name || !golden.named, "{name}: {} is {}", column.name, feature.name);
        assert_eq!(feature.kind == InputKind::Categorical, column.level.is_some(), "{name}");
    }
    let scores: Vec<f64> =
        golden.scores.iter().map(|bits| if bits.len() == 8 { f64::from(single(bits)) } else { double(bits) }).collect();
    let width = scores.len() / golden.rows;
    let is_pair = width == 2 && (golden.classes.is_some() || golden.raw_scores);
    let expected: Vec<f64> = if is_pair { scores.chunks(2).map(|pair| pair[1]).collect() } else { scores };
    let mut raw = vec![0.0; expected.len()];
    for encoding in 0..3 {
        let columns: Vec<_> = golden.features.iter().map(|column| Some(column.array(encoding))).collect();
        let inputs = model.inputs(golden.rows, &columns).unwrap();
        let before = raw.clone();
        model.predict_raw(&inputs, 0..golden.rows, &mut raw).unwrap();
        assert!(encoding == 0 || difference_of_all(&raw, &before) == 0.0, "{name}: encoding {encoding}");
        // The same rows one by one.
        let mut row = vec![0.0; model.output_count()];
        for (at, expected) in raw.chunks(row.len()).enumerate().step_by(7) {
            model.predict_raw(&inputs, at..at + 1, &mut row).unwrap();
            assert!(difference_of_all(&row, expected) == 0.0, "{name}: row {at} alone");
        }
    }
    let Agreement::Within(tolerance) = model.promise().raw else { panic!("{name}: no tolerance") };
    let mut distance = Distance { scores: raw.len(), ..Distance::default() };
    for (at, (got, expected)) in raw.iter().zip(&expected).enumerate() {
        let off = difference(*got, *expected);
        assert!(off <= tolerance, "{name}: score {at} is {got:e} instead of {expected:e}");
        distance.worst = distance.worst.max(off);
        distance.equal += usize::from(off == 0.0);
    }
    check_classes(&name, &model, golden, &raw);
    distance
}

fn difference_of_all(got: &[f64], expected: &[f64]) -> f64 {
    got.iter().zip(expected).map(|(got, expected)| difference(*got, *expected)).fold(0.0, f64::max)
}

fn check_classes(name: &str, model: &Model, golden: &Golden, raw: &[f64]) {
    let mut probability = raw.to_vec();
    let Some(classes) = golden.classes.as_ref().filter(|_| !golden.raw_scores) else {
        assert_eq!((model.link(), model.classes().len()), (Link::Identity, 0), "{name}");
        assert!(!model.probabilities(&mut probability) && model.decision(&raw[..1]).is_none(), "{name}");
        return;
    };
    assert_eq!((model.link(), model.classes()), (Link::Probability, &classes[..]), "{name}");
    assert_eq!(model.is_binary(), classes.len() == 2, "{name}");
    assert!(model.probabilities(&mut probability), "{name}");
    assert!(difference_of_all(&probability, raw) == 0.0, "{name}: raw outputs are probabilities");
    let Some(labels) = &golden.label else { return };
    for (raw, label) in raw.chunks(model.output_count()).zip(labels) {
        // Between classes that are almost equally likely, rounding decides; without probabilities, nothing does.
        let mut sorted = if let [second] = raw { vec![*second, 1.0 - second] } else { raw.to_vec() };
        sorted.sort_by(f64::total_cmp);
        let is_clear = sorted[sorted.len() - 1] - sorted[sorted.len() - 2] > 1e-6;
        let decision = &model.classes()[model.decision(raw).unwrap()];
        assert!(decision == label || !is_clear, "{name}: {decision} instead of {label} for {raw:?}");
    }
}

fn models(folder: &Path) -> Vec<PathBuf> {
    let mut models: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    models.retain(|path| path.extension().is_some_and(|ending| ending == "onnx"));
    models.sort();
    models
}

/// Checks all models of a folder. Returns the numbers of models that are scored and of rows.
fn check_all(folder: &Path) -> (usize, usize) {
    let (mut count, mut rows, mut all) = (0, 0, Distance::default());
    for path in models(folder) {
        let text = fs::read(path.with_extension("json")).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy();
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        if let Some(refused) = value.get("refused") {
            let error = Model::from_bytes(&name, &fs::read(&path).unwrap()).unwrap_err().to_string();
            assert!(error.contains(refused.as_str().unwrap()), "{name}: {error}");
            continue;
        }
        let golden: Golden = serde_json::from_slice(&text).unwrap();
        let Distance { scores, equal, worst } = check(&path, &golden);
        #[expect(clippy::cast_precision_loss, reason = "for the log")]
        let share = 100.0 * equal as f64 / scores as f64;
        println!(
            "{name}: {} rows, {share:.1} % of scores equal to the bit, largest difference {worst:.1e}",
            golden.rows
        );
        (count, rows) = (count + 1, rows + golden.rows);
        all.worst = all.worst.max(worst);
        (all.scores, all.equal) = (all.scores + scores, all.equal + equal);
    }
    println!("{count} models, {rows} rows, {} of {} scores equal, largest {:.1e}", all.equal, all.scores, all.worst);
    (count, rows)
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/onnx")
}

#[test]
fn committed_models_score_as_with_onnxruntime() {
    let (count, rows) = check_all(&committed());
    assert!(count >= 60 && rows == count * 50, "{count} models, {rows} rows");
}

#[test]
fn large_models_score_as_with_onnxruntime() {
    let Some(folder) = std::env::var_os("VIGIE_ONNX") else {
        println!("not run: set VIGIE_ONNX to a folder made by `onnx_golden.py --large DIR`");
        return;
    };
    let (count, rows) = check_all(Path::new(&folder));
    assert!(count >= 60 && rows == count * 2500, "{count} models, {rows} rows");
}

#[test]
fn a_model_describes_itself() {
    let model = read(&committed().join("logistic_mixed.onnx"));
    assert_eq!(model.kind(), "ONNX (skl2onnx 1.20.0)");
    assert!(model.notes()[0].contains("skops.io.dump"), "{:?}", model.notes());
    assert!(model.promise().contributions.is_none() && model.leaf_trees().is_none());
    assert!(model.explainer().unwrap_err().to_string().contains("model.skops"));
    // The levels that OneHotEncoder lists: "nan" is the first usual spelling of a missing one among them.
    let level = model.features().iter().position(|feature| feature.name == "level_0").unwrap();
    assert_eq!(model.missing_level(level), "nan");
    assert!(model.knows_level(level, "été") && !model.knows_level(level, "x") && !model.knows_level(0, "été"));
    assert_eq!(model.missing_level(level + 1), "");
}

#[test]
fn raw_scores_are_log_odds_if_the_user_says_so() {
    let file = fs::read(committed().join("boosted_raw_scores.onnx")).unwrap();
    let plain = Model::from_bytes("m", &file).unwrap();
    let options = ModelOptions { sigmoid: true, ..ModelOptions::default() };
    let model = Model::with_options("m", &file, &options).unwrap();
    assert_eq!((model.link(), model.classes()), (Link::Sigmoid, &["0".to_owned(), "1".to_owned()][..]));
    assert_ne!(model.sha256(), plain.sha256(), "options are part of the fingerprint");
    let mut raw = [0.0, 2.0];
    assert!(model.probabilities(&mut raw) && raw[0] == 0.5 && raw[1] > 0.88);
    assert_eq!((model.decision(&[0.1]), model.decision(&[-0.1])), (Some(1), Some(0)));
}

#[test]
fn a_row_that_the_library_refuses_has_no_score() {
    // OneHotEncoder with zeros = 0.
    let model = read(&committed().join("logistic_levels_dropped.onnx"));
    let numbers: ArrayRef = Arc::new(Float32Array::from(vec![0.5, 0.5]));
    let levels = |second: &str| -> ArrayRef { Arc::new(StringArray::from(vec!["a", second])) };
    let other: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    let mut columns = vec![Some(numbers); 5];
    columns.extend([Some(levels("never seen")), Some(other)]);
    let mut raw = [0.0; 2];
    model.predict_raw(&model.inputs(2, &columns).unwrap(), 0..2, &mut raw).unwrap();
    assert!(raw[0].is_finite() && raw[1].is_nan(), "{raw:?}");
    columns[5] = Some(levels("b"));
    model.predict_raw(&model.inputs(2, &columns).unwrap(), 0..2, &mut raw).unwrap();
    assert!(raw[1].is_finite(), "{raw:?}");
}

#[test]
fn a_row_with_a_missing_integer_has_no_score() {
    // onnxruntime takes no missing values in a column of integers.
    let model = read(&committed().join("logistic_whole_numbers.onnx"));
    let numbers: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.5), Some(0.5), None]));
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![Some(3), None, Some(3)]));
    let levels: ArrayRef = Arc::new(StringArray::from(vec!["a", "a", "a"]));
    let columns = [Some(numbers.clone()), Some(whole), Some(levels), Some(numbers)];
    let mut raw = [0.0; 3];
    model.predict_raw(&model.inputs(3, &columns).unwrap(), 0..3, &mut raw).unwrap();
    assert!(raw[0].is_finite() && raw[1].is_nan() && raw[2].is_nan(), "{raw:?}");
}

#[test]
fn unsupported_operators_are_named() {
    let file = fs::read(committed().join("by_hand_unknown_operator.onnx")).unwrap();
    let error = Model::from_bytes("m.onnx", &file).unwrap_err().to_string();
    assert!(error.starts_with("m.onnx: this ONNX model has the operator Erf of ai.onnx"), "{error}");
    assert!(error.contains("TreeEnsembleClassifier") && error.contains("skops.io.dump"), "{error}");
}
