//! Results of the official xgboost library, as `tests/oracle/xgboost_golden.py` writes them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int64Array, StringArray, types::Int32Type,
};
use serde::Deserialize;
use vigie_models::{Agreement, InputKind, Inputs, Iterations, Model, ModelOptions};

/// Results for one model. Floats are hexadecimal digits of bits, 32 of them unless said otherwise.
#[derive(Deserialize)]
pub(crate) struct Golden {
    pub rows: usize,
    pub outputs: usize,
    options: Options,
    features: Vec<Column>,
    /// Results for all rows but the last, which the library refuses. Not published with the models of other projects.
    raw: Option<Vec<String>>,
    /// Results for the refused rows, if the library takes them in another way.
    refused_raw: Option<Vec<String>>,
    prediction: Vec<String>,
    /// Results of another way of predicting, if it differs.
    in_place_raw: Option<Vec<String>>,
    in_place: Option<Vec<String>>,
    decision: Option<Vec<usize>>,
    /// (rows, outputs, features + 1), without the second if there is one output.
    pub contributions_shape: Option<Vec<usize>>,
    contributions: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Options {
    iterations: Option<usize>,
    /// 64 bits.
    missing: Option<String>,
}

#[derive(Deserialize)]
struct Column {
    name: Option<String>,
    single: Option<Vec<String>>,
    /// 64 bits.
    double: Option<Vec<String>>,
    integer: Option<Vec<i64>>,
    boolean: Option<Vec<bool>>,
    level: Option<Vec<Option<String>>>,
}

pub(crate) fn singles(bits: &[String]) -> Vec<f64> {
    let single = |bits: &String| f64::from(f32::from_bits(u32::from_str_radix(bits, 16).unwrap()));
    bits.iter().map(single).collect()
}

fn double(bits: impl AsRef<str>) -> f64 {
    f64::from_bits(u64::from_str_radix(bits.as_ref(), 16).unwrap())
}

impl Column {
    /// The column as an Arrow array, with missing values as nulls or as NaN, and levels plain or in a dictionary.
    fn array(&self, with_nulls: bool) -> ArrayRef {
        if let Some(bits) = &self.single {
            let all = singles(bits).into_iter().map(|value| (!with_nulls || !value.is_nan()).then_some(value as f32));
            return Arc::new(all.collect::<Float32Array>());
        }
        if let Some(bits) = &self.double {
            let all = bits.iter().map(double).map(|value| (!with_nulls || !value.is_nan()).then_some(value));
            return Arc::new(all.collect::<Float64Array>());
        }
        if let Some(all) = &self.integer {
            return Arc::new(Int64Array::from(all.clone()));
        }
        if let Some(all) = &self.boolean {
            return Arc::new(BooleanArray::from(all.clone()));
        }
        let levels = self.level.as_ref().unwrap().iter().map(Option::as_deref);
        if with_nulls {
            Arc::new(levels.collect::<DictionaryArray<Int32Type>>())
        } else {
            Arc::new(levels.collect::<StringArray>())
        }
    }
}

/// Panics if values differ in any bit. All NaN are the same.
pub(crate) fn assert_same(what: &str, got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let same = |(got, expected): (&f64, &f64)| got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
    let different = got.iter().zip(expected).filter(|pair| !same(*pair)).count();
    if let Some(at) = got.iter().zip(expected).position(|pair| !same(pair)) {
        let (all, got, expected) = (got.len(), got[at], expected[at]);
        panic!("{what}: {different} of {all} differ, the first at {at}: {got:e} instead of {expected:e}");
    }
}

/// Panics if values differ by more than the agreement.
fn assert_within(what: &str, got: &[f64], expected: &[f64], agreement: Agreement) {
    let Agreement::Within(tolerance) = agreement else { return assert_same(what, got, expected) };
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        let off = (got - expected).abs() / expected.abs().max(1.0);
        assert!(off <= tolerance, "{what}: {got:e} instead of {expected:e}");
    }
}

impl Golden {
    pub(crate) fn read(path: &Path) -> Self {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    pub(crate) fn options(&self) -> ModelOptions {
        let iterations = self.options.iterations.map_or_else(Iterations::default, Iterations::First);
        let missing = self.options.missing.as_ref().map(double);
        ModelOptions { iterations, missing, ..ModelOptions::default() }
    }

    pub(crate) fn inputs(&self, model: &Model, with_nulls: bool) -> Inputs {
        let columns: Vec<_> = self.features.iter().map(|column| Some(column.array(with_nulls))).collect();
        model.inputs(self.rows, &columns).unwrap()
    }

    pub(crate) fn raw(&self) -> Vec<f64> {
        singles(self.raw.as_ref().unwrap())
    }

    pub(crate) fn in_place_raw(&self) -> Option<Vec<f64>> {
        self.in_place_raw.as_deref().map(singles)
    }

    pub(crate) fn contributions(&self) -> Option<Vec<f64>> {
        self.contributions.as_deref().map(singles)
    }

    /// Compares a model file with the results. Returns the number of rows.
    pub(crate) fn check(&self, name: &str, file: &[u8]) -> usize {
        let model = Model::with_options(name, file, &self.options()).unwrap();
        assert_eq!((model.features().len(), model.output_count()), (self.features.len(), self.outputs), "{name}");
        for (at, (feature, column)) in model.features().iter().zip(&self.features).enumerate() {
            // A model without names has the numbers of columns.
            assert_eq!(feature.name, column.name.clone().unwrap_or_else(|| at.to_string()), "{name}");
            assert_eq!(feature.kind == InputKind::Categorical, column.level.is_some(), "{name}: {}", feature.name);
        }
        let kept = self.prediction.len() / self.outputs;
        let mut raw = vec![f64::NAN; self.rows * self.outputs];
        for with_nulls in [false, true] {
            let inputs = self.inputs(&model, with_nulls);
            let refused: Vec<usize> = (kept..self.rows).collect();
            assert_eq!(model.refused_rows(&inputs, 0..self.rows), refused, "{name}");
            assert!(model.refused_rows(&inputs, 0..kept).is_empty(), "{name}");
            model.predict_raw(&inputs, 0..self.rows, &mut raw).unwrap();
            if self.raw.is_some() {
                assert_same(&format!("{name} raw"), &raw[..kept * self.outputs], &self.raw());
            }
            if let Some(expected) = &self.refused_raw {
                assert_same(&format!("{name} refused raw"), &raw[kept * self.outputs..], &singles(expected));
            }
        }
        self.check_contributions(name, &model);
        raw.truncate(self.prediction.len());
        if let Some(expected) = &self.in_place_raw {
            assert_within(&format!("{name} in place, raw"), &raw, &singles(expected), model.promise().raw);
        }
        if let Some(expected) = &self.decision {
            let decisions: Vec<_> = raw.chunks_exact(self.outputs).map(|raw| model.decision(raw).unwrap()).collect();
            assert_eq!(&decisions, expected, "{name}");
        }
        let mut prediction = raw.clone();
        let is_raw = !model.probabilities(&mut prediction);
        assert_same(&format!("{name} prediction"), &prediction, &singles(&self.prediction));
        if let Some(expected) = &self.in_place {
            let promise = model.promise().probability;
            assert_within(&format!("{name} in place"), &prediction, &singles(expected), promise);
        }
        assert!(!is_raw || prediction.iter().zip(&raw).all(|(one, other)| one.to_bits() == other.to_bits()), "{name}");
        self.rows
    }
}

impl Golden {
    /// Compares contributions with those of the library, as closely as the model promises, relative to the largest of them,
    /// and their sums with the model's own.
    fn check_contributions(&self, name: &str, model: &Model) {
        let Some(expected) = self.contributions() else { return };
        if !expected.iter().all(|value| value.is_finite()) {
            // Infinite leaves and numbers, whose contributions have no sum.
            return;
        }
        let explainer = model.explainer().unwrap();
        let (inputs, rows) = (self.inputs(model, false), expected.len() / explainer.width());
        let mut values = vec![f64::NAN; expected.len()];
        explainer.values(model, &inputs, 0..rows, &mut values).unwrap();
        let tolerance = match model.promise().contributions {
            Some(Agreement::Within(tolerance)) => tolerance,
            _ => 0.0,
        };
        let largest = expected.iter().fold(1.0_f64, |largest, value| largest.max(value.abs()));
        for (at, (value, expected)) in values.iter().zip(&expected).enumerate() {
            let off = (value - expected).abs() / largest;
            assert!(off <= tolerance, "{name}: contribution {at}: {value:e} instead of {expected:e}");
        }
        let mut sums = vec![0.0; rows * self.outputs];
        explainer.sums(model, &inputs, 0..rows, &mut sums).unwrap();
        assert!(explainer.gap(model, &values, &sums) <= explainer.tolerance(), "{name}");
    }
}

/// The golden files of a folder, by name.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".json").filter(|stem| !stem.ends_with(".model")).map(str::to_owned)
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Checks all models of a folder, in both formats. Returns the numbers of models, of files and of rows.
pub(crate) fn check_all(folder: &Path) -> (usize, usize, usize) {
    let (mut files, mut rows) = (0, 0);
    let names = names(folder);
    for name in &names {
        let golden = Golden::read(&folder.join(format!("{name}.json")));
        for file in [format!("{name}.model.json"), format!("{name}.ubj")] {
            if let Ok(bytes) = fs::read(folder.join(&file)) {
                rows += golden.check(&file, &bytes);
                files += 1;
            }
        }
    }
    (names.len(), files, rows)
}

/// The folder of the small models.
pub(crate) fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/xgboost")
}
