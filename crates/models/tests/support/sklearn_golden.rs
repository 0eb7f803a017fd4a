//! Golden files of scikit-learn.

use std::{fs, path::Path};

use serde::Deserialize;
use vigie_models::{Inputs, Model, ModelFeature, ModelOptions};

use crate::column::Column;

/// Results of scikit-learn.
#[derive(Deserialize)]
pub(crate) struct SklearnGolden {
    pub rows: usize,
    pub named: bool,
    pub single: bool,
    features: Vec<NamedColumn>,
    /// Per row; `None` if scikit-learn refuses the row or has no raw output.
    pub raw: Vec<Option<Vec<String>>>,
    pub probability: Vec<Option<Vec<String>>>,
    pub decision: Vec<Option<String>>,
    pub classes: Option<Vec<String>>,
    /// Rows with their SHAP values: for each output, one per column, and the expected value.
    pub explained: Option<Vec<(usize, Vec<String>)>>,
}

#[derive(Deserialize)]
struct NamedColumn {
    name: String,
    #[serde(flatten)]
    values: Column,
}

impl SklearnGolden {
    pub(crate) fn read(path: &Path) -> Self {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    pub(crate) fn options(&self) -> ModelOptions {
        ModelOptions { single_inputs: self.single, ..ModelOptions::default() }
    }

    pub(crate) fn inputs(&self, model: &Model, encoding: usize) -> Inputs {
        let column = |feature: &ModelFeature| self.features[feature.column].values.array(feature.kind, encoding);
        let columns: Vec<_> = model.features().iter().map(|feature| Some(column(feature))).collect();
        model.inputs(self.rows, &columns).unwrap()
    }

    /// Number of columns of the log.
    pub(crate) fn columns(&self) -> usize {
        self.features.len()
    }

    pub(crate) fn column_name(&self, column: usize) -> &str {
        &self.features[column].name
    }
}
