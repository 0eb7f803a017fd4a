//! A scikit-learn pipeline as a model: its features, and the scores of rows.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use super::{
    file::{
        node::{Loader, SkopsNode, SkopsReader, unreadable},
        refusal::{damaged, unsupported},
        zip::ZipArchive,
    },
    read::{
        booster::{BoosterModel, booster},
        builder::PipelineBuilder,
        estimator::{classes, estimator, input_names, unknown_estimator},
        transform::sklearn_class,
        wrapper::threshold,
    },
    score::{
        output::EstimatorOutput,
        program::{ColumnBlock, ColumnProgram},
        scorer::{Estimator, PipelineScorer, SINGLE_SUMS},
    },
};
use crate::{
    allowance::Allowance,
    catboost::forest::missing::usual_spelling,
    ensemble::codes::{MISSING_CODE, UNKNOWN_CODE},
    error::{ModelError, Result},
    feature::{InputKind, InputPrecision, ModelFeature},
    inputs::{InputSource, InputSpec, Inputs},
    leaf_tree::{LeafChoices, LeafFeature, LeafTree},
    options::ModelOptions,
    promise::{Agreement, Promise},
};

/// A pipeline of scikit-learn, or a single estimator.
#[derive(Debug)]
pub(crate) struct SklearnPipeline {
    /// `scikit-learn 1.9.1 .skops`.
    pub kind: String,
    /// Those that a step or the estimator reads.
    pub features: Vec<ModelFeature>,
    pub has_feature_names: bool,
    /// For each of the features, its levels with their codes.
    levels: Vec<HashMap<String, u32>>,
    /// For each of the features and each code, whether an encoder knows the level.
    known: Vec<Vec<bool>>,
    pub program: ColumnProgram,
    pub scorer: PipelineScorer,
    /// Names of classes; none for a regression.
    pub classes: Vec<String>,
    pub notes: Vec<String>,
    /// The probability from which on the second of two classes is predicted, if it is not the estimator's own.
    threshold: Option<f64>,
    pub sha256: [u8; 32],
}

/// What a `.skops` file holds.
#[derive(Debug)]
pub(crate) enum SkopsModel {
    Pipeline(SklearnPipeline),
    Booster(BoosterModel),
}

/// Maximum size of a decompressed graph that memory is allowed in proportion to, in bytes.
const DECOMPRESSED: usize = 1 << 20;

impl SklearnPipeline {
    /// Reads a `.skops` file; `name` prefixes error messages.
    pub(crate) fn from_bytes(name: &str, bytes: &[u8], options: &ModelOptions) -> Result<SkopsModel> {
        Self::read(bytes, options).map_err(|error| error.context(name))
    }

    fn read(bytes: &[u8], options: &ModelOptions) -> Result<SkopsModel> {
        let allowance = Allowance::for_file(bytes);
        let archive = ZipArchive::new(bytes, &allowance)?;
        if !archive.contains("schema.json") {
            return Err(ModelError::new(
                "this is a ZIP archive, but not a .skops file; save a scikit-learn model with \
                 `skops.io.dump(model, \"model.skops\")`",
            ));
        }
        let schema = archive.member("schema.json")?;
        // A compressed graph of a few features is twenty times as large.
        let allowance = match &schema {
            Cow::Borrowed(_) => allowance,
            Cow::Owned(schema) => Allowance::for_size(bytes.len().max(schema.len().min(DECOMPRESSED))),
        };
        let schema = std::str::from_utf8(&schema).map_err(|_| damaged("schema.json is not text"))?;
        let root = serde_json::from_str(schema).map_err(|error| unreadable("the graph", &error))?;
        let reader = SkopsReader { archive, allowance };
        let root = SkopsNode::new(&reader, root)?;
        if root.loader() != Loader::Object {
            let class: String = root.class().chars().take(40).collect();
            return Err(unsupported(format_args!("is inside a {class}; save the pipeline or estimator itself")));
        }
        if let Some(model) = booster(&root, bytes, DECOMPRESSED, options)? {
            return Ok(SkopsModel::Booster(model));
        }
        if sklearn_class(&root).is_none() {
            return Err(unknown_estimator(&root));
        }
        let version = root.version()?.unwrap_or_else(|| "of unknown version".to_owned());
        let version: String = version.chars().take(20).collect();
        if !root.is_since(1, 3)? {
            // Since then, trees have fractions in their leaves, and a side for missing values in their nodes.
            return Err(unsupported(format_args!(
                "is of scikit-learn {version}, whose files are not read; train it with 1.3 or newer"
            )));
        }
        let (names, has_feature_names) = input_names(&root)?;
        let mut builder = PipelineBuilder::new(&reader, names, options.single_inputs)?;
        let columns = builder.inputs();
        let mut scorer = estimator(&mut builder, &root, columns, 0)?;
        if options.single_inputs && !scorer.is_exact() {
            scorer.agreement = scorer.agreement.looser(SINGLE_SUMS);
        }
        let classes = match scorer.output {
            EstimatorOutput::Value | EstimatorOutput::LogValue => Vec::new(),
            _ => classes(&root)?,
        };
        let PipelineBuilder { program, features: drafts, .. } = builder;
        let mut is_read = vec![false; program.features];
        mark_read(&program, &scorer, &mut is_read);
        let mut model = Self {
            kind: format!("scikit-learn {version} .skops"),
            features: Vec::new(),
            has_feature_names,
            levels: Vec::new(),
            known: Vec::new(),
            program,
            notes: notes(&scorer),
            threshold: threshold(&root)?,
            scorer,
            classes,
            sha256: options.fingerprint(bytes),
        };
        for ((column, draft), is_read) in drafts.into_iter().enumerate().zip(is_read) {
            model.program.places.push(is_read.then_some(model.features.len()));
            if is_read {
                let kind = draft.kind.unwrap_or(InputKind::Numeric);
                model.features.push(ModelFeature { name: draft.name, kind, column, used: true });
                model.levels.push(draft.levels);
                model.known.push(draft.is_known);
            }
        }
        Ok(SkopsModel::Pipeline(model))
    }

    pub(crate) fn inputs<C: InputSource>(&self, rows: usize, columns: &[Option<C>]) -> Result<Inputs> {
        let spec = InputSpec {
            features: &self.features,
            precision: InputPrecision::Double,
            model: self.sha256,
            missing: None,
        };
        let code = |feature: usize, level: &str| self.code(feature, level).unwrap_or(UNKNOWN_CODE);
        Inputs::new(&spec, rows, columns, |_| MISSING_CODE, code)
    }

    pub(crate) fn code(&self, feature: usize, level: &str) -> Option<u32> {
        self.levels.get(feature).and_then(|levels| levels.get(level)).copied()
    }

    pub(crate) fn knows_level(&self, feature: usize, level: &str) -> bool {
        let code = self.code(feature, level).and_then(|code| usize::try_from(code).ok());
        code.is_some_and(|code| self.known.get(feature).and_then(|known| known.get(code)) == Some(&true))
    }

    pub(crate) fn predict_raw(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        self.for_each_block(inputs, rows, self.scorer.outputs(), out, |block, out| self.scorer.score(block, out))
    }

    pub(crate) fn predict_raw_with_leaves(
        &self,
        inputs: &Inputs,
        rows: Range<usize>,
        out: &mut [f64],
        sink: &mut dyn FnMut(usize, usize, &[u32]),
    ) -> Result<()> {
        self.predict_raw(inputs, rows.clone(), out)?;
        let Estimator::Trees(trees) = &self.scorer.estimator else { return Ok(()) };
        let outputs = trees.ensemble.outputs();
        let mut first = rows.start;
        let mut sums = Vec::new();
        self.for_each_block(inputs, rows, 0, &mut [], |block, _| {
            sums.resize(block.rows() * outputs, 0.0);
            let columns = block.columns(&self.scorer.columns);
            let sink = &mut |tree: usize, row: usize, leaves: &[u32]| sink(tree, first + row, leaves);
            trees.ensemble.raw_with_leaves(&columns, 0..block.rows(), &mut sums, sink);
            first += block.rows();
        })
    }

    /// The trees, with the features of the log in place of the estimator's columns.
    pub(crate) fn leaf_trees(&self) -> Option<Vec<LeafTree>> {
        let Estimator::Trees(trees) = &self.scorer.estimator else { return None };
        let owners = self.owners();
        let of_features = |mut tree: LeafTree| {
            tree.values.iter_mut().for_each(|value| *value /= trees.divisor);
            let mut choices: BTreeMap<usize, Vec<[usize; 3]>> = BTreeMap::new();
            for LeafFeature { feature, choices: own } in tree.features {
                let (Some(owner), LeafChoices::Nodes(nodes)) = (owners.get(feature), own) else { continue };
                choices.entry(*owner).or_default().extend(nodes);
            }
            let features = choices.into_iter().map(|(feature, nodes)| (feature, LeafChoices::Nodes(nodes)));
            tree.features = features.map(|(feature, choices)| LeafFeature { feature, choices }).collect();
            tree
        };
        Some(trees.ensemble.leaf_trees()?.into_iter().map(of_features).collect())
    }

    /// For each column of the estimator, the index of its feature.
    pub(crate) fn owners(&self) -> Vec<usize> {
        let owner = |column: &usize| self.program.places.get(self.program.feature_of(*column)).copied().flatten();
        // Every column of the estimator has a feature.
        self.scorer.columns.iter().map(|column| owner(column).unwrap_or(usize::MAX)).collect()
    }

    /// Computes the columns of some rows block by block, and passes each block on with its part of the output, `width`
    /// numbers per row.
    pub(crate) fn for_each_block(
        &self,
        inputs: &Inputs,
        rows: Range<usize>,
        width: usize,
        out: &mut [f64],
        mut act: impl FnMut(&ColumnBlock, &mut [f64]),
    ) -> Result<()> {
        if inputs.model != self.sha256 {
            return Err(ModelError::new("these columns were prepared for another model"));
        }
        if rows.end > inputs.rows() || rows.len().checked_mul(width) != Some(out.len()) {
            let (all, out) = (inputs.rows(), out.len());
            return Err(ModelError::new(format!("rows {rows:?} of {all} do not match an output of {out} values")));
        }
        let mut block = self.program.block();
        let (mut first, mut left) = (rows.start, out);
        while first < rows.end {
            let next = first.saturating_add(block.capacity()).min(rows.end);
            let (out, rest) = left.split_at_mut((next - first).saturating_mul(width).min(left.len()));
            self.program.run(inputs, first..next, &mut block);
            act(&block, out);
            (first, left) = (next, rest);
        }
        Ok(())
    }

    /// The usual spelling of a missing level among those that the pipeline lists, or the empty string.
    pub(crate) fn missing_level(&self, feature: usize) -> &'static str {
        usual_spelling(|spelling| self.knows_level(feature, spelling))
    }

    /// Rows that scikit-learn refuses to score.
    pub(crate) fn refused_rows(&self, inputs: &Inputs, rows: Range<usize>) -> Vec<usize> {
        let mut refused = Vec::new();
        let mut first = rows.start;
        let read = self.for_each_block(inputs, rows, 0, &mut [], |block, _| {
            refused.extend((0..block.rows()).filter(|row| !self.scorer.accepts(block, *row)).map(|row| first + row));
            first += block.rows();
        });
        // Inputs of another model have no rows of this one.
        read.map(|()| refused).unwrap_or_default()
    }

    /// The probability above which a row is in the second of two classes.
    pub(crate) fn threshold(&self) -> f64 {
        self.threshold.unwrap_or(0.5)
    }

    /// Index of the class that is predicted for a row; `None` for a regression or a row without a score.
    pub(crate) fn decision(&self, raw: &[f64]) -> Option<usize> {
        let (Some(threshold), [raw]) = (self.threshold, raw) else { return self.scorer.output.decision(raw) };
        let mut probability = [*raw];
        self.scorer.output.apply(1, &mut probability);
        (!raw.is_nan()).then(|| usize::from(probability[0] >= threshold))
    }

    pub(crate) fn is_linear(&self) -> bool {
        matches!(self.scorer.estimator, Estimator::Linear(_))
    }

    pub(crate) fn promise(&self) -> Promise {
        let raw = self.scorer.agreement;
        // NumPy's exp differs from the platform's in the last bit; SciPy's expit does not.
        let probability = match self.scorer.output {
            EstimatorOutput::Logits | EstimatorOutput::LogValue => raw.looser(Agreement::Within(1e-12)),
            _ => raw,
        };
        let contributions = match self.scorer.estimator {
            Estimator::Linear(_) | Estimator::Trees(_) => Some(Agreement::Within(1e-12)),
            Estimator::Network(_) | Estimator::Calibrated(_) => None,
        };
        Promise { raw, probability, contributions, output: InputPrecision::Double }
    }
}

/// Marks the features that an estimator depends on.
fn mark_read(program: &ColumnProgram, scorer: &PipelineScorer, is_read: &mut [bool]) {
    for column in &scorer.columns {
        let feature = program.feature_of(*column);
        is_read.get_mut(feature).into_iter().for_each(|is_read| *is_read = true);
    }
    if let Estimator::Calibrated(mean) = &scorer.estimator {
        mean.members.iter().for_each(|member| mark_read(program, &member.scorer, is_read));
    }
}

fn notes(scorer: &PipelineScorer) -> Vec<String> {
    match scorer.agreement {
        Agreement::Within(tolerance) if tolerance > 1e-12 => vec![format!(
            "scikit-learn computes the scores of this model in 32-bit floats; vigie computes them in 64 bits and agrees \
             within {tolerance:e}"
        )],
        _ => Vec::new(),
    }
}
