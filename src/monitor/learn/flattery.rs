//! Whether a reference's score looks as if the model had seen its rows when it was trained.
//!
//! Rows alone cannot prove it. What they can show: a model that is calibrated promises, by its own scores, a certain AUC. On rows
//! that it learnt by heart it ranks better than that, on others at most as well. So an AUC above the promised one with evidence is a
//! warning, and no more: a model that was stopped early promises too little everywhere. (Classes that were weighted in training move
//! all scores; the promise is moved back first.)

use vigie_stats::{Outcomes, ranking};

use crate::{
    fault::Result,
    judge::number,
    reference::{Holdout, Reference},
};

/// Less is no matter, however evident.
const LEAST: f64 = 0.01;

/// What the user should know of it.
pub(crate) fn note(reference: &Reference) -> Result<Option<String>> {
    let Some(by_outcome) = reference.outcomes()? else { return Ok(None) };
    let known = Outcomes::of_counts(&by_outcome.positives, &by_outcome.negatives);
    let promised = known.promised().as_ref().and_then(ranking::auc);
    let holdout = reference.provenance().holdout;
    if let (Some(auc), Some(promised)) = (ranking::auc_interval(&known), promised)
        && auc.value - promised >= LEAST
        // Three standard errors: half the interval is two.
        && auc.value - promised > 1.5 * (auc.high - auc.value).max(auc.value - auc.low)
    {
        let so = match holdout {
            Holdout::Yes => "make sure that they were held out, as --holdout yes says",
            Holdout::No | Holdout::Unknown => {
                "learn from hold-out rows, or estimates of AUC and cost will flatter the model"
            }
        };
        return Ok(Some(format!(
            "the AUC of these rows is {}, and the scores themselves promise {}: so it is where a model meets the rows it was \
             trained on (or where it was stopped early); {so}",
            number(auc.value),
            number(promised)
        )));
    }
    Ok((holdout != Holdout::Yes).then(|| {
        "whether these rows were held out of training is not said (--holdout yes): estimates of AUC and cost rest on them, and \
         known outcomes are not held against them"
            .to_owned()
    }))
}
