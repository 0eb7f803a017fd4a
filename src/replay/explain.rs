//! Explains the score of one row: the contribution of each feature, and its value's position in the reference.

use arrow_array::{Array, cast::AsArray, types::Int32Type};
use vigie_models::Explainer;
use vigie_profile::{
    batch::{Rows, for_each_number},
    layout::{Kind, Layout, Shape},
    profile::{CellCounts, Counts, LevelCounts, Profile},
};

use super::{Rescorer, kind_of};
use crate::fault::Result;

/// Value of a feature in one row.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureValue {
    Missing,
    Number(f64),
    Level(String),
}

/// Contribution of one feature to the raw score of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureContribution {
    pub feature: String,
    pub kind: Kind,
    pub value: FeatureValue,
    /// In units of the raw score. A positive contribution raises the probability.
    pub contribution: f64,
    /// Position of the value in the reference.
    pub position: Option<ReferencePosition>,
}

/// Position of a value in the reference. Shares are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReferencePosition {
    /// Above one share of the rows with a value, and below another.
    Among {
        above: f64,
        below: f64,
    },
    BelowAll,
    AboveAll,
    /// Share of rows with this level.
    Level(f64),
    Unseen,
    /// Share of rows without a value.
    Missing(f64),
}

/// One row, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub raw: f64,
    /// The score: a probability, or the number that a regression predicts.
    pub score: f64,
    /// The model's expected raw score, before any feature is known.
    pub expected: f64,
    /// All features, largest absolute contribution first.
    pub reasons: Vec<FeatureContribution>,
}

/// Explains a single row.
pub fn explain(
    model: &Rescorer,
    explainer: &Explainer,
    rows: &Rows,
    layout: &Layout,
    reference: &Profile,
) -> Result<Explanation> {
    let inputs = model.inputs(rows)?;
    let (columns, names, scoring, model) = (model.columns(), model.names(), model.scoring(), model.model());
    let mut values = vec![0.0; explainer.width()];
    explainer.values(model, &inputs, 0..1, &mut values)?;
    let values = values.get(scoring.contributions(explainer)?).unwrap_or_default();
    let mut raw = vec![0.0; model.output_count()];
    model.predict_raw(&inputs, 0..1, &mut raw)?;
    let (raw_score, sign) = (scoring.raw_score(&raw), scoring.sign());
    let mut reasons: Vec<FeatureContribution> = model
        .features()
        .iter()
        .zip(columns)
        .zip(names)
        .zip(values)
        .map(|(((feature, column), name), contribution)| {
            let value = value(rows, *column, kind_of(feature));
            let own =
                column.and_then(|column| Some((layout.features().get(column)?, reference.features().get(column)?)));
            FeatureContribution {
                feature: name.clone(),
                kind: kind_of(feature),
                position: own.and_then(|(own, counts)| position(&value, &own.shape, counts, layout)),
                value,
                contribution: sign * contribution,
            }
        })
        .collect();
    // The sort is stable: ties stay in the model's order.
    reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    let score = scoring.scores(raw).first().copied().unwrap_or(f64::NAN);
    Ok(Explanation { raw: raw_score, score, expected: values.last().map_or(0.0, |expected| sign * expected), reasons })
}

fn value(rows: &Rows, column: Option<usize>, kind: Kind) -> FeatureValue {
    let Some(column) = column.and_then(|column| rows.features.get(column)?.as_ref()) else {
        return FeatureValue::Missing;
    };
    if let Some(levels) = column.as_dictionary_opt::<Int32Type>() {
        let names = levels.values().as_string::<i32>();
        let key = levels.keys().iter().next().flatten().and_then(|key| usize::try_from(key).ok());
        let name = key.filter(|key| *key < names.len() && names.is_valid(*key)).map(|key| names.value(key).to_owned());
        return name.map_or(FeatureValue::Missing, FeatureValue::Level);
    }
    let mut number = f64::NAN;
    for_each_number(column.as_ref(), &mut |value| number = value);
    match kind {
        _ if number.is_nan() => FeatureValue::Missing,
        Kind::Numeric => FeatureValue::Number(number),
        Kind::Categorical => {
            vigie_profile::batch::level_of_number(number).map_or(FeatureValue::Missing, FeatureValue::Level)
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

fn position(value: &FeatureValue, shape: &Shape, counts: &Counts, layout: &Layout) -> Option<ReferencePosition> {
    match (value, shape, counts) {
        (FeatureValue::Missing, _, Counts::Numeric(counts)) => {
            Some(ReferencePosition::Missing(share(counts.missing(), counts.missing() + counts.present())))
        }
        (FeatureValue::Missing, _, Counts::Categorical(counts)) => {
            Some(ReferencePosition::Missing(share(counts.missing(), counts.missing() + counts.present())))
        }
        (FeatureValue::Number(number), Shape::Numeric(cells), Counts::Numeric(counts)) => {
            let cell = cells.cell(layout.precision().round(*number) + 0.0);
            number_position(cell, counts)
        }
        (FeatureValue::Level(name), Shape::Categorical(levels), Counts::Categorical(counts)) => {
            Some(level_position(levels.index(name), counts))
        }
        _ => None,
    }
}

fn number_position(cell: usize, counts: &CellCounts) -> Option<ReferencePosition> {
    let present = counts.present();
    if present == 0 {
        return None;
    }
    let above: u64 = counts.cells().iter().take(cell).sum();
    let below: u64 = counts.cells().iter().skip(cell + 1).sum();
    Some(match (above, below) {
        (0, below) if below == present => ReferencePosition::BelowAll,
        (above, 0) if above == present => ReferencePosition::AboveAll,
        (above, below) => ReferencePosition::Among { above: share(above, present), below: share(below, present) },
    })
}

fn level_position(level: Option<usize>, counts: &LevelCounts) -> ReferencePosition {
    let rows = level.and_then(|level| counts.levels().get(level)).copied();
    rows.map_or(ReferencePosition::Unseen, |rows| {
        ReferencePosition::Level(share(rows, counts.present() + counts.missing()))
    })
}
