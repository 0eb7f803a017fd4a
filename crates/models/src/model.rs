//! A model of any family: the interface that scoring, parity, replay, importance and attribution use.

use std::{borrow::Cow, ops::Range};

use arrow_array::ArrayRef;
use sha2::{Digest, Sha256};

use crate::{
    catboost::{Forest, Kernel},
    error::{ModelError, Result},
    feature::{InputPrecision, ModelFeature},
    format::ModelFormat,
    inputs::{InputSource, Inputs},
    leaf_tree::LeafTree,
    lightgbm,
    link::Link,
    onnx::{self, OnnxModel},
    options::ModelOptions,
    promise::{Agreement, Promise},
    sklearn::{BoosterModel, SklearnPipeline, SkopsModel},
    tree_model::{TreeModel, rows_that_xgboost_refuses},
    value_column::ValueColumn,
    xgboost::{self, LinearBooster, XgBoostModel},
};

/// A model in memory, which scores rows as its library does.
#[derive(Debug)]
pub struct Model {
    pub(crate) family: Family,
    /// SHA-256 of the file.
    file_sha256: [u8; 32],
    options: ModelOptions,
}

/// The families of models.
#[derive(Debug)]
pub(crate) enum Family {
    CatBoost(Forest),
    Trees(TreeModel),
    Linear(LinearBooster),
    Sklearn(SklearnPipeline),
    Onnx(OnnxModel),
}

impl From<XgBoostModel> for Family {
    fn from(model: XgBoostModel) -> Self {
        match model {
            XgBoostModel::Trees(model) => Self::Trees(model),
            XgBoostModel::Linear(model) => Self::Linear(model),
        }
    }
}

impl Model {
    /// Reads a model; its content determines its family. `name` (such as the path) prefixes error messages.
    ///
    /// Memory is limited in proportion to the file, even for a damaged or crafted one.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        Self::with_options(name, bytes, &ModelOptions::default())
    }

    /// Like [`Model::from_bytes`], with decisions that the file leaves open.
    pub fn with_options(name: &str, bytes: &[u8], options: &ModelOptions) -> Result<Self> {
        let format = ModelFormat::recognise(bytes).map_err(|error| error.context(name))?;
        let check = |format| check_options(format, options).map_err(|error| error.context(name));
        // What a .skops file holds is known only after reading it.
        if format != ModelFormat::Sklearn {
            check(format)?;
        }
        let family = match format {
            ModelFormat::CatBoost => Family::CatBoost(Forest::with_options(name, bytes, options)?),
            ModelFormat::LightGbm => Family::Trees(lightgbm::from_bytes(name, bytes, options)?),
            ModelFormat::XgBoost => xgboost::from_bytes(name, bytes, options)?.into(),
            ModelFormat::Sklearn => {
                let (format, family) = match SklearnPipeline::from_bytes(name, bytes, options)? {
                    SkopsModel::Pipeline(model) => (ModelFormat::Sklearn, Family::Sklearn(model)),
                    SkopsModel::Booster(BoosterModel::LightGbm(model)) => (ModelFormat::LightGbm, Family::Trees(model)),
                    SkopsModel::Booster(BoosterModel::XgBoost(model)) => (ModelFormat::XgBoost, model.into()),
                };
                check(format)?;
                family
            }
            ModelFormat::Onnx => Family::Onnx(onnx::from_bytes(name, bytes, options)?),
        };
        Ok(Self { family, file_sha256: Sha256::digest(bytes).into(), options: options.clone() })
    }

    /// Input features, in the order of their columns at training.
    #[must_use]
    pub fn features(&self) -> &[ModelFeature] {
        match &self.family {
            Family::CatBoost(forest) => forest.features(),
            Family::Trees(model) => &model.features,
            Family::Linear(model) => &model.features,
            Family::Sklearn(model) => &model.features,
            Family::Onnx(model) => &model.features,
        }
    }

    /// Whether the model was trained with feature names. If not, it reads columns by position.
    #[must_use]
    pub fn has_feature_names(&self) -> bool {
        match &self.family {
            Family::CatBoost(forest) => forest.has_feature_names(),
            Family::Trees(model) => model.has_feature_names,
            Family::Linear(model) => model.has_feature_names,
            Family::Sklearn(model) => model.has_feature_names,
            Family::Onnx(model) => model.has_feature_names,
        }
    }

    /// The name that training gives a column: LightGBM and skl2onnx replace blanks by underscores. A column belongs to a feature if
    /// this is the feature's name, or if its own name is.
    #[must_use]
    pub fn trained_name<'c>(&self, column: &'c str) -> Cow<'c, str> {
        match &self.family {
            Family::Trees(model) => model.trained_name(column),
            // skl2onnx does, too.
            Family::Onnx(_) => lightgbm::trained_name(column),
            Family::CatBoost(_) | Family::Linear(_) | Family::Sklearn(_) => Cow::Borrowed(column),
        }
    }

    /// The precision in which the model compares numbers.
    #[must_use]
    pub fn precision(&self) -> InputPrecision {
        match &self.family {
            Family::CatBoost(_) => Forest::PRECISION,
            Family::Trees(model) => model.ensemble.rules.input,
            Family::Linear(_) => LinearBooster::PRECISION,
            Family::Sklearn(_) => InputPrecision::Double,
            Family::Onnx(model) => model.precision,
        }
    }

    /// Prepares `rows` rows: one column for each of [`Model::features`], in that order. `None` stands for a column that is
    /// missing in every row.
    ///
    /// A numeric column may be of any numeric type or boolean; a null is missing, as is NaN. A categorical column contains
    /// strings, plain or dictionary-encoded; a null becomes the level [`Model::missing_level`] of a CatBoost model, and is
    /// missing to others.
    pub fn inputs(&self, rows: usize, columns: &[Option<ArrayRef>]) -> Result<Inputs> {
        self.inputs_of(rows, columns)
    }

    /// Like [`Model::inputs`], of columns that were read value by value.
    pub fn value_inputs(&self, rows: usize, columns: &[Option<ValueColumn<'_>>]) -> Result<Inputs> {
        self.inputs_of(rows, columns)
    }

    fn inputs_of<C: InputSource>(&self, rows: usize, columns: &[Option<C>]) -> Result<Inputs> {
        match &self.family {
            Family::CatBoost(forest) => forest.inputs_of(rows, columns),
            Family::Trees(model) => model.inputs(rows, columns),
            Family::Linear(model) => model.inputs(rows, columns),
            Family::Sklearn(model) => model.inputs(rows, columns),
            Family::Onnx(model) => model.inputs(rows, columns),
        }
    }

    /// The rows among `rows` that the official library refuses to score, in ascending order. They have no score of the
    /// library to compare with.
    ///
    /// XGBoost raises an error if a number is infinite or exceeds 32-bit floats (unless [`ModelOptions::missing`] is
    /// infinite), and if a level is not one that its file
    /// lists (3.2 takes some of these for the next level in alphabetical order; 3.4 does not). This crate scores such rows:
    /// infinite numbers are compared as such, and unknown levels are missing. A feature that no tree reads is checked only
    /// if it is numeric. Rows that scikit-learn or onnxruntime refuse have the score NaN.
    #[must_use]
    pub fn refused_rows(&self, inputs: &Inputs, rows: Range<usize>) -> Vec<usize> {
        match &self.family {
            Family::CatBoost(_) => Vec::new(),
            Family::Trees(model) => model.refused_rows(inputs, rows),
            Family::Sklearn(model) => model.refused_rows(inputs, rows),
            Family::Onnx(_) => self.rows_without_score(inputs, rows),
            Family::Linear(model) => rows_that_xgboost_refuses(inputs, rows, model.missing),
        }
    }

    fn rows_without_score(&self, inputs: &Inputs, rows: Range<usize>) -> Vec<usize> {
        let outputs = self.output_count();
        let mut raw = vec![0.0; rows.len() * outputs];
        if self.predict_raw(inputs, rows.clone(), &mut raw).is_err() {
            return Vec::new();
        }
        let own = rows.zip(raw.chunks_exact(outputs.max(1)));
        own.filter(|(_, raw)| raw.iter().any(|value| value.is_nan())).map(|(row, _)| row).collect()
    }

    /// Computes the raw outputs of some rows, [`Model::output_count`] per row. Several threads may score different rows of
    /// the same inputs.
    pub fn predict_raw(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        match &self.family {
            Family::CatBoost(forest) => forest.predict_raw(inputs, rows, out),
            Family::Trees(model) => model.predict_raw(inputs, rows, out),
            Family::Linear(model) => model.predict_raw(inputs, rows, out),
            Family::Sklearn(model) => model.predict_raw(inputs, rows, out),
            Family::Onnx(model) => model.predict_raw(inputs, rows, out),
        }
    }

    /// Like [`Model::predict_raw`], with the same bits, and passes on which leaf each row is in, block by block and tree by
    /// tree: the number of the tree, the number of the first row of the block, and one leaf per row. Leaves are numbered as
    /// in [`Model::leaf_trees`]; fails if the trees of a damaged model cannot be numbered.
    pub fn predict_raw_with_leaves(
        &self,
        inputs: &Inputs,
        rows: Range<usize>,
        out: &mut [f64],
        sink: &mut dyn FnMut(usize, usize, &[u32]),
    ) -> Result<()> {
        match &self.family {
            Family::CatBoost(forest) => forest.predict_raw_with_leaves(inputs, rows, out, sink),
            Family::Trees(model) => model.predict_raw_with_leaves(inputs, rows, out, sink),
            Family::Linear(model) => model.predict_raw(inputs, rows, out),
            Family::Sklearn(model) => model.predict_raw_with_leaves(inputs, rows, out, sink),
            Family::Onnx(_) => Err(ModelError::new("an ONNX model does not say in which leaves rows are")),
        }
    }

    /// The trees with their leaves; `None` if the model has no trees, or too many leaves to count (more than 2²²).
    #[must_use]
    pub fn leaf_trees(&self) -> Option<Vec<LeafTree>> {
        match &self.family {
            Family::CatBoost(forest) => forest.leaf_trees(),
            Family::Trees(model) => model.leaf_trees(),
            Family::Sklearn(model) => model.leaf_trees(),
            Family::Linear(_) | Family::Onnx(_) => None,
        }
    }

    /// Library and format, for messages: `CatBoost`, `LightGBM text v4`.
    #[must_use]
    pub fn kind(&self) -> &str {
        match &self.family {
            Family::CatBoost(_) => "CatBoost",
            Family::Trees(model) => &model.kind,
            Family::Linear(model) => &model.kind,
            Family::Sklearn(model) => &model.kind,
            Family::Onnx(model) => &model.kind,
        }
    }

    /// The vector instructions that CatBoost, LightGBM and XGBoost models are scored with; `None` for others. Scores do not
    /// depend on them.
    #[must_use]
    pub fn kernel(&self) -> Option<Kernel> {
        match &self.family {
            Family::CatBoost(forest) => Some(forest.kernel()),
            Family::Trees(model) => Some(model.ensemble.kernel()),
            Family::Linear(_) | Family::Sklearn(_) | Family::Onnx(_) => None,
        }
    }

    /// Chooses vector instructions, for comparisons, if [`Model::kernel`] has some.
    pub fn set_kernel(&mut self, kernel: Kernel) {
        match &mut self.family {
            Family::CatBoost(forest) => forest.set_kernel(kernel),
            Family::Trees(model) => model.ensemble.set_kernel(kernel),
            Family::Linear(_) | Family::Sklearn(_) | Family::Onnx(_) => {}
        }
    }

    /// How closely the results equal those of the official library.
    #[must_use]
    pub fn promise(&self) -> Promise {
        match &self.family {
            Family::CatBoost(_) => Promise {
                raw: Agreement::Bits,
                probability: Agreement::Bits,
                contributions: Some(Agreement::Within(1e-12)),
                output: InputPrecision::Double,
            },
            Family::Trees(model) => model.promise,
            Family::Linear(model) => model.promise,
            Family::Sklearn(model) => model.promise(),
            Family::Onnx(model) => model.promise,
        }
    }

    /// What the reader decided where the file leaves a question open (how many iterations, which precision of inputs), in
    /// sentences for the user.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        match &self.family {
            Family::CatBoost(_) | Family::Linear(_) => &[],
            Family::Trees(model) => &model.notes,
            Family::Sklearn(model) => &model.notes,
            Family::Onnx(model) => &model.notes,
        }
    }

    /// Number of raw outputs per row.
    #[must_use]
    pub fn output_count(&self) -> usize {
        match &self.family {
            Family::CatBoost(forest) => forest.output_count(),
            Family::Trees(model) => model.ensemble.outputs(),
            Family::Linear(model) => model.outputs(),
            Family::Sklearn(model) => model.scorer.outputs(),
            Family::Onnx(model) => model.output_count(),
        }
    }

    /// How raw outputs relate to probabilities.
    #[must_use]
    pub fn link(&self) -> Link {
        match &self.family {
            Family::CatBoost(forest) => forest.link(),
            Family::Trees(model) => model.link(),
            Family::Linear(model) => model.output.link(),
            Family::Sklearn(model) => model.scorer.output.link(),
            Family::Onnx(model) => model.link,
        }
    }

    /// Whether a row has one output, which is the probability of the second of two classes once it is linked.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        match self.link() {
            Link::Sigmoid => true,
            Link::Probability => self.output_count() == 1,
            _ => false,
        }
    }

    /// Turns the raw outputs of rows into what the library predicts, in place: the probability of the second of two classes
    /// or of every class, or the predicted value ([`Model::link`] says which). Returns false and changes nothing if that is
    /// the raw output itself.
    #[must_use]
    pub fn probabilities(&self, raw: &mut [f64]) -> bool {
        match &self.family {
            Family::CatBoost(forest) => forest.probabilities(raw),
            Family::Trees(model) => model.probabilities(raw),
            Family::Linear(model) => model.output.apply(model.outputs(), raw),
            Family::Sklearn(model) => model.scorer.output.apply(model.scorer.outputs(), raw),
            Family::Onnx(model) => model.probabilities(raw),
        }
    }

    /// Turns the raw outputs of rows into what the library predicts, in place: probabilities, as [`Model::probabilities`]
    /// does, or the numbers of a regression.
    pub fn predictions(&self, raw: &mut [f64]) {
        // What is left unchanged is what the library predicts.
        let _ = self.probabilities(raw);
    }

    /// Index into [`Model::classes`] of the class selected by the raw outputs of one row; `None` if the model has no
    /// classes (a regression) or is multi-label.
    #[must_use]
    pub fn decision(&self, raw: &[f64]) -> Option<usize> {
        match &self.family {
            Family::CatBoost(forest) => forest.decision(raw),
            Family::Trees(model) => model.decision(raw),
            Family::Linear(model) => model.output.decision(raw),
            Family::Sklearn(model) => model.decision(raw),
            Family::Onnx(model) => model.decision(raw),
        }
    }

    /// Class names, in the order of outputs: two for [`Link::Sigmoid`], none for a regression.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        match &self.family {
            Family::CatBoost(forest) => forest.classes(),
            Family::Trees(model) => &model.classes,
            Family::Linear(model) => &model.classes,
            Family::Sklearn(model) => &model.classes,
            Family::Onnx(model) => &model.classes,
        }
    }

    /// The probability above which a row is in the second of two classes.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        match &self.family {
            Family::CatBoost(forest) => forest.threshold(),
            Family::Sklearn(model) => model.threshold(),
            Family::Trees(_) | Family::Linear(_) | Family::Onnx(_) => 0.5,
        }
    }

    /// SHA-256 of the model file and, unless they are the default, of the options that it was read with.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        match &self.family {
            Family::CatBoost(forest) => forest.sha256(),
            Family::Trees(model) => model.sha256,
            Family::Linear(model) => model.sha256,
            Family::Sklearn(model) => model.sha256,
            Family::Onnx(model) => model.sha256,
        }
    }

    /// [`Model::sha256`] in hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        hexadecimal(&self.sha256())
    }

    /// SHA-256 of the model file alone, in hexadecimal.
    #[must_use]
    pub fn file_sha256_hex(&self) -> String {
        hexadecimal(&self.file_sha256)
    }

    /// The options that it was read with, unless they are the default: names and values as users know them.
    #[must_use]
    pub fn chosen_options(&self) -> Vec<(&'static str, String)> {
        self.options.described()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The options that files of a format leave open, by the names that users know. In addition, some of these have no meaning
/// for some models, such as the iterations of a linear one; the reader of the format refuses those.
fn open_options(format: ModelFormat) -> &'static [&'static str] {
    match format {
        ModelFormat::CatBoost => &["iterations"],
        ModelFormat::LightGbm => &["iterations", "categories", "inputs", "link"],
        ModelFormat::XgBoost => &["iterations", "link", "missing"],
        ModelFormat::Sklearn => &["inputs"],
        ModelFormat::Onnx => &["link"],
    }
}

/// Refuses options that a file does not leave open, so that none is ignored.
fn check_options(format: ModelFormat, options: &ModelOptions) -> Result<()> {
    let open = open_options(format);
    let wrong: Vec<_> = options.chosen().into_iter().filter(|chosen| !open.contains(chosen)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let without_effect = if wrong.len() == 1 { "has no effect; remove it" } else { "have no effect; remove them" };
    let open = open.join("`, `");
    let (file, wrong) = (format.described(), wrong.join("`, `"));
    Err(ModelError::new(format!("{file} leaves only `{open}` open, so that `{wrong}` {without_effect}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_without_effect_are_refused() {
        let refused = |options: &ModelOptions| Model::with_options("m.cbm", b"CBM1", options).unwrap_err().to_string();
        let options = ModelOptions { sigmoid: true, single_inputs: true, ..ModelOptions::default() };
        assert_eq!(
            refused(&options),
            "m.cbm: a CatBoost file leaves only `iterations` open, so that `inputs`, `link` have no effect; remove them"
        );
        assert!(refused(&ModelOptions::default()).contains("damaged"));
        let missing = ModelOptions { missing: Some(0.0), ..ModelOptions::default() };
        let categories = ModelOptions { categories: Some(Vec::new()), ..ModelOptions::default() };
        let sentences: [(&[u8], _, _); 3] = [
            (
                b"tree\n",
                &missing,
                "a LightGBM file leaves only `iterations`, `categories`, `inputs`, `link` open, so that `missing`",
            ),
            (
                b"{L\0",
                &categories,
                "an XGBoost file leaves only `iterations`, `link`, `missing` open, so that `categories`",
            ),
            (b"\x08\x0a\x12\x08skl2onnx", &missing, "an ONNX file leaves only `link` open, so that `missing`"),
        ];
        for (file, options, sentence) in sentences {
            let message = Model::with_options("m", file, options).unwrap_err().to_string();
            assert_eq!(message, format!("m: {sentence} has no effect; remove it"));
        }
    }
}
