//! What moved the score: the contributions of a window's rows compared with those of the reference rows, and drifted
//! values restored.

use std::time::Instant as StdInstant;

use vigie_models::{Explainer, Inputs};

use super::{
    attribution_mode::AttributionMode,
    context::{RunContext, SAMPLE, WindowData},
    judge::JudgedWindow,
    score_shift::score_shift,
};
use crate::{
    fault::Result,
    performance::Performance,
    reference::Contributions,
    replay::{Attribution, AttributionTally, Rescorer, ScoreShift, Unmeasured},
};

/// Computes the contributions of a window's rows, or of the sample of them that parity is judged on.
pub(crate) struct RowExplainer<'a> {
    explainer: &'a Explainer,
    /// Place of the first contribution to the score, among the values of a row.
    first: usize,
    reference: &'a Contributions,
    below: Option<u128>,
}

impl<'a> RowExplainer<'a> {
    /// `None` if attribution is off or unavailable.
    pub(crate) fn new(run: &'a RunContext<'_>, rows: u64) -> Option<Self> {
        let (AttributionMode::On(explainer, first), Some(reference)) =
            (&run.attribution, run.reference.contributions())
        else {
            return None;
        };
        Some(Self { explainer, first: *first, reference, below: SAMPLE.below(rows) })
    }

    pub(crate) fn empty(&self) -> AttributionTally {
        AttributionTally::empty(self.reference)
    }

    /// Counts the contributions of the rows in the sample.
    pub(crate) fn observe(
        &self,
        tally: &mut AttributionTally,
        model: &Rescorer,
        inputs: &Inputs,
        keys: &[u128],
    ) -> Result<()> {
        let in_sample = |key: &u128| self.below.is_none_or(|below| *key < below);
        let mut row = 0;
        for together in keys.chunk_by(|one, other| in_sample(one) == in_sample(other)) {
            let rows = row..row + together.len();
            row = rows.end;
            if together.first().is_some_and(in_sample) {
                let mut values = vec![0.0; together.len() * self.explainer.width()];
                self.explainer.values(model.model(), inputs, rows, &mut values)?;
                let sign = model.scoring().sign();
                values.iter_mut().for_each(|value| *value *= sign);
                tally.observe(&values, (self.explainer.width(), self.first), model.columns(), self.reference);
            }
        }
        Ok(())
    }

    pub(crate) fn finish(&self, tally: &AttributionTally, run: &RunContext<'_>) -> Attribution {
        tally.finish(self.reference, run.settings.policy.empty_bins)
    }
}

/// The reason why contributions were requested but not measured, if so.
pub(crate) fn unavailable_attribution(run: &RunContext<'_>) -> Option<Attribution> {
    match &run.attribution {
        AttributionMode::Unavailable(why) => Some(Attribution::Unavailable(why.clone())),
        AttributionMode::Off | AttributionMode::On(..) => None,
    }
}

/// Results of attribution. `seconds` covers the score shift alone: contributions come from the rescoring pass.
#[derive(Default)]
pub(crate) struct AttributionResults {
    pub contributions: Option<Attribution>,
    /// `Err`: the reason why it could not be measured.
    pub score_shift: Option<Result<ScoreShift, Unmeasured>>,
    pub seconds: Option<f64>,
}

/// Measures the score shift. Does nothing unless the policy asks for attribution.
pub(crate) fn measure_attribution(
    run: &RunContext<'_>,
    data: &WindowData,
    judged: &JudgedWindow,
    performance: Option<&Performance>,
    contributions: Option<Attribution>,
) -> Result<AttributionResults> {
    if matches!(run.attribution, AttributionMode::Off) {
        return Ok(AttributionResults::default());
    }
    let started = StdInstant::now();
    let score_shift = score_shift(run, data, judged, performance)?;
    Ok(AttributionResults { contributions, score_shift, seconds: Some(started.elapsed().as_secs_f64()) })
}
