//! A window's performance: labels joined to its rows where there are any, and what its scores lead one to expect.

use vigie_profile::{
    layout::Column,
    segment::{Segment, Segments},
};
use vigie_stats::{Isotonic, Outcomes, Price, Ranked};

use super::lookout::{Lookout, Seen};
use crate::{
    config::Settings,
    engine::{self, Answered, Wanted},
    fault::{Fault, Result},
    performance::{
        Against, CostCurve, Expected, Labelled, Labels, Performance, Realised, SegmentCost, Settled, Terms, Unexpected,
    },
    reference::{Reference, both, on_cores},
    source::{LabelLog, LabelOptions, Opened},
};

pub(crate) fn terms(settings: &Settings) -> Terms {
    let model = &settings.model;
    Terms {
        threshold: model.threshold,
        price: Price { false_negative: model.cost.false_negative, false_positive: model.cost.false_positive },
        beta: model.beta,
    }
}

/// Those of the config, or its defaults.
#[must_use]
pub fn terms_of(settings: Option<&Settings>) -> Terms {
    settings
        .map_or(Terms { threshold: 0.5, price: Price { false_negative: 10.0, false_positive: 1.0 }, beta: 1.0 }, terms)
}

/// What each threshold would cost on the reference's rows; `None` where it does not know how they turned out.
pub fn cost_curve(reference: &Reference, terms: Terms) -> Result<Option<CostCurve>> {
    Ok(turned_out(reference)?.and_then(|known| CostCurve::of(&known, terms)))
}

/// `scores`: of all used rows, in any order. `None` where the config maps no probability.
pub(crate) fn performance(lookout: &Lookout<'_>, seen: &Seen, scores: Vec<f64>) -> Result<Option<Performance>> {
    let settings = lookout.settings;
    if settings.source.fields.probability.is_none() {
        return match settings.labels {
            Some(_) => Err(Fault::setup(
                "labels: there is no score to hold them against; map `source.fields.probability`, or leave them out",
            )),
            None => Ok(None),
        };
    }
    let terms = terms(settings);
    let joined = settings.labels.as_ref().map(|place| joined(lookout, seen, place)).transpose()?;
    // Neither needs the other, and both take as long as the window, or the reference, is large.
    let (scores, known) = both(|| Ranked::of(scores), || turned_out(&lookout.reference));
    let known = known?;
    let (labels, settled) = joined.unzip();
    let of = |rows: &mut dyn Iterator<Item = &Settled>| {
        Realised::of(&Outcomes::of(rows.map(|row| (row.score, row.outcome))), terms)
    };
    let in_segments = settled.as_ref().zip(lookout.segments.as_ref()).map(|(settled, segments)| {
        let is_in = |number: usize, row: &&Settled| row.segments >> number & 1 == 1;
        (0..segments.list().len()).map(|number| of(&mut settled.iter().filter(|row| is_in(number, row)))).collect()
    });
    let (expected, curve) = both(
        || expected(&scores, known.as_ref(), terms),
        || known.as_ref().and_then(|known| CostCurve::of(known, terms)),
    );
    let expected_in_segments = known.as_ref().map(|known| segment_costs(lookout, seen, known, terms)).transpose()?;
    let outcomes = settled.as_ref().map(|rows| Outcomes::of(rows.iter().map(|row| (row.score, row.outcome))));
    Ok(Some(Performance {
        against: known
            .as_ref()
            .zip(outcomes.as_ref())
            .and_then(|(known, outcomes)| Against::of(outcomes, known, terms)),
        curve,
        terms,
        rows: seen.counted.profile.rows(),
        labels,
        realised: settled.and_then(|settled| of(&mut settled.iter())),
        segments: in_segments.unwrap_or_default(),
        expected_in_segments: expected_in_segments.unwrap_or_default(),
        expected,
    }))
}

/// How the reference's rows turned out, by their score.
pub(crate) fn turned_out(reference: &Reference) -> Result<Option<Outcomes>> {
    let known = reference.outcomes()?;
    Ok(known.map(|known| Outcomes::of_counts(&known.positives, &known.negatives)))
}

fn expected(scores: &Ranked, known: Option<&Outcomes>, terms: Terms) -> Result<Expected, Unexpected> {
    let known = known.ok_or(Unexpected::NoOutcomes)?;
    Expected::of(scores, known, terms).ok_or(Unexpected::NoRows)
}

/// What is expected of each segment's rows.
fn segment_costs(
    lookout: &Lookout<'_>,
    seen: &Seen,
    known: &Outcomes,
    terms: Terms,
) -> Result<Vec<Option<SegmentCost>>> {
    let Some((segments, tally)) = lookout.segments.as_ref().zip(seen.counted.segments.as_ref()) else {
        return Ok(Vec::new());
    };
    let calibration = Isotonic::fit(known);
    let all: Vec<(&Segment, &Vec<f64>)> = segments.list().iter().zip(tally.scores()).collect();
    let cost = |number: usize| {
        let Some((segment, scores)) = all.get(number) else { return Ok(None) };
        let own = lookout.reference.segment_scores(&segment.definition, segments.layout())?;
        let calibrated = (&calibration, known.rows());
        Ok(SegmentCost::of(&Ranked::of((*scores).clone()), own.as_deref().unwrap_or_default(), calibrated, terms))
    };
    on_cores(all.len(), 1, &cost).into_iter().collect()
}

/// The labels of the window's used rows.
fn joined(lookout: &Lookout<'_>, seen: &Seen, place: &LabelOptions) -> Result<(Labelled, Vec<Settled>)> {
    if lookout.settings.source.fields.id.is_none() {
        return Err(Fault::setup("labels: they are joined by id; map `source.fields.id`, or leave them out"));
    }
    let mut labels = Labels::default();
    match LabelLog::open(place, &lookout.settings.source) {
        // Labels that cannot be read must not keep anybody from looking at the rest.
        Err(fault) => labels.unreadable(fault.discreet().to_owned()),
        Ok(Opened::NotYet(place)) => labels.not_yet(place),
        // Only now is the window read again, for its ids.
        Ok(Opened::Found(log)) => {
            labels = Labels::new(scores(lookout, seen)?);
            let heard = log.read(Some(seen.window.from), &mut |id, target| labels.join(id, target));
            if heard.broken_off {
                labels.forget();
            }
            labels.malformed(heard.malformed);
            heard.unreadable.into_iter().for_each(|why| labels.unreadable(why));
        }
    }
    Ok(labels.told())
}

/// 128 bits of each used row's id, its score, and the segments it is in.
fn scores(lookout: &Lookout<'_>, seen: &Seen) -> Result<Vec<(u128, f64, u64)>> {
    let layout = lookout.reference.layout().columns();
    let deciding = lookout.segments.as_ref().map_or(&[][..], Segments::deciding);
    let columns: Vec<Column> = deciding.iter().filter_map(|place| layout.get(*place)).cloned().collect();
    let is_bare = !seen.counted.has_twins();
    let each = |scores: &mut Vec<(u128, f64, u64)>, answered: Answered| {
        let masks = match &lookout.segments {
            Some(segments) if is_bare => segments.masks(&answered.rows.features, answered.rows.len),
            Some(segments) => segments.masks(&segments.needed(&answered.rows).features, answered.rows.len),
            None => vec![0; answered.rows.len],
        };
        let logged = answered.rows.probability.iter().flatten();
        let rows = answered.keys.iter().zip(logged).zip(masks);
        scores.extend(rows.filter_map(|((key, score), segments)| Some((*key, score?, segments))));
    };
    let more = if is_bare { columns.as_slice() } else { &[] };
    let wanted = Wanted { bare: true, more, ..Wanted::default() };
    let looked = engine::look(&lookout.job(seen.window), &seen.counted, wanted, &Vec::new, &each)?;
    Ok(looked.tallies.into_iter().flatten().collect())
}
