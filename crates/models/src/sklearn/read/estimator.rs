//! The last step of a pipeline: dispatch to the estimators that are read, and calibrated classifiers.

use super::{
    booster::saving,
    boosting::{forest, gradient_boosting, histogram_boosting, single_tree},
    builder::PipelineBuilder,
    linear::{logistic, network, regression},
    transform::{MAX_DEPTH, described, sklearn_class, steps, transform},
    wrapper::wrapped,
};
use crate::{
    error::{ModelError, Result},
    promise::Agreement,
    sklearn::{
        file::{
            level::names,
            node::SkopsNode,
            refusal::{damaged, over_allowance, unfitted, unsupported},
        },
        score::{
            calibrator::Calibrator,
            output::EstimatorOutput,
            scorer::{CalibratedMean, CalibratedMember, Estimator, InputDomain, PipelineScorer},
        },
    },
};

const ESTIMATORS: &str = "LogisticRegression, LinearRegression, Ridge, Lasso, ElasticNet, MLPClassifier, MLPRegressor, \
                          CalibratedClassifierCV, and the classifiers and regressors of DecisionTree, ExtraTree, \
                          RandomForest, ExtraTrees, GradientBoosting and HistGradientBoosting";

/// Reads an estimator, or a pipeline that ends in one.
pub(crate) fn estimator(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: Vec<usize>,
    depth: usize,
) -> Result<PipelineScorer> {
    if depth > MAX_DEPTH {
        return Err(unsupported("nests pipelines too deeply"));
    }
    match sklearn_class(node) {
        Some("Pipeline") => {
            let mut steps = steps(node)?;
            let last = steps.pop().ok_or_else(|| damaged("a pipeline has no steps"))?;
            let columns =
                steps.iter().try_fold(columns, |columns, step| transform(builder, step, columns, depth + 1))?;
            return estimator(builder, &last, columns, depth + 1);
        }
        Some("CalibratedClassifierCV") if node.is_fitted()? => return calibrated(builder, node, &columns, depth),
        _ => {}
    }
    if let Some(inner) = wrapped(node)? {
        return estimator(builder, &inner, columns, depth + 1);
    }
    if sklearn_class(node).is_some() && !node.is_fitted()? {
        return Err(unfitted(node.class()));
    }
    if let Some(expected) = node.find("n_features_in_")?.map(|count| count.index()).transpose()?
        && expected != Some(columns.len())
    {
        return Err(damaged(format_args!("{} does not match the columns before it", node.class())));
    }
    let class = sklearn_class(node).ok_or_else(|| unknown_estimator(node))?;
    let (width, mut columns) = (columns.len(), columns);
    let classes = || classes(node).map(|classes| classes.len());
    let domain = match class {
        "DecisionTreeClassifier"
        | "DecisionTreeRegressor"
        | "ExtraTreeClassifier"
        | "ExtraTreeRegressor"
        | "RandomForestClassifier"
        | "RandomForestRegressor"
        | "ExtraTreesClassifier"
        | "ExtraTreesRegressor" => InputDomain::MissingOrSingle,
        "GradientBoostingClassifier" | "GradientBoostingRegressor" => InputDomain::FiniteSingle,
        "HistGradientBoostingClassifier" | "HistGradientBoostingRegressor" => InputDomain::Any,
        _ => InputDomain::Finite,
    };
    let (estimator, output, agreement) = match class {
        "LogisticRegression" => logistic(node, width, classes()?)?,
        "LinearRegression" | "Ridge" | "Lasso" | "ElasticNet" => regression(node, width)?,
        "MLPClassifier" => network(node, width, Some(classes()?))?,
        "MLPRegressor" => network(node, width, None)?,
        "DecisionTreeClassifier" | "ExtraTreeClassifier" => single_tree(node, width, Some(classes()?))?,
        "DecisionTreeRegressor" | "ExtraTreeRegressor" => single_tree(node, width, None)?,
        "RandomForestClassifier" | "ExtraTreesClassifier" => forest(node, width, Some(classes()?))?,
        "RandomForestRegressor" | "ExtraTreesRegressor" => forest(node, width, None)?,
        "GradientBoostingClassifier" => gradient_boosting(node, width, Some(classes()?))?,
        "GradientBoostingRegressor" => gradient_boosting(node, width, None)?,
        "HistGradientBoostingClassifier" | "HistGradientBoostingRegressor" => {
            columns = histogram_columns(builder, node, columns, depth)?;
            let classes = if class.ends_with("Classifier") { Some(classes()?) } else { None };
            histogram_boosting(node, columns.len(), classes)?
        }
        _ => return Err(unknown_estimator(node)),
    };
    builder.require_numbers(&columns)?;
    Ok(PipelineScorer { columns, domain, estimator, output, agreement })
}

/// Names of classes: of a pipeline, those of its last step. Fails if there are fewer than two.
pub(crate) fn classes(node: &SkopsNode<'_>) -> Result<Vec<String>> {
    let mut node = node.clone();
    for _ in 0..MAX_DEPTH {
        node = match (wrapped(&node)?, sklearn_class(&node)) {
            (Some(inner), _) => inner,
            (None, Some("Pipeline")) => steps(&node)?.pop().ok_or_else(|| damaged("a pipeline has no steps"))?,
            _ => break,
        };
    }
    let classes = names(&node.attribute("classes_")?)?;
    if classes.len() < 2 {
        return Err(unsupported("was trained on rows of one class, so its score is constant"));
    }
    Ok(classes)
}

/// Names of the input columns, and whether they are names: otherwise they are the numbers of the columns.
pub(crate) fn input_names(node: &SkopsNode<'_>) -> Result<(Vec<String>, bool)> {
    let mut node = node.clone();
    for _ in 0..=MAX_DEPTH {
        if let Some(known) = node.find("feature_names_in_")? {
            return Ok((names(&known)?, true));
        }
        node = match sklearn_class(&node) {
            Some("Pipeline") => {
                // A step that passes its columns on, as text instead of an object, knows nothing of them.
                let first = steps(&node)?.into_iter().find(|step| step.class() != "str");
                first.ok_or_else(|| damaged("a pipeline has no steps"))?
            }
            Some("CalibratedClassifierCV") if node.find("n_features_in_")?.is_none() => node.attribute("estimator")?,
            _ => match wrapped(&node)? {
                Some(inner) => inner,
                None => break,
            },
        };
    }
    if !node.is_fitted()? {
        return Err(unfitted(node.class()));
    }
    let count = node.attribute("n_features_in_")?.index()?.ok_or_else(|| damaged("it has no number of columns"))?;
    node.reader().allowance.spend(count, 32).ok_or_else(over_allowance)?;
    Ok(((0..count).map(|column| column.to_string()).collect(), false))
}

/// The columns of histogram boosting, after its own encoder of categories.
fn histogram_columns(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: Vec<usize>,
    depth: usize,
) -> Result<Vec<usize>> {
    match node.find("_preprocessor")? {
        Some(encoder) => transform(builder, &encoder, columns, depth + 1),
        None if node.find("is_categorical_")?.is_some() => Err(unsupported(
            "is a HistGradientBoosting with categories of scikit-learn before 1.4, which is not read; train it with a \
             newer version",
        )),
        None => Ok(columns),
    }
}

fn calibrated(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: &[usize],
    depth: usize,
) -> Result<PipelineScorer> {
    let known = classes(node)?;
    let outputs = if known.len() == 2 { 1 } else { known.len() };
    let (mut members, mut agreement) = (Vec::new(), Agreement::Bits);
    for member in node.attribute("calibrated_classifiers_")?.elements()? {
        let inner = member.attribute("estimator")?;
        node.reader().allowance.spend(columns.len(), size_of::<usize>()).ok_or_else(over_allowance)?;
        let scorer = estimator(builder, &inner, columns.to_vec(), depth + 1)?;
        let calibrators = member.attribute("calibrators")?.elements()?;
        let calibrators = calibrators.iter().map(calibrator).collect::<Result<Vec<_>>>()?;
        if classes(&inner)? != known {
            return Err(unsupported(
                "is a CalibratedClassifierCV, one of whose classifiers does not know all classes, which is not read; \
                 train it with stratified folds",
            ));
        }
        if scorer.outputs() != outputs || calibrators.len() != outputs {
            return Err(damaged("a calibrated classifier does not have one calibration per output"));
        }
        agreement = agreement.looser(scorer.agreement);
        members.push(CalibratedMember { scorer, calibrators });
    }
    if members.is_empty() {
        return Err(damaged("a CalibratedClassifierCV has no classifiers"));
    }
    if outputs > 1 {
        agreement = agreement.looser(Agreement::Within(1e-12));
    }
    Ok(PipelineScorer {
        columns: Vec::new(),
        domain: InputDomain::Any,
        estimator: Estimator::Calibrated(CalibratedMean { members, outputs }),
        output: EstimatorOutput::Probability,
        agreement,
    })
}

fn calibrator(node: &SkopsNode<'_>) -> Result<Calibrator> {
    match sklearn_class(node) {
        Some("_SigmoidCalibration") => {
            Ok(Calibrator::Sigmoid { slope: node.number("a_")?, intercept: node.number("b_")? })
        }
        Some("IsotonicRegression") => {
            let xs = node.attribute("X_thresholds_")?;
            if xs.array()?.is_single() {
                return Err(unsupported("has an isotonic calibration of 32-bit floats, which is not read"));
            }
            let (xs, ys) = (xs.numbers()?, node.attribute("y_thresholds_")?.numbers()?);
            if xs.len() != ys.len() || !xs.is_sorted() || node.text("out_of_bounds")?.as_deref() != Some("clip") {
                return Err(damaged("an isotonic calibration is not a rising curve"));
            }
            let points: Vec<_> = xs.into_iter().zip(ys).collect();
            Ok(Calibrator::Isotonic { points, low: node.number("X_min_")?, high: node.number("X_max_")? })
        }
        _ => Err(unsupported(format_args!(
            "is calibrated by {}, which is not read; use method=\"sigmoid\" or \"isotonic\"",
            described(node)
        ))),
    }
}

/// The error for an estimator that is not read: its class, why, and what to do instead.
pub(crate) fn unknown_estimator(node: &SkopsNode<'_>) -> ModelError {
    let class = described(node);
    if let Some(line) = saving(node, "model") {
        return unsupported(format_args!(
            "has {class} inside another estimator, which is not read together; save it alone with `{line}`"
        ));
    }
    // Why, or what is the nearest, and the line that saves what is read.
    let (why, line) = match (sklearn_class(node), node.class()) {
        (None, _) => {
            return unsupported(format_args!(
                "uses {class}, a class of other code, which is not read, because nothing in a file is run; save an \
                 estimator of scikit-learn that it holds, such as with `skops.io.dump(model.estimator_, \"model.skops\")`"
            ));
        }
        (_, "OneVsRestClassifier" | "OneVsOneClassifier" | "OutputCodeClassifier") => (
            "it has a model for each class; with two classes, that one gives the same probabilities",
            "skops.io.dump(model.estimators_[0], \"model.skops\")",
        ),
        (_, "MultiOutputClassifier" | "MultiOutputRegressor" | "ClassifierChain" | "RegressorChain") => (
            "it has a model for each target; save the one for the target that is watched",
            "skops.io.dump(model.estimators_[0], \"model.skops\")",
        ),
        (_, "TransformedTargetRegressor") => (
            "its function is Python code; save the regressor, whose score is then the transformed target",
            "skops.io.dump(model.regressor_, \"model.skops\")",
        ),
        (_, "AdaBoostClassifier" | "AdaBoostRegressor") => ("the nearest is GradientBoosting", ""),
        (
            _,
            "BaggingClassifier" | "BaggingRegressor" | "VotingClassifier" | "VotingRegressor" | "StackingClassifier"
            | "StackingRegressor",
        ) => ("the nearest is RandomForest", ""),
        (_, class) if class.ends_with("Regressor") || class.ends_with("Regression") => {
            ("the nearest is LinearRegression", "")
        }
        _ => ("the nearest is LogisticRegression", ""),
    };
    if line.is_empty() {
        return unsupported(format_args!(
            "uses {class}, which is not read; {why}. Estimators that are read: {ESTIMATORS}"
        ));
    }
    unsupported(format_args!("uses {class}, which is not read; {why}: `{line}`"))
}
