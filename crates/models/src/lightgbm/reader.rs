//! Reads a LightGBM model from its blocks.

use std::{iter::Peekable, str::Lines};

use super::{
    features::TrainedFeatures,
    header::ModelHeader,
    output::{LightGbmOutput, Transform},
    pandas,
    refusal::{damaged, over_allowance, unsupported},
    text::{TextBlock, excerpt, reserved},
    tree,
};
use crate::{
    allowance::Allowance,
    ensemble::{
        Ensemble, SplitComparison,
        trees::{EnsembleRules, Tree},
    },
    error::{ModelError, Result},
    feature::{InputKind, InputPrecision},
    options::{Iterations, ModelOptions},
    promise::{Agreement, Promise},
    tree_model::{CodeRule, OutputRule, TreeModel},
};

/// LightGBM's `kZeroThreshold`, a 32-bit float.
const ZERO_WITHIN: f64 = 1e-35_f32 as f64;

/// A model of the command line or of R has none, and a model of Python always has one.
const WITHOUT_PANDAS: &str = "The file has no line `pandas_categorical`, so that the levels of its categorical features are \
                              numbers. If it was saved by Python, it is cut: save it again with \
                              `booster.save_model('model.txt')`.";

/// As `train(params={'objective': function})` writes it.
const WITHOUT_OBJECTIVE: &str = "The model has an objective of its own, which the file does not hold, so that its score is the \
                                 raw output, a number. If the service turns it into a probability, set `model.link: sigmoid` \
                                 (`--link sigmoid`).";

/// Reads a model; `name` prefixes error messages.
pub(crate) fn from_bytes(name: &str, bytes: &[u8], options: &ModelOptions) -> Result<TreeModel> {
    read(bytes, options).map_err(|error| error.context(name))
}

/// Returns true if a file begins like a LightGBM model: with its first line, or, since their order is not fixed, with
/// another line of its header.
pub(crate) fn is_model(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(bytes).trim_ascii_start();
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    line == b"tree"
        || HEADER_KEYS.iter().any(|key| line.strip_prefix(key.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
}

const HEADER_KEYS: [&str; 9] = [
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "feature_names",
    "feature_infos",
    "tree_sizes",
];

const BYTE_ORDER_MARK: &str = "\u{feff}";

pub(super) fn read(bytes: &[u8], options: &ModelOptions) -> Result<TreeModel> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| damaged(format_args!("it is not UTF-8 text (the byte at {} is not)", error.valid_up_to())))?;
    read_text(text, options.fingerprint(bytes), options, None, &Allowance::for_file(bytes))
}

/// Reads the text of a model. `sha256`: the fingerprint of the file and the options; `best`: the number of iterations up to
/// the best one, if something else than the text says so.
pub(crate) fn read_text(
    text: &str,
    sha256: [u8; 32],
    options: &ModelOptions,
    best: Option<usize>,
    allowance: &Allowance,
) -> Result<TreeModel> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut lines = text.lines().peekable();
    let mut block = TextBlock::new("its header");
    while let Some(line) = lines.next_if(|line| !is_tree(line) && !is_end(line)) {
        if !line.trim().is_empty() {
            block.add(line)?;
        }
    }
    let header = ModelHeader::new(&block)?;
    let trees = read_trees(&mut lines, text, header.outputs, allowance)?;
    header.check_trees(trees.len())?;
    let lists = pandas::level_lists(lines, allowance)?;
    let may_be_cut = lists.is_none();
    let lists = lists.unwrap_or_default();
    let features = TrainedFeatures::new(&header, &trees, lists, options.categories.as_deref(), allowance)?;
    let has_categories = features.columns.iter().any(|feature| feature.kind == InputKind::Categorical);
    let mut notes: Vec<String> = features.note.into_iter().collect();
    if may_be_cut && has_categories {
        notes.push(WITHOUT_PANDAS.to_owned());
    }
    let iterations = used_iterations(trees.len() / header.outputs, options.iterations, best, &mut notes)?;
    let output = output_rule(&header, options, iterations)?;
    notes
        .extend(output.mean_of.filter(|_| header.version == "v2" && output.transform != Transform::Identity).map(|_| {
        "LightGBM before 2.2.3 wrote random forests whose predictions were the mean of the raw outputs as it is; later \
             versions read the same file as if a transform was still to be applied, and so does vigie."
            .to_owned()
    }));
    if !header.has_objective && !options.sigmoid && header.outputs == 1 {
        notes.push(WITHOUT_OBJECTIVE.to_owned());
    }
    let classes = class_names(output.transform, header.outputs, allowance)?;
    let mut base = reserved(header.outputs, allowance)?;
    base.resize(header.outputs, 0.0);
    let rules = EnsembleRules {
        input: if options.single_inputs { InputPrecision::Single } else { InputPrecision::Double },
        sum: InputPrecision::Double,
        comparison: SplitComparison::AtMost,
        zero_within: ZERO_WITHIN,
    };
    let mut ensemble = Ensemble { features: header.features, base, trees, rules }.validated()?;
    ensemble.trees.truncate(iterations.saturating_mul(header.outputs));
    let is_linear = ensemble.trees.iter().any(|tree| !tree.linear.is_empty());
    // The library computes no sigmoid of an objective that it does not know: services do, each in its own way.
    let is_own_sigmoid = output.transform != header.transform;
    Ok(TreeModel {
        kind: format!("LightGBM text {}", header.version),
        features: features.columns,
        has_feature_names: features.has_names,
        levels: features.levels,
        codes: CodeRule::LightGbm,
        missing: None,
        ensemble: ensemble.into(),
        output: OutputRule::LightGbm(output),
        classes,
        promise: Promise {
            raw: Agreement::Bits,
            probability: if is_own_sigmoid { Agreement::Within(1e-15) } else { Agreement::Bits },
            contributions: (!is_linear).then_some(Agreement::Within(1e-12)),
            output: InputPrecision::Double,
        },
        sha256,
        notes,
    })
}

fn is_tree(line: &str) -> bool {
    line.starts_with("Tree=")
}

/// Whether a line is after all trees. LightGBM before 2.1.2 does not write `end of trees`.
fn is_end(line: &str) -> bool {
    ["end of trees", "feature importances:", "feature_importances:"].contains(&line.trim_end())
}

/// Reads the trees up to the line after them.
fn read_trees(lines: &mut Peekable<Lines<'_>>, text: &str, outputs: usize, allowance: &Allowance) -> Result<Vec<Tree>> {
    let mut trees = reserved(text.lines().filter(|line| is_tree(line)).count(), allowance)?;
    let mut block = TextBlock::new("");
    loop {
        match lines.next() {
            None => {
                let trees = trees.len();
                return Err(damaged(format_args!("it ends after {trees} trees, without the line `end of trees`")));
            }
            Some(line) if is_end(line) => return Ok(trees),
            Some(line) if is_tree(line) => {
                block.restart(format!("tree {}", trees.len()));
                while let Some(line) = lines.next_if(|line| !line.is_empty() && !is_tree(line) && !is_end(line)) {
                    block.add(line)?;
                }
                if lines.peek().is_none() {
                    return Err(damaged(format_args!("it ends within tree {}", trees.len())));
                }
                trees.push(tree::read(&block, trees.len() % outputs, allowance)?);
            }
            Some(line) if line.trim().is_empty() => {}
            Some(line) => {
                return Err(damaged(format_args!(
                    "`{}` follows tree {}",
                    excerpt(line),
                    trees.len().saturating_sub(1)
                )));
            }
        }
    }
}

/// The names of the classes, which a file does not have: numbers.
fn class_names(transform: Transform, outputs: usize, allowance: &Allowance) -> Result<Vec<String>> {
    let count = match transform {
        Transform::Sigmoid(_) => 2,
        Transform::Sigmoids(_) | Transform::Softmax => outputs,
        _ => 0,
    };
    // Each with its digits.
    allowance.spend(count, size_of::<String>() + 8).ok_or_else(over_allowance)?;
    Ok((0..count).map(|class| class.to_string()).collect())
}

/// The number of iterations to use, of all.
fn used_iterations(all: usize, iterations: Iterations, best: Option<usize>, notes: &mut Vec<String>) -> Result<usize> {
    let best = best.filter(|best| (1..=all).contains(best));
    match (iterations, best) {
        (Iterations::AsLibrary, Some(best)) if best < all => {
            notes.push(format!(
                "The model uses the first {best} of {all} iterations, up to the best one, as LightGBM's `predict` does \
                 (`iterations: all` uses all)."
            ));
            Ok(best)
        }
        (Iterations::Best, Some(best)) => Ok(best),
        (Iterations::AsLibrary | Iterations::All, _) => Ok(all),
        (Iterations::Best, None) => {
            notes.push(format!(
                "A LightGBM file does not name the best iteration; after early stopping it is saved up to that one, so all \
                 {all} are used."
            ));
            Ok(all)
        }
        (Iterations::First(first), _) if (1..=all).contains(&first) => Ok(first),
        (Iterations::First(first), _) => {
            Err(unsupported(format_args!("has {all} iterations, but `model.iterations` asks for {first}")))
        }
    }
}

/// The transform of the objective, or of `options` if there is none.
fn output_rule(header: &ModelHeader<'_>, options: &ModelOptions, iterations: usize) -> Result<LightGbmOutput> {
    let mut transform = header.transform;
    if options.sigmoid && !matches!(transform, Transform::Sigmoid(_)) {
        if header.has_objective || header.outputs != 1 {
            return Err(unsupported(
                "has an objective or several outputs, so its raw output is not read as log-odds; remove `model.link`",
            ));
        }
        transform = Transform::Sigmoid(1.0);
    }
    let iterations = u32::try_from(iterations).map_err(|_| over_allowance())?;
    Ok(LightGbmOutput { transform, mean_of: header.is_mean.then(|| f64::from(iterations)) })
}

/// Returns true if a file begins like `json.dump(booster.dump_model(), …)`.
pub(crate) fn is_dump(bytes: &[u8]) -> bool {
    let start = br#"{"name":"tree""#;
    bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).take(start.len()).eq(start)
}

/// The error for such a dump.
pub(crate) fn dump() -> ModelError {
    ModelError::new(
        "this is a JSON dump of a LightGBM model (`booster.dump_model()`), which LightGBM itself cannot load; save the model \
         with `booster.save_model('model.txt')`",
    )
}
