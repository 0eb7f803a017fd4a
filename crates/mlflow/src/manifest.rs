//! `MLmodel`: the flavours of a model, the file of each, and the signature.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_yaml::Value;

use crate::{
    address::is_plain_path,
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    failure::shown,
};

/// A library whose files can be scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelFlavor {
    /// `catboost`: `.cbm` or JSON.
    CatBoost,
    /// `lightgbm`: text, or `.skops`.
    LightGbm,
    /// `xgboost`: UBJSON or JSON.
    XgBoost,
    /// `sklearn`: `.skops`.
    Sklearn,
    /// `onnx`.
    Onnx,
}

/// Each flavour with its name in `MLmodel` and the key that names its file; the first of a model is preferred.
const FLAVORS: [(ModelFlavor, &str, &str); 5] = [
    (ModelFlavor::CatBoost, "catboost", "data"),
    (ModelFlavor::LightGbm, "lightgbm", "data"),
    (ModelFlavor::XgBoost, "xgboost", "data"),
    (ModelFlavor::Sklearn, "sklearn", "pickled_model"),
    (ModelFlavor::Onnx, "onnx", "data"),
];

/// A file that may be the model. Its content, not its name, says what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFileCandidate {
    /// The flavour that names it.
    pub flavor: ModelFlavor,
    /// Relative to the model's folder.
    pub path: String,
    /// The format as `MLmodel` states it: `cbm`, `ubj`, `skops`, `cloudpickle`; absent if it states none.
    pub format: Option<String>,
}

/// A column of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureColumn {
    /// Absent in signatures of tensors.
    pub name: Option<String>,
    /// `boolean`, `integer`, `long`, `float`, `double`, `string`, `binary`, `datetime`; of tensors the element type.
    pub data_type: String,
    /// Only of tensors; -1 is any size.
    pub shape: Option<Vec<i64>>,
    /// Whether a value is required.
    pub is_required: bool,
}

/// Inputs and outputs as the model was logged with, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelSignature {
    /// Inputs.
    pub inputs: Vec<SignatureColumn>,
    /// Outputs.
    pub outputs: Vec<SignatureColumn>,
}

/// A parsed `MLmodel`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelManifest {
    /// Files of flavours that can be scored, best first. May be pickles: see [`ModelManifest::model_files`].
    pub candidates: Vec<ModelFileCandidate>,
    /// Names of all flavours, sorted.
    pub flavors: Vec<String>,
    /// Absent if the model was logged without one.
    pub signature: Option<ModelSignature>,
    /// The MLflow that logged it.
    pub mlflow_version: Option<String>,
    /// `m-…`; only MLflow 3.
    pub model_id: Option<String>,
    /// The run that logged it.
    pub run_id: Option<String>,
    /// Bytes of all files of the model.
    pub model_bytes: Option<u64>,
}

#[derive(Deserialize)]
struct MlModel {
    flavors: BTreeMap<String, Value>,
    signature: Option<SignatureTexts>,
    mlflow_version: Option<String>,
    model_id: Option<String>,
    run_id: Option<String>,
    model_size_bytes: Option<u64>,
}

/// JSON texts inside YAML.
#[derive(Deserialize)]
struct SignatureTexts {
    inputs: Option<String>,
    outputs: Option<String>,
}

#[derive(Deserialize)]
struct ColumnText {
    name: Option<String>,
    #[serde(rename = "type", default)]
    data_type: String,
    required: Option<bool>,
    /// Before MLflow 2.9.
    #[serde(default)]
    optional: bool,
    #[serde(rename = "tensor-spec")]
    tensor: Option<TensorText>,
}

#[derive(Deserialize)]
struct TensorText {
    dtype: String,
    shape: Vec<i64>,
}

impl ModelManifest {
    /// Parses the content of an `MLmodel` file.
    ///
    /// # Errors
    ///
    /// `BadReply`: it is not what MLflow writes.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let wrong = |why: &str| {
            let why =
                format!("MLmodel cannot be read: {}; check that the address is a model that MLflow logged", shown(why));
            MlflowError::new(Kind::BadReply, why)
        };
        let file: MlModel = serde_yaml::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?;
        let text = |flavor: &Value, key: &str| flavor.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let mut candidates = Vec::new();
        for (flavor, name, key) in FLAVORS {
            let Some(entry) = file.flavors.get(name) else { continue };
            let Some(path) = text(entry, key) else { continue };
            if !is_plain_path(&path) {
                return Err(wrong(&format!("the flavour {name} names a file outside the model's folder")));
            }
            let format =
                ["serialization_format", "save_format", "model_format"].iter().find_map(|key| text(entry, key));
            candidates.push(ModelFileCandidate { flavor, path, format });
        }
        let columns = |text: Option<&String>| -> Result<Vec<SignatureColumn>> {
            let Some(text) = text else { return Ok(Vec::new()) };
            let columns: Vec<ColumnText> =
                serde_json::from_str(text).map_err(|error| wrong(&format!("its signature: {error}")))?;
            Ok(columns.into_iter().map(SignatureColumn::from).collect())
        };
        let signature = match &file.signature {
            Some(texts) => Some(ModelSignature {
                inputs: columns(texts.inputs.as_ref())?,
                outputs: columns(texts.outputs.as_ref())?,
            }),
            None => None,
        };
        Ok(Self {
            candidates,
            flavors: file.flavors.into_keys().collect(),
            signature,
            mlflow_version: file.mlflow_version,
            model_id: file.model_id,
            run_id: file.run_id,
            model_bytes: file.model_size_bytes,
        })
    }

    /// The candidates that `MLmodel` does not state to be pickles.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is none; says how to log the model instead.
    pub fn model_files(&self) -> Result<Vec<&ModelFileCandidate>> {
        let files: Vec<_> = self.candidates.iter().filter(|file| !file.is_stated_pickle()).collect();
        match (files.is_empty(), self.candidates.first()) {
            (false, _) => Ok(files),
            (true, Some(pickle)) => Err(pickle.pickle_error()),
            (true, None) => Err(MlflowError::new(
                Kind::Unsupported,
                format!(
                    "the model has the flavours {}, none of which is supported; log it with mlflow.catboost, lightgbm, \
                     xgboost, sklearn (skops) or onnx",
                    shown(&self.flavors.join(", "))
                ),
            )),
        }
    }
}

impl From<ColumnText> for SignatureColumn {
    fn from(column: ColumnText) -> Self {
        let (data_type, shape) = match column.tensor {
            Some(tensor) => (tensor.dtype, Some(tensor.shape)),
            None => (column.data_type, None),
        };
        Self { name: column.name, data_type, shape, is_required: column.required.unwrap_or(!column.optional) }
    }
}

impl ModelFileCandidate {
    /// Whether `MLmodel` states that the file is a pickle.
    #[must_use]
    pub fn is_stated_pickle(&self) -> bool {
        self.format.as_deref().is_some_and(|format| format.contains("pickle") || format == "joblib")
    }

    /// Whether the content is a pickle, which can run code when it is loaded.
    #[must_use]
    pub fn is_pickle(bytes: &[u8]) -> bool {
        matches!(bytes, [0x80, 2..=5, ..])
    }

    /// The error for a pickle: names the line that logs the model without one.
    #[must_use]
    pub fn pickle_error(&self) -> MlflowError {
        let remedy = match self.flavor {
            ModelFlavor::LightGbm => "log the booster: mlflow.lightgbm.log_model(model.booster_, …)",
            ModelFlavor::XgBoost => "log it with mlflow.xgboost.log_model(model, …, model_format=\"ubj\")",
            ModelFlavor::CatBoost => "log it with mlflow.catboost.log_model(model, …)",
            ModelFlavor::Sklearn => {
                "log it with MLflow 3 as mlflow.sklearn.log_model(pipeline, …, serialization_format=\"skops\", \
                 skops_trusted_types=[\"numpy.dtype\"])"
            }
            ModelFlavor::Onnx => "log it with mlflow.onnx.log_model(model, …)",
        };
        MlflowError::new(
            Kind::Unsupported,
            format!(
                "the model's file {:?} is a pickle, which is never loaded because it can run code; {remedy}",
                self.path
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATBOOST: &str = r#"
artifact_path: mlflow-artifacts:/1/models/m-1/artifacts
flavors:
  catboost: {catboost_version: 1.2.10, code: null, data: model.cb, model_type: CatBoostClassifier, save_format: cbm}
  python_function: {data: model.cb, loader_module: mlflow.catboost}
mlflow_version: 3.17.2
model_id: m-1
model_size_bytes: 12345
run_id: abc
signature:
  inputs: '[{"type": "double", "name": "AMOUNT", "required": false}, {"type": "string", "name": "KIND", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
"#;

    #[test]
    fn files_and_signature_are_read() {
        let manifest = ModelManifest::parse(CATBOOST.as_bytes()).unwrap();
        let files = manifest.model_files().unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].flavor, files[0].path.as_str()), (ModelFlavor::CatBoost, "model.cb"));
        assert_eq!(files[0].format.as_deref(), Some("cbm"));
        let signature = manifest.signature.unwrap();
        let inputs: Vec<_> = signature
            .inputs
            .iter()
            .map(|column| (column.name.as_deref(), column.data_type.as_str(), column.is_required))
            .collect();
        assert_eq!(inputs, [(Some("AMOUNT"), "double", false), (Some("KIND"), "string", true)]);
        assert_eq!(signature.outputs[0].shape.as_deref(), Some([-1].as_slice()));
        assert_eq!(manifest.model_bytes, Some(12345));
        assert_eq!(manifest.flavors, ["catboost", "python_function"]);
    }

    #[test]
    fn pickles_and_other_flavours_are_refused_with_a_remedy() {
        let parse = |flavors: &str| ModelManifest::parse(format!("flavors: {flavors}").as_bytes());
        let pickle = parse("{sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle}}").unwrap();
        let error = pickle.model_files().unwrap_err();
        assert!(error.to_string().contains("serialization_format=\"skops\""), "{error}");
        // The same model in two flavours: the one that is not a pickle counts.
        let both =
            parse("{sklearn: {pickled_model: model.pkl, serialization_format: pickle}, onnx: {data: model.onnx}}")
                .unwrap();
        assert_eq!(both.model_files().unwrap()[0].flavor, ModelFlavor::Onnx);
        // The ending of a name proves nothing.
        let unknown = parse("{lightgbm: {data: model.pkl}}").unwrap();
        assert_eq!(unknown.model_files().unwrap().len(), 1);
        assert!(unknown.candidates[0].pickle_error().to_string().contains("model.booster_"));
        let none = parse("{python_function: {data: x}, prophet: {data: y}}").unwrap();
        assert!(none.model_files().unwrap_err().to_string().contains("prophet, python_function"));
        assert!(ModelFileCandidate::is_pickle(&[0x80, 4, 0x95]) && !ModelFileCandidate::is_pickle(b"CBM1"));
    }

    #[test]
    fn damaged_files_are_errors() {
        for text in [
            "",
            "- 1",
            "flavors: 3",
            "flavors: {catboost: {data: ../../etc/passwd}}",
            "flavors: {catboost: {data: /etc/passwd}}",
            "flavors: {}\nsignature: {inputs: 'x'}",
            "\u{1}",
        ] {
            let error = ModelManifest::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("MLmodel cannot be read"), "{text}: {error}");
        }
    }
}
