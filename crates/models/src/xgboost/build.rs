//! Builds a model from the parts of its file, after checking them against each other.

use crate::{
    allowance::Allowance,
    catboost::file::refusal::excerpt,
    ensemble::{
        Ensemble, SplitComparison,
        trees::{EnsembleRules, SplitCondition, Tree},
    },
    error::Result,
    feature::{InputKind, InputPrecision, ModelFeature},
    link::Link,
    options::{Iterations, ModelOptions},
    promise::{Agreement, Promise},
    tree_model::{CodeRule, OutputRule, TreeModel},
    xgboost::{
        dart::in_place_agreement,
        iterations::{self, EarlyStopping},
        linear::LinearBooster,
        objective::ObjectiveRule,
        parts::{BoosterParts, FeatureLevels, LearnerParts},
        refusal::{damaged, over_allowance, unsupported},
        tree::{in_trees, weigh},
    },
};

/// A model of either kind.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one, and it is moved once")]
pub(crate) enum XgBoostModel {
    Trees(TreeModel),
    Linear(LinearBooster),
}

const PROMISE: Promise = Promise {
    raw: Agreement::Bits,
    probability: Agreement::Bits,
    // XGBoost sums contributions in 32-bit floats, and by another algorithm since version 3.3.
    contributions: Some(Agreement::Within(1e-5)),
    output: InputPrecision::Single,
};

/// A sigmoid in 32-bit floats, in any order of its operations.
const OWN_SIGMOID: Agreement = Agreement::Within(1e-6);

/// Builds a model. `format`: JSON or UBJSON; `sha256`: the fingerprint of the file and the options.
pub(crate) fn build(
    mut parts: LearnerParts,
    format: &str,
    sha256: [u8; 32],
    options: &ModelOptions,
    allowance: &Allowance,
) -> Result<XgBoostModel> {
    let outputs = parts.classes.max(parts.targets).max(1);
    let objective = ObjectiveRule::of_name(&parts.objective, outputs, parts.version)?;
    let base = base(&parts, outputs, objective, allowance)?;
    let rule = if options.sigmoid { objective.with_sigmoid(outputs)? } else { objective.rule };
    // The library returns the raw output of a custom objective; the sigmoid is the service's own.
    let mut promise = if rule == objective.rule {
        PROMISE
    } else {
        Promise { probability: PROMISE.probability.looser(OWN_SIGMOID), ..PROMISE }
    };
    let classes = match rule.link() {
        Link::Sigmoid => 2,
        Link::Softmax | Link::Labels => outputs,
        _ => 0,
    };
    let classes = (0..classes).map(|class| class.to_string()).collect();
    let kind = match parts.version.0 {
        Some((major, minor)) => format!("XGBoost {major}.{minor} ({format})"),
        None => format!("XGBoost ({format})"),
    };
    let has_feature_names = !parts.feature_names.is_empty();
    let mut features = features(&mut parts, allowance)?;
    let booster = &mut parts.booster;
    if booster.name == "gblinear" {
        if options.iterations != Iterations::default() && options.iterations != Iterations::All {
            return Err(unsupported("is linear and has no iterations to choose from; leave out `iterations`"));
        }
        let Some(weights) = booster.linear.take() else { return Err(damaged("it has no weights")) };
        let model = LinearBooster {
            kind,
            features,
            has_feature_names,
            missing: options.missing_number(),
            weights,
            base,
            output: rule,
            classes,
            promise: Promise { contributions: Some(Agreement::Bits), ..promise },
            sha256,
        };
        return model.validated(allowance).map(XgBoostModel::Linear);
    }
    if !matches!(&*booster.name, "gbtree" | "dart" | "") {
        let name = excerpt(&booster.name);
        return Err(unsupported(format_args!(
            "is a booster of the kind {name:?}; vigie reads gbtree, dart and gblinear"
        )));
    }
    let (mut trees, agreement) = weighted_trees(booster, outputs, &base)?;
    if !parts.version.is_at_least(3, 3) {
        promise.raw = promise.raw.looser(agreement);
        promise.probability = promise.probability.looser(agreement);
    }
    let stopping = EarlyStopping { best: parts.best_iteration, is_scikit_learn: parts.is_scikit_learn };
    let per_iteration = if trees.first().is_some_and(|tree| tree.width > 1) { 1 } else { outputs };
    let selected = iterations::select(booster, trees.len(), per_iteration, stopping, options.iterations)?;
    trees.truncate(selected.trees);
    mark_used(&mut features, &trees);
    let levels = levels(&mut parts, &features)?;
    let ensemble = Ensemble {
        features: features.len(),
        base: base.iter().map(|base| f64::from(*base)).collect(),
        trees,
        rules: EnsembleRules {
            input: InputPrecision::Single,
            sum: InputPrecision::Single,
            comparison: SplitComparison::Below,
            zero_within: 0.0,
        },
    };
    Ok(XgBoostModel::Trees(TreeModel {
        kind,
        features,
        has_feature_names,
        levels,
        codes: CodeRule::XgBoost,
        missing: options.missing_number(),
        ensemble: ensemble.validated().map_err(|error| in_trees(&error))?.into(),
        output: OutputRule::XgBoost(rule),
        classes,
        promise,
        sha256,
        notes: selected.note.into_iter().collect(),
    }))
}

/// The trees, with their outputs and, in a dart model, weights, and how closely the ways of XGBoost below 3.3 to add them up
/// agree. `base`: what each output starts from.
fn weighted_trees(booster: &mut BoosterParts, outputs: usize, base: &[f32]) -> Result<(Vec<Tree>, Agreement)> {
    let Some(mut trees) = booster.trees.take() else { return Err(damaged("it has no trees")) };
    let count = trees.len();
    let weights = &booster.tree_weights;
    if booster.declared_trees.is_some_and(|declared| declared != count)
        || booster.tree_outputs.len() != count
        || !weights.is_empty() && weights.len() != count
        || booster.name == "dart" && weights.is_empty() && count > 0
    {
        return Err(damaged("its number of trees is contradictory"));
    }
    if trees.iter().any(|tree| tree.width != 1 && tree.width != outputs) {
        return Err(damaged("its leaves and its outputs do not match"));
    }
    for (tree, output) in trees.iter_mut().zip(&booster.tree_outputs) {
        // A tree with a value for every output counts as one of output 0.
        tree.output = usize::try_from(*output).map_err(|_| damaged("a tree adds to no output"))?;
    }
    let agreement = in_place_agreement(&trees, weights, base);
    for (tree, weight) in trees.iter_mut().zip(weights) {
        weigh(tree, *weight);
    }
    Ok((trees, agreement))
}

/// What each raw output starts from.
fn base(parts: &LearnerParts, outputs: usize, objective: ObjectiveRule, allowance: &Allowance) -> Result<Vec<f32>> {
    allowance.spend(outputs, 64).ok_or_else(over_allowance)?;
    let given = &parts.base_score;
    if given.len() != 1 && given.len() != outputs {
        return Err(damaged("its base scores do not match its outputs"));
    }
    let has_trees = parts.booster.trees.as_ref().is_some_and(|trees| !trees.is_empty());
    let has_weights = parts.booster.linear.as_ref().is_some_and(|weights| !weights.is_empty());
    // XGBoost does not transform the base score of a model that was never trained.
    let is_plain = parts.has_estimated_base && !has_trees && !has_weights;
    let raw = |base: f32| if is_plain { base } else { objective.raw_of_base(base) };
    Ok(given.iter().cycle().take(outputs).map(|base| raw(*base)).collect())
}

/// All features; which of them trees read is not known yet.
fn features(parts: &mut LearnerParts, allowance: &Allowance) -> Result<Vec<ModelFeature>> {
    let count = parts.features;
    let has_names = !parts.feature_names.is_empty();
    if has_names && parts.feature_names.len() != count
        || !parts.feature_types.is_empty() && parts.feature_types.len() != count
    {
        return Err(damaged("its features and their names do not match"));
    }
    allowance.spend(count, size_of::<ModelFeature>() + 8).ok_or_else(over_allowance)?;
    let mut names = std::mem::take(&mut parts.feature_names).into_iter();
    let kind = |column: usize| match parts.feature_types.get(column).map(String::as_str) {
        Some("c") => InputKind::Categorical,
        _ => InputKind::Numeric,
    };
    let feature = |column: usize| ModelFeature {
        name: names.next().unwrap_or_else(|| column.to_string()),
        kind: kind(column),
        column,
        used: false,
    };
    Ok((0..count).map(feature).collect())
}

/// Marks the features that trees read, and those that they read as categories: old files do not say otherwise.
fn mark_used(features: &mut [ModelFeature], trees: &[Tree]) {
    for node in trees.iter().flat_map(|tree| &tree.nodes) {
        if let Some(feature) = features.get_mut(node.feature) {
            feature.used = true;
            if matches!(node.condition, SplitCondition::Set { .. }) {
                feature.kind = InputKind::Categorical;
            }
        }
    }
}

fn levels(parts: &mut LearnerParts, features: &[ModelFeature]) -> Result<Vec<Option<Vec<String>>>> {
    // Before 3.4, XGBoost counts characters where it should count bytes, so levels are shifted and cut.
    let counts_bytes = parts.version.is_at_least(3, 4);
    let is_right = |levels: &[String]| counts_bytes || levels.iter().all(|level| level.is_ascii());
    let mut listed = std::mem::take(&mut parts.booster.levels).into_iter();
    let levels = features.iter().map(|feature| match listed.next() {
        Some(FeatureLevels::Listed(levels)) if feature.kind == InputKind::Categorical && is_right(&levels) => {
            Ok(Some(levels))
        }
        Some(FeatureLevels::Broken | FeatureLevels::Listed(_)) if feature.kind == InputKind::Categorical => {
            let name = excerpt(&feature.name);
            Err(unsupported(format_args!(
                "lists the levels of its feature {name:?} incompletely, as XGBoost below 3.4 does with levels that are \
                 not ASCII; train it with XGBoost 3.4 or later, or rename the levels"
            )))
        }
        _ => Ok(None),
    });
    levels.collect()
}
