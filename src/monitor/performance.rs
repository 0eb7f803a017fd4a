//! A window's performance: labels joined to its rows where there are any, and what its scores lead one to expect.

use super::lookout::{Lookout, Seen};
use crate::{
    config::Settings,
    engine::{self, Answered, Wanted},
    fault::{Fault, Outcome},
    performance::{Expected, Labelled, Labels, Performance, Realised, Terms},
    source::{LabelLog, LabelOptions, Opened},
    stats::{Outcomes, Price},
};

pub(super) fn terms(settings: &Settings) -> Terms {
    let model = &settings.model;
    Terms {
        threshold: model.threshold,
        price: Price { false_negative: model.cost.false_negative, false_positive: model.cost.false_positive },
        beta: model.beta,
    }
}

/// `None` where the config maps no probability.
pub(super) fn performance(lookout: &Lookout<'_>, seen: &Seen) -> Outcome<Option<Performance>> {
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
    let (labels, outcomes) = joined.unzip();
    Ok(Some(Performance {
        terms,
        rows: seen.counted.profile.rows(),
        labels,
        realised: outcomes.and_then(|outcomes| Realised::of(&outcomes, terms)),
        expected: expected(lookout, seen, terms)?,
    }))
}

fn expected(lookout: &Lookout<'_>, seen: &Seen, terms: Terms) -> Outcome<Result<Expected, String>> {
    let Some(reference) = lookout.reference.outcomes()? else {
        let why = "the reference was learnt without --target and a probability";
        return Ok(Err(why.to_owned()));
    };
    Ok(Expected::of(&seen.counted.scores, &reference, terms).ok_or_else(|| "the window has no used rows".to_owned()))
}

/// The labels of the window's used rows.
fn joined(lookout: &Lookout<'_>, seen: &Seen, place: &LabelOptions) -> Outcome<(Labelled, Outcomes)> {
    if lookout.settings.source.fields.id.is_none() {
        return Err(Fault::setup("labels: they are joined by id; map `source.fields.id`, or leave them out"));
    }
    let mut labels = Labels::new(scores(lookout, seen)?);
    match LabelLog::open(place, &lookout.settings.source) {
        // Labels that cannot be read must not keep anybody from looking at the rest.
        Err(fault) => labels.unreadable(fault.to_string()),
        Ok(Opened::NotYet(place)) => labels.not_yet(place),
        Ok(Opened::Found(log)) => {
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

/// 128 bits of each used row's id, and its score.
fn scores(lookout: &Lookout<'_>, seen: &Seen) -> Outcome<Vec<(u128, f64)>> {
    let each = |scores: &mut Vec<(u128, f64)>, answered: Answered| {
        let logged = answered.rows.probability.iter().flatten();
        scores.extend(answered.keys.iter().zip(logged).filter_map(|(key, score)| Some((*key, score?))));
    };
    let wanted = Wanted { bare: true, ..Wanted::default() };
    let looked = engine::look(&lookout.job(seen.window), &seen.counted, wanted, &Vec::new, &each)?;
    Ok(looked.tallies.into_iter().flatten().collect())
}
