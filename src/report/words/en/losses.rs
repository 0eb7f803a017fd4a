//! Input that is lost as a whole, in English.

use vigie_profile::shown::harmless;

use crate::fault::LostInput;

/// States where input is lost, what it looks like, and the remedy.
pub(super) fn lost(loss: &LostInput) -> String {
    harmless(&loss.to_string())
}
