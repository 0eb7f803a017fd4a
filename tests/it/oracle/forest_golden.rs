//! The scorer against the official CatBoost library: `tests/oracle/forest_golden.py` makes the files this test reads.
//!
//! Every raw output, and every probability, must be equal to the bit. The folder named by `VIGIE_FOREST` (made by
//! `forest_golden.py --large`) is checked too: larger models, 10,000 rows each.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, LargeStringArray, StringArray, types::Int32Type,
};
use serde::Deserialize;
use vigie_models::{Forest, Inputs, Kernel, Link, Shap};

/// What the official library said.
#[derive(Deserialize)]
struct Golden {
    rows: usize,
    features: Vec<Column>,
    raw: Vec<String>,
    probability: Option<Vec<String>>,
    classes: Option<Vec<String>>,
    decision: Option<Vec<String>>,
    /// Of the first rows: (rows, columns + 1), or (rows, dimensions, columns + 1).
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
    /// As an Arrow column; levels in one of three ways.
    fn array(&self, way: usize) -> ArrayRef {
        if let Some(bits) = &self.single {
            let single = |bits: &String| f32::from_bits(u32::from_str_radix(bits, 16).unwrap());
            // Missing as null in one way, as NaN in the others.
            let all = bits.iter().map(single).map(|value| (way != 1 || !value.is_nan()).then_some(value));
            return Arc::new(all.collect::<Float32Array>());
        }
        if let Some(bits) = &self.double {
            let all = bits.iter().map(double).map(|value| (way != 1 || !value.is_nan()).then_some(value));
            return Arc::new(all.collect::<Float64Array>());
        }
        let levels = self.level.as_ref().unwrap().iter().map(Option::as_deref);
        match way {
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

    fn inputs(&self, forest: &Forest, way: usize) -> Inputs {
        let columns: Vec<_> = forest.features().iter().map(|f| Some(self.features[f.column].array(way))).collect();
        Inputs::new(forest, self.rows, &columns).unwrap()
    }
}

/// Bits, so that a difference is seen and −∞ and NaN are equal to themselves.
fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn assert_same(what: &str, got: &[f64], expected: &[String]) {
    let expected: Vec<f64> = expected.iter().map(double).collect();
    let different = bits(got).iter().zip(bits(&expected)).filter(|(got, expected)| **got != *expected).count();
    let first = bits(got).iter().zip(bits(&expected)).position(|(got, expected)| *got != expected);
    assert_eq!(got.len(), expected.len(), "{what}");
    if let Some(at) = first {
        panic!("{what}: {different} of {} differ, first {at}: {:e} for {:e}", got.len(), got[at], expected[at]);
    }
}

/// One model against its golden file; how many rows were compared.
fn check(model: &Path, golden: &Golden) -> usize {
    let name = model.file_name().unwrap().to_string_lossy().into_owned();
    let mut forest = Forest::from_bytes(&name, &fs::read(model).unwrap()).unwrap();
    for feature in forest.features() {
        let column = &golden.features[feature.column];
        assert_eq!(feature.name, column.name, "{name}");
    }
    let mut raw = vec![0.0; golden.rows * forest.outputs()];
    for kernel in Kernel::here() {
        forest.choose(kernel);
        // Columns in all ways, by one kernel; the others read the same bins.
        for way in 0..if kernel == Kernel::Portable { 3 } else { 1 } {
            raw.fill(f64::NAN);
            forest.raw(&golden.inputs(&forest, way), 0..golden.rows, &mut raw).unwrap();
            assert_same(&format!("{name} raw, {kernel}, columns {way}"), &raw, &golden.raw);
        }
        check_shap(&format!("{name}, {kernel}"), &forest, golden, &raw);
    }
    if let Some(expected) = &golden.probability {
        let mut probability = raw.clone();
        assert!(forest.probabilities(&mut probability), "{name}");
        assert_same(&format!("{name} probability"), &probability, expected);
        assert_eq!(forest.classes(), golden.classes.as_ref().unwrap(), "{name}");
    }
    if let Some(expected) = &golden.decision {
        for (raw, expected) in raw.chunks_exact(forest.outputs()).zip(expected) {
            assert_eq!(&forest.classes()[forest.decision(raw).unwrap()], expected, "{name}");
        }
    }
    golden.rows
}

/// SHAP values within 1e-12 of the official library's, and with the expected value the raw output.
fn check_shap(name: &str, forest: &Forest, golden: &Golden, raw: &[f64]) {
    let Some(shape) = &golden.shap_shape else {
        if golden.features.iter().all(|column| column.level.is_none()) && name.starts_with("scale") {
            let fault = Shap::new(forest).unwrap_err().to_string();
            assert!(fault.contains("has a scale of"), "{fault}");
        }
        return;
    };
    let expected: Vec<f64> = golden.shap.as_ref().unwrap().iter().map(double).collect();
    let (rows, columns) = (shape[0], shape[shape.len() - 1]);
    let shap = Shap::new(forest).unwrap();
    let mut values = vec![f64::NAN; rows * shap.width()];
    shap.values(forest, &golden.inputs(forest, 0), 0..rows, &mut values).unwrap();
    assert_eq!(shap.dimensions() * columns * rows, expected.len(), "{name}");
    let places: Vec<usize> = forest.features().iter().map(|feature| feature.column).chain([columns - 1]).collect();
    let mut worst = 0.0_f64;
    for (values, expected) in values.chunks_exact(places.len()).zip(expected.chunks_exact(columns)) {
        let mut whole = vec![0.0; columns];
        places.iter().zip(values).for_each(|(place, value)| whole[*place] = *value);
        for (place, (value, expected)) in whole.iter().zip(expected).enumerate() {
            let off = (value - expected).abs();
            // Values in the hundreds carry no twelve digits behind the point.
            assert!(off <= 1e-12 * expected.abs().max(1.0), "{name}: column {place}: {value:e} for {expected:e}");
            worst = worst.max(off);
        }
    }
    let gap = shap.gap(forest, &values, &raw[..rows * forest.outputs()]);
    assert!(gap <= Shap::TOLERANCE, "{name}: contributions and raw output differ by {gap:e}");
    println!("{name}: SHAP values of {rows} rows, at most {worst:.1e} off, sums {gap:.1e}");
}

fn models(folder: &Path) -> Vec<PathBuf> {
    let mut models: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    models.retain(|path| path.extension().is_some_and(|ending| ending == "cbm"));
    models.sort();
    models
}

/// All models of a folder, from both doors; how many models, files and rows.
fn check_all(folder: &Path) -> (usize, usize, usize) {
    let (mut count, mut files, mut rows) = (0, 0, 0);
    for model in models(folder) {
        let path = model.with_extension("json");
        if !path.exists() {
            continue; // To be refused: another test.
        }
        let golden = Golden::read(&path);
        rows += check(&model, &golden);
        (count, files) = (count + 1, files + 1);
        let json = model.with_extension("model.json");
        if json.exists() && model.ends_with("ctr_regression_borders.cbm") {
            let fault = Forest::from_bytes("it", &fs::read(&json).unwrap()).unwrap_err();
            assert!(fault.to_string().contains("of which its JSON holds one"), "{fault}");
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
    let kernels: Vec<_> = Kernel::here().iter().map(ToString::to_string).collect();
    println!("{models} models ({files} files), {rows} rows, every bit equal; kernels: {}", kernels.join(", "));
    if kernels.len() < 3 {
        println!("not run: AVX2 or AVX-512 with VBMI, which this processor lacks");
    }
    assert!(models >= 31 && rows == models * 50);
}

#[test]
fn large_models_score_to_the_bit() {
    let Some(folder) = std::env::var_os("VIGIE_FOREST") else {
        println!("not run: set VIGIE_FOREST to a folder made by `forest_golden.py --large FOLDER`");
        return;
    };
    let (models, files, rows) = check_all(Path::new(&folder));
    println!("{models} models ({files} files), {rows} rows, every bit equal");
    assert!(models >= 30 && rows == models * 10_000);
}

#[test]
fn any_cut_of_the_rows_gives_the_same_bits() {
    let model = committed().join("home_credit_like.cbm");
    let forest = Forest::from_bytes("model", &fs::read(&model).unwrap()).unwrap();
    let golden = Golden::read(&model.with_extension("json"));
    let inputs = golden.inputs(&forest, 0);
    for cut in [0, 1, 7, 49, 50] {
        let mut raw = vec![0.0; 50];
        let (head, tail) = raw.split_at_mut(cut);
        forest.raw(&inputs, 0..cut, head).unwrap();
        forest.raw(&inputs, cut..50, tail).unwrap();
        assert_same("cut", &raw, &golden.raw);
    }
}

#[test]
fn text_features_are_refused_in_a_sentence() {
    let bytes = fs::read(committed().join("text_features.cbm")).unwrap();
    let fault = Forest::from_bytes("text_features.cbm", &bytes).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "text_features.cbm: this CatBoost model reads text or embedding features, which vigie does not score; \
         train it on numbers and categories"
    );
}

#[test]
fn a_model_says_what_it_is() {
    let read = |name: &str| Forest::from_bytes(name, &fs::read(committed().join(name)).unwrap()).unwrap();
    let forest = read("threshold_and_labels.cbm");
    assert_eq!((forest.link(), forest.threshold()), (Link::Sigmoid, 0.3));
    assert_eq!(forest.classes(), ["accordé", "refusé"]);
    assert_eq!(forest.sha256_hex().len(), 64);
    assert_eq!(read("regression.cbm").link(), Link::Identity);
    assert_eq!(read("multi_regression.cbm").outputs(), 3);
    assert_eq!(read("multi_label.cbm").link(), Link::Labels);
    let columns: Vec<_> = read("columns_dropped.cbm").features().iter().map(|feature| feature.column).collect();
    assert!(columns.len() < 12 && columns.is_sorted(), "{columns:?}");
}
