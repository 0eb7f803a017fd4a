//! Sums of trees: decision trees, forests and both kinds of gradient boosting.

use super::tree::{LeafRule, decision_tree, histogram_tree};
use crate::{
    ensemble::{
        Ensemble, SplitComparison,
        trees::{EnsembleRules, Tree},
    },
    error::Result,
    feature::InputPrecision,
    promise::Agreement,
    sklearn::{
        file::{
            node::{NodeScalar, SkopsNode},
            refusal::{damaged, unsupported},
        },
        score::{
            output::EstimatorOutput,
            scorer::{Estimator, TreeSum},
        },
    },
};

/// `DecisionTree…` and `ExtraTree…`. `classes`: none for a regression.
pub(crate) fn single_tree(
    node: &SkopsNode<'_>,
    columns: usize,
    classes: Option<usize>,
) -> Result<(Estimator, EstimatorOutput, Agreement)> {
    let tree = decision_tree(node, leaf_rule(classes))?;
    Ok((sum(columns, vec![0.0; outputs(classes)], vec![tree], SINGLE, 1.0)?, mean_output(classes), Agreement::Bits))
}

/// `RandomForest…` and `ExtraTrees…`.
pub(crate) fn forest(
    node: &SkopsNode<'_>,
    columns: usize,
    classes: Option<usize>,
) -> Result<(Estimator, EstimatorOutput, Agreement)> {
    let trees = node.attribute("estimators_")?.elements()?;
    let trees = trees.iter().map(|tree| decision_tree(tree, leaf_rule(classes))).collect::<Result<Vec<_>>>()?;
    if trees.is_empty() {
        return Err(damaged("a forest has no trees"));
    }
    // With several jobs, scikit-learn adds up trees in the order in which they happen to finish.
    let jobs = node.find("n_jobs")?.map(|jobs| jobs.index()).transpose()?;
    let agreement = if jobs.is_none_or(|jobs| jobs == Some(1)) { Agreement::Bits } else { Agreement::Within(1e-12) };
    #[expect(clippy::cast_precision_loss, reason = "a number of trees")]
    let divisor = trees.len() as f64;
    Ok((sum(columns, vec![0.0; outputs(classes)], trees, SINGLE, divisor)?, mean_output(classes), agreement))
}

/// `GradientBoosting…`.
pub(crate) fn gradient_boosting(
    node: &SkopsNode<'_>,
    columns: usize,
    classes: Option<usize>,
) -> Result<(Estimator, EstimatorOutput, Agreement)> {
    let width = outputs(classes);
    let scale = node.number("learning_rate")?;
    let mut trees = Vec::new();
    for stage in node.attribute("estimators_")?.elements()? {
        let stage = stage.elements()?;
        if stage.len() != width {
            return Err(damaged("a stage of boosting does not have one tree per output"));
        }
        for (output, tree) in stage.iter().enumerate() {
            trees.push(decision_tree(tree, LeafRule { values: 1, scale, output })?);
        }
    }
    let loss = node.text("loss")?.unwrap_or_default();
    let is_exponential = loss == "exponential";
    let output = match (&*loss, classes) {
        ("log_loss", Some(2)) => EstimatorOutput::LogOdds { factor: 1.0, includes_zero: true },
        ("exponential", Some(2)) => EstimatorOutput::LogOdds { factor: 2.0, includes_zero: true },
        ("log_loss", Some(_)) => EstimatorOutput::Logits,
        ("squared_error" | "absolute_error" | "huber" | "quantile", None) => EstimatorOutput::Value,
        (other, _) => return Err(unsupported(format_args!("has the loss {other:?}, which is not read"))),
    };
    let base = initial(node, classes, is_exponential)?;
    if base.len() != width {
        return Err(damaged("the initial prediction does not match the outputs"));
    }
    // The initial prediction of several classes goes through NumPy's own exp and log.
    let agreement = if width == 1 { Agreement::Bits } else { Agreement::Within(1e-12) };
    Ok((sum(columns, base, trees, SINGLE, 1.0)?, output, agreement))
}

/// `HistGradientBoosting…`. `columns`: after its own encoder of categories.
pub(crate) fn histogram_boosting(
    node: &SkopsNode<'_>,
    columns: usize,
    classes: Option<usize>,
) -> Result<(Estimator, EstimatorOutput, Agreement)> {
    let width = outputs(classes);
    let base = node.attribute("_baseline_prediction")?.numbers()?;
    if base.len() != width {
        return Err(damaged("the baseline does not match the outputs"));
    }
    let mut trees = Vec::new();
    for iteration in node.attribute("_predictors")?.elements()? {
        let iteration = iteration.elements()?;
        if iteration.len() != width {
            return Err(damaged("an iteration of boosting does not have one tree per output"));
        }
        for (output, tree) in iteration.iter().enumerate() {
            trees.push(histogram_tree(tree, output)?);
        }
    }
    let output = match (&*node.text("loss")?.unwrap_or_default(), classes) {
        ("log_loss", Some(2)) => EstimatorOutput::LogOddsByProbability,
        ("log_loss", Some(_)) => EstimatorOutput::Logits,
        ("squared_error" | "absolute_error" | "quantile", None) => EstimatorOutput::Value,
        ("poisson" | "gamma", None) => EstimatorOutput::LogValue,
        (other, _) => return Err(unsupported(format_args!("has the loss {other:?}, which is not read"))),
    };
    Ok((sum(columns, base, trees, DOUBLE, 1.0)?, output, Agreement::Bits))
}

const SINGLE: EnsembleRules = rules(InputPrecision::Single);
const DOUBLE: EnsembleRules = rules(InputPrecision::Double);

const fn rules(input: InputPrecision) -> EnsembleRules {
    EnsembleRules { input, sum: InputPrecision::Double, comparison: SplitComparison::AtMost, zero_within: 0.0 }
}

fn sum(columns: usize, base: Vec<f64>, trees: Vec<Tree>, rules: EnsembleRules, divisor: f64) -> Result<Estimator> {
    let ensemble = Ensemble { features: columns, base, trees, rules }.validated();
    let ensemble = ensemble.map_err(|error| damaged(error.to_string().trim_start_matches("the file is damaged: ")))?;
    Ok(Estimator::Trees(Box::new(TreeSum { ensemble: ensemble.into(), divisor })))
}

fn leaf_rule(classes: Option<usize>) -> LeafRule {
    LeafRule { values: classes.unwrap_or(1), scale: 1.0, output: 0 }
}

/// Number of raw outputs: one for two classes or a regression.
fn outputs(classes: Option<usize>) -> usize {
    classes.filter(|classes| *classes > 2).unwrap_or(1)
}

fn mean_output(classes: Option<usize>) -> EstimatorOutput {
    if classes.is_some() { EstimatorOutput::Probability } else { EstimatorOutput::Value }
}

/// What boosting starts from.
fn initial(node: &SkopsNode<'_>, classes: Option<usize>, is_exponential: bool) -> Result<Vec<f64>> {
    let start = node.attribute("init_")?;
    match start.class() {
        "str" if start.scalar()? == NodeScalar::Text("zero".to_owned()) => Ok(vec![0.0; outputs(classes)]),
        "DummyClassifier" if start.text("strategy")?.as_deref() == Some("prior") => {
            let mut priors = start.attribute("class_prior_")?.numbers()?;
            if Some(priors.len()) != classes {
                return Err(damaged("the initial prediction does not match the classes"));
            }
            for prior in &mut priors {
                *prior = if *prior < f64::EPSILON { f64::EPSILON } else { prior.min(1.0 - f64::EPSILON) };
            }
            if let [_, second] = *priors {
                let log_odds = logit(second);
                return Ok(vec![if is_exponential { 0.5 * log_odds } else { log_odds }]);
            }
            #[expect(clippy::cast_precision_loss, reason = "a number of classes")]
            let mean = priors.iter().map(|prior| prior.ln()).sum::<f64>() / priors.len() as f64;
            Ok(priors.iter().map(|prior| (prior / mean.exp()).ln()).collect())
        }
        "DummyRegressor" => start.attribute("constant_")?.numbers(),
        other => Err(unsupported(format_args!(
            "starts boosting from a {other}, which is not read; train it without `init`, or with init=\"zero\""
        ))),
    }
}

/// `logit` of SciPy since 1.15, which is more exact about one half.
fn logit(probability: f64) -> f64 {
    if (0.3..=0.65).contains(&probability) {
        let twice = 2.0 * (probability - 0.5);
        return twice.ln_1p() - (-twice).ln_1p();
    }
    (probability / (1.0 - probability)).ln()
}
