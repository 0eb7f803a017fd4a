//! Which drift moved a window's score: the reference's values put back, feature by feature, and the rows scored again.

use std::{cmp::Reverse, collections::HashMap};

use arrow_array::{ArrayRef, cast::AsArray, types::Int32Type};
use vigie_profile::{
    batch::{Rows, for_each_number},
    layout::{Kind, Layout, Shape},
    profile::Counts,
};
use vigie_stats::Isotonic;

use super::{
    lookout::{Lookout, Seen},
    performance::{terms, turned_out},
    weigh::Weighed,
};
use crate::{
    drift::Summary,
    engine::{self, Answered, Wanted},
    fault::{Fault, Result},
    judge::Severity,
    monitor::ask::explained::by_thread,
    performance::Performance,
    reference::Reference,
    replay::{Candidate, Column, Holding, Known, Restored, Restorer, ScoreShift, Terms},
};

/// Rows that are scored again, at most; a little less is aimed at, as the hash of ids decides.
const ROWS: u64 = 20_000;
const AIM: u64 = 19_100;
/// Features that are looked at: those that have drifted, then the most important ones.
const FEATURES: usize = 20;

/// `None` without a model; `Err` says why nothing can be put back.
pub(crate) fn score_shift(
    lookout: &Lookout<'_>,
    seen: &Seen,
    weighed: &Weighed,
    performance: Option<&Performance>,
) -> Result<Option<Result<ScoreShift, String>>> {
    let Some(model) = &lookout.model else { return Ok(None) };
    let not = |why: &str| Ok(Some(Err(why.to_owned())));
    let reference = &lookout.reference;
    let severity = weighed.verdict.features.first().map(|feature| feature.severity);
    if reference.provenance().reduced {
        return not("the reference was imported as distributions, and has no values to put back");
    }
    if matches!(severity, None | Some(Severity::TooFew | Severity::NoData)) {
        return not("too few rows for a verdict");
    }
    let (chosen, left_out) = chosen(weighed, reference);
    let candidates: Vec<Candidate> = chosen
        .into_iter()
        .filter_map(|(feature, is_drifted)| candidate(reference, feature, is_drifted).transpose())
        .collect::<Result<_>>()?;
    let (columns, keys) = columns(lookout, seen)?;
    let settings = terms(lookout.settings);
    let calibration = turned_out(reference)?.map(|known| Isotonic::fit(&known));
    let terms =
        Terms { threshold: settings.threshold, price: settings.price, calibration, limit: lookout.settings.policy.q };
    let Some(restorer) = Restorer::new(model, columns, &keys, candidates, terms)? else {
        return not("the window has no used rows");
    };
    let sets = all(&restorer, lookout.looking.threads)?;
    Ok(Some(Ok(restorer.told(sets, known(weighed, performance), left_out))))
}

/// Each set on whichever thread has its turn: none has a say in another's figures.
fn all(restorer: &Restorer<'_>, threads: usize) -> Result<Vec<Restored>> {
    let sets = restorer.sets();
    let each = sets.len().div_ceil(threads.max(1)).max(1);
    let mut done: Vec<Option<Restored>> = vec![None; sets.len()];
    by_thread(sets.len(), each, done.chunks_mut(each), |range, out| {
        let own = sets.get(range).unwrap_or_default();
        own.iter().zip(out).try_for_each(|(set, out)| {
            *out = Some(restorer.put_back(set)?);
            Ok(())
        })
    })?;
    Ok(done.into_iter().flatten().collect())
}

/// Drifted features, the worst and most important first, then those that matter most to the model; and how many drifted ones
/// are too many.
fn chosen(weighed: &Weighed, reference: &Reference) -> (Vec<(usize, bool)>, usize) {
    let importance = |feature: usize| reference.importance().get(feature).copied().flatten().unwrap_or(0.0);
    let mut ranked: Vec<(usize, Severity)> =
        weighed.verdict.features.iter().map(|feature| feature.severity).enumerate().collect();
    ranked.sort_by(|(a, ours), (b, theirs)| {
        Reverse(ours).cmp(&Reverse(theirs)).then(importance(*b).total_cmp(&importance(*a))).then(a.cmp(b))
    });
    let drifted = ranked.iter().filter(|(_, severity)| severity.is_drift()).count();
    let matters = |(feature, severity): &(usize, Severity)| severity.is_drift() || importance(*feature) > 0.0;
    let chosen = ranked.into_iter().filter(matters).take(FEATURES);
    (chosen.map(|(feature, severity)| (feature, severity.is_drift())).collect(), drifted.saturating_sub(FEATURES))
}

/// `None` where the reference has no row.
fn candidate(reference: &Reference, feature: usize, is_drifted: bool) -> Result<Option<Candidate>> {
    let of = (reference.layout().features().get(feature), reference.profile().features().get(feature));
    let (Some(own), Some(counts)) = of else { return Ok(None) };
    let holding = match (&own.shape, counts) {
        (Shape::Categorical(levels), Counts::Categorical(counts)) => Holding::Levels {
            names: levels.names().to_vec(),
            counts: counts.levels().to_vec(),
            missing: counts.missing(),
        },
        (_, Counts::Numeric(counts)) => Holding::Numbers {
            values: reference.values(feature).ok_or_else(|| Fault::setup(reference.damaged()))?,
            missing: counts.missing(),
        },
        (Shape::Numeric(_), Counts::Categorical(_)) => return Ok(None),
    };
    Ok((!holding.is_empty()).then(|| Candidate { feature, name: own.name.clone(), is_drifted, holding }))
}

/// What the reference has.
fn known(weighed: &Weighed, performance: Option<&Performance>) -> Known {
    let score = weighed.drift.score.as_ref();
    Known {
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

/// The columns of the used rows, or of a sample of them, by rising key: neither files nor threads decide the order.
fn columns(lookout: &Lookout<'_>, seen: &Seen) -> Result<(Vec<Column>, Vec<u128>)> {
    let layout = lookout.reference.layout();
    let rows = seen.counted.profile.rows();
    let below = (rows > ROWS).then(|| u128::MAX / u128::from(rows) * u128::from(AIM));
    let empty = || Gathered::empty(layout);
    let each = |gathered: &mut Gathered, answered: Answered| gathered.take(&answered, layout);
    let wanted = Wanted { below, ..Wanted::default() };
    let looked = engine::look(&lookout.job(seen.window), &seen.counted, wanted, &empty, &each)?;
    let mut all = empty();
    looked.tallies.into_iter().for_each(|more| all.add(more));
    Ok(all.sorted())
}

/// Rows as they come.
struct Gathered {
    keys: Vec<u128>,
    columns: Vec<Column>,
    /// Of each column of levels, the places of its names.
    places: Vec<HashMap<String, usize>>,
}

impl Gathered {
    fn empty(layout: &Layout) -> Self {
        let column = |kind: Kind| match kind {
            Kind::Numeric => Column::Numbers(Vec::new()),
            Kind::Categorical => Column::Levels { names: Vec::new(), rows: Vec::new() },
        };
        let columns: Vec<Column> = layout.features().iter().map(|feature| column(feature.kind())).collect();
        Self { keys: Vec::new(), places: vec![HashMap::new(); columns.len()], columns }
    }

    fn take(&mut self, answered: &Answered, layout: &Layout) {
        let Rows { len, features, .. } = &answered.rows;
        self.keys.extend_from_slice(&answered.keys);
        for ((column, places), own) in self.columns.iter_mut().zip(&mut self.places).zip(features) {
            match column {
                Column::Numbers(values) => match own {
                    Some(own) => {
                        for_each_number(own.as_ref(), &mut |value| values.push(layout.precision().round(value) + 0.0));
                    }
                    None => values.resize(values.len() + len, f64::NAN),
                },
                Column::Levels { names, rows } => rows.extend(levels(own.as_ref(), *len, names, places)),
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.keys.extend(other.keys);
        for ((ours, places), theirs) in self.columns.iter_mut().zip(&mut self.places).zip(other.columns) {
            match (ours, theirs) {
                (Column::Numbers(ours), Column::Numbers(theirs)) => ours.extend(theirs),
                (Column::Levels { names, rows }, Column::Levels { names: others, rows: more }) => {
                    let place: Vec<usize> = others.into_iter().map(|name| place_of(&name, names, places)).collect();
                    rows.extend(more.into_iter().map(|level| level.and_then(|level| place.get(level).copied())));
                }
                _ => {}
            }
        }
    }

    fn sorted(self) -> (Vec<Column>, Vec<u128>) {
        let mut order: Vec<(u128, usize)> = self.keys.into_iter().zip(0..).collect();
        // Rows that share a key are alike in everything.
        order.sort_unstable();
        let sorted = |column| match column {
            Column::Numbers(values) => {
                Column::Numbers(order.iter().filter_map(|(_, row)| values.get(*row).copied()).collect())
            }
            Column::Levels { names, rows } => {
                Column::Levels { names, rows: order.iter().filter_map(|(_, row)| rows.get(*row).copied()).collect() }
            }
        };
        (self.columns.into_iter().map(sorted).collect(), order.iter().map(|(key, _)| *key).collect())
    }
}

fn place_of(name: &str, names: &mut Vec<String>, places: &mut HashMap<String, usize>) -> usize {
    if let Some(place) = places.get(name) {
        return *place;
    }
    names.push(name.to_owned());
    places.insert(name.to_owned(), names.len() - 1);
    names.len() - 1
}

/// Readers hand over levels as dictionaries only; anything else is missing.
fn levels(
    column: Option<&ArrayRef>,
    rows: usize,
    names: &mut Vec<String>,
    places: &mut HashMap<String, usize>,
) -> Vec<Option<usize>> {
    let Some(dictionary) = column.and_then(|column| column.as_dictionary_opt::<Int32Type>()) else {
        return vec![None; rows];
    };
    let place: Vec<Option<usize>> = dictionary
        .values()
        .as_string::<i32>()
        .iter()
        .map(|name| name.map(|name| place_of(name, names, places)))
        .collect();
    let of_key = |key: Option<i32>| place.get(usize::try_from(key?).ok()?).copied().flatten();
    dictionary.keys().iter().map(of_key).collect()
}
