//! Models of LightGBM and XGBoost in `.skops` files: their estimators hold what `save_model` would write.

use super::{
    transform::{MAX_DEPTH, described, is_passthrough, sklearn_class, steps},
    wrapper::wrapped,
};
use crate::{
    allowance::Allowance,
    error::{ModelError, Result},
    lightgbm,
    options::ModelOptions,
    sklearn::file::{
        level::names,
        node::{Loader, NodeScalar, SkopsNode},
        refusal::{damaged, unfitted, unsupported},
    },
    tree_model::TreeModel,
    xgboost::{self, XgBoostModel},
};

/// A model of another library.
#[derive(Debug)]
pub(crate) enum BoosterModel {
    LightGbm(TreeModel),
    XgBoost(XgBoostModel),
}

/// Reads the model in which an estimator ends, if it is one of LightGBM or XGBoost. `file`: all bytes of the `.skops` file;
/// `most`: how many decompressed bytes memory is allowed in proportion to.
pub(crate) fn booster(
    root: &SkopsNode<'_>,
    file: &[u8],
    most: usize,
    options: &ModelOptions,
) -> Result<Option<BoosterModel>> {
    let Some(node) = booster_estimator(root)? else { return Ok(None) };
    let size = |content: usize| file.len().max(content.min(most));
    let sha256 = options.fingerprint(file);
    let booster = match node.class() {
        "Booster" => node.clone(),
        _ => node.find("_Booster")?.ok_or_else(|| unfitted(node.class()))?,
    };
    if library(&node) == Some("xgboost") {
        let handle = booster.find("handle")?.filter(|handle| handle.loader() == Loader::Bytes);
        let bytes = handle.ok_or_else(|| without_content(&node))?.bytes()?;
        // The estimator passes it on to every prediction; the booster does not know it.
        let missing = node.find("missing")?.map(|node| node.scalar()).transpose()?;
        let own = match missing {
            Some(NodeScalar::Number(number)) if !number.is_nan() => Some(number),
            _ => None,
        };
        let options = ModelOptions { missing: options.missing.or(own), ..options.clone() };
        let allowance = Allowance::for_size(size(bytes.len()));
        return xgboost::from_estimator(&bytes, sha256, &options, &allowance).map(BoosterModel::XgBoost).map(Some);
    }
    let text = booster.text("_handle")?.ok_or_else(|| without_content(&node))?;
    let best = booster.find("best_iteration")?.map(|best| best.index()).transpose()?.flatten();
    // The text itself is the rest of what memory is allowed.
    let allowance = Allowance::for_size(size(text.len()) / 3 * 2);
    let mut model = lightgbm::read_text(&text, sha256, options, best, &allowance)?;
    model.kind.push_str(" (.skops)");
    if let Some(classes) = node.find("_classes")? {
        let classes = names(&classes)?;
        // A custom objective has no classes.
        if classes.len() == model.classes.len() {
            model.classes = classes;
        }
    }
    Ok(Some(BoosterModel::LightGbm(model)))
}

/// The estimator or booster of another library in which a model ends.
fn booster_estimator<'a>(root: &SkopsNode<'a>) -> Result<Option<SkopsNode<'a>>> {
    let (mut node, mut is_behind) = (root.clone(), false);
    for _ in 0..=MAX_DEPTH {
        if node.loader() == Loader::Object && matches!(library(&node), Some("lightgbm" | "xgboost")) {
            return if is_behind { Err(behind_steps(&node)) } else { Ok(Some(node)) };
        }
        node = match (wrapped(&node)?, sklearn_class(&node)) {
            (Some(inner), _) => inner,
            (None, Some("Pipeline")) => {
                let mut steps = steps(&node)?;
                let last = steps.pop().ok_or_else(|| damaged("a pipeline has no steps"))?;
                for step in &steps {
                    is_behind |= !is_passthrough(step)?;
                }
                last
            }
            _ => return Ok(None),
        };
    }
    Ok(None)
}

/// The package of a class.
fn library<'n>(node: &'n SkopsNode<'_>) -> Option<&'n str> {
    node.module().split('.').next()
}

/// The line that saves an estimator of another library, written for the estimator in `model`.
pub(crate) fn saving(node: &SkopsNode<'_>, model: &str) -> Option<String> {
    Some(match library(node)? {
        "lightgbm" => format!("{model}.booster_.save_model(\"model.txt\")"),
        "xgboost" => format!("{model}.save_model(\"model.ubj\")"),
        "catboost" => format!("{model}.save_model(\"model.cbm\")"),
        _ => return None,
    })
}

fn behind_steps(node: &SkopsNode<'_>) -> ModelError {
    unsupported(format_args!(
        "ends in {} behind steps that change its columns, which is not read together; save that step alone with `{}` and \
         log the columns that it reads",
        described(node),
        saving(node, "pipeline[-1]").unwrap_or_default()
    ))
}

fn without_content(node: &SkopsNode<'_>) -> ModelError {
    unsupported(format_args!(
        "is {} without the content of its booster, which skops 0.16 and MLflow 3 write; save it with `{}`",
        described(node),
        saving(node, "model").unwrap_or_default()
    ))
}
