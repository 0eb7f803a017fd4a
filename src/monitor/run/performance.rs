//! A window's performance: known outcomes where there are labels, and estimates from its scores.

use vigie_profile::{
    layout::Column,
    segment::{Segment, Segments},
};
use vigie_stats::{Isotonic, Outcomes, Price, Ranked};

use super::context::{RunContext, WindowData};
use crate::{
    config::Settings,
    engine::{self, KeyedRows, RowQuery},
    fault::{Fault, Result},
    performance::{
        CostCurve, EstimateCheck, Expected, LabelCounts, LabelJoin, LabelledScore, NoEstimate, Performance, Realised,
        SegmentCost, Terms,
    },
    reference::{Reference, join, map_on_cores},
    source::{LabelLog, LabelLookup, LabelOptions},
};

pub(crate) fn terms(settings: &Settings) -> Terms {
    let model = &settings.model;
    Terms {
        threshold: model.threshold,
        price: Price { false_negative: model.cost.false_negative, false_positive: model.cost.false_positive },
        beta: model.beta,
    }
}

/// The terms of the config, or its defaults.
#[must_use]
pub fn terms_or_default(settings: Option<&Settings>) -> Terms {
    settings
        .map_or(Terms { threshold: 0.5, price: Price { false_negative: 10.0, false_positive: 1.0 }, beta: 1.0 }, terms)
}

/// Cost of each threshold on the reference's rows; `None` if the reference has no outcomes.
pub fn cost_curve(reference: &Reference, terms: Terms) -> Result<Option<CostCurve>> {
    Ok(reference_outcomes(reference)?.and_then(|known| CostCurve::new(&known, terms)))
}

/// Measures performance. `scores`: those of all used rows, in any order. `None` if the config maps no probability.
pub(crate) fn performance(run: &RunContext<'_>, data: &WindowData, scores: Vec<f64>) -> Result<Option<Performance>> {
    let settings = run.settings;
    if settings.source.fields.probability.is_none() {
        return match settings.labels {
            Some(_) => Err(Fault::setup(
                "labels: there is no score to compare them with; map `source.fields.probability`, or remove `labels`",
            )),
            None => Ok(None),
        };
    }
    let terms = terms(settings);
    let joined = settings.labels.as_ref().map(|options| join_labels(run, data, options)).transpose()?;
    // The two are independent, and each takes time in proportion to the window or the reference.
    let (scores, known) = join(|| Ranked::new(scores), || reference_outcomes(&run.reference));
    let known = known?;
    let (labels, labelled) = joined.unzip();
    let realised = |rows: &mut dyn Iterator<Item = &LabelledScore>| {
        Realised::new(&Outcomes::from_rows(rows.map(|row| (row.score, row.outcome))), terms)
    };
    let in_segments = labelled.as_ref().zip(run.segments.as_ref()).map(|(labelled, segments)| {
        let is_in = |index: usize, row: &&LabelledScore| row.segments >> index & 1 == 1;
        (0..segments.list().len()).map(|index| realised(&mut labelled.iter().filter(|row| is_in(index, row)))).collect()
    });
    let (expected, curve) = join(
        || expected(&scores, known.as_ref(), terms),
        || known.as_ref().and_then(|known| CostCurve::new(known, terms)),
    );
    let expected_in_segments = known.as_ref().map(|known| segment_costs(run, data, known, terms)).transpose()?;
    let outcomes = labelled.as_ref().map(|rows| Outcomes::from_rows(rows.iter().map(|row| (row.score, row.outcome))));
    Ok(Some(Performance {
        estimate_check: known
            .as_ref()
            .zip(outcomes.as_ref())
            .and_then(|(known, outcomes)| EstimateCheck::new(outcomes, known, terms)),
        curve,
        terms,
        rows: data.counted.profile.rows(),
        labels,
        realised: labelled.and_then(|labelled| realised(&mut labelled.iter())),
        segments: in_segments.unwrap_or_default(),
        expected_in_segments: expected_in_segments.unwrap_or_default(),
        expected,
    }))
}

/// Outcomes of the reference's rows, by score.
pub(crate) fn reference_outcomes(reference: &Reference) -> Result<Option<Outcomes>> {
    let known = reference.outcomes()?;
    Ok(known.map(|known| Outcomes::from_counts(&known.positives, &known.negatives)))
}

fn expected(scores: &Ranked, known: Option<&Outcomes>, terms: Terms) -> Result<Expected, NoEstimate> {
    let known = known.ok_or(NoEstimate::NoOutcomes)?;
    Expected::new(scores, known, terms).ok_or(NoEstimate::NoRows)
}

/// Expected cost of each segment's rows.
fn segment_costs(
    run: &RunContext<'_>,
    data: &WindowData,
    known: &Outcomes,
    terms: Terms,
) -> Result<Vec<Option<SegmentCost>>> {
    let Some((segments, tally)) = run.segments.as_ref().zip(data.counted.segments.as_ref()) else {
        return Ok(Vec::new());
    };
    let calibration = Isotonic::fit(known);
    let all: Vec<(&Segment, &Vec<f64>)> = segments.list().iter().zip(tally.scores()).collect();
    let cost = |index: usize| {
        let Some((segment, scores)) = all.get(index) else { return Ok(None) };
        let own = run.reference.segment_scores(&segment.definition, segments.layout())?;
        let calibrated = (&calibration, known.rows());
        Ok(SegmentCost::new(&Ranked::new((*scores).clone()), own.as_deref().unwrap_or_default(), calibrated, terms))
    };
    map_on_cores(all.len(), 1, &cost).into_iter().collect()
}

/// Joins labels to the window's used rows.
fn join_labels(
    run: &RunContext<'_>,
    data: &WindowData,
    options: &LabelOptions,
) -> Result<(LabelCounts, Vec<LabelledScore>)> {
    if run.settings.source.fields.id.is_none() {
        return Err(Fault::setup("labels: labels are joined by id; map `source.fields.id`, or remove `labels`"));
    }
    let mut labels = LabelJoin::default();
    match LabelLog::open(options, &run.settings.source) {
        // Unreadable labels must not prevent the rest of the report.
        Err(fault) => labels.unreadable(fault.left_out()),
        Ok(LabelLookup::NotYet(place)) => labels.not_yet(place),
        // The window is read again for its ids only when there are labels.
        Ok(LabelLookup::Found(log)) => {
            labels = LabelJoin::new(scores(run, data)?);
            let read = log.read(Some(data.window.from), &mut |id, target| labels.join(id, target));
            if read.interrupted {
                labels.forget();
            }
            labels.lost(read.lost);
            labels.malformed(read.malformed);
            read.unreadable.into_iter().for_each(|input| labels.unreadable(input));
        }
    }
    Ok(labels.finish())
}

/// The key, the score and the segment mask of each used row. The key is 128 bits of the id.
fn scores(run: &RunContext<'_>, data: &WindowData) -> Result<Vec<(u128, f64, u64)>> {
    let layout = run.reference.layout().columns();
    let deciding = run.segments.as_ref().map_or(&[][..], Segments::condition_columns);
    let columns: Vec<Column> = deciding.iter().filter_map(|place| layout.get(*place)).cloned().collect();
    let is_plain = !data.counted.has_duplicate_ids();
    let each = |scores: &mut Vec<(u128, f64, u64)>, keyed: KeyedRows| {
        let masks = match &run.segments {
            Some(segments) if is_plain => segments.masks(&keyed.rows.features, keyed.rows.len),
            Some(segments) => segments.masks(&segments.needed(&keyed.rows).features, keyed.rows.len),
            None => vec![0; keyed.rows.len],
        };
        let logged = keyed.rows.probability.iter().flatten();
        let rows = keyed.keys.iter().zip(logged).zip(masks);
        scores.extend(rows.filter_map(|((key, score), segments)| Some((*key, score?, segments))));
    };
    let more = if is_plain { columns.as_slice() } else { &[] };
    let query = RowQuery { scores_only: true, extra_columns: more, ..RowQuery::default() };
    let scanned = engine::scan(&run.job(data.window), &data.counted, query, &Vec::new, &each)?;
    Ok(scanned.tallies.into_iter().flatten().collect())
}
