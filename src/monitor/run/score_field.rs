//! Whether the config maps the kind of score that the reference has.

use vigie_profile::shown::shown;

use crate::{
    config::Settings,
    fault::{Fault, Result},
    reference::Reference,
};

/// Fails if the logged score that the config maps is of another kind than the reference's, so that they cannot be compared.
pub(crate) fn check_score_field(settings: &Settings, reference: &Reference) -> Result<()> {
    let fields = &settings.source.fields;
    let has_score = reference.layout().score().is_some();
    let is_predicted = reference.provenance().has_prediction();
    let wrong = |sentence: String| Err(Fault::setup(sentence));
    if is_predicted && fields.probability.is_some() {
        return wrong(
            "source.fields.probability: the score of the reference is a predicted number; map `source.fields.prediction`, or \
             learn the reference with a probability (--probability, or --link sigmoid for a model whose output is log-odds)"
                .to_owned(),
        );
    }
    if !has_score {
        return Ok(());
    }
    if fields.probabilities.is_some() {
        if is_predicted {
            return wrong(
                "source.fields.probabilities: the score of the reference is a predicted number; map `source.fields.prediction` \
                 instead"
                    .to_owned(),
            );
        }
        let class = settings.model.class.as_deref();
        let class = class.map_or("the class".to_owned(), |class| format!("class `{}`", shown(class)));
        return wrong(format!(
            "source.fields.probabilities: the score of the reference is one probability, that of {class}; map its path in \
             `source.fields.probability` instead, or learn the reference without a score (without --model and --probability)"
        ));
    }
    if fields.prediction.is_some() && !is_predicted {
        return wrong(
            "source.fields.prediction: the score of the reference is one probability; map `source.fields.probability`, or learn \
             the reference with --prediction"
                .to_owned(),
        );
    }
    Ok(())
}
