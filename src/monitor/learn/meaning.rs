//! What a reference takes for what: which outcome is the event, and what its score is the probability of.

use vigie_profile::{decision::HighScore, shown::shown};
use vigie_stats::{Outcomes, ranking};

use crate::{
    config::ModelSection,
    fault::Result,
    judge::{number, percentage},
    reference::{Reference, Target},
};

/// More outcomes than this are unlikely to be a bad event, and fewer than the rest a good one.
const USUAL: f64 = 0.6;

/// Returns what a reference takes for what, in a sentence for the user of `learn`; `None` without a target.
pub fn describe_event(reference: &Reference) -> Result<Option<String>> {
    let provenance = reference.provenance();
    let Some(Target { event, name, share }) = &provenance.target else { return Ok(None) };
    if let Some(prediction) = &provenance.prediction {
        return Ok(Some(format!(
            "target `{}`: the outcome, not a feature; score `{}`: the number that the model predicts",
            shown(name),
            shown(prediction)
        )));
    }
    let Some(share) = share else {
        let score = provenance.probability.as_ref().map_or(String::new(), |probability| {
            format!("; score `{}`: a probability, without outcomes to compare it with", shown(probability))
        });
        return Ok(Some(format!(
            "target `{}`: not a feature; none of its values is known to be the event{score}",
            shown(name)
        )));
    };
    let word = shown(event.as_deref().unwrap_or("1"));
    let share = percentage(*share);
    let target = format!("target `{}`: {share}% of its rows are the event `{word}`", shown(name));
    let Some(probability) = &provenance.probability else { return Ok(Some(target)) };
    let by_outcome = reference.outcomes()?;
    let known = by_outcome.map(|known| Outcomes::from_counts(&known.positives, &known.negatives));
    let auc = known.as_ref().and_then(ranking::auc);
    let auc = auc.map_or(String::new(), |auc| format!(", AUC {}", number(auc)));
    let direction = match event.as_deref().and_then(HighScore::of_event) {
        Some(HighScore::Bad) => "a high score is bad",
        Some(HighScore::Good) => "a high score is good: set model.event in the config to the same word",
        None => "a high score is bad, unless model.event in the config names a good event",
    };
    Ok(Some(format!("{target}; score `{}`: the probability of that event{auc}; {direction}", shown(probability))))
}

/// Returns how the config's event contradicts the outcomes of the reference, if it does.
pub(crate) fn contradiction(reference: &Reference, model: &ModelSection) -> Option<String> {
    let Target { event, name, share } = reference.provenance().target.as_ref()?;
    let (name, configured) = (shown(name), shown(model.event()));
    let high_score = model.high_score();
    if let Some(event) = event.as_ref().filter(|event| HighScore::of_event(event).is_some_and(|own| own != high_score))
    {
        return Some(format!(
            "the reference was learnt with the event `{}`, but model.event is `{configured}`: one of them is bad and the other \
             good; set model.event, or learn the reference again with another --event",
            shown(event)
        ));
    }
    let share = (*share)?;
    let is_unusual = match high_score {
        HighScore::Bad => share > USUAL,
        HighScore::Good => share < 1.0 - USUAL,
    };
    let other = match high_score {
        HighScore::Bad => HighScore::Good,
        HighScore::Good => HighScore::Bad,
    };
    is_unusual.then(|| {
        format!(
            "{}% of the reference's outcomes in `{name}` are the event, which the config takes for `{configured}`; if they mark \
             the opposite, set model.event: {}",
            percentage(share),
            other.usual_event()
        )
    })
}
