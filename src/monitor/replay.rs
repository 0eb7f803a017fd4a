//! `vigie replay`: a range of days scored again, window by window, with the report that each would have had.

use super::{
    lookout::{Lookout, Seen},
    parity::{parity, reading},
};
use crate::{fault::Outcome, judge::ParityOf, replay::Replay};

/// The replay section of a plain check: a sample, or whatever the policy asks for. `None` without a model file, or
/// where the config maps no probability.
pub(super) fn rescored(lookout: &Lookout<'_>, seen: &Seen) -> Outcome<Option<Replay>> {
    let of = lookout.settings.policy.parity;
    let (Some(model), Some(reading)) = (lookout.model.as_ref().filter(|_| of != ParityOf::Off), reading(lookout))
    else {
        return Ok(None);
    };
    let parity = parity(lookout, model, seen, of, reading)?;
    Ok(Some(Replay { model_sha256: model.forest().sha256_hex(), parity }))
}
