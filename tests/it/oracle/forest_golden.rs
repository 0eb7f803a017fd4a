//! Compares the scorer with the official CatBoost library, on the files written by `tests/oracle/forest_golden.py`.
//!
//! Every raw output and every probability must be bit-identical. If `VIGIE_FOREST` names a folder made by
//! `forest_golden.py --large` (larger models, 10,000 rows each), it is checked too.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, LargeStringArray, StringArray, types::Int32Type,
};
use serde::Deserialize;
use vigie_models::{
    Inputs, Iterations, Link, Model, ModelOptions,
    catboost::{Forest, Kernel, Shap},
};

/// Results of the official library.
#[derive(Deserialize)]
struct Golden {
    rows: usize,
    features: Vec<Column>,
    raw: Vec<String>,
    /// Of the first two iterations, for the first rows.
    first_two: Option<Vec<String>>,
    probability: Option<Vec<String>>,
    /// What a regression predicts, if that is not the raw output.
    prediction: Option<Vec<String>>,
    classes: Option<Vec<String>>,
    decision: Option<Vec<String>>,
    /// (rows, columns + 1) or (rows, dimensions, columns + 1), where rows are the first ones of the file.
    shap_shape: Option<Vec<usize>>,
    shap: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    single: Option<Vec<String>>,
    double: Option<Vec<String>>,
    level: Option<Vec<Option<String>>>,
}

fn double(bits: impl AsRef<str>) -> f64 {
    f64::from_bits(u64::from_str_radix(bits.as_ref(), 16).unwrap())
}

impl Column {
    /// Converts the column to an Arrow array, in one of three encodings.
    fn array(&self, encoding: usize) -> ArrayRef {
        if let Some(bits) = &self.single {
            let single = |bits: &String| f32::from_bits(u32::from_str_radix(bits, 16).unwrap());
            // A missing value is a null in one encoding and NaN in the others.
            let all = bits.iter().map(single).map(|value| (encoding != 1 || !value.is_nan()).then_some(value));
            return Arc::new(all.collect::<Float32Array>());
        }
        if let Some(bits) = &self.double {
            let all = bits.iter().map(double).map(|value| (encoding != 1 || !value.is_nan()).then_some(value));
            return Arc::new(all.collect::<Float64Array>());
        }
        let levels = self.level.as_ref().unwrap().iter().map(Option::as_deref);
        match encoding {
            0 => Arc::new(levels.collect::<StringArray>()),
            1 => Arc::new(levels.collect::<LargeStringArray>()),
            _ => Arc::new(levels.collect::<DictionaryArray<Int32Type>>()),
        }
    }
}

impl Golden {
    fn read(path: &Path) -> Self {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    fn inputs(&self, forest: &Forest, encoding: usize) -> Inputs {
        let columns: Vec<_> = forest.features().iter().map(|f| Some(self.features[f.column].array(encoding))).collect();
        forest.inputs(self.rows, &columns).unwrap()
    }
}

/// Bits, so that any difference is detected, and −∞ and NaN are equal to themselves.
fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn assert_same(what: &str, got: &[f64], expected: &[String]) {
    let expected: Vec<f64> = expected.iter().map(double).collect();
    let different = bits(got).iter().zip(bits(&expected)).filter(|(got, expected)| **got != *expected).count();
    let first = bits(got).iter().zip(bits(&expected)).position(|(got, expected)| *got != expected);
    assert_eq!(got.len(), expected.len(), "{what}");
    if let Some(at) = first {
        panic!(
            "{what}: {different} of {} differ, the first at {at}: {:e} instead of {:e}",
            got.len(),
            got[at],
            expected[at]
        );
    }
}

/// Compares the first two iterations with `predict(ntree_end=2)`. All kernels score them alike, and they can be explained as
/// the whole model can.
fn check_iterations(name: &str, model: &Path, golden: &Golden) {
    let Some(expected) = &golden.first_two else { return };
    let file = fs::read(model).unwrap();
    let read = |iterations| Model::with_options(name, &file, &ModelOptions { iterations, ..ModelOptions::default() });
    let mut first = read(Iterations::First(2)).unwrap();
    let columns: Vec<_> = first.features().iter().map(|f| Some(golden.features[f.column].array(0))).collect();
    let inputs = first.inputs(golden.rows, &columns).unwrap();
    let rows = expected.len() / first.output_count();
    for kernel in Kernel::available() {
        first.set_kernel(kernel);
        let mut raw = vec![f64::NAN; expected.len()];
        first.predict_raw(&inputs, 0..rows, &mut raw).unwrap();
        assert_same(&format!("{name}, two iterations, {kernel}"), &raw, expected);
    }
    let whole = read(Iterations::All).unwrap();
    assert_eq!(first.leaf_trees().unwrap().len(), 2, "{name}");
    let trees = whole.leaf_trees().unwrap().len();
    let refusal = |iterations| read(iterations).unwrap_err().to_string();
    assert!(refusal(Iterations::First(trees + 1)).contains(&format!("has {trees} iterations")), "{name}");
    assert!(refusal(Iterations::First(0)).contains(&format!("has {trees} iterations")), "{name}");
    assert!(refusal(Iterations::Best).contains("leave out `iterations: best`"), "{name}");
    if let (Ok(explainer), Ok(_)) = (first.explainer(), whole.explainer()) {
        let mut values = vec![f64::NAN; explainer.width()];
        let mut sums = vec![f64::NAN; first.output_count()];
        explainer.values(&first, &inputs, 0..1, &mut values).unwrap();
        explainer.sums(&first, &inputs, 0..1, &mut sums).unwrap();
        assert!(explainer.gap(&first, &values, &sums) <= explainer.tolerance(), "{name}");
    }
}

/// Compares one model with its golden file. Returns the number of rows.
fn check(model: &Path, golden: &Golden) -> usize {
    let name = model.file_name().unwrap().to_string_lossy().into_owned();
    let mut forest = Forest::from_bytes(&name, &fs::read(model).unwrap()).unwrap();
    for feature in forest.features() {
        let column = &golden.features[feature.column];
        assert_eq!(feature.name, column.name, "{name}");
    }
    let mut raw = vec![0.0; golden.rows * forest.output_count()];
    for kernel in Kernel::available() {
        forest.set_kernel(kernel);
        // All encodings with one kernel only; the other kernels read the same bins.
        for encoding in 0..if kernel == Kernel::Portable { 3 } else { 1 } {
            raw.fill(f64::NAN);
            forest.predict_raw(&golden.inputs(&forest, encoding), 0..golden.rows, &mut raw).unwrap();
            assert_same(&format!("{name} raw, {kernel}, encoding {encoding}"), &raw, &golden.raw);
        }
        check_leaves(&format!("{name}, {kernel}"), &forest, golden);
        check_shap(&format!("{name}, {kernel}"), &forest, golden, &raw);
    }
    check_interface(&name, model, golden);
    check_iterations(&name, model, golden);
    if let Some(expected) = &golden.probability {
        let mut probability = raw.clone();
        assert!(forest.probabilities(&mut probability), "{name}");
        assert_same(&format!("{name} probability"), &probability, expected);
        assert_eq!(forest.classes(), golden.classes.as_ref().unwrap(), "{name}");
    }
    if let Some(expected) = &golden.decision {
        for (raw, expected) in raw.chunks_exact(forest.output_count()).zip(expected) {
            assert_eq!(&forest.classes()[forest.decision(raw).unwrap()], expected, "{name}");
        }
    }
    golden.rows
}

/// Checks that passing on leaves changes no bit of the scores, and that they are the leaves whose values are summed.
fn check_leaves(name: &str, forest: &Forest, golden: &Golden) {
    let Some(trees) = forest.leaf_trees() else {
        assert!(forest.trees().is_empty(), "{name}");
        return;
    };
    let dimension = forest.dimension();
    let (mut raw, mut sums) = (vec![0.0; golden.rows * forest.output_count()], vec![0.0; golden.rows * dimension]);
    let sink = &mut |tree: usize, first: usize, leaves: &[u32]| {
        for (row, leaf) in (first..).zip(leaves) {
            let values = &trees[tree].values[*leaf as usize * dimension..][..dimension];
            sums[row * dimension..][..dimension].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    };
    forest.predict_raw_with_leaves(&golden.inputs(forest, 0), 0..golden.rows, &mut raw, sink).unwrap();
    assert_same(&format!("{name} raw, with leaves"), &raw, &golden.raw);
    if forest.output_count() == dimension && !name.starts_with("scale") {
        // All rows have the same bias.
        for (row, (raw_row, sum_row)) in raw.chunks(dimension).zip(sums.chunks(dimension)).enumerate() {
            for place in 0..dimension {
                let off = (raw_row[place] - raw[place]) - (sum_row[place] - sums[place]);
                assert!(off.abs() <= 1e-9 * raw_row[place].abs().max(1.0), "{name}: row {row}: {off:e}");
            }
        }
    }
}

/// Checks that the interface of all families gives the same results.
fn check_interface(name: &str, path: &Path, golden: &Golden) {
    let model = Model::from_bytes(name, &fs::read(path).unwrap()).unwrap();
    let columns: Vec<_> = model.features().iter().map(|f| Some(golden.features[f.column].array(0))).collect();
    let inputs = model.inputs(golden.rows, &columns).unwrap();
    let mut raw = vec![0.0; golden.rows * model.output_count()];
    model.predict_raw(&inputs, 0..golden.rows, &mut raw).unwrap();
    assert_same(&format!("{name} raw, model"), &raw, &golden.raw);
    if let Ok(explainer) = model.explainer() {
        let mut values = vec![0.0; golden.rows * explainer.width()];
        explainer.values(&model, &inputs, 0..golden.rows, &mut values).unwrap();
        assert!(explainer.gap(&model, &values, &raw) <= explainer.tolerance(), "{name}");
    }
    if let Some(expected) = &golden.prediction {
        let mut predictions = raw.clone();
        model.predictions(&mut predictions);
        assert_same(&format!("{name} prediction"), &predictions, expected);
        assert_eq!(model.link(), Link::Exp);
    }
    let has_probabilities = model.probabilities(&mut raw);
    assert_eq!(has_probabilities, golden.probability.is_some(), "{name}");
    if let Some(expected) = &golden.probability {
        assert_same(&format!("{name} probability, model"), &raw, expected);
    }
}

/// Checks that SHAP values are within 1e-12 of those of the official library and add up to the raw output.
fn check_shap(name: &str, forest: &Forest, golden: &Golden, raw: &[f64]) {
    let Some(shape) = &golden.shap_shape else {
        if golden.features.iter().all(|column| column.level.is_none()) && name.starts_with("scale") {
            let error = Shap::new(forest).unwrap_err().to_string();
            assert!(error.contains("has a scale of"), "{error}");
        }
        return;
    };
    let expected: Vec<f64> = golden.shap.as_ref().unwrap().iter().map(double).collect();
    let (rows, columns) = (shape[0], shape[shape.len() - 1]);
    let shap = Shap::new(forest).unwrap();
    let mut values = vec![f64::NAN; rows * shap.width()];
    shap.values(forest, &golden.inputs(forest, 0), 0..rows, &mut values).unwrap();
    assert_eq!(shap.dimensions() * columns * rows, expected.len(), "{name}");
    let positions: Vec<usize> = forest.features().iter().map(|feature| feature.column).chain([columns - 1]).collect();
    let mut worst = 0.0_f64;
    for (values, expected) in values.chunks_exact(positions.len()).zip(expected.chunks_exact(columns)) {
        let mut whole = vec![0.0; columns];
        positions.iter().zip(values).for_each(|(column, value)| whole[*column] = *value);
        for (column, (value, expected)) in whole.iter().zip(expected).enumerate() {
            let off = (value - expected).abs();
            // Values in the hundreds do not have twelve decimal places.
            assert!(off <= 1e-12 * expected.abs().max(1.0), "{name}: column {column}: {value:e} for {expected:e}");
            worst = worst.max(off);
        }
    }
    let gap = shap.gap(forest, &values, &raw[..rows * forest.output_count()]);
    assert!(gap <= Shap::TOLERANCE, "{name}: contributions and raw output differ by {gap:e}");
    println!("{name}: SHAP values of {rows} rows, largest difference {worst:.1e}, of sums {gap:.1e}");
}

fn models(folder: &Path) -> Vec<PathBuf> {
    let mut models: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    models.retain(|path| path.extension().is_some_and(|ending| ending == "cbm"));
    models.sort();
    models
}

/// Checks all models of a folder, in both formats. Returns the numbers of models, files and rows.
fn check_all(folder: &Path) -> (usize, usize, usize) {
    let (mut count, mut files, mut rows) = (0, 0, 0);
    for model in models(folder) {
        let path = model.with_extension("json");
        if !path.exists() {
            continue; // A model to be refused, covered by another test.
        }
        let golden = Golden::read(&path);
        rows += check(&model, &golden);
        (count, files) = (count + 1, files + 1);
        let json = model.with_extension("model.json");
        if json.exists() && model.ends_with("ctr_regression_borders.cbm") {
            let error = Forest::from_bytes("it", &fs::read(&json).unwrap()).unwrap_err();
            assert!(error.to_string().contains("its JSON holds only one of them"), "{error}");
        } else if json.exists() {
            check(&json, &golden);
            files += 1;
        }
    }
    (count, files, rows)
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forest")
}

#[test]
fn committed_models_score_to_the_bit() {
    let (models, files, rows) = check_all(&committed());
    let kernels: Vec<_> = Kernel::available().iter().map(ToString::to_string).collect();
    println!("{models} models ({files} files), {rows} rows, every bit equal; kernels: {}", kernels.join(", "));
    if kernels.len() < 3 {
        println!("not run: AVX2 or AVX-512 with VBMI, which this processor does not have");
    }
    assert!(models >= 31 && rows == models * 50);
}

#[test]
fn large_models_score_to_the_bit() {
    let Some(folder) = std::env::var_os("VIGIE_FOREST") else {
        println!("not run: set VIGIE_FOREST to a folder made by `forest_golden.py --large DIR`");
        return;
    };
    let (models, files, rows) = check_all(Path::new(&folder));
    println!("{models} models ({files} files), {rows} rows, every bit equal");
    assert!(models >= 30 && rows == models * 10_000);
}

#[test]
fn any_division_of_the_rows_gives_the_same_bits() {
    let model = committed().join("home_credit_like.cbm");
    let forest = Forest::from_bytes("model", &fs::read(&model).unwrap()).unwrap();
    let golden = Golden::read(&model.with_extension("json"));
    let inputs = golden.inputs(&forest, 0);
    for cut in [0, 1, 7, 49, 50] {
        let mut raw = vec![0.0; 50];
        let (head, tail) = raw.split_at_mut(cut);
        forest.predict_raw(&inputs, 0..cut, head).unwrap();
        forest.predict_raw(&inputs, cut..50, tail).unwrap();
        assert_same("cut", &raw, &golden.raw);
    }
}

#[test]
fn text_features_are_refused() {
    let bytes = fs::read(committed().join("text_features.cbm")).unwrap();
    let error = Forest::from_bytes("text_features.cbm", &bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "text_features.cbm: this CatBoost model uses text or embedding features, which vigie does not support; \
         train it on numeric and categorical features"
    );
}

#[test]
fn metadata_of_models_is_read() {
    let read = |name: &str| Forest::from_bytes(name, &fs::read(committed().join(name)).unwrap()).unwrap();
    let forest = read("threshold_and_labels.cbm");
    assert_eq!((forest.link(), forest.threshold()), (Link::Sigmoid, 0.3));
    assert_eq!(forest.classes(), ["accordé", "refusé"]);
    assert_eq!(forest.sha256_hex().len(), 64);
    assert_eq!(read("regression.cbm").link(), Link::Identity);
    assert_eq!(read("multi_regression.cbm").output_count(), 3);
    assert_eq!(read("multi_label.cbm").link(), Link::Labels);
    let columns: Vec<_> = read("columns_dropped.cbm").features().iter().map(|feature| feature.column).collect();
    assert!(columns.len() < 12 && columns.is_sorted(), "{columns:?}");
}
