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
    On(Box<Explainer>),
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
        return Ok(AttributionMode::Unavailable(Unmeasured::NoModel));
    };
    if contributions.model_sha256 != model.model().sha256_hex() {
        return Ok(AttributionMode::Unavailable(Unmeasured::OtherModel));
    }
    Ok(match model.model().explainer() {
        Ok(explainer) => AttributionMode::On(Box::new(explainer)),
        Err(why) => AttributionMode::Unavailable(Unmeasured::Model(why.to_string())),
    })
}
