//! Transformers: pipelines and column transformers, and the dispatch to those that compute something.

use super::{
    builder::PipelineBuilder,
    encode::{one_hot, ordinal},
    impute::simple_imputer,
    scale::{centred, min_max},
};
use crate::{
    error::{ModelError, Result},
    sklearn::file::{
        node::{Loader, NodeScalar, SkopsNode},
        refusal::{damaged, unfitted, unsupported},
    },
};

/// How deep pipelines may be nested.
pub(crate) const MAX_DEPTH: usize = 8;

const TRANSFORMERS: &str = "Pipeline, ColumnTransformer, SimpleImputer, StandardScaler, MinMaxScaler, RobustScaler, \
                            OneHotEncoder and OrdinalEncoder";

/// Passes columns through a transformer, and returns those it puts out.
pub(crate) fn transform(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: Vec<usize>,
    depth: usize,
) -> Result<Vec<usize>> {
    if depth > MAX_DEPTH {
        return Err(unsupported("nests pipelines too deeply"));
    }
    if is_passthrough(node)? {
        return Ok(columns);
    }
    if node.loader() == Loader::Json {
        return match node.scalar()? {
            NodeScalar::Text(text) if text == "drop" => Ok(Vec::new()),
            _ => Err(damaged("a value stands where a transformer is expected")),
        };
    }
    match sklearn_class(node) {
        Some("Pipeline") => {
            steps(node)?.iter().try_fold(columns, |columns, step| transform(builder, step, columns, depth + 1))
        }
        Some(class) if class != "FunctionTransformer" && !node.is_fitted()? => Err(unfitted(class)),
        Some("ColumnTransformer") => column_transformer(builder, node, &columns, depth),
        Some("SimpleImputer") => simple_imputer(builder, node, &columns),
        Some("StandardScaler") => centred(builder, node, &columns, "mean_"),
        Some("RobustScaler") => centred(builder, node, &columns, "center_"),
        Some("MinMaxScaler") => min_max(builder, node, &columns),
        Some("OneHotEncoder") => one_hot(builder, node, &columns),
        Some("OrdinalEncoder") => ordinal(builder, node, &columns),
        _ => Err(unknown_transformer(node)),
    }
}

/// The transformers or estimators of a pipeline.
pub(crate) fn steps<'a>(node: &SkopsNode<'a>) -> Result<Vec<SkopsNode<'a>>> {
    let named = node.attribute("steps")?.elements()?;
    let step = |pair: &SkopsNode<'a>| pair.elements()?.pop().ok_or_else(|| damaged("a step of a pipeline is empty"));
    named.iter().map(step).collect()
}

/// The name of a class of scikit-learn; `None` if the class is not scikit-learn's.
pub(crate) fn sklearn_class<'n>(node: &'n SkopsNode<'_>) -> Option<&'n str> {
    let is_sklearn = node.loader() == Loader::Object && node.module().split('.').next() == Some("sklearn");
    is_sklearn.then(|| node.class())
}

/// The class of an object with its version, for messages.
pub(crate) fn described(node: &SkopsNode<'_>) -> String {
    let short = |text: &str| text.chars().take(60).collect::<String>();
    let version = node.version().ok().flatten().map(|version| format!(" (scikit-learn {})", short(&version)));
    format!("{}.{}{}", short(node.module()), short(node.class()), version.unwrap_or_default())
}

fn column_transformer(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: &[usize],
    depth: usize,
) -> Result<Vec<usize>> {
    if node.find("transformer_weights")?.is_some() {
        return Err(unsupported("has a ColumnTransformer with transformer_weights, which are not read"));
    }
    let mut places = node.attribute("_transformer_to_input_indices")?.entries()?;
    let mut stacked = Vec::new();
    for part in node.attribute("transformers_")?.elements()? {
        let part = part.elements()?;
        let [name, transformer, _] = &*part else {
            return Err(damaged("a part of a ColumnTransformer is not a name, a transformer and its columns"));
        };
        let NodeScalar::Text(name) = name.scalar()? else { return Err(damaged("a transformer has no name")) };
        let places = places.remove(&name).ok_or_else(|| damaged("a transformer has no columns"))?;
        let selected = places.map_elements(|place| {
            let column = place.index()?.and_then(|place| columns.get(place));
            column.copied().ok_or_else(|| damaged("a ColumnTransformer reads a column that does not exist"))
        })?;
        // Without columns a transformer has not been fitted.
        if !selected.is_empty() {
            stacked.extend(transform(builder, transformer, selected, depth + 1)?);
        }
    }
    Ok(stacked)
}

/// Whether a step passes its columns on.
pub(crate) fn is_passthrough(node: &SkopsNode<'_>) -> Result<bool> {
    if node.loader() == Loader::Json {
        let value = node.scalar()?;
        return Ok(value == NodeScalar::None || value == NodeScalar::Text("passthrough".to_owned()));
    }
    Ok(sklearn_class(node) == Some("FunctionTransformer") && is_identity(node)?)
}

/// Whether a function transformer passes its columns on.
fn is_identity(node: &SkopsNode<'_>) -> Result<bool> {
    let Some(function) = node.find("func")? else { return Ok(true) };
    // HistGradientBoosting checks its numbers by such a function.
    let inner = function.find("func")?.filter(|_| function.loader() == Loader::Partial);
    Ok(inner.is_some_and(|inner| inner.class() == "check_array" && inner.module() == "sklearn.utils.validation"))
}

fn unknown_transformer(node: &SkopsNode<'_>) -> ModelError {
    let nearest = match node.class() {
        "FunctionTransformer" => {
            return unsupported(
                "has a FunctionTransformer, whose function is Python code, which is not read; compute its result before \
                 the model and log it as a column",
            );
        }
        "IterativeImputer" | "KNNImputer" | "MissingIndicator" => "the nearest is SimpleImputer",
        "MaxAbsScaler" | "PowerTransformer" | "QuantileTransformer" | "KBinsDiscretizer" | "Normalizer" => {
            "the nearest is StandardScaler"
        }
        "TargetEncoder" | "LabelEncoder" | "LabelBinarizer" => "the nearest is OrdinalEncoder",
        _ => "the nearest is a ColumnTransformer of the transformers below",
    };
    unsupported(format_args!(
        "uses {}, which is not read; {nearest}. Transformers that are read: {TRANSFORMERS}",
        described(node)
    ))
}
