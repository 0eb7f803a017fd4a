//! What a model says of the rows of its reference: their scores, and how much each feature adds to them.

use vigie_models::{Forest, InputKind, Link, Shap};
use vigie_profile::{
    batch::{Number, number},
    layout::Precision,
};

use super::rows::{inputs, raw_of};
use crate::{
    fault::{Fault, Result},
    monitor::ask::explained::by_thread,
    reference::{Choice, Contribution, Contributions, Training, TrainingColumn, Values},
};

/// Contributions are measured on so many rows at most, evenly spaced: enough for three digits of importance.
const ROWS: usize = 10_000;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Features, their order and kinds are the model's; so is the score, unless a column holds it.
pub(crate) fn scored(forest: &Forest, training: &mut Training, choice: &mut Choice) -> Result<Vec<String>> {
    let of = |kind| {
        let features = forest.features().iter().filter(move |feature| feature.kind == kind);
        features.map(|feature| feature.name.clone()).collect::<Vec<_>>()
    };
    choice.features = Some(forest.features().iter().map(|feature| feature.name.clone()).collect());
    choice.categorical = of(InputKind::Categorical);
    choice.numeric = of(InputKind::Numeric);
    choice.precision = Some(Precision::F32);
    if forest.link() != Link::Sigmoid {
        let note = "the model does not give one probability a row: only a --probability column is watched as the score";
        return Ok(if choice.probability.is_some() { Vec::new() } else { vec![note.to_owned()] });
    }
    let mut scores = raw_of(forest, &inputs(forest, training)?, threads())?;
    // A model of two classes always has them.
    let _ = forest.probabilities(&mut scores);
    let Some(name) = &choice.probability else {
        let name = free_name(training);
        choice.probability = Some(name.clone());
        training.columns.push(TrainingColumn {
            name,
            values: Values::Numbers(scores),
            is_single: false,
            is_typed: true,
        });
        return Ok(Vec::new());
    };
    Ok(differing(name, training, &scores)?.into_iter().collect())
}

/// A name that no column has.
fn free_name(training: &Training) -> String {
    let mut name = "score of the model".to_owned();
    while training.columns.iter().any(|column| column.name == name) {
        name.push('\'');
    }
    name
}

/// A note where a column's scores are not the model's.
fn differing(name: &str, training: &Training, scores: &[f64]) -> Result<Option<String>> {
    let differs = |(logged, score): &(f64, &f64)| (*logged - **score).abs() > 1e-6;
    let off = match &training.column(name)?.values {
        Values::Numbers(logged) => logged.iter().copied().zip(scores).filter(differs).count(),
        // As CSV has them. What is no number is refused, or missing, when the column is learnt.
        Values::Texts(logged) => {
            let value = |text: &Option<String>| match text.as_deref().map(number) {
                Some(Number::Value(value)) => value,
                _ => f64::NAN,
            };
            logged.iter().map(value).zip(scores).filter(differs).count()
        }
        Values::Other => 0,
    };
    Ok((off > 0).then(|| {
        format!(
            "{off} of {} scores of the column `{name}` are not those of the model (by more than 1e-6)",
            scores.len()
        )
    }))
}

/// Explains rows of the reference.
pub(crate) fn explained(forest: &Forest, training: &Training) -> Result<Contributions> {
    let shap = Shap::new(forest)?;
    if shap.dimensions() != 1 {
        return Err(Fault::setup(
            "--model: the model has several outputs, and importance is measured on one; leave it out, and name \
             --features and --categorical",
        ));
    }
    let inputs = inputs(forest, training)?;
    let rows = ROWS.min(training.rows);
    let width = shap.width();
    let mut values = vec![0.0; rows * width];
    let each = rows.div_ceil(threads()).max(1);
    by_thread(rows, each, values.chunks_mut(each * width), |own, out| {
        own.zip(out.chunks_exact_mut(width)).try_for_each(|(place, out)| {
            let row = place * training.rows / rows;
            Ok(shap.values(forest, &inputs, row..row + 1, out)?)
        })
    })?;
    let of_feature = |place: usize| values.iter().skip(place).step_by(width).copied().collect::<Vec<f64>>();
    Ok(Contributions {
        model_sha256: forest.sha256_hex(),
        rows: rows as u64,
        features: (0..forest.features().len()).map(|place| Contribution::learn(&of_feature(place))).collect(),
    })
}
