//! Which drift moved a window's score: the reference's values are restored, feature by feature, and the rows scored again.

use std::{cmp::Reverse, collections::HashMap};

use arrow_array::{ArrayRef, cast::AsArray, types::Int32Type};
use vigie_profile::{
    batch::{Rows, for_each_number},
    layout::{Kind, Layout, Shape},
    profile::Counts,
};
use vigie_stats::Isotonic;

use super::{
    context::{RunContext, WindowData},
    judge::JudgedWindow,
    performance::{reference_outcomes, terms},
};
use crate::{
    drift::Summary,
    engine::{self, KeyedRows, RowQuery},
    fault::{Fault, Result},
    judge::Severity,
    monitor::on_demand::shap_columns::by_thread,
    performance::Performance,
    reference::Reference,
    replay::{
        DecisionTerms, ReferenceFigures, ReferenceValues, RestorableFeature, Restoration, Restorer, SampleColumn,
        ScoreKind, ScoreShift, Unmeasured,
    },
};

/// Maximum number of rows to score again. The sample aims lower, as its size depends on hashes of ids.
const ROWS: u64 = 20_000;
const AIM: u64 = 19_100;
/// Maximum number of features to restore: drifted ones first, then the most important.
const FEATURES: usize = 20;

/// `None` without a model. The inner `Err` is the reason why nothing can be restored.
pub(crate) fn score_shift(
    run: &RunContext<'_>,
    data: &WindowData,
    judged: &JudgedWindow,
    performance: Option<&Performance>,
) -> Result<Option<Result<ScoreShift, Unmeasured>>> {
    let Some(model) = &run.model else { return Ok(None) };
    let unavailable = |why: Unmeasured| Ok(Some(Err(why)));
    let reference = &run.reference;
    if reference.provenance().reduced {
        return unavailable(Unmeasured::Distributions);
    }
    if model.scoring().kind() == ScoreKind::Prediction {
        return unavailable(Unmeasured::Prediction);
    }
    if !judged.verdict.has_verdict() {
        return unavailable(Unmeasured::TooFewRows);
    }
    let (chosen, left_out) = chosen(judged, reference);
    let candidates: Vec<RestorableFeature> = chosen
        .into_iter()
        .filter_map(|(feature, is_drifted)| candidate(reference, feature, is_drifted).transpose())
        .collect::<Result<_>>()?;
    let (columns, keys) = columns(run, data)?;
    let settings = terms(run.settings);
    let calibration = reference_outcomes(reference, settings.high_score)?.map(|known| Isotonic::fit(&known));
    let terms = DecisionTerms {
        rule: run.settings.model.rule(),
        price: settings.price,
        calibration,
        limit: run.settings.policy.q,
    };
    let Some(restorer) = Restorer::new(model, columns, &keys, candidates, terms)? else {
        return unavailable(Unmeasured::NoRows);
    };
    let sets = restore_all(&restorer, run.scan.threads)?;
    Ok(Some(Ok(restorer.finish(sets, reference_figures(judged, performance), left_out))))
}

/// Restores every set, in parallel. Sets are independent.
fn restore_all(restorer: &Restorer<'_>, threads: usize) -> Result<Vec<Restoration>> {
    let sets = restorer.sets();
    let each = sets.len().div_ceil(threads.max(1)).max(1);
    let mut done: Vec<Option<Restoration>> = vec![None; sets.len()];
    by_thread(sets.len(), each, done.chunks_mut(each), |range, out| {
        let own = sets.get(range).unwrap_or_default();
        own.iter().zip(out).try_for_each(|(set, out)| {
            *out = Some(restorer.restore(set)?);
            Ok(())
        })
    })?;
    Ok(done.into_iter().flatten().collect())
}

/// Drifted features, the most severe and most important first, then the features most important to the model. Also
/// returns the number of drifted features beyond the limit.
fn chosen(judged: &JudgedWindow, reference: &Reference) -> (Vec<(usize, bool)>, usize) {
    let importance = |feature: usize| reference.importance().get(feature).copied().flatten().unwrap_or(0.0);
    let mut ranked: Vec<(usize, Severity)> =
        judged.verdict.features.iter().map(|feature| feature.severity).enumerate().collect();
    ranked.sort_by(|(a, ours), (b, theirs)| {
        Reverse(ours).cmp(&Reverse(theirs)).then(importance(*b).total_cmp(&importance(*a))).then(a.cmp(b))
    });
    let drifted = ranked.iter().filter(|(_, severity)| severity.is_drift()).count();
    let matters = |(feature, severity): &(usize, Severity)| severity.is_drift() || importance(*feature) > 0.0;
    let chosen = ranked.into_iter().filter(matters).take(FEATURES);
    (chosen.map(|(feature, severity)| (feature, severity.is_drift())).collect(), drifted.saturating_sub(FEATURES))
}

/// `None` if the reference has no rows.
fn candidate(reference: &Reference, feature: usize, is_drifted: bool) -> Result<Option<RestorableFeature>> {
    let of = (reference.layout().features().get(feature), reference.profile().features().get(feature));
    let (Some(own), Some(counts)) = of else { return Ok(None) };
    let values = match (&own.shape, counts) {
        (Shape::Categorical(levels), Counts::Categorical(counts)) => ReferenceValues::Levels {
            names: levels.names().to_vec(),
            counts: counts.levels().to_vec(),
            missing: counts.missing(),
        },
        (_, Counts::Numeric(counts)) => ReferenceValues::Numbers {
            values: reference.values(feature).ok_or_else(|| Fault::setup(reference.damaged_message()))?,
            missing: counts.missing(),
        },
        (Shape::Numeric(_), Counts::Categorical(_)) => return Ok(None),
    };
    Ok((!values.is_empty()).then(|| RestorableFeature {
        feature,
        name: own.name.clone(),
        is_drifted,
        reference: values,
    }))
}

/// The reference's own figures.
fn reference_figures(judged: &JudgedWindow, performance: Option<&Performance>) -> ReferenceFigures {
    let score = judged.drift.score.as_ref();
    ReferenceFigures {
        mean_score: score.and_then(|score| match &score.distance.reference {
            Summary::Numeric { mean, .. } => *mean,
            Summary::Categorical { .. } => None,
        }),
        share_refused: score.and_then(|score| score.refused.reference),
        cost_per_1000: performance
            .and_then(|performance| performance.expected.as_ref().ok())
            .map(|expected| expected.reference.per_1000),
    }
}

/// Columns of the used rows, or of a sample of them, in ascending order of keys: independent of files and threads.
fn columns(run: &RunContext<'_>, data: &WindowData) -> Result<(Vec<SampleColumn>, Vec<u128>)> {
    let layout = run.reference.layout();
    let rows = data.counted.profile.rows();
    let below = (rows > ROWS).then(|| u128::MAX / u128::from(rows) * u128::from(AIM));
    let empty = || CollectedRows::empty(layout);
    let each = |rows: &mut CollectedRows, keyed: KeyedRows| rows.take(&keyed, layout);
    let query = RowQuery { key_below: below, ..RowQuery::default() };
    let scanned = engine::scan(&run.job(data.window), &data.counted, query, &empty, &each)?;
    let mut all = empty();
    scanned.tallies.into_iter().for_each(|more| all.add(more));
    Ok(all.sorted())
}

/// Rows in the order in which they are read.
struct CollectedRows {
    keys: Vec<u128>,
    columns: Vec<SampleColumn>,
    /// For each column of levels, the index of each name.
    places: Vec<HashMap<String, usize>>,
}

impl CollectedRows {
    fn empty(layout: &Layout) -> Self {
        let column = |kind: Kind| match kind {
            Kind::Numeric => SampleColumn::Numbers(Vec::new()),
            Kind::Categorical => SampleColumn::Levels { names: Vec::new(), rows: Vec::new() },
        };
        let columns: Vec<SampleColumn> = layout.features().iter().map(|feature| column(feature.kind())).collect();
        Self { keys: Vec::new(), places: vec![HashMap::new(); columns.len()], columns }
    }

    fn take(&mut self, keyed: &KeyedRows, layout: &Layout) {
        let Rows { len, features, .. } = &keyed.rows;
        self.keys.extend_from_slice(&keyed.keys);
        let known = layout.features().iter().map(|feature| &feature.shape);
        for (((column, places), own), shape) in self.columns.iter_mut().zip(&mut self.places).zip(features).zip(known) {
            match column {
                SampleColumn::Numbers(values) => match own {
                    Some(own) => {
                        for_each_number(own.as_ref(), &mut |value| values.push(layout.precision().round(value) + 0.0));
                    }
                    None => values.resize(values.len() + len, f64::NAN),
                },
                SampleColumn::Levels { names, rows } => {
                    rows.extend(levels(own.as_ref(), *len, shape, (names, places)));
                }
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.keys.extend(other.keys);
        for ((ours, places), theirs) in self.columns.iter_mut().zip(&mut self.places).zip(other.columns) {
            match (ours, theirs) {
                (SampleColumn::Numbers(ours), SampleColumn::Numbers(theirs)) => ours.extend(theirs),
                (SampleColumn::Levels { names, rows }, SampleColumn::Levels { names: others, rows: more }) => {
                    let place: Vec<usize> = others.into_iter().map(|name| index_of(&name, names, places)).collect();
                    rows.extend(more.into_iter().map(|level| level.and_then(|level| place.get(level).copied())));
                }
                _ => {}
            }
        }
    }

    fn sorted(self) -> (Vec<SampleColumn>, Vec<u128>) {
        let mut order: Vec<(u128, usize)> = self.keys.into_iter().zip(0..).collect();
        // Rows with equal keys are equal in every column.
        order.sort_unstable();
        let sorted = |column| match column {
            SampleColumn::Numbers(values) => {
                SampleColumn::Numbers(order.iter().filter_map(|(_, row)| values.get(*row).copied()).collect())
            }
            SampleColumn::Levels { names, rows } => SampleColumn::Levels {
                names,
                rows: order.iter().filter_map(|(_, row)| rows.get(*row).copied()).collect(),
            },
        };
        (self.columns.into_iter().map(sorted).collect(), order.iter().map(|(key, _)| *key).collect())
    }
}

fn index_of(name: &str, names: &mut Vec<String>, places: &mut HashMap<String, usize>) -> usize {
    if let Some(place) = places.get(name) {
        return *place;
    }
    names.push(name.to_owned());
    places.insert(name.to_owned(), names.len() - 1);
    names.len() - 1
}

/// Levels are named as in the reference. Readers return them as dictionaries only; anything else is missing.
fn levels(
    column: Option<&ArrayRef>,
    rows: usize,
    shape: &Shape,
    (names, places): (&mut Vec<String>, &mut HashMap<String, usize>),
) -> Vec<Option<usize>> {
    let known = |name| match shape {
        Shape::Categorical(levels) => levels.index(name).and_then(|level| levels.names().get(level)),
        Shape::Numeric(_) => None,
    };
    let Some(dictionary) = column.and_then(|column| column.as_dictionary_opt::<Int32Type>()) else {
        return vec![None; rows];
    };
    let place: Vec<Option<usize>> = dictionary
        .values()
        .as_string::<i32>()
        .iter()
        .map(|name| name.map(|name| index_of(known(name).map_or(name, String::as_str), names, places)))
        .collect();
    let of_key = |key: Option<i32>| place.get(usize::try_from(key?).ok()?).copied().flatten();
    dictionary.keys().iter().map(of_key).collect()
}
