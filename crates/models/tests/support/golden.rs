//! Golden files: rows and results of an official library, with numbers as the hexadecimal digits of their bits.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use vigie_models::{Inputs, Model};

use super::column::{Column, double};

/// Rows, and the results of the official library.
#[derive(Deserialize)]
pub(crate) struct Golden {
    pub rows: usize,
    features: Vec<Feature>,
    raw: Vec<String>,
    /// What the library predicts, if that is not the raw output.
    probability: Option<Vec<String>>,
    /// Indices of classes.
    decision: Option<Vec<usize>>,
    /// (rows, outputs, features + 1), where rows are the first ones of the file.
    shap_shape: Option<[usize; 3]>,
    shap: Option<Vec<String>>,
}

/// One feature: its name at training and the values of all rows.
#[derive(Deserialize)]
pub(crate) struct Feature {
    name: String,
    #[serde(flatten)]
    column: Column,
}

impl Golden {
    pub(crate) fn inputs(&self, model: &Model, encoding: usize) -> Inputs {
        let columns = model.features().iter().map(|f| Some(self.features[f.column].column.array(f.kind, encoding)));
        model.inputs(self.rows, &columns.collect::<Vec<_>>()).unwrap()
    }

    /// Compares a model with the file: raw outputs, predictions, decisions and SHAP values. Returns the numbers of equal
    /// raw outputs and predictions, which are all.
    pub(crate) fn check(&self, name: &str, model: &Model) -> (usize, usize) {
        for feature in model.features() {
            assert_eq!(feature.name, self.features[feature.column].name, "{name}");
        }
        let mut raw = vec![0.0; self.rows * model.output_count()];
        for encoding in 0..3 {
            raw.fill(f64::NAN);
            model.predict_raw(&self.inputs(model, encoding), 0..self.rows, &mut raw).unwrap();
            assert_same(&format!("{name} raw, encoding {encoding}"), &raw, &self.raw);
        }
        let mut predicted = raw.clone();
        assert_eq!(model.probabilities(&mut predicted), self.probability.is_some(), "{name}");
        if let Some(expected) = &self.probability {
            assert_same(&format!("{name} prediction"), &predicted, expected);
        }
        for (row, expected) in self.decision.iter().flatten().enumerate() {
            let raw = &raw[row * model.output_count()..][..model.output_count()];
            assert_eq!(model.decision(raw), Some(*expected), "{name}: row {row}");
        }
        assert_eq!(self.decision.is_some(), !model.classes().is_empty(), "{name}");
        self.check_shap(name, model, &raw);
        (raw.len(), self.probability.as_ref().map_or(0, Vec::len))
    }

    /// SHAP values are within 1e-12 of the library's and add up to the raw output.
    fn check_shap(&self, name: &str, model: &Model, raw: &[f64]) {
        let explainer = match (model.explainer(), &self.shap_shape) {
            (Ok(explainer), Some(_)) => explainer,
            (Err(error), Some(_)) => {
                assert!(error.to_string().contains("not computed yet"), "{name}: {error}");
                return;
            }
            (explainer, None) => {
                assert!(explainer.is_err() || raw.iter().any(|raw| !raw.is_finite()), "{name}");
                return;
            }
        };
        let [rows, outputs, width] = self.shap_shape.unwrap();
        let expected: Vec<f64> = self.shap.as_ref().unwrap().iter().map(double).collect();
        assert_eq!((explainer.width(), expected.len()), (outputs * width, rows * outputs * width), "{name}");
        let mut values = vec![f64::NAN; rows * explainer.width()];
        explainer.values(model, &self.inputs(model, 0), 0..rows, &mut values).unwrap();
        for (at, (value, expected)) in values.iter().zip(&expected).enumerate() {
            let off = (value - expected).abs();
            assert!(off <= 1e-12 * expected.abs().max(1.0), "{name}: value {at}: {value:e} for {expected:e}");
        }
        let gap = explainer.gap(model, &values, &raw[..rows * model.output_count()]);
        assert!(gap <= explainer.tolerance(), "{name}: contributions and raw output differ by {gap:e}");
    }
}

/// Compares bits, so that any difference is detected and infinities are equal to themselves. All NaN are equal.
pub(crate) fn assert_same(what: &str, got: &[f64], expected: &[String]) {
    let expected: Vec<f64> = expected.iter().map(double).collect();
    let differs =
        |(got, expected): &(&f64, &f64)| got.to_bits() != expected.to_bits() && !(got.is_nan() && expected.is_nan());
    assert_eq!(got.len(), expected.len(), "{what}");
    let different = got.iter().zip(&expected).filter(differs).count();
    if let Some(at) = got.iter().zip(&expected).position(|pair| differs(&pair)) {
        panic!(
            "{what}: {different} of {} differ, the first at {at}: {:e} instead of {:e}",
            got.len(),
            got[at],
            expected[at]
        );
    }
}

/// The golden files of a family that are committed.
pub(crate) fn committed(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle").join(family)
}
