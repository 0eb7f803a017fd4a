//! A window's performance: known outcomes where there are labels, and estimates from its scores.

use vigie_profile::{decision::HighScore, layout::Column, segment::Segments};
use vigie_stats::{Confusion, Isotonic, Outcomes, Price, Ranked};

use super::context::{RunContext, WindowData};
use crate::{
    config::Settings,
    engine::{self, KeyedRows, RowQuery},
    fault::{Fault, Result},
    performance::{
        CostCurve, EstimateCheck, Expected, LabelCounts, LabelJoin, LabelledScore, NoEstimate, Performance, Realised,
        SegmentCost, Terms, UnlabelledRow, calibration_curve, outcomes_by_risk,
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
        high_score: model.high_score(),
    }
}

/// The terms of the config, or its defaults.
#[must_use]
pub fn terms_or_default(settings: Option<&Settings>) -> Terms {
    let price = Price { false_negative: 10.0, false_positive: 1.0 };
    settings.map_or(Terms { threshold: 0.5, price, beta: 1.0, high_score: HighScore::Bad }, terms)
}

/// Cost of each threshold on the reference's rows; `None` if the reference has no outcomes.
pub fn cost_curve(reference: &Reference, terms: Terms) -> Result<Option<CostCurve>> {
    Ok(reference_outcomes(reference, terms.high_score)?.and_then(|known| CostCurve::new(&known, terms)))
}

/// Measures performance. `scores`: those of all used rows, and of the ones decided against the rule, in any order. `None` if
/// the config maps no probability.
pub(crate) fn performance(
    run: &RunContext<'_>,
    data: &WindowData,
    (scores, against): (Vec<f64>, Vec<f64>),
) -> Result<Option<Performance>> {
    let settings = run.settings;
    let fields = &settings.source.fields;
    if fields.probability.is_none() {
        let has_predictions = fields.prediction.is_some() || fields.probabilities.is_some();
        return match settings.labels {
            Some(_) if !has_predictions => Err(Fault::setup(
                "labels: there is no score to compare them with; map `source.fields.probability`, or remove `labels`",
            )),
            _ => Ok(None),
        };
    }
    let terms = terms(settings);
    let joined = settings.labels.as_ref().map(|options| join_labels(run, data, options)).transpose()?;
    // The two are independent, and each takes time in proportion to the window or the reference.
    let (scores, known) =
        join(|| risks(scores, terms.high_score), || reference_outcomes(&run.reference, terms.high_score));
    let (known, against) = (known?, risks(against, terms.high_score));
    let (labels, labelled) = joined.unzip();
    let realised = |rows: &[&LabelledScore]| {
        let outcomes = Outcomes::from_rows(rows.iter().map(|row| (row.risk, row.outcome)));
        Realised::with_decisions(&outcomes, decided(rows), terms)
    };
    let in_segments = labelled.as_ref().zip(run.segments.as_ref()).map(|(labelled, segments)| {
        let is_in = |index: usize, row: &&LabelledScore| row.segments >> index & 1 == 1;
        let rows = |index| labelled.iter().filter(move |row| is_in(index, row)).collect::<Vec<_>>();
        (0..segments.list().len()).map(|index| realised(&rows(index))).collect()
    });
    let (expected, curve) = join(
        || expected((&scores, &against), known.as_ref(), terms),
        || known.as_ref().and_then(|known| CostCurve::new(known, terms)),
    );
    let expected_in_segments = known.as_ref().map(|known| segment_costs(run, data, known, terms)).transpose()?;
    let labelled: Option<Vec<&LabelledScore>> = labelled.as_ref().map(|rows| rows.iter().collect());
    Ok(Some(Performance {
        estimate_check: known
            .as_ref()
            .zip(labelled.as_ref())
            .and_then(|(known, rows)| estimate_check(rows, known, terms)),
        curve,
        terms,
        rows: data.counted.profile.rows(),
        labels,
        reference_calibration: known
            .as_ref()
            .filter(|_| labelled.as_ref().is_some_and(|rows| !rows.is_empty()))
            .map(|known| calibration_curve(known, terms.high_score))
            .unwrap_or_default(),
        realised: labelled.as_ref().and_then(|rows| realised(rows)),
        segments: in_segments.unwrap_or_default(),
        expected_in_segments: expected_in_segments.unwrap_or_default(),
        expected,
    }))
}

/// Outcomes of the reference's rows, by risk.
pub(crate) fn reference_outcomes(reference: &Reference, high_score: HighScore) -> Result<Option<Outcomes>> {
    let known = reference.outcomes()?;
    Ok(known.map(|known| outcomes_by_risk(&known.positives, &known.negatives, high_score)))
}

fn risks(mut scores: Vec<f64>, high_score: HighScore) -> Ranked {
    scores.iter_mut().for_each(|score| *score = high_score.risk(*score));
    Ranked::new(scores)
}

fn expected(
    (scores, against): (&Ranked, &Ranked),
    known: Option<&Outcomes>,
    terms: Terms,
) -> Result<Expected, NoEstimate> {
    let known = known.ok_or(NoEstimate::NoOutcomes)?;
    Expected::with_exceptions(scores, against, known, terms).ok_or(NoEstimate::NoRows)
}

/// Decisions about labelled rows, by outcome.
fn decided(rows: &[&LabelledScore]) -> Confusion {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let count =
        |decision: (bool, bool)| rows.iter().filter(|row| (row.refused, row.outcome) == decision).count() as f64;
    Confusion {
        true_positives: count((true, true)),
        false_positives: count((true, false)),
        true_negatives: count((false, false)),
        false_negatives: count((false, true)),
    }
}

fn estimate_check(rows: &[&LabelledScore], known: &Outcomes, terms: Terms) -> Option<EstimateCheck> {
    let outcomes = Outcomes::from_rows(rows.iter().map(|row| (row.risk, row.outcome)));
    let by_threshold = |row: &LabelledScore| row.risk >= terms.risk_threshold();
    let against = rows.iter().filter(|row| row.refused != by_threshold(row)).map(|row| row.risk);
    EstimateCheck::new(&outcomes, (decided(rows), &Ranked::new(against.collect())), known, terms)
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
    let cost = |index: usize| {
        let scores = tally.scores().get(index).zip(tally.against().get(index));
        let Some((segment, (scores, against))) = segments.list().get(index).zip(scores) else { return Ok(None) };
        let own = run.reference.segment_scores(&segment.definition, segments.layout())?;
        let calibrated = (&calibration, known.rows());
        let risks = |scores: &Vec<f64>| risks(scores.clone(), terms.high_score);
        let own = own.as_deref().unwrap_or_default();
        Ok(SegmentCost::new((&risks(scores), &risks(against)), own, calibrated, terms))
    };
    map_on_cores(segments.list().len(), 1, &cost).into_iter().collect()
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
            labels = LabelJoin::new(unlabelled(run, data)?, run.settings.model.high_score());
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

/// The used rows, to join labels to.
fn unlabelled(run: &RunContext<'_>, data: &WindowData) -> Result<Vec<UnlabelledRow>> {
    let layout = run.reference.layout().columns();
    let deciding = run.segments.as_ref().map_or(&[][..], Segments::condition_columns);
    let columns: Vec<Column> = deciding.iter().filter_map(|place| layout.get(*place)).cloned().collect();
    let is_plain = !data.counted.has_duplicate_ids();
    let rule = run.settings.model.rule();
    let each = |rows: &mut Vec<UnlabelledRow>, keyed: KeyedRows| {
        let masks = match &run.segments {
            Some(segments) if is_plain => segments.masks(&keyed.rows.features, keyed.rows.len),
            Some(segments) => segments.masks(&segments.needed(&keyed.rows).features, keyed.rows.len),
            None => vec![0; keyed.rows.len],
        };
        let logged = keyed.rows.probability.iter().flatten();
        let outputs = logged.zip(rule.decisions(&keyed.rows));
        rows.extend(keyed.keys.iter().zip(outputs).zip(masks).filter_map(|((key, (score, refused)), segments)| {
            let risk = rule.high_score.risk(score?);
            Some(UnlabelledRow { key: *key, risk, refused: refused?, segments })
        }));
    };
    let more = if is_plain { columns.as_slice() } else { &[] };
    let query = RowQuery { scores_only: true, extra_columns: more, ..RowQuery::default() };
    let scanned = engine::scan(&run.job(data.window), &data.counted, query, &Vec::new, &each)?;
    Ok(scanned.tallies.into_iter().flatten().collect())
}
