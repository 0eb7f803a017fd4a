//! Reads the schema, which JSON and UBJSON share. Source:
//! <https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html>.

use crate::{
    catboost::file::refusal::excerpt,
    error::Result,
    xgboost::{
        categories,
        file::source::{
            ModelSource, ValueKind, for_each_element, for_each_key, numbers, owned_text, parameter, reserve, skip,
            texts,
        },
        parts::{BoosterParts, LearnerParts, LibraryVersion},
        refusal::{damaged, unsupported},
        tree::TreeArrays,
    },
};

/// Reads a whole file.
pub(crate) fn read<'a, S: ModelSource<'a>>(mut source: S) -> Result<LearnerParts> {
    let mut parts = LearnerParts { has_estimated_base: true, ..LearnerParts::default() };
    let mut has_learner = false;
    for_each_key(&mut source, |source, key| match key {
        // A booster in memory, as pickle and skops take it: the file that `save_model` writes, and a configuration.
        "Model" => for_each_key(source, |source, key| read_key(source, key, &mut parts, &mut has_learner)),
        "Config" => skip(source),
        _ => read_key(source, key, &mut parts, &mut has_learner),
    })?;
    if !source.is_at_end() {
        return Err(damaged("something follows the model"));
    }
    if !has_learner {
        return Err(damaged("it has no learner"));
    }
    if parts.booster.trees.is_none() && parts.booster.linear.is_none() {
        return Err(unsupported(
            "has no trees: it is a configuration from `save_config`; save the model itself with `save_model`",
        ));
    }
    Ok(parts)
}

/// Reads what is under a key of a file.
fn read_key<'a, S: ModelSource<'a>>(
    source: &mut S,
    key: &str,
    parts: &mut LearnerParts,
    has_learner: &mut bool,
) -> Result<()> {
    match key {
        "version" => {
            let mut version = Vec::new();
            numbers::<i64, _>(key, source, &mut version)?;
            parts.version =
                LibraryVersion(if let [major, minor, ..] = version[..] { Some((major, minor)) } else { None });
            Ok(())
        }
        "learner" => {
            *has_learner = true;
            read_learner(source, parts)
        }
        _ => skip(source),
    }
}

fn read_learner<'a, S: ModelSource<'a>>(source: &mut S, parts: &mut LearnerParts) -> Result<()> {
    for_each_key(source, |source, key| match key {
        "attributes" => for_each_key(source, |source, key| match key {
            "best_iteration" => {
                parts.best_iteration = Some(parameter_size("best_iteration", source)?);
                Ok(())
            }
            "scikit_learn" => {
                parts.is_scikit_learn = true;
                skip(source)
            }
            _ => skip(source),
        }),
        "feature_names" => {
            parts.feature_names = texts(source)?;
            Ok(())
        }
        "feature_types" => {
            parts.feature_types = texts(source)?;
            Ok(())
        }
        "gradient_booster" => read_booster(source, &mut parts.booster),
        "learner_model_param" => read_parameters(source, parts),
        "objective" => for_each_key(source, |source, key| {
            if key == "name" {
                parts.objective = owned_text(source)?;
                return Ok(());
            }
            skip(source)
        }),
        _ => skip(source),
    })
}

fn read_parameters<'a, S: ModelSource<'a>>(source: &mut S, parts: &mut LearnerParts) -> Result<()> {
    for_each_key(source, |source, key| {
        match key {
            "base_score" => parts.base_score = base_score(source)?,
            "num_class" => parts.classes = parameter_size(key, source)?,
            "num_target" => parts.targets = parameter_size(key, source)?,
            "num_feature" => parts.features = parameter_size(key, source)?,
            "boost_from_average" => parts.has_estimated_base = parameter::<i64, _>(key, source)? != 0,
            _ => skip(source)?,
        }
        Ok(())
    })
}

/// A number, or the text of a list of numbers.
fn base_score<'a, S: ModelSource<'a>>(source: &mut S) -> Result<Vec<f32>> {
    if source.kind()? != ValueKind::Text {
        return Ok(vec![parameter("base_score", source)?]);
    }
    let text = source.text()?;
    let wrong = || damaged(format_args!("its base score {:?} is not a number", excerpt(&text)));
    let list = text.trim();
    let list = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(list);
    let mut all = Vec::new();
    reserve(&mut all, list.split(',').count(), source.allowance())?;
    for number in list.split(',') {
        all.push(number.trim().parse::<f32>().ok().filter(|base| base.is_finite()).ok_or_else(wrong)?);
    }
    Ok(all)
}

fn parameter_size<'a, S: ModelSource<'a>>(what: &str, source: &mut S) -> Result<usize> {
    let number: i64 = parameter(what, source)?;
    usize::try_from(number).map_err(|_| damaged(format_args!("its {what} is negative")))
}

/// Reads a booster: `model` holds trees or weights. XGBoost up to 3.2 nests the trees of dart once more, in `gbtree`.
fn read_booster<'a, S: ModelSource<'a>>(source: &mut S, booster: &mut BoosterParts) -> Result<()> {
    for_each_key(source, |source, key| match key {
        "name" => {
            booster.name = owned_text(source)?;
            Ok(())
        }
        "model" => read_model(source, booster),
        "gbtree" if source.kind()? == ValueKind::Object => {
            for_each_key(source, |source, key| if key == "model" { read_model(source, booster) } else { skip(source) })
        }
        "weight_drop" => numbers(key, source, &mut booster.tree_weights),
        _ => skip(source),
    })
}

fn read_model<'a, S: ModelSource<'a>>(source: &mut S, booster: &mut BoosterParts) -> Result<()> {
    for_each_key(source, |source, key| match key {
        "gbtree_model_param" => for_each_key(source, |source, key| {
            match key {
                "num_trees" => booster.declared_trees = Some(parameter_size(key, source)?),
                "num_parallel_tree" => booster.parallel_trees = parameter_size(key, source)?,
                _ => skip(source)?,
            }
            Ok(())
        }),
        "trees" => {
            let (mut arrays, mut trees) = (TreeArrays::default(), Vec::new());
            for_each_element(source, &mut trees, |source| arrays.read(source))?;
            booster.trees = Some(trees);
            Ok(())
        }
        "tree_info" => numbers(key, source, &mut booster.tree_outputs),
        "iteration_indptr" => numbers(key, source, &mut booster.iteration_starts),
        "weight_drop" => numbers(key, source, &mut booster.tree_weights),
        "weights" => numbers(key, source, booster.linear.get_or_insert_default()),
        "cats" => {
            booster.levels = categories::read(source)?;
            Ok(())
        }
        _ => skip(source),
    })
}
