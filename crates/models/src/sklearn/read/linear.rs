//! Linear models and perceptrons.

use crate::{
    error::Result,
    promise::Agreement,
    sklearn::{
        file::{
            level::{LevelValue, levels},
            node::SkopsNode,
            refusal::{damaged, over_allowance, unsupported},
        },
        score::{
            output::EstimatorOutput,
            scorer::{Activation, Estimator, LinearModel, NetworkLayer, NeuralNetwork, SINGLE_SUMS},
        },
    },
};

/// What other orders of the same additions may change.
const SUMS: Agreement = Agreement::Within(1e-12);

/// `LogisticRegression`.
pub(crate) fn logistic(
    node: &SkopsNode<'_>,
    columns: usize,
    classes: usize,
) -> Result<(Estimator, EstimatorOutput, Agreement)> {
    // Before scikit-learn 1.8, these asked for other formulas.
    let scheme = node.text("multi_class")?.unwrap_or_default();
    let is_liblinear = node.text("solver")?.as_deref() == Some("liblinear");
    let is_other = if classes == 2 {
        scheme == "multinomial"
    } else {
        scheme == "ovr" || (is_liblinear && (scheme.is_empty() || scheme == "auto"))
    };
    if is_other {
        return Err(unsupported(format_args!(
            "is a LogisticRegression with multi_class={scheme:?} for {classes} classes, which is not read; train it \
             without multi_class and with solver=\"lbfgs\""
        )));
    }
    let (model, agreement) = linear(node, columns)?;
    let output = match (classes, model.intercepts.len()) {
        (2, 1) => EstimatorOutput::LogOdds { factor: 1.0, includes_zero: false },
        (classes, outputs) if classes == outputs && classes > 2 => EstimatorOutput::Logits,
        _ => return Err(damaged("the coefficients do not match the classes")),
    };
    Ok((Estimator::Linear(model), output, agreement))
}

/// `LinearRegression` and the like.
pub(crate) fn regression(node: &SkopsNode<'_>, columns: usize) -> Result<(Estimator, EstimatorOutput, Agreement)> {
    let (model, agreement) = linear(node, columns)?;
    Ok((Estimator::Linear(model), EstimatorOutput::Value, agreement))
}

fn linear(node: &SkopsNode<'_>, columns: usize) -> Result<(LinearModel, Agreement)> {
    let coefficients = node.attribute("coef_")?.array()?;
    let agreement = if coefficients.is_single() { SINGLE_SUMS } else { SUMS };
    let coefficients = coefficients.numbers(&node.reader().allowance)?;
    let intercepts = levels(&node.attribute("intercept_")?)?;
    let outputs = coefficients.len().checked_div(columns).unwrap_or(0);
    if outputs == 0 || outputs * columns != coefficients.len() {
        return Err(damaged("the coefficients do not match the columns"));
    }
    let intercept = |intercept: &LevelValue| match intercept {
        LevelValue::Number(number) => Ok(*number),
        _ => Err(damaged("an intercept is not a number")),
    };
    let mut intercepts = intercepts.iter().map(intercept).collect::<Result<Vec<_>>>()?;
    // Without an intercept, several outputs may share the number 0.
    if let [shared] = *intercepts
        && outputs > 1
    {
        node.reader().allowance.spend(outputs, size_of::<f64>()).ok_or_else(over_allowance)?;
        intercepts = vec![shared; outputs];
    }
    if intercepts.len() != outputs {
        return Err(damaged("the coefficients do not match the intercepts"));
    }
    Ok((LinearModel { coefficients, intercepts }, agreement))
}

/// `MLPClassifier` and `MLPRegressor`. `classes`: none for a regression.
pub(crate) fn network(
    node: &SkopsNode<'_>,
    columns: usize,
    classes: Option<usize>,
) -> Result<(Estimator, EstimatorOutput, Agreement)> {
    let activation = match &*node.text("activation")?.unwrap_or_default() {
        "identity" => Activation::Identity,
        "logistic" => Activation::Logistic,
        "tanh" => Activation::Tanh,
        "relu" => Activation::Relu,
        other => return Err(unsupported(format_args!("has the activation function {other:?}, which is not read"))),
    };
    let (weights, biases) = (node.attribute("coefs_")?.elements()?, node.attribute("intercepts_")?.elements()?);
    let mut layers = Vec::with_capacity(weights.len());
    let (mut inputs, mut agreement) = (columns, SUMS);
    for (weights, biases) in weights.iter().zip(&biases) {
        let weights = weights.array()?;
        let biases = biases.numbers()?;
        if weights.shape() != [inputs, biases.len()] || biases.is_empty() {
            return Err(damaged("a layer does not match the one before it"));
        }
        if weights.is_single() {
            agreement = SINGLE_SUMS;
        }
        inputs = biases.len();
        layers.push(NetworkLayer { weights: weights.numbers(&node.reader().allowance)?, biases });
    }
    if layers.is_empty() || weights.len() != biases.len() {
        return Err(damaged("its layers do not match"));
    }
    let output = match (&*node.text("out_activation_")?.unwrap_or_default(), classes) {
        ("logistic", Some(2)) if inputs == 1 => EstimatorOutput::LogOddsByProbability,
        ("softmax", Some(classes)) if inputs == classes => EstimatorOutput::Logits,
        ("identity", None) => EstimatorOutput::Value,
        ("exp", None) => EstimatorOutput::LogValue,
        (other, _) => {
            return Err(unsupported(format_args!(
                "is a network with {inputs} outputs and the function {other:?} after the last layer, which is not read; \
                 train it for one target"
            )));
        }
    };
    Ok((Estimator::Network(NeuralNetwork { layers, activation }), output, agreement))
}
