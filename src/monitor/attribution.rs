//! What moved the score: contributions of a window's rows held against those of the reference's, and values put back.

use std::time::Instant as Stopwatch;

use super::{
    lookout::{Lookout, Seen},
    rescore::below,
    score_shift::score_shift,
    weigh::Weighed,
};
use crate::{
    config::Settings,
    engine::{self, Answered, Wanted},
    fault::{Fault, Outcome},
    judge::ParityOf,
    performance::Performance,
    reference::Reference,
    replay::{Attribution, AttributionTally, Rescorer, ScoreShift},
    scorer::Shap,
};

/// Whether contributions are measured.
pub(super) enum Attributing {
    Off,
    /// Asked for, but it cannot be.
    Not(String),
    On(Box<Shap>),
}

/// What the policy asks for, and what model and reference allow.
pub(super) fn attributing(
    settings: &Settings,
    reference: &Reference,
    model: Option<&Rescorer>,
) -> Outcome<Attributing> {
    if !settings.policy.attribution {
        return Ok(Attributing::Off);
    }
    let Some(model) = model else {
        return Err(Fault::setup("policy.attribution: it needs the model; name it as model.file, or leave it out"));
    };
    let again = "learn the reference again with `vigie learn --model`";
    let Some(contributions) = reference.contributions() else {
        return Ok(Attributing::Not(format!("the reference was learnt without a model; {again}")));
    };
    if contributions.model_sha256 != model.forest().sha256_hex() {
        return Ok(Attributing::Not(format!("the reference was learnt with another model file; {again}")));
    }
    Ok(match Shap::new(model.forest()) {
        Ok(shap) => Attributing::On(Box::new(shap)),
        Err(why) => Attributing::Not(why.to_string()),
    })
}

/// All that attribution found out, in how long.
#[derive(Default)]
pub(super) struct Attributed {
    pub contributions: Option<Attribution>,
    /// `Err` says why it could not be measured.
    pub score_shift: Option<Result<ScoreShift, String>>,
    pub seconds: Option<f64>,
}

/// Nothing, at no cost, unless the policy asks for it.
pub(super) fn attribution(
    lookout: &Lookout<'_>,
    seen: &Seen,
    weighed: &Weighed,
    performance: Option<&Performance>,
) -> Outcome<Attributed> {
    if matches!(lookout.attributing, Attributing::Off) {
        return Ok(Attributed::default());
    }
    let started = Stopwatch::now();
    let contributions = contributions(lookout, seen)?;
    let score_shift = score_shift(lookout, seen, weighed, performance)?;
    Ok(Attributed { contributions, score_shift, seconds: Some(started.elapsed().as_secs_f64()) })
}

/// Measures a window, or a sample of it: the rows that parity is sampled on.
fn contributions(lookout: &Lookout<'_>, seen: &Seen) -> Outcome<Option<Attribution>> {
    let shap = match &lookout.attributing {
        Attributing::Off => return Ok(None),
        Attributing::Not(why) => return Ok(Some(Attribution::Not(why.clone()))),
        Attributing::On(shap) => shap,
    };
    let (Some(model), Some(reference)) = (&lookout.model, lookout.reference.contributions()) else { return Ok(None) };
    let wanted =
        Wanted { more: model.more(), below: below(ParityOf::Sample, seen.counted.profile.rows()), ..Wanted::default() };
    let empty = || (AttributionTally::empty(reference), None::<Fault>);
    let each = |(tally, fault): &mut (AttributionTally, Option<Fault>), answered: Answered| {
        let mut values = vec![0.0; answered.rows.len * shap.width()];
        let explained = model
            .inputs(&answered.rows)
            .and_then(|inputs| shap.values(model.forest(), &inputs, 0..answered.rows.len, &mut values));
        match explained {
            Ok(()) => tally.observe(&values, shap.width(), model.columns(), reference),
            Err(why) => *fault = Some(why),
        }
    };
    let looked = engine::look(&lookout.job(seen.window), &seen.counted, wanted, &empty, &each)?;
    let mut all = AttributionTally::empty(reference);
    for (tally, fault) in looked.tallies {
        if let Some(fault) = fault {
            return Err(fault);
        }
        all.merge(&tally);
    }
    Ok(Some(all.told(reference, lookout.settings.policy.empty_bins)))
}
