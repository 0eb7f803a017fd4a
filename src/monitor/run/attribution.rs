//! What moved the score: contributions of a window's rows held against those of the reference's, and values put back.

use std::time::Instant as Stopwatch;

use vigie_models::{Inputs, Shap};

use super::{
    lookout::{Lookout, Seen},
    rescore::SAMPLE,
    score_shift::score_shift,
    weigh::Weighed,
};
use crate::{
    config::Settings,
    fault::{Fault, Result},
    performance::Performance,
    reference::{Contributions, Reference},
    replay::{Attribution, AttributionTally, Rescorer, ScoreShift},
};

/// Whether contributions are measured.
pub(crate) enum Attributing {
    Off,
    /// Asked for, but it cannot be.
    Not(String),
    On(Box<Shap>),
}

/// What the policy asks for, and what model and reference allow.
pub(crate) fn attributing(
    settings: &Settings,
    reference: &Reference,
    model: Option<&Rescorer>,
) -> Result<Attributing> {
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

/// What explains the rows of a window, or a sample of them: the one that parity is judged on.
pub(crate) struct Explaining<'a> {
    shap: &'a Shap,
    reference: &'a Contributions,
    below: Option<u128>,
}

impl<'a> Explaining<'a> {
    /// `None` where nothing is to be explained, or cannot be.
    pub(crate) fn of(lookout: &'a Lookout<'_>, rows: u64) -> Option<Self> {
        let (Attributing::On(shap), Some(reference)) = (&lookout.attributing, lookout.reference.contributions()) else {
            return None;
        };
        Some(Self { shap, reference, below: SAMPLE.below(rows) })
    }

    pub(crate) fn empty(&self) -> AttributionTally {
        AttributionTally::empty(self.reference)
    }

    /// Counts the contributions of those rows that are of the sample.
    pub(crate) fn observe(
        &self,
        tally: &mut AttributionTally,
        model: &Rescorer,
        inputs: &Inputs,
        keys: &[u128],
    ) -> Result<()> {
        let of_sample = |key: &u128| self.below.is_none_or(|below| *key < below);
        let mut row = 0;
        for together in keys.chunk_by(|one, other| of_sample(one) == of_sample(other)) {
            let rows = row..row + together.len();
            row = rows.end;
            if together.first().is_some_and(of_sample) {
                let mut values = vec![0.0; together.len() * self.shap.width()];
                self.shap.values(model.forest(), inputs, rows, &mut values)?;
                tally.observe(&values, self.shap.width(), model.columns(), self.reference);
            }
        }
        Ok(())
    }

    pub(crate) fn told(&self, tally: &AttributionTally, lookout: &Lookout<'_>) -> Attribution {
        tally.told(self.reference, lookout.settings.policy.empty_bins)
    }
}

/// Why contributions are asked for and not measured.
pub(crate) fn not_explained(lookout: &Lookout<'_>) -> Option<Attribution> {
    match &lookout.attributing {
        Attributing::Not(why) => Some(Attribution::Not(why.clone())),
        Attributing::Off | Attributing::On(_) => None,
    }
}

/// All that attribution found out, and how long the second part took: the first comes with the rows scored again.
#[derive(Default)]
pub(crate) struct Attributed {
    pub contributions: Option<Attribution>,
    /// `Err` says why it could not be measured.
    pub score_shift: Option<Result<ScoreShift, String>>,
    pub seconds: Option<f64>,
}

/// Nothing, at no cost, unless the policy asks for it.
pub(crate) fn attributed(
    lookout: &Lookout<'_>,
    seen: &Seen,
    weighed: &Weighed,
    performance: Option<&Performance>,
    contributions: Option<Attribution>,
) -> Result<Attributed> {
    if matches!(lookout.attributing, Attributing::Off) {
        return Ok(Attributed::default());
    }
    let started = Stopwatch::now();
    let score_shift = score_shift(lookout, seen, weighed, performance)?;
    Ok(Attributed { contributions, score_shift, seconds: Some(started.elapsed().as_secs_f64()) })
}
