//! Whether a run counts leaves: what the model and the reference allow.

use crate::{
    fault::{Fault, Result},
    reference::Reference,
    replay::{LeafBaseline, Rescorer, Unmeasured},
};

/// Whether the leaves of rows are counted.
pub(crate) enum LeafMode {
    /// There is no model file, or the reference has no leaves.
    Off,
    /// The reference's leaves are those of another model.
    Unavailable(Unmeasured),
    On(Box<LeafBaseline>),
}

/// Reads the mode from the reference and the model.
pub(crate) fn leaf_mode(reference: &Reference, model: Option<&Rescorer>) -> Result<LeafMode> {
    let Some(model) = model.map(Rescorer::model) else { return Ok(LeafMode::Off) };
    let Some(leaves) = reference.leaves()? else { return Ok(LeafMode::Off) };
    if leaves.model_sha256 != model.sha256_hex() {
        return Ok(LeafMode::Unavailable(Unmeasured::OtherModel));
    }
    let baseline = LeafBaseline::new(model, leaves).ok_or_else(|| Fault::setup(reference.damaged_message()))?;
    Ok(LeafMode::On(Box::new(baseline)))
}
