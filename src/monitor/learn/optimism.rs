//! Checks whether a reference's scores suggest that the model was trained on its rows.
//!
//! Rows alone cannot prove it, but they give an indication. The scores of a calibrated model imply a certain AUC. On rows
//! that it was trained on, the model ranks better than that; on other rows, at most as well. An observed AUC significantly
//! above the implied one is therefore a warning, but no more: a model stopped early implies too low an AUC everywhere.
//! (Class weights in training shift all scores; the implied AUC is corrected for that first.)

use vigie_stats::{Outcomes, ranking};

use crate::{
    fault::Result,
    judge::number,
    reference::{Holdout, Reference},
};

/// Smaller differences do not matter, even if significant.
const LEAST: f64 = 0.01;

/// Returns a note for the user, if there is something to report.
pub(crate) fn note(reference: &Reference) -> Result<Option<String>> {
    let Some(by_outcome) = reference.outcomes()? else { return Ok(None) };
    let known = Outcomes::from_counts(&by_outcome.positives, &by_outcome.negatives);
    let implied = known.implied_by_scores().as_ref().and_then(ranking::auc);
    let holdout = reference.provenance().holdout;
    if let (Some(auc), Some(implied)) = (ranking::auc_interval(&known), implied)
        && auc.value - implied >= LEAST
        // Three standard errors: half the interval is two.
        && auc.value - implied > 1.5 * (auc.high - auc.value).max(auc.value - auc.low)
    {
        let advice = match holdout {
            Holdout::Yes => "check that these rows were held out, as --holdout yes states",
            Holdout::No | Holdout::Unknown => {
                "learn from hold-out rows, otherwise estimates of AUC and cost will be too optimistic"
            }
        };
        return Ok(Some(format!(
            "the AUC on these rows is {}, but the scores imply {}; this is typical of rows that the model was trained on (or of \
             a model stopped early); {advice}",
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
