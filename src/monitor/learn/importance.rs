//! Applies a model to the rows of its reference: their scores, and each feature's contribution to them.

use vigie_models::{InputKind, Model};
use vigie_profile::batch::{for_each_number, to_numbers};

use super::rows::{inputs, raw_outputs};
use crate::{
    fault::{Fault, Result},
    monitor::on_demand::shap_columns::by_thread,
    reference::{ColumnRoles, Contribution, Contributions, Training, TrainingColumn, TrainingValues},
    replay::precision_of,
};

/// Maximum number of rows to measure contributions on, evenly spaced: enough for three digits of importance.
const ROWS: usize = 10_000;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Takes the features, their order and kinds from the model, and the score, unless a column holds it.
pub(crate) fn apply_model(model: &Model, training: &mut Training, choice: &mut ColumnRoles) -> Result<Vec<String>> {
    let of = |kind| {
        let features = model.features().iter().filter(move |feature| feature.kind == kind);
        features.map(|feature| feature.name.clone()).collect::<Vec<_>>()
    };
    choice.features = Some(model.features().iter().map(|feature| feature.name.clone()).collect());
    choice.categorical = of(InputKind::Categorical);
    choice.numeric = of(InputKind::Numeric);
    choice.precision = Some(precision_of(model));
    if !model.is_binary() {
        let note =
            "the model does not return one probability per row: the score is monitored only with --probability COLUMN";
        return Ok(if choice.probability.is_some() { Vec::new() } else { vec![note.to_owned()] });
    }
    let mut scores = raw_outputs(model, &inputs(model, training)?, threads())?;
    // A binary classifier always has probabilities.
    let _ = model.probabilities(&mut scores);
    let Some(name) = &choice.probability else {
        let name = free_name(training);
        choice.probability = Some(name.clone());
        training.columns.push(TrainingColumn {
            name,
            values: TrainingValues::Numbers(scores),
            is_single: false,
            is_typed: true,
        });
        return Ok(Vec::new());
    };
    Ok(note_differences(name, training, &scores)?.into_iter().collect())
}

/// Returns a name that no column has.
fn free_name(training: &Training) -> String {
    let mut name = "score of the model".to_owned();
    while training.columns.iter().any(|column| column.name == name) {
        name.push('\'');
    }
    name
}

/// Returns a note if a column's scores are not the model's.
fn note_differences(name: &str, training: &Training, scores: &[f64]) -> Result<Option<String>> {
    let differs = |(logged, score): &(f64, &f64)| (*logged - **score).abs() > 1e-6;
    let Some(values) = training.column(name)?.array() else { return Ok(None) };
    // A value that is not a number is an error when the column is learnt.
    let mut logged = Vec::with_capacity(scores.len());
    for_each_number(to_numbers(&values, &mut |_| {}).as_ref(), &mut |value| logged.push(value));
    let off = logged.into_iter().zip(scores).filter(differs).count();
    Ok((off > 0).then(|| {
        format!("{off} of {} scores in column `{name}` differ from the model's by more than 1e-6", scores.len())
    }))
}

/// Measures contributions on rows of the reference.
pub(crate) fn measure_contributions(model: &Model, training: &Training) -> Result<Contributions> {
    let explainer = model.explainer()?;
    if explainer.dimensions() != 1 {
        return Err(Fault::setup(
            "--model: the model has several outputs, but importance needs exactly one; use --features and --categorical \
             instead of --model",
        ));
    }
    let inputs = inputs(model, training)?;
    let rows = ROWS.min(training.rows);
    let width = explainer.width();
    let mut values = vec![0.0; rows * width];
    let each = rows.div_ceil(threads()).max(1);
    by_thread(rows, each, values.chunks_mut(each * width), |own, out| {
        own.zip(out.chunks_exact_mut(width)).try_for_each(|(place, out)| {
            let row = place * training.rows / rows;
            Ok(explainer.values(model, &inputs, row..row + 1, out)?)
        })
    })?;
    let of_feature = |place: usize| values.iter().skip(place).step_by(width).copied().collect::<Vec<f64>>();
    Ok(Contributions {
        model_sha256: model.sha256_hex(),
        rows: rows as u64,
        features: (0..model.features().len()).map(|place| Contribution::learn(&of_feature(place))).collect(),
    })
}
