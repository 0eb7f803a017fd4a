//! Checks whether a reference's scores fit its outcomes: whether they suggest that the model was trained on its rows, or run
//! against the outcomes.
//!
//! Rows alone cannot prove it. The scores of a calibrated model imply a certain AUC. On rows that it was trained on, the model
//! ranks better than that; but so do under-confident scores on any rows, as after training with class weights or with early
//! stopping. An observed AUC significantly above the implied one is therefore a question, and none if the rows are known to be
//! held out. (Class weights also shift all scores; the implied AUC is corrected for that first.)

use vigie_profile::shown::shown;
use vigie_stats::{Interval, Outcomes, ranking};

use crate::{
    fault::Result,
    judge::number,
    reference::{Holdout, Reference},
};

/// Smaller differences do not matter, even if significant.
const LEAST: f64 = 0.01;

/// Returns the AUC if the scores run against the outcomes: significantly below one half.
pub(crate) fn opposed(reference: &Reference) -> Result<Option<String>> {
    let Some(by_outcome) = reference.outcomes()? else { return Ok(None) };
    let auc = ranking::auc_interval(&Outcomes::from_counts(&by_outcome.positives, &by_outcome.negatives));
    // Three standard errors: half the interval is two.
    let is_opposed = |auc: &Interval| 0.5 - auc.value >= LEAST && 0.5 - auc.value > 1.5 * (auc.high - auc.value);
    Ok(auc.filter(is_opposed).map(|auc| number(auc.value)))
}

/// Where the scores of a reference come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScoreOrigin {
    /// The column that `--probability` names.
    Column,
    Model,
}

/// Returns a note for the user, if there is something to report.
pub(crate) fn note(reference: &Reference, origin: ScoreOrigin) -> Result<Option<String>> {
    if let Some(auc) = opposed(reference)? {
        let target = reference.provenance().target.as_ref();
        let event = shown(target.and_then(|target| target.event.as_deref()).unwrap_or("1"));
        let check = match origin {
            ScoreOrigin::Column => "that --probability is the probability of that event (--event names another value)",
            ScoreOrigin::Model => {
                "that it is what the model predicts (--event names another value of --target, --class another class of the \
                 model)"
            }
        };
        return Ok(Some(format!(
            "the scores run against the outcomes: the AUC on these rows is {auc}, so high scores go with rows that are not the \
             event `{event}`; check {check}"
        )));
    }
    let Some(by_outcome) = reference.outcomes()? else { return Ok(None) };
    let known = Outcomes::from_counts(&by_outcome.positives, &by_outcome.negatives);
    let implied = known.implied_by_scores().as_ref().and_then(ranking::auc);
    let holdout = reference.provenance().holdout;
    if let (Some(auc), Some(implied)) = (ranking::auc_interval(&known), implied)
        && auc.value - implied >= LEAST
        // Three standard errors: half the interval is two.
        && auc.value - implied > 1.5 * (auc.high - auc.value).max(auc.value - auc.low)
    {
        let meaning = match holdout {
            Holdout::Yes => return Ok(None),
            Holdout::No => {
                "these rows were not held out, so the model probably knows them, and estimates of AUC and cost will be too \
                 optimistic: learn from hold-out rows"
            }
            Holdout::Unknown => {
                "either the scores are under-confident, as after training with class weights or early stopping, which does no \
                 harm, or the model was trained on these rows, and estimates of AUC and cost will be too optimistic; pass \
                 --holdout yes if the rows were held out"
            }
        };
        return Ok(Some(format!(
            "the AUC on these rows is {}, but the scores imply {}: {meaning}",
            number(auc.value),
            number(implied)
        )));
    }
    Ok((holdout != Holdout::Yes).then(|| {
        "--holdout yes was not given, so it is unknown whether these rows were held out of training: estimates of AUC and cost \
         rely on them, and known outcomes are not compared with them"
            .to_owned()
    }))
}
