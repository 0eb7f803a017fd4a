//! Whether a run measures contributions: what the policy asks for, and what the model and the reference allow.

use vigie_models::Explainer;

use crate::{
    config::Settings,
    fault::{Fault, Result},
    reference::Reference,
    replay::{Rescorer, Unmeasured},
};

/// Whether contributions are measured.
pub(crate) enum AttributionMode {
    Off,
    /// Requested, but impossible for this reason.
    Unavailable(Unmeasured),
    /// The explainer, and the place of the first contribution to the score among the values of a row.
    On(Box<Explainer>, usize),
}

/// Reads the mode from the policy, the reference and the model.
pub(crate) fn attribution_mode(
    settings: &Settings,
    reference: &Reference,
    model: Option<&Rescorer>,
) -> Result<AttributionMode> {
    if !settings.policy.attribution {
        return Ok(AttributionMode::Off);
    }
    let Some(model) = model else {
        return Err(Fault::setup(
            "policy.attribution: attribution needs the model file; set model.file, or remove policy.attribution",
        ));
    };
    let Some(contributions) = reference.contributions() else {
        // Some models have none.
        let why =
            model.scoring().explainer(None).err().map_or(Unmeasured::NoModel, |why| Unmeasured::Model(why.to_string()));
        return Ok(AttributionMode::Unavailable(why));
    };
    if contributions.model_sha256 != model.scoring().sha256_hex() {
        return Ok(AttributionMode::Unavailable(Unmeasured::OtherModel));
    }
    let unavailable = |why: String| Ok(AttributionMode::Unavailable(Unmeasured::Model(why)));
    match model.scoring().explainer(Some(contributions)) {
        Ok(explainer) => match model.scoring().contributions(&explainer) {
            Ok(own) => Ok(AttributionMode::On(Box::new(explainer), own.start)),
            Err(why) => unavailable(why.to_string()),
        },
        Err(why) => unavailable(why.to_string()),
    }
}
