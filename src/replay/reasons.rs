//! Why one row got its score: what each feature adds, and where its value lies among the reference's.

use arrow_array::{Array, cast::AsArray, types::Int32Type};
use vigie_models::Shap;
use vigie_profile::{
    batch::{Rows, for_each_number},
    layout::{Kind, Layout, Shape},
    profile::{CellCounts, Counts, LevelCounts, Profile},
};

use super::{Rescorer, kind_of};
use crate::fault::Result;

/// The value of one feature in one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    Missing,
    Number(f64),
    Level(String),
}

/// What one feature adds to the raw score of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    pub feature: String,
    pub kind: Kind,
    pub given: Given,
    /// In units of the raw score: above zero it raises the probability.
    pub contribution: f64,
    /// Where the value lies among the reference's, in words.
    pub beside: Option<Beside>,
}

/// A value among those of the reference; shares from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beside {
    /// Above this share of the rows with a value, and below that.
    Among {
        above: f64,
        below: f64,
    },
    BelowAll,
    AboveAll,
    /// So many rows have the level.
    Level(f64),
    Unseen,
    /// So many rows are without a value.
    Missing(f64),
}

/// One row, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub raw: f64,
    pub probability: f64,
    /// The raw score that the model expects before it knows the row.
    pub expected: f64,
    /// Of all features, the largest contributions first.
    pub reasons: Vec<Reason>,
}

/// Explains a single row.
pub fn explain(
    model: &Rescorer,
    shap: &Shap,
    rows: &Rows,
    layout: &Layout,
    reference: &Profile,
) -> Result<Explanation> {
    let forest = model.forest();
    let inputs = model.inputs(rows)?;
    let mut values = vec![0.0; shap.width()];
    shap.values(forest, &inputs, 0..1, &mut values)?;
    let mut raw = [0.0];
    forest.raw(&inputs, 0..1, &mut raw)?;
    let [raw_score] = raw;
    // A model of two classes always has them.
    let _ = forest.probabilities(&mut raw);
    let mut reasons: Vec<Reason> = forest
        .features()
        .iter()
        .zip(model.columns())
        .zip(&values)
        .map(|((feature, column), contribution)| {
            let given = given(rows, *column, kind_of(feature));
            let own =
                column.and_then(|column| Some((layout.features().get(column)?, reference.features().get(column)?)));
            Reason {
                feature: feature.name.clone(),
                kind: kind_of(feature),
                beside: own.and_then(|(own, counts)| beside(&given, &own.shape, counts, layout)),
                given,
                contribution: *contribution,
            }
        })
        .collect();
    // Features are in the model's order: equals stay so.
    reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    let [probability] = raw;
    Ok(Explanation { raw: raw_score, probability, expected: values.last().copied().unwrap_or(0.0), reasons })
}

fn given(rows: &Rows, column: Option<usize>, kind: Kind) -> Given {
    let Some(column) = column.and_then(|column| rows.features.get(column)?.as_ref()) else { return Given::Missing };
    if let Some(levels) = column.as_dictionary_opt::<Int32Type>() {
        let names = levels.values().as_string::<i32>();
        let key = levels.keys().iter().next().flatten().and_then(|key| usize::try_from(key).ok());
        let name = key.filter(|key| *key < names.len() && names.is_valid(*key)).map(|key| names.value(key).to_owned());
        return name.map_or(Given::Missing, Given::Level);
    }
    let mut number = f64::NAN;
    for_each_number(column.as_ref(), &mut |value| number = value);
    match kind {
        _ if number.is_nan() => Given::Missing,
        Kind::Numeric => Given::Number(number),
        Kind::Categorical => vigie_profile::batch::level_of_number(number).map_or(Given::Missing, Given::Level),
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

fn beside(given: &Given, shape: &Shape, counts: &Counts, layout: &Layout) -> Option<Beside> {
    match (given, shape, counts) {
        (Given::Missing, _, Counts::Numeric(counts)) => {
            Some(Beside::Missing(share(counts.missing(), counts.missing() + counts.present())))
        }
        (Given::Missing, _, Counts::Categorical(counts)) => {
            Some(Beside::Missing(share(counts.missing(), counts.missing() + counts.present())))
        }
        (Given::Number(value), Shape::Numeric(cells), Counts::Numeric(counts)) => {
            let cell = cells.cell(layout.precision().round(*value) + 0.0);
            among(cell, counts)
        }
        (Given::Level(name), Shape::Categorical(levels), Counts::Categorical(counts)) => {
            Some(of_level(levels.number(name), counts))
        }
        _ => None,
    }
}

fn among(cell: usize, counts: &CellCounts) -> Option<Beside> {
    let present = counts.present();
    if present == 0 {
        return None;
    }
    let above: u64 = counts.cells().iter().take(cell).sum();
    let below: u64 = counts.cells().iter().skip(cell + 1).sum();
    Some(match (above, below) {
        (0, below) if below == present => Beside::BelowAll,
        (above, 0) if above == present => Beside::AboveAll,
        (above, below) => Beside::Among { above: share(above, present), below: share(below, present) },
    })
}

fn of_level(level: Option<usize>, counts: &LevelCounts) -> Beside {
    let rows = level.and_then(|level| counts.levels().get(level)).copied();
    rows.map_or(Beside::Unseen, |rows| Beside::Level(share(rows, counts.present() + counts.missing())))
}
