//! Models of other projects give the predictions that those projects publish. `tests/oracle/public_models.py` collects
//! them into the folder that `VIGIE_PUBLIC_MODELS` names.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests panic on failure")]

#[path = "support/column.rs"]
mod column;

use std::{fs, path::Path};

use column::{Column, double, files};
use serde::Deserialize;
use vigie_models::Model;

/// Published answers for some rows.
#[derive(Deserialize)]
struct Published {
    source: String,
    columns: Vec<Column>,
    /// Whether the answers are raw outputs.
    raw: bool,
    expected: Vec<String>,
    /// Maximum difference, relative to values above 1.
    within: f64,
}

impl Published {
    /// Compares a model with its answers. Returns the numbers of answers, and of those that are equal to the bit.
    fn check(&self, name: &str, model: &Model) -> (usize, usize) {
        let arrays: Vec<_> = model.features().iter().map(|f| Some(self.columns[f.column].array(f.kind, 0))).collect();
        let rows = self.expected.len() / model.output_count();
        let inputs = model.inputs(rows, &arrays).unwrap();
        let mut got = vec![0.0; rows * model.output_count()];
        model.predict_raw(&inputs, 0..rows, &mut got).unwrap();
        if !self.raw {
            let _ = model.probabilities(&mut got);
        }
        assert_eq!(got.len(), self.expected.len(), "{name}");
        let mut equal = 0;
        for (at, (got, expected)) in got.iter().zip(self.expected.iter().map(double)).enumerate() {
            let is_equal = got.to_bits() == expected.to_bits();
            equal += usize::from(is_equal);
            let is_close = (got - expected).abs() <= self.within * expected.abs().max(1.0);
            assert!(is_equal || is_close, "{name} of {}: answer {at} is {got:e} instead of {expected:e}", self.source);
        }
        (got.len(), equal)
    }
}

/// Checks all models of a family. Returns the numbers of files and answers.
fn check_all(folder: &Path) -> (usize, usize) {
    let (mut count, mut answers) = (0, 0);
    for path in files(folder, "json") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let published: Published = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let model = Model::from_bytes(&name, &fs::read(path.with_extension("model")).unwrap()).unwrap();
        let (found, equal) = published.check(&name, &model);
        println!("{name} ({}): {found} answers, {equal} equal to the bit", model.kind());
        (count, answers) = (count + 1, answers + found);
    }
    (count, answers)
}

fn check_family(family: &str, least: usize) {
    let Some(folder) = std::env::var_os("VIGIE_PUBLIC_MODELS") else {
        println!("not run: set VIGIE_PUBLIC_MODELS to a folder made by `public_models.py DIR`");
        return;
    };
    let (models, answers) = check_all(&Path::new(&folder).join(family));
    println!("{family}: {models} models of other projects, {answers} answers");
    assert!(models >= least, "{models} models");
}

#[test]
fn lightgbm_models_of_other_projects_give_their_predictions() {
    check_family("lightgbm", 8);
}
