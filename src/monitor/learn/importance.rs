//! Applies a model to the rows of its reference: their scores, and each feature's contribution to them.

use std::{borrow::Cow, collections::BTreeSet};

use vigie_models::{Background, InputKind};
use vigie_profile::{
    batch::{for_each_number, texts, to_levels, to_numbers, word},
    shown::shown,
};

use super::{
    rows::{FeatureColumns, raw_outputs, refused_note},
    unknown_levels,
};
use crate::{
    fault::{Fault, Result},
    monitor::on_demand::shap_columns::by_thread,
    reference::{ColumnRoles, Contribution, Contributions, Training, TrainingColumn, TrainingValues},
    replay::{ScoreKind, ScoringModel, precision_of},
};

/// Maximum number of rows to measure contributions on, evenly spaced: enough for three digits of importance.
const ROWS: usize = 10_000;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Takes the features, their order and kinds from the model, and the score, unless a column holds it. Returns notes for the
/// user.
pub(crate) fn apply_model(
    scoring: &ScoringModel,
    columns: &FeatureColumns,
    training: &mut Training,
    choice: &mut ColumnRoles,
) -> Result<Vec<String>> {
    let model = scoring.model();
    let names: Vec<String> = columns.names(training).map(ToOwned::to_owned).collect();
    let of = |kind| {
        let of_kind = model.features().iter().zip(&names).filter(move |(feature, _)| feature.kind == kind);
        of_kind.map(|(_, name)| name.clone()).collect::<Vec<String>>()
    };
    choice.categorical = of(InputKind::Categorical);
    choice.numeric = of(InputKind::Numeric);
    choice.features = Some(names);
    choice.precision = precision_of(model);
    let inputs = columns.inputs(model, training)?;
    let mut notes: Vec<String> = model.notes().iter().cloned().chain(columns.note(training)).collect();
    notes.extend(refused_note(model, &inputs));
    notes.extend(unknown_levels::notes(model, columns, training));
    if let ([first, second], ScoreKind::Probability) = (model.classes(), scoring.kind()) {
        let is_usual = (first.as_str(), second.as_str()) == ("0", "1");
        let [own, other] = if scoring.is_first_class() { [first, second] } else { [second, first] };
        if scoring.is_first_class() || !is_usual {
            notes.push(format!("The score is the probability of class `{}`, not of `{}`.", shown(own), shown(other)));
        }
    }
    if let Some(event) = event_of_class(scoring, training, choice)? {
        choice.event = Some(event);
    }
    let scores = scoring.scores(raw_outputs(model, &inputs, threads())?);
    let (role, other, flags) = match scoring.kind() {
        ScoreKind::Probability => (&mut choice.probability, &choice.prediction, ["--prediction", "--probability"]),
        ScoreKind::Prediction => (&mut choice.prediction, &choice.probability, ["--probability", "--prediction"]),
    };
    if let Some(other) = other {
        let [wrong, right] = flags;
        let what = match scoring.kind() {
            ScoreKind::Probability => "returns a probability",
            ScoreKind::Prediction => "predicts a number",
        };
        return Err(Fault::setup(format!("{wrong} {other}: the model {what}; pass {right}, or neither")));
    }
    match role {
        None => {
            let name = free_name(training);
            *role = Some(name.clone());
            let values = TrainingValues::Numbers(scores);
            training.columns.push(TrainingColumn { name, values, is_single: false, is_typed: true });
        }
        Some(name) => notes.extend(note_differences(name, training, &scores)?),
    }
    Ok(notes)
}

/// The value of the target that is the event, if the user chose the class whose probability is the score and no event: the
/// class, where the target has it.
fn event_of_class(scoring: &ScoringModel, training: &Training, choice: &ColumnRoles) -> Result<Option<String>> {
    let (Some(target), None, Some(class)) = (&choice.target, &choice.event, scoring.chosen_class()) else {
        return Ok(None);
    };
    let Some(values) = training.column(target)?.array() else { return Ok(None) };
    let (levels, class) = (to_levels(&values), word(class));
    let is_value = class.as_deref().is_some_and(|class| texts(&levels).iter().flatten().any(|level| level == class));
    Ok(class.filter(|_| is_value).map(Cow::into_owned))
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
    // Relative to scores above 1, as predicted numbers may be.
    let differs = |(logged, score): &(f64, &f64)| (*logged - **score).abs() > 1e-6 * score.abs().max(1.0);
    let Some(values) = training.column(name)?.array() else { return Ok(None) };
    // A value that is not a number is an error when the column is learnt.
    let mut logged = Vec::with_capacity(scores.len());
    for_each_number(to_numbers(&values, &mut |_| {}).as_ref(), &mut |value| logged.push(value));
    let off = logged.into_iter().zip(scores).filter(differs).count();
    Ok((off > 0).then(|| {
        format!("{off} of {} scores in column `{name}` differ from the model's by more than 1e-6", scores.len())
    }))
}

/// Measures contributions to the score on rows of the reference. `Err` inside: why the model has none.
pub(crate) fn measure_contributions(
    scoring: &ScoringModel,
    columns: &FeatureColumns,
    training: &Training,
) -> Result<Result<Contributions, String>> {
    let model = scoring.model();
    let inputs = columns.inputs(model, training)?;
    let explainer = match model.explainer_with(Some(Background::Rows(&inputs))) {
        Ok(explainer) => explainer,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let own = match scoring.contributions(&explainer) {
        Ok(own) => own,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let refused: BTreeSet<usize> = model.refused_rows(&inputs, 0..training.rows).into_iter().collect();
    let scored: Vec<usize> = (0..training.rows).filter(|row| !refused.contains(row)).collect();
    if scored.is_empty() {
        return Ok(Err("the model scores none of the rows".to_owned()));
    }
    let rows = ROWS.min(scored.len());
    let width = explainer.width();
    let mut values = vec![0.0; rows * width];
    let each = rows.div_ceil(threads()).max(1);
    by_thread(rows, each, values.chunks_mut(each * width), |own, out| {
        own.zip(out.chunks_exact_mut(width)).try_for_each(|(place, out)| {
            let row = scored.get(place * scored.len() / rows).copied().unwrap_or_default();
            Ok(explainer.values(model, &inputs, row..row + 1, out)?)
        })
    })?;
    let of_feature = |place: usize| {
        let values = values.iter().skip(own.start + place).step_by(width);
        Contribution::learn(&values.map(|value| scoring.sign() * value).collect::<Vec<f64>>())
    };
    Ok(Ok(Contributions {
        model_sha256: scoring.sha256_hex().to_owned(),
        rows: rows as u64,
        features: (0..model.features().len()).map(of_feature).collect(),
        background: explainer.means().to_vec(),
    }))
}
